"""The splits: which test subset, train subsets, fold, seed and size, in R's order, and which rows train."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soak.resampling.cells import Cells
from soak.rrandom import RRandom

TRAIN_SUBSETS = {"S": "same", "O": "other", "A": "all"}


@dataclass(frozen=True)
class Split:
    """A test set and one of the train sets whose models are tested on it.

    Attributes
    ----------
    test_subset : int
        Code of the subset.
    train_subsets : "same", "other" or "all"
    test_fold, seed : int
    groups : int
        Groups of the train set at its full size, as expected from the number of groups of each subset.
    n_train_groups : int
        Groups of this train set.
    rows : array of int64, or None
        Train rows, ascending, of a down-sampled train set; None at the full size, whose rows follow from the folds.
    """

    test_subset: int
    train_subsets: str
    test_fold: int
    seed: int
    groups: int
    n_train_groups: int
    rows: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Sampling:
    """What down-sampled train sets are drawn from: codes of group and stratum of each row, and R's generator."""

    group: NDArray[Any]
    stratum: NDArray[Any]
    random: RRandom


def make_splits(
    cells: Cells,
    group: NDArray[Any] | None,
    stratum: NDArray[Any],
    n_folds: int,
    train_subsets: Iterable[str],
    random: RRandom,
    *,
    seeds: int = 1,
    sizes: int = -1,
    ratio: float = 0.5,
) -> list[Split]:
    """All splits, as R's ``ResamplingSameOtherSizesCV$instantiate`` makes them.

    They are ordered by train subsets (all, other, same), test fold, test subset, seed and size.

    Parameters
    ----------
    cells : Cells
        The folds and subsets.
    group, stratum : arrays of int, shape (n_rows,)
        Codes; ``group`` is None if each row is its own group.
    n_folds : int
        The parameter ``folds``: R computes the sizes with it even if the folds are given.
    train_subsets : iterable of str
        Any of "same", "other", "all".
    random : RRandom
        In its state after the folds were drawn.
    seeds, sizes, ratio
        As in `soak.SameOtherSizesCV`.

    Notes
    -----
    R permutes the groups of every split, even if only full train sets are made (sizes = -1). There that permutation
    has no effect, and is not drawn here.
    """
    n_groups = count_groups_per_subset(cells.subset, group, cells.n_subsets)
    kinds = [name for name in ("all", "other", "same") if name in set(train_subsets)]
    full = train_groups(n_groups, n_folds)
    sampling = Sampling(np.arange(len(cells), dtype=np.int32) if group is None else group, stratum, random)
    splits: list[Split] = []
    for kind in kinds:
        for fold in cells.folds.tolist():
            for subset in np.flatnonzero(cells.counts[cells.position(fold)]).tolist():
                groups = int(full[kind][subset])
                tried = split_sizes(groups, [int(full[other][subset]) for other in kinds], sizes, ratio)
                for seed in range(1, seeds + 1):
                    rows = _draw(cells, sampling, kind, subset, fold, tried) if sizes >= 0 else [None]
                    splits.extend(
                        Split(subset, kind, fold, seed, groups, size, kept)
                        for size, kept in zip(tried, rows, strict=True)
                    )
    return splits


# Sizes, in groups


def count_groups_per_subset(subset: NDArray[Any], group: NDArray[Any] | None, n_subsets: int) -> NDArray[np.int64]:
    """Distinct groups of each subset (a group may be in several); rows, if each row is its own group."""
    if group is None:
        return np.bincount(subset, minlength=n_subsets)
    pairs = np.unique(group.astype(np.int64) * n_subsets + subset)
    return np.bincount(pairs % n_subsets, minlength=n_subsets)


def train_groups(groups: NDArray[np.integer], n_folds: int) -> dict[str, NDArray[np.int64]]:
    """Groups that are expected in the train sets for each test subset, at their full size.

    Parameters
    ----------
    groups : array of int, shape (n_subsets,)
        Distinct groups of each subset.
    n_folds : int

    Returns
    -------
    dict of str to array of int64, shape (n_subsets,)
        "same", "other" and "all".

    Examples
    --------
    >>> train_groups(np.array([5, 10]), n_folds=3)["all"]
    array([9, 9])
    """
    same = groups.astype(np.int64) * (n_folds - 1) // n_folds
    total = np.full_like(same, same.sum())
    return {"same": same, "other": total - same, "all": total}


def split_sizes(full: int, full_sizes: Sequence[int], sizes: int, ratio: float) -> list[int]:
    """Sizes of the train sets that are made of one full train set.

    Parameters
    ----------
    full : int
        Groups of the train set at its full size.
    full_sizes : sequence of int
        The same of all train sets ("same", "other", "all") that are made for the test subset.
    sizes : int
        -1: the full size only; 0: also the smallest of ``full_sizes``; n: also n sizes below that one.
    ratio : float
        From one size to the next smaller.

    Examples
    --------
    >>> split_sizes(100, [40, 60, 100], sizes=2, ratio=0.5)
    [10, 20, 40, 60, 100]
    >>> split_sizes(60, [40, 60, 100], sizes=0, ratio=0.5)
    [60, 40]
    """
    smallest = min(full_sizes)
    if sizes == -1:
        return [full]
    if sizes == 0:
        return [full] if full == smallest else [full, smallest]
    powers = [ratio * ratio if k == 2 else math.pow(ratio, k) for k in range(1, sizes + 1)]  # as R's ^ does
    tried = {math.floor(smallest * power) for power in powers} | set(full_sizes)
    return sorted(size for size in tried if size <= full)


# Rows of smaller train sets


def _draw(
    cells: Cells, sampling: Sampling, train_subsets: str, subset: int, fold: int, sizes: list[int]
) -> Iterator[NDArray[np.int64] | None]:
    """Train rows for each size, from one permutation of the full train set's groups; None for the largest: all."""
    rows = cells.rows(cells.train(train_subsets, subset, fold))
    group, stratum = sampling.group[rows], sampling.stratum[rows]
    smallest, group_of_pair = _sample_groups(group, stratum, sampling.random, max(sizes))
    for size in sizes:
        if size == max(sizes):
            yield None
        else:
            kept = np.zeros(len(sampling.group) if len(rows) else 0, dtype=bool)
            kept[group_of_pair[smallest <= size]] = True
            yield rows[kept[group]]


def _sample_groups(
    group: NDArray[Any], stratum: NDArray[Any], random: RRandom, largest: int
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Permute the distinct pairs of group and stratum; for each pair the smallest size that keeps it, and its group.

    The i-th of a stratum's m pairs is kept in train sets of at least largest * (i / m) groups, so that train sets of
    all sizes have the strata in the same proportions.
    """
    first = _first_of_pairs(group, stratum)
    order = random.permutation(max(len(first), 1))[: len(first)]  # R's sample(0) is sample(1), and draws a number
    shuffled = first[order]
    strata = stratum[shuffled]
    by_stratum = np.argsort(strata, kind="stable")
    m = np.bincount(strata)
    start = np.cumsum(m) - m
    i = np.empty(len(shuffled), dtype=np.int64)
    i[by_stratum] = np.arange(len(shuffled)) - start[strata[by_stratum]] + 1
    return largest * (i / m[strata]), group[shuffled]


def _first_of_pairs(group: NDArray[Any], stratum: NDArray[Any]) -> NDArray[np.int64]:
    """Positions at which a pair of group and stratum appears for the first time, ascending."""
    pairs = group.astype(np.int64) * (int(stratum.max(initial=0)) + 1) + stratum
    _, first = np.unique(pairs, return_index=True)
    return np.sort(first)
