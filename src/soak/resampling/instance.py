"""A resampling made for one table: its folds, its splits, and the rows of each."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from soak.errors import SoakError
from soak.resampling.cells import Cells, Mask
from soak.resampling.checks import check_train_rows
from soak.resampling.names import name_train_sets, subset_labels
from soak.resampling.roles import Roles
from soak.resampling.splits import Split


class Instance:
    """Folds and splits of one table, as `SameOtherSizesCV.instantiate` makes them.

    It is itself a cross-validator for this table, so that ``cross_val_score(model, X, y, cv=instance)`` works
    without metadata routing.

    Attributes
    ----------
    folds : array of int, shape (n_rows,)
        Fold of each row, from 1 (given folds keep their numbers).
    table : DataFrame
        One line per split: iteration (from 1), test_subset, train_subsets, test_fold, seed, groups,
        n_train_groups, n_train, n_test, train_set.
    roles : Roles
    cells : Cells
    splits : list of Split
        In the order of iterations.
    train_sets : list of str
        Name of each split's train set (see `soak.resampling.names`).
    """

    def __init__(self, roles: Roles, folds: NDArray[np.int32], cells: Cells, splits: list[Split]) -> None:
        self.roles = roles
        self.folds = folds
        self.cells = cells
        self.splits = splits
        self.train_sets = name_train_sets(subset_labels(roles.subsets), splits, cells)
        check_train_rows(self._columns())

    def __len__(self) -> int:
        """Number of splits."""
        return len(self.splits)

    def __repr__(self) -> str:
        return (
            f"<Instance of {len(self.folds)} rows: {len(self.roles.subsets)} subsets, {len(self.cells.folds)} folds, "
            f"{len(self)} splits, {len(set(self.train_sets))} train sets>"
        )

    @cached_property
    def table(self) -> pd.DataFrame:
        return pd.DataFrame(self._columns())

    def _columns(self) -> dict[str, Any]:
        splits = self.splits
        return {
            "iteration": range(1, len(splits) + 1),
            "test_subset": [self.roles.subsets[split.test_subset] for split in splits],
            "train_subsets": [split.train_subsets for split in splits],
            "test_fold": [split.test_fold for split in splits],
            "seed": [split.seed for split in splits],
            "groups": [split.groups for split in splits],
            "n_train_groups": [split.n_train_groups for split in splits],
            "n_train": [self._n_train(split) for split in splits],
            "n_test": [self.cells.count(self._test_cells(split)) for split in splits],
            "train_set": self.train_sets,
        }

    def train(self, iteration: int) -> NDArray[np.int64]:
        """Train rows of a split, ascending from 0; ``iteration`` counts from 1."""
        return self.train_rows(self._split(iteration))

    def test(self, iteration: int) -> NDArray[np.int64]:
        """Test rows of a split, ascending from 0; ``iteration`` counts from 1."""
        return self.test_rows(self._split(iteration))

    def train_rows(self, split: Split) -> NDArray[np.int64]:
        """Train rows of a split."""
        return self.cells.rows(self._train_cells(split)) if split.rows is None else split.rows

    def test_rows(self, split: Split) -> NDArray[np.int64]:
        """Test rows of a split."""
        return self.cells.rows(self._test_cells(split))

    def split(self, X: Any = None, y: Any = None, groups: Any = None) -> Iterator[tuple[Any, Any]]:
        """Train and test rows of each split, in order; the arguments are there for scikit-learn."""
        check_length(X, len(self.folds))
        for split in self.splits:
            yield self.train_rows(split), self.test_rows(split)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Number of splits."""
        return len(self)

    def _split(self, iteration: int) -> Split:
        if not 1 <= iteration <= len(self):
            raise SoakError(f"iteration: {iteration} is not one; 1 to {len(self)}")
        return self.splits[iteration - 1]

    def _train_cells(self, split: Split) -> Mask:
        return self.cells.train(split.train_subsets, split.test_subset, split.test_fold)

    def _test_cells(self, split: Split) -> Mask:
        return self.cells.test(split.test_subset, split.test_fold)

    def _n_train(self, split: Split) -> int:
        return self.cells.count(self._train_cells(split)) if split.rows is None else len(split.rows)


def check_length(X: Any, n_rows: int) -> None:
    """Whether a feature matrix has a row for each value of the subset."""
    n = X.shape[0] if hasattr(X, "shape") else len(X) if hasattr(X, "__len__") else n_rows
    if n != n_rows:
        raise SoakError(f"subset: {n_rows} values, but X has {n} rows; give one value per row")
