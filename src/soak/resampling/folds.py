"""One fold for each group of rows, strata kept proportional: the heuristics of R's mlr3resampling.

Groups are put in order, then each one in turn goes to the fold that suits it best (`scans`). The last bits decide
which of two groups that look alike comes first: R computes the keys of that order with ``sum``, ``mean`` and ``sd``,
which add in 80-bit long double, from left to right, and round once at the end. So does everything here.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from soak.resampling.counts import LONG, Codes, Floats, GroupCounts, check_long_double, count_groups
from soak.resampling.scans import scan

ALGORITHMS = ("RSS", "Wasikowski", "WasikowskiLimitedMemory")


def assign_folds(
    group: Codes | None, stratum: Codes, order: Codes, n_folds: int, algorithm: str = "RSS"
) -> NDArray[np.int32]:
    """Give each row a fold, 1 to n_folds, the same for all rows of a group.

    Parameters
    ----------
    group : array of shape (n_rows,), or None where each row is its own group
        Codes 0, 1, … of the groups.
    stratum : array of shape (n_rows,)
        Codes 0, 1, … of the strata, numbered by first appearance.
    order : array of shape (n_rows,)
        A random order of the rows (one ``sample(n_rows)``): it decides between groups that are equal otherwise.
    algorithm : str
        "RSS": each group goes to the fold that keeps the sum of squared residuals of the stratum counts smallest.
        "Wasikowski": to the one that keeps the spread of the stratum shares over the folds smallest.
        "WasikowskiLimitedMemory": the same answer; R's way to it needs less memory.

    References
    ----------
    mlr3resampling 2026.6.12, ``group_stratum_algo``; J. Wasikowski's notebook "Stratified Group k-Fold
    Cross-Validation" for the second.

    Examples
    --------
    >>> stratum = np.array([0, 0, 0, 1, 1, 1])
    >>> assign_folds(None, stratum, np.arange(6), n_folds=3)
    array([1, 2, 3, 1, 2, 3], dtype=int32)
    """
    check_long_double()
    counts = count_groups(group, stratum, order)
    if algorithm == "RSS":
        groups = _in_order(counts, _rss_keys(counts, n_folds))
        folds = scan("rss", counts, groups, n_folds)
    else:
        groups = _in_order(counts, _spread_keys(counts))
        folds = scan("spread", counts, groups, n_folds)
    of_group = np.empty(len(groups), dtype=np.int32)
    of_group[groups] = folds + 1
    return of_group if group is None else of_group[group]


def _in_order(counts: GroupCounts, keys: list[Floats]) -> NDArray[np.int64]:
    """Groups in ascending order of their kind's keys (the first one first), then of their random order."""
    by_keys = np.lexsort(keys[::-1])
    ranked = np.array([key[by_keys] for key in keys])
    steps = (ranked[:, 1:] != ranked[:, :-1]).any(axis=0)
    rank = np.empty(counts.n_kinds, dtype=np.int64)
    rank[by_keys] = np.concatenate([[0], np.cumsum(steps)])
    if counts.n_kinds < 2**16:
        rank = rank.astype(np.uint16)  # NumPy sorts these by radix
    by_random = _order_of_distinct(counts.first)
    by_rank = np.argsort(rank[counts.kind[by_random]], kind="stable")
    return np.asarray(by_random[by_rank])


def _order_of_distinct(values: Codes) -> NDArray[np.int64]:
    """``argsort`` of whole numbers of which no two are equal, without sorting."""
    at = np.full(int(values.max()) + 1, -1, dtype=np.int64)
    at[values] = np.arange(len(values))
    return at[at >= 0]


def _rss_keys(counts: GroupCounts, n_folds: int) -> list[Floats]:
    """Keys of each kind of group: squared distance from the ideal fold, size (descending), mean of ideal x rows."""
    ideal = counts.stratum_rows / n_folds
    strata = range(counts.n_strata)
    squares = ((counts.column(stratum) - ideal[stratum]) ** 2 for stratum in strata)
    distance = _sum(squares, counts.n_kinds).astype(np.float64)
    size = np.add.reduceat(counts.rows, counts.start[:-1]).astype(np.float64)

    def weighted() -> Iterator[Floats]:
        return (ideal[stratum] * counts.column(stratum) for stratum in strata)

    mean = _sum(weighted(), counts.n_kinds) / counts.n_strata
    mean += _sum((values - mean for values in weighted()), counts.n_kinds) / counts.n_strata
    return [distance, -size, mean.astype(np.float64)]


def _spread_keys(counts: GroupCounts) -> list[Floats]:
    """Key of each kind of group: minus the SD of its stratum counts (with one stratum all are equal)."""
    if counts.n_strata == 1:
        return [np.zeros(counts.n_kinds)]

    def columns() -> Iterator[Floats]:
        return (counts.column(stratum) for stratum in range(counts.n_strata))

    mean = _sum(columns(), counts.n_kinds) / counts.n_strata
    mean += _sum((values - mean for values in columns()), counts.n_kinds) / counts.n_strata
    rounded = mean.astype(np.float64).astype(LONG)  # as in R's cov.c, which keeps the mean as a double
    squares = _sum(((values - rounded) ** 2 for values in columns()), counts.n_kinds)
    return [-np.sqrt((squares / (counts.n_strata - 1)).astype(np.float64))]


def _sum(columns: Iterator[NDArray[np.floating]], n: int) -> NDArray[np.longdouble]:
    """Sum of columns from left to right, in long double."""
    total = np.zeros(n, dtype=LONG)
    for column in columns:
        total += column
    return total
