"""What the figures of confusion, worst images and weights are drawn from: the records of a task's fits."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray

from soak.figures.predictions import PREDICTION_COLUMNS
from soak.fitting.record import FitRecord
from soak.scores.scoring import read_prediction
from soak.tasks.task import Task


def deciding_algorithm(verdicts: pd.DataFrame, scores: pd.DataFrame, task: str) -> str:
    """The algorithm that decides most of a task's verdicts (the first of equals); without verdicts its first one."""
    chosen = verdicts.loc[verdicts["task_id"] == task, "algorithm"]
    return str(
        chosen.value_counts(sort=True).index[0]
        if len(chosen)
        else scores.query("task_id == @task")["algorithm"].iloc[0]
    )


def predictions_of(task: Task, splits: pd.DataFrame, records: Iterable[FitRecord], algorithm: str) -> pd.DataFrame:
    """One row per split and test row at full train size: what was predicted, and how sure the model was.

    Parameters
    ----------
    splits : DataFrame
        Of the task, with ``train_set``.
    records : iterable of FitRecord
        With their table "predictions"; those without the algorithm are skipped.

    Returns
    -------
    DataFrame
        Columns `PREDICTION_COLUMNS`, in the order of ``splits``.
    """
    full = splits[splits["n_train_groups"] == splits["groups"]]
    classes = np.array(task.classes)
    found: dict[tuple[str, str], pd.DataFrame] = {}
    for record in records:
        table = record.tables.get("predictions")
        if table is None:
            continue
        table = table.filter(pc.equal(table["algorithm"], algorithm))
        for subset in pc.unique(table["test_subset"]).to_pylist():
            part = table.filter(pc.equal(table["test_subset"], subset))
            prediction = read_prediction(part, task.classes)
            rows = part["row"].to_numpy()
            label, response = task.target[rows], prediction.response
            columns: dict[str, Any] = {"row": rows, "label": classes[label], "response": classes[response]}
            for name, code in (("label_probability", label), ("response_probability", response)):
                known = prediction.probabilities
                columns[name] = np.nan if known is None else known[np.arange(len(rows)), code]
            found[record.train_set, subset] = pd.DataFrame(columns)
    parts = [
        found[split.train_set, split.test_subset].assign(
            test_subset=split.test_subset, train_subsets=split.train_subsets
        )
        for split in full.itertuples()
        if (split.train_set, split.test_subset) in found
    ]
    told = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(PREDICTION_COLUMNS))
    return told[list(PREDICTION_COLUMNS)]


def weights_of(task: Task, records: Iterable[FitRecord], train_set: str) -> dict[str, NDArray[np.float64]]:
    """The weights of all linear models that were fitted to one train set.

    Parameters
    ----------
    records : iterable of FitRecord
        With their table "coefficients": columns s (where a fit has several models), class, feature, value; features
        that are not named have the weight 0.

    Returns
    -------
    dict
        Algorithm to array of shape (n_classes or 1, n_features), of the features as they are scaled.
    """
    places = {name: number for number, name in enumerate(task.feature_names)}
    models: dict[str, NDArray[np.float64]] = {}
    for record in records:
        table = record.tables.get("coefficients")
        if table is None or record.train_set != train_set or not {"class", "feature"} <= set(table.column_names):
            continue
        frame = table.to_pandas()
        groups: Any = frame.groupby("s", sort=False) if "s" in frame else [("", frame)]
        for suffix, rows in groups:
            name = f"{record.learner}_{suffix}" if suffix else record.learner
            models[name] = _matrix(rows, task.classes, places)
    return models


def first_train_set(splits: pd.DataFrame) -> str:
    """The train set of the first split that was trained on all, at full size; else of the first split."""
    full = splits[splits["n_train_groups"] == splits["groups"]]
    of_all = full[full["train_subsets"] == "all"]
    return str((of_all if len(of_all) else splits)["train_set"].iloc[0])


def _matrix(rows: pd.DataFrame, classes: tuple[str, ...], places: dict[str, int]) -> NDArray[np.float64]:
    rows = rows[rows["feature"].isin(list(places))]  # not the intercept
    named = [label for label in classes if (rows["class"] == label).any()]
    # With two classes a model may have the weights of one only: those of the other are their negative.
    order = list(classes) if len(classes) > 2 or len(named) == 2 else named
    sign = -1.0 if len(classes) == 2 and order == [classes[0]] else 1.0
    matrix = np.zeros((len(order) or 1, len(places)))
    lines = rows["class"].map({label: number for number, label in enumerate(order)}).to_numpy(dtype=int)
    matrix[lines, rows["feature"].map(places).to_numpy(dtype=int)] = sign * rows["value"].to_numpy(dtype=float)
    return matrix
