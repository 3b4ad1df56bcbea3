"""Rows by fold and subset: every train and test set at its full size is made of such cells."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

CellMask = NDArray[np.bool_]  # shape (n_folds, n_subsets): which cells


class Cells:
    """The cells of a table, one for each fold and subset.

    Parameters
    ----------
    subset : array of int, shape (n_rows,)
        Codes 0, 1, … of the subsets.
    folds : array of int, shape (n_rows,)
        Fold of each row, any whole numbers.
    n_subsets : int

    Attributes
    ----------
    folds : array of int, shape (n_folds,)
        The distinct folds, sorted.
    counts : array of int64, shape (n_folds, n_subsets)
        Rows of each cell.

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
        """Number of rows."""
        return len(self._cell)

    @cached_property
    def _positions(self) -> dict[int, int]:
        return {int(fold): position for position, fold in enumerate(self.folds)}

    def position(self, fold: int) -> int:
        """Line of a fold in ``counts``."""
        return self._positions[fold]

    def test(self, subset: int, fold: int) -> CellMask:
        """The cell of a test set."""
        mask = np.zeros(self.counts.shape, dtype=bool)
        mask[self.position(fold), subset] = True
        return mask

    def train(self, train_subsets: str, subset: int, fold: int) -> CellMask:
        """Cells of the "same", "other" or "all" train set for a test set, at its full size; empty cells left out."""
        chosen = np.full(self.n_subsets, train_subsets != "same")
        chosen[subset] = train_subsets != "other"
        mask = np.repeat(chosen[None, :], len(self.folds), axis=0)
        mask[self.position(fold)] = False
        return mask & (self.counts > 0)

    def transfers(self, tests: Iterable[tuple[int, int]], own: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """What a subset's own models predict for the transfer map, beside the test sets of their splits.

        Parameters
        ----------
        tests : iterable of (subset, fold)
            Test sets of all splits of a train set.
        own : iterable of (subset, fold)
            Those of them that *same* at its full size tests: the fold that the train rows of the subset leave out.

        Returns
        -------
        list of (subset, fold)
            The same fold of every other subset that has rows in it, without those in ``tests``.
        """
        known = set(tests)
        return [
            (other, fold)
            for _, fold in own
            for other in np.flatnonzero(self.counts[self.position(fold)]).tolist()
            if (other, fold) not in known
        ]

    def test_rows(self, subset: int, fold: int) -> NDArray[np.int64]:
        """Rows of a test set, ascending from 0: quicker than `rows` where there are many cells."""
        order, starts = self._sorted
        cell = self.position(fold) * self.n_subsets + subset
        return order[starts[cell] : starts[cell + 1]]

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows sorted by cell, and where each cell starts."""
        return np.argsort(self._cell, kind="stable"), np.concatenate([[0], np.cumsum(self.counts.ravel())])

    def rows(self, mask: CellMask) -> NDArray[np.int64]:
        """Rows in the cells of a mask, ascending from 0."""
        return np.flatnonzero(self.row_mask(mask))

    def row_mask(self, mask: CellMask) -> NDArray[np.bool_]:
        """Whether each row is in one of the cells of a mask: shape (n_rows,)."""
        return np.asarray(mask.ravel()[self._cell])

    def count(self, mask: CellMask) -> int:
        """Number of rows in the cells of a mask."""
        return int(self.counts[mask].sum())

    def cells_of(self, rows: NDArray[np.int64]) -> CellMask | None:
        """The cells of which these are all the rows; None if a cell is left in part."""
        counts = np.bincount(self._cell[rows], minlength=self.counts.size).reshape(self.counts.shape)
        return counts > 0 if ((counts == 0) | (counts == self.counts)).all() else None
