"""Things of the user's own by import path: a class, a measure, a reader, a figure.

A module is looked for among what is installed, then in the working directory, which is the run's DIR.
"""

import ast
import importlib
import inspect
import os
import pkgutil
import re
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

from pydantic import AfterValidator

from soak.errors import SoakError
from soak.names import nearest, nearest_name

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


def find_class(path: str) -> type[Any]:
    """Import a class.

    Parameters
    ----------
    path : str
        ``package.module.Class``; a module of the user's own is looked for in the working directory, which is the
        run's DIR, after everything that is installed.

    Raises
    ------
    SoakError
        If the package is missing (it says which to install), or the module or the class is not there.
    """
    module_path, name, module = find_module(path, "class", "Class")
    found = getattr(module, name, None)
    if not isinstance(found, type):
        classes = [other for other, value in vars(module).items() if isinstance(value, type)]
        classes += getattr(module, "__all__", [])
        elsewhere = sklearn_paths().get(name) if module_path.partition(".")[0] == "sklearn" else None
        hint = f"did you mean '{elsewhere}'?" if elsewhere else nearest(name, dict.fromkeys(classes))
        raise SoakError(f"class: '{path}': {module_path} has no class '{name}'; {hint}")
    return found


def check_arguments(made: type[Any], arguments: Iterable[str], first: int = 0) -> None:
    """Refuse arguments that a class does not take.

    Parameters
    ----------
    first : int
        How many positional arguments the caller fills itself; they cannot be given by name.

    Raises
    ------
    SoakError
        Naming the argument and the nearest that the class takes.
    """
    try:
        parameters = list(inspect.signature(made).parameters.values())[first:]
    except ValueError:  # a class written in C that does not tell
        return
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return
    known = [one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
    for argument in arguments:
        if argument not in known:
            raise SoakError(f"{made.__name__} has no parameter '{argument}'; {nearest(argument, known)}")


_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
_NO_ESTIMATORS = (
    "base",
    "conftest",
    "datasets",
    "exceptions",
    "experimental",
    "metrics",
    "utils",
)  # parts of scikit-learn with other classes


def _check(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise ValueError(f"{path!r} is not an import path; needed is module.Class, for instance my_file.MyClass")
    return path


def _check_estimator(path: str) -> str:
    if _PATH.fullmatch(path):
        return path
    theirs = "." not in path or path.startswith("sklearn")
    paths = sklearn_paths() if theirs else {}
    near = nearest_name(path.rpartition(".")[2], paths)
    example = "needed is module.Class, for instance sklearn.svm.SVC"
    raise ValueError(f"{path!r} is not an import path; {f'did you mean {paths[near]!r}?' if near else example}")


def sklearn_paths() -> dict[str, str]:
    """Import paths of scikit-learn's classes by their names, read from its files: importing it takes a second."""
    spec = find_spec("sklearn")
    paths: dict[str, str] = {}
    for folder in (spec and spec.submodule_search_locations) or []:
        for file in sorted([*Path(folder).glob("[a-z]*.py"), *Path(folder).glob("[a-z]*/__init__.py")]):
            module = file.parent.name if file.name == "__init__.py" else file.stem
            if module not in _NO_ESTIMATORS:
                paths |= {name: f"sklearn.{module}.{name}" for name in _exported(file) if name[0].isupper()}
    return paths


def _exported(file: Path) -> list[str]:
    """Names that a module lists in ``__all__``, or its classes if it has no such list."""
    body = ast.parse(file.read_text(encoding="utf-8")).body
    for node in body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            return [str(one.value) for one in ast.walk(node.value) if isinstance(one, ast.Constant)]
    return [node.name for node in body if isinstance(node, ast.ClassDef)]


ClassPath = Annotated[str, AfterValidator(_check)]
EstimatorPath = Annotated[str, AfterValidator(_check_estimator)]
