"""Fits on disk."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from soak.errors import SoakError
from soak.fitting.record import (
    FINISHED,
    FitRecord,
    finished_fits,
    read_fit,
    read_fits,
    read_pack,
    write_fit,
    write_pack,
)

TABLES = {"predictions": pa.table({"row": [3, 1]}), "history": pa.table({"epoch": [1]})}
OK = FitRecord(
    "T", "all.fold1", "mlp", 10, "ok", info={"selected_epochs": 3}, seconds=1.5, versions={"torch": "2"}, tables=TABLES
)
FAILED = FitRecord("T", "all.fold2", "mlp", 11, "failed", reason="it diverged")
EMPTY = pa.table({"epoch": pa.array([], pa.int64())})
PLAIN = FitRecord("T", "A.fold1", "mlp", 5, "ok", tables={"predictions": pa.table({"row": [0]}), "history": EMPTY})


@pytest.fixture
def folder(tmp_path):
    """A pack of three fits."""
    write_pack(tmp_path / "1", [OK, FAILED, PLAIN])
    return tmp_path / "1"


def test_records_are_read_as_they_were_written(folder):
    assert list(read_pack(folder)) == [OK, FAILED, PLAIN]


def test_only_the_tables_that_are_asked_for_are_read(folder):
    assert [list(record.tables) for record in read_pack(folder, "history")] == [["history"], [], ["history"]]
    assert [dict(record.tables) for record in read_fits(folder)] == [{}, {}, {}]


def test_the_files_are_readable_without_this_library(folder):
    fits = pd.read_parquet(folder / "fits.parquet")
    assert fits[["task_id", "train_set", "learner", "status"]].to_numpy().tolist() == [
        ["T", "all.fold1", "mlp", "ok"],
        ["T", "all.fold2", "mlp", "failed"],
        ["T", "A.fold1", "mlp", "ok"],
    ]
    predictions = pd.read_parquet(folder / "predictions.parquet")
    assert predictions.to_numpy().tolist() == [["all.fold1", 3], ["all.fold1", 1], ["A.fold1", 0]]


def test_a_pack_of_an_older_version_lacks_a_time(folder):
    file = folder / "fits.parquet"
    pq.write_table(pq.read_table(file).drop_columns(["predict_seconds"]), file)
    assert list(read_pack(folder)) == [OK, FAILED, PLAIN]


def test_equal_fits_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        write_pack(tmp_path / name, [OK, FAILED, PLAIN])
    files = sorted(file.name for file in (tmp_path / "a").iterdir())
    assert files == ["fits.parquet", "history.parquet", "predictions.parquet"]
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in files)


def test_a_pack_is_replaced_whole(folder):
    write_pack(folder, [PLAIN])
    assert list(read_pack(folder)) == [PLAIN]
    assert sorted(file.name for file in folder.iterdir()) == ["fits.parquet", "history.parquet", "predictions.parquet"]


def test_a_pack_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(AttributeError):
        write_pack(tmp_path / "1", [OK, None])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("file", ["fits.parquet", "history.parquet", "predictions.parquet"])
def test_a_damaged_or_missing_file_is_one_line(folder, file):
    whole = (folder / file).read_bytes()
    (folder / file).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        SoakError, match=rf"{file}: it cannot be read as Parquet .*; delete the folder \S*1 and run again"
    ):
        list(read_pack(folder))
    (folder / file).unlink()
    with pytest.raises(SoakError, match=rf"{file}: there is no such file; delete the folder \S*1 and run again"):
        list(read_pack(folder))


def test_a_table_that_lacks_a_fit_is_one_line(folder, tmp_path):
    write_pack(tmp_path / "2", [PLAIN])
    (tmp_path / "2/predictions.parquet").replace(folder / "predictions.parquet")
    with pytest.raises(
        SoakError, match=r"predictions\.parquet: expected 2 rows of the train set all\.fold1, got 0; delete"
    ):
        list(read_pack(folder))


@pytest.mark.parametrize("record", [OK, FAILED], ids=["ok", "failed"])
def test_a_single_fit_is_read_as_it_was_written(tmp_path, record):
    write_fit(tmp_path / "one.arrow", record)
    assert read_fit(tmp_path / "one.arrow") == record
    assert read_fit(tmp_path / "one.arrow", tables=False).train_set == record.train_set


def test_a_single_fit_that_is_not_whole_is_none(tmp_path):
    write_fit(tmp_path / "one.arrow", OK)
    whole = (tmp_path / "one.arrow").read_bytes()
    for length in range(len(whole) - 8):  # the last 8 bytes only mark the end
        (tmp_path / "one.arrow").write_bytes(whole[:length])
        assert read_fit(tmp_path / "one.arrow") is None
    for place in range(0, len(whole), 7):
        flipped = bytes([whole[place] ^ 1])
        (tmp_path / "one.arrow").write_bytes(whole[:place] + flipped + whole[place + 1 :])
        assert read_fit(tmp_path / "one.arrow") is None
        assert read_fit(tmp_path / "one.arrow", tables=False) is None
    assert read_fit(tmp_path / "none.arrow") is None


def test_finished_fits_of_a_whole_pack_and_of_one_that_still_runs(folder, tmp_path):
    names = ["all.fold1", "all.fold2"]
    assert [record.train_set for record in finished_fits(folder, names)] == names
    write_fit(tmp_path / FINISHED / f"all.fold1.{'0' * 16}.arrow", OK)
    write_fit(tmp_path / FINISHED / f"all.fold1.again.{'0' * 16}.arrow", PLAIN)
    assert [record.train_set for record in finished_fits(tmp_path / "2", names)] == ["all.fold1"]
