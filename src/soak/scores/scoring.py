"""Scores: a number per split, algorithm and measure, computed from the predictions that the fits left."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from soak.fitting.record import FitRecord
from soak.learners.base import Prediction
from soak.measures import Measure
from soak.tables import TABLES
from soak.tasks.task import Task


def score_task(
    task: Task,
    splits: pd.DataFrame,
    algorithms: Mapping[str, Sequence[str]],
    records: Iterable[FitRecord],
    measures: Sequence[Measure],
) -> pd.DataFrame:
    """Score all splits of a task.

    Parameters
    ----------
    task : Task
    splits : DataFrame
        The table splits of the task.
    algorithms : mapping of learner name to the names that it reports as
    records : iterable of FitRecord
        With their table "predictions"; a failed fit has none.
    measures : sequence of Measure

    Returns
    -------
    DataFrame
        The table scores, rows by iteration and algorithm (in the order of ``algorithms``); a measure is NaN where
        the fit failed or the measure is undefined.
    """
    values: dict[tuple[str, str, str], list[float]] = {}
    for record in records:
        if record.status == "ok":
            values.update(_score_record(task, record, measures))
    undefined = [np.nan] * len(measures)
    names = [name for group in algorithms.values() for name in group]
    rows = []
    for split in splits.to_dict("records"):
        for name in names:
            scores = values.get((split["train_set"], name, split["test_subset"]), undefined)
            rows.append(
                split | {"algorithm": name} | {m.name: value for m, value in zip(measures, scores, strict=True)}
            )
    return pd.DataFrame(rows, columns=[*TABLES["scores"].columns, *(measure.name for measure in measures)])


def _score_record(
    task: Task, record: FitRecord, measures: Sequence[Measure]
) -> dict[tuple[str, str, str], list[float]]:
    """Scores of one fit: (train set, algorithm, test subset) to a value per measure."""
    table = record.tables["predictions"]
    scores = {}
    for algorithm in pc.unique(table["algorithm"]).to_pylist():
        of_algorithm = table.filter(pc.equal(table["algorithm"], algorithm))
        for subset in pc.unique(of_algorithm["test_subset"]).to_pylist():
            part = of_algorithm.filter(pc.equal(of_algorithm["test_subset"], subset))
            target = task.target[part["row"].to_numpy()]
            prediction = read_prediction(part, task.classes)
            scores[record.train_set, algorithm, subset] = [
                measure(target, prediction, task.classes) for measure in measures
            ]
    return scores


def read_prediction(table: pa.Table, classes: Sequence[str]) -> Prediction:
    """The prediction that rows of a table "predictions" hold; columns ``prob.NAME`` are null without probabilities."""
    names = [f"prob.{label}" for label in classes]
    probabilities = None
    if classes and names[0] in table.column_names and not table[names[0]].null_count:
        probabilities = np.column_stack([table[name].to_numpy() for name in names])
    return Prediction(table["response"].to_numpy(), probabilities)


class Costs:
    """What is known of the fits but their predictions, gathered while these pass by."""

    def __init__(self) -> None:
        self._records: list[FitRecord] = []
        self._current: list[FitRecord] = []

    def keep(self, records: Iterable[FitRecord]) -> Iterator[FitRecord]:
        """Pass records on, keeping all of each but its predictions."""
        for record in records:
            tables = {name: table for name, table in record.tables.items() if name != "predictions"}
            self._current.append(replace(record, tables=tables))
            yield record

    def end_task(self, splits: pd.DataFrame, learners: Sequence[str]) -> None:
        """Put the task's fits in order: train sets as the splits first name them, then learners."""
        order = {name: number for number, name in enumerate(splits["train_set"].drop_duplicates())}
        self._current.sort(key=lambda record: (order[record.train_set], learners.index(record.learner)))
        self._records += self._current
        self._current = []

    def fits(self) -> pd.DataFrame:
        """The table fits: how each fit ended, and what its learner found."""
        types = {"whole number": "Int64", "yes or no": "boolean", "number": "float"}
        columns = TABLES["fits"].columns
        return self._frame(columns).astype({n: types[c.kind] for n, c in columns.items() if c.kind in types})

    def times(self) -> pd.DataFrame:
        """The table times: seconds of training alone, and the peak memory of the process meanwhile."""
        return self._frame(TABLES["times"].columns).round(3)

    def history(self) -> pd.DataFrame:
        """The table history: measures per epoch of the learners that have epochs."""
        parts = [
            record.tables["history"]
            .to_pandas()
            .assign(task_id=record.task, train_set=record.train_set, algorithm=record.learner)
            for record in self._records
            if "history" in record.tables
        ]
        columns = list(TABLES["history"].columns)
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)

    def _frame(self, columns: Iterable[str]) -> pd.DataFrame:
        """One row per record, columns from its fields and what its learner found."""
        rows = [{**vars(record), **record.info, "task_id": record.task} for record in self._records]
        return pd.DataFrame([{name: row.get(name) for name in columns} for row in rows], columns=list(columns))
