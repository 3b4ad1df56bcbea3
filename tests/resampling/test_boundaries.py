"""Limits that mutation testing found unguarded (docs/mutation.md)."""

import numpy as np
import pandas as pd
import pytest

from soak import SameOtherSizesCV
from soak.errors import SoakError
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
