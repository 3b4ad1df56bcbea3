"""A fold for each group of rows, with the strata kept proportional: the heuristics of R's mlr3resampling.

The groups are sorted, then each one in turn goes to the fold that suits it best. Both steps repeat R's arithmetic
operation by operation, because the last bits decide:

- R computes the keys of the sort with ``sum``, ``mean`` and ``sd``, which add from left to right in 80-bit long double
  and round once at the end. So do the functions here that compute keys.
- The choice of the fold is C++ in R's package: sums in double precision, in the order of its own loops and of
  Armadillo's ``mean`` and ``stddev``. Where two folds are equal but for rounding, that order decides.
"""

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soak.compiled import run_loop

Codes = NDArray[np.integer]
Floats = NDArray[np.float64]

ALGORITHMS = ("RSS", "Wasikowski", "WasikowskiLimitedMemory")
LONG = np.longdouble
# Number of groups from which the loop is compiled: plain Python takes about 0.4 s for so many (10 strata, 10 folds),
# as long as the import of numba. With more strata fewer groups take as long.
COMPILE_FROM = {"RSS": 50_000, "Wasikowski": 4_000}


def assign_folds(
    group: Codes | None, stratum: Codes, order: Codes, n_folds: int, algorithm: str = "RSS"
) -> NDArray[np.int32]:
    """Give each row a fold from 1 to n_folds, the same one to all rows of a group.

    Parameters
    ----------
    group : array of int, shape (n_rows,), or None if each row is its own group
        Codes 0, 1, … of the groups.
    stratum : array of int, shape (n_rows,)
        Codes 0, 1, … of the strata, numbered by first appearance.
    order : array of int, shape (n_rows,)
        A random order of the rows (one ``sample(n_rows)``): it decides between groups with equal keys.
    n_folds : int
    algorithm : {"RSS", "Wasikowski", "WasikowskiLimitedMemory"}
        "RSS": each group goes to the fold that keeps the sum of squared residuals of the stratum counts smallest.
        "Wasikowski": to the fold that keeps the spread of the stratum shares over the folds smallest.
        "WasikowskiLimitedMemory": the same folds; R computes them with less memory.

    Returns
    -------
    array of int32, shape (n_rows,)

    Warns
    -----
    UserWarning
        If long double has not 80 bits on this machine, so that folds may differ from R's.

    References
    ----------
    R package mlr3resampling 2026.6.12, ``group_stratum_algo`` of ``ResamplingSameOtherSizesCV``.
    J. Wasikowski, "Stratified Group k-Fold Cross-Validation" (Kaggle notebook), for the second algorithm.

    Examples
    --------
    >>> stratum = np.array([0, 0, 0, 1, 1, 1])
    >>> assign_folds(None, stratum, np.arange(6), n_folds=3)
    array([1, 2, 3, 1, 2, 3], dtype=int32)
    """
    _check_long_double()
    counts = count_groups(group, stratum, order)
    if algorithm == "RSS":
        groups = _sorted_groups(counts, _rss_keys(counts, n_folds))
        folds = _choose_by_rss(counts, groups, n_folds)
    else:
        groups = _sorted_groups(counts, [_spread_key(counts)])
        folds = _choose_by_spread(counts, groups, n_folds)
    fold_of_group = np.empty(len(groups), dtype=np.int32)
    fold_of_group[groups] = folds + 1
    return fold_of_group if group is None else fold_of_group[group]


# Rows per group and stratum


