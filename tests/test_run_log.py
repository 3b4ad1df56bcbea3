"""What has happened in a run, from the events that Snakemake logs."""

import logging

import pytest

from soak.run_log import INTERRUPTED, RunLog


@pytest.fixture
def run(tmp_path):
    """A function that writes jobs' logs, by name, into the folder of a run."""

    def write(**logs):
        for name, text in logs.items():
            (tmp_path / f"{name}.log").write_text(text)
        return tmp_path

    return write


@pytest.fixture
def failures():
    """A log of failures that listens to a logger, and a function that logs an event there as Snakemake does."""
    log, logger = RunLog(), logging.Logger("snakemake")
    logger.addHandler(log)

    def event(name, message="", **fields):
        logger.error(message, extra={"event": name, **fields})

    log.event = event
    return log


def fail(failures, rule, jobid, *logs):
    failures.event("job_error", rule_name=rule, jobid=jobid, log=list(logs))


def test_each_message_is_given_once_with_the_place_of_its_key(run, failures):
    line = "soak: tasks.Trees.target: trees.csv has no column 'Y'\n"
    folder = run(one=line, two=line)
    fail(failures, "build_task", 3, "one.log")
    fail(failures, "build_task", 4, "two.log")
    placed = failures.messages(folder, lambda message: message.replace("soak: ", "soak: my.yaml:4: "))
    assert placed == "soak: my.yaml:4: tasks.Trees.target: trees.csv has no column 'Y'"


def test_a_message_of_several_lines_stays_whole(run, failures):
    folder = run(outcome="warning\nsoak: 2 of 9 fits failed\n  T, all.fold1: diverged\nT: worse\n")
    fail(failures, "outcome", 1, "outcome.log")
    assert failures.messages(folder) == "soak: 2 of 9 fits failed\n  T, all.fold1: diverged\nT: worse"


def test_the_end_of_a_log_without_a_message(run, failures):
    folder = run(fit="".join(f"line {number}\n" for number in range(30)) + "ZeroDivisionError: division by zero\n")
    fail(failures, "fit", 1, "fit.log")
    fail(failures, "report", 2, "gone.log")
    lines = failures.messages(folder).splitlines()
    assert lines[0].startswith("soak: the job of rule fit ended without a message; the last lines of its log ")
    assert lines[1:-1] == [f"  line {number}" for number in range(16, 30)] + ["  ZeroDivisionError: division by zero"]
    assert lines[-1].endswith("gone.log: none")


def test_a_job_that_a_later_attempt_finishes_has_not_failed(run, failures):
    folder = run(one="soak: no memory\n", two="soak: no disk\n")
    fail(failures, "fit", 1, "one.log")
    fail(failures, "fit", 2, "two.log")
    failures.event("job_finished", job_id=1)
    assert failures.messages(folder) == "soak: no disk"


def test_jobs_of_a_group(run, failures):
    folder = run(one="soak: no memory\n")
    failures.event("group_error", job_error_info=[{"rule_name": "fit", "jobid": 7, "log": ["one.log"]}])
    assert failures.messages(folder) == "soak: no memory"


def test_an_error_of_snakemakes_own_is_given_in_its_words(tmp_path, failures):
    failures.event(
        "error", "Job 5 completed successfully, but\nsome output files are missing.", exception="MissingOutputException"
    )
    failures.event("error", "CalledProcessError in file x", exception="RuleException")
    assert failures.messages(tmp_path) == (
        "soak: Snakemake: Job 5 completed successfully, but some output files are missing."
    )


def test_no_failed_job_means_that_the_run_was_interrupted(run, failures):
    assert failures.messages(run()) == INTERRUPTED
    fail(failures, "fit", 1, "one.log")
    assert failures.messages(run(one=f"{INTERRUPTED}\n")) == INTERRUPTED


def test_finished_rules_are_known(failures):
    failures.event("job_info", jobid=3, rule_name="outcome")
    failures.event("job_info", jobid=4, rule_name="fit")
    failures.event("job_finished", job_id=3)
    assert failures.finished == {"outcome"}
