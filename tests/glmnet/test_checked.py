"""cv_glmnet with ``path: checked``: the penalties of whole paths, and their coefficients as far as the path goes."""

from collections import Counter

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris, load_wine

from soak.glmnet import checked, cross_validation, multinomial
from soak.learners.base import TrainData
from soak.learners.cv_glmnet import CvGlmnet
from soak.tasks.task import Task, TaskRows


def make_task(features, target, scale=1.0):
    labels, codes = np.unique(target, return_inverse=True)
    names = tuple(f"x{column}" for column in range(features.shape[1]))
    classes = tuple(str(label) for label in labels)
    subset = np.repeat("A", len(codes))
    return Task("made", "classification", features, names, scale, codes.astype(np.int32), classes, subset, {})


def noisy(n=150, p=30, classes=4, seed=0):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, p))
    score = features[:, :3].sum(axis=1) + 2 * rng.normal(size=n)
    return make_task(features, np.digitize(score, np.quantile(score, np.arange(1, classes) / classes)))


CASES = {
    "iris": lambda: make_task(load_iris().data, load_iris().target),
    "wine": lambda: make_task(load_wine().data, load_wine().target),
    "digits": lambda: make_task(load_digits().data[:250].astype(np.uint8), load_digits().target[:250], 16.0),
    "noisy": noisy,
    "wide": lambda: noisy(n=60, p=200, classes=3),
}


@pytest.fixture
def both(monkeypatch):
    """Fits of a small table with checked and whole paths, by the solver of large ones."""
    monkeypatch.setattr(cross_validation, "_LARGE", 0)

    def fit(task, **settings):
        data = TrainData(TaskRows(task, np.arange(len(task.target))), 1, 0)
        return [CvGlmnet(type="cv_glmnet", path=path, **settings).fit("g", data) for path in ("checked", "full")]

    return fit


def assert_same(found, full):
    for key in ("lambda_min", "lambda_1se", "converged"):
        assert found.info[key] == full.info[key]
    assert found.tables["coefficients"].equals(full.tables["coefficients"])
    expected = full.tables["path"].iloc[: len(found.tables["path"])]
    for column in ("lambda", "nzero"):
        np.testing.assert_array_equal(found.tables["path"][column], expected[column])
    for column in ("cvm", "cvsd"):
        np.testing.assert_allclose(found.tables["path"][column], expected[column], rtol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_same_penalties_curve_and_coefficients(name, both):
    assert_same(*both(CASES[name]()))


@pytest.mark.parametrize("name", ["digits", "noisy"])
def test_paths_that_give_up_their_features_where_they_rest_have_the_same_bits(name, both, monkeypatch):
    task, made = CASES[name](), Counter()
    kept, _ = both(task)
    columns_of = multinomial.columns_of

    def counted(settings, stored, rows, response, weights):
        made[tuple(rows)] += 1
        return columns_of(settings, stored, rows, response, weights)

    monkeypatch.setattr(multinomial, "columns_of", counted)
    monkeypatch.setattr(checked, "CROWDED", 0)
    frugal, _ = both(task)
    assert made.total() > 5 * len(made)
    for table in ("coefficients", "path"):
        assert frugal.tables[table].equals(kept.tables[table])


@pytest.mark.parametrize(
    "settings",
    [{"alpha": 0.5}, {"folds": 3}, {"type_measure": "class"}, {"standardize": False}, {"maxit": 150}],
    ids=str,
)
def test_settings_mean_the_same(settings, both):
    assert_same(*both(noisy(n=90), **settings))


def test_it_stops_once_the_curve_has_turned(both):
    found, full = both(noisy())
    assert found.info["n_lambda"] < 0.9 * full.info["n_lambda"]
    curve = found.tables["path"]
    best = curve["cvm"].idxmin()
    assert (curve["cvm"].iloc[-5:] > curve["cvm"][best] + 3 * curve["cvsd"][best]).all()


@pytest.mark.parametrize(("limit", "value"), [("_CLEAR", np.inf), ("_PASSES", -1)])
def test_it_goes_on_as_r_where_the_check_does_not_clear_the_rest(limit, value, both, monkeypatch):
    monkeypatch.setattr(checked, limit, value)
    found, full = both(noisy())
    assert_same(found, full)
    assert found.info["n_lambda"] == full.info["n_lambda"]


def test_the_rest_is_looked_at_again_some_penalties_after_it_was_not_clear(both, monkeypatch):
    """5,000 images once went on to the end because one rough look had needed too many passes."""
    looks = []

    def stays_up(settings, train, inner, curve):
        looks.append(len(curve.lambdas))
        return len(looks) == 2

    monkeypatch.setattr(checked, "_stays_up", stays_up)
    monkeypatch.setattr(checked, "_AGAIN", 4)
    found, full = both(noisy())
    assert_same(found, full)
    assert looks[0] + 4 <= looks[1] == found.info["n_lambda"] < full.info["n_lambda"]


def test_early_names_checked():
    with pytest.raises(ValueError, match="early is gone; use checked"):
        CvGlmnet(type="cv_glmnet", path="early")
