"""The splits of a task, what its learners can train on, and rows per fold."""

import re

import numpy as np
import pandas as pd
import pytest

from soak import SameOtherSizesCV
from soak.errors import SoakError
from soak.resampling.settings import ResamplingSettings
from soak.resampling.split_task import check_train_sets, count_rows, split_task, write_splits
from soak.resampling.store import StoredSplits
from soak.tasks.task import Task

CLASSES = ("no", "yes")


def make_task(subset, target, strata=None, **roles):
    subset = np.array(list(subset), dtype=object)
    strata = {name: np.array(values, dtype=object) for name, values in (strata or {}).items()}
    features = np.zeros((len(subset), 1))
    return Task("T", "classification", features, ("x",), 1.0, np.array(target), CLASSES, subset, strata, **roles)


def one_class_task():
    """All rows of B in fold 1 are of one class."""
    fold = np.array([1, 2, 1, 2, 1, 2, 1, 2])
    return make_task("AAAABBBB", [0, 0, 1, 1, 0, 0, 0, 1], fold=fold)


def split(task, *checks, **settings):
    return split_task(task, ResamplingSettings(**({"folds": 2} | settings)), 1, *checks)


def refuse(text, task, *checks, **settings):
    with pytest.raises(SoakError, match=f"^{re.escape(text)}$"):
        split(task, *checks, **settings)


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
    assert split(one_class_task()).folds.tolist() == [1, 2, 1, 2, 1, 2, 1, 2]


def test_a_train_set_of_one_class():
    refuse(
        "train set B.fold2: class no only (test subset A, train subsets other, test fold 2), and learner cv_glmnet "
        "needs two; make the target a stratum, use fewer folds, or leave the subset or the learner out",
        one_class_task(),
        {},
        ["cv_glmnet", "knn"],
    )


def test_a_train_set_with_fewer_rows_than_inner_folds():
    split(one_class_task(), {"lasso": 2})
    refuse(
        "train set B.fold1: 2 rows (test subset A, train subsets other, test fold 1), fewer than the 10 inner folds of "
        "lasso; lower learners.lasso.folds, or leave the subset or the learner out",
        one_class_task(),
        {"wide": 2, "lasso": 10},
    )


def test_learners_that_train_on_one_class_are_not_checked():
    split(one_class_task(), {}, [])


def test_train_sets_with_two_classes():
    split(one_class_task(), {}, ["cv_glmnet"], subsets="A")


def test_regression_needs_no_classes():
    task = one_class_task()
    split(
        Task("T", "regression", task.features, ("x",), 1.0, task.target * 1.0, (), task.subset, {}, fold=task.fold),
        {},
        ["cv_glmnet"],
    )


def test_a_down_sampled_train_set_of_one_class():
    task = make_task("A" * 6 + "B" * 6, [0, 0, 0, 0, 0, 1] * 2, fold=np.array([1, 2] * 5 + [1, 1]))
    with pytest.raises(SoakError, match=r"^train set \S+: class no only .* and learner knn needs two"):
        split(task, {}, ["knn"], sizes=1, subsets="A")


def test_stored_splits_are_checked_in_the_same_way(tmp_path):
    task = one_class_task()
    folds, splits, train_sets, rows = (tmp_path / name for name in ("f.parquet", "s.csv", "t.csv", "r.parquet"))
    write_splits(split(task), "T", folds, splits, train_sets, rows)
    stored = StoredSplits.open(folds, splits, rows)
    check_train_sets(task, stored.table, stored.train, {"lasso": 2}, [])
    with pytest.raises(SoakError, match=r"^train set B.fold2: class no only .* and learner knn needs two"):
        check_train_sets(task, stored.table, stored.train, {}, ["knn"])
    with pytest.raises(SoakError, match=r"^train set B.fold1: 2 rows .* fewer than the 3 inner folds of lasso"):
        check_train_sets(task, stored.table, stored.train, {"lasso": 3}, [])


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
