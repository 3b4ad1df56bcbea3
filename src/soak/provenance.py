"""What a rule's result depends on beside its inputs: the code that its script runs, and versions of packages.

A rule has a digest of that code among its ``params``, so that Snakemake runs it again when the code changes. The list of
files is found by following imports, never kept by hand.
"""

import ast
import hashlib
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from soak.files import sha256

PACKAGE = Path(__file__).resolve().parent


def code_digest(script: str | Path, modules: Iterable[str] = (), user: Iterable[str] = ()) -> str:
    """Digest of a rule's script and of all code that it runs: of this library, and of the user's own.

    Parameters
    ----------
    script : path
        The script of the rule.
    modules : str, several
        Modules that the script imports by a name it gets at run time: the entries of a catalogue that the job uses, such as
        ``soak.learners.cv_glmnet``. Other entries of the catalogue do not count.
    user : str, several
        Import paths that the config names; those of installed packages are told apart by their versions instead.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    return digest([script, *code_files(script, *modules), *user_files(*user)])


def code_files(script: str | Path, *modules: str) -> list[Path]:
    """Files of this library that a script and some modules run, sorted: modules, and the data that lie beside them.

    Imports inside functions count too.
    """
    found: set[str] = set()
    waiting = [*_imported(Path(script)), *modules]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += _imported(_file(module))
    files = {_file(module) for module in found}
    return sorted(files | {data for file in files if file.parent != PACKAGE for data in _data_files(file.parent)})


@cache
def _imported(file: Path) -> tuple[str, ...]:
    """Modules of this library that a file imports, with the packages that they are in."""
    names = {package for name in _names(file) for package in _with_packages(name)}
    return tuple(sorted(name for name in names if _is_module(name)))


def _names(file: Path) -> set[str]:
    """Dotted names that a file imports, of modules and of what is in them."""
    try:
        tree = ast.parse(file.read_bytes())
    except SyntaxError:  # a user's file: its import will say so
        return set()
    names: set[str] = set()
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements in a node, at whatever depth. (`ast.walk` visits each expression too, which takes ten times as long.)"""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        for inner in _several(getattr(node, part, None)):
            yield inner
            yield from _statements(inner)


def _several(value: object) -> list[ast.AST]:
    """The list itself; an expression, which the body of a lambda or a branch of `a if b else c` is, holds no statements."""
    return value if isinstance(value, list) else []


def _with_packages(module: str) -> Iterator[str]:
    """A module of this library and the packages that hold it; not `soak` itself, which imports nothing by itself."""
    parts = module.split(".")
    if parts[0] == PACKAGE.name:
        yield from (".".join(parts[: n + 1]) for n in range(1, len(parts)))


def _file(module: str) -> Path:
    path = PACKAGE.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _is_module(name: str) -> bool:
    return _file(name).is_file()


@cache
def _data_files(folder: Path) -> tuple[Path, ...]:
    """What lies in a package beside its modules: templates, style sheets, shipped data."""
    files = (file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return tuple(file for file in files if file.suffix != ".py")


def user_files(*import_paths: str) -> list[Path]:
    """Files of the working directory that hold what import paths name, and what these import from there; sorted."""
    found: set[Path] = set()
    waiting = [path.rpartition(".")[0] for path in import_paths]
    while waiting:
        file = Path(*waiting.pop().split(".")).with_suffix(".py")
        if file.is_file() and file not in found:
            found.add(file)
            waiting += _names(file)
    return sorted(found)


def digest(files: Iterable[str | Path]) -> str:
    """16 hexadecimal digits of the SHA-256 of the files' bytes, in the order given."""
    total = hashlib.sha256()
    for file in files:
        total.update(bytes.fromhex(sha256(file)))
    return total.hexdigest()[:16]


def commit(folder: str | Path) -> str:
    """The commit that a clone is at; "" without git, and where the folder is not a clone."""
    head = Path(folder) / ".git"
    if not head.exists():
        return ""
    command = ["git", "-C", str(folder), "rev-parse", "--short=12", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def installed_version(package: str) -> str:
    """Version of an installed package; "" if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def versions(*packages: str) -> dict[str, str]:
    """Versions of packages by name; one that is not installed is left out."""
    return {name: found for name in packages if (found := installed_version(name))}
