"""Scores: a number per split, algorithm and measure, computed from the predictions that the fits left."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from soak.fitting.record import FitRecord, frame
from soak.learners.base import Prediction
from soak.measures import Measure
from soak.tasks.task import Task

SPLIT_COLUMNS = [
    "task_id", "test_subset", "train_subsets", "test_fold", "seed", "groups", "n_train_groups", "iteration",
]  # fmt: skip
HISTORY_COLUMNS = ["task_id", "train_set", "algorithm", "epoch", "set", "measure", "value"]


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
    splits : DataFrame
        One row per split, with ``train_set``, ``n_train`` and ``n_test``.
    algorithms : mapping of learner name to the names that it reports as
    records : iterable of FitRecord
        With their table "predictions"; a failed fit has none.

    Returns
    -------
    DataFrame
        The columns of scores.csv, rows by iteration and algorithm (in the order of ``algorithms``); a measure is
        NaN where the fit failed or the measure cannot be had.
    """
    values: dict[tuple[str, str, str], list[float]] = {}
    for record in records:
        if record.status == "ok":
            values.update(_score_record(task, record, measures))
    nothing = [np.nan] * len(measures)
    names = [name for group in algorithms.values() for name in group]
    rows = []
    for split in splits.to_dict("records"):
        for name in names:
            scores = values.get((split["train_set"], name, split["test_subset"]), nothing)
            told = {column: split[column] for column in SPLIT_COLUMNS}
            told |= {"algorithm": name, "n_train": split["n_train"], "n_test": split["n_test"]}
            rows.append(told | {m.name: value for m, value in zip(measures, scores, strict=True)})
    columns = [*SPLIT_COLUMNS, "algorithm", "n_train", "n_test", *(measure.name for measure in measures)]
    return pd.DataFrame(rows, columns=columns)


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
    """The prediction that rows of a table "predictions" hold; columns ``prob.LABEL`` are null without probabilities."""
    names = [f"prob.{label}" for label in classes]
    probabilities = None
    if classes and names[0] in table.column_names and not table[names[0]].null_count:
        probabilities = np.column_stack([table[name].to_numpy() for name in names])
    return Prediction(table["response"].to_numpy(), probabilities)


class Costs:
    """What the fits tell of themselves, kept while their predictions pass by."""

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
        """The table fits: status, reason, and what the learner tells of the fit."""
        table = self._frame(
            ["status", "reason", "converged", "selected_epochs", "lambda_min", "lambda_1se", "n_lambda"]
        )
        types = {"converged": "boolean", "selected_epochs": "Int64", "n_lambda": "Int64"}
        return table.astype(types | {"lambda_min": float, "lambda_1se": float})

    def times(self) -> pd.DataFrame:
        """The table times: seconds of training alone, and the peak memory of the process meanwhile."""
        return self._frame(["n_train", "seconds", "cpu_seconds", "peak_mb"]).round(3)

    def history(self) -> pd.DataFrame:
        """The table history: measures per epoch of the learners that have epochs."""
        parts = []
        for record in self._records:
            if "history" in record.tables:
                part = record.tables["history"].to_pandas()
                part.insert(0, "task_id", record.task)
                part.insert(1, "train_set", record.train_set)
                part.insert(2, "algorithm", record.learner)
                parts.append(part)
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=HISTORY_COLUMNS)

    def _frame(self, columns: Sequence[str]) -> pd.DataFrame:
        named = {"task_id": "task", "train_set": "train_set", "learner": "learner"}
        return frame(self._records, named | {column: column for column in columns})
