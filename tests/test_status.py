"""How far a run is, read from what lies on disk."""

import base64
import os

import pytest
import yaml

from soak.fitting.plan import TaskIndex, TrainSet, write_index
from soak.fitting.record import FINISHED, FitRecord, write_fit, write_pack
from soak.status import Progress, duration, main, marks, progress, read_config, seconds_left, tell, time_left

SETS = tuple(TrainSet(f"all.fold{k}", 100, f"d{k}") for k in range(1, 5))
CONFIG = {
    "tasks": {"T": {"table": "t.csv", "target": "y", "subset": "s"}},
    "learners": {"featureless": {"type": "featureless"}},
    "execution": {"fits_per_job": 2},
}


def record(number, status="ok", seconds=2.0):
    return FitRecord("T", f"all.fold{number}", "featureless", 100, status, "too few rows", seconds=seconds)


@pytest.fixture
def run(tmp_path):
    """A run whose tasks are split: four fits in two packs."""
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    write_index(tmp_path / "results/tasks/index.json", [TaskIndex("T", "classification", 300, 2, 2, SETS)])
    return tmp_path


def told(run):
    (one,) = progress(read_config(run / "config.yaml"), run)
    return one


def test_before_any_fit(run):
    assert (told(run).total, told(run).done, told(run).failed) == (4, 0, 0)


def test_whole_packs_and_single_finished_fits_count(run):
    folder = run / "results/fits/T/featureless"
    write_pack(folder / "1", [record(1), record(2, "failed")])
    write_fit(folder / FINISHED / "all.fold3.0123456789abcdef.arrow", record(3))
    one = told(run)
    assert (one.total, one.done, one.failed) == (4, 3, 1)
    assert one.reasons == ["T, all.fold2, featureless: too few rows"]
    assert one.seconds == 6.0


def test_a_pack_that_is_half_written_counts_for_nothing(run):
    (run / "results/fits/T/featureless/1").mkdir(parents=True)
    (run / "results/fits/T/featureless/1/fits.parquet").write_bytes(b"PAR1 and no more")
    assert told(run).done == 0


def test_a_job_is_running_once_it_writes_its_log(run):
    mark = base64.urlsafe_b64encode(b"results/fits/T/featureless/2").decode()
    (run / ".snakemake/incomplete").mkdir(parents=True)
    (run / ".snakemake/incomplete" / mark).write_text("{}")
    assert marks(run).keys() == {"results/fits/T/featureless/2"}
    assert told(run).running == 0
    log = run / "results/logs/fit/T/featureless/2.log"
    log.parent.mkdir(parents=True)
    log.write_text("")
    assert told(run).running == 1


def test_time_left_is_scaled_by_what_finished_fits_took():
    fast = Progress("T", "fast", 4, 2, seconds=20, estimated=10, left=10)
    unknown = Progress("T", "unknown", 2, 0, left=5)
    assert seconds_left([fast, unknown], 1) == 2 * 10
    assert seconds_left([fast, unknown], 2) == 10
    assert seconds_left([unknown], 1) is None
    assert time_left([fast, unknown], 2) == (
        "; about 10 s as 2 jobs at once do them are left for fits; how long those of unknown take is not known yet"
    )


def test_one_finished_fit_says_nothing_yet():
    assert time_left([Progress("T", "first", 4, 1, seconds=9, estimated=1, left=3)], 1) == (
        "; how long those of first take is not known yet"
    )


def test_each_job_has_to_start():
    """Fits of no time at all: starting Python is what takes time."""
    quick = Progress("T", "quick", 9, 6, seconds=0.01, estimated=1, left=0, jobs_left=3, starts=[1.0, 2.0, 9.0])
    quick.left = 1e-6
    assert seconds_left([quick], 1) == pytest.approx(3 * 2.0, abs=1e-3)


def test_what_a_job_took_besides_its_fits(run):
    write_pack(run / "results/fits/T/featureless/1", [record(1), record(2)])
    benchmark = run / "results/benchmarks/fit/T/featureless/1.tsv"
    benchmark.parent.mkdir(parents=True)
    benchmark.write_text("s\th:m:s\n5.5000\t0:00:05\n")
    assert (told(run).starts, told(run).jobs_left) == ([1.5], 1)


@pytest.fixture
def all_done(run):
    """All fits are done, and a report is there."""
    write_pack(run / "results/fits/T/featureless/1", [record(1), record(2)])
    write_pack(run / "results/fits/T/featureless/2", [record(3), record(4)])
    (run / "results/tasks/T.arrow").write_text("")
    (run / "results/report.html").write_text("")
    return run


def last_line(run):
    return tell(read_config(run / "config.yaml"), run).splitlines()[-1]


def test_the_report_of_this_run(all_done):
    assert last_line(all_done) == f"Report: {all_done}/results/report.html"


def test_a_task_that_could_not_be_built_again_has_no_report(all_done):
    (all_done / "results/tasks/T.arrow").unlink()
    assert last_line(all_done) == (
        "Report of an earlier run (task T is not built; see results/logs/build_task/T.log): "
        f"{all_done}/results/report.html"
    )


@pytest.mark.parametrize(
    ("file", "why"), [("tasks/index.json", "the tables are"), ("fits/T/featureless/2/fits.parquet", "fits are")]
)
def test_a_report_that_is_older_than_what_it_is_made_of(all_done, file, why):
    later = (all_done / "results/report.html").stat().st_mtime + 9
    os.utime(all_done / "results" / file, (later, later))
    assert last_line(all_done) == f"Report of an earlier run ({why} newer): {all_done}/results/report.html"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.4, "59 s"), (90, "2 min"), (4000, "1 h 07 min"), (200_000, "2 d 7 h")]
)
def test_durations_are_told_as_people_say_them(seconds, text):
    assert duration(seconds) == text


def test_the_whole_status(run, capsys):
    write_pack(run / "results/fits/T/featureless/1", [record(1), record(2, "failed")])
    assert main([str(run), str(run / "config.yaml")]) == 0
    text = capsys.readouterr().out
    assert "2 of 4 fits are done (50 %); about 4 s of one job at a time are left for fits" in text
    assert "failed: T, all.fold2, featureless: too few rows" in text


def test_no_config_is_one_line(tmp_path, capsys):
    assert main([str(tmp_path), str(tmp_path / "none.yaml")]) == 1
    assert capsys.readouterr().err == f"soak: {tmp_path}/none.yaml: no such file; YAML files there: none\n"
