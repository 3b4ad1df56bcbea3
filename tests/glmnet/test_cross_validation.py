"""The curve of a cross-validation: losses row by row, means and standard errors, and the lambdas that it chooses."""

import numpy as np
import pytest
import sklearn.metrics
from glmnet_cases import make_task
from hypothesis import given
from hypothesis import strategies as st

from soak.errors import FitFailed
from soak.glmnet.cross_validation import make_curve, row_losses, weighted_auc


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(1, 3)), min_size=2, max_size=25).filter(
        lambda rows: len({positive for positive, _, _ in rows}) == 2
    )
)
def test_weighted_auc_is_that_of_sklearn(rows):
    positive, score, weights = (np.array(column) for column in zip(*rows, strict=True))
    expected = sklearn.metrics.roc_auc_score(positive, score, sample_weight=weights)
    assert weighted_auc(positive, score * 1.0, weights * 1.0) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("n_classes", "name"),
    [(0, "deviance"), (0, "mae"), *((k, name) for k in (2, 3) for name in ("deviance", "class", "mse", "mae"))],
)
def test_losses_row_by_row(n_classes, name):
    """A plain loop over rows, lambdas and classes says the same."""
    task = make_task(n=12, n_classes=n_classes)
    outputs = n_classes if n_classes > 2 else 1
    link = np.random.default_rng(1).normal(size=(12, 4, outputs)) * 8
    family = {0: "gaussian", 2: "binomial", 3: "multinomial"}[n_classes]
    response = task.target if n_classes == 0 else np.eye(n_classes)[task.target]
    got = row_losses(family, name, link, response)
    for row in range(12):
        for step in range(4):
            if n_classes == 0:
                error = task.target[row] - link[row, step, 0]
                expected = abs(error) if name == "mae" else error**2
            else:
                raw = np.exp(np.r_[0, link[row, step]] if n_classes == 2 else link[row, step])
                p, truth = raw / raw.sum(), task.target[row]
                expected = {
                    "deviance": -2 * np.log(min(max(p[truth], 1e-5), 1 - 1e-5)),
                    "class": float(p.argmax() != truth),
                    "mse": sum((p[k] - (k == truth)) ** 2 for k in range(n_classes)),
                    "mae": sum(abs(p[k] - (k == truth)) for k in range(n_classes)),
                }[name]
            assert got[row, step] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_chosen_lambdas():
    lambdas = np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    losses = np.array([[9, 4.5, 2, 2, 3], [9, 5.5, 6, 6, 7.0]])
    fold = np.array([1, 1, 1, 2, 2, 2])
    curve = make_curve(lambdas, np.repeat(losses, 3, axis=0), fold, np.ones(6), "deviance")
    np.testing.assert_allclose(curve.mean, [9, 5, 4, 4, 5])
    np.testing.assert_allclose(curve.sd, [0, 0.5, 2, 2, 2])
    assert curve.lambda_min == 3  # the largest of the two best
    assert curve.lambda_1se == 4
    auc = make_curve(lambdas, losses / 10, fold, np.ones(6), "auc")
    assert auc.lambda_min == 5


def test_small_folds_count_each_row():
    lambdas, losses = np.array([2.0, 1.0]), np.array([[1.0, 2], [3, 2], [5, 8]])
    curve = make_curve(lambdas, losses, np.array([1, 2, 3]), np.ones(3), "mse")
    np.testing.assert_allclose(curve.mean, [3, 4])
    np.testing.assert_allclose(curve.sd, [np.sqrt(8 / 3 / 2), np.sqrt(8 / 2)])


def test_an_auc_that_some_folds_lack():
    values = np.array([[np.nan, np.nan], [0.5, 0.75], [0.7, 0.75]])
    curve = make_curve(np.array([2.0, 1.0]), values, np.arange(1, 4).repeat(10), np.ones(30), "auc")
    np.testing.assert_allclose(curve.mean, [0.6, 0.75])
    with pytest.raises(FitFailed, match="auc is undefined in every inner fold"):
        make_curve(np.array([2.0, 1.0]), values * np.nan, np.arange(1, 4).repeat(10), np.ones(30), "auc")
