"""Fits on disk."""

import pandas as pd
import pyarrow as pa
import pytest

from soak.errors import SoakError
from soak.fitting.record import FitRecord, frame, read_pack, write_pack

TABLES = {"predictions": pa.table({"row": [3, 1]}), "history": pa.table({"epoch": [1]})}
OK = FitRecord("T", "all.fold1", "mlp", 10, "ok", info={"selected_epochs": 3}, seconds=1.5, tables=TABLES)
FAILED = FitRecord("T", "all.fold2", "mlp", 11, "failed", reason="it diverged")


def test_records_are_read_as_they_were_written(tmp_path):
    write_pack(tmp_path / "1.zip", [OK, FAILED])
    assert list(read_pack(tmp_path / "1.zip")) == [OK, FAILED]


def test_only_the_tables_that_are_asked_for_are_read(tmp_path):
    write_pack(tmp_path / "1.zip", [OK])
    (record,) = read_pack(tmp_path / "1.zip", "history")
    assert list(record.tables) == ["history"]


def test_equal_fits_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        write_pack(tmp_path / name, [OK, FAILED])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_half_a_pack_is_refused(tmp_path):
    write_pack(tmp_path / "1.zip", [OK, FAILED])
    whole = (tmp_path / "1.zip").read_bytes()
    (tmp_path / "1.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SoakError, match=r"1\.zip: not a whole file of fits"):
        list(read_pack(tmp_path / "1.zip"))


def test_a_frame_has_a_row_per_fit_and_gaps_where_a_learner_tells_nothing():
    table = frame([OK, FAILED], {"train_set": "train_set", "reason": "reason", "selected_epochs": "selected_epochs"})
    expected = pd.DataFrame(
        {"train_set": ["all.fold1", "all.fold2"], "reason": ["", "it diverged"], "selected_epochs": [3, None]}
    )
    pd.testing.assert_frame_equal(table, expected)
