"""The lock that a killed Snakemake leaves behind."""

import shlex
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from soak import lock

ROOT = Path(__file__).parents[1]


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


@pytest.mark.parametrize(("table", "status"), [("my.csv", 1), ("/data/my.csv", 0), ("https://example.org/my.csv", 0)])
def test_a_new_folder_is_refused_where_a_table_would_have_to_be_in_it(tmp_path, capsys, table, status):
    config = tmp_path / "my.yaml"
    config.write_text(f"tasks: {{T: {{table: '{table}', target: y, subset: s}}}}")
    assert lock.main(str(tmp_path / "none"), str(config)) == status
    said = f"soak: DIR={tmp_path}/none: there is no such folder ({tmp_path}/none), and {config} asks for my.csv in it\n"
    assert capsys.readouterr().err == (said if status else "")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("target", ["run", "figures", "smoke", "status", "clean"])
def test_folders_with_blanks_and_names_in_small_letters(target, tmp_path):
    """What make would do: each path is one word."""
    folder = tmp_path / "sp ace"
    make = ["make", "-n", target, f"DIR={folder}"]
    told = subprocess.run([*make, f"CONFIG={folder}/my.yaml"], cwd=ROOT, capture_output=True, text=True)
    words = [word for line in told.stdout.splitlines() for word in shlex.split(line, comments=True)]
    assert told.returncode == 0
    assert any(word in (str(folder), f"{folder}/results") for word in words)
    assert target == "clean" or f"{folder}/my.yaml" in words
    assert not any(word.endswith("/sp") for word in words)
    refused = subprocess.run([*make, "config=my.yaml"], cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode != 0
    assert "soak: config= is written in capitals: CONFIG=file.yaml" in refused.stderr
