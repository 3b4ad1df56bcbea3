"""The splits of a task, and its rows per fold."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from soak import SameOtherSizesCV
from soak.errors import SoakError
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


def message(task):
    with pytest.raises(SoakError) as caught:
        split_task(task, ResamplingSettings(folds=3), 1)
    return str(caught.value)


def test_a_group_in_two_folds_is_found_in_the_rows_of_the_file():
    fold, group = np.array([1, 2, 1, 1]), np.array(["g", "h", "g", "h"], dtype=object)
    task = make_task("AABB", [0, 0, 1, 1], fold=fold, group=group)
    expected = (
        "tasks.T: fold: expected the same fold for all rows of a group, but group h is in fold 2 (row {}) and in "
    )
    assert message(task) == expected.format(2) + "fold 1 (row 4)"
    assert message(replace(task, row=np.array([0, 5, 6, 9]))) == expected.format(6) + "fold 1 (row 10)"


def test_subsets_of_one_row_each_are_named_together():
    assert message(make_task("ABCD", [0, 0, 1, 1])) == (
        "tasks.T: subset: each of the 4 subsets (A, B, C, D) has 1 row, fewer than the 3 folds; name a column that is the "
        "same in many rows"
    )
    group = np.array(["g", "g", "h", "h"], dtype=object)
    assert "each of the 2 subsets (A, B) has 1 group, fewer" in message(make_task("AABB", [0, 0, 1, 1], group=group))


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
