"""What the jobs that failed said, told last: each line once, with the config's file and line."""

import subprocess
from pathlib import Path

import pytest

from soak.failures import INTERRUPTED, failed_jobs, failures

ROOT = Path(__file__).parents[1]


def error(rule, jobid, *logs):
    """A job's error as Snakemake writes it to its log."""
    return (
        f"[Tue Nov 24 15:36:46 2026]\nError in rule {rule}:\n    message: None\n    jobid: {jobid}\n"
        f"    input: a.csv, b.py\n    log: {', '.join(logs)} (check log file(s) for error details)\n"
    )


@pytest.fixture
def run(tmp_path):
    """A function that writes jobs' logs, by name."""

    def write(**logs):
        for name, text in logs.items():
            (tmp_path / f"{name}.log").write_text(text)
        return tmp_path

    return write


def test_what_jobs_said_once_each_with_the_place_of_the_key(run):
    line = "soak: tasks.Trees.target: trees.csv has no column 'Y'; did you mean 'y'?\n"
    folder = run(one=line + "soak: tree.csv: there is no such file\n", two=line)
    config = folder / "my.yaml"
    config.write_text("tasks:\n  Trees:\n    table: trees.csv\n    target: Y\n")
    log = error("build_task", 3, "one.log") + "Finished jobid: 5 (Rule: download)\n" + error("decode", 4, "two.log")
    told = failures(log, folder, [config]).splitlines()
    assert told == [
        f"soak: {config}:4: tasks.Trees.target: trees.csv has no column 'Y'; did you mean 'y'?",
        "soak: tree.csv: there is no such file",
        f"soak: {config}:4: tasks.Trees.target: trees.csv has no column 'Y'; did you mean 'y'?",
    ]
    assert failures(log.replace("one.log", "two.log"), folder, [config]).splitlines() == told[:1]


def test_a_message_of_several_lines_stays_whole(run):
    folder = run(outcome="warning\nsoak: 2 of 9 fits failed\n  T, all.fold1: diverged\nWhat can be said:\nT: worse\n")
    told = failures(error("outcome", 1, "outcome.log"), folder)
    assert told == "soak: 2 of 9 fits failed\n  T, all.fold1: diverged\nWhat can be said:\nT: worse"


def test_the_end_of_a_log_without_a_message(run):
    folder = run(fit="".join(f"line {number}\n" for number in range(30)) + "ZeroDivisionError: division by zero\n")
    told = failures(error("fit", 1, "fit.log") + error("report", 2, "gone.log"), folder).splitlines()
    assert told[0].startswith("soak: the job of rule fit ended without a message; the last lines of its log ")
    assert told[1:-1] == [f"  line {number}" for number in range(16, 30)] + ["  ZeroDivisionError: division by zero"]
    assert told[-1].endswith("gone.log: none")


def test_a_job_that_a_later_try_finished_is_no_failure():
    log = error("fit", 1, "a.log", "b.log") + error("fit", 2, "c.log") + "Finished jobid: 1 (Rule: fit)\n"
    assert failed_jobs(log) == [("fit", [Path("c.log")])]


def test_an_interruption_is_no_failure(run):
    log = "Terminating processes on user request, this might take some time.\n" + error("fit", 1, "fit.log")
    assert failures(log, run(fit="soak: interrupted\n")) == INTERRUPTED


@pytest.mark.parametrize("name", ["config", "dir", "cores"])
def test_make_refuses_its_variables_in_small_letters(name):
    done = subprocess.run(["make", "-n", "run", f"{name}=x"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"soak: {name}= is written in capitals: CONFIG=file.yaml DIR=folder CORES=n" in done.stderr
