"""The whole workflow on a table as large as the paper's largest, from CSV to report, beside pandas and scikit-learn.

    python benchmarks/bench_csv.py [ROWS] [--folder FOLDER]

2,815,744 rows of 81 numbers, 4 subsets, 2 classes (bench_data.py makes them up): 10 folds, so 90 fits of a linear model, an epoch in
batches of 5,000 (`validate: null`, as there are no epochs to choose from), and 90 of featureless. One core and one thread. CPU
seconds are those of all processes of a step, Snakemake's own start among them (2 to 3 s a step); peaks are those of the largest
process: they count the pages of files that it maps, which the system may drop at any time. The peer is what a user would write
for a single fold: pandas.read_csv, StandardScaler and SGDClassifier on the train rows of *all*, the error on each subset's test rows.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import pandas as pd
import yaml
from bench_data import make_wide
from bench_overhead import cpu, snakemake

GOALS = {"CPU s": 300, "MB": 3000}  # up to the verdicts; figures and report come after them
STEPS = {
    "CSV to task": ("tasks",),
    "folds and splits": ("results/tasks/index.json",),
    "fits, scores, verdicts": ("tables",),
    "figures": ("figures",),
    "report": ("all",),
}
CONFIG = {
    "tasks": {"Wide": {"table": "wide.csv", "target": "y", "subset": "river", "stratum": ["y"]}},
    "resampling": {"folds": 10},
    "learners": {
        "featureless": {"type": "featureless"},
        "linear": {"type": "torch_mlp", "epochs": 1, "validate": None, "batch_size": 5000, "scale": "standard"},
    },
}


def measured(what, run):
    """Run, and print what it took; CPU seconds, and MB of the largest process so far."""
    before = cpu()
    run()
    seconds, peak = cpu() - before, getrusage(RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{what:<28} {seconds:>8.1f} {peak:>8.0f}", flush=True)
    return seconds, peak


def users_way(folder):
    """One fold of *all* with pandas and scikit-learn."""
    from sklearn.linear_model import SGDClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    table = pd.read_csv(folder / "wide.csv")
    folds = pd.read_parquet(folder / "results/tables/folds.parquet")["fold"].to_numpy()
    X, y, subset = table.drop(columns=["y", "river"]), table["y"], table["river"]
    read = time.process_time()
    model = make_pipeline(StandardScaler(), SGDClassifier(loss="log_loss", random_state=1))
    model.fit(X[folds != 1], y[folds != 1])
    fitted, n_train = time.process_time() - read, (folds != 1).sum()
    wrong = model.predict(X[folds == 1]) != y[folds == 1]
    errors = wrong.groupby(subset[folds == 1]).mean()
    print(f"  reads: {read:.1f} s; fits: {fitted:.1f} s, {fitted / n_train * 1e6:.2f} s per million train rows")
    print(f"  fold 1 of all: error in percent {100 * errors.mean():.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=int, nargs="?", default=2_815_744)
    parser.add_argument("--folder", type=Path, help="for the table and results (5 GB at full size); default temporary")
    parser.add_argument("--users-way", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.users_way:
        users_way(arguments.folder)
        return
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        make_wide(folder, arguments.rows)
        size = (folder / "wide.csv").stat().st_size / 2**20
        (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG))
        print(f"{arguments.rows} rows, {size:.0f} MB of CSV; CPU seconds, and MB of the largest process so far")
        took = [measured(what, lambda targets=targets: snakemake(folder, *targets)) for what, targets in STEPS.items()]
        to_verdicts = took[: list(STEPS).index("figures")]
        seconds, peak = sum(one for one, _ in to_verdicts), to_verdicts[-1][1]
        tables = folder / "results/tables"
        times = pd.read_csv(tables / "times.csv").groupby("learner")[["n_train", "cpu_seconds"]].sum()
        for learner, (rows, used) in times.iterrows():
            print(f"  of this {learner}: {used:.1f} s, {used / rows * 1e6:.2f} s per million train rows")
        scores = pd.read_csv(tables / "scores.csv")
        shown = scores[
            (scores["train_subsets"] == "all") & (scores["test_fold"] == 1) & (scores["algorithm"] == "linear")
        ]
        print(f"  fold 1 of all: error in percent {100 * shown['zero_one_loss'].mean():.2f}")
        for what, value in zip(GOALS, (seconds, peak), strict=True):
            print(
                f"from CSV to verdicts {value:.0f} {what}: goal {GOALS[what]} {'met' if value < GOALS[what] else 'missed'}"
            )
        print(f"with figures and report {sum(one for one, _ in took):.0f} CPU s, {took[-1][1]:.0f} MB")
        command = [sys.executable, __file__, "--users-way", "--folder", str(folder)]
        measured("pandas, scikit-learn: a fit", lambda: subprocess.run(command, check=True))


if __name__ == "__main__":
    main()
