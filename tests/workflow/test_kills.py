"""Power cuts: Snakemake or one of its jobs is killed at a random moment; the next run goes on from there."""

import copy
import os
import random
import shutil
import signal
import subprocess
import time

import psutil
import pytest
from small_runs import SMALL, Workflow, write_trees

from soak.fitting.record import read_fit, read_fits

pytestmark = pytest.mark.workflow

KILLS = int(os.environ.get("SOAK_KILLS", "3"))
WHOLE = KILLS >= 20  # make stress: runs to the report, and not to the tables only
TARGET = [] if WHOLE else ["--", "tables"]
LONGEST = 30 if WHOLE else 14  # seconds until a kill, which is about what such a run takes
JOBS = 7 if WHOLE else 6  # of the small config that train benchmark fits, and one that trains for a figure


def is_job(process):
    """Whether a process is a job; not one in which a job lets its fits run, whose death is the learner's fault."""
    try:
        words, around = process.cmdline(), process.parent()
        return any("/.snakemake/scripts/" in word for word in words) and (around is None or around.cmdline() != words)
    except psutil.Error:
        return False


def kill(process, draw):
    """Kill Snakemake alone, all of its processes, or one job alone."""
    children = psutil.Process(process.pid).children(recursive=True)
    jobs = [child for child in children if is_job(child)]
    kind = draw.choice(["engine", "everything", "job"]) if jobs else draw.choice(["engine", "everything"])
    targets = {"engine": [process], "everything": [process, *children], "job": [draw.choice(jobs)] if jobs else []}
    for target in targets[kind]:
        try:
            os.kill(target.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return kind


def fits_in(folder):
    """Finished fits on disk, and how long each took: a fit that is trained again takes another time.

    Without those of single figures, whose jobs keep nothing beside their outputs.
    """
    records = [fit for file in (folder / "results/fits").rglob("*.arrow") if (fit := read_fit(file, tables=False))]
    for file in (folder / "results/fits").rglob("fits.parquet"):
        records += read_fits(file.parent) if file.parents[1].name != "tutorial" else []
    return {(fit.task, fit.learner, fit.train_set): fit.seconds for fit in records}


def test_killed_runs_go_on_and_give_the_same_tables(finished, tmp_path, capsys):
    draw = random.Random(8)
    write_trees(tmp_path / "trees.csv")
    run = Workflow(tmp_path, copy.deepcopy(SMALL), finished.project)
    kinds, known, begun, repeated = [], {}, 0, 0
    while len(kinds) < KILLS:
        output = tmp_path / "output.txt"
        command, how = run.command(*TARGET)
        with output.open("w") as file:
            process = subprocess.Popen(command, **(how | {"stdout": file}))
            moment = time.monotonic() + draw.uniform(4, LONGEST)
            while process.poll() is None and time.monotonic() < moment:
                time.sleep(0.1)
            if process.poll() is None:
                kinds.append(kill(process, draw))
                if kinds[-1] == "engine":
                    time.sleep(draw.uniform(0, LONGEST / 3))  # its jobs go on as orphans
        if process.wait() == 0:  # it came to its end: once more from the start
            known = {}
            shutil.rmtree(tmp_path / "results")
        begun += output.read_text().count(": Training ")
        now = fits_in(tmp_path)
        repeated += sum(now.get(fit) != seconds for fit, seconds in known.items())
        known = now
    done = run.run(*TARGET)
    begun += done.stdout.count(": Training ")
    now = fits_in(tmp_path)
    repeated += sum(now.get(fit) != seconds for fit, seconds in known.items())
    with capsys.disabled():
        print(
            f"\n{len(kinds)} kills ({', '.join(kinds)}): {begun} jobs of fits begun for {JOBS}, "
            f"{repeated} finished fits trained again"
        )
    assert repeated == 0
    assert run.tables() == finished.tables()
