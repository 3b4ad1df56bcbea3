"""Things of the user's own by import path: a class, a measure, a reader, a figure.

A module is looked for among what is installed, then in the working directory, which is the run's DIR.
"""

import importlib
import os
import pkgutil
import sys
from types import ModuleType
from typing import Any

from soak.errors import SoakError
from soak.names import nearest

_INSTALL = {"sklearn": "scikit-learn", "skorch": "skorch", "imblearn": "imbalanced-learn"}


def find(path: str, what: str) -> Any:
    """Import what a path such as ``my_module.name`` names.

    Parameters
    ----------
    path : str
    what : str
        What errors call it: class, measure, reader, figure.

    Raises
    ------
    SoakError
        If the package is missing (it says which to install), or the module or the name is not there.
    """
    module_path, name, module = find_module(path, what)
    if not hasattr(module, name):
        names = [other for other in vars(module) if not other.startswith("_")]
        raise SoakError(f"{what}: '{path}': {module_path} has no '{name}'; {nearest(name, names)}")
    return getattr(module, name)


def find_function(path: str, what: str) -> Any:
    """Import a function; see `find`."""
    found = find(path, what)
    if not callable(found):
        raise SoakError(f"{what}: '{path}' is no function but {found!r:.60}")
    return found


def call(path: str, what: str, where: str, argument: Any) -> Any:
    """What a function of the user's own gives for an argument; that it fails is told with ``where`` before it."""
    try:
        return find_function(path, what)(argument)
    except SoakError:
        raise
    except Exception as error:
        raise SoakError(f"{where}: {path} fails: {type(error).__name__}: {error}") from error


def find_module(path: str, what: str, example: str = "") -> tuple[str, str, ModuleType]:
    """Import the module of a path: its own path, the name behind it (for errors also ``example``), and the module."""
    module_path, _, name = path.rpartition(".")
    if not module_path:
        raise SoakError(f"{what}: '{path}' is not an import path; needed is module.{example or name or 'name'}")
    here = os.getcwd()
    added = here not in sys.path
    if added:
        sys.path.append(here)
    try:
        return module_path, name, importlib.import_module(module_path)
    except ModuleNotFoundError as error:
        raise SoakError(f"{what}: '{path}': {_missing(error.name or module_path, module_path)}") from None
    except (ImportError, SyntaxError, NameError, AttributeError) as error:
        raise SoakError(f"{what}: '{path}': {module_path} cannot be imported: {error}") from None
    finally:
        if added:
            sys.path.remove(here)


def _missing(missing: str, module_path: str) -> str:
    """What is missing: a package that can be installed, a module of one that is there, or a file."""
    package, _, rest = missing.rpartition(".")
    if package:
        parent = importlib.import_module(package)
        names = [module.name for module in pkgutil.iter_modules(getattr(parent, "__path__", []))]
        return f"{package} has no module '{rest}'; {nearest(rest, names)}"
    wanted = "" if module_path.partition(".")[0] == missing else f", which {module_path} imports,"
    return (
        f"the package '{missing}'{wanted} is not installed, and there is no {missing}.py in the run's directory; "
        f"install it with: pip install {_INSTALL.get(missing, missing)}"
    )
