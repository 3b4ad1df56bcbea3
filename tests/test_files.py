"""Nobody ever sees half a file."""

import errno
import hashlib
import os
import stat
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from soak import files
from soak.errors import SoakError
from soak.files import atomic, atomic_folder, disk_problem, folder_problem, sha256


def test_the_file_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "new" / "table.csv"
    with atomic(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert [path.name for path in target.parent.iterdir()] == ["table.csv"]


def test_an_error_in_the_block_leaves_the_old_file_and_no_other(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("old")

    def half():
        with atomic(target) as temporary:
            temporary.write_text("ha")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        half()
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_others_may_read_it_as_the_umask_says(tmp_path):
    with atomic(tmp_path / "table.csv") as temporary:
        temporary.write_text("x")
    (tmp_path / "plain").write_text("x")
    assert stat.S_IMODE((tmp_path / "table.csv").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


@pytest.mark.parametrize("name", ["table.csv", "pack"])
def test_a_full_disk_is_one_line_that_names_the_file(tmp_path, name):
    with pytest.raises(SoakError) as caught, (atomic_folder if name == "pack" else atomic)(tmp_path / name):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(caught.value) == f"{tmp_path}/{name}: cannot be written: no space is left on its disk"
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_another_file_stays_what_it_is(tmp_path):
    with pytest.raises(FileNotFoundError), atomic(tmp_path / "table.csv"):
        (tmp_path / "none").read_text()


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts a small disk")
def test_a_disk_that_is_really_full(tmp_path):
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], check=False).returncode:
        pytest.skip("cannot mount a small disk")
    try:
        for write in (
            lambda file: file.write_bytes(bytes(200_000)),
            lambda file: pd.DataFrame(np.random.default_rng(1).normal(size=(30_000, 2))).to_parquet(file),
        ):
            full = r"x: cannot be written: no space is left on its disk$"
            with pytest.raises(SoakError, match=full), atomic(tmp_path / "x") as temporary:
                write(temporary)
            assert list(tmp_path.iterdir()) == []
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_folder_in_which_results_cannot_be_written(tmp_path):
    results = tmp_path / "results"
    assert folder_problem(tmp_path) is None
    results.touch()
    assert folder_problem(tmp_path) == f"{results}: expected a folder, got a file"
    results.unlink()
    results.symlink_to("old_disk")
    assert folder_problem(tmp_path) == f"{results}: expected a folder, got a link to old_disk, which is not a folder"
    (tmp_path / "old_disk").mkdir()
    assert folder_problem(tmp_path) is None
    if os.geteuid():  # nothing is closed to root
        (tmp_path / "old_disk").chmod(0o500)
        assert folder_problem(tmp_path) == f"{results}: no permission to write there"


def test_no_folder_for_temporary_files_is_one_line():
    error = FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/x']")
    assert disk_problem(error).startswith("no folder for temporary files is writable; set TMPDIR to one that is")


def test_a_large_file_is_read_once_for_its_checksum_and_again_when_it_has_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_LARGE", 1000)
    read, whole = [], files._sha256
    monkeypatch.setattr(files, "_sha256", lambda path: read.append(path.name) or whole(path))
    large, small = tmp_path / "large", tmp_path / "small"
    large.write_bytes(b"a" * 1000)
    small.write_bytes(b"a" * 999)
    first = [(sha256(large), sha256(small)) for _ in range(2)]
    assert first[0] == first[1] == (hashlib.sha256(b"a" * 1000).hexdigest(), hashlib.sha256(b"a" * 999).hexdigest())
    assert read == ["large", "small", "small"]
    large.write_bytes(b"b" * 1000)
    os.utime(large, ns=(1, 1))
    assert sha256(large) == hashlib.sha256(b"b" * 1000).hexdigest()
