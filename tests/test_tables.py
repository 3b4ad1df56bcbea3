"""Tables on disk: types are exact in Parquet, and what a table holds stands in the catalogue alone."""

from pathlib import Path

import pandas as pd
import pytest

from soak.errors import SoakError
from soak.resampling.store import read_splits
from soak.tables import PREDICTIONS, TABLES, Column, Table, markdown, read_table, write_table

DOCUMENT = Path(__file__).parents[1] / "docs/tables.md"
SMALL = Table(
    "small",
    "a few values",
    {"task_id": Column("text", "."), "n": Column("whole number", "."), "value": Column("number", ".")},
)
FRAME = pd.DataFrame(
    {"task_id": ["T", "NA"], "n": pd.array([1, None], dtype="Int64"), "value": [0.1 + 0.2, float("nan")]}
)


def test_a_table_is_the_same_when_it_is_read(tmp_path):
    write_table(SMALL, FRAME, tmp_path / "t.csv")
    assert read_table(tmp_path / "t.csv").equals(FRAME)
    assert (tmp_path / "t.csv").read_text() == "task_id,n,value\nT,1,0.30000000000000004\nNA,,\n"


def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe_if_asked_for(tmp_path):
    texts = ["=1+1", "+1", "-1", "@a", "\tb", "a=1", ""]
    frame = pd.DataFrame({"task_id": texts, "n": pd.array([-1] * 7, dtype="Int64"), "value": [-0.5] * 7})
    write_table(SMALL, frame, tmp_path / "safe.csv", csv_safe=True)
    write_table(SMALL, frame, tmp_path / "plain.csv")
    cells = [line.split(",") for line in (tmp_path / "safe.csv").read_text().splitlines()[1:]]
    assert [cell[0] for cell in cells] == ["'=1+1", "'+1", "'-1", "'@a", "'\tb", "a=1", ""]
    assert all(cell[1:] == ["-1", "-0.5"] for cell in cells)
    assert (tmp_path / "plain.csv").read_text().splitlines()[1] == "=1+1,-1,-0.5"
    assert read_table(tmp_path / "safe.parquet").equals(read_table(tmp_path / "plain.parquet"))
    assert list(frame["task_id"]) == texts


def test_columns_are_written_in_the_order_of_the_catalogue(tmp_path):
    write_table(SMALL, FRAME[["value", "n", "task_id"]], tmp_path / "t.csv")
    assert list(read_table(tmp_path / "t.csv").columns) == ["task_id", "n", "value"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="n"), "expected the columns"),
        (lambda frame: frame.assign(more=1), "expected the columns"),
        (lambda frame: frame.assign(n=[1.5, 2]), "column n: expected whole number, got float64"),
        (lambda frame: frame.assign(value=["a", "b"]), "column value: expected number, got"),
        (lambda frame: frame.assign(task_id=[1, 2]), "column task_id: expected text, got int64"),
    ],
)
def test_other_columns_than_those_of_the_catalogue_are_refused(change, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        write_table(SMALL, change(FRAME), tmp_path / "t.csv")
    assert not list(tmp_path.iterdir())


def test_a_table_of_measures_takes_further_columns(tmp_path):
    row = {name: "x" if column.kind == "text" else 1 for name, column in TABLES["scores"].columns.items()}
    write_table(TABLES["scores"], pd.DataFrame([row | {"my.measure": 0.5}]), tmp_path / "scores.csv")
    assert list(read_table(tmp_path / "scores.csv").columns)[-1] == "my.measure"
    with pytest.raises(ValueError, match=r"column my\.measure: expected number"):
        write_table(TABLES["scores"], pd.DataFrame([row | {"my.measure": "a"}]), tmp_path / "scores.csv")


def test_a_damaged_or_missing_table_is_one_line(tmp_path):
    with pytest.raises(SoakError, match=r"t\.parquet: there is no such file; run again"):
        read_table(tmp_path / "t.csv")
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(SoakError, match=r"t\.parquet: it cannot be read as Parquet \(.*\); delete it and run again"):
        read_table(tmp_path / "t.csv")


def test_files_follow_from_name_and_formats():
    assert TABLES["folds"].paths == ["results/tables/folds.parquet"]
    assert TABLES["stats"].paths == ["results/tables/stats.csv", "results/tables/stats.parquet"]


def test_every_column_has_a_meaning_and_docs_tables_md_is_current():
    for table in (*TABLES.values(), PREDICTIONS):
        assert all(column.meaning.endswith(".") for column in table.columns.values())
    assert DOCUMENT.read_text() == markdown(), "run: python -m soak.config.document"


def test_names_that_look_like_something_else_stay_text(tmp_path):
    (tmp_path / "s.csv").write_text("task_id,test_subset,train_set,n_train\n1,NA,1e3,5\n")
    splits = read_splits(tmp_path / "s.csv")
    assert splits.iloc[0].tolist() == ["1", "NA", "1e3", 5]
