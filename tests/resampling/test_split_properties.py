"""What holds for the splits of any table."""

import itertools

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from soak import SameOtherSizesCV
from soak.resampling.splits import split_sizes, train_groups


@st.composite
def tables(draw):
    """Columns of a random table, and settings."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_rows = draw(st.integers(12, 120))
    n_subsets = draw(st.integers(1, 4))
    columns = {"subset": random.integers(0, n_subsets, n_rows)}
    if draw(st.booleans()):
        columns["group"] = random.integers(0, draw(st.integers(8, 60)), n_rows)
    if draw(st.booleans()):
        columns["stratum"] = [random.integers(0, 3, n_rows) for _ in range(draw(st.integers(1, 2)))]
    chosen = {
        "folds": draw(st.integers(2, 5)),
        "seeds": draw(st.integers(1, 2)),
        "sizes": draw(st.integers(-1, 2)),
        "ratio": draw(st.sampled_from([0.3, 0.5, 0.8])),
        "subsets": draw(st.sampled_from(["S", "O", "A", "SO", "SA", "OA", "SOA", "AOS"])),
        "random_state": draw(st.integers(-100, 100)),
        "group_stratum_algo": draw(st.sampled_from(["RSS", "Wasikowski"])),
    }
    return columns, chosen


def instantiate(columns, chosen):
    """An instance; of some tables a subset has fewer groups than there are folds."""
    return SameOtherSizesCV(**chosen).instantiate(**columns)


@settings(max_examples=120, deadline=None)
@given(tables())
@pytest.mark.filterwarnings("ignore:.*has no effect on the folds", "ignore:.* (fewer than the|cannot fill) ")
def test_splits(case):
    columns, chosen = case
    instance = instantiate(columns, chosen)
    subset, folds, table = columns["subset"], instance.folds, instance.table
    group = columns.get("group", np.arange(len(subset)))
    assert set(folds) == set(range(1, chosen["folds"] + 1)) or len(set(group)) < 2 * chosen["folds"]
    assert pd.DataFrame({"group": group, "fold": folds}).groupby("group")["fold"].nunique().max() == 1
    assert table["iteration"].tolist() == list(range(1, len(table) + 1))
    names = {}
    for split in table.itertuples():
        train, test = instance.train(split.iteration), instance.test(split.iteration)
        assert test.tolist() == np.flatnonzero((subset == split.test_subset) & (folds == split.test_fold)).tolist()
        assert (np.diff(train) > 0).all()
        assert (len(train), len(test)) == (split.n_train, split.n_test)
        assert not set(group[train]) & set(group[test])
        allowed = {
            "same": subset == split.test_subset,
            "other": subset != split.test_subset,
            "all": np.ones(len(subset), dtype=bool),
        }[split.train_subsets] & (folds != split.test_fold)
        assert allowed[train].all()
        if split.n_train_groups == split.groups:
            assert len(train) == allowed.sum()
        assert names.setdefault(split.train_set, train.tobytes()) == train.tobytes()
    assert len(set(names.values())) == len(names)
    assert len({name.lower() for name in names}) == len(names)


@settings(max_examples=60, deadline=None)
@given(tables())
@pytest.mark.filterwarnings("ignore:.*has no effect on the folds", "ignore:.* (fewer than the|cannot fill) ")
def test_every_row_is_tested_once_per_kind_of_train_set(case):
    columns, chosen = case
    instance = instantiate(columns, chosen)
    table = instance.table
    full = table[(table["n_train_groups"] == table["groups"]) & (table["seed"] == 1)]
    asked = 1 if len(set(columns["subset"])) == 1 else len(chosen["subsets"])
    assert full["train_subsets"].nunique() == asked
    for _, splits in full.groupby("train_subsets"):
        tested = np.concatenate([instance.test(iteration) for iteration in splits["iteration"]])
        assert sorted(tested.tolist()) == list(range(len(columns["subset"])))


@settings(max_examples=60, deadline=None)
@given(tables())
@pytest.mark.filterwarnings("ignore:.*has no effect on the folds", "ignore:.* (fewer than the|cannot fill) ")
def test_all_is_the_disjoint_union_of_same_and_other(case):
    columns, chosen = case
    instance = instantiate(columns, chosen | {"subsets": "SOA", "sizes": -1})
    assume(len(set(columns["subset"])) > 1)
    rows = {
        (split.test_subset, split.test_fold, split.train_subsets): instance.train(split.iteration).tolist()
        for split in instance.table.itertuples()
    }
    for (subset, fold, kind), train in rows.items():
        if kind == "all":
            parts = rows[subset, fold, "same"] + rows[subset, fold, "other"]
            assert sorted(parts) == train
    if len(set(columns["subset"])) > 2:
        per_fold = 2 * len(set(columns["subset"])) + 1
        assert instance.table["train_set"].nunique() <= per_fold * chosen["folds"]


@settings(max_examples=60, deadline=None)
@given(tables())
@pytest.mark.filterwarnings("ignore:.*has no effect on the folds", "ignore:.* (fewer than the|cannot fill) ")
def test_sizes_are_as_asked(case):
    columns, chosen = case
    table = instantiate(columns, chosen).table
    for (_, kind), splits in table.groupby(["test_subset", "train_subsets"]):
        tried = splits.groupby(["test_fold", "seed"])["n_train_groups"].agg(list)
        own = splits["groups"].iloc[0]
        assert tried.map(tuple).nunique() == 1
        sizes = tried.iloc[0]
        assert own in sizes
        assert max(sizes) == own
        if chosen["sizes"] == -1:
            assert sizes == [own]
        elif chosen["sizes"] == 0:
            assert len(sizes) <= 2
        else:
            assert sizes == sorted(set(sizes))
            if chosen["subsets"] == "S" and kind == "same":
                assert min(sizes) == int(own * chosen["ratio"] ** chosen["sizes"])


def test_down_sampled_train_sets_keep_the_strata_proportional_and_are_nested():
    random = np.random.default_rng(2)
    subset, stratum = random.integers(0, 2, 3000), random.choice(3, 3000, p=[0.6, 0.3, 0.1])
    instance = SameOtherSizesCV(sizes=3, subsets="A").instantiate(subset, stratum=stratum)
    for _, splits in instance.table.groupby(["test_subset", "test_fold"]):
        sets = [instance.train(iteration) for iteration in splits["iteration"]]
        for smaller, larger in itertools.pairwise(sets):
            assert set(smaller) < set(larger)
        shares = [np.bincount(stratum[rows], minlength=3) / len(rows) for rows in sets]
        np.testing.assert_allclose(shares, np.tile(shares[-1], (len(shares), 1)), atol=0.01)
        expected = splits["n_train_groups"] / splits["groups"] * len(sets[-1])
        np.testing.assert_allclose(splits["n_train"], expected, atol=3)


ROW_TYPES = {
    "text": lambda codes: np.array(["apple", "bee", "cat", "dog"])[codes],
    "list of text": lambda codes: [("apple", "bee", "cat", "dog")[code] for code in codes],
    "whole numbers": lambda codes: codes,
    "small whole numbers": lambda codes: codes.astype(np.int8),
    "floats": lambda codes: codes + 0.5,
    "categories": lambda codes: pd.Categorical.from_codes(codes, ["apple", "bee", "cat", "dog"]),
    "categories in another order of their own": lambda codes: pd.Categorical.from_codes(
        codes, ["dog", "cat", "bee", "apple"]
    ),
    "nullable numbers": lambda codes: pd.array(codes, dtype="Int64"),
    "nullable text": lambda codes: pd.Series(np.array(["apple", "bee", "cat", "dog"])[codes], dtype="string"),
    "objects": lambda codes: pd.Series(codes, dtype=object),
    "a series with an index of its own": lambda codes: pd.Series(codes, index=np.arange(len(codes))[::-1] * 7),
    "days": lambda codes: pd.Timestamp("2020-01-01") + pd.to_timedelta(codes, unit="D"),
    "a data frame": lambda codes: pd.DataFrame({"subset": codes}),
    "a column": lambda codes: codes[:, None],
    "Arrow": lambda codes: pa.array(codes),
}


@pytest.mark.parametrize("kind", ROW_TYPES)
@pytest.mark.parametrize("role", ["subset", "group", "stratum", "fold"])
def test_the_type_of_the_rows_decides_nothing(kind, role):
    random = np.random.default_rng(3)
    columns = {"subset": random.integers(0, 4, 200), "group": random.integers(0, 4, 200)}
    if role == "group":
        columns["subset"] = np.zeros(200, dtype=int)
    elif role in ("stratum", "fold"):
        columns = {"subset": columns["subset"], role: columns["group"]}
    else:
        del columns["group"]
    cv = SameOtherSizesCV(folds=2, sizes=1, seeds=2)
    expected = cv.instantiate(**columns)
    answer = cv.instantiate(**columns | {role: ROW_TYPES[kind](columns[role])})
    rank = np.unique(expected.folds, return_inverse=True)[1]  # given folds of text or days are numbered from 1
    assert np.array_equal(np.unique(answer.folds, return_inverse=True)[1], rank)
    numbers = ["train_subsets", "seed", "groups", "n_train_groups", "n_train", "n_test"]
    pd.testing.assert_frame_equal(answer.table[numbers], expected.table[numbers])
    for iteration in expected.table["iteration"]:
        assert np.array_equal(answer.train(iteration), expected.train(iteration))
        assert np.array_equal(answer.test(iteration), expected.test(iteration))


def test_subsets_are_in_the_order_of_declared_categories():
    """R's order of factor levels, which smaller train sets hang on."""
    values = np.random.default_rng(3).choice(["apple", "bee", "cat"], 60)
    declared = pd.Categorical(values, ["cat", "unused", "apple", "bee"])
    instance = SameOtherSizesCV(sizes=0).instantiate(declared)
    assert instance.table["test_subset"].unique().tolist() == ["cat", "apple", "bee"]
    numbers = pd.Categorical([10, 2, 2, 10, 2, 10], [10, 2])
    assert SameOtherSizesCV(folds=2).instantiate(numbers).roles.subsets == (2, 10)


