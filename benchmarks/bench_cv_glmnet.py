"""CPU seconds of cv_glmnet, beside glmstar's own cross-validation driver and, where there is one, R's cv.glmnet.

Run as ``OMP_NUM_THREADS=1 python benchmarks/bench_cv_glmnet.py [--rows 667]``.
``--images FILE --labels FILE`` takes other images than Fashion-MNIST's first 1000 of tests/files (IDX, gzipped). ``--only full``,
``checked`` or ``R`` times that alone, once: with thousands of rows the others take hours.
All ways have the same inner folds and run in one process (R in its own, start and reading not counted). R is used
if Rscript is there and has the package glmnet (Debian: r-cran-glmnet).
"""

import argparse
import gzip
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from soak.learners.base import TrainData
from soak.learners.cv_glmnet import CvGlmnet
from soak.rrandom import RRandom
from soak.tasks.task import Task, TaskRows

DATA = Path(__file__).parents[1] / "tests" / "files" / "fashion-train-1000"
NAME_OF_R = "R's cv.glmnet"
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


def line(name: str, used: float, found: Sequence[float]) -> str:
    """CPU seconds, lambda.min, lambda.1se and, if known, the number of penalties."""
    smallest, within, *count = found
    return f"{name:18} {used:8.2f}  {smallest:.10g}  {within:.10g}  {' '.join(map(str, count))}"


def alone(rows: TaskRows, fold: np.ndarray, way: str) -> str:
    """One way, timed once: its line of the table."""
    if way == "R":
        r = r_glmnet(rows, fold)
        return "R cannot be timed" if r is None else line(NAME_OF_R, r[0], r[1:])
    used, found = timed(lambda: ours(rows, way))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"{line(way, used, found)}; peak memory of the process {peak:.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=667)
    parser.add_argument("--images", type=Path, default=DATA.with_name(DATA.name + "-images-idx3-ubyte.gz"))
    parser.add_argument("--labels", type=Path, default=DATA.with_name(DATA.name + "-labels-idx1-ubyte.gz"))
    parser.add_argument("--rounds", type=int, default=2, help="each way is timed so often, the ways in turn")
    parser.add_argument("--only", choices=["full", "checked", "R"], help="time this way alone, once")
    given = parser.parse_args()
    rows = image_rows(given.images, given.labels, given.rows)
    fold = np.asarray(RRandom(1).sample(np.resize(np.arange(1, 11), len(rows))))
    compiling, _ = timed(lambda: ours(image_rows(given.images, given.labels, 200), "full"))
    print(f"first fit of 200 rows, which imports and, without a cache, compiles: {compiling:.1f} s CPU")
    print(
        f"cv_glmnet on {len(rows)} rows x 784 features, 10 classes: least CPU seconds of {1 if given.only else given.rounds}, penalties",
        flush=True,
    )
    if given.only:
        print(alone(rows, fold, given.only))
        return
    ways: dict[str, Callable[[], tuple[float, float, int]]] = {
        "full": lambda: ours(rows, "full"),
        "checked": lambda: ours(rows, "checked"),
        "glmstar's driver": lambda: glmstar(rows, fold),
    }
    seconds: dict[str, float] = {}
    found: dict[str, tuple[float, ...]] = {}
    for _ in range(given.rounds):
        for name, way in ways.items():
            used, found[name] = timed(way)
            seconds[name] = min(seconds.get(name, np.inf), used)
        r = r_glmnet(rows, fold)
        if r is not None:
            seconds[NAME_OF_R] = min(seconds.get(NAME_OF_R, np.inf), r[0])
            found[NAME_OF_R] = r[1:]
    for name, used in seconds.items():
        print(line(name, used, found[name]))
    if NAME_OF_R not in seconds:
        print(f"{NAME_OF_R}: skipped, no Rscript with the package glmnet (Debian: r-cran-glmnet)")
    for name in ("full", "checked"):
        for other in [way for way in seconds if way not in ("full", "checked")]:
            print(f"{name} takes {seconds[other] / seconds[name]:.2f} times less than {other}")


if __name__ == "__main__":
    main()
