"""Scores: a number per split, algorithm and measure, computed from the predictions that the fits left."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from soak.measures import Measure

from soak.fitting.record import FitRecord
from soak.learners.base import Prediction
from soak.tasks.task import Task

SPLIT_COLUMNS = [
    "task_id", "test_subset", "train_subsets", "test_fold", "seed", "groups", "n_train_groups", "iteration",
]  # fmt: skip


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
