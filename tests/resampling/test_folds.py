"""Folds alone: the loops plain and compiled, and what RSS promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soak import compiled
from soak.resampling import folds
from soak.resampling.folds import LONG, assign_folds, count_groups

needs_numba = pytest.mark.skipif(not compiled.available(), reason="numba is not installed")


def random_case(seed, n_rows, n_groups, n_strata, skewed):
    random = np.random.default_rng(seed)
    group = np.unique(random.integers(0, n_groups, n_rows), return_inverse=True)[1]
    weights = 1 / np.arange(1, n_strata + 1) ** (4 if skewed else 0)
    stratum = np.unique(random.choice(n_strata, n_rows, p=weights / weights.sum()), return_inverse=True)[1]
    return group, stratum, random.permutation(n_rows)


@needs_numba
@pytest.mark.parametrize("algorithm", ["RSS", "Wasikowski"])
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_rows=st.integers(20, 400),
    n_groups=st.integers(10, 200),
    n_strata=st.integers(1, 9),
    n_folds=st.integers(2, 11),
    skewed=st.booleans(),
    grouped=st.booleans(),
)
def test_compiled_loops_give_the_same_folds(algorithm, seed, n_rows, n_groups, n_strata, n_folds, skewed, grouped):
    group, stratum, order = random_case(seed, n_rows, n_groups, n_strata, skewed)
    columns = (group if grouped else None, stratum, order, n_folds, algorithm)
    plain = assign_folds(*columns)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folds, "COMPILE_FROM", {"RSS": 0, "Wasikowski": 0})
        assert np.array_equal(assign_folds(*columns), plain)


@pytest.mark.parametrize("n_folds", [2, 3, 7])
def test_without_groups_each_stratum_fills_the_folds_evenly(n_folds):
    _, stratum, order = random_case(5, 500, 10, 4, True)
    given_folds = assign_folds(None, stratum, order, n_folds)
    for code in range(stratum.max() + 1):
        per_fold = np.bincount(given_folds[stratum == code], minlength=n_folds + 1)[1:]
        assert per_fold.max() - per_fold.min() <= 1


def test_both_variants_of_wasikowski_give_the_same_folds():
    group, stratum, order = random_case(6, 400, 60, 5, True)
    wasikowski = assign_folds(group, stratum, order, 4, "Wasikowski")
    assert np.array_equal(wasikowski, assign_folds(group, stratum, order, 4, "WasikowskiLimitedMemory"))
    assert not np.array_equal(wasikowski, assign_folds(group, stratum, order, 4, "RSS"))


def test_a_group_for_each_row_is_the_same_as_no_groups():
    _, stratum, order = random_case(7, 200, 10, 3, False)
    for algorithm in folds.ALGORITHMS:
        rows = np.arange(200)
        assert np.array_equal(
            assign_folds(rows, stratum, order, 5, algorithm), assign_folds(None, stratum, order, 5, algorithm)
        )


def test_the_random_order_decides_between_equal_groups():
    # four groups of one row each: the one with the smallest order chooses first, and takes the first fold
    answer = assign_folds(np.arange(4), np.zeros(4, dtype=int), np.array([2, 0, 3, 1]), 2)
    assert answer.tolist() == [1, 1, 2, 2]


def test_larger_groups_choose_first_where_they_are_as_far_from_the_ideal():
    # ideal is 3 rows: groups of 4 and of 2 rows are both 1 away; the larger one goes first whatever its order
    group = np.array([0, 0, 1, 1, 1, 1])
    answer = assign_folds(group, np.zeros(6, dtype=int), np.arange(6), 2)
    assert answer.tolist() == [2, 2, 1, 1, 1, 1]


def test_with_two_strata_uneven_groups_go_first():
    """Wasikowski sorts groups by minus the SD of their counts: here (3, 0), then (0, 2), then (1, 1).

    The first takes fold 1; the second fold 2, where the spread is the same and fewer rows are; the third fold 1, where
    the spread is smaller. In the order of their numbers, (1, 1) would take fold 2, and then (0, 2) fold 1.
    """
    group = np.array([0, 0, 0, 1, 1, 2, 2])
    stratum = np.array([0, 0, 0, 0, 1, 1, 1])
    folds = assign_folds(group, stratum, np.arange(7), 2, "Wasikowski")
    assert folds.tolist() == [1, 1, 1, 1, 1, 2, 2]


def test_long_double_of_another_size_is_a_warning(monkeypatch):
    monkeypatch.setattr(folds, "LONG", np.float64)
    with pytest.warns(UserWarning, match="long double has not 80 bits on this machine: folds may differ from R's"):
        assign_folds(None, np.zeros(4, dtype=int), np.arange(4), 2)
    assert LONG is np.longdouble


def test_counts_are_those_of_a_table():
    group = np.array([0, 1, 1, 0, 2])
    stratum = np.array([0, 1, 1, 1, 0])
    counts = count_groups(group, stratum, np.array([4, 0, 3, 1, 2]))
    dense = np.column_stack([counts.column(s) for s in range(counts.n_strata)])
    assert dense.tolist() == [[1, 1], [0, 2], [1, 0]]
    assert counts.first.tolist() == [1, 0, 2]
    assert counts.stratum_rows.tolist() == [2, 3]
