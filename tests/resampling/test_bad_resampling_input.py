"""What cannot be resampled is told in one line: column, row, and what is allowed."""

import re

import numpy as np
import pandas as pd
import pytest

from soak import SameOtherSizesCV
from soak.errors import SoakError
from soak.resampling.checks import check_inner_folds, check_train_classes

SUBSET = ["A", "A", "A", "A", "B", "B", "B", "B"]


def refuse(text, settings=None, **columns):
    columns = {"subset": SUBSET} | columns
    with pytest.raises(SoakError, match=f"^{re.escape(text)}$"):
        SameOtherSizesCV(**({"folds": 2} | (settings or {}))).instantiate(**columns)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
@pytest.mark.parametrize("name", ["subset", "group", "stratum", "fold"])
def test_missing_values(name, missing):
    values = ["A", "A", "A", missing, "B", "B", "B", "B"]
    refuse(f"{name}: row 3 has no value; give it one, or leave the row out", **{name: values})


def test_missing_values_in_pandas_columns():
    refuse(
        "group: row 5 has no value; give it one, or leave the row out",
        group=pd.array([1, 2, 3, 4, 5, None, 7, 8], dtype="Int64"),
    )
    refuse(
        "stratum y: row 1 has no value; give it one, or leave the row out",
        stratum=pd.DataFrame({"x": list("aabbaabb"), "y": [1.0, np.nan, 2, 2, 1, 1, 2, 2]}),
    )
    refuse(
        "stratum 2: row 0 has no value; give it one, or leave the row out",
        stratum=[list("aabbaabb"), [None, "a", "b", "b", "a", "a", "b", "b"]],
    )


@pytest.mark.parametrize("folds", [1, 0, -3, 2.0, "3", None, True])
def test_folds(folds):
    refuse(f"folds: {folds!r} is not allowed; a whole number, 2 or more", {"folds": folds})


@pytest.mark.parametrize("seeds", [0, 1.5, "1"])
def test_seeds(seeds):
    refuse(f"seeds: {seeds!r} is not allowed; a whole number, 1 or more", {"seeds": seeds})


@pytest.mark.parametrize("sizes", [-2, 0.5, None, "all"])
def test_sizes(sizes):
    refuse(
        f"sizes: {sizes!r} is not allowed; a whole number: -1 (full train sets only), 0 (also the smallest size), 1, 2, …",
        {"sizes": sizes},
    )


@pytest.mark.parametrize("ratio", [0, 1, 1.5, -0.1, float("nan"), "half", True])
def test_ratio(ratio):
    refuse(f"ratio: {ratio!r} is not allowed; a number above 0 and below 1", {"ratio": ratio})


@pytest.mark.parametrize("subsets", ["", "X", "SX", "SS", 3, None])
def test_subsets(subsets):
    refuse(
        f"subsets: {subsets!r} is not allowed; any of the letters S (same), O (other), A (all)", {"subsets": subsets}
    )


def test_algorithm():
    refuse(
        "group_stratum_algo: 'Wasikovski' is not known, did you mean 'Wasikowski'?; "
        "allowed: RSS, Wasikowski, WasikowskiLimitedMemory",
        {"group_stratum_algo": "Wasikovski"},
    )


@pytest.mark.parametrize("seed", [None, 1.5, 2**31, -(2**31)])
def test_random_state(seed):
    refuse(f"random_state: {seed!r} is not allowed; a whole number that R's set.seed takes", {"random_state": seed})


def test_more_folds_than_rows():
    refuse("folds: 8 rows cannot fill 9 folds; use at most 8 folds", {"folds": 9, "ignore_subset": True})


def test_more_folds_than_groups():
    refuse(
        "group: 2 groups cannot fill 3 folds; use at most 2 folds",
        {"folds": 3, "ignore_subset": True},
        group=[1, 1, 2, 2, 1, 1, 2, 2],
    )


def test_subset_with_fewer_groups_than_folds():
    refuse(
        "subset: B has 2 groups, fewer than the 3 folds; use at most 2 folds, or leave the rows of B out of the table",
        {"folds": 3},
        group=[1, 2, 3, 4, 5, 5, 6, 6],
    )
    refuse(
        "subset: A has 1 row, fewer than the 2 folds; leave the rows of A out of the table",
        subset=["B", "A", "B", "B"],
    )


def test_empty_table():
    refuse("subset: the table has no rows; at least one per fold is needed", subset=[])
    refuse(
        "subset: the table has no rows; at least one per fold is needed", subset=np.array([]), group=[], stratum=[[]]
    )


def test_lengths():
    refuse("group: 5 values, but subset has 8; give one value per row to each", group=[1, 2, 3, 4, 5])
    refuse("stratum: 9 values, but subset has 8; give one value per row to each", stratum=list(range(9)))
    refuse("stratum 2: 1 values, but subset has 8; give one value per row to each", stratum=[SUBSET, ["a"]])


def test_a_group_in_two_folds():
    refuse(
        "fold: group g1 is in fold 1 (row 0) and in fold 2 (row 5); all rows of a group need the same fold",
        group=["g1", "g2", "g3", "g4", "g2", "g1", "g3", "g4"],
        fold=[1, 1, 2, 2, 1, 2, 2, 2],
    )


def test_one_fold():
    refuse("fold: all rows are in fold 'x'; at least 2 folds are needed", fold=["x"] * 8)
    refuse("fold: all rows are in fold 3; at least 2 folds are needed", fold=[3] * 8)


