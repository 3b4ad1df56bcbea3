"""The three tables behind tests/reference/scores_*.csv, and the rows of each split of theirs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_digits

from soak.tasks.task import Task

REFERENCE = Path(__file__).parents[1] / "reference"
_FOLDS = {"digits": "folds_digits_group_stratum.csv"}


@dataclass(frozen=True)
class Split:
    """One split of the reference: its rows, and R's scores for one algorithm."""

    train: np.ndarray
    test: np.ndarray
    test_subset: str
    train_subsets: str
    test_fold: int
    algorithm: str
    scores: dict


def _digits() -> Task:
    digits = load_digits()
    row = np.arange(len(digits.target))
    subset = np.where(row < 599, "A", np.where(row < 1198, "B", "C"))
    return _task("digits", digits.data / 16, digits.target, tuple(f"d{code}" for code in range(10)), subset)


def _threeeight() -> Task:
    digits = load_digits()
    chosen = np.isin(digits.target, [3, 8])
    subset = np.where(np.arange(chosen.sum()) % 3 == 0, "third", "rest")
    return _task("threeeight", digits.data[chosen] / 16, digits.target[chosen] == 8, ("d3", "d8"), subset)


def _diabetes() -> Task:
    diabetes = load_diabetes(scaled=False)
    subset = np.where(diabetes.data[:, 1] == 1, "sex1", "sex2")
    features = np.delete(diabetes.data, 1, axis=1)
    return _task("diabetes", features, diabetes.target, (), subset)


def _task(name, features, target, classes, subset) -> Task:
    names = tuple(f"p{column}" for column in range(features.shape[1]))
    target = target.astype(np.int32 if classes else np.float64)
    return Task(name, "classification" if classes else "regression", features, names, 1.0, target, classes, subset, {})


@pytest.fixture(scope="session")
def reference() -> Callable[[str], tuple[Task, list[Split]]]:
    """Function of a table's name: the task, and the splits with R's scores."""

    def read(name: str) -> tuple[Task, list[Split]]:
        task = {"digits": _digits, "threeeight": _threeeight, "diabetes": _diabetes}[name]()
        fold = pd.read_csv(REFERENCE / _FOLDS.get(name, f"folds_{name}.csv"))["fold"].to_numpy()
        scores = pd.read_csv(REFERENCE / f"scores_{name}.csv")
        return task, [_split(task, fold, row) for row in scores.to_dict("records")]

    return read


def _split(task: Task, fold: np.ndarray, row: dict) -> Split:
    same = task.subset == row["test_subset"]
    candidates = {"same": same, "other": ~same, "all": np.ones(len(same), bool)}[row["train_subsets"]]
    train = np.flatnonzero(candidates & (fold != row["test_fold"]))
    test = np.flatnonzero(same & (fold == row["test_fold"]))
    scores = {key: value for key, value in row.items() if key.startswith(("classif", "regr")) or key == "lambda"}
    return Split(train, test, row["test_subset"], row["train_subsets"], row["test_fold"], row["algorithm"], scores)
