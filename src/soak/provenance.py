"""Which files of this library a step runs: they are inputs of its rule, so that changed code runs again."""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def code_of(*modules: str) -> list[str]:
    """Files of the named modules of ``soak`` and of all that they import from it, sorted.

    Parameters
    ----------
    modules : str
        Such as "soak.tasks.build". Imports inside functions count; modules that are found by name at run time
        (learners) must be named.
    """
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(_imports(module))
    return sorted(str(_file(module)) for module in found)


@cache
def _imports(module: str) -> tuple[str, ...]:
    """Modules of this library that a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(_file(module).read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(sorted(name for name in names if name.startswith("soak.") and _exists(name)))


def _file(module: str) -> Path:
    path = ROOT.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _exists(module: str) -> bool:
    return _file(module).is_file()


def user_file(class_path: str) -> Path | None:
    """The file below the working directory that holds a class of the user's own; None if it is installed."""
    path = Path(*class_path.split(".")[:-1]).with_suffix(".py")
    return path if path.is_file() else None


def digest(files: Iterable[str | Path]) -> str:
    """16 hexadecimal digits of the SHA-256 of the files' bytes, in the order given."""
    total = hashlib.sha256()
    for file in files:
        with Path(file).open("rb") as opened:
            total.update(hashlib.file_digest(opened, "sha256").digest())
    return total.hexdigest()[:16]


def versions(*packages: str) -> dict[str, str]:
    """Installed versions of packages."""
    return {name: version(name) for name in packages}
