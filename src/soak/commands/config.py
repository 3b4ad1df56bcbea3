"""The config that a command of make is about."""

from pathlib import Path

import yaml

from soak.config.check import load_config
from soak.config.read import unreadable
from soak.errors import SoakError
from soak.experiment import Experiment

ROOT = Path(__file__).resolve().parents[3]  # of the clone: make installs the library from there
_DEFAULT = ROOT / "config/config.yaml"


def config_path(config: str) -> Path:
    """The file that CONFIG names, or the embedded default."""
    return Path(config).resolve() if config else _DEFAULT


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
