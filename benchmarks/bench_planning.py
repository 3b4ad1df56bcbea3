"""What it takes to plan thousands of fits, beside Snakemake's own share: the same jobs in a Snakefile without this workflow.

    python benchmarks/bench_planning.py [TABLES] [JOBS]

1,000 tables of 100 rows, 9 fits of a millisecond each, which share jobs by table; and 9,000 fits of one table that are a job each.
Planning is what Snakemake does until it could start the first fit (``--rulegraph`` does that and no more); ``-n`` also prints a
paragraph per job. Tables are split here in one process, by the functions that the rules call, since a job for each would take an hour.
CPU seconds depend on the machine and on what else it does: the first line says how fast it adds.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
FOLDS, SUBSETS = 3, 2  # with two subsets three train sets a fold
GOAL_SECONDS, GOAL_MB = 15, 400

BARE = """
rule all:
    input: [f"fits/{number}" for number in range(JOBS)]
rule fit:
    input: "task", ancient("folds"), ancient("splits"), ancient("rows"), ancient("index")
    output: directory("fits/{number}")
    log: "logs/{number}.log"
    benchmark: "benchmarks/{number}.tsv"
    resources: mem_mb=500, runtime=10
    params: seed=1
    script: "fit.py"
"""

MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(done.returncode)
"""


def adding_seconds():
    """CPU seconds of twenty million additions here and now."""
    start, total = time.process_time(), 0
    for number in range(20_000_000):
        total += number
    return time.process_time() - start


def write_table(path, subsets, rows):
    """A table of numbers, two classes, and subsets of so many rows each."""
    draw = random.Random(1)
    lines = [
        f"s{subset:03d},{draw.random():.4f},{draw.random():.4f},{'ab'[row % 2]}"
        for subset in range(subsets)
        for row in range(rows)
    ]
    path.write_text("\n".join(["region,u,v,y", *lines]) + "\n")


def many_tables(folder, tables):
    """Many small tables, whose fits share jobs."""
    write_table(folder / "table.csv", SUBSETS, 100 // SUBSETS)
    tasks = {f"task{number:04d}": {"table": "table.csv", "target": "y", "subset": "region"} for number in range(tables)}
    return {
        "tasks": tasks,
        "resampling": {"folds": FOLDS},
        "learners": {"featureless": {"type": "featureless"}},
    }


def many_jobs(folder, jobs):
    """One table of many subsets, each fit a job of its own."""
    folds = 10
    write_table(folder / "table.csv", round((jobs / folds - 1) / 2), 4 * folds)
    return {
        "tasks": {"task": {"table": "table.csv", "target": "y", "subset": "region"}},
        "resampling": {"folds": folds},
        "learners": {"featureless": {"type": "featureless"}},
        "execution": {"fits_per_job": 1},
    }


def split_tasks(folder, config):
    """Task files, splits and index, written as the jobs before the first fit would; the number of fits."""
    import pandas as pd

    from soak.experiment import INDEX
    from soak.fitting.plan import TaskIndex, TrainSet, write_index
    from soak.resampling.settings import ResamplingSettings
    from soak.resampling.split_task import split_task, write_splits
    from soak.tables import TABLES
    from soak.tasks.build import build_task
    from soak.tasks.settings import TaskSettings
    from soak.tasks.task import Task
    from soak.written import note

    results = folder / "results"
    index = []
    for name, settings in config["tasks"].items():
        raw = results / f"raw/{name}/table"
        raw.parent.mkdir(parents=True)
        raw.write_bytes((folder / "table.csv").read_bytes())
        base = results / "tasks" / name
        base.parent.mkdir(exist_ok=True)
        build_task(name, TaskSettings(**settings), raw, Path(f"{base}.arrow"))
        task = Task.open(f"{base}.arrow")
        files = [f"{base}.{kind}" for kind in ("folds.parquet", "splits.csv", "train_sets.csv", "rows.parquet")]
        write_splits(split_task(task, ResamplingSettings(**config["resampling"]), 1), name, *files, task.row)
        sets = pd.read_csv(files[2], dtype={"train_set": str, "digest": str}, keep_default_na=False)
        train_sets = zip(sets["train_set"], sets["n_train"].tolist(), sets["digest"], strict=True)
        index.append(
            TaskIndex(
                name, task.type, *task.features.shape, task.n_outputs, tuple(TrainSet(*one) for one in train_sets)
            )
        )
    write_index(folder / INDEX, index)
    (results / "tables").mkdir()
    for name in ("splits", "fold_counts", "data", "data_notes"):
        for path in TABLES[name].paths:
            (folder / path).touch()
    for name in ("folds.parquet", "data.txt"):
        (results / "tables" / name).touch()
    note([Path(INDEX)], folder)
    return sum(len(task.train_sets) for task in index)


def plan(folder, snakefile, *arguments):
    """CPU seconds and MB of one call of Snakemake."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(snakefile), "--cores", "1"]
    command += ["--directory", str(folder), "--rerun-triggers", "mtime", *arguments]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *command],
        cwd=Path(snakefile).parent,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    seconds, megabytes = done.stdout.split()
    return float(seconds), float(megabytes)


def measured(what, folder, snakefile, *arguments):
    """Plan, and print what it took."""
    seconds, megabytes = plan(folder, snakefile, "--rulegraph", *arguments)
    dry, _ = plan(folder, snakefile, "-n", "--quiet", "rules", *arguments)
    print(f"{what:<58} {seconds:>7.1f} CPU s {megabytes:>6.0f} MB   -n {dry:>6.1f} CPU s", flush=True)
    return seconds, megabytes


def workflow(what, folder, config):
    """Split the tasks of a config, and plan its fits."""
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(config(folder)))
    fits = split_tasks(folder, config(folder))
    return measured(f"{what}: {fits} fits", folder, ROOT / "Snakefile", "--configfile", str(folder / "config.yaml"))


def main(tables, jobs):
    """Print the table."""
    os.environ["OMP_NUM_THREADS"] = "1"
    print(f"this machine adds 20 million numbers in {adding_seconds():.2f} CPU s")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packed = workflow(f"{tables} tables, fits packed", folder / "tables", lambda place: many_tables(place, tables))
        alone = workflow("one table, a fit per job", folder / "jobs", lambda place: many_jobs(place, jobs))
        bare = folder / "bare"
        bare.mkdir()
        (bare / "Snakefile").write_text(BARE.replace("JOBS", str(jobs)))
        for file in ("task", "folds", "splits", "rows", "index", "fit.py"):
            (bare / file).touch()
        own = measured(f"Snakemake alone: {jobs} jobs of the same files", bare, bare / "Snakefile")
    for what, (seconds, megabytes) in {"packed": packed, "a fit per job": alone}.items():
        met = seconds <= GOAL_SECONDS and megabytes <= GOAL_MB
        print(f"{what}: goal {GOAL_SECONDS} s and {GOAL_MB} MB {'met' if met else 'missed'}")
    print(
        f"a fit per job: {alone[0] / own[0]:.1f} times the CPU of Snakemake alone, {alone[1] / own[1]:.1f} times its memory"
    )


if __name__ == "__main__":
    main(*(int(word) for word in [*sys.argv[1:], "1000", "9000"][:2]))
