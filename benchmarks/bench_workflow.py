"""How much of a whole run's CPU its fits are: half of the blog post's benchmark, from the data to the report.

    python benchmarks/bench_workflow.py [FOLDER]

FOLDER holds gzipped IDX files fashion-train-*-images-… and mnist-train-*-images-… (and -labels-…); the task is then
the post's MNIST_FashionMNIST, 90 scores of five algorithms. Without it the two halves of the 1,000 images of
tests/files are the two subsets: half of the rows, so that fits cost less and the rest weighs more.
"""

import gzip
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from bench_overhead import ROOT, cpu, snakemake

GOAL = 0.75
HEADERS = {"images": 16, "labels": 8}


def parts(folder):
    """Pixels and labels of two data sets of some rows."""
    if folder:
        return {
            name: {kind: read(next(Path(folder).glob(f"{prefix}-train-*-{kind}-idx*.gz")), kind) for kind in HEADERS}
            for name, prefix in {"FashionMNIST": "fashion", "MNIST": "mnist"}.items()
        }
    whole = {kind: read(next((ROOT / "tests/files").glob(f"fashion-train-*-{kind}-*")), kind) for kind in HEADERS}
    return {f"Half{half + 1}": {kind: values[half::2] for kind, values in whole.items()} for half in range(2)}


def read(file, kind):
    """Values of a gzipped IDX file: (n, 28, 28) or (n,)."""
    values = np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8, offset=HEADERS[kind])
    return values.reshape(-1, 28, 28) if kind == "images" else values


def write_idx(file, values):
    """An IDX file of bytes, not compressed."""
    header = bytes([0, 0, 8, values.ndim]) + b"".join(size.to_bytes(4, "big") for size in values.shape)
    file.write_bytes(header + values.tobytes())


def write_run(folder, sets):
    """The config of the post's benchmark, on these data sets."""
    config = yaml.safe_load((ROOT / "config/mnist.yaml").read_text())
    config["datasets"] = {}
    for name, values in sets.items():
        for kind in HEADERS:
            write_idx(folder / f"{name}-{kind}.idx", values[kind])
        files = {kind: [f"{name}-{kind}.idx"] for kind in HEADERS}
        config["datasets"][name] = {"idx": [files]}
    names = list(sets)
    config["tasks"] = {"Images": {"datasets": names}}
    config["tutorial"] = {"dataset": names[0], "task": "Images"}
    config["focus"] = {"task": "Images", "test_subset": names[1]}
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


def main(source):
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sets = parts(source)
        write_run(folder, sets)
        before, start = cpu(), time.perf_counter()
        snakemake(folder, cores=2)
        wall = time.perf_counter() - start
        everything = cpu() - before
        times = pd.read_csv(folder / "results/tables/times.csv")
        scores = pd.read_csv(folder / "results/tables/scores.csv")
    rows = ", ".join(f"{len(values['labels'])} rows of {name}" for name, values in sets.items())
    print(f"{rows}: {len(scores)} scores from {len(times)} fits")
    for learner, seconds in times.groupby("learner", sort=False)["cpu_seconds"].sum().items():
        print(f"{learner:<40} {seconds:>8.1f} CPU s")
    fits = times["cpu_seconds"].sum()
    print(f"{'all fits':<40} {fits:>8.1f} CPU s")
    print(f"{'everything, figures and report too':<40} {everything:>8.1f} CPU s, {wall:.0f} s on two cores")
    print(f"in fits: {fits / everything:.0%} (goal: at least {GOAL:.0%})")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
