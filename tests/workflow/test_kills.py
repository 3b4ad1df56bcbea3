"""Power cuts: Snakemake or one of its jobs is killed at a random moment; the next run goes on from there."""

import copy
import gzip
import os
import random
import shutil
import signal
import struct
import subprocess
import time

import numpy as np
import psutil
import pytest
from small_runs import ROOT, SMALL, Workflow, write_trees

from soak.fitting.record import read_fit, read_fits

pytestmark = pytest.mark.workflow

KILLS = int(os.environ.get("SOAK_KILLS", "3"))
WHOLE = KILLS >= 20  # make stress: runs to the report, and not to the tables only
TARGET = [] if WHOLE else ["--", "tables"]
LONGEST = 30 if WHOLE else 14  # seconds until a kill, which is about what such a run takes
LONGEST_OF_MANY_ROWS = 60
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


def killed_and_resumed(run, kills, longest, target):
    """Kill a run so many times at random moments, then let it end; kinds of kills, jobs of fits begun, fits trained again."""
    draw = random.Random(8)
    kinds, known, begun, repeated = [], {}, 0, 0
    while len(kinds) < kills:
        output = run.folder / "output.txt"
        command, how = run.command(*target)
        with output.open("w") as file:
            process = subprocess.Popen(command, **(how | {"stdout": file}))
            moment = time.monotonic() + draw.uniform(4, longest)
            while process.poll() is None and time.monotonic() < moment:
                time.sleep(0.1)
            if process.poll() is None:
                kinds.append(kill(process, draw))
                if kinds[-1] == "engine":
                    time.sleep(draw.uniform(0, longest / 3))  # its jobs go on as orphans
        if process.wait() == 0:  # it came to its end: once more from the start
            known = {}
            shutil.rmtree(run.folder / "results")
        begun += output.read_text().count(": Training ")
        now = fits_in(run.folder)
        repeated += sum(now.get(fit) != seconds for fit, seconds in known.items())
        known = now
    done = run.run(*target)
    begun += done.stdout.count(": Training ")
    now = fits_in(run.folder)
    repeated += sum(now.get(fit) != seconds for fit, seconds in known.items())
    return kinds, begun, repeated


def test_killed_runs_go_on_and_give_the_same_tables(finished, tmp_path, capsys):
    write_trees(tmp_path / "trees.csv")
    run = Workflow(tmp_path, copy.deepcopy(SMALL), finished.project)
    kinds, begun, repeated = killed_and_resumed(run, KILLS, LONGEST, TARGET)
    with capsys.disabled():
        print(
            f"\n{len(kinds)} kills ({', '.join(kinds)}): {begun} jobs of fits begun for {JOBS}, "
            f"{repeated} finished fits trained again"
        )
    assert repeated == 0
    assert run.tables() == finished.tables()


def write_images(folder, rows):
    """Stand-ins for so many images, as IDX files: the 1,000 of tests/files again and again, each time with other noise."""
    source = ROOT / "tests/files"
    draw = np.random.default_rng(1)
    pixels = np.frombuffer(
        gzip.decompress((source / "fashion-train-1000-images-idx3-ubyte.gz").read_bytes()), np.uint8, offset=16
    ).reshape(1000, 784)
    labels = np.frombuffer(
        gzip.decompress((source / "fashion-train-1000-labels-idx1-ubyte.gz").read_bytes()), np.uint8, offset=8
    )
    with (folder / "images.idx").open("wb") as file:
        file.write(bytes([0, 0, 8, 3]) + struct.pack(">3I", rows, 28, 28))
        for _ in range(rows // 1000):
            file.write((pixels ^ draw.integers(0, 8, pixels.shape, np.uint8)).tobytes())
    (folder / "labels.idx").write_bytes(
        bytes([0, 0, 8, 1]) + struct.pack(">I", rows) + np.tile(labels, rows // 1000).tobytes()
    )
    return {"images": "images.idx", "labels": "labels.idx"}


@pytest.mark.skipif(
    not os.environ.get("SOAK_STRESS"), reason="minutes: SOAK_STRESS=1; the test above is its smaller form"
)
def test_a_run_of_70000_rows_loses_no_finished_fit(tmp_path, capsys):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    config = {
        "datasets": {"Train": {"rows": 60_000}, "Test": {"rows": 10_000}},
        "tasks": {"Images": {"datasets": ["Train", "Test"]}},
        "learners": {
            "featureless": {"type": "featureless"},
            "linear_mlp": {"type": "torch_mlp", "epochs": 3},
            "bayes": {"type": "estimator", "class": "sklearn.naive_bayes.GaussianNB"},
        },
        "execution": {"fits_per_job": 9},
    }
    for folder in (whole, killed):
        folder.mkdir()
        files = write_images(folder, 60_000)
        for settings in config["datasets"].values():
            settings["idx"] = [files]
    expected = Workflow(whole, copy.deepcopy(config))
    expected.run("--", "tables")
    run = Workflow(killed, config)
    kinds, begun, repeated = killed_and_resumed(run, kills=3, longest=LONGEST_OF_MANY_ROWS, target=["--", "tables"])
    with capsys.disabled():
        print(
            f"\n70,000 rows, kills: {', '.join(kinds)}; {begun} jobs begun for 3, {repeated} finished fits trained again"
        )
    assert repeated == 0
    assert run.tables() == expected.tables()
