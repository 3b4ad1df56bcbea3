"""Loops that NumPy cannot run: plain Python on small inputs, compiled by numba on large ones, with the same result.

A loop is a function of arrays and numbers that fills its last argument and returns nothing. It is written once, with
indices only (``x[i][j]``, no slices and no NumPy calls), so that it runs on lists as well as on arrays: element by
element, Python's lists are several times faster than NumPy's arrays. Both do the same operations in the same order on
64-bit numbers, so that the results are equal to the last bit.
"""

import functools
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Loop = Callable[..., None]


def available() -> bool:
    """Whether numba is installed. The question does not import it."""
    return importlib.util.find_spec("numba") is not None


def run_loop(loop: Loop, *arguments: Any, large: bool, helpers: tuple[Callable[..., Any], ...] = ()) -> NDArray[Any]:
    """Run a loop.

    Parameters
    ----------
    loop : callable
        See the module. It may change any of its arguments: pass copies of what must stay.
    *arguments : arrays and numbers
        The last one is the array that the loop fills.
    large : bool
        Whether to compile the loop, where numba is installed. That pays from about half a second of plain Python
        on: the time that it takes to import numba and to load the machine code.
    helpers : tuple of callables
        Functions that the loop calls.

    Returns
    -------
    array
        The last argument, filled.

    Examples
    --------
    >>> def squares(x, out):
    ...     for i in range(len(x)):
    ...         out[i] = x[i] * x[i]
    >>> run_loop(squares, np.arange(4.0), np.zeros(4), large=False)
    array([0., 1., 4., 9.])
    """
    out = arguments[-1]
    if large and available():
        compiled(loop, *helpers)(*arguments)
        return np.asarray(out)
    lists = [value.tolist() if isinstance(value, np.ndarray) else value for value in arguments]
    loop(*lists)
    return np.array(lists[-1], dtype=out.dtype)


@functools.cache
def compiled(function: Callable[..., Any], *helpers: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function, and those that it calls, with numba. The import of numba takes half a second.

    The machine code is kept beside the source, or in the user's cache folder; if neither can be written, the function
    is compiled anew in each process.
    """
    import numba
    from numba.extending import register_jitable

    for helper in helpers:
        register_jitable(forceinline=True)(helper)
    try:
        machine_code: Callable[..., Any] = numba.njit(cache=True)(function)
    except RuntimeError:  # "cannot cache function: no locator available"
        machine_code = numba.njit(function)
    return machine_code
