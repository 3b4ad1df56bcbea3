"""Tables on disk: types are exact in Parquet, names stay text in CSV."""

import pandas as pd

from soak.tables import read_splits, read_table, write_table


def test_a_table_is_the_same_when_it_is_read(tmp_path):
    table = pd.DataFrame(
        {"task_id": ["T", "NA"], "n": pd.array([1, None], dtype="Int64"), "value": [0.1 + 0.2, float("nan")]}
    )
    write_table(table, tmp_path / "t.csv")
    assert read_table(tmp_path / "t.csv").equals(table)
    assert (tmp_path / "t.csv").read_text() == "task_id,n,value\nT,1,0.30000000000000004\nNA,,\n"


def test_names_that_look_like_something_else_stay_text(tmp_path):
    (tmp_path / "s.csv").write_text("task_id,test_subset,train_set,n_train\n1,NA,1e3,5\n")
    splits = read_splits(tmp_path / "s.csv")
    assert splits.iloc[0].tolist() == ["1", "NA", "1e3", 5]