def test_other_labels_change_nothing_but_names():
    random = np.random.default_rng(4)
    subset, group = random.integers(0, 3, 150), random.integers(0, 40, 150)
    labels = np.array(["x", "y", "z"])
    other = np.array(["z", "x", "y"])  # another order
    first = SameOtherSizesCV().instantiate(labels[subset], group)
    second = SameOtherSizesCV().instantiate(other[subset], group)
    back = dict(zip(other.tolist(), labels.tolist(), strict=True))

    def rows(instance, rename):
        return {
            (rename(split.test_subset), split.train_subsets, split.test_fold): (
                instance.train(split.iteration).tobytes(),
                instance.test(split.iteration).tobytes(),
            )
            for split in instance.table.itertuples()
        }

    assert rows(first, str) == rows(second, back.get)


def test_a_given_fold_column_is_kept():
    fold = [10, 20, 30] * 8
    subset = ["A"] * 12 + ["B"] * 12
    instance = SameOtherSizesCV(folds=3, random_state=9).instantiate(subset, fold=fold)
    assert instance.folds.tolist() == fold
    assert instance.table["test_fold"].unique().tolist() == [10, 20, 30]
    named = SameOtherSizesCV().instantiate(subset, fold=["a", "b", "c"] * 8)
    assert named.folds.tolist() == [1, 2, 3] * 8


