"""Loops that NumPy cannot run, compiled by numba; whoever uses one has a plain version of it too."""

import functools
import importlib.util
from collections.abc import Callable
from typing import Any


def available() -> bool:
    """Whether numba is installed (it is not imported for the question)."""
    return importlib.util.find_spec("numba") is not None


@functools.cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function with numba, which is imported only now (half a second).

    The machine code is kept beside the source, or in the user's own cache folder; where neither can be written,
    it is compiled anew in each process.
    """
    import numba

    try:
        made: Callable[..., Any] = numba.njit(cache=True)(function)
    except RuntimeError:  # "cannot cache function: no locator available"
        made = numba.njit(function)
    return made
