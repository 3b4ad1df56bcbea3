"""Tasks and settings that the tests of the torch learners share."""

import gzip
from pathlib import Path

import numpy as np

from soak.learners.base import TrainData
from soak.learners.catalog import learner
from soak.tasks.task import Task, TaskRows

DATA = Path(__file__).parents[1] / "files"

CONV = [
    {"reshape": [1, 28, 28]},
    {"conv2d": {"out_channels": 20, "kernel_size": 6}},
    "relu",
    {"max_pool2d": 4},
    "flatten",
    {"linear": {"out_features": 50}},
    "relu",
    "head",
]
DENSE = [{"linear": 50}, "relu", "head"]


def read_fashion():
    """Pixels of shape (1000, 784), uint8, and class codes of the first Fashion-MNIST images."""
    images = gzip.decompress((DATA / "fashion-train-1000-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((DATA / "fashion-train-1000-labels-idx1-ubyte.gz").read_bytes())
    return np.frombuffer(images, np.uint8, offset=16).reshape(1000, 784), np.frombuffer(labels, np.uint8, offset=8)


def fashion_task(n_rows=1000, group=None):
    pixels, labels = read_fashion()
    y = labels[:n_rows].astype(np.int32)
    return Task(
        name="Fashion",
        type="classification",
        features=pixels[:n_rows],
        feature_names=tuple(f"p{i}" for i in range(784)),
        scale=255.0,
        target=y,
        classes=tuple(str(label) for label in range(10)),
        subset=np.full(n_rows, "train"),
        strata={"y": y.astype(str)},
        group=group,
        image_shape=(28, 28),
    )


def regression_task(n_rows=120, n_features=5):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(n_rows, n_features))
    y = X @ np.arange(1, n_features + 1) + 2 + rng.normal(scale=0.1, size=n_rows)
    names = tuple(f"x{i}" for i in range(n_features))
    return Task("Plane", "regression", X, names, 1.0, y, (), np.full(n_rows, "all"), {})


def settings(type="torch_mlp", **values):
    return learner({"type": type, **values})


def train_data(task, rows=None, torch_seed=11):
    return TrainData(TaskRows(task, np.arange(len(task.target)) if rows is None else rows), 1, torch_seed, "cpu")
