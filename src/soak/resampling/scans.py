"""The loops over groups that give each one its fold, in plain NumPy; `scans_compiled` has them for numba.

Both are C++ in R's package: sums in double precision, in the order of its own loops and of Armadillo's ``stddev`` and
``mean``. Where folds tie but for rounding, that order is the answer.
"""

import numpy as np
from numpy.typing import NDArray

from soak.compiled import available
from soak.resampling.counts import GroupCounts

Floats = NDArray[np.float64]

COMPILE_FROM = {"rss": 20_000, "spread": 3_000}  # groups; below, the plain loop ends before numba is imported


def scan(loop: str, counts: GroupCounts, groups: NDArray[np.int64], n_folds: int) -> NDArray[np.int32]:
    """Fold of each group, from 0, in the order given.

    Parameters
    ----------
    loop : "rss" or "spread"
    groups : array of shape (n_groups,)
        Groups in the order in which they choose their folds.
    """
    if len(groups) >= COMPILE_FROM[loop] and available():
        from soak.resampling import scans_compiled

        chosen = {"rss": scans_compiled.rss, "spread": scans_compiled.spread}[loop]
    else:
        chosen = {"rss": rss, "spread": spread}[loop]
    kinds = counts.kind[groups]
    return np.asarray(chosen(kinds, counts.start, counts.stratum, counts.rows, counts.stratum_rows, n_folds))


def rss(kinds, start, stratum, rows, stratum_rows, n_folds):  # type: ignore[no-untyped-def]
    """The fold where the sum over strata of (rows of the group) x (rows already there) is smallest.

    Of several such folds it is the first with the smallest excess: the sum over all strata of how far the fold is
    above its ideal with the group in it.
    """
    ideal = stratum_rows / n_folds
    already = np.zeros((len(ideal), n_folds))
    over = np.repeat(-ideal[:, None], n_folds, axis=1)
    folds = np.empty(len(kinds), dtype=np.int32)
    for position, kind in enumerate(kinds):
        entries = slice(start[kind], start[kind + 1])
        strata, n = stratum[entries], rows[entries]
        overlap = n @ already[strata]  # whole numbers
        tied = np.flatnonzero(overlap == overlap.min())
        best = tied[0]
        if len(tied) > 1:
            with_group = over[:, tied]
            with_group[strata] += n[:, None]
            best = tied[np.maximum(with_group, 0).cumsum(axis=0)[-1].argmin()]  # added from left to right
        already[strata, best] += n
        over[strata, best] = already[strata, best] - ideal[strata]
        folds[position] = best
    return folds


def spread(kinds, start, stratum, rows, stratum_rows, n_folds):  # type: ignore[no-untyped-def]
    """The fold where the mean over strata of the SD over folds of the stratum's share becomes smallest.

    Folds are tried in order: one takes over if its mean is smaller, or as good as equal while it has fewer rows.
    """
    already = np.zeros((n_folds, len(stratum_rows)))
    deviation = np.zeros(len(stratum_rows))  # SD over the folds of each stratum's share, as the folds stand
    fold_rows = np.zeros(n_folds)
    each = np.arange(n_folds)
    folds = np.empty(len(kinds), dtype=np.int32)
    for position, kind in enumerate(kinds):
        entries = slice(start[kind], start[kind + 1])
        strata, n = stratum[entries], rows[entries]
        with_group = np.repeat(already[:, None, strata], n_folds, axis=1)  # (fold, fold that takes it, stratum)
        with_group[each, each] += n
        candidates = _deviation(with_group / stratum_rows[strata])
        all_strata = np.tile(deviation, (n_folds, 1))
        all_strata[:, strata] = candidates
        best = _first_best(_sum_in_two(all_strata.T) / len(stratum_rows), fold_rows)
        already[best, strata] += n
        deviation[strata] = candidates[best]
        fold_rows[best] += n.sum()
        folds[position] = best
    return folds


def _first_best(values: Floats, fold_rows: Floats) -> int:
    best = 0
    for fold in range(1, len(values)):
        difference = values[fold] - values[best]
        if difference < 0 or (abs(difference) < 1e-3 and fold_rows[fold] < fold_rows[best]):
            best = fold
    return best


def _sum_in_two(values: Floats) -> Floats:
    """Sum over the first axis as Armadillo has it: 1st, 3rd, … and 2nd, 4th, … apart."""
    total = values[::2].cumsum(axis=0)[-1]
    return np.asarray(total + values[1::2].cumsum(axis=0)[-1] if len(values) > 1 else total)


def _sum_of_pairs(values: Floats) -> Floats:
    """Sum over the first axis as Armadillo's variance has it: 1st + 2nd, 3rd + 4th, … one after the other."""
    last = values[len(values) - len(values) % 2 :]
    return np.asarray(np.concatenate([values[:-1:2] + values[1::2], last]).cumsum(axis=0)[-1])


def _deviation(values: Floats) -> Floats:
    """SD over the first axis, in Armadillo's order of operations."""
    n = len(values)
    residuals = _sum_in_two(values) / n - values
    total = _sum_of_pairs(residuals)
    return np.asarray(np.sqrt((_sum_of_pairs(residuals * residuals) - total * total / n) / (n - 1)))
