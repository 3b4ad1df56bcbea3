"""Folds, splits and train sets of a task on disk: which rows a fit trains on, and which it predicts.

`soak.resampling.split_task` writes the files. It is a separate module, so that a change in how splits are made does not
change the code that a fit runs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from soak.errors import SoakError
from soak.resampling.cells import Cells


@dataclass(frozen=True)
class StoredTest:
    """A test set: the rows of one subset in one fold.

    Attributes
    ----------
    test_subset : str
    test_fold : int
    rows : array of int64
        Ascending, from 0.
    """

    test_subset: str
    test_fold: int
    rows: NDArray[np.int64]


class StoredSplits:
    """Rows of the train and test sets of a task, read from its files.

    Parameters
    ----------
    subsets : list of str
        In the order of the codes in ``cells``.
    cells : Cells
    table : DataFrame
        One line per split, as `soak.resampling.split_task.write_splits` writes it.
    down_sampled : pyarrow.Table
        Columns train_set (dictionary) and row.
    """

    def __init__(self, subsets: list[str], cells: Cells, table: pd.DataFrame, down_sampled: pa.Table) -> None:
        self.subsets = subsets
        self._code = {name: code for code, name in enumerate(subsets)}
        self._cells = cells
        self.table = table
        self._down_sampled = down_sampled
        self._splits: dict[str, list[_Split]] = {}
        for split in table[["train_set", *_Split._fields]].itertuples(index=False, name=None):
            self._splits.setdefault(split[0], []).append(_Split(*split[1:]))

    def with_table(self, table: pd.DataFrame) -> "StoredSplits":
        """Other splits of the same rows and folds, at their full size."""
        return StoredSplits(self.subsets, self._cells, table, self._down_sampled)

    @classmethod
    def open(cls, folds_path: str | Path, splits_path: str | Path, rows_path: str | Path) -> "StoredSplits":
        """Open the files of a task."""
        folds = pq.read_table(folds_path, columns=["subset", "fold"]).unify_dictionaries().combine_chunks()
        subset = folds["subset"].chunk(0)
        names = subset.dictionary.to_pylist()
        cells = Cells(subset.indices.to_numpy(), folds["fold"].to_numpy(), len(names))
        return cls(names, cells, read_splits(splits_path), pq.read_table(rows_path))

    def train(self, train_set: str) -> NDArray[np.int64]:
        """Rows of a train set, ascending from 0."""
        full = next((split for split in self._splits_of(train_set) if split.is_full), None)
        if full is not None:
            return self._cells.rows(self._cells.train(full.train_subsets, self._code[full.test_subset], full.test_fold))
        chosen = pc.equal(self._down_sampled["train_set"].combine_chunks(), train_set)
        return np.asarray(self._down_sampled["row"].filter(chosen).to_numpy())

    def tests(self, train_set: str) -> list[StoredTest]:
        """Test sets that are predicted with a train set's model, each once, in order of iterations."""
        return [self._test(subset, fold) for subset, fold in self._tested(self._splits_of(train_set))]

    def transfers(self, train_set: str) -> list[StoredTest]:
        """Further test sets, which the model of a subset's own rows predicts for the transfer map alone.

        They are the rows of all other subsets in the fold that *same* leaves out; none for other train sets.
        """
        splits = self._splits_of(train_set)
        same = [split for split in splits if split.train_subsets == "same" and split.is_full]
        return [
            self._test(subset, fold) for subset, fold in self._cells.transfers(self._tested(splits), self._tested(same))
        ]

    def _tested(self, splits: Iterable["_Split"]) -> list[tuple[int, int]]:
        """Test subset (its code) and fold of splits, each once."""
        return list(dict.fromkeys((self._code[split.test_subset], split.test_fold) for split in splits))

    def _test(self, subset: int, fold: int) -> StoredTest:
        return StoredTest(self.subsets[subset], fold, self._cells.test_rows(subset, fold))

    def _splits_of(self, train_set: str) -> list["_Split"]:
        if train_set not in self._splits:
            raise SoakError(f"train set {train_set}: expected a train set of this task; run make_splits again")
        return self._splits[train_set]


class _Split(NamedTuple):
    """What a fit must know of a split."""

    test_subset: str
    train_subsets: str
    test_fold: int
    groups: int
    n_train_groups: int

    @property
    def is_full(self) -> bool:
        """Whether it has all groups of its train subsets."""
        return self.n_train_groups == self.groups


def read_splits(path: str | Path) -> pd.DataFrame:
    """Read the splits of a task (CSV). Names stay text, also if they look like numbers or missing values."""
    text = {"task_id": str, "test_subset": str, "train_set": str}
    return pd.read_csv(path, dtype=text, keep_default_na=False)
