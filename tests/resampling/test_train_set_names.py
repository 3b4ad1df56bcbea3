"""Names of train sets: readable, unique, stable, and safe as files' names."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soak import SameOtherSizesCV
from soak.resampling.names import subset_labels

SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def names(subset, **chosen):
    table = SameOtherSizesCV(**({"folds": 2} | chosen)).instantiate(subset).table
    splits = table[["test_subset", "train_subsets", "test_fold"]].itertuples(index=False, name=None)
    return dict(zip(splits, table["train_set"], strict=True))


def test_two_subsets_share_three_per_fold():
    found = names(["MNIST", "EMNIST"] * 4)
    assert sorted(set(found.values())) == [
        *("EMNIST.fold1", "EMNIST.fold2", "MNIST.fold1", "MNIST.fold2", "all.fold1", "all.fold2")
    ]
    assert found["EMNIST", "other", 2] == found["MNIST", "same", 2] == "MNIST.fold2"


def test_three_subsets_have_seven_per_fold():
    found = names(["NE", "NW", "SW"] * 10)
    assert {name for name in found.values() if name.endswith("fold1")} == {
        *("all.fold1", "NE.fold1", "NW.fold1", "SW.fold1", "not_NE.fold1", "not_NW.fold1", "not_SW.fold1")
    }
    assert found["SW", "other", 1] == "not_SW.fold1"


def test_names_of_down_sampled_sets_hold_subset_seed_and_size():
    subset = ["A"] * 40 + ["B"] * 80
    table = SameOtherSizesCV(folds=2, sizes=1, seeds=2).instantiate(subset).table
    small = table[(table["n_train_groups"] == 10) & (table["test_fold"] == 1)]
    assert small["train_set"].tolist() == [
        *("all_for_A.fold1.seed1.size10", "all_for_A.fold1.seed2.size10"),
        *("all_for_B.fold1.seed1.size10", "all_for_B.fold1.seed2.size10"),
        *("not_A.fold1.seed1.size10", "not_A.fold1.seed2.size10"),
        *("not_B.fold1.seed1.size10", "not_B.fold1.seed2.size10"),
        *("A.fold1.seed1.size10", "A.fold1.seed2.size10"),
        *("B.fold1.seed1.size10", "B.fold1.seed2.size10"),
    ]


def test_more_seeds_and_sizes_rename_no_full_set():
    subset = ["A", "B", "C"] * 20
    full = set(names(subset).values())
    for chosen in ({"sizes": 0}, {"sizes": 2}, {"sizes": 2, "seeds": 3}):
        assert full <= set(SameOtherSizesCV(folds=2, **chosen).instantiate(subset).train_sets)


def test_more_sizes_rename_no_smaller_set():
    subset = ["A", "B", "C"] * 100
    random = np.random.default_rng(0)
    stratum = random.integers(0, 2, 300)
    group = random.integers(0, 60, 300)
    few = SameOtherSizesCV(folds=2, sizes=1).instantiate(subset, group, stratum)
    many = SameOtherSizesCV(folds=2, sizes=2).instantiate(subset, group, stratum)
    assert set(few.train_sets) <= set(many.train_sets)


def test_splits_that_train_on_the_same_rows_share_one_name():
    # groups that span both strata: a smaller size may keep every row
    random = np.random.default_rng(1)
    subset, group, stratum = random.integers(0, 2, 60), random.integers(0, 12, 60), random.integers(0, 3, 60)
    instance = SameOtherSizesCV(folds=2, sizes=3, ratio=0.9, seeds=2).instantiate(subset, group, stratum)
    rows = [instance.train(iteration).tobytes() for iteration in instance.table["iteration"]]
    assert len(set(rows)) < len(
        {
            tuple(row)
            for row in instance.table[
                ["test_subset", "train_subsets", "test_fold", "seed", "n_train_groups"]
            ].to_numpy()
        }
    )
    assert len(set(zip(rows, instance.train_sets, strict=True))) == len(set(rows)) == len(set(instance.train_sets))


@pytest.mark.parametrize(
    ("subsets", "expected"),
    [
        (["A", "B"], ["A", "B"]),
        ([1, 2, 10], ["1", "2", "10"]),
        ([0.5, 1.5], ["0_5", "1_5"]),
        (["New York", "São Paulo"], ["New_York", "Sao_Paulo"]),
        (["a", "A", "b"], ["a-ca978112", "A-559aead0", "b"]),
        (["all", "same"], ["all-5ef5ef03", "same"]),
        (["SW", "not_SW"], ["SW", "not_SW-02c65473"]),
        (["x/y", "x y"], ["x_y-bd3c9047", "x_y-887fcea6"]),
        (["A", "a", "A-559aead0"], None),
        (["北京", "東京"], None),
        (["..", "/", "", "-rf", "CON", "nul.txt"], None),
        (["x" * 300, "x" * 299], None),
        (["\x00", "\n", "\ud800"], None),
    ],
)
def test_labels(subsets, expected):
    labels = subset_labels(subsets)
    assert expected is None or labels == expected
    assert len({label.lower() for label in labels}) == len(labels)
    for label in labels:
        assert SAFE.fullmatch(label)
        assert len(label) <= 80


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=8),
            st.sampled_from(["all", "ALL", "not_a", "a", "A", "Not_A", "all_for_a", "a.fold1", "a_fold1", "same"]),
        ),
        min_size=1,
        max_size=5,
        unique=True,
    ),
    st.booleans(),
)
def test_names_are_unique_and_safe_whatever_the_subsets_are(subsets, down_sampled):
    subset = [value for value in subsets for _ in range(12)]
    instance = SameOtherSizesCV(folds=2, sizes=1 if down_sampled else -1).instantiate(subset)
    found = {}
    for iteration, name in zip(instance.table["iteration"], instance.train_sets, strict=True):
        assert SAFE.fullmatch(name)
        assert found.setdefault(name.lower(), (name, instance.train(iteration).tobytes()))[1] == (
            instance.train(iteration).tobytes()
        )
    assert len({rows for _, rows in found.values()}) == len(found)


def test_rows_drawn_by_chance_that_are_a_whole_set_have_its_name():
    """Drawn from both subsets, the down-sampled "all" of one fold is every row of one subset outside it."""
    subset = [int(letter) for letter in "1110000001111111111"]
    cv = SameOtherSizesCV(folds=2, sizes=0, ratio=0.3, subsets="SA", random_state=2)
    table = cv.instantiate(subset).table
    named = table[table["train_set"] == "0.fold2"]
    assert named["train_subsets"].tolist() == ["all", "same"]
    assert named["n_train_groups"].tolist() == [3, 3]


def test_subsets_that_differ_in_case_only_get_a_digest():
    labels = subset_labels(["north", "North", "SOUTH"])
    assert len({label.lower() for label in labels}) == 3
    assert labels[2] == "SOUTH"


def test_a_subset_whose_value_is_the_label_of_another_gets_a_digest():
    label_of_all = subset_labels(["all"])[0]
    labels = subset_labels(["all", label_of_all])
    assert labels[1].startswith(f"{label_of_all}-")
    assert len(set(labels)) == 2
