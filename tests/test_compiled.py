"""Loops compiled by numba, wherever the machine code can or cannot be kept."""

import subprocess
import sys

import pytest

from soak.compiled import available, compiled

pytestmark = pytest.mark.skipif(not available(), reason="numba is not installed")


def _triangle(n):
    total = 0
    for i in range(n + 1):
        total += i
    return total


def test_a_function_is_compiled_once():
    assert compiled(_triangle) is compiled(_triangle)
    assert compiled(_triangle)(100) == 5050


def test_no_folder_for_the_cache_can_be_written(monkeypatch):
    from numba.core import caching

    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    compiled.cache_clear()
    try:
        assert compiled(_triangle)(10) == 55
    finally:
        compiled.cache_clear()


def test_the_question_does_not_import_numba():
    code = "import sys; from soak.compiled import available; assert available(); assert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": "src"})
