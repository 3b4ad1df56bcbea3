"""Counts per fold, subset and stratum."""

import numpy as np
import pandas as pd

from soak.resampling.counts_table import count_rows
from soak.tasks.task import Task


def task(**strata):
    subset = np.array(["A", "A", "B", "B"])
    columns = {name: np.array(values) for name, values in strata.items()}
    target = np.zeros(4)
    return Task("T", "regression", np.zeros((4, 1)), ("x",), 1.0, target, (), subset, columns)


FOLDS = pd.DataFrame({"subset": ["A", "A", "B", "B"], "fold": [1, 2, 1, 1]})


def test_rows_are_counted_by_subset_stratum_and_fold():
    counts = count_rows(task(y=["u", "u", "v", "u"], z=["1", "1", "2", "1"]), FOLDS)
    assert counts.to_dict("split")["data"] == [
        ["T", "A", "u, 1", 1, 1],
        ["T", "A", "u, 1", 2, 1],
        ["T", "B", "u, 1", 1, 1],
        ["T", "B", "v, 2", 1, 1],
    ]


def test_without_strata_the_rows_of_a_subset_are_one():
    counts = count_rows(task(), FOLDS)
    assert counts[["subset", "stratum", "fold", "rows"]].to_numpy().tolist() == [
        ["A", "all rows", 1, 1],
        ["A", "all rows", 2, 1],
        ["B", "all rows", 1, 2],
    ]
