"""The learners of config/fashion.yaml, a fit of each on a tenth fold's train rows, beside what a user would write.

    python benchmarks/bench_fashion.py [--folder FOLDER] [--rows 70000] [--learners tree,dense,…]

FOLDER has the four IDX files of Fashion-MNIST under the names that fashion.yaml gives them; without it the folder of Debian's package
dataset-fashion-mnist, and where that is missing the 1,000 images of tests/files again and again, as stand-ins: right for time and
memory of most learners, but not for what depends on the images (epochs until patience ends, sizes of trees).

Nine tenths of the rows train, one tenth is predicted. Each way is a process of its own with one thread: CPU seconds of training and
of predicting, and the peak beside what the process has once the libraries and the images are there. A user's way: scikit-learn's estimator with
the pixels in float64, and for networks a plain torch loop over all epochs of the config with an evaluation after each, then a refit of
as many epochs as ours chose.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).parents[1]
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
PARTS = {"train": "train", "test": "t10k"}


def read(folder, kind, header):
    """Bytes of both parts, one below the other."""
    files = [folder / f"{name}-{kind}-ubyte.gz" for name in PARTS.values()]
    return np.concatenate([np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8)[header:] for file in files])


def rows_of(folder, n_rows):
    """A task of so many images, shuffled, in two subsets as the published parts are; its train rows and test rows."""
    from bench_torch import fashion_rows

    from soak.tasks.task import Task, TaskRows

    if folder:
        pixels, labels = read(folder, "images-idx3", 16).reshape(-1, 784), read(folder, "labels-idx1", 8)
    else:
        task = fashion_rows(70_000).task
        pixels, labels = task.features, task.target
    chosen = np.random.default_rng(1).permutation(len(labels))[:n_rows]
    subset = np.where(chosen < 60_000, "train", "test")
    names, classes = tuple(map(str, range(784))), tuple(map(str, range(10)))
    target = labels[chosen].astype(np.int32)
    strata = {"y": labels[chosen].astype(str)}
    task = Task("Fashion", "classification", pixels[chosen], names, 255.0, target, classes, subset, strata)
    cut = 9 * n_rows // 10
    return TaskRows(task, np.arange(cut)), TaskRows(task, np.arange(cut, n_rows))


def ours(name, settings, train, test):
    """The learner of this library: functions that train and predict, and the epochs that it chose."""
    from soak.learners.base import TrainData
    from soak.learners.catalog import learner

    made = learner(settings)
    made.load()
    fitted = {}

    def fit():
        fitted["fit"] = made.fit(name, TrainData(train, 1, 1, "cpu"))

    def predict():
        for one in fitted["fit"].predict.values():
            one(test)

    return fit, predict, lambda: fitted["fit"].info.get("selected_epochs")


def users_estimator(settings, train, test):
    """scikit-learn's estimator on pixels in float64."""
    from soak.plugins import find_class

    model = find_class(settings["class"])(**settings.get("params", {}))
    X, y, T = train.task.features[train.rows] / 255.0, train.target, test.task.features[test.rows] / 255.0
    return partial(model.fit, X, y), partial(model.predict_proba, T), lambda: None


def users_loop(settings, train, test, epochs):
    """A plain torch loop."""
    import bench_torch
    import torch

    from soak.learners.catalog import learner
    from soak.networks.rows import split_halves

    torch.set_num_threads(1)
    bench_torch.RATE = settings["optimizer"]["sgd"]["lr"]
    made = learner(settings)
    X, y = torch.from_numpy(train.features(np.float32)), torch.from_numpy(train.target.astype(np.int64))
    one, other = split_halves(len(train), 0.5, train.strata, None, 1)

    def fit():
        bench_torch.bare_loop(made.network(train.task), X[one], y[one], (X[other], y[other]), epochs[0])
        fit.network = made.network(train.task)
        bench_torch.bare_loop(fit.network, X, y, None, epochs[1])

    def predict():
        with torch.no_grad():
            fit.network(torch.from_numpy(test.features(np.float32)))

    return fit, predict, lambda: None


def measure(way, name, folder, n_rows, epochs):
    """Train and predict in this process; prints JSON."""
    settings = yaml.safe_load((ROOT / "config/fashion.yaml").read_text())["learners"][name]
    train, test = rows_of(folder, n_rows)
    if way == "ours":
        fit, predict, chosen = ours(name, settings, train, test)
    elif settings["type"] == "estimator":
        fit, predict, chosen = users_estimator(settings, train, test)
    else:
        fit, predict, chosen = users_loop(settings, train, test, epochs)
    before = memory("VmRSS") if way == "ours" else memory("VmRSS") - copies(settings, train, test)
    Path("/proc/self/clear_refs").write_text("5")  # Linux: begins the peak anew
    start = time.process_time()
    fit()
    trained = time.process_time()
    predict()
    took = [trained - start, time.process_time() - trained, memory("VmHWM") - before, chosen()]
    print(json.dumps(took))


def copies(settings, train, test):
    """MB that a user's way holds before it trains: the pixels in the type that it takes."""
    width = 8 if settings["type"] == "estimator" else 4
    return width * 784 * (len(train) + (len(test) if width == 8 else 0)) / 2**20


def memory(kind):
    """MB of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind)) / 1024


def in_a_process(way, name, arguments, epochs=(0, 0)):
    """`measure` in a process with one thread."""
    command = [sys.executable, __file__, "--way", way, "--learners", name, "--rows", str(arguments.rows)]
    command += ["--epochs", json.dumps(epochs), *(["--folder", str(arguments.folder)] if arguments.folder else [])]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    done = subprocess.run(command, env=os.environ | threads, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Print the table."""
    config = yaml.safe_load((ROOT / "config/fashion.yaml").read_text())["learners"]
    names = [name for name, settings in config.items() if settings["type"] != "featureless"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=DEBIAN if DEBIAN.is_dir() else None)
    parser.add_argument("--rows", type=int, default=70_000)
    parser.add_argument("--learners", default=",".join(names))
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--epochs", type=json.loads, default=(0, 0), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        measure(arguments.way, arguments.learners, arguments.folder, arguments.rows, arguments.epochs)
        return
    print(f"{arguments.rows} rows of {'Fashion-MNIST' if arguments.folder else 'stand-ins'}, nine tenths train")
    print(f"{'learner':<12} {'way':<8} {'train s':>8} {'predict s':>9} {'peak MB':>8}")
    for name in arguments.learners.split(","):
        *mine, chosen = in_a_process("ours", name, arguments)
        *users, _ = in_a_process("a user's", name, arguments, (config[name].get("epochs", 0), chosen or 0))
        for way, (train, predict, peak) in (("ours", mine), ("a user's", users)):
            print(f"{name:<12} {way:<8} {train:>8.1f} {predict:>9.1f} {peak:>8.0f}")
        ratio = (mine[0] + mine[1]) / (users[0] + users[1])
        print(f"{name:<12} ours takes {ratio:.2f} times the CPU, {mine[2] / users[2]:.2f} times the memory", flush=True)


if __name__ == "__main__":
    main()
