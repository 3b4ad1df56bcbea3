"""Loops that NumPy cannot run: plain Python on small inputs, compiled by numba on large ones, with the same result.

A loop is a function of arrays and numbers that fills its last argument and returns nothing. It is written once, with
indices only (``x[i][j]``, no slices and no NumPy calls), so that it runs on lists as well as on arrays: element by
element, Python's lists are several times faster than NumPy's arrays. Both do the same operations in the same order on
64-bit numbers, so that the results are equal to the last bit.
"""

import functools
import hashlib
import importlib.util
import os
from collections.abc import Callable, Iterable
from pathlib import Path
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
    """Compile a function, and those that it calls, with numba. The import of numba takes half a second."""
    from numba.extending import register_jitable

    for helper in helpers:
        register_jitable(forceinline=True)(helper)
    return with_kept_code(function)


def with_kept_code(function: Callable[..., Any], folder: str | None = None, **options: Any) -> Callable[..., Any]:
    """Compile a function with numba, and keep the machine code.

    Parameters
    ----------
    function : callable
    folder : str, optional
        Where to keep it; default: beside the source. Where it cannot be written: beside the source, else in the user's
        cache folder; if none can be, the function is compiled anew in each process.
    **options
        Of ``numba.njit``.
    """
    import numba

    config: Any = numba.config
    given = config.CACHE_DIR
    try:
        config.CACHE_DIR = folder or given
        machine_code: Callable[..., Any] = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # "cannot cache function: no locator available"
        machine_code = numba.njit(**options)(function)
    finally:
        config.CACHE_DIR = given
    return machine_code


def code_folder(sources: Iterable[Path]) -> str:
    """A folder for the machine code of functions that call each other from several files, named by what is in these.

    numba itself compares a function's own file only, and would go on with machine code that holds an earlier version of what
    the function calls. The folder lies below ``NUMBA_CACHE_DIR`` where that is set, else beside the first file.
    """
    import numba

    config: Any = numba.config
    files = list(sources)
    digest = hashlib.blake2b(b"\0".join(file.read_bytes() for file in files), digest_size=8).hexdigest()
    return os.path.join(config.CACHE_DIR or files[0].parent / "__pycache__", digest)
