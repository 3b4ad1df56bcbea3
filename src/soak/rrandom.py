"""R's random numbers: ``set.seed``, ``runif``, ``sample`` and ``max.col``, as R >= 3.6 draws them.

Source: what R's RNG.c (``RNG_Init``, ``MT_genrand``, ``rbits``, ``R_unif_index``), random.c (``do_sample``) and
maxcol.c do.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soak.compiled import run_loop
from soak.errors import SoakError

COMPILE_FROM = 1_000_000  # elements; plain Python shuffles so many in 0.7 s, about as long as numba takes to start
_BLOCK = 1 << 16  # candidates that are drawn at once
_TIE = 1e-5  # values of a row tie within this share of its largest absolute value (R's ``max.col``)


class RRandom:
    """The generator behind R's default ``RNGkind("Mersenne-Twister", , "Rejection")``.

    Parameters
    ----------
    seed : int
        As in ``set.seed(seed)``: from -(2**31) + 1 to 2**31 - 1.

    Raises
    ------
    SoakError
        If R does not take the seed.

    Examples
    --------
    >>> RRandom(42).sample(10)
    array([ 1,  5, 10,  8,  2,  4,  6,  9,  7,  3])
    >>> RRandom(1).unif(2)
    array([0.26550866, 0.3721239 ])
    """

    def __init__(self, seed: int) -> None:
        self.set_seed(seed)

    def set_seed(self, seed: int) -> None:
        """Start again, as ``set.seed(seed)`` does."""
        if not -(2**31) < seed < 2**31:
            raise SoakError(f"seed: expected an integer from {-(2**31) + 1} to {2**31 - 1}, got {seed}")
        self._begin: Mapping[str, Any] = {"bit_generator": "MT19937", "state": {"key": _key(seed), "pos": 624}}
        self._started: np.random.MT19937 | None = None

    def copy(self) -> "RRandom":
        """A generator in the same state."""
        other = RRandom.__new__(RRandom)
        other._begin = self._begin if self._started is None else self._started.state
        other._started = None
        return other

    @property
    def _generator(self) -> np.random.MT19937:
        """Made when the first number is drawn, for many a copy draws none."""
        if self._started is None:
            self._started = np.random.MT19937(0)
            self._started.state = self._begin  # type: ignore[assignment]
        return self._started

    def unif(self, n: int) -> NDArray[np.float64]:
        """``runif(n)``: n numbers between 0 and 1, both excluded; shape (n,)."""
        values = self._generator.random_raw(n) * 2.0**-32
        values[values == 0] = 0.5 * 2.328306437080797e-10  # R keeps zero out
        return np.asarray(values)

    def norm(self, n: int) -> NDArray[np.float64]:
        """``rnorm(n)``: n standard normal numbers by inversion, each of two uniform ones; shape (n,).

        The first number gives the leading 27 bits of a probability, the second those behind them (R's ``norm_rand``).
        The last digit may differ from R's, which has its own quantile function.
        """
        from scipy.special import ndtri

        leading, rest = self.unif(2 * n).reshape(n, 2).T
        return np.asarray(ndtri((np.floor(leading * 2**27) + rest) / 2**27), dtype=np.float64)

    def sample(self, x: int | ArrayLike, size: int | None = None) -> NDArray[Any]:
        """``sample(x, size)``: so many of 1..x for a whole number, or of the elements of an array, in random order."""
        if isinstance(x, int | np.integer):
            return self.permutation(int(x), size) + 1
        values = np.asarray(x)
        return np.asarray(values[self.permutation(len(values), size)])

    def max_col(self, values: NDArray[np.floating]) -> NDArray[np.int64]:
        """``max.col(values)``, from 0: the column of each row's largest value; of several that tie one at random.

        A row is gone through from left to right. A value that exceeds the largest one so far by more than the
        tolerance is the largest from then on; one that is within the tolerance is the j-th that ties with it, and takes
        its place if j times a uniform number is below 1. Only such values draw numbers.

        Parameters
        ----------
        values : array of shape (n, n_columns)

        Returns
        -------
        array of int64, shape (n,)

        Examples
        --------
        >>> RRandom(1).max_col(np.array([[0.5, 0.5], [0.5, 0.5], [0.2, 0.8]]))
        array([1, 1, 1])
        """
        tolerance = _TIE * np.abs(values).max(axis=1)
        largest = values[:, 0].copy()
        ties = np.zeros(values.shape, dtype=bool)
        for column, value in enumerate(values.T[1:], start=1):
            exceeds = value > largest + tolerance
            ties[:, column] = ~exceeds & (value >= largest - tolerance)
            largest[exceeds] = value[exceeds]
        n_ties = int(np.count_nonzero(ties))
        if not n_ties:
            return np.asarray(values.argmax(axis=1), dtype=np.int64)
        uniform = np.zeros(values.shape)
        uniform[ties] = self.unif(n_ties)  # row by row
        largest = values[:, 0].copy()
        chosen = np.zeros(len(values), dtype=np.int64)
        count = np.ones(len(values), dtype=np.int64)
        for column, value in enumerate(values.T[1:], start=1):
            tie = ties[:, column]
            count += tie
            takes = tie & (count * uniform[:, column] < 1)
            exceeds = value > largest + tolerance
            largest[exceeds], count[exceeds] = value[exceeds], 1
            chosen[takes | exceeds] = column
        return chosen

    def permutation(self, n: int, size: int | None = None) -> NDArray[np.int64]:
        """A permutation of 0..n-1, drawn as ``sample(n)``, or as many of its first elements as are asked for."""
        draws = self._descending_indices(n, n if size is None else size)
        waiting = np.arange(n, dtype=np.uint32)  # half the memory of 64 bits: the loop waits for memory
        return run_loop(_shuffle, draws, waiting, np.empty(len(draws), dtype=np.int64), large=n >= COMPILE_FROM)

    def _descending_indices(self, n: int, size: int) -> NDArray[np.int64]:
        """An index below n, then one below n - 1, and so on: ``size`` of them.

        R draws candidates of as many bits as the limit takes until one is below it (``R_unif_index``). Here they are
        drawn in blocks: as many at a time as there are limits left that take the same number of bits, so that no
        candidate of a block is left over.
        """
        indices = np.empty(size, dtype=np.int64)
        left = n
        while left > n - size:
            bits = (left - 1).bit_length()
            same_bits = left - (1 << bits >> 1) if bits else 1
            candidates = self._candidates(min(same_bits, left - (n - size), _BLOCK), bits)
            accepted = candidates[_accepted(candidates, left)]
            indices[n - left : n - left + len(accepted)] = accepted
            left -= len(accepted)
        return indices

    def _candidates(self, n: int, bits: int) -> NDArray[np.int64]:
        """n random whole numbers of so many bits, each from bits // 16 + 1 draws of 16 bits (R's ``rbits``)."""
        pieces = self._generator.random_raw((bits // 16 + 1) * n).reshape(n, -1) >> 16
        values = np.zeros(n, dtype=np.uint64)
        for piece in pieces.T:
            values = values << 16 | piece
        return (values & ((1 << bits) - 1)).astype(np.int64)


@lru_cache(maxsize=8)
def _key(seed: int) -> NDArray[np.uint32]:
    """The 624 numbers that the generator starts with after ``set.seed(seed)``."""
    value = seed % 2**32
    values = []
    for _ in range(50 + 625):
        value = (69069 * value + 1) % 2**32
        values.append(value)
    return np.array(values[51:], dtype=np.uint32)  # R overwrites the first of the 625 with the position


def _accepted(candidates: NDArray[np.int64], limit: int) -> NDArray[np.bool_]:
    """Which candidates are below a limit that goes down by one with each accepted candidate.

    Whether a candidate is accepted depends on those before it. The first round compares all with the highest limit;
    each further round settles at least one more candidate for good, and nearly all are settled after two or three.
    """
    accepted = candidates < limit
    while True:
        before: NDArray[np.int64] = np.cumsum(accepted) - accepted
        again = candidates < limit - before
        if np.array_equal(again, accepted):
            return accepted
        accepted = again


def _shuffle(draws, waiting, taken):  # type: ignore[no-untyped-def]
    """Take the element at each drawn index, and move the last one left into its place."""
    left = len(waiting)
    for position in range(len(draws)):
        index = draws[position]
        taken[position] = waiting[index]
        left -= 1
        waiting[index] = waiting[left]
