"""R's random numbers: ``set.seed``, ``runif`` and ``sample``, as R >= 3.6 draws them."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soak.compiled import available, compiled
from soak.errors import SoakError

_BLOCK = 1 << 16  # candidates that are drawn at once
_COMPILE_FROM = 2_000_000  # elements; below, a plain loop ends before numba is imported


class RRandom:
    """The generator behind R's default ``RNGkind("Mersenne-Twister", , "Rejection")``.

    Parameters
    ----------
    seed : int
        As in ``set.seed(seed)``: a signed 32-bit integer.

    Examples
    --------
    >>> RRandom(42).sample(10)
    array([ 1,  5, 10,  8,  2,  4,  6,  9,  7,  3])
    >>> RRandom(1).unif(2)
    array([0.26550866, 0.3721239 ])
    """

    def __init__(self, seed: int) -> None:
        self._generator = np.random.MT19937()
        self.set_seed(seed)

    def set_seed(self, seed: int) -> None:
        """Start anew, as ``set.seed(seed)`` does."""
        if not -(2**31) < seed < 2**31:
            raise SoakError(f"seed {seed} is not allowed; a whole number from {-(2**31) + 1} to {2**31 - 1}")
        value = seed % 2**32
        values = []
        for _ in range(50 + 625):
            value = (69069 * value + 1) % 2**32
            values.append(value)
        key = np.array(values[51:], dtype=np.uint32)  # R overwrites the first of the 625 with the position
        self._generator.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": 624}}

    def unif(self, n: int) -> NDArray[np.float64]:
        """``runif(n)``: n numbers inside (0, 1)."""
        values = self._generator.random_raw(n) * 2.0**-32
        values[values == 0] = 0.5 * 2.328306437080797e-10  # R keeps zero out
        return np.asarray(values)

    def sample(self, x: int | ArrayLike) -> NDArray[Any]:
        """``sample(x)``: a permutation of 1..x for a whole number, or of the elements of an array."""
        if isinstance(x, int | np.integer):
            return self.permutation(int(x)) + 1
        values = np.asarray(x)
        return np.asarray(values[self.permutation(len(values))])

    def sample_int(self, n: int) -> NDArray[np.int64]:
        """``sample.int(n)``: a permutation of 1..n."""
        return self.permutation(n) + 1

    def permutation(self, n: int) -> NDArray[np.int64]:
        """A permutation of 0..n-1, drawn as ``sample(n)``."""
        draws = self._descending_indices(n)
        if n < _COMPILE_FROM or not available():
            return _shuffle_plain(draws)
        return np.asarray(compiled(_shuffle)(draws))

    def _descending_indices(self, n: int) -> NDArray[np.int64]:
        """An index below n, then one below n - 1, and so on to one below 1.

        Candidates are drawn in blocks: as many at a time as there are sizes left that take the same number of
        bits, so that no candidate is ever left over.
        """
        found = np.empty(n, dtype=np.int64)
        left = n
        while left:
            bits = (left - 1).bit_length()
            same_bits = left - (1 << bits >> 1) if bits else 1
            candidates = self._candidates(min(same_bits, _BLOCK), bits)
            kept = candidates[_accepted(candidates, left)]
            found[n - left : n - left + len(kept)] = kept
            left -= len(kept)
        return found

    def _candidates(self, n: int, bits: int) -> NDArray[np.int64]:
        """n random whole numbers of so many bits, each from 16-bit pieces of one draw more than they fill."""
        pieces = self._generator.random_raw((bits // 16 + 1) * n).reshape(n, -1) >> 16
        values = np.zeros(n, dtype=np.uint64)
        for piece in pieces.T:
            values = values << 16 | piece
        return (values & ((1 << bits) - 1)).astype(np.int64)


def _accepted(candidates: NDArray[np.int64], limit: int) -> NDArray[np.bool_]:
    """Which candidates are below a limit that goes down by one with each that is.

    Whether a candidate is accepted depends on the ones before it. Starting from the limit at the top, each round
    settles at least one more candidate for good, and nearly all in the first two or three rounds.
    """
    accepted = candidates < limit
    while True:
        before: NDArray[np.int64] = np.cumsum(accepted) - accepted
        again = candidates < limit - before
        if np.array_equal(again, accepted):
            return accepted
        accepted = again


def _shuffle(draws):  # type: ignore[no-untyped-def]
    """Take the element at each drawn index, and move the last one left into its place (compiled by numba)."""
    left = len(draws)
    waiting = np.arange(left).astype(np.uint32)  # half the memory of 64 bits: this loop waits for memory
    taken = np.empty(left, dtype=np.int64)
    for position in range(len(draws)):
        index = draws[position]
        taken[position] = waiting[index]
        left -= 1
        waiting[index] = waiting[left]
    return taken


def _shuffle_plain(draws: NDArray[np.int64]) -> NDArray[np.int64]:
    """`_shuffle` on Python's own lists, which is much faster than NumPy's arrays, element by element."""
    waiting = list(range(len(draws)))
    taken = []
    for index in draws.tolist():
        taken.append(waiting[index])
        last = waiting.pop()
        if index < len(waiting):
            waiting[index] = last
    return np.array(taken, dtype=np.int64)
