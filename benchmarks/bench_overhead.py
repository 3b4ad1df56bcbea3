"""What a fit costs beside the fit: 1,000 featureless fits, packed and not, beside joblib and a bare shell loop.

    python benchmarks/bench_overhead.py [FITS]

CPU seconds of all processes; the fits of the jobs that are not packed are a sample, since each is a process.
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
SNAKEMAKE = str(Path(sys.executable).parent / "snakemake")
SUBSETS = 50  # with 2 * SUBSETS + 1 train sets a fold
SAMPLE = 30  # processes of one fit each

FIT = """
import sys
sys.path.insert(0, "{scripts}")
from soak.learners.featureless import Featureless
from soak.fitting.run import Job, fit_train_set
from soak.resampling.store import StoredSplits
from soak.tasks.task import Task

base = "{folder}/results/tasks/Many."
job = Job(Task.open(base + "arrow"), "featureless", Featureless(type="featureless"), 1, "cpu",
          StoredSplits.open(base + "folds.parquet", base + "splits.csv", base + "rows.parquet"))
"""

ISOLATION = (
    FIT
    + """
import statistics, tempfile, time
sys.path.insert(0, "{benchmarks}")
from bench_overhead import cpu
from soak.fitting.run import run_pack
from soak.fitting.supervision import run_supervised

def cost(run):
    with tempfile.TemporaryDirectory() as folder:
        before, start = cpu(), time.perf_counter()
        run(job, list(zip(names, names)), folder + "/pack")
        return cpu() - before, time.perf_counter() - start

names = sys.argv[1:]
ways = [run_pack, run_supervised]
costs = [[cost(way) for way in ways] for _ in range(21)][1:]
for number, what in enumerate(("CPU", "wall")):
    plain, watched = (statistics.median(round[way][number] for round in costs) for way in range(2))
    print(f"{{what}} {{1000 * (watched - plain):.0f}} ms")
"""
)


def cpu():
    """CPU seconds of this process and of all that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measured(what, fits, run):
    """Run, and print CPU and wall milliseconds per fit."""
    before, start = cpu(), time.perf_counter()
    run()
    used, wall = cpu() - before, time.perf_counter() - start
    print(f"{what:<52} {1000 * used / fits:>9.1f} {1000 * wall / fits:>9.1f}   ({fits} fits)", flush=True)
    return used / fits


def write_run(folder, fits, per_job):
    """A table of many subsets, and a config of so many fits of it."""
    folds = max(2, round(fits / (2 * SUBSETS + 1)))
    rows = [f"s{row % SUBSETS:02d},{row % 7},{'ab'[row // SUBSETS % 2]}" for row in range(SUBSETS * folds * 4)]
    (folder / "table.csv").write_text("\n".join(["region,u,y", *rows]) + "\n")
    config = {
        "tasks": {"Many": {"table": "table.csv", "target": "y", "subset": "region"}},
        "resampling": {"folds": folds},
        "learners": {"featureless": {"type": "featureless"}},
        "execution": {"fits_per_job": per_job},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))


def snakemake(folder, *targets, cores=1):
    """Run Snakemake in a folder, with the config that is there."""
    command = [
        SNAKEMAKE,
        "--cores",
        str(cores),
        "--configfile",
        f"{folder}/config.yaml",
        "--directory",
        folder,
        "--quiet",
        "all",
    ]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([*command, "--", *targets], cwd=ROOT, check=True, **quiet)


def packs(folder, number):
    """Files of the first packs."""
    sets = len(re.findall(r"^Many,", (folder / "results/tasks/Many.train_sets.csv").read_text(), flags=re.M))
    width = len(str(sets))
    return [f"results/fits/Many/featureless/{k:0{width}d}" for k in range(1, number + 1)], sets


def main(fits):
    os.environ["OMP_NUM_THREADS"] = "1"
    print(f"{'milliseconds per fit':<52} {'CPU':>9} {'wall':>9}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_run(folder, fits, 1)
        snakemake(folder, "splits")
        few, sets = packs(folder, SAMPLE)
        start = measured("Snakemake's start and one fit", 1, lambda: snakemake(folder, few[0]))
        alone = measured("this workflow, a fit per job", SAMPLE - 1, lambda: snakemake(folder, *few))
        write_run(folder, fits, 1_000_000)
        packed = measured(
            "this workflow, all fits in one job", sets, lambda: snakemake(folder, "results/fits/Many/featureless/1")
        )

        program = FIT.format(scripts=ROOT / "src", folder=folder)
        names = [
            line.split(",")[1] for line in (folder / "results/tasks/Many.train_sets.csv").read_text().splitlines()[1:]
        ]
        one = program + "fit_train_set(job, sys.argv[1])\n"
        (folder / "one.py").write_text(one)
        loop = f"for one in {' '.join(names[:SAMPLE])}; do {sys.executable} {folder}/one.py $one; done"
        shell = measured(
            "a bare shell loop, a process per fit", SAMPLE, lambda: subprocess.run(["sh", "-c", loop], check=True)
        )
        parallel = "from joblib import Parallel, delayed\n" + program
        parallel += "names = sys.argv[1:]\nParallel(n_jobs=2)(delayed(fit_train_set)(job, one) for one in names)\n"
        (folder / "parallel.py").write_text(parallel)
        command = [sys.executable, str(folder / "parallel.py"), *names]
        joblib = measured("joblib.Parallel, two workers", sets, lambda: subprocess.run(command, check=True))
        (folder / "isolation.py").write_text(
            ISOLATION.format(scripts=ROOT / "src", folder=folder, benchmarks=ROOT / "benchmarks")
        )
        command = [sys.executable, str(folder / "isolation.py"), *names[:10]]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-2:]
    print(f"a process of its own for a pack of 10 fits: {', '.join(told)} (median of 20; goal 50)")
    print(
        f"a fit per job costs {alone / shell:.1f} times a shell loop; packed, {packed / joblib:.1f} times joblib, "
        f"{alone / packed:.0f} times less than not packed (Snakemake's own start: {start:.1f} s once)"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
