"""What cannot be resampled is an error of one line: column, row, and what is expected."""

import re

import numpy as np
import pandas as pd
import pytest

from soak import SameOtherSizesCV
from soak.errors import SoakError

SUBSET = ["A", "A", "A", "A", "B", "B", "B", "B"]


def refuse(text, settings=None, **columns):
    columns = {"subset": SUBSET} | columns
    with pytest.raises(SoakError, match=f"^{re.escape(text)}$"):
        SameOtherSizesCV(**({"folds": 2} | (settings or {}))).instantiate(**columns)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
@pytest.mark.parametrize("name", ["subset", "group", "stratum", "fold"])
def test_missing_values(name, missing):
    values = ["A", "A", "A", missing, "B", "B", "B", "B"]
    refuse(f"{name}: the value in row 3 is missing; fill it in, or drop the row", **{name: values})


def test_missing_values_in_pandas_columns():
    refuse(
        "group: the value in row 5 is missing; fill it in, or drop the row",
        group=pd.array([1, 2, 3, 4, 5, None, 7, 8], dtype="Int64"),
    )
    refuse(
        "stratum y: the value in row 1 is missing; fill it in, or drop the row",
        stratum=pd.DataFrame({"x": list("aabbaabb"), "y": [1.0, np.nan, 2, 2, 1, 1, 2, 2]}),
    )
    refuse(
        "stratum 2: the value in row 0 is missing; fill it in, or drop the row",
        stratum=[list("aabbaabb"), [None, "a", "b", "b", "a", "a", "b", "b"]],
    )


@pytest.mark.parametrize("folds", [1, 0, -3, 2.0, "3", None, True])
def test_folds(folds):
    refuse(f"folds: expected an integer of at least 2, got {folds!r}", {"folds": folds})


@pytest.mark.parametrize("seeds", [0, 1.5, "1"])
def test_seeds(seeds):
    refuse(f"seeds: expected an integer of at least 1, got {seeds!r}", {"seeds": seeds})


@pytest.mark.parametrize("sizes", [-2, 0.5, None, "all"])
def test_sizes(sizes):
    refuse(
        f"sizes: expected -1 (full size only), 0 (also the smallest full size), 1, 2, …, got {sizes!r}",
        {"sizes": sizes},
    )


@pytest.mark.parametrize("ratio", [1.5, -0.1, float("nan"), "half", True])
def test_ratio(ratio):
    refuse(f"ratio: expected a number from 0 to 1, got {ratio!r}", {"ratio": ratio})


@pytest.mark.parametrize("subsets", ["", "X", "SX", "SS", 3, None])
def test_subsets(subsets):
    refuse(
        f"subsets: expected letters S (same), O (other), A (all), each at most once, got {subsets!r}",
        {"subsets": subsets},
    )


def test_algorithm():
    refuse(
        "group_stratum_algo: expected one of RSS, Wasikowski, WasikowskiLimitedMemory, got 'Wasikovski'; "
        "did you mean 'Wasikowski'?",
        {"group_stratum_algo": "Wasikovski"},
    )


@pytest.mark.parametrize("seed", [None, 1.5, 2**31, -(2**31)])
def test_random_state(seed):
    refuse(f"random_state: expected an integer from -2147483647 to 2147483647, got {seed!r}", {"random_state": seed})


def warn(text, settings, folds, **columns):
    """R makes the splits of the folds that exist."""
    with pytest.warns(UserWarning, match=f"^{re.escape(text)}$"):
        instance = SameOtherSizesCV(**settings).instantiate(**({"subset": SUBSET} | columns))
    assert sorted(set(instance.folds)) == folds
    assert set(instance.table["test_fold"]) == set(folds)
    assert instance.table["n_test"].min() > 0


def test_more_folds_than_rows():
    folds = list(range(1, 9))
    warn("folds: 8 rows cannot fill 9 folds; use at most 8 folds", {"folds": 9, "ignore_subset": True}, folds)


def test_more_folds_than_groups():
    warn(
        "group: 2 groups cannot fill 3 folds; use at most 2 folds",
        {"folds": 3, "ignore_subset": True},
        [1, 2],
        group=[1, 1, 2, 2, 1, 1, 2, 2],
    )


def test_subset_with_fewer_groups_than_folds():
    warn(
        "subset: B has 2 groups, fewer than the 3 folds; use at most 2 folds, or leave the rows of B out of the table",
        {"folds": 3},
        [1, 2, 3],
        group=[1, 2, 3, 4, 5, 5, 6, 6],
    )
    warn(
        "subset: A has 1 row, fewer than the 2 folds; leave the rows of A out of the table",
        {"folds": 2},
        [1, 2],
        subset=["B", "A", "B", "B"],
    )
    warn(
        "subset: each of the 4 subsets (A, B, C, D) has 1 row, fewer than the 2 folds; name a column that is the same in many rows",
        {"folds": 2},
        [1, 2],
        subset=["B", "A", "C", "D"],
    )


def test_empty_table():
    refuse("subset: expected at least one row per fold, got no rows", subset=[])
    refuse("subset: expected at least one row per fold, got no rows", subset=np.array([]), group=[], stratum=[[]])


def test_lengths():
    refuse("group: expected 8 values, as many as subset has, got 5", group=[1, 2, 3, 4, 5])
    refuse("stratum: expected 8 values, as many as subset has, got 9", stratum=list(range(9)))
    refuse("stratum 2: expected 8 values, as many as subset has, got 1", stratum=[SUBSET, ["a"]])


