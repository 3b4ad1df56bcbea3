"""Splits on disk, and the rows that a fit reads from their files."""

import numpy as np
import pandas as pd
import pytest

from soak import SameOtherSizesCV
from soak.errors import SoakError
from soak.resampling.split_task import write_splits
from soak.resampling.store import StoredSplits
from soak.tables import TABLES


def write(folder, instance, task="T"):
    files = [folder / name for name in ("folds.parquet", "splits.csv", "train_sets.csv", "rows.parquet")]
    write_splits(instance, task, *files)
    return files


def opened(folder, instance):
    folds, splits, _, rows = write(folder, instance)
    return StoredSplits.open(folds, splits, rows)


def example(n_rows=90, **chosen):
    random = np.random.default_rng(5)
    subset = np.array(["A", "B", "NA"])[random.integers(0, 3, n_rows)]
    return SameOtherSizesCV(**chosen).instantiate(
        subset, random.integers(0, n_rows // 3, n_rows), random.integers(0, 2, n_rows)
    )


@pytest.mark.parametrize("chosen", [{}, {"sizes": 0}, {"sizes": 2, "seeds": 2}, {"subsets": "A"}])
def test_rows_are_read_as_they_were_made(tmp_path, chosen):
    instance = example(300, **chosen)
    stored = opened(tmp_path, instance)
    for train_set, splits in instance.table.groupby("train_set"):
        tests = stored.tests(train_set)
        asked = {(split.test_subset, split.test_fold) for split in splits.itertuples()}
        assert {(test.test_subset, test.test_fold) for test in tests} == asked
        assert len(tests) == len(asked)
        for test in tests:
            of = splits[(splits["test_subset"] == test.test_subset) & (splits["test_fold"] == test.test_fold)]
            assert np.array_equal(test.rows, instance.test(of["iteration"].iloc[0]))
        train = stored.train(train_set)
        assert train.dtype == np.int64
        for iteration in splits["iteration"]:
            assert np.array_equal(train, instance.train(iteration))


def test_tables(tmp_path):
    instance = example(sizes=0)
    folds, splits, train_sets, rows = write(tmp_path, instance, "Trees")
    table = pd.read_csv(splits, keep_default_na=False)
    assert list(table) == list(TABLES["splits"].columns)
    assert (table["task_id"] == "Trees").all()
    columns = [name for name in TABLES["splits"].columns if name != "task_id"]
    pd.testing.assert_frame_equal(table[columns], instance.table[columns], check_dtype=False)
    made = pd.read_parquet(folds)
    assert list(made) == ["task_id", "row", "subset", "fold"]
    assert made["row"].tolist() == list(range(90))
    assert made["fold"].tolist() == instance.folds.tolist()
    assert set(made["subset"]) == {"A", "B", "NA"}
    sets = pd.read_csv(train_sets)
    assert list(sets) == ["task_id", "train_set", "n_train", "digest"]
    assert sets["train_set"].tolist() == list(dict.fromkeys(instance.train_sets))
    assert sets["digest"].str.fullmatch("[0-9a-f]{16}").all()
    drawn = pd.read_parquet(rows)
    assert set(drawn["train_set"]) == {name for name in instance.train_sets if ".size" in name}


def test_full_train_sets_are_not_copied(tmp_path):
    *_, rows = write(tmp_path, example())
    assert len(pd.read_parquet(rows)) == 0


def test_files_are_the_same_each_time(tmp_path):
    files = write(tmp_path, example(sizes=1))
    first = [file.read_bytes() for file in files]
    assert [file.read_bytes() for file in write(tmp_path, example(sizes=1))] == first


def digests(instance, tmp_path):
    return pd.read_csv(write(tmp_path, instance)[2]).set_index("train_set")["digest"].to_dict()


def test_digests_change_with_the_rows_alone(tmp_path):
    subset = ["A", "B"] * 6
    fold = [1, 1, 2, 2, 3, 3] * 2
    cv = SameOtherSizesCV()
    before = digests(cv.instantiate(subset, fold=fold), tmp_path)
    assert len(set(before.values())) == len(before) == 9
    moved = [1, 1, 3, 2, 2, 3, 1, 1, 2, 2, 3, 3]  # rows 2 and 4, of A, change places between folds 2 and 3
    after = digests(cv.instantiate(subset, fold=moved), tmp_path)
    changed = {name for name in before if before[name] != after[name]}
    # fold 1's train sets hold the same rows; of B alone, trained in folds 2 and 3, another test set is asked
    assert changed == {"all.fold2", "all.fold3", "A.fold2", "A.fold3", "B.fold2", "B.fold3"}
    same_only = SameOtherSizesCV(subsets="S")
    before = digests(same_only.instantiate(subset, fold=fold), tmp_path)
    after = digests(same_only.instantiate(subset, fold=moved), tmp_path)
    # B alone predicts these rows of A for the transfer map
    assert {name for name in before if before[name] != after[name]} == {"A.fold2", "A.fold3", "B.fold2", "B.fold3"}
    before = digests(cv.instantiate(subset, fold=fold), tmp_path)
    more = digests(SameOtherSizesCV(sizes=1).instantiate(subset, fold=fold), tmp_path)
    assert before.items() <= more.items()


def test_each_subsets_own_model_predicts_its_fold_of_every_subset(tmp_path):
    instance = example(300, sizes=0)
    stored = opened(tmp_path, instance)
    full = instance.table[instance.table["n_train_groups"] == instance.table["groups"]]
    for split in full[full["train_subsets"] == "same"].itertuples():
        predicted = [*stored.tests(split.train_set), *stored.transfers(split.train_set)]
        cells = [(test.test_subset, test.test_fold) for test in predicted]
        assert sorted(cells) == [(subset, split.test_fold) for subset in ("A", "B", "NA")]
        rows = np.concatenate([test.rows for test in predicted])
        assert sorted(rows) == np.flatnonzero(instance.folds == split.test_fold).tolist()
    others = set(instance.table["train_set"]) - set(full.loc[full["train_subsets"] == "same", "train_set"])
    assert not any(stored.transfers(name) for name in others)


def test_with_two_subsets_no_further_row_is_predicted(tmp_path):
    stored = opened(tmp_path, SameOtherSizesCV().instantiate(["A", "B"] * 6))
    assert not any(stored.transfers(name) for name in set(stored.table["train_set"]))


def test_an_unknown_train_set(tmp_path):
    stored = opened(tmp_path, example())
    with pytest.raises(
        SoakError, match=r"^train set Q.fold1: expected a train set of this task; run make_splits again$"
    ):
        stored.train("Q.fold1")


def test_subsets_that_are_numbers(tmp_path):
    instance = SameOtherSizesCV(folds=2, sizes=0).instantiate([1, 1, 1, 1, 2, 2, 2, 2, 2, 2])
    stored = opened(tmp_path, instance)
    for split in instance.table.itertuples():
        assert np.array_equal(stored.train(split.train_set), instance.train(split.iteration))
    assert {test.test_subset for test in stored.tests("all.fold1")} == {"1", "2"}
