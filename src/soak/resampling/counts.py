"""Rows per group and stratum, and sums of them as R computes them."""

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.integer]
Floats = NDArray[np.float64]
LONG = np.longdouble


@dataclass(frozen=True)
class GroupCounts:
    """How many rows of each stratum the groups have: a sparse matrix with a line per kind of group.

    Attributes
    ----------
    kind : array of shape (n_groups,)
        The line of each group. Where each row is its own group there are only as many kinds as strata, so that
        millions of groups need no matrix of their own.
    start : array of shape (n_kinds + 1,)
        Line k has the entries start[k] to start[k + 1].
    stratum, rows : arrays of shape (n_entries,)
        Stratum of an entry (ascending in a line) and its number of rows (never 0).
    stratum_rows : array of shape (n_strata,)
        Rows of each stratum in the whole table.
    first : array of shape (n_groups,)
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
        """Rows of one stratum in each kind."""
        bounds, kinds, rows = self._by_stratum
        entries = slice(bounds[stratum], bounds[stratum + 1])
        values = np.zeros(self.n_kinds)
        values[kinds[entries]] = rows[entries]
        return values


def count_groups(group: Codes | None, stratum: Codes, order: Codes) -> GroupCounts:
    """Count rows per group and stratum.

    Parameters
    ----------
    group : array of shape (n_rows,), or None where each row is its own group
        Codes 0, 1, … of the groups.
    stratum : array of shape (n_rows,)
        Codes 0, 1, … of the strata.
    order : array of shape (n_rows,)
        The random order of the rows.
    """
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


def check_long_double() -> None:
    """Warn where this machine's long double cannot reproduce the rounding of R on x86-64."""
    if np.finfo(LONG).nmant != 63:
        warnings.warn(
            "long double has not 80 bits on this machine: folds may differ from R's on x86-64 "
            "where groups tie but for rounding",
            stacklevel=2,
        )
