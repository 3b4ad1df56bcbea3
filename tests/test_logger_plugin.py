"""The logger plugin: a line per step, and how many fits are done, on a terminal."""

import io
import logging

import pytest
from rich.console import Console
from snakemake.settings.types import OutputSettings

from snakemake_logger_plugin_soak import Display, LogHandler


@pytest.fixture
def display():
    """A display that writes to memory, and a function that shows it an event."""
    shown = Display(Console(file=io.StringIO(), width=100))

    def event(name, message="", level=logging.INFO, **fields):
        shown.show(name, logging.makeLogRecord({"msg": message, "levelno": level, **fields}))

    shown.event = event
    yield shown
    shown.stop()


def text(display):
    return display.console.file.getvalue()


def test_a_line_per_finished_step_and_none_per_fit(display):
    display.event("job_info", jobid=1, rule_name="decode", rule_msg="Decoding data set Digits")
    display.event("job_info", jobid=2, rule_name="fit", rule_msg="Training cv_glmnet on T, pack 1")
    display.event("job_finished", job_id=1)
    display.event("job_finished", job_id=2)
    assert "Decoding data set Digits\n" in text(display)
    assert "Training" not in text(display)


def test_failed_jobs_and_warnings_are_shown(display):
    display.event("job_info", jobid=1, rule_name="decode", rule_msg="Decoding data set Digits")
    display.event("job_error", jobid=1, rule_name="decode")
    display.event("None", "disk nearly full", level=logging.WARNING)
    assert "failed: Decoding data set Digits\n" in text(display)
    assert "disk nearly full" in text(display)


def test_nobody_is_sent_upwards_for_a_message_that_stands_below(display):
    display.event("None", "Exiting because a job execution failed. Look above for error messages", level=logging.ERROR)
    assert text(display) == ""


def test_what_is_no_event_of_a_job_is_left_to_the_log_file(display):
    display.event("None", "Building DAG of jobs...")
    assert text(display) == ""


@pytest.mark.parametrize("settings", [{}, {"dryrun": True}, {"verbose": True}])
def test_without_a_terminal_snakemakes_own_output_stays(settings):
    """Standard error of a test is none."""
    assert not LogHandler(OutputSettings(**settings), None).writes_to_stream
