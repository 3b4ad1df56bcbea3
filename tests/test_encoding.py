"""Files are UTF-8 whatever the locale."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [*(ROOT / "src").rglob("*.py"), *(ROOT / "scripts").glob("*.py")]
_TEXT = {"read_text", "write_text", "open", "fdopen"}


def without_encoding(file):
    """Lines that open a file as text in the encoding of the locale."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Call):
            attribute = isinstance(node.func, ast.Attribute)
            name = node.func.attr if attribute else getattr(node.func, "id", "")
            own = attribute and name == "open" and ast.unparse(node.func.value)[:1].isupper()  # such as Task.open
            modes = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            binary = any("b" in mode or mode == "r|" for mode in modes)
            binary |= any(word.arg == "mode" and "|" in ast.unparse(word.value) for word in node.keywords)
            if name in _TEXT and not own and not binary and "encoding" not in {word.arg for word in node.keywords}:
                yield f"{file.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"


def test_every_text_file_has_its_encoding_named():
    known = ("archive.open(", "made.open(entry", "os.open(")  # of a zip archive, of a descriptor: bytes
    found = [line for file in FILES for line in without_encoding(file)]
    assert [line for line in found if not line.partition(": ")[2].startswith(known)] == []


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_logs_are_utf_8_and_terminals_get_what_they_know(encoding, tmp_path):
    code = (
        "import sys; from soak.job import job; from soak.errors import show\n"
        "show('so many \\u2026 \\u6728')\n"
        "with job([sys.argv[1]]):\n    print('so many \\u2026 \\u6728 \\udcff')"
    )
    environment = os.environ | {
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "LC_ALL": "C",
        "PYTHONIOENCODING": encoding,
    }
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "log")], env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == b"so many \\u2026 \\u6728\n"
    assert (tmp_path / "log").read_text(encoding="utf-8") == "so many … 木 \\udcff\n"
