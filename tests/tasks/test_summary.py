"""What a task became, as tables and lines."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from soak.tasks.summary import data_lines, data_notes, data_table, notes_table
from soak.tasks.task import Note, Task


def task(**settings):
    target = np.array([0, 0, 1, 0, 0, 2], dtype=np.int32)
    subset = np.array(["10", "10", "10", "2", "2", "2"], dtype=object)
    values = {
        "classes": ("No", "Yes", "yes"),
        "subsets": ("2", "10"),
        "rows_read": {"10": 4, "2": 3, "": 1},
        "source": "my.csv",
        "notes": (
            Note("features", "", "1 feature of 1 column: x"),
            Note("left_out", "id", "counts the rows"),
            Note("dropped", "s", "2 rows without a value"),
        ),
    }
    return Task(
        "T", "classification", np.ones((6, 1)), ("x",), 1.0, target, subset=subset, strata={}, **values | settings
    )


def test_data_has_a_line_per_subset_and_one_for_rows_without():
    group = np.array(["a", "a", "b", "c", "c", "c"], dtype=object)
    table = data_table([task(group=group)])
    assert table.columns.tolist() == [
        "task_id", "subset", "rows_read", "rows", "groups", "target_mean", "target_sd", "class.No", "class.Yes", "class.yes",
    ]  # fmt: skip
    assert table.drop(columns=["target_mean", "target_sd"]).values.tolist() == [
        ["T", "2", 3, 3, 1, 2, 0, 1],
        ["T", "10", 4, 3, 2, 2, 1, 0],
        ["T", "", 1, 0, 0, 0, 0, 0],
    ]
    assert table[["target_mean", "target_sd"]].isna().all(axis=None)


def test_subsets_that_may_be_one_are_noted():
    labels = ("North", "north ", "1.5", "15", "S", "NORTH")
    spelled = replace(task(), subset=np.array(labels, dtype=object), subsets=labels)
    notes = data_notes(spelled, np.array([1, 2] * 3))
    assert "subsets 'North' and 'north ' and 'NORTH' differ in case or spelling only: are they one?" in [
        note.text for note in notes if note.kind == "folds"
    ]
    assert sum("subsets" in note.text for note in notes) == 1


def test_data_of_a_regression():
    values = {"type": "regression", "classes": (), "target": np.array([1.0, 2, 3, 4, 4, 4])}
    regression = Task(**{**vars(task()), **values})
    table = data_table([regression, task()])
    assert table["target_mean"].tolist()[:2] == [4, 2]
    assert table["target_sd"].tolist()[:2] == [0, 1]
    assert table["class.No"].isna().tolist() == [True, True, True, False, False, False]


def test_folds_that_do_not_exist_are_noted():
    group = np.array(["a", "a", "b", "b", "b", "a"], dtype=object)
    folds = np.array([1, 1, 2, 2, 2, 1])
    texts = [note.text for note in data_notes(task(group=group), folds, n_folds=5) if note.kind == "folds"]
    assert texts[0] == "my.csv: too few groups for 5 folds: there are 2"
    assert not any("too few" in note.text for note in data_notes(task(fold=folds), folds, n_folds=5))


def test_notes_of_classes_and_folds():
    notes = data_notes(task(), np.array([1, 1, 2, 1, 1, 1]))
    assert [note.text for note in notes if note.kind == "class"] == [
        "class Yes occurs in 10 only",
        "class yes occurs in 2 only",
        "classes 'Yes' and 'yes' differ in case or spelling only: are they one?",
    ]
    assert [note.text for note in notes if note.kind == "folds"] == [
        "my.csv: 2 (3 rows) without rows in some of the 2 folds, where there is nothing to test",
        "my.csv: 10 with fewer than 5 rows in some fold",
    ]
    table = notes_table({"T": notes})
    assert table.columns.tolist() == ["task_id", "kind", "column", "text"]
    assert table["kind"].tolist() == ["features", "left_out", "dropped", *["class"] * 3, *["folds"] * 2]


def test_the_positive_class_is_named():
    two = Task(**{**vars(task()), "classes": ("no", "yes"), "target": np.array([0, 0, 1, 0, 0, 1], dtype=np.int32)})

    def texts(one, *given):
        return [note.text for note in data_notes(one, np.arange(6) % 2, *given) if note.kind == "positive"]

    measures = ["f1_score", "recall_score"]
    assert texts(two, None, measures) == ["f1_score, recall_score are of the class no (tasks.T.positive names another)"]
    assert texts(two, "yes", measures[:1]) == ["f1_score is of the class yes (tasks.T.positive)"]
    assert texts(two) == texts(task(), None, measures) == []


def test_classes_that_are_numbers_are_not_spellings_of_each_other():
    numbers = task(classes=("-1", "1", "1.5"))
    assert not [note for note in data_notes(numbers, np.ones(6, dtype=int)) if "spelling" in note.text]


def test_missing_values_are_noted_with_their_columns():
    """One sentence per way of filling them in, whatever the number of columns."""
    filled = "filled in with the mean of the train rows of each fit"
    notes = [
        Note("imputed", "age", f"1 of 6 values are missing: {filled}"),
        Note("imputed", "school", "2 of 6 values are missing: a category of its own, (missing)"),
        Note("imputed", "income", f"3 of 6 values are missing: {filled}"),
    ]
    assert data_lines(task(), notes)[-1] == (
        f"T: note: values are missing in age (1 of 6), income (3 of 6): {filled}; values are missing in school (2 of 6): a "
        "category of its own, (missing)"
    )


@pytest.mark.parametrize(
    ("target", "shown"), [([12789.0, 755000.0], "12789 to 755000"), ([0.12345, 2e7], "0.1235 to 2e+07")]
)
def test_the_range_of_a_target_is_easy_to_read(target, shown):
    amounts = replace(task(classes=()), type="regression", target=np.array(target * 3))
    assert data_lines(amounts, [])[0].endswith(f"; target {shown}")


def test_lines():
    first, second, third = data_lines(task(), data_notes(task(), np.array([1, 1, 2, 1, 1, 1])))
    assert first == (
        "T (my.csv): 6 of 8 rows (s: 2 rows without a value); 2 subsets: 2 3, 10 3; 3 classes: No 4, Yes 1, yes 1"
    )
    assert second == "T: 1 feature of 1 column: x; left out: id (counts the rows)"
    assert third.startswith("T: note: class Yes occurs in 10 only; ")
    whole = task(notes=(), rows_read={"2": 3, "10": 3}, classes=("a", "b", "c"))
    assert data_lines(whole, [])[0].startswith("T (my.csv): 6 rows; ")
    assert isinstance(data_table([whole]), pd.DataFrame)
