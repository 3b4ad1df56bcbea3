"""A graph of thousands of jobs is planned in seconds."""

import os
import random
import subprocess
import sys
import time

import pytest
from small_runs import Workflow, copy_project, job_counts

pytestmark = pytest.mark.workflow

STRESS = bool(os.environ.get("SOAK_STRESS"))
SUBSETS, FOLDS, LEARNERS = 20, 10, 8
TASKS = 3 if STRESS else 1  # nine thousand fits, or three
MEGABYTES = 1000  # that planning may take


def many_fits(folder):
    """A config of some 3,000 or 9,000 fits, each a job of its own, and its table."""
    draw = random.Random(1)
    rows = [f"s{subset:02d},{draw.random():.4f},{draw.random():.4f}" for subset in range(SUBSETS) for _ in range(20)]
    lines = [f"{row},{'ab'[number % 2]}" for number, row in enumerate(rows)]
    (folder / "table.csv").write_text("\n".join(["region,u,v,y", *lines]) + "\n")
    return {
        "tasks": {
            f"task{number}": {"table": "table.csv", "target": "y", "subset": "region"} for number in range(TASKS)
        },
        "resampling": {"folds": FOLDS},
        "learners": {
            "featureless": {"type": "featureless"},
            **{f"glmnet{n}": {"type": "cv_glmnet", "nlambda": n} for n in range(2, LEARNERS + 1)},
        },
        "execution": {"fits_per_job": 1},
    }


def adding_seconds():
    """CPU seconds of twenty million additions here and now: what this machine is worth at the moment."""
    start, total = time.process_time(), 0
    for number in range(20_000_000):
        total += number
    return time.process_time() - start


def plan(workflow):
    """CPU seconds and peak memory (MB) of a dry run, and its output."""
    command, how = workflow.command("-n", "--quiet", "rules")
    measured = "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:]); "
    measured += "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
    measured += "print('used', used.ru_utime + used.ru_stime, used.ru_maxrss / 1024); sys.exit(done.returncode)"
    done = subprocess.run([sys.executable, "-c", measured, *command], **how, check=True)
    _, seconds, megabytes = done.stdout.strip().rsplit("\n", 1)[-1].split()
    return float(seconds), float(megabytes), done.stdout


def test_thousands_of_jobs_are_planned_in_seconds(tmp_path, capsys):
    workflow = Workflow(tmp_path, many_fits(tmp_path), copy_project(tmp_path / "project"))
    workflow.run("--", "splits")
    adding = adding_seconds()
    seconds, megabytes, output = plan(workflow)
    planned = job_counts(output)
    with capsys.disabled():
        print(
            f"\n{sum(planned.values())} jobs planned in {seconds:.1f} CPU s and {megabytes:.0f} MB "
            f"(this machine adds 20 million numbers in {adding:.2f} s)"
        )
    assert planned["fit"] >= 2900 * TASKS
    assert megabytes < MEGABYTES