@dataclass(frozen=True)
class GroupCounts:
    """How many rows of each stratum the groups have: a sparse matrix with a line for each kind of group.

    Attributes
    ----------
    kind : array of int, shape (n_groups,)
        The line of each group. Where each row is its own group there are only as many kinds as strata: millions of
        groups need no matrix of their own.
    start : array of int64, shape (n_kinds + 1,)
        Line k has the entries start[k] to start[k + 1].
    stratum, rows : arrays of int64, shape (n_entries,)
        Stratum of an entry (ascending within a line) and its number of rows (never 0).
    stratum_rows : array of int64, shape (n_strata,)
        Rows of each stratum in the whole table.
    first : array of int, shape (n_groups,)
        The smallest random order among a group's rows.
    """

    kind: Codes
    start: NDArray[np.int64]
    stratum: NDArray[np.int64]
    rows: NDArray[np.int64]
    stratum_rows: NDArray[np.int64]
    first: Codes

    @property
    def n_kinds(self) -> int:
        return len(self.start) - 1

    @property
    def n_strata(self) -> int:
        return len(self.stratum_rows)

    @cached_property
    def _by_stratum(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Bounds of each stratum's entries, and their kinds and rows in that order."""
        order = np.argsort(self.stratum, kind="stable")
        kinds = np.repeat(np.arange(self.n_kinds), np.diff(self.start))
        bounds = np.searchsorted(self.stratum[order], np.arange(self.n_strata + 1))
        return bounds, kinds[order], self.rows[order]

    def column(self, stratum: int) -> Floats:
        """Rows of one stratum in each kind of group."""
        bounds, kinds, rows = self._by_stratum
        entries = slice(bounds[stratum], bounds[stratum + 1])
        values = np.zeros(self.n_kinds)
        values[kinds[entries]] = rows[entries]
        return values

    def columns(self) -> Iterator[Floats]:
        """Rows in each kind of group, stratum by stratum."""
        return (self.column(stratum) for stratum in range(self.n_strata))


def count_groups(group: Codes | None, stratum: Codes, order: Codes) -> GroupCounts:
    """Count rows per group and stratum; the parameters are those of `assign_folds`."""
    stratum_rows = np.bincount(stratum)
    n_strata = len(stratum_rows)
    if group is None:
        ones = np.ones(n_strata, dtype=np.int64)
        return GroupCounts(stratum, np.arange(n_strata + 1), np.arange(n_strata), ones, stratum_rows, order)
    n_groups = int(group.max()) + 1
    pairs, rows = np.unique(group.astype(np.int64) * n_strata + stratum, return_counts=True)
    start = np.searchsorted(pairs, np.arange(n_groups + 1) * n_strata)
    first = np.full(n_groups, len(order), dtype=order.dtype)
    np.minimum.at(first, group, order)
    return GroupCounts(np.arange(n_groups), start, pairs % n_strata, rows, stratum_rows, first)


# The order in which groups choose their folds


def _sorted_groups(counts: GroupCounts, keys: list[Floats]) -> NDArray[np.int64]:
    """Groups in ascending order of their kind's keys (the first key first), then of their random order."""
    by_keys = np.lexsort(keys[::-1])
    sorted_keys = np.array([key[by_keys] for key in keys])
    steps = (sorted_keys[:, 1:] != sorted_keys[:, :-1]).any(axis=0)
    rank = np.empty(counts.n_kinds, dtype=np.int64)
    rank[by_keys] = np.concatenate([[0], np.cumsum(steps)])
    if counts.n_kinds < 2**16:
        rank = rank.astype(np.uint16)  # NumPy sorts these by radix
    by_random = _argsort_distinct(counts.first)
    by_rank = np.argsort(rank[counts.kind[by_random]], kind="stable")
    return np.asarray(by_random[by_rank])


def _argsort_distinct(values: Codes) -> NDArray[np.int64]:
    """``argsort`` of whole numbers of which no two are equal, in linear time."""
    position = np.full(int(values.max()) + 1, -1, dtype=np.int64)
    position[values] = np.arange(len(values))
    return position[position >= 0]


def _rss_keys(counts: GroupCounts, n_folds: int) -> list[Floats]:
    """R's keys of each kind of group for RSS: distance from the ideal fold, size (descending), mean of ideal x rows.

    With n_s rows of stratum s in the group and N_s in the table, ideal_s = N_s / n_folds:
    sum_s (n_s - ideal_s)^2, - sum_s n_s, mean_s (ideal_s n_s).
    """
    ideal = counts.stratum_rows / n_folds
    distance = _sum(((column - ideal[s]) ** 2 for s, column in enumerate(counts.columns())), counts.n_kinds)
    size = np.add.reduceat(counts.rows, counts.start[:-1]).astype(np.float64)

    def weighted() -> Iterator[Floats]:
        return (ideal[s] * column for s, column in enumerate(counts.columns()))

    # R's mean() adds the mean of the residuals to the first mean
    mean = _sum(weighted(), counts.n_kinds) / counts.n_strata
    mean += _sum((values - mean for values in weighted()), counts.n_kinds) / counts.n_strata
    return [distance.astype(np.float64), -size, mean.astype(np.float64)]


def _spread_key(counts: GroupCounts) -> Floats:
    """R's key of each kind of group for Wasikowski: minus the SD over strata of its rows, so that uneven groups go first.

    Returns
    -------
    array of float64, shape (n_kinds,)
        All 0 if there is only one stratum.
    """
    if counts.n_strata == 1:
        return np.zeros(counts.n_kinds)
    mean = _sum(counts.columns(), counts.n_kinds) / counts.n_strata
    mean += _sum((values - mean for values in counts.columns()), counts.n_kinds) / counts.n_strata
    rounded = mean.astype(np.float64).astype(LONG)  # as in R's cov.c, which keeps the mean as a double
    squares = _sum(((values - rounded) ** 2 for values in counts.columns()), counts.n_kinds)
    return np.asarray(-np.sqrt((squares / (counts.n_strata - 1)).astype(np.float64)))


def _sum(columns: Iterator[NDArray[np.floating]], n: int) -> NDArray[np.longdouble]:
    """Sum of columns from left to right, in long double."""
    total = np.zeros(n, dtype=LONG)
    for column in columns:
        total += column
    return total


def _check_long_double() -> None:
    if np.finfo(LONG).nmant != 63:
        warnings.warn(
            "long double has not 80 bits on this machine: folds may differ from R's on x86-64 "
            "where groups are equal but for rounding",
            stacklevel=3,
        )


# The choice of a fold. The loops are written for `soak.compiled.run_loop`; their matrices are flat, row after row, since
# numba makes a new array of each row that is taken out of a matrix.


def _choose_by_rss(counts: GroupCounts, groups: NDArray[np.int64], n_folds: int) -> NDArray[np.int32]:
    """Fold of each group, from 0; ``groups`` are in the order in which they choose."""
    return run_loop(
        _rss_loop,
        counts.kind[groups],
        counts.start,
        counts.stratum,
        counts.rows,
        counts.stratum_rows / n_folds,
        np.zeros(counts.n_strata),
        np.zeros(n_folds * counts.n_strata),
        np.empty(len(groups), dtype=np.int32),
        large=_pays(counts, COMPILE_FROM["RSS"]),
    )


def _pays(counts: GroupCounts, compile_from: int) -> bool:
    """Whether the loop over the groups takes so long that compiling it pays."""
    return len(counts.kind) * max(counts.n_strata / 10, 1) >= compile_from


def _rss_loop(kinds, start, stratum, rows, ideal, group_rows, assigned, folds):  # type: ignore[no-untyped-def]
    """Choose the fold f that keeps the residual sum of squares smallest.

    n_s: rows of the group in stratum s; a_fs: rows of stratum s that fold f already has; ideal_s: rows of stratum s
    that each fold should have. With the group in fold f,

        RSS = sum_gs (a_gs + [g = f] n_s - ideal_s)^2
            = terms that are the same for all f  +  2 sum_s n_s a_fs,

    so that the smallest overlap, sum_s n_s a_fs, decides (whole numbers: no rounding). Of folds with the same overlap
    it is the one with the smallest excess, sum_s max(0, n_s + (a_fs - ideal_s)) over all strata; then the first.

    ``group_rows`` (n_strata,) and ``assigned`` (n_folds x n_strata, flat) are zeros; the latter becomes a_fs.
    """
    n_strata = len(ideal)
    for position in range(len(kinds)):
        first = start[kinds[position]]
        last = start[kinds[position] + 1]
        for entry in range(first, last):
            group_rows[stratum[entry]] = rows[entry]
        best, best_overlap, best_excess = 0, math.inf, math.inf
        for fold in range(len(assigned) // n_strata):
            line = fold * n_strata
            overlap = 0.0
            for entry in range(first, last):
                overlap += rows[entry] * assigned[line + stratum[entry]]
            if overlap <= best_overlap:
                excess = 0.0
                for s in range(n_strata):
                    above = group_rows[s] + (assigned[line + s] - ideal[s])
                    excess += above if above > 0.0 else 0.0
                if overlap < best_overlap or excess < best_excess:
                    best, best_overlap, best_excess = fold, overlap, excess
        for entry in range(first, last):
            group_rows[stratum[entry]] = 0.0
            assigned[best * n_strata + stratum[entry]] += rows[entry]
        folds[position] = best


def _choose_by_spread(counts: GroupCounts, groups: NDArray[np.int64], n_folds: int) -> NDArray[np.int32]:
    """Fold of each group, from 0; ``groups`` are in the order in which they choose."""
    return run_loop(
        _spread_loop,
        counts.kind[groups],
        counts.start,
        counts.stratum,
        counts.rows,
        counts.stratum_rows,
        np.zeros(counts.n_strata * n_folds),
        np.zeros(n_folds),
        np.zeros(counts.n_strata),
        np.zeros(counts.n_strata),
        np.zeros(n_folds),
        np.empty(len(groups), dtype=np.int32),
        large=_pays(counts, COMPILE_FROM["Wasikowski"]),
        helpers=(_sd, _sum_in_two),
    )


def _spread_loop(  # type: ignore[no-untyped-def]
    kinds, start, stratum, rows, stratum_rows, assigned, fold_rows, sd, new_sd, shares, folds
):
    """Choose the fold f that keeps the strata spread most evenly over the folds.

    n_s: rows of the group in stratum s; a_sg: rows of stratum s that fold g already has; N_s: rows of stratum s in the
    table. With the group in fold f,

        spread_f = mean_s SD_g (a_sg + [g = f] n_s) / N_s.

    Folds are tried in order: one takes over if its spread is smaller, or within 1e-3 of the best while it has fewer
    rows.

    ``assigned`` (n_strata x n_folds, flat), ``fold_rows`` (n_folds,) and ``sd`` (n_strata,) are zeros and become a_sg,
    the rows of each fold, and the SD of each stratum's shares; ``new_sd`` and ``shares`` are work space.
    """
    n_folds = len(fold_rows)
    for position in range(len(kinds)):
        first = start[kinds[position]]
        last = start[kinds[position] + 1]
        for s in range(len(sd)):
            new_sd[s] = sd[s]
        best, best_spread, best_rows = 0, math.inf, math.inf
        for fold in range(n_folds):
            for entry in range(first, last):
                s = stratum[entry]
                for g in range(n_folds):
                    shares[g] = (assigned[s * n_folds + g] + (rows[entry] if g == fold else 0)) / stratum_rows[s]
                new_sd[s] = _sd(shares)
            spread = _sum_in_two(new_sd) / len(sd)
            if spread < best_spread or (abs(spread - best_spread) < 1e-3 and fold_rows[fold] < best_rows):
                best, best_spread, best_rows = fold, spread, fold_rows[fold]
        for entry in range(first, last):
            s = stratum[entry]
            assigned[s * n_folds + best] += rows[entry]
            fold_rows[best] += rows[entry]
            for g in range(n_folds):
                shares[g] = assigned[s * n_folds + g] / stratum_rows[s]
            sd[s] = _sd(shares)
        folds[position] = best


def _sd(values: Any) -> float:
    """Armadillo's stddev: sqrt((sum r^2 - (sum r)^2 / n) / (n - 1)) of r = mean - x, added pair by pair."""
    n = len(values)
    mean = _sum_in_two(values) / n
    squares, total = 0.0, 0.0
    for i in range(0, n - 1, 2):
        a, b = mean - values[i], mean - values[i + 1]
        squares += a * a + b * b
        total += a + b
    if n % 2:
        a = mean - values[n - 1]
        squares += a * a
        total += a
    return math.sqrt((squares - total * total / n) / (n - 1))


def _sum_in_two(values: Any) -> Any:
    """Armadillo's sum: the 1st, 3rd, … and the 2nd, 4th, … apart, then both."""
    n = len(values)
    odd, even = 0.0, 0.0
    for i in range(0, n - 1, 2):
        odd += values[i]
        even += values[i + 1]
    if n % 2:
        odd += values[n - 1]
    return odd + even
