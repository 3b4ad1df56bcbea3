"""Objects by their import path: classes, measures, readers and figures of the user's own, or of an installed package.

A path such as ``my_module.name`` stands for ``name`` in my_module.py of the run's folder (DIR, the working directory).
That folder is searched last: a module there cannot replace an installed one, so its name must be another.
"""

import ast
import importlib
import inspect
import os
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

from pydantic import AfterValidator

from soak.errors import SoakError
from soak.names import nearest, nearest_name

_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
# Names of packages to install, where they are not those of their modules
DISTRIBUTIONS = {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn"}
# Modules of scikit-learn without estimators
_NO_ESTIMATORS = ("base", "conftest", "datasets", "exceptions", "experimental", "metrics", "utils")

_searched: list[str] = []  # the one folder that `search_last` has put on sys.path


def search_last() -> str:
    """Make the modules of the run's folder, the working directory, importable until the process ends, after all others.

    Snakemake runs a script with the folders of the script and of installed commands on ``sys.path``. They are taken
    off: a module there would hide one of the user that has the same name.

    Returns
    -------
    str
        The folder.
    """
    here = os.path.realpath(os.getcwd())
    unwanted = {here, *_searched, *_script_folders()}
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) not in unwanted] + [here]
    _searched[:] = [here]
    importlib.invalidate_caches()  # a file may be younger than what Python remembers of its folder
    return here


def _script_folders() -> set[str]:
    """Folders that are on ``sys.path`` for the sake of the program that runs."""
    folders = {os.path.dirname(sys.executable)}
    job = getattr(sys.modules.get("__main__"), "snakemake", None)  # the object that the script of a rule has
    if job is not None:  # the folder of the copy that runs, of the script itself, and of a copy that Snakemake keeps
        folders |= {os.path.dirname(sys.argv[0]), job.scriptdir}
        folders |= {path for path in sys.path if path.endswith(job.scriptdir)}
    return {os.path.realpath(folder) for folder in folders}


def find(path: str, kind: str) -> Any:
    """Import the object that a path such as ``my_module.name`` stands for.

    Parameters
    ----------
    path : str
    kind : str
        What messages call it: class, measure, reader, figure.

    Raises
    ------
    SoakError
        If the package is missing (the message says how to install it), or the module or the name does not exist, or
        the module cannot be imported, or has the name of an installed one.
    """
    module, name = _import_module(path, kind)
    try:
        found = hasattr(module, name)
    except ImportError as error:  # of a name that the module looks up when it is asked for
        text = " ".join(str(error).split())
        raise SoakError(f"{kind}: '{path}' cannot be imported: {text}") from None
    if not found:
        raise SoakError(
            f"{kind}: '{path}': {module.__name__} has no {_noun(kind)}'{name}'; {_hint(module, name, kind)}"
        )
    return getattr(module, name)


def find_function(path: str, kind: str) -> Any:
    """Import a function; parameters and errors as of `find`."""
    found = find(path, kind)
    if not callable(found):
        raise SoakError(f"{kind}: expected '{path}' to be a function, got {found!r:.60}")
    return found


def find_class(path: str, base: type[Any] = object) -> type[Any]:
    """Import a class.

    Parameters
    ----------
    path : str
        ``package.module.Class``, or ``my_module.Class`` of a file in the run's folder.
    base : type
        The class that it must derive from.

    Raises
    ------
    SoakError
        As `find`, and if the object is not such a class.
    """
    found = find(path, "class")
    if not (isinstance(found, type) and issubclass(found, base)):
        what = "a class" if base is object else f"a class that derives from {base.__module__}.{base.__name__}"
        raise SoakError(f"class: expected '{path}' to be {what}, got {found!r:.60}")
    return found


def call(path: str, kind: str, place: str, argument: Any) -> Any:
    """Call a function of the user's own.

    Parameters
    ----------
    path, kind : str
        As of `find`.
    place : str
        What the message begins with if the function fails: a file, or the key path in the config.
    argument : object
        What it is called with.

    Raises
    ------
    SoakError
        As `find`, and if the function raises an exception.
    """
    function = find_function(path, kind)
    try:
        return function(argument)
    except SoakError:
        raise
    except Exception as error:
        raise SoakError(f"{place}: {path} fails: {type(error).__name__}: {error}") from error


def check_arguments(made: Callable[..., Any], arguments: Iterable[str], n_positional: int = 0, key: str = "") -> None:
    """Refuse names of arguments that a class or function does not take.

    Parameters
    ----------
    n_positional : int
        So many of the first parameters are not for the config to set.
    key : str
        Key of the config that the message begins with.

    Raises
    ------
    SoakError
        With the argument and the nearest that the class takes.
    """
    try:
        parameters = list(inspect.signature(made).parameters.values())[n_positional:]
    except ValueError:  # a class written in C without a signature
        return
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    known = [parameter.name for parameter in parameters if parameter.kind in by_name]
    for argument in arguments:
        if argument not in known:
            place = f"{key}: " if key else ""
            raise SoakError(f"{place}{made.__name__} has no parameter '{argument}'; {nearest(str(argument), known)}")


