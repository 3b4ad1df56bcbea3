"""cv_glmnet with ``path: early``: the lambdas of whole paths, and their coefficients as far as the path goes."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris, load_wine

from soak.glmnet.early import stored_features
from soak.glmnet.kernels import center_of
from soak.learners.base import FitFailed, TrainData
from soak.learners.cv_glmnet import CvGlmnet
from soak.tasks.task import Task, TaskRows


def make_task(features, target, scale=1.0):
    labels, codes = np.unique(target, return_inverse=True)
    names = tuple(f"x{column}" for column in range(features.shape[1]))
    classes = tuple(str(label) for label in labels)
    whole = Task("made", "classification", features, names, scale, codes.astype(np.int32), classes, codes, {})
    return replace(whole, subset=np.repeat("A", len(codes)))


def noisy(n=150, p=30, classes=4, seed=0):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, p))
    score = features[:, :3].sum(axis=1) + 2 * rng.normal(size=n)
    return make_task(features, np.digitize(score, np.quantile(score, np.arange(1, classes) / classes)))


def sklearn_task(load, n=None):
    data = load()
    return make_task(data.data[:n], data.target[:n])


CASES = {
    "iris": lambda: sklearn_task(load_iris),
    "wine": lambda: sklearn_task(load_wine),
    "digits": lambda: make_task(load_digits().data[:250].astype(np.uint8), load_digits().target[:250], 16.0),
    "noisy": noisy,
    "wide": lambda: noisy(n=60, p=200, classes=3),
    "constant features": lambda: make_task(np.column_stack([np.ones(150), load_iris().data]), load_iris().target),
}


def both(task, **settings):
    data = TrainData(TaskRows(task, np.arange(len(task.target))), 1, 0)
    return (CvGlmnet(type="cv_glmnet", path=path, **settings).fit("g", data) for path in ("early", "full"))


def assert_same(early, full, rtol=1e-6):
    for key in ("lambda_min", "lambda_1se"):
        assert early.info[key] == pytest.approx(full.info[key], rel=1e-9)
    known = len(early.tables["path"])
    expected = full.tables["path"].iloc[:known]
    for column in ("lambda", "cvm", "cvsd"):
        np.testing.assert_allclose(early.tables["path"][column], expected[column], rtol=rtol, atol=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_same_lambdas_curve_and_predictions(name):
    task = CASES[name]()
    early, full = both(task)
    assert_same(early, full)
    assert early.info["converged"]
    rows = TaskRows(task, np.arange(len(task.target)))
    for algorithm in full.predict:
        got, expected = (fit.predict[algorithm](rows).probabilities for fit in (early, full))
        np.testing.assert_allclose(got, expected, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_same_lambdas_on_noise(seed):
    early, full = both(noisy(n=[80, 150, 200][seed % 3], p=[5, 60][seed % 2], classes=3 + seed % 3, seed=seed))
    assert_same(early, full)


def test_it_stops_once_the_curve_has_turned():
    early, full = both(noisy())
    assert early.info["n_lambda"] < 0.8 * full.info["n_lambda"]
    curve = early.tables["path"]
    best = curve["cvm"].idxmin()
    assert (curve["cvm"].iloc[-3:] > curve["cvm"][best] + 2 * curve["cvsd"][best]).all()


@pytest.mark.parametrize(
    "settings",
    [
        {"alpha": 0.5}, {"alpha": 0.0}, {"nlambda": 20}, {"folds": 3}, {"thresh": 1e-9},
        {"type_measure": "class"}, {"type_measure": "mse"}, {"type_measure": "mae"},
    ],
    ids=str,
)  # fmt: skip
def test_settings_mean_the_same(settings):
    assert_same(*both(sklearn_task(load_wine), **settings), rtol=1e-4)  # a pass more or less, where rounding decides


def test_weights_mean_the_same():
    task = noisy()
    weights = np.random.default_rng(1).uniform(0.5, 2, len(task.target))
    assert_same(*both(replace(task, weights=weights)))


def test_too_few_passes_are_a_warning():
    early, full = both(sklearn_task(load_wine), maxit=150)
    for fit in (early, full):
        assert not fit.info["converged"]
        assert "not converged at lambda" in fit.info["reason"]
    assert_same(early, full)


@pytest.mark.parametrize("settings", [{"standardize": False}, {"type_logistic": "modified.Newton"}], ids=str)
def test_settings_that_early_does_not_know_give_the_whole_path(settings):
    early, full = both(noisy(n=90), **settings)
    assert early.tables["path"].equals(full.tables["path"])


def test_two_classes_give_the_whole_path():
    early, full = both(noisy(classes=2))
    assert early.tables["path"].equals(full.tables["path"])


def test_what_r_refuses_fails():
    task = noisy()
    for changed, message in (
        (replace(task, features=np.ones((150, 3))), "all features are constant"),
        (replace(task, features=np.full((150, 3), np.inf)), "missing or infinite"),
    ):
        with pytest.raises(FitFailed, match=message):
            next(both(changed))


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (np.arange(6.0).reshape(3, 2).astype(np.uint8), np.uint8),
        (np.arange(6).reshape(3, 2), np.float64),
        (np.arange(6.0).reshape(3, 2) / 10, np.float64),
        (np.eye(3, 2) > 0, np.uint8),
    ],
)
def test_bytes_stay_bytes_and_the_rest_is_float64(values, kept):
    task = replace(noisy(), features=values)
    x = stored_features(TaskRows(task, np.arange(3)))
    assert x.dtype == kept
    np.testing.assert_array_equal(x, values.T)


@pytest.mark.parametrize("alpha", [0.0, 0.2, 0.7, 1.0])
def test_the_center_has_the_least_penalty(alpha):
    rng = np.random.default_rng(3)
    for n in (3, 4, 7):
        values = np.where(rng.random(n) < 0.4, 0.0, rng.normal(size=n))
        grid = np.r_[np.linspace(-3, 3, 6001), values][:, None]
        penalties = ((1 - alpha) / 2 * (values - grid) ** 2 + alpha * np.abs(values - grid)).sum(axis=1)
        center = center_of(values, alpha)
        penalty = ((1 - alpha) / 2 * (values - center) ** 2 + alpha * np.abs(values - center)).sum()
        assert penalty <= penalties.min() + 1e-12
