"""Every fold and split of R's answers, row by row."""

import pandas as pd
import pytest
from reference_tables import CASES, columns, read_folds, read_splits

from soak import SameOtherSizesCV
from soak.resampling import folds


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tables")


def describe(instance):
    """The table of splits as R's answers have it: rows given by count, sum and sum of squares."""
    table = instance.table.copy()
    for name, rows_of in (("train", instance.train), ("test", instance.test)):
        sets = [rows_of(iteration) for iteration in table["iteration"]]
        table[f"n_{name}"] = [len(rows) for rows in sets]
        table[f"{name}_row_sum"] = [int(rows.sum()) for rows in sets]
        table[f"{name}_row_sumsq"] = [int((rows**2).sum()) for rows in sets]
    return table


@pytest.mark.parametrize("case", CASES)
def test_folds_and_splits_are_r_s(case, folder):
    given, settings = columns(case, folder)
    instance = SameOtherSizesCV(**settings).instantiate(**given)
    assert instance.folds.tolist() == read_folds(case).tolist()
    expected = read_splits(case)
    pd.testing.assert_frame_equal(describe(instance)[list(expected)], expected, check_dtype=False)


@pytest.mark.parametrize("case", CASES)
def test_compiled_loops_give_r_s_folds(case, folder, monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.setattr(folds, "COMPILE_FROM", {"RSS": 0, "Wasikowski": 0})
    given, settings = columns(case, folder)
    assert SameOtherSizesCV(**settings).instantiate(**given).folds.tolist() == read_folds(case).tolist()


def test_n_train_is_counted_without_the_rows(folder):
    given, settings = columns("digits_group_stratum_sizes2_seeds2", folder)
    instance = SameOtherSizesCV(**settings).instantiate(**given)
    table = instance.table
    assert table["n_train"].tolist() == [len(instance.train(i)) for i in table["iteration"]]
    assert table["n_test"].tolist() == [len(instance.test(i)) for i in table["iteration"]]


def test_a_file_of_each_kind_is_there():
    assert len(CASES) == 13
    assert sum(len(read_splits(case)) for case in CASES) == 610
