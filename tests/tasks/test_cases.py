"""Small tables that went wrong without a word, each with what is right; see tests/files/README.md."""

from pathlib import Path

import pandas as pd
import pytest

from soak.errors import SoakError
from soak.resampling.settings import ResamplingSettings
from soak.resampling.split_task import split_task
from soak.tasks.build import build_task
from soak.tasks.settings import TaskSettings
from soak.tasks.summary import data_notes
from soak.tasks.task import Task

TESTS = Path(__file__).parents[1]
CASES = TESTS / "files" / "cases"


def build(folder, path, **settings):
    build_task("T", TaskSettings(table=path.name, **settings), path, folder / "T.arrow")
    return Task.open(folder / "T.arrow")


def test_classes_that_hospitals_spell_differently(tmp_path):
    task = build(tmp_path, CASES / "01_target_spelling.csv", target="ill", subset="site", type="classification")
    assert task.classes == ("0", "1")


def test_a_column_that_is_mostly_a_code(tmp_path):
    roles = {"target": "y", "subset": "site"}
    with pytest.raises(SoakError, match=r"03_mostly_code.csv, row 1, column 'lab': .*tasks.T.missing: \[\"\?\"\]"):
        build(tmp_path, CASES / "03_mostly_code.csv", **roles)
    task = build(tmp_path, CASES / "03_mostly_code.csv", missing=["?"], impute="median", **roles)
    assert task.feature_names == ("lab",)


def test_row_numbers_are_no_feature(tmp_path):
    roles = {"target": "sex", "subset": "species", "stratum": ["sex", "species"]}
    asis = build(tmp_path, CASES / "04_rownames.csv", **roles)
    measured = build(tmp_path, CASES / "04_rownames.csv", features=["a"], **roles)
    assert asis.features.tobytes() == measured.features.tobytes()
    assert ("left_out", "rownames", "counts the rows") in asis.notes


def test_small_subsets_run_with_one_note(tmp_path):
    task = build(tmp_path, CASES / "07_small_subsets.csv", target="y", subset="month")
    instance = split_task(task, ResamplingSettings(), 1)
    texts = [note.text for note in data_notes(task, instance.folds) if note.kind == "folds"]
    small = "apr (2 rows), mar (2 rows), may (1 row) without rows in some of the 3 folds"
    assert [text for text in texts if "apr" in text] == [
        f"07_small_subsets.csv: {small}, where there is nothing to test"
    ]


def test_folds_and_strata_that_are_written_with_a_fraction(tmp_path):
    path = CASES / "12_float_roles.csv"
    task = build(tmp_path, path, target="y", subset="s", fold="fold", stratum="strat", features=["x"])
    assert set(task.fold) == {1, 2, 3}
    assert set(task.strata["strat"]) == {"0", "1"}


def test_thousands(tmp_path):
    path = CASES / "13_thousands.csv"
    with pytest.raises(SoakError, match=r'13_thousands.csv, row 1, column .pop.: .* set tasks.T.thousands: ","'):
        build(tmp_path, path, target="y", subset="s")
    assert build(tmp_path, path, target="y", subset="s", thousands=",").features[0].tolist() == [79532]


def test_categories_of_numbers(tmp_path):
    task = build(tmp_path, CASES / "19_categories_of_numbers.parquet", target="y", subset="s")
    assert (task.type, task.classes) == ("classification", ("0", "1"))
    assert task.feature_names == ("c=3", "c=6", "c=7", "x")


def test_a_name_on_which_a_regex_backtracks(tmp_path):
    task = build(tmp_path, CASES / "redos.csv", target="y", subset="region", features="^(a+)+$")
    assert task.feature_names == ("a",)


def test_subsets_that_are_numbers_have_the_splits_of_r(tmp_path):
    """R has the subsets 2 and 10 in this order, by which it also draws the smaller train sets."""
    path = TESTS / "reference" / "sites.csv"
    task = build(tmp_path, path, target="y", subset="site", stratum="y", features=["x"])
    instance = split_task(task, ResamplingSettings(folds=2, sizes=0), 1)
    expected = pd.read_csv(TESTS / "reference" / "Sites_R.csv", dtype={"test_subset": str})
    columns = list(expected.columns[:-1])
    assert instance.table[columns].astype(str).values.tolist() == expected[columns].astype(str).values.tolist()
    for iteration, rows in zip(instance.table["iteration"], expected["train"], strict=True):
        assert " ".join(map(str, instance.train(iteration))) == rows
