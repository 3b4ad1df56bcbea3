"""Folds, splits and train sets of a task on disk: the rows that a job which fits reads from them."""

from dataclasses import dataclass
from pathlib import Path

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
    """Rows that a model is scored on: one subset in one fold.

    Attributes
    ----------
    iteration : int
        The first split that asks for them of the train set in question.
    test_subset : str
    test_fold : int
    rows : array of int64
        Ascending, from 0.
    """

    iteration: int
    test_subset: str
    test_fold: int
    rows: NDArray[np.int64]


class StoredSplits:
    """Rows of the train and test sets of a task, read from the files of `soak.resampling.writing`.

    Parameters
    ----------
    subsets : list of str
    cells : Cells
    splits : DataFrame
        One line per iteration.
    down_sampled : table with columns train_set (dictionary) and row
    """

    def __init__(self, subsets: list[str], cells: Cells, splits: pd.DataFrame, down_sampled: pa.Table) -> None:
        self._code = {name: code for code, name in enumerate(subsets)}
        self._cells = cells
        self._splits = splits
        self._down_sampled = down_sampled

    @classmethod
    def open(cls, folds_path: str | Path, splits_path: str | Path, rows_path: str | Path) -> "StoredSplits":
        """Open the files of a task; rows of down-sampled train sets are read when they are asked for."""
        folds = pq.read_table(folds_path, columns=["subset", "fold"]).unify_dictionaries().combine_chunks()
        subset = folds["subset"].chunk(0)
        names = subset.dictionary.to_pylist()
        cells = Cells(subset.indices.to_numpy(), folds["fold"].to_numpy(), len(names))
        return cls(names, cells, read_splits(splits_path), pq.read_table(rows_path))

    def train(self, train_set: str) -> NDArray[np.int64]:
        """Rows of a train set, ascending from 0."""
        splits = self._splits_of(train_set)
        full = splits[splits["n_train_groups"] == splits["groups"]]
        if len(full):
            first = full.iloc[0]
            code = self._code[first["test_subset"]]
            return self._cells.rows(self._cells.train(first["train_subsets"], code, int(first["test_fold"])))
        named = self._down_sampled["train_set"].combine_chunks()
        wanted = pc.equal(named, train_set)
        return np.asarray(self._down_sampled["row"].filter(wanted).to_numpy())

    def tests(self, train_set: str) -> list[StoredTest]:
        """Test sets that are asked of a train set, each once, in order of iterations."""
        splits = self._splits_of(train_set).drop_duplicates(["test_subset", "test_fold"])
        return [
            StoredTest(iteration, subset, fold, self._cells.rows(self._cells.test(self._code[subset], fold)))
            for iteration, subset, fold in zip(
                splits["iteration"].tolist(), splits["test_subset"], splits["test_fold"].tolist(), strict=True
            )
        ]

    def _splits_of(self, train_set: str) -> pd.DataFrame:
        splits = self._splits[self._splits["train_set"] == train_set]
        if not len(splits):
            raise SoakError(f"train set {train_set}: is none of this task; run make_splits again")
        return splits


def read_splits(path: str | Path) -> pd.DataFrame:
    """Read the splits of a task (CSV): names stay text, whatever they look like."""
    text = {"task_id": str, "test_subset": str, "train_set": str}
    return pd.read_csv(path, dtype=text, keep_default_na=False)
