"""Rows by fold and subset: what every train and test set is made of."""

from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Mask = NDArray[np.bool_]  # of shape (n_folds, n_subsets): which cells


class Cells:
    """The cells of a table, one per fold and subset.

    Parameters
    ----------
    subset : array of shape (n_rows,)
        Codes 0, 1, … of the subsets.
    folds : array of shape (n_rows,)
        Fold of each row, any whole numbers.
    n_subsets : int

    Examples
    --------
    >>> cells = Cells(np.array([0, 1, 0, 1]), np.array([1, 1, 2, 2]), n_subsets=2)
    >>> cells.rows(cells.train("other", subset=0, fold=1))
    array([3])
    """

    def __init__(self, subset: NDArray[Any], folds: NDArray[Any], n_subsets: int) -> None:
        self.n_subsets = n_subsets
        self.subset = subset
        code, self.folds = pd.factorize(folds, sort=True)
        n_cells = len(self.folds) * n_subsets
        self._cell = (code * n_subsets + subset).astype(np.min_scalar_type(n_cells))
        self.counts = np.bincount(self._cell, minlength=n_cells).reshape(-1, n_subsets)

    def __len__(self) -> int:
        return len(self._cell)

    @cached_property
    def _positions(self) -> dict[int, int]:
        return {int(fold): position for position, fold in enumerate(self.folds)}

    def position(self, fold: int) -> int:
        """Line of a fold in ``counts``."""
        return self._positions[fold]

    def test(self, subset: int, fold: int) -> Mask:
        """The one cell of a test set."""
        mask = np.zeros(self.counts.shape, dtype=bool)
        mask[self.position(fold), subset] = True
        return mask

    def train(self, train_subsets: str, subset: int, fold: int) -> Mask:
        """Cells of the "same", "other" or "all" train set of a test set, at its full size; none is empty."""
        wanted = np.full(self.n_subsets, train_subsets != "same")
        wanted[subset] = train_subsets != "other"
        mask = np.repeat(wanted[None, :], len(self.folds), axis=0)
        mask[self.position(fold)] = False
        return mask & (self.counts > 0)

    def rows(self, mask: Mask) -> NDArray[np.int64]:
        """Rows of some cells, ascending."""
        return np.flatnonzero(self.flags(mask))

    def flags(self, mask: Mask) -> NDArray[np.bool_]:
        """For each row whether it is in one of some cells."""
        return np.asarray(mask.ravel()[self._cell])

    def made_up_by(self, rows: NDArray[np.int64]) -> Mask | None:
        """The cells that these rows are all the rows of; None if they leave some out."""
        counts = np.bincount(self._cell[rows], minlength=self.counts.size).reshape(self.counts.shape)
        return counts > 0 if ((counts == 0) | (counts == self.counts)).all() else None

    def count(self, mask: Mask) -> int:
        """Number of rows of some cells."""
        return int(self.counts[mask].sum())

    def class_presence(self, target: NDArray[Any], n_classes: int) -> NDArray[np.bool_]:
        """Which classes are in each cell: shape (n_folds, n_subsets, n_classes)."""
        flat = self._cell.astype(np.int64) * n_classes + target
        return np.bincount(flat, minlength=self.counts.size * n_classes).reshape(*self.counts.shape, n_classes) > 0
