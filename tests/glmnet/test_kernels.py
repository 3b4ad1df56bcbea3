"""The compiled loops on a fit so small that they can also run as plain Python (make coverage does so)."""

import numpy as np
import pytest

from soak.learners.base import TrainData
from soak.learners.cv_glmnet import CvGlmnet
from soak.tasks.task import Task, TaskRows

SMALL = {"folds": 3, "nlambda": 8}


def small_task(kind, dtype=np.float64):
    draw = np.random.default_rng(2)
    target = np.arange(36) % 3
    features = draw.normal(size=(36, 5)) + np.eye(3, 5)[target] * 2
    if dtype is np.uint8:
        features = np.clip(30 * features + 100, 0, 255)
    if kind == "constant":
        features[:, 4] = 7
    columns = tuple(f"x{column}" for column in range(5))
    subset = np.repeat("A", 36)
    return Task(
        "T",
        "classification",
        features.astype(dtype),
        columns,
        1.0,
        target.astype(np.int32),
        ("a", "b", "c"),
        subset,
        {},
    )


@pytest.mark.parametrize("alpha", [1.0, 0.5, 0.0])
@pytest.mark.parametrize(("kind", "dtype"), [("plain", np.float64), ("constant", np.float64), ("bytes", np.uint8)])
def test_early_is_glmnets_own_path(kind, dtype, alpha):
    task = small_task(kind, dtype)
    rows = TaskRows(task, np.arange(36))
    data = TrainData(rows, 1, 0)
    early, full = (
        CvGlmnet(type="cv_glmnet", path=path, alpha=alpha, **SMALL).fit("g", data) for path in ("early", "full")
    )
    for key in ("lambda_min", "lambda_1se"):
        assert early.info[key] == pytest.approx(full.info[key], rel=1e-9)
    for algorithm in full.predict:
        got, expected = (fit.predict[algorithm](rows).probabilities for fit in (early, full))
        np.testing.assert_allclose(got, expected, atol=1e-5)
