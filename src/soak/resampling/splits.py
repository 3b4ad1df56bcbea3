"""The splits: which test subset, train subsets, fold, seed and size, in R's order, and which rows train."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soak.resampling.cells import Cells
from soak.resampling.sizes import count_groups_per_subset, split_sizes, train_groups
from soak.rrandom import RRandom


@dataclass(frozen=True)
class Split:
    """One split.

    Attributes
    ----------
    test_subset : int
        Code of the subset.
    train_subsets : "same", "other" or "all"
    test_fold, seed : int
    groups : int
        Groups of the train set at its full size, as expected from the subsets' groups.
    n_train_groups : int
        Groups of this train set.
    rows : array, or None
        Train rows, ascending, of a down-sampled train set; None at the full size: they follow from the folds.
    """

    test_subset: int
    train_subsets: str
    test_fold: int
    seed: int
    groups: int
    n_train_groups: int
    rows: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Samples:
    """What is needed to draw down-sampled train sets."""

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
    """All splits, ordered by train subsets (all, other, same), test fold, test subset, seed and size.

    Parameters
    ----------
    cells : Cells
        The folds and subsets.
    group, stratum : arrays of shape (n_rows,)
        Codes; ``group`` is None where each row is its own group.
    n_folds : int
        Folds that were asked for: R takes it for the sizes also where the folds themselves were given.
    random : RRandom
        As it is after the folds were drawn.

    Notes
    -----
    R permutes the groups of every split, also where the full train set is all that is asked (sizes = -1): that
    permutation decides nothing, and is not drawn here.
    """
    subset = np.arange(cells.n_subsets)
    per_subset = count_groups_per_subset(cells.subset, group, cells.n_subsets)
    asked = [name for name in ("all", "other", "same") if name in set(train_subsets)]
    full = train_groups(per_subset, n_folds)
    own_group = np.arange(len(cells), dtype=np.int32) if group is None else group
    samples = Samples(own_group, stratum, random)
    splits: list[Split] = []
    for name in asked:
        for fold in cells.folds.tolist():
            for code in subset[cells.counts[cells.position(fold)] > 0].tolist():
                own = int(full[name][code])
                tried = split_sizes(own, [int(full[other][code]) for other in asked], sizes, ratio)
                for seed in range(1, seeds + 1):
                    drawn = _draw(cells, samples, name, code, fold, tried) if sizes >= 0 else [None]
                    splits.extend(
                        Split(code, name, fold, seed, own, size, rows) for size, rows in zip(tried, drawn, strict=True)
                    )
    return splits


def _draw(
    cells: Cells, samples: Samples, train_subsets: str, subset: int, fold: int, tried: list[int]
) -> Iterator[NDArray[np.int64] | None]:
    """Train rows of each size that is tried, from one permutation of the candidates; None for the largest: all."""
    rows = cells.rows(cells.train(train_subsets, subset, fold))
    group, stratum = samples.group[rows], samples.stratum[rows]
    value, group_of_value = _sample_groups(group, stratum, samples.random, max(tried))
    for size in tried:
        if size == max(tried):
            yield None
        else:
            kept = np.zeros(len(samples.group) if len(rows) else 0, dtype=bool)
            kept[group_of_value[value <= size]] = True
            yield rows[kept[group]]


def _sample_groups(
    group: NDArray[Any], stratum: NDArray[Any], random: RRandom, largest: int
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Permute the distinct (group, stratum) pairs; the size from which on each one is kept, and its group.

    In each stratum the i-th of m pairs is kept from the size largest * (i / m) on, so that every size has the
    strata in the same proportions.
    """
    first = _first_of_pairs(group, stratum)
    order = random.permutation(len(first))
    shuffled = first[order]
    strata = stratum[shuffled]
    by_stratum = np.argsort(strata, kind="stable")
    m = np.bincount(strata)
    start = np.cumsum(m) - m
    i = np.empty(len(shuffled), dtype=np.int64)
    i[by_stratum] = np.arange(len(shuffled)) - start[strata[by_stratum]] + 1
    return largest * (i / m[strata]), group[shuffled]


def _first_of_pairs(group: NDArray[Any], stratum: NDArray[Any]) -> NDArray[np.int64]:
    """Positions where a pair of group and stratum appears for the first time, ascending."""
    pairs = group.astype(np.int64) * (int(stratum.max(initial=0)) + 1) + stratum
    _, first = np.unique(pairs, return_index=True)
    return np.sort(first)
