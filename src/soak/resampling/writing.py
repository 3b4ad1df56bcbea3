"""Folds, splits and train sets of a task on disk: how they are written.

Four small files: the fold of each row; the splits; the train sets, each with a digest of its rows; and the rows of
down-sampled train sets. The rows of all others follow from the folds and subsets, and are never copied.
(`soak.resampling.store` reads them: apart, so that a change in how splits are made is no change of what a fit runs.)
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from soak.files import atomic
from soak.resampling.instance import Instance
from soak.resampling.splits import Split
from soak.tables import TABLES


def write_splits(
    instance: Instance,
    task: str,
    folds_path: str | Path,
    splits_path: str | Path,
    train_sets_path: str | Path,
    rows_path: str | Path,
) -> None:
    """Write a task's folds, splits and train sets.

    Parameters
    ----------
    instance : Instance
    task : str
        The task's name.
    folds_path : path, .parquet
        task_id, row, subset, fold.
    splits_path : path, .csv
        The columns of the table splits, one line per iteration.
    train_sets_path : path, .csv
        task_id, train_set, n_train, digest: one line per train set, in order of first use. The digest (16
        hexadecimal digits of a SHA-256) is of its train rows, and of subset and rows of the test sets that are
        asked of it: what a fit depends on.
    rows_path : path, .parquet
        train_set, row: rows of down-sampled train sets; often empty.
    """
    names = _by_name(instance)
    table = instance.table.assign(task_id=task)[list(TABLES["splits"].columns)]
    sets = [
        {
            "task_id": task,
            "train_set": name,
            "n_train": int(instance.train_rows(splits[0]).size),
            "digest": _digest(instance, splits),
        }
        for name, splits in names.items()
    ]
    _write_parquet(_folds_table(instance, task), folds_path)
    _write_csv(table, splits_path)
    _write_csv(pd.DataFrame(sets), train_sets_path)
    _write_parquet(_rows_table(names), rows_path)


def _by_name(instance: Instance) -> dict[str, list[Split]]:
    """Splits of each train set, in order of first use."""
    names: dict[str, list[Split]] = {}
    for name, split in zip(instance.train_sets, instance.splits, strict=True):
        names.setdefault(name, []).append(split)
    return names


def _digest(instance: Instance, splits: list[Split]) -> str:
    """Digest of a train set and its test sets, each as one bit per row."""
    total = hashlib.sha256()
    for text, flags in _row_flags(instance, splits):
        total.update(text.encode() + b"\0" + np.packbits(flags).tobytes())
    return total.hexdigest()[:16]


def _row_flags(instance: Instance, splits: list[Split]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    flags = np.zeros(len(instance.folds), dtype=bool)
    flags[instance.train_rows(splits[0])] = True
    yield "train", flags
    for code, fold in dict.fromkeys((split.test_subset, split.test_fold) for split in splits):
        yield f"test {instance.roles.subsets[code]}", instance.cells.flags(instance.cells.test(code, fold))


def _folds_table(instance: Instance, task: str) -> pa.Table:
    n_rows = len(instance.folds)
    subsets = pa.array([str(subset) for subset in instance.roles.subsets], pa.string())
    columns: dict[str, Any] = {
        "task_id": _repeated(task, n_rows),
        "row": pa.array(np.arange(n_rows)),
        "subset": pa.DictionaryArray.from_arrays(pa.array(instance.roles.subset), subsets),
        "fold": pa.array(instance.folds),
    }
    return pa.table(columns)


def _repeated(text: str, n: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, dtype=np.int32)), pa.array([text], pa.string()))


def _rows_table(names: dict[str, list[Split]]) -> pa.Table:
    """Rows of the train sets that no split has at full size."""
    drawn = {name: splits[0].rows for name, splits in names.items() if all(one.rows is not None for one in splits)}
    rows = [values for values in drawn.values() if values is not None]
    codes = np.repeat(np.arange(len(rows), dtype=np.int32), [len(values) for values in rows])
    all_rows = np.concatenate(rows) if rows else np.empty(0, dtype=np.int64)
    named = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(list(drawn), pa.string()))
    return pa.table({"train_set": named, "row": pa.array(all_rows)})


def _write_csv(table: pd.DataFrame, path: str | Path) -> None:
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def _write_parquet(table: pa.Table, path: str | Path) -> None:
    with atomic(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
