"""Which rows of a train set are its validation set."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soak.errors import FitFailed
from soak.networks.rows import split_halves


@pytest.mark.parametrize("share", [0.5, 0.2, 1 / 3])
def test_every_stratum_has_its_share(share):
    stratum = np.repeat(["a", "b", "c"], [101, 30, 7])
    subtrain, validation = split_halves(138, share, [stratum], None, seed=1)
    assert sorted([*subtrain, *validation]) == list(range(138))
    assert len(validation) == int(138 * share + 0.5)
    for name, n_rows in (("a", 101), ("b", 30), ("c", 7)):
        assert abs((stratum[validation] == name).sum() - share * n_rows) <= 1


def test_strata_are_combinations_of_their_columns():
    first, second = np.tile(["x", "y"], 40), np.repeat(["u", "v"], 40)
    _, validation = split_halves(80, 0.5, [first, second], None, seed=2)
    for value in "xy":
        for second_value in "uv":
            assert ((first[validation] == value) & (second[validation] == second_value)).sum() == 10


def test_groups_stay_together_and_strata_near_their_share():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 60, 600)
    stratum = np.where(rng.random(600) < 0.2, "rare", "often")
    subtrain, validation = split_halves(600, 0.5, [stratum], group, seed=3)
    assert not set(group[subtrain]) & set(group[validation])
    for name in ("rare", "often"):
        assert (stratum[validation] == name).sum() == pytest.approx(0.5 * (stratum == name).sum(), rel=0.1)


def test_the_seed_decides_and_nothing_else():
    first = split_halves(50, 0.5, [], None, seed=4)
    assert all(np.array_equal(a, b) for a, b in zip(first, split_halves(50, 0.5, [], None, seed=4), strict=True))
    assert not np.array_equal(first[1], split_halves(50, 0.5, [], None, seed=5)[1])


def test_every_row_may_validate():
    chosen = np.concatenate([split_halves(9, 1 / 3, [], None, seed)[1] for seed in range(300)])
    np.testing.assert_allclose(np.bincount(chosen) / 300, 1 / 3, atol=0.1)


@given(st.integers(2, 40), st.floats(0.01, 0.99), st.booleans(), st.integers(0, 99))
def test_both_sets_have_rows(n_rows, share, grouped, seed):
    group = np.arange(n_rows) // 2 if grouped and n_rows > 2 else None
    subtrain, validation = split_halves(n_rows, share, [np.arange(n_rows) % 3], group, seed)
    assert len(subtrain)
    assert len(validation)
    assert sorted([*subtrain, *validation]) == list(range(n_rows))


@pytest.mark.parametrize(("n_rows", "group", "kind"), [(1, None, "rows"), (5, np.zeros(5), "groups")])
def test_a_train_set_that_cannot_be_split_fails(n_rows, group, kind):
    with pytest.raises(FitFailed, match=f"2 {kind} or more, the train set has 1"):
        split_halves(n_rows, 0.5, [], group, seed=1)
