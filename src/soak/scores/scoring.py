"""From the predictions of fits to scores: a number per split, algorithm and measure; and the tables of the fits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from soak.files import atomic
from soak.fitting.record import FitRecord, read_pack, runs
from soak.learners.base import Prediction
from soak.measures import Measure
from soak.tables import TABLES
from soak.tasks.task import Task

_Piece = tuple[str, str, int, str]  # train set, test subset, test fold, algorithm


def score_task(
    task: Task,
    splits: pd.DataFrame,
    algorithms: Mapping[str, Sequence[str]],
    packs: Mapping[str, Iterable[str | Path]],
    measures: Sequence[Measure],
    folder: str | Path,
) -> tuple[pd.DataFrame, list[FitRecord]]:
    """Score all splits of a task, and write its predictions row by row.

    The predictions of one learner at a time are in memory.

    Parameters
    ----------
    task : Task
    splits : DataFrame
        The table splits of the task.
    algorithms : mapping of learner to the names that it reports as
    packs : mapping of learner to the folders of its packs
    measures : sequence of Measure
    folder : path
        results/predictions/TASK; gets LEARNER.parquet, the table `PREDICTIONS`, with rows by iteration, algorithm, row.

    Returns
    -------
    scores : DataFrame
        The table scores, rows by iteration and algorithm (in the order of ``algorithms``); a measure is NaN where
        the fit failed or the measure is undefined.
    fits : list of FitRecord
        All fits, without predictions: by train set, as the splits first name them, then by learner.
    """
    scores, fits = [], []
    for learner, names in algorithms.items():
        records = [record for pack in packs[learner] for record in read_pack(pack, "predictions", "history")]
        predictions = _pieces(records)
        _write_predictions(Path(folder) / f"{learner}.parquet", task, splits, names, predictions)
        scores.append(_scores(task, splits, names, predictions, measures))
        fits += [_without_predictions(record) for record in records]
    order = {name: number for number, name in enumerate(splits["train_set"].drop_duplicates())}
    table = pd.concat(scores, ignore_index=True).sort_values("iteration", kind="stable", ignore_index=True)
    return table, sorted(fits, key=lambda record: order[record.train_set])


def _without_predictions(record: FitRecord) -> FitRecord:
    return replace(record, tables={name: table for name, table in record.tables.items() if name != "predictions"})


def _pieces(records: Iterable[FitRecord]) -> dict[_Piece, pa.Table]:
    """Predictions of each train set, test set and algorithm; those of failed fits are missing."""
    found = {}
    for record in records:
        table = record.tables.get("predictions")
        if table is not None:
            keys = [table[name] for name in ("algorithm", "test_subset", "test_fold")]
            for part in runs(*keys):
                algorithm, subset, fold = (key[part.start].as_py() for key in keys)
                found[record.train_set, subset, fold, algorithm] = table.slice(part.start, part.stop - part.start)
    return found


def _scores(
    task: Task,
    splits: pd.DataFrame,
    algorithms: Sequence[str],
    predictions: Mapping[_Piece, pa.Table],
    measures: Sequence[Measure],
) -> pd.DataFrame:
    scored = {piece: _score(task, table, measures) for piece, table in predictions.items()}
    undefined = [np.nan] * len(measures)
    rows = []
    for split in splits.to_dict("records"):
        for name in algorithms:
            values = scored.get((split["train_set"], split["test_subset"], split["test_fold"], name), undefined)
            rows.append(
                split | {"algorithm": name} | {m.name: value for m, value in zip(measures, values, strict=True)}
            )
    return pd.DataFrame(rows, columns=[*TABLES["scores"].columns, *(measure.name for measure in measures)])


def _score(task: Task, table: pa.Table, measures: Sequence[Measure]) -> list[float]:
    target, prediction = task.target[table["row"].to_numpy()], read_prediction(table, task.classes)
    return [measure(target, prediction, task.classes) for measure in measures]


def _write_predictions(
    path: Path,
    task: Task,
    splits: pd.DataFrame,
    algorithms: Sequence[str],
    predictions: Mapping[_Piece, pa.Table],
) -> None:
    """The table `PREDICTIONS` of one learner, rows by iteration, algorithm and row."""
    parts = [
        _named_prediction(task, table, split.iteration, name)
        for split in splits.itertuples()
        for name in algorithms
        if (table := predictions.get((split.train_set, split.test_subset, split.test_fold, name))) is not None
    ]
    if not parts:  # all fits failed
        types = {"iteration": pa.int64(), "algorithm": pa.string(), "row": pa.int64(), "response": pa.string()}
        parts = [pa.schema(types).empty_table()]
    with atomic(path) as temporary:
        joined = pa.concat_tables(parts, promote_options="permissive").unify_dictionaries()
        pq.write_table(joined, temporary, compression="zstd")


def _named_prediction(task: Task, table: pa.Table, iteration: int, algorithm: str) -> pa.Table:
    """Predictions of a split and algorithm, classes by name."""
    response = table["response"].combine_chunks()
    if task.classes:
        response = pa.DictionaryArray.from_arrays(response, pa.array(task.classes, pa.string()))
    columns: dict[str, Any] = {
        "iteration": np.full(len(table), iteration),
        "algorithm": pa.array([algorithm] * len(table)).dictionary_encode(),
        "row": table["row"],
        "response": response,
    }
    return pa.table(columns | {name: table[name] for name in table.column_names if name.startswith("prob.")})


def read_prediction(table: pa.Table, classes: Sequence[str]) -> Prediction:
    """The prediction that rows of a table "predictions" hold; columns ``prob.NAME`` are null without probabilities."""
    names = [f"prob.{label}" for label in classes]
    probabilities = None
    if classes and names[0] in table.column_names and not table[names[0]].null_count:
        probabilities = np.column_stack([table[name].to_numpy() for name in names])
    return Prediction(table["response"].to_numpy(), probabilities)


def fits_table(records: Sequence[FitRecord]) -> pd.DataFrame:
    """The table fits: how each fit ended, and what its learner found."""
    types = {"whole number": "Int64", "yes or no": "boolean", "number": "float"}
    columns = TABLES["fits"].columns
    return _frame(records, columns).astype({n: types[c.kind] for n, c in columns.items() if c.kind in types})


def times_table(records: Sequence[FitRecord]) -> pd.DataFrame:
    """The table times: seconds of training alone, and the peak memory of the process meanwhile."""
    return _frame(records, TABLES["times"].columns).round(3)


def history_table(records: Sequence[FitRecord]) -> pd.DataFrame:
    """The table history: measures per epoch of the learners that have epochs."""
    columns = list(TABLES["history"].columns)
    parts = [
        record.tables["history"]
        .to_pandas()
        .assign(task_id=record.task, train_set=record.train_set, algorithm=record.learner)
        for record in records
        if "history" in record.tables
    ]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _frame(records: Iterable[FitRecord], columns: Iterable[str]) -> pd.DataFrame:
    """One row per record, columns from its fields and what its learner found."""
    rows = [{**vars(record), **record.info, "task_id": record.task} for record in records]
    return pd.DataFrame([{name: row.get(name) for name in columns} for row in rows], columns=list(columns))
