"""A learner that crashes, hangs or leaks harms only itself."""

import faulthandler
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from misbehaving_job import SETS, misbehaving_job

from soak.fitting.record import FINISHED, read_pack
from soak.fitting.supervision import Limits, limits_of_job, run_supervised

ROOT = Path(__file__).parents[2]
RUN = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
from misbehaving_job import SETS, misbehaving_job
from soak.fitting.supervision import Limits, run_supervised
from soak.job import job
with job(["log"]):
    run_supervised(misbehaving_job(Path.cwd(), sys.argv[1]), SETS, Path("fits/1"), Limits({seconds}))
print("ended well", file=sys.__stderr__)
"""


@pytest.fixture
def supervised(tmp_path, monkeypatch, capfd):
    """A function that runs a pack of a class as the job of the rule does: its records by train set, and its log."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def run(name, sets=SETS, **limits):
        folder = Path("fits", name)
        run_supervised(misbehaving_job(tmp_path, name), sets, folder / "1", Limits(**limits))
        output = capfd.readouterr()
        assert [line for line in (output.out + output.err).splitlines() if line.startswith("soak:")] == []
        return {record.train_set: record for record in read_pack(folder / "1")}, output.out

    is_enabled = faulthandler.is_enabled()
    faulthandler.disable()  # crashes are meant
    yield run
    if is_enabled:
        faulthandler.enable(sys.__stderr__)


