"""What the project's documents show: commands and configs, to be run by tests."""

import os
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml
from small_runs import ROOT, copy_project

from soak.config.workflow import Config

DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "config/README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
FENCE = re.compile(r"^```(.*?)\n(.*?)^```$", flags=re.M | re.S)
SPAN = re.compile(r"`([a-z]+: [^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block of a document: its language, the word after it (``part``), and its text."""

    document: str
    line: int
    language: str
    kind: str
    text: str

    def __str__(self):
        return f"{self.document}:{self.line}"


def blocks(document, *languages):
    """Fenced blocks of a document, in order."""
    text = document.read_text()
    name = str(document.relative_to(ROOT))
    for found in FENCE.finditer(text):
        language, _, kind = found[1].partition(" ")
        if not languages or language in languages:
            yield Block(name, text[: found.start()].count("\n") + 1, language, kind, found[2])


def all_blocks(*languages):
    """Fenced blocks of all documents."""
    return [block for document in DOCUMENTS for block in blocks(document, *languages)]


def configs():
    """Configs of all documents; a block ``yaml part`` replaces keys of the last one."""
    whole = {}
    for block in all_blocks("yaml"):
        given = yaml.safe_load(block.text)
        if block.kind == "profile":
            continue
        whole = merged(whole, given) if block.kind == "part" else given
        yield block, whole


def merged(whole, part):
    """A config with some keys replaced, also inside its mappings."""
    new = dict(whole)
    for key, value in part.items():
        both = isinstance(value, dict) and isinstance(new.get(key), dict)
        new[key] = merged(new[key], value) if both else value
    return new


def spans():
    """Keys with their values that stand in running text, such as ``resampling: {folds: 5}``."""
    for document in DOCUMENTS:
        for found in SPAN.finditer(FENCE.sub("", document.read_text())):
            key = found[1].partition(":")[0]
            if key in Config.model_fields:
                yield f"{document.relative_to(ROOT)} {found[1]}", yaml.safe_load(found[1])


def commands():
    """(block, command) of each line of each block ``sh``; a backslash at its end goes on."""
    for block in all_blocks("sh"):
        for line in block.text.replace("\\\n", " ").splitlines():
            if shlex.split(line, comments=True):
                yield block, line


def project_copy(folder):
    """A copy of what a clone holds, whose .venv is this Python's: ``make`` finds it ready."""
    copy_project(folder, "Makefile", "pyproject.toml", "envs", "docs", "benchmarks")
    venv = folder / ".venv"
    venv.mkdir()
    for entry in Path(sys.prefix).iterdir():
        if entry.name not in (".ready", ".dev"):
            (venv / entry.name).symlink_to(entry)
    (venv / ".ready").touch()
    (venv / ".dev").touch()
    return folder


def environment(project=ROOT):
    """The environment variables of commands of the documents, with the library of a project."""
    return os.environ | {"NO_COLOR": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(project / "src")}
