"""Memory of scikit-learn's estimators on 70,000 x 784 pixels, as fits of this workflow use them.

    python benchmarks/bench_estimators.py [ROWS]

Nine tenths of the rows train, one tenth is predicted; the images of tests/files are repeated. Each estimator is a process of its own with
one thread, and has few rounds, which changes its time and not its memory. Peaks are beside what the process has once libraries and images
are there, and over the bytes of the pixels that train. A learner gets the pixels as float32, once: 4 bytes for each. What is above is what
scikit-learn makes itself. A float64 copy, as users make of pixels / 255, alone has 8.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from bench_fashion import memory, ours
from stand_ins import images

from soak.tasks.task import Task, TaskRows

CLASSES = {
    "neighbors.KNeighborsClassifier": {},
    "tree.DecisionTreeClassifier": {"max_depth": 10},
    "ensemble.HistGradientBoostingClassifier": {"max_iter": 5},
    "linear_model.SGDClassifier": {"loss": "log_loss", "max_iter": 3, "tol": None},
    "linear_model.LogisticRegression": {"max_iter": 10},
    "ensemble.RandomForestClassifier": {"n_estimators": 10, "n_jobs": 1},
}


def rows_of(n_rows):
    """Train rows and test rows of a task of so many images."""
    pixels, labels = images()
    chosen = np.arange(n_rows) % len(labels)
    names, classes = tuple(map(str, range(784))), tuple(map(str, range(10)))
    y, subset = labels[chosen].astype(np.int32), np.full(n_rows, "all")
    task = Task("Images", "classification", pixels[chosen], names, 255.0, y, classes, subset, {})
    cut = 9 * n_rows // 10
    return TaskRows(task, np.arange(cut)), TaskRows(task, np.arange(cut, n_rows))


def measure(name, n_rows):
    """Peaks of training and of predicting, in this process."""
    train, test = rows_of(n_rows)
    settings = {"type": "estimator", "class": f"sklearn.{name}", "params": CLASSES[name]}
    steps = ours(name, settings, train, test)[:2]
    settled, peaks = memory("VmRSS"), []
    for step in steps:
        Path("/proc/self/clear_refs").write_text("5")  # Linux: begins the peak anew
        step()
        peaks.append(memory("VmHWM") - settled)
    mb = len(train) * train.task.features.shape[1] / 2**20
    print(f"{name:<42} {peaks[0]:>8.0f} {peaks[0] / mb:>6.1f} {peaks[1]:>8.0f} {peaks[1] / mb:>6.1f}", flush=True)


def main(n_rows):
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    print(f"{n_rows} x 784 pixels; peaks in MB, and over the bytes of the {9 * n_rows // 10} rows that train")
    print(f"{'sklearn.':<42} {'training':>8} {'':>6} {'predicting':>8}", flush=True)
    for name in CLASSES:
        subprocess.run(
            [sys.executable, "-W", "ignore", __file__, str(n_rows), name], env=os.environ | threads, check=True
        )


if __name__ == "__main__":
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 70_000
    main(rows) if len(sys.argv) < 3 else measure(sys.argv[2], rows)
