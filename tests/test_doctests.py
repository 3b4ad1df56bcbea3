"""The examples in all docstrings of the library run."""

import doctest
import importlib
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[1] / "src"
MODULES = sorted(
    ".".join(file.relative_to(LIBRARY).with_suffix("").parts)
    for file in (LIBRARY / "soak").rglob("*.py")
    if ">>> " in file.read_text()
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    done = doctest.testmod(importlib.import_module(name))
    assert done.attempted > 0
    assert done.failed == 0


def test_the_library_has_examples():
    assert {"soak.rrandom", "soak.resampling.splitter", "soak.measures"} <= set(MODULES)