def test_values_of_different_types():
    refuse(
        "subset: values of different types, str (row 0) and int (row 2); make all of them text, or all numbers",
        subset=["A", "A", 1, 1],
    )


@pytest.mark.parametrize("columns", [{"subset": "A"}, {"subset": 3}])
def test_no_column_at_all(columns):
    refuse(f"subset: one value per row is needed, not {columns['subset']!r}", **columns)


def test_an_array_of_two_columns():
    refuse("group: an array of shape (8, 2) given; one value per row is needed", group=np.zeros((8, 2)))


def test_no_subset():
    refuse("subset: is needed; give one value per row, or ignore_subset=True", subset=None, group=[1, 2, 3])


def test_train_set_without_rows():
    refuse(
        "train set A.fold1: no rows to train on (test subset A, train subsets same): all of them are in test fold 1; spread "
        "them over two folds with another group, stratum, fold column or seed.resampling, or leave the rows of A out of "
        "the table",
        {"subsets": "SA"},
        fold=[1, 1, 1, 1, 1, 1, 2, 2],
    )


def test_train_set_of_size_zero():
    refuse(
        "train set A.fold1.seed1.size0: no rows to train on (test subset A, train subsets same, test fold 1, "
        "n_train_groups 0); use a larger ratio, or fewer sizes",
        {"sizes": 4, "subsets": "S"},
        subset=["A"] * 16 + ["B"] * 16,
    )


def test_a_stratum_of_one_value_is_a_warning():
    with pytest.warns(UserWarning, match=r"^stratum: all rows have the value x; it has no influence on the folds$"):
        SameOtherSizesCV(folds=2).instantiate(SUBSET, stratum=["x"] * 8)
    with pytest.warns(UserWarning, match=r"^stratum 2: all rows have the value 1; it has no influence on the folds$"):
        SameOtherSizesCV(folds=2).instantiate(SUBSET, stratum=[list("abababab"), [1] * 8])


def test_iterations_count_from_one():
    instance = SameOtherSizesCV(folds=2).instantiate(SUBSET)
    for iteration in (0, 13, -1):
        with pytest.raises(SoakError, match=f"^iteration: {iteration} is not one; 1 to 12$"):
            instance.train(iteration)


def one_class_case(**settings):
    subset = ["A"] * 4 + ["B"] * 4
    target = np.array([0, 0, 1, 1, 0, 0, 0, 1])
    fold = [1, 2, 1, 2, 1, 2, 1, 2]
    return SameOtherSizesCV(folds=2, **settings).instantiate(subset, fold=fold), target


def test_train_set_of_one_class():
    instance, target = one_class_case()
    text = (
        "train set B.fold2: class no only (test subset A, train subsets other, test fold 2), and learner cv_glmnet "
        "needs two; make the target a stratum, use fewer folds, or leave the subset or the learner out"
    )
    with pytest.raises(SoakError, match=f"^{re.escape(text)}$"):
        check_train_classes(instance, target, ["no", "yes"], ["cv_glmnet", "knn"])


def test_train_set_with_fewer_rows_than_inner_folds():
    instance, _ = one_class_case()
    check_inner_folds(instance, {"lasso": 2})
    text = (
        "train set B.fold1: 2 rows (test subset A, train subsets other, test fold 1), fewer than the 10 inner folds of "
        "lasso; lower learners.lasso.folds, or leave the subset or the learner out"
    )
    with pytest.raises(SoakError, match=f"^{re.escape(text)}$"):
        check_inner_folds(instance, {"wide": 2, "lasso": 10})


def test_learners_that_need_no_classes_are_not_asked():
    instance, target = one_class_case()
    check_train_classes(instance, target, ["no", "yes"], [])


def test_train_sets_with_two_classes_pass():
    instance, target = one_class_case(subsets="A")
    check_train_classes(instance, target, ["no", "yes"], ["cv_glmnet"])


def test_down_sampled_train_set_of_one_class():
    subset = ["A"] * 6 + ["B"] * 6
    target = np.array([0, 0, 0, 0, 0, 1] * 2)
    instance = SameOtherSizesCV(folds=2, sizes=1, subsets="A").instantiate(subset, fold=[1, 2] * 5 + [1, 1])
    with pytest.raises(SoakError, match=r"^train set \S+: class no only .* and learner knn needs two"):
        check_train_classes(instance, target, ["no", "yes"], ["knn"])


def test_subset_is_asked_for_by_split():
    text = (
        "subset: is needed to split; in scikit-learn's functions give cv=cv.instantiate(subset), or, with "
        "sklearn.set_config(enable_metadata_routing=True), params={'subset': subset}"
    )
    with pytest.raises(SoakError, match=f"^{re.escape(text)}$"):
        next(SameOtherSizesCV().split(np.zeros((8, 1))))


def test_length_of_x():
    cv = SameOtherSizesCV(folds=2)
    with pytest.raises(SoakError, match=r"^subset: 8 values, but X has 7 rows; give one value per row$"):
        next(cv.split(np.zeros((7, 1)), subset=SUBSET))
    with pytest.raises(SoakError, match=r"^subset: 8 values, but X has 9 rows; give one value per row$"):
        cv.get_n_splits([[0]] * 9, subset=SUBSET)


def test_parameters_by_name():
    with pytest.raises(SoakError, match=r"^fold: is no parameter of SameOtherSizesCV; allowed: folds, seeds, "):
        SameOtherSizesCV().set_params(fold=2)
    with pytest.raises(SoakError, match=r"^weights: is no metadata of split; allowed: groups, subset, stratum, fold$"):
        SameOtherSizesCV().set_split_request(weights=True)
