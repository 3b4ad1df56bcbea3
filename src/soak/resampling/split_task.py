"""The splits of a task: made, checked against what the learners can train on, and written to files."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from soak.errors import SoakError
from soak.files import atomic
from soak.resampling.settings import ResamplingSettings
from soak.resampling.splits import Split
from soak.resampling.splitter import Instance, SameOtherSizesCV
from soak.tables import TABLES
from soak.tasks.task import Task


def split_task(
    task: Task,
    settings: ResamplingSettings,
    seed: int,
    inner_folds: Mapping[str, int] | None = None,
    needs_two_classes: Sequence[str] = (),
) -> Instance:
    """Make the folds and splits of a task, and check that its learners can train on each train set.

    Parameters
    ----------
    task : Task
    settings : ResamplingSettings
        Of this task.
    seed : int
        R's ``set.seed`` before the folds are drawn.
    inner_folds, needs_two_classes
        As in `check_train_sets`; by default nothing is checked.

    Returns
    -------
    Instance
        For `write_splits`.

    Raises
    ------
    SoakError
        If the rows cannot be split, or a learner cannot train on a train set.
    """
    splitter = SameOtherSizesCV(**settings.model_dump(), random_state=seed)
    instance = splitter.instantiate(
        task.subset, group=task.group, stratum=list(task.strata.values()) or None, fold=task.fold
    )
    check_train_sets(task, instance.table, instance.train_set, inner_folds or {}, needs_two_classes)
    return instance


def check_train_sets(
    task: Task,
    splits: pd.DataFrame,
    train_rows: Callable[[str], NDArray[np.int64]],
    inner_folds: Mapping[str, int],
    needs_two_classes: Sequence[str],
) -> None:
    """Raise if a learner cannot train on one of the train sets.

    Parameters
    ----------
    task : Task
    splits : DataFrame
        One line per split: ``Instance.table`` or ``StoredSplits.table``.
    train_rows : callable
        Rows of a train set by its name: ``Instance.train_set`` or ``StoredSplits.train``.
    inner_folds : mapping of str to int
        Number of inner folds, by name of each learner that has such folds: each needs a train row.
    needs_two_classes : sequence of str
        Names of the learners that cannot train on rows of one class. Without effect for regression.

    Raises
    ------
    SoakError
        Naming the train set, the learner, and what can be done.
    """
    smallest = splits.iloc[int(splits["n_train"].argmin())]
    for learner, n_folds in inner_folds.items():
        if smallest["n_train"] < n_folds:
            raise SoakError(
                f"train set {smallest['train_set']}: {smallest['n_train']} "
                f"{'row' if smallest['n_train'] == 1 else 'rows'} ({_place(smallest)}), fewer than the {n_folds} inner "
                f"folds of {learner}; lower learners.{learner}.folds, or leave the subset or the learner out"
            )
    if not task.classes or not needs_two_classes:
        return
    for _, split in splits.drop_duplicates("train_set").iterrows():
        classes = np.unique(task.target[train_rows(split["train_set"])])
        if len(classes) == 1:
            raise SoakError(
                f"train set {split['train_set']}: class {task.classes[classes[0]]} only ({_place(split)}), and learner "
                f"{needs_two_classes[0]} needs two; make the target a stratum, use fewer folds, or leave the subset or "
                "the learner out"
            )


def _place(split: "pd.Series[Any]") -> str:
    return f"test subset {split['test_subset']}, train subsets {split['train_subsets']}, test fold {split['test_fold']}"


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
    strata = [pd.Series(values, dtype=str) for values in task.strata.values()]
    stratum = strata[0].str.cat(strata[1:], sep=", ") if strata else pd.Series("all rows", index=range(len(folds)))
    cells = pd.DataFrame({"subset": folds["subset"].astype(str).to_numpy(), "stratum": stratum.to_numpy()})
    cells["fold"] = folds["fold"].to_numpy()
    counts = cells.groupby(["subset", "stratum", "fold"], sort=True).size().rename("rows").reset_index()
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
        with the model: it changes if and only if a fit must be repeated.
    rows_path : path, .parquet
        train_set, row: rows of down-sampled train sets; often empty.
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
    _write_parquet(_folds_table(instance, task), folds_path)
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
    """Digest of a train set and its test sets, each as one bit per row."""
    total = hashlib.sha256()
    for text, mask in _row_masks(instance, splits):
        total.update(text.encode() + b"\0" + np.packbits(mask).tobytes())
    return total.hexdigest()[:16]


def _row_masks(instance: Instance, splits: list[Split]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    train = np.zeros(len(instance.folds), dtype=bool)
    train[instance.train_rows(splits[0])] = True
    yield "train", train
    for subset, fold in dict.fromkeys((split.test_subset, split.test_fold) for split in splits):
        yield f"test {instance.roles.subsets[subset]}", instance.cells.row_mask(instance.cells.test(subset, fold))


def _folds_table(instance: Instance, task: str) -> pa.Table:
    n_rows = len(instance.folds)
    subsets = pa.array([str(subset) for subset in instance.roles.subsets], pa.string())
    task_code = pa.array(np.zeros(n_rows, dtype=np.int32))
    columns: dict[str, Any] = {
        "task_id": pa.DictionaryArray.from_arrays(task_code, pa.array([task], pa.string())),
        "row": pa.array(np.arange(n_rows)),
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