def _import_module(path: str, kind: str) -> tuple[ModuleType, str]:
    """The module of an import path, and the name behind it."""
    module_path, _, name = path.rpartition(".")
    if not module_path:
        example = f"module.{'Class' if kind == 'class' else name or 'name'}"
        raise SoakError(f"{kind}: '{path}' is not an import path; expected {example}")
    here = search_last()
    if problem := _name_problem(module_path.partition(".")[0], here):
        raise SoakError(f"{kind}: '{path}': {problem}")
    try:
        return importlib.import_module(module_path), name
    except ModuleNotFoundError as error:
        raise SoakError(f"{kind}: '{path}': {_missing(error.name or module_path, module_path)}") from None
    except (Exception, SystemExit) as error:  # it is the user's code, which may do anything
        text = " ".join(str(error).split())
        raise SoakError(f"{kind}: '{path}': {module_path} cannot be imported: {type(error).__name__}: {text}") from None


def _name_problem(module: str, here: str) -> str:
    """Why a module of the run's folder cannot have its name; "" if it can, or if there is no such module."""
    own = PathFinder.find_spec(module, [here])
    if own is None or own.origin is None:  # no module, or a folder without Python files
        return ""
    file = os.path.relpath(own.origin, here).removesuffix("__init__.py")
    if module in sys.stdlib_module_names:
        return f"rename {file}: Python's standard library has a module of that name"
    installed = _installed(module, here)
    return "" if installed is None else f"rename {file}: an installed module has that name ({installed.origin})"


def _installed(module: str, here: str) -> ModuleSpec | None:
    """Where a module is found without the run's folder; None if nowhere."""
    with _without(here):
        found = (finder.find_spec(module, None) for finder in sys.meta_path)
        return next((spec for spec in found if spec is not None and spec.origin is not None), None)


@contextmanager
def _without(folder: str) -> Iterator[None]:
    before = list(sys.path)
    sys.path[:] = [path for path in before if path != folder]
    try:
        yield
    finally:
        sys.path[:] = before


def _missing(missing: str, module_path: str) -> str:
    """What is missing: a module of a package that is there, a package that can be installed, or a file."""
    package, _, rest = missing.rpartition(".")
    if package:
        parent = importlib.import_module(package)
        names = [module.name for module in pkgutil.iter_modules(getattr(parent, "__path__", []))]
        return f"{package} has no module '{rest}'; {nearest(rest, names)}"
    importer = "" if module_path.partition(".")[0] == missing else f", which {module_path} imports,"
    return (
        f"the package '{missing}'{importer} is not installed, and there is no {missing}.py in the run's directory; "
        f"install it with: pip install {DISTRIBUTIONS.get(missing, missing)}"
    )


def _noun(kind: str) -> str:
    return "class " if kind == "class" else ""


def _hint(module: ModuleType, name: str, kind: str) -> str:
    """The nearest name that a module has; a class of scikit-learn is looked for in all of it."""
    elsewhere = sklearn_paths().get(name) if module.__name__.partition(".")[0] == "sklearn" else None
    if elsewhere:
        return f"did you mean '{elsewhere}'?"
    public = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    if kind != "class":
        return nearest(name, public)
    classes = [name for name, value in public.items() if isinstance(value, type)]
    return nearest(name, dict.fromkeys([*classes, *getattr(module, "__all__", [])]))


@cache
def sklearn_paths() -> Mapping[str, str]:
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
            return [str(entry.value) for entry in ast.walk(node.value) if isinstance(entry, ast.Constant)]
    return [node.name for node in body if isinstance(node, ast.ClassDef)]


def _check_path(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise ValueError(f"{path!r} is not an import path; expected module.Class, for instance my_file.MyClass")
    return path


def _check_estimator_path(path: str) -> str:
    """An import path; for a class of scikit-learn that is given by its name alone the message has its whole path."""
    if _PATH.fullmatch(path):
        return path
    of_sklearn = "." not in path or path.startswith("sklearn")
    paths = sklearn_paths() if of_sklearn else {}
    near = nearest_name(path.rpartition(".")[2], paths)
    hint = f"did you mean {paths[near]!r}?" if near else "expected module.Class, for instance sklearn.svm.SVC"
    raise ValueError(f"{path!r} is not an import path; {hint}")


ClassPath = Annotated[str, AfterValidator(_check_path)]
EstimatorPath = Annotated[str, AfterValidator(_check_estimator_path)]
