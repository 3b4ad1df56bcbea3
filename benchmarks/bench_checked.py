"""How often ``path: checked`` of cv_glmnet chooses another penalty than whole paths, on small tables with fixed seeds.

Run as ``OMP_NUM_THREADS=1 python benchmarks/bench_checked.py [--curves 1000] [--first 0]``; 1,000 curves take about a quarter
of an hour. Tables have 40 to 160 rows, 5 to 60 features (some of them correlated), 3 to 6 classes, much or little noise.
"""

import argparse
import time

import numpy as np

from soak.errors import FitFailed
from soak.glmnet import cross_validation
from soak.learners.base import TrainData
from soak.learners.cv_glmnet import CvGlmnet
from soak.tasks.task import Task, TaskRows


def table(seed: int) -> TaskRows:
    """Rows of a made task."""
    draw = np.random.default_rng(seed)
    n, p, classes = int(draw.integers(40, 161)), int(draw.integers(5, 61)), int(draw.integers(3, 7))
    features = draw.normal(size=(n, p))
    if seed % 2:
        features = features @ (np.eye(p) + 0.5 * draw.normal(size=(p, p)) / np.sqrt(p))
    signal = features[:, : int(draw.integers(1, 5))].sum(axis=1) + draw.choice([0.3, 1.0, 2.0, 4.0]) * draw.normal(
        size=n
    )
    target = np.digitize(signal, np.quantile(signal, np.arange(1, classes) / classes)).astype(np.int32)
    names, labels = tuple(map(str, range(p))), tuple(map(str, range(classes)))
    task = Task("made", "classification", features, names, 1.0, target, labels, np.repeat("A", n), {})
    return TaskRows(task, np.arange(n))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--curves", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    given = parser.parse_args()
    cross_validation._LARGE = 0  # the solver of large tables
    counts = {"curves": 0, "ended before the whole": 0, "lambda_min": 0, "lambda_1se": 0}
    seconds = {"checked": 0.0, "full": 0.0}
    for seed in range(given.first, given.first + given.curves):
        info = {}
        for path in seconds:
            start = time.process_time()
            try:
                info[path] = CvGlmnet(type="cv_glmnet", path=path).fit("g", TrainData(table(seed), seed, 0)).info
            except FitFailed:
                break
            seconds[path] += time.process_time() - start
        if len(info) < 2:
            continue
        counts["curves"] += 1
        counts["ended before the whole"] += info["checked"]["n_lambda"] < info["full"]["n_lambda"]
        for key in ("lambda_min", "lambda_1se"):
            counts[key] += info["checked"][key] != info["full"][key]
    print(f"{counts['curves']} curves, of which {counts['ended before the whole']} ended before the whole path")
    print(f"another lambda.min in {counts['lambda_min']}, another lambda.1se in {counts['lambda_1se']}")
    print(f"CPU seconds: checked {seconds['checked']:.0f}, full {seconds['full']:.0f}")


if __name__ == "__main__":
    main()
