"""The examples of the docstrings run."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["cells", "folds", "names", "sizes", "splits", "splitter"])
def test_examples(name):
    module = importlib.import_module(f"soak.resampling.{name}")
    done = doctest.testmod(module)
    assert done.failed == 0
    assert done.attempted > 0 or name == "splits"
