"""A pack of fits of a class of tests/attacks/misbehaving.py."""

import shutil
from pathlib import Path

import numpy as np

from soak.fitting.run import Job
from soak.learners.estimator import Estimator
from soak.resampling.split_task import write_splits
from soak.resampling.splitter import SameOtherSizesCV
from soak.resampling.store import StoredSplits
from soak.tasks.task import Task

ATTACKS = Path(__file__).parents[1] / "attacks"
SETS = [("all.fold1", "d1"), ("A.fold1", "d2"), ("B.fold1", "d3"), ("all.fold2", "d4"), ("A.fold2", "d5")]


def misbehaving_job(folder, name="Base", **changed):
    """A job on a task of two subsets and two classes; copies the module to the folder, which must be the working one."""
    shutil.copy(ATTACKS / "misbehaving.py", folder)
    random = np.random.default_rng(1)
    subset = np.repeat(["A", "B"], 30)
    target = np.tile(np.int32([0, 1]), 30)
    features = random.normal(size=(60, 2)) + target[:, None]
    task = Task("T", "classification", features, ("x", "z"), 1.0, target, ("no", "yes"), subset, {})
    files = [folder / name for name in ("folds.parquet", "splits.csv", "train_sets.csv", "rows.parquet")]
    write_splits(SameOtherSizesCV(folds=2).instantiate(subset), "T", *files)
    splits = StoredSplits.open(files[0], files[1], files[3])
    settings = Estimator(**{"type": "estimator", "class": f"misbehaving.{name}"})
    return Job(task, "bad", settings, seed=1, splits=splits, **changed)
