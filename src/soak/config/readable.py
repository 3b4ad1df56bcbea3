"""Config files that cannot be read at all, told before Snakemake reads them: it would say less, or show a traceback.

Called by the profiles, which Snakemake evaluates before anything else.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from soak.config.load import ConfigError
from soak.config.yaml_words import in_words
from soak.names import nearest

_OPTIONS = ("--configfile", "--configfiles")


def tell_unreadable(arguments: Sequence[str]) -> None:
    """End the process with one line for each config file on Snakemake's command line that cannot be read."""
    problems = [problem for file in config_files(arguments) if (problem := unreadable(file))]
    if problems:
        sys.exit(f"soak: {ConfigError(problems)}")


def config_files(arguments: Sequence[str]) -> list[Path]:
    """Files that a command line of Snakemake names with --configfile.

    Examples
    --------
    >>> [str(file) for file in config_files(["--configfile", "a.yaml", "b.yaml", "--cores", "2"])]
    ['a.yaml', 'b.yaml']
    """
    files: list[Path] = []
    inside = False
    for argument in arguments:
        option, equals, value = argument.partition("=")
        if option.startswith("-"):
            inside = option in _OPTIONS
            if inside and equals:
                files.append(Path(value))
        elif inside:
            files.append(Path(argument))
    return files


def unreadable(file: Path) -> str | None:
    """Why a file cannot be a config; None if it can."""
    if not file.is_file():
        if file.exists():
            return f"{file}: is a folder; needed is a YAML file"
        beside = [other.name for other in file.parent.glob("[!.]*.y*ml")]
        return f"{file}: there is no such file; {nearest(file.name, sorted(beside), 'YAML files there')}"
    try:
        text = file.read_text(encoding="utf-8")
        config = yaml.safe_load(text)
    except UnicodeDecodeError as error:
        return f"{file}: is not text in UTF-8: {error.reason} at byte {error.start + 1}"
    except yaml.MarkedYAMLError as error:
        line, message = in_words(error, text)
        return f"{file}{'' if line is None else f':{line}'}: is not YAML: {message}"
    except yaml.YAMLError as error:
        return f"{file}: is not YAML: {str(error).splitlines()[0]}"
    if not isinstance(config, dict):
        given = {"NoneType": "nothing", "str": "text", "list": "a list"}.get(type(config).__name__, "one value")
        return f"{file}: holds {given}; needed are keys with values, such as tasks and learners"
    return None