def predictions(records):
    return {name: record.tables["predictions"].to_pydict() for name, record in records.items()}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Exit0", "it ended its process with exit code 0"),
        ("Exit3", "it ended its process with exit code 3"),
        ("Segfault", "its process was ended by SIGSEGV"),
        ("SegfaultInPrediction", "its process was ended by SIGSEGV"),
        ("Killed", "its process was ended by SIGKILL, as the kernel does when memory runs out"),
        ("KillsGroup", "its process was ended by SIGKILL"),
        ("Interrupts", "KeyboardInterrupt"),
        ("PatchesJson", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_crash_is_a_failed_fit_with_the_reason(supervised, name, reason):
    records, _ = supervised(name)
    assert list(records) == [train_set for train_set, _ in SETS]
    for record in records.values():
        assert record.status == "failed"
        assert record.reason.startswith(reason)
        assert record.n_train > 0


@pytest.mark.parametrize("name", ["Hangs", "HangsAndBlocks"])
def test_an_endless_fit_is_ended_after_its_time(supervised, name):
    begun = time.monotonic()
    records, _ = supervised(name, seconds=0.6)
    assert {record.reason for record in records.values()} == {
        "it took longer than 0.01 minutes (execution.fit_minutes)"
    }
    assert time.monotonic() - begun < 100


def test_the_others_of_the_pack_count_and_the_crashed_one_alone_fails(supervised):
    well, _ = supervised("Base")
    records, log = supervised("SegfaultOnce")
    failed = {name for name, record in records.items() if record.status == "failed"}
    assert failed == {name for name, record in well.items() if record.n_train == 30} != set()
    rest = {name: record for name, record in records.items() if name not in failed}
    assert predictions(rest) == {name: table for name, table in predictions(well).items() if name in rest}
    assert log.count("from here on each fit has a process of its own") == 1


def test_a_fit_that_others_have_brought_down_counts(supervised):
    """Its third fit in a process crashes: whichever fits share a pack, all of them come out well."""
    well, _ = supervised("Base")
    records, _ = supervised("Leaks")
    assert predictions(records) == predictions(well)


@pytest.mark.parametrize(
    "name",
    ["Prints", "ClosesOutput", "ClosesAll", "AtExit", "Forks", "Moves", "MovesInThread", "KeepsLock", "Settings"],
)
def test_what_can_be_undone_is_undone_and_the_fits_count(supervised, name):
    well, _ = supervised("Base")
    records, log = supervised(name)
    assert predictions(records) == predictions(well)
    assert len(log) < 1.1 * len(SETS) * 2**20


@pytest.mark.parametrize(
    ("given", "megabytes", "is_last_try"),
    [
        ({}, None, True),
        ({"SOAK_TRIES": "4"}, None, False),
        ({"SOAK_TRIES": "2"}, None, True),
        ({"SLURM_JOB_ID": "7"}, None, True),  # Snakemake itself has not been told
        ({"SLURM_JOB_ID": "7", "SOAK_SLURM_JOB": "7"}, None, True),  # Snakemake runs in this job
        ({"SLURM_JOB_ID": "7", "SOAK_SLURM_JOB": ""}, 700, True),
    ],
)
def test_what_a_job_asks_for_is_a_limit_where_slurm_makes_it_one(monkeypatch, given, megabytes, is_last_try):
    for name in ("SOAK_TRIES", "SLURM_JOB_ID", "SOAK_SLURM_JOB"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert limits_of_job(0, 700, attempt=2) == Limits(None, megabytes, is_last_try)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from Linux's /proc")
@pytest.mark.parametrize("in_group", [True, False])
def test_a_fit_that_takes_the_memory_of_its_job_ends_it_until_the_last_try(supervised, tmp_path, in_group, monkeypatch):
    """With the finished fits kept, the next try has only what was killed to fit again."""
    monkeypatch.setattr("soak.fitting.supervision._is_in_group_of_slurm", lambda: in_group)
    limit = 600 + 2 * psutil.Process().memory_info().rss / 1e6 + psutil.Process(os.getppid()).memory_info().rss / 1e6
    sets = SETS[::-1]
    with pytest.raises(
        SystemExit, match=r"^soak: all\.fold2: it reached the \d+ MB that its job asked for; the next try"
    ):
        supervised("Grows", sets, megabytes=limit, is_last_try=False)
    kept = [file.name.partition(".")[0] for file in (tmp_path / "fits/Grows" / FINISHED).iterdir()]
    assert kept == ["A"]
    records, _ = supervised("Grows", sets, megabytes=limit)
    failed = {name for name, record in records.items() if record.status == "failed"}
    assert failed == {name for name, record in records.items() if record.n_train == 30} == {"all.fold1", "all.fold2"}
    assert records["all.fold1"].reason == f"it reached the {limit:.0f} MB that its job asked for"


@pytest.mark.skipif(sys.platform != "linux", reason="children are found by Linux's /proc")
@pytest.mark.parametrize("name", ["LeavesChild", "LeavesDaemon"])
def test_children_that_are_left_behind_are_ended(supervised, name):
    records, _ = supervised(name)
    assert {record.status for record in records.values()} == {"ok"}
    left = [process.pid for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"] == ["sleep", "643"]]
    assert left == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_process_that_is_ended_takes_its_fits_with_it(tmp_path, number):
    code = RUN.format(here=str(Path(__file__).parent), seconds=None)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}

    def heed_ctrl_c():  # what a shell runs in the background ignores it
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    command = [sys.executable, "-c", code, "Hangs"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, preexec_fn=heed_ctrl_c)
    children = []
    for _ in range(600):
        children = psutil.Process(process.pid).children()
        if children and (tmp_path / "misbehaving.py").exists():
            break
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(number)
    assert process.wait(20) == (130 if number == signal.SIGINT else -number)
    assert children
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []
    assert not (tmp_path / "fits/1").exists()


def test_a_disk_that_is_full_is_no_fault_of_a_fit(tmp_path):
    """The message comes from the process of the fits, the end from the one that watches it."""
    code = RUN.format(here=str(Path(__file__).parent), seconds=None).replace(
        "with job(",
        "import soak.fitting.run as run, errno\n"
        "def full(*_):\n    raise OSError(errno.ENOSPC, 'No space', 'fits/finished/x')\n"
        "run.write_fit = full\nwith job(",
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code, "Base"], cwd=tmp_path, env=environment, capture_output=True)
    assert done.returncode == 1
    assert (tmp_path / "log").read_text() == "soak: fits/finished/x: cannot be written: no space is left on its disk\n"
    assert not (tmp_path / "fits/1").exists()


def test_fits_that_failed_by_a_crash_are_not_kept(supervised, tmp_path):
    supervised("SegfaultOnce")
    kept = {
        re.sub(r"\.[0-9a-f]{16}\.arrow$", "", file.name)
        for file in (tmp_path / "fits/SegfaultOnce" / FINISHED).iterdir()
    }
    records = {record.train_set: record.status for record in read_pack(tmp_path / "fits/SegfaultOnce/1")}
    assert kept == {name for name, status in records.items() if status == "ok"}
