"""How far a run is, read from what lies on disk."""

import os

import pytest
import yaml

from soak.commands.config import read_experiment
from soak.commands.status import main, status
from soak.fitting.plan import TaskIndex, TrainSet, write_index
from soak.fitting.record import FitRecord, write_fit, write_pack
from soak.lock import hold

SETS = tuple(TrainSet(f"all.fold{k}", 100, f"d{k}") for k in range(1, 5))
CONFIG = {
    "tasks": {"T": {"table": "t.csv", "target": "y", "subset": "s", "type": "classification"}},
    "learners": {"featureless": {"type": "featureless"}},
    "execution": {"fits_per_job": 2},
}
FITS = "results/fits/T/featureless"


def record(number, state="ok", seconds=2.0):
    return FitRecord("T", f"all.fold{number}", "featureless", 100, state, "too few rows", seconds=seconds)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run whose tasks are split: four fits in two packs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    write_index(tmp_path / "results/tasks/index.json", [TaskIndex("T", "classification", 300, 2, 2, SETS)])
    return tmp_path


def lines(run):
    return status(read_experiment(run / "config.yaml")).splitlines()


def numbers(run):
    return [int(word) for word in lines(run)[2].split()[2:]]


def test_before_the_tasks_are_split(run):
    (run / "results/tasks/index.json").unlink()
    assert lines(run) == [f"No run is at work in {run}. Its tasks are not split yet; no fit has begun."]


def test_before_any_fit(run):
    assert numbers(run) == [4, 0, 0]


def test_whole_packs_and_single_finished_fits_count(run):
    write_pack(run / FITS / "1", [record(1), record(2, "failed")])
    write_fit(run / FITS / "finished/all.fold3.0123456789abcdef.arrow", record(3))
    assert numbers(run) == [4, 3, 1]
    assert "failed: T, all.fold2, featureless: too few rows" in lines(run)
    assert "3 of 4 fits are done (75 %); the others take about 2 s on one core" in lines(run)


def test_a_pack_that_is_half_written_counts_for_nothing(run):
    (run / FITS / "1").mkdir(parents=True)
    (run / FITS / "1/fits.parquet").write_bytes(b"PAR1 and no more")
    assert numbers(run) == [4, 0, 0]


def test_a_learner_of_which_nothing_is_known(run):
    assert lines(run)[3].endswith("; how long those of featureless take is not known yet")


def test_a_run_at_work(run):
    hold(run)
    assert lines(run)[0] == f"A run is at work in {run}."


@pytest.fixture
def all_done(run):
    """All fits are done, and a report is there."""
    write_pack(run / FITS / "1", [record(1), record(2)])
    write_pack(run / FITS / "2", [record(3), record(4)])
    (run / "results/tasks/T.arrow").write_text("")
    (run / "results/report.html").write_text("")
    return run


def test_the_report_of_this_run(all_done):
    assert lines(all_done)[-1] == f"Report: {all_done}/results/report.html"


def test_a_task_that_could_not_be_built_again_has_no_report(all_done):
    (all_done / "results/tasks/T.arrow").unlink()
    assert lines(all_done)[-1] == (
        "Report of an earlier run (task T is not built; see results/logs/build_task/T.log): "
        f"{all_done}/results/report.html"
    )


@pytest.mark.parametrize(
    ("file", "why"), [("tasks/index.json", "the tables are"), ("fits/T/featureless/2/fits.parquet", "fits are")]
)
def test_a_report_that_is_older_than_what_it_is_made_of(all_done, file, why):
    later = (all_done / "results/report.html").stat().st_mtime + 9
    os.utime(all_done / "results" / file, (later, later))
    assert lines(all_done)[-1] == f"Report of an earlier run ({why} newer): {all_done}/results/report.html"


def test_a_config_that_cannot_be_read_is_one_line(run):
    with pytest.raises(SystemExit, match=r"^soak: .*none.yaml: no such file"):
        main(str(run), "none.yaml")