def test_a_group_in_two_folds():
    refuse(
        "fold: expected the same fold for all rows of a group, but group g1 is in fold 1 (row 0) and in fold 2 (row 5)",
        group=["g1", "g2", "g3", "g4", "g2", "g1", "g3", "g4"],
        fold=[1, 1, 2, 2, 1, 2, 2, 2],
    )


def test_one_fold():
    refuse("fold: expected at least 2 folds, but all rows are in fold 'x'", fold=["x"] * 8)
    refuse("fold: expected at least 2 folds, but all rows are in fold 3", fold=[3] * 8)


def test_values_of_different_types():
    refuse(
        "subset: expected text only or numbers only, got str (row 0) and int (row 2)",
        subset=["A", "A", 1, 1],
    )


@pytest.mark.parametrize(
    ("stratum", "name"),
    [
        ({"species": "oak"}, "stratum species"),
        (pd.DataFrame({"species": [1, None]}), "stratum species"),
        ([[1, 2], [1, None]], "stratum 2"),
        ([[1, 2], 3], "stratum 2"),
        ([[1, None]], "stratum"),
    ],
)
def test_a_wrong_stratum_is_named(stratum, name):
    with pytest.raises(SoakError, match=f"^{name}: "):
        SameOtherSizesCV().instantiate(["A", "B"], stratum=stratum)


def test_more_than_one_column():
    refuse("subset: expected one column, got 2", subset=pd.DataFrame({"a": [1, 2], "b": [1, 2]}))


@pytest.mark.parametrize("columns", [{"subset": "A"}, {"subset": 3}])
def test_a_value_in_place_of_a_column(columns):
    refuse(f"subset: expected one value per row, got {columns['subset']!r}", **columns)


def test_an_array_of_two_columns():
    refuse("group: expected one value per row, got an array of shape (8, 2)", group=np.zeros((8, 2)))


def test_no_subset():
    refuse(
        "subset: expected one value per row, got None; only ignore_subset=True needs no subset",
        subset=None,
        group=[1, 2, 3],
    )


def refuse_to_iterate(text, settings, **columns):
    """R makes the split, so that there is an instance; scikit-learn cannot fit on it."""
    instance = SameOtherSizesCV(**({"folds": 2} | settings)).instantiate(**({"subset": SUBSET} | columns))
    assert 0 in set(instance.table["n_train"])
    with pytest.raises(SoakError, match=f"^{re.escape(text)}$"):
        next(instance.split())


def test_train_set_without_rows():
    refuse_to_iterate(
        "train set A.fold1: no rows to train on (test subset A, train subsets same): all of them are in test fold 1; spread "
        "them over two folds with another group, stratum, fold column or seed.resampling, or leave the rows of A out of "
        "the table",
        {"subsets": "SA"},
        fold=[1, 1, 1, 1, 1, 1, 2, 2],
    )


def test_train_set_of_size_zero():
    refuse_to_iterate(
        "train set A.fold1.seed1.size0: no rows to train on (test subset A, train subsets same, test fold 1, "
        "n_train_groups 0); use a larger ratio, or fewer sizes",
        {"sizes": 4, "subsets": "S"},
        subset=["A"] * 16 + ["B"] * 16,
    )


def test_a_stratum_of_one_value_is_a_warning():
    with pytest.warns(UserWarning, match=r"^stratum: all rows have the value x; it has no effect on the folds$"):
        SameOtherSizesCV(folds=2).instantiate(SUBSET, stratum=["x"] * 8)
    with pytest.warns(UserWarning, match=r"^stratum 2: all rows have the value 1; it has no effect on the folds$"):
        SameOtherSizesCV(folds=2).instantiate(SUBSET, stratum=[list("abababab"), [1] * 8])


def test_iterations_count_from_one():
    instance = SameOtherSizesCV(folds=2).instantiate(SUBSET)
    for iteration in (0, 13, -1):
        with pytest.raises(SoakError, match=f"^iteration: expected a number from 1 to 12, got {iteration}$"):
            instance.train(iteration)


def test_split_needs_a_subset():
    text = (
        "subset: expected one value per row, got None; in scikit-learn's functions use cv=cv.instantiate(subset), or "
        "params={'subset': subset} with sklearn.set_config(enable_metadata_routing=True)"
    )
    with pytest.raises(SoakError, match=f"^{re.escape(text)}$"):
        next(SameOtherSizesCV().split(np.zeros((8, 1))))


def test_length_of_x():
    cv = SameOtherSizesCV(folds=2)
    with pytest.raises(SoakError, match=r"^subset: expected one value for each of the 7 rows of X, got 8 values$"):
        next(cv.split(np.zeros((7, 1)), subset=SUBSET))
    with pytest.raises(SoakError, match=r"^subset: expected one value for each of the 9 rows of X, got 8 values$"):
        cv.get_n_splits([[0]] * 9, subset=SUBSET)


def test_parameters_by_name():
    with pytest.raises(SoakError, match=r"^fold: expected a parameter of SameOtherSizesCV: folds, seeds, "):
        SameOtherSizesCV().set_params(fold=2)
    with pytest.raises(SoakError, match=r"^weights: expected metadata of split: groups, subset, stratum, fold$"):
        SameOtherSizesCV().set_split_request(weights=True)
