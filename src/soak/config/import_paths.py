"""Import paths in the config: what may be one, and the whole path of a class that is given by its name alone."""

import ast
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from soak.names import nearest_name

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
