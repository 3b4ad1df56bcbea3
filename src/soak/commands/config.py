"""The config that a command of make is about."""

import re
from pathlib import Path

import yaml

from soak.config.check import load_config
from soak.config.read import unreadable
from soak.errors import SoakError
from soak.experiment import Experiment

ROOT = Path(__file__).resolve().parents[3]  # of the clone: make installs the library from there
_DEFAULT = ROOT / "config/config.yaml"


def config_path(config: str, directory: str = ".") -> Path:
    """The file that CONFIG names; without it the one config that lies in DIR, or where DIR is . the embedded default.

    Raises
    ------
    SoakError
        If DIR has no config, or several.
    """
    if config:
        return Path(config).resolve()
    return find_config(directory).resolve() if directory not in ("", ".", "./") else _DEFAULT


def find_config(directory: str) -> Path:
    """The one file *.yaml or *.yml directly in a folder that has tasks or scores at its top.

    Raises
    ------
    SoakError
        If there is none, or more than one, with their names.
    """
    folder = Path(directory)
    files = sorted(file for kind in ("*.yaml", "*.yml") for file in folder.glob(kind) if file.is_file())
    found = [file for file in files if not file.name.startswith(".") and _is_config(file)]
    if len(found) == 1:
        return found[0]
    names = f"found {', '.join(file.name for file in found)}" if found else "found none"
    example = found[0] if found else "file.yaml"
    raise SoakError(
        f"DIR={directory}: expected one config in it, a file *.yaml with tasks or scores at its top, {names}; name one: "
        f"CONFIG={example}"
    )


def _is_config(file: Path) -> bool:
    """Whether a file has tasks or scores at its top; one that cannot be read as YAML may have them."""
    text = file.read_text(encoding="utf-8", errors="replace")
    if unreadable(file):
        return re.search(r"^(tasks|scores)[ ]*:", text, flags=re.MULTILINE) is not None
    raw = yaml.safe_load(text)
    return isinstance(raw, dict) and bool({"tasks", "scores"} & set(raw))


def read_experiment(file: Path) -> Experiment:
    """The experiment of a config, whose relative paths start in the working directory.

    Raises
    ------
    SoakError
        If the file cannot be read, or the config is wrong.
    """
    if problem := unreadable(file):
        raise SoakError(problem)
    return Experiment(load_config(yaml.safe_load(file.read_text(encoding="utf-8")), [file]), ROOT / "scripts")
