"""The splits of a task, and its rows per fold."""

import numpy as np
import pandas as pd

from soak import SameOtherSizesCV
from soak.resampling.settings import ResamplingSettings
from soak.resampling.split_task import count_rows, split_task
from soak.tasks.task import Task

CLASSES = ("no", "yes")


def make_task(subset, target, strata=None, **roles):
    subset = np.array(list(subset), dtype=object)
    strata = {name: np.array(values, dtype=object) for name, values in (strata or {}).items()}
    features = np.zeros((len(subset), 1))
    return Task("T", "classification", features, ("x",), 1.0, np.array(target), CLASSES, subset, strata, **roles)


def test_a_task_is_split_by_its_roles_its_settings_and_the_seed():
    random = np.random.default_rng(1)
    subset, target = random.choice(["A", "B"], 90), random.integers(0, 2, 90)
    strata = {"y": target.astype(str), "z": random.choice(["u", "v"], 90)}
    group = random.integers(0, 30, 90).astype(str)
    task = make_task(subset, target, strata, group=group)
    instance = split_task(task, ResamplingSettings(folds=4, sizes=0), 7)
    expected = SameOtherSizesCV(folds=4, sizes=0, random_state=7).instantiate(subset, group, list(strata.values()))
    assert instance.folds.tolist() == expected.folds.tolist()
    pd.testing.assert_frame_equal(instance.table, expected.table)
    assert instance.folds.tolist() != split_task(task, ResamplingSettings(folds=4), 8).folds.tolist()


def test_given_folds_are_kept():
    fold = np.array([1, 2, 1, 2, 1, 2, 1, 2])
    task = make_task("AAAABBBB", [0, 0, 1, 1, 0, 0, 0, 1], fold=fold)
    assert split_task(task, ResamplingSettings(folds=2), 1).folds.tolist() == fold.tolist()


FOLDS = pd.DataFrame({"subset": ["A", "A", "B", "B"], "fold": [1, 2, 1, 1]})


def test_rows_are_counted_by_subset_stratum_and_fold():
    counts = count_rows(make_task("AABB", [0] * 4, {"y": list("uuvu"), "z": list("1121")}), FOLDS)
    assert counts.to_dict("split")["data"] == [
        ["T", "A", "u, 1", 1, 1],
        ["T", "A", "u, 1", 2, 1],
        ["T", "B", "u, 1", 1, 1],
        ["T", "B", "v, 2", 1, 1],
    ]


def test_without_strata_all_rows_of_a_subset_and_fold_are_counted_together():
    counts = count_rows(make_task("AABB", [0] * 4), FOLDS)
    assert counts[["subset", "stratum", "fold", "rows"]].to_numpy().tolist() == [
        ["A", "all rows", 1, 1],
        ["A", "all rows", 2, 1],
        ["B", "all rows", 1, 2],
    ]
