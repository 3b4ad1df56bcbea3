"""Files of a finished run that are cut short, emptied or changed: each is one line that names it, or is made again."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.workflow

STRESS = bool(os.environ.get("SOAK_STRESS"))
# What jobs read; the index is made again
NAMED = {
    "data/Digits.arrow",
    "tasks/Trees.arrow",
    "tasks/Trees.splits.csv",
    "tasks/Trees.folds.parquet",
    "tasks/Trees.rows.parquet",
    "tasks/Trees.train_sets.csv",
    "tables/scores.parquet",
    "tables/verdicts.parquet",
    "tables/fits.parquet",
    "scores/reference.parquet",
    "scores/row_errors.parquet",
    "fits/Trees/cv_glmnet/1/fits.parquet",
    "fits/Trees/cv_glmnet/1/predictions.parquet",
    "raw/Trees/table",
}
DAMAGES = {
    "cut": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "changed": lambda data: data[:-20] + bytes(255 - byte for byte in data[-20:]),
}
CASES = [(name, damage) for name in sorted(NAMED) for damage in DAMAGES] if STRESS else []


def damage(run, name, how):
    file = run / name
    data = file.read_bytes()
    file.unlink()  # a raw file is a link to the cache, or to nothing else
    file.write_bytes(DAMAGES[how](data))


def check(run):
    words = [sys.executable, "-m", "soak.commands.check", str(run.folder)]
    environment = os.environ | {"PYTHONPATH": str(run.project / "src")}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


def named(output):
    """Files that lines of a run's end name."""
    return {line.partition(": ")[2].partition(":")[0] for line in output.splitlines() if line.startswith("soak: ")}


def test_several_damaged_files_are_all_named(again):
    files = {"tasks/Trees.arrow": "cut", "scores/reference.parquet": "changed", "data/Digits.arrow": "empty"}
    for name, how in files.items():
        damage(again, name, how)
    done = again.run(check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    assert named(done.stdout) <= {f"results/{name}" for name in files}
    assert {"results/tasks/Trees.arrow", "results/data/Digits.arrow"} <= named(done.stdout)
    for name in files:
        (again / name).unlink()
    again.run("--", "tables")
    lines = check(again).stderr.splitlines()  # figures and report are still to be made
    assert all(": it is missing: delete " in line for line in lines), lines


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_index_is_made_again(again, finished, how):
    damage(again, "tasks/index.json", how)
    again.run("--", "tables")
    assert again.tables() == finished.tables()
    assert (again / "tasks/index.json").read_bytes() == (finished / "tasks/index.json").read_bytes()


def test_final_files_are_compared_with_what_was_written(again):
    done = check(again)
    assert done.returncode == 0, done.stderr
    files = ["tables/pvalues.csv", "report.html", "figures/differences.png"]
    for name in files:
        damage(again, name, "changed")
    done = check(again)
    assert done.returncode == 1
    assert named(done.stderr) == {f"results/{name}" for name in files}


@pytest.mark.parametrize(("name", "how"), CASES)
def test_a_damaged_file_is_named_or_made_again(again, finished, name, how):
    damage(again, name, how)
    assert named(check(again).stderr) == {f"results/{name}"}
    done = again.run(check=False)
    if done.returncode == 0:
        assert again.tables() == finished.tables()
    else:
        assert named(done.stdout) == {f"results/{name}"}
        assert "Traceback" not in done.stdout
