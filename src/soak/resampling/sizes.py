"""How many groups the train sets of a test subset have."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

LETTERS = {"S": "same", "O": "other", "A": "all"}


def train_groups(groups: NDArray[np.integer], n_folds: int) -> dict[str, NDArray[np.int64]]:
    """Groups that are expected in the train sets of each test subset, at their full size.

    Parameters
    ----------
    groups : array of shape (n_subsets,)
        Distinct groups of each subset.
    n_folds : int

    Returns
    -------
    dict of str to array of shape (n_subsets,)
        "same", "other" and "all".

    Examples
    --------
    >>> train_groups(np.array([5, 10]), n_folds=3)["all"]
    array([9, 9])
    """
    same = groups.astype(np.int64) * (n_folds - 1) // n_folds
    total = np.full_like(same, same.sum())
    return {"same": same, "other": total - same, "all": total}


def split_sizes(own: int, of_subset: Sequence[int], sizes: int, ratio: float) -> list[int]:
    """Sizes, in groups, of the train sets that one split stands for.

    Parameters
    ----------
    own : int
        The split's own train groups.
    of_subset : sequence of int
        Train groups of all kinds of train sets ("same", "other", "all") that are asked of its test subset.
    sizes : int
        -1: the full size only; 0: also the smallest size of the test subset; n: also n sizes below that one.
    ratio : float
        From one size to the next smaller.

    Examples
    --------
    >>> split_sizes(100, [40, 60, 100], sizes=2, ratio=0.5)
    [10, 20, 40, 60, 100]
    >>> split_sizes(60, [40, 60, 100], sizes=0, ratio=0.5)
    [60, 40]
    """
    smallest = min(of_subset)
    if sizes == -1:
        return [own]
    if sizes == 0:
        return [own] if own == smallest else [own, smallest]
    powers = [ratio * ratio if k == 2 else math.pow(ratio, k) for k in range(1, sizes + 1)]  # as R's ^ does
    tried = {math.floor(smallest * power) for power in powers} | set(of_subset)
    return sorted(size for size in tried if size <= own)


def count_groups_per_subset(subset: NDArray[Any], group: NDArray[Any] | None, n_subsets: int) -> NDArray[np.int64]:
    """Distinct groups of each subset (a group may be in several); rows, where each row is its own group."""
    if group is None:
        return np.bincount(subset, minlength=n_subsets)
    pairs = np.unique(group.astype(np.int64) * n_subsets + subset)
    return np.bincount(pairs % n_subsets, minlength=n_subsets)