def test_split_takes_given_folds():
    subset, fold = np.repeat(["A", "B"], 6), np.tile([1, 2, 3], 4)
    for _, test in SameOtherSizesCV().split(subset, subset=subset, fold=fold):
        assert len(set(fold[test])) == 1


def test_as_many_groups_as_folds_are_enough():
    instance = SameOtherSizesCV(folds=3, ignore_subset=True).instantiate(None, group=[1, 1, 2, 2, 3, 3])
    assert sorted(set(instance.folds)) == [1, 2, 3]


def test_a_subset_that_is_missing_in_a_given_fold_is_not_tested_there():
    subset = ["A", "A", "A", "B", "B", "B"]
    instance = SameOtherSizesCV(folds=3).instantiate(subset, fold=[1, 2, 3, 1, 2, 2])
    tested = instance.table[["test_subset", "test_fold"]].drop_duplicates().sort_values(["test_subset", "test_fold"])
    assert tested.to_numpy().tolist() == [["A", 1], ["A", 2], ["A", 3], ["B", 1], ["B", 2]]


def test_one_subset_has_same_only():
    table = SameOtherSizesCV(folds=2, subsets="OA").instantiate([5] * 6).table
    assert table["train_subsets"].tolist() == ["same", "same"]
    assert table["train_set"].tolist() == ["5.fold1", "5.fold2"]


def test_train_groups_are_rounded_down_per_subset():
    assert {name: values.tolist() for name, values in train_groups(np.array([257, 10]), 3).items()} == {
        "same": [171, 6],
        "other": [6, 171],
        "all": [177, 177],
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((172, [57, 115, 172], -1, 0.5), [172]),
        ((172, [57, 115, 172], 0, 0.5), [172, 57]),
        ((57, [57, 115, 172], 0, 0.5), [57]),
        ((172, [57, 115, 172], 2, 0.5), [14, 28, 57, 115, 172]),
        ((115, [57, 115, 172], 2, 0.5), [14, 28, 57, 115]),
        ((171, [171], 3, 0.8), [87, 109, 136, 171]),
        ((4, [4], 3, 0.5), [0, 1, 2, 4]),
    ],
)
def test_sizes_of_a_split(arguments, expected):
    assert split_sizes(*arguments) == expected
