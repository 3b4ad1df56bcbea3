"""Loops with and without numba."""

import subprocess
import sys

import numpy as np
import pytest

from soak import compiled
from soak.compiled import available, run_loop

needs_numba = pytest.mark.skipif(not available(), reason="numba is not installed")


def add_up(x, factor, total):
    """Running sums of twice the values."""
    for i in range(len(x)):
        total[i] = (total[i - 1] if i else 0.0) + twice(x[i]) * factor


def twice(value):
    return 2 * value


@pytest.mark.parametrize("large", [False, pytest.param(True, marks=needs_numba)])
def test_a_loop_fills_its_last_argument(large):
    totals = run_loop(add_up, np.arange(5), 0.5, np.empty(5), large=large, helpers=(twice,))
    assert totals.tolist() == [0, 1, 3, 6, 10]
    assert totals.dtype == np.float64


def test_without_numba_large_loops_are_plain(monkeypatch):
    monkeypatch.setattr(compiled, "available", lambda: False)
    monkeypatch.setattr(compiled, "compiled", None)
    assert run_loop(add_up, np.arange(5), 0.5, np.empty(5), large=True).tolist() == [0, 1, 3, 6, 10]


@needs_numba
def test_a_function_is_compiled_once():
    assert compiled.compiled(twice) is compiled.compiled(twice)


@needs_numba
def test_a_function_without_a_folder_for_its_machine_code_is_compiled():
    names = {}
    exec("def thrice(x): return 3 * x", names)
    assert compiled.compiled(names["thrice"])(2) == 6


CALLED = """
from pathlib import Path
from soak.compiled import code_folder, with_kept_code

FOLDER = code_folder(Path(__file__).with_name(name) for name in ("called.py", "calling.py"))

@lambda function: with_kept_code(function, FOLDER)
def times(x):
    return {factor} * x
"""
CALLING = """
import called
from soak.compiled import with_kept_code

@lambda function: with_kept_code(function, called.FOLDER)
def times_and_one(x):
    return called.times(x) + 1

print(times_and_one(10), sum(times_and_one.stats.cache_hits.values()))
"""


@needs_numba
def test_kept_machine_code_follows_what_it_calls_in_other_files(tmp_path):
    (tmp_path / "calling.py").write_text(CALLING)

    def run(factor):
        (tmp_path / "called.py").write_text(CALLED.format(factor=factor))
        return subprocess.check_output([sys.executable, "-B", str(tmp_path / "calling.py")], text=True).split()

    assert [run(2), run(2), run(3)] == [["21", "0"], ["21", "1"], ["31", "0"]]


def test_the_question_does_not_import_numba():
    code = "import sys; from soak.compiled import available; available(); assert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": "src"})
