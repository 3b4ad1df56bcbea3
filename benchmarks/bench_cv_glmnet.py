"""CPU seconds of cv_glmnet, beside glmstar's own cross-validation driver and, where there is one, R's cv.glmnet.

Run as ``OMP_NUM_THREADS=1 python benchmarks/bench_cv_glmnet.py [--rows 667]``.
``--images FILE --labels FILE`` takes other images than Fashion-MNIST's first 1000 of tests/files (IDX, gzipped).
All ways have the same inner folds and run in one process (R in its own, start and reading not counted). R is used
if Rscript is there and has the package glmnet (Debian: r-cran-glmnet).
"""

import argparse
import gzip
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from soak.learners.base import TrainData
from soak.learners.cv_glmnet import CvGlmnet
from soak.rrandom import RRandom
from soak.tasks.task import Task, TaskRows

DATA = Path(__file__).parents[1] / "tests" / "files" / "fashion-train-1000"
GOAL = 3.0
R_CODE = """
library(glmnet)
table <- as.matrix(read.csv("table.csv", header=FALSE))
x <- table[, -(1:2)]
y <- factor(table[, 1], levels=9:0)
used <- system.time(fit <- cv.glmnet(x, y, family="multinomial", foldid=table[, 2]))
cat(sprintf("%.3f %.17g %.17g", sum(used[1:2]), fit$lambda.min, fit$lambda.1se))
"""


def image_rows(images: Path, labels: Path, n_rows: int) -> TaskRows:
    """The first images as the train set of a task."""
    pixels = np.frombuffer(gzip.decompress(images.read_bytes()), np.uint8, offset=16).reshape(-1, 784)[:n_rows]
    codes = np.frombuffer(gzip.decompress(labels.read_bytes()), np.uint8, offset=8)[:n_rows].astype(np.int32)
    names, classes = tuple(map(str, range(784))), tuple(map(str, range(10)))
    subset = np.repeat("A", len(codes))
    task = Task("images", "classification", pixels, names, 255.0, codes, classes, subset, {})
    return TaskRows(task, np.arange(len(codes)))


def ours(rows: TaskRows, path: str) -> tuple[float, float, int]:
    """lambda.min, lambda.1se and the number of penalties of our fit."""
    fit = CvGlmnet(type="cv_glmnet", path=path).fit("cv_glmnet", TrainData(rows, 1, 0))
    return fit.info["lambda_min"], fit.info["lambda_1se"], fit.info["n_lambda"]


def glmstar(rows: TaskRows, fold: np.ndarray) -> tuple[float, float, int]:
    """The same of glmstar's driver. It does not interpolate as R does, and may choose other penalties."""
    import glmnet

    features, target = rows.features(np.float64), 9 - rows.target
    model = glmnet.MultiClassNet().fit(features, target)
    folds = [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(1, 11)]
    _, scores = model.cross_validation_path(features, target, cv=folds)
    name = next(key for key in scores.index_best.index if key.startswith("Multinomial Deviance"))
    return float(scores.index_best[name]), float(scores.index_1se[name]), len(model.lambda_values_)


def r_glmnet(rows: TaskRows, fold: np.ndarray) -> tuple[float, float, float] | None:
    """CPU seconds, lambda.min and lambda.1se of R's cv.glmnet; None without it."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        np.savetxt(
            f"{folder}/table.csv",
            np.column_stack([rows.target, fold, rows.features(np.float64)]),
            delimiter=",",
            fmt="%.17g",
        )
        ran = subprocess.run(["Rscript", "-e", R_CODE], cwd=folder, capture_output=True, text=True)
    if ran.returncode:
        print(f"R: {ran.stderr.strip().splitlines()[-1]}")
        return None
    seconds, smallest, within = map(float, ran.stdout.split()[-3:])
    return seconds, smallest, within


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of one call, and its result."""
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=667)
    parser.add_argument("--images", type=Path, default=DATA.with_name(DATA.name + "-images-idx3-ubyte.gz"))
    parser.add_argument("--labels", type=Path, default=DATA.with_name(DATA.name + "-labels-idx1-ubyte.gz"))
    parser.add_argument("--only", choices=["early", "full"], help="one way only")
    given = parser.parse_args()
    rows = image_rows(given.images, given.labels, given.rows)
    fold = np.asarray(RRandom(1).sample(np.resize(np.arange(1, 11), len(rows))))
    if given.only != "full":
        ours(image_rows(given.images, given.labels, 150), "early")  # compiles what is not compiled yet
    print(f"cv_glmnet on {len(rows)} rows x 784 features, 10 classes: CPU seconds, lambda.min, lambda.1se, penalties")
    seconds: dict[str, float] = {}
    ways: dict[str, Callable[[], tuple[float, float, int]]] = {
        "full": lambda: ours(rows, "full"),
        "early": lambda: ours(rows, "early"),
        "glmstar's driver": lambda: glmstar(rows, fold),
    }
    for name, way in ways.items():
        if given.only in (None, name):
            seconds[name], (smallest, within, count) = timed(way)
            print(f"{name:18} {seconds[name]:8.2f}  {smallest:.10g}  {within:.10g}  {count}", flush=True)
    found = None if given.only else r_glmnet(rows, fold)
    if found:
        seconds["R's cv.glmnet"] = found[0]
        print(f"{'R':18} {found[0]:8.2f}  {found[1]:.10g}  {found[2]:.10g}")
    for name in seconds.keys() - {"early"} if "early" in seconds else ():
        print(f"early takes {seconds[name] / seconds['early']:.2f} times less than {name} (goal: {GOAL:.0f} of R's)")


if __name__ == "__main__":
    main()
