"""Limits that mutation testing found unguarded (docs/mutation.md)."""

import numpy as np
import pandas as pd
import pytest

from soak import SameOtherSizesCV
from soak.errors import SoakError
from soak.resampling.folds import assign_folds
from soak.resampling.names import subset_labels


def test_as_many_groups_as_folds_are_enough():
    instance = SameOtherSizesCV(folds=3, ignore_subset=True).instantiate(None, group=[1, 1, 2, 2, 3, 3])
    assert sorted(set(instance.folds)) == [1, 2, 3]


def test_subsets_that_differ_in_case_only_get_marks_whatever_their_case():
    labels = subset_labels(["north", "North", "SOUTH"])
    assert len({label.lower() for label in labels}) == 3
    assert labels[2] == "SOUTH"


def test_a_subset_that_is_called_what_another_is_named_gets_a_digest_too():
    named = subset_labels(["all"])[0]
    labels = subset_labels(["all", named])
    assert labels[1].startswith(f"{named}-")
    assert len(set(labels)) == 2


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


def test_parameters_are_set_by_name():
    cv = SameOtherSizesCV().set_params(folds=5, sizes=0)
    assert (cv.folds, cv.sizes) == (5, 0)
    subset = np.repeat(["A", "B"], 20)
    assert cv.get_n_splits(subset=subset, X=subset) == len(cv.instantiate(subset).table)


def test_given_folds_are_those_of_split_too():
    subset, fold = np.repeat(["A", "B"], 6), np.tile([1, 2, 3], 4)
    for _, test in SameOtherSizesCV().split(subset, subset=subset, fold=fold):
        assert len(set(fold[test])) == 1


def test_one_column_is_allowed_where_one_is():
    with pytest.raises(SoakError, match=r"^subset: expected one column, got 2$"):
        SameOtherSizesCV().instantiate(pd.DataFrame({"a": [1, 2], "b": [1, 2]}))


def test_with_two_strata_uneven_groups_go_first():
    """Wasikowski sorts groups by minus the SD of their counts: here (3, 0), then (0, 2), then (1, 1).

    The first takes fold 1, the second fold 2, which is as even and has fewer rows; then fold 1 is the more even one for
    the last. In the order of their numbers the last two would take folds 2 and 2.
    """
    group = np.array([0, 0, 0, 1, 1, 2, 2])
    stratum = np.array([0, 0, 0, 0, 1, 1, 1])
    folds = assign_folds(group, stratum, np.arange(7), 2, "Wasikowski")
    assert folds.tolist() == [1, 1, 1, 1, 1, 2, 2]
