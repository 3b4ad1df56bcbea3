"""Figures and report are made anew from what is cached: nothing is fitted, and all bytes are the same."""

import os
import shutil

import pytest

pytestmark = pytest.mark.workflow


def files(run):
    """Bytes of all figures with their numbers, and of the report."""
    drawn = [file for file in (run / "figures").rglob("*") if file.is_file()]
    return {file.name: file.read_bytes() for file in [*drawn, run / "report.html"]}


def test_figures_and_report_are_the_same_again(finished, again):
    shutil.rmtree(again / "figures")
    again.run("--", "figures")
    assert again.planned() == {}  # the report knows figures by their content
    (again / "report.html").unlink()
    again.run()
    assert files(again) == files(finished)


def test_drawing_fits_nothing(again):
    shutil.rmtree(again / "figures")
    assert set(again.planned("--", "figures")) == {
        "draw_images",
        "draw_training",
        "draw_results",
        "draw_measure",
        "draw_predictions",
    }


@pytest.mark.skipif(not os.environ.get("SOAK_STRESS"), reason="SOAK_STRESS=1 runs it (1 minute)")
def test_a_second_run_has_the_same_bytes(finished, workflow):
    run = workflow(finished.config)
    shutil.copy2(finished.folder / "trees.csv", run.folder)
    run.run(cores=1)
    assert run.tables() == finished.tables()
    ours, theirs = (
        {name: data for name, data in files(of).items() if name.partition(".")[0] not in ("report", "times")}
        for of in (run, finished)
    )
    assert ours == theirs
