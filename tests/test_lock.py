"""The lock that a killed Snakemake leaves behind."""

import subprocess
import sys

import psutil
import pytest

from soak import lock


@pytest.fixture
def locked(tmp_path):
    """A folder with a lock in it."""
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    (tmp_path / ".snakemake/locks/0.input.lock").write_text("a.csv\n")
    return tmp_path


def held(folder):
    return list((folder / ".snakemake/locks").glob("*.lock"))


def test_nothing_is_said_without_a_lock(tmp_path, capsys):
    assert lock.main(str(tmp_path)) == 0
    assert capsys.readouterr().err == ""


def test_a_stale_lock_is_removed_and_told(locked, capsys):
    assert lock.main(str(locked)) == 0
    assert held(locked) == []
    assert "was killed; its lock is removed" in capsys.readouterr().err


def test_a_lock_of_a_live_run_is_kept(locked, capsys):
    name = locked / "snakemake"
    name.write_text("import time; time.sleep(60)")
    with subprocess.Popen([sys.executable, str(name)], cwd=locked) as alive:
        try:
            assert lock.main(str(locked)) == 1
            assert held(locked)
            assert f"(process {alive.pid})" in capsys.readouterr().err
        finally:
            alive.kill()


def test_orphaned_jobs_are_ended(locked, capsys):
    script = locked / ".snakemake/scripts/tmp1.fit.py"
    script.parent.mkdir()
    script.write_text("import time; time.sleep(60)")
    with subprocess.Popen([sys.executable, str(script)], cwd=locked) as orphan:
        assert lock.main(str(locked)) == 0
        assert not psutil.pid_exists(orphan.pid)
    assert "1 of its jobs still run and are ended" in capsys.readouterr().err
    assert held(locked) == []


def test_a_file_as_dir_is_told(tmp_path, capsys):
    file = tmp_path / "my.yaml"
    file.write_text("tasks: {}\n")
    assert lock.main(str(file)) == 1
    told = f"soak: DIR={file} is a file; DIR is the folder where results/ goes; the config is CONFIG={file}\n"
    assert capsys.readouterr().err == told
