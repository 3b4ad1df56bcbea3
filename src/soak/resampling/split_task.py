"""The splits of a task: made, and written to files."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from soak.data.values import sort_labels
from soak.errors import SoakError
from soak.files import atomic
from soak.resampling.roles import Roles, read_roles
from soak.resampling.settings import ResamplingSettings
from soak.resampling.splits import Split, count_groups_per_subset
from soak.resampling.splitter import Instance, SameOtherSizesCV, few_groups
from soak.tables import TABLES
from soak.tasks.task import Task


def split_task(task: Task, settings: ResamplingSettings, seed: int) -> Instance:
    """Make the folds and splits of a task.

    Parameters
    ----------
    task : Task
    settings : ResamplingSettings
        Of this task.
    seed : int
        R's ``set.seed`` before the folds are drawn.

    Returns
    -------
    Instance
        For `write_splits`.

    Raises
    ------
    SoakError
        If the rows cannot be split, or no subset has two groups: then no model could be tested on the subset it is of.
    """
    splitter = SameOtherSizesCV(**settings.model_dump(), random_state=seed)
    try:
        return splitter.instantiate_roles(_roles(task, settings))
    except SoakError as error:
        table = f"{task.source}, " if task.source else ""
        raise SoakError(*(f"tasks.{task.name}: {table}{message}" for message in error.args)) from None


def _roles(task: Task, settings: ResamplingSettings) -> Roles:
    """The columns that folds and splits are made of, subsets in the order of the task."""
    strata = list(task.strata.values()) or None
    numbers = 1 + (np.arange(len(task.target)) if task.row is None else task.row)
    roles = read_roles(
        task.subset, task.group, strata, task.fold, ignore_subset=settings.ignore_subset, numbers=numbers
    )
    if task.subsets and not settings.ignore_subset:
        roles = roles.with_subsets(task.subsets)
    if count_groups_per_subset(roles.subset, roles.group, len(roles.subsets)).max() < 2:
        raise SoakError(few_groups(replace(roles, fold=None), settings.folds))
    return roles


def count_rows(task: Task, folds: pd.DataFrame) -> pd.DataFrame:
    """Rows of a task per subset, stratum and fold: the table to look at before trusting the splits.

    Parameters
    ----------
    task : Task
    folds : DataFrame
        The task's table of folds (see `write_splits`): ``subset`` and ``fold`` of each row.

    Returns
    -------
    DataFrame
        Columns task_id, subset, stratum (values of the stratum columns, joined by ", "; "all rows" without any), fold,
        rows; sorted by subset, stratum and fold; combinations without rows left out.
    """
    columns = [folds["subset"], *task.strata.values(), folds["fold"]]
    codes, names = zip(*(pd.factorize(np.asarray(column)) for column in columns), strict=True)
    cells = pd.DataFrame(dict(enumerate(codes))).groupby(list(range(len(codes)))).size()
    values = [name[cells.index.get_level_values(level)] for level, name in enumerate(names)]
    strata = [", ".join(map(str, labels)) for labels in zip(*values[1:-1], strict=True)] or ["all rows"] * len(cells)
    counts = pd.DataFrame({"subset": values[0], "stratum": strata, "fold": values[-1], "rows": cells.to_numpy()})
    counts["subset"] = counts["subset"].astype(str)
    # once more by the joined values: "a, b" may be of two columns or of one
    counts = counts.groupby(["subset", "stratum", "fold"], as_index=False)["rows"].sum()
    order = [list(task.subsets) or sort_labels(set(counts["subset"])), sort_labels(set(counts["stratum"]))]
    places = [
        counts[name].map({label: place for place, label in enumerate(labels)})
        for name, labels in zip(("subset", "stratum"), order, strict=True)
    ]
    counts = counts.iloc[np.lexsort((counts["fold"], places[1], places[0]))].reset_index(drop=True)
    counts.insert(0, "task_id", task.name)
    return counts


# Files


def write_splits(
    instance: Instance,
    task: str,
    folds_path: str | Path,
    splits_path: str | Path,
    train_sets_path: str | Path,
    rows_path: str | Path,
    row: NDArray[np.int64] | None = None,
) -> None:
    """Write a task's folds, splits and train sets to four small files.

    The rows of full train sets and of test sets follow from folds and subsets, and are never copied.

    Parameters
    ----------
    instance : Instance
    task : str
        The task's name.
    folds_path : path, .parquet
        task_id, row (from 0), subset, fold.
    splits_path : path, .csv
        The columns of the table splits, one line per iteration.
    train_sets_path : path, .csv
        task_id, train_set, n_train, digest: one line per train set, in order of first use. The digest (16 hexadecimal
        digits of a SHA-256) is that of the train rows, and of subset and rows of the test sets that are predicted
        with the model, those of the transfer map too: all rows that what a fit leaves depends on.
    rows_path : path, .parquet
        train_set, row: rows of down-sampled train sets; often empty.
    row : array of int64, shape (n_rows,), optional
        Number of each row in the file of the task's table, if the task does not have all of them.
    """
    splits_of = _by_train_set(instance)
    train_sets = [
        {
            "task_id": task,
            "train_set": name,
            "n_train": int(instance.train_rows(splits[0]).size),
            "digest": _digest(instance, splits),
        }
        for name, splits in splits_of.items()
    ]
    _write_parquet(_folds_table(instance, task, row), folds_path)
    _write_csv(instance.table.assign(task_id=task)[list(TABLES["splits"].columns)], splits_path)
    _write_csv(pd.DataFrame(train_sets), train_sets_path)
    _write_parquet(_rows_table(splits_of), rows_path)


def _by_train_set(instance: Instance) -> dict[str, list[Split]]:
    """Splits of each train set, in order of first use."""
    splits_of: dict[str, list[Split]] = {}
    for name, split in zip(instance.train_sets, instance.splits, strict=True):
        splits_of.setdefault(name, []).append(split)
    return splits_of


def _digest(instance: Instance, splits: list[Split]) -> str:
    """Digest of a train set and of all rows that its model predicts, each set as one bit per row."""
    total = hashlib.sha256()
    for text, mask in _row_masks(instance, splits):
        total.update(text.encode() + b"\0" + np.packbits(mask).tobytes())
    return total.hexdigest()[:16]


def _row_masks(instance: Instance, splits: list[Split]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    train = np.zeros(len(instance.folds), dtype=bool)
    train[instance.train_rows(splits[0])] = True
    yield "train", train
    tests = list(dict.fromkeys((split.test_subset, split.test_fold) for split in splits))
    full = [split for split in splits if split.n_train_groups == split.groups and split.train_subsets == "same"]
    own = dict.fromkeys((split.test_subset, split.test_fold) for split in full)
    for kind, cells in (("test", tests), ("transfer", instance.cells.transfers(tests, own))):
        for subset, fold in cells:
            mask = instance.cells.row_mask(instance.cells.test(subset, fold))
            yield f"{kind} {instance.roles.subsets[subset]}", mask


def _folds_table(instance: Instance, task: str, row: NDArray[np.int64] | None) -> pa.Table:
    n_rows = len(instance.folds)
    subsets = pa.array([str(subset) for subset in instance.roles.subsets], pa.string())
    task_code = pa.array(np.zeros(n_rows, dtype=np.int32))
    columns: dict[str, Any] = {
        "task_id": pa.DictionaryArray.from_arrays(task_code, pa.array([task], pa.string())),
        "row": pa.array(np.arange(n_rows) if row is None else row),
        "subset": pa.DictionaryArray.from_arrays(pa.array(instance.roles.subset), subsets),
        "fold": pa.array(instance.folds),
    }
    return pa.table(columns)


def _rows_table(splits_of: dict[str, list[Split]]) -> pa.Table:
    """Rows of the train sets that no split has at full size."""
    rows_of: dict[str, NDArray[np.int64]] = {}
    for name, splits in splits_of.items():
        rows = [split.rows for split in splits if split.rows is not None]
        if len(rows) == len(splits):
            rows_of[name] = rows[0]
    codes = np.repeat(np.arange(len(rows_of), dtype=np.int32), [len(rows) for rows in rows_of.values()])
    all_rows = np.concatenate(list(rows_of.values())) if rows_of else np.empty(0, dtype=np.int64)
    names = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(list(rows_of), pa.string()))
    return pa.table({"train_set": names, "row": pa.array(all_rows)})


def _write_csv(table: pd.DataFrame, path: str | Path) -> None:
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def _write_parquet(table: pa.Table, path: str | Path) -> None:
    with atomic(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
