"""Matrices on disk: mapped, never copied."""

import sys
from pathlib import Path

import numpy as np
import pytest

from soak import matrix as module
from soak.errors import SoakError
from soak.matrix import gathered_blocks, read_matrix, write_matrix


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_a_matrix_is_read_without_a_copy(tmp_path, dtype):
    matrix = np.arange(12, dtype=dtype).reshape(4, 3)
    write_matrix(tmp_path / "m.arrow", matrix, {"y": ["a", "b", "a", "ü"]}, {"scale": 255, "names": ["ä"]})
    read, batch, metadata = read_matrix(tmp_path / "m.arrow")
    assert read.dtype == dtype
    assert read.flags.c_contiguous
    assert not read.flags.owndata
    assert not read.flags.writeable
    np.testing.assert_array_equal(read, matrix)
    assert batch.column("y").to_pylist() == ["a", "b", "a", "ü"]
    assert metadata == {"scale": 255, "names": ["ä"]}


def test_a_matrix_in_column_order_is_stored_row_after_row(tmp_path):
    matrix = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    write_matrix(tmp_path / "m.arrow", matrix, {}, {})
    np.testing.assert_array_equal(read_matrix(tmp_path / "m.arrow")[0], matrix)


def test_the_same_values_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_matrix(tmp_path / name, np.ones((3, 2)), {"y": [1, 2, 3]}, {"b": 1, "a": 2})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_truncated_file(tmp_path):
    write_matrix(tmp_path / "m.arrow", np.ones((300, 20)), {}, {})
    whole = (tmp_path / "m.arrow").read_bytes()
    (tmp_path / "m.arrow").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SoakError, match=r"m\.arrow: not a file of this workflow, or truncated"):
        read_matrix(tmp_path / "m.arrow")


@pytest.mark.parametrize("kept", [1, 2**28])
def test_rows_are_gathered_in_blocks(tmp_path, monkeypatch, kept):
    monkeypatch.setattr(module, "_BLOCK_BYTES", 100)
    monkeypatch.setattr(module, "_KEPT_BYTES", kept)
    matrix = np.arange(300.0).reshape(100, 3)
    write_matrix(tmp_path / "m.arrow", matrix, {}, {})
    rows = np.array([7, 3, 99, 0, 50, 51, 52, 52, 1])
    for source in (matrix, read_matrix(tmp_path / "m.arrow")[0]):
        blocks = list(gathered_blocks(source, rows))
        assert [part.start for part, _ in blocks] == [0, 4, 8]
        np.testing.assert_array_equal(np.concatenate([block for _, block in blocks]), matrix[rows])


def mapped_mb():
    """MB of files that this process has in memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssFile")) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_has_been_read_of_a_large_matrix_leaves_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_KEPT_BYTES", 2**21)
    write_matrix(tmp_path / "m.arrow", np.ones((2**17, 32)), {}, {})  # 32 MB
    read = read_matrix(tmp_path / "m.arrow")[0]
    before, most = mapped_mb(), 0.0
    for _, block in gathered_blocks(read, np.arange(len(read))):
        assert block.all()
        most = max(most, mapped_mb() - before)
    assert most < 8
