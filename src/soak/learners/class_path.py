"""A class by its import path, from an installed package or from a file beside the config."""

import inspect
from collections.abc import Iterable
from typing import Any

from soak.config.import_paths import sklearn_paths
from soak.errors import SoakError
from soak.names import nearest
from soak.plugins import find_module


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
