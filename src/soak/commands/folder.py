"""Whether the folder that `make run DIR=… CONFIG=…` names can be the folder of a run, and which config is meant.

    python -m soak.commands.folder DIR [CONFIG]

Prints the path of the config, nothing for the embedded default. Ends with 1, and one line, if the folder cannot be that of a
run: Snakemake would make it, and then miss the table in it.
"""

import os
import sys
from pathlib import Path

import yaml

from soak.commands.config import find_config
from soak.config.read import unreadable
from soak.errors import SoakError


def check_folder(directory: str, config: str = "") -> str:
    """The config that is meant, "" for the embedded default; see `soak.commands.config.config_path`.

    Refuses a config that cannot be read, a file, and a folder that does not exist although the config asks for a table in it.

    Raises
    ------
    SoakError
    """
    folder = Path(directory).resolve()
    if folder.is_file():
        hint = f"; for a config write CONFIG={directory}" if folder.suffix in (".yaml", ".yml") else ""
        raise SoakError(f"DIR={directory} is a file, expected the folder in which results/ is to be written{hint}")
    if not config and directory not in ("", ".", "./"):
        config = str(find_config(directory))
    if config and (problem := unreadable(Path(config))):
        raise SoakError(problem)
    if folder.exists() and not os.access(folder, os.W_OK):
        raise SoakError(f"DIR={directory}: no permission to write there ({folder})")
    if not folder.exists() and (table := _relative_table(config)):
        raise SoakError(f"DIR={directory}: there is no such folder ({folder}), and {config} asks for {table} in it")
    return config


def _relative_table(config: str) -> str | None:
    """The first table of a config that is looked for in DIR; None if there is none, or the config cannot be read."""
    try:
        raw = yaml.safe_load(Path(config).read_text(encoding="utf-8"))
        tables = [task.get("table") for task in raw["tasks"].values()]
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError):  # reported by the run itself
        return None
    local = (name for name in tables if isinstance(name, str) and "://" not in name and not Path(name).is_absolute())
    return next(local, None)


if __name__ == "__main__":
    try:
        print(check_folder(*sys.argv[1:3]))
    except SoakError as error:
        sys.exit(f"soak: {error}")
