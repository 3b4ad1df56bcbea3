"""Models of every learner type on train rows that lack classes."""

import json
from dataclasses import replace

import numpy as np
import pytest

from soak.errors import SoakError
from soak.fitting.model import fit_model
from soak.learners.base import FitFailed, TrainData
from soak.learners.catalog import learner
from soak.tasks.preparation import Incomplete
from soak.tasks.task import Task, TaskRows

LOGISTIC = "sklearn.linear_model.LogisticRegression"
LEARNERS = {
    "featureless": {"type": "featureless"},
    "cv_glmnet": {"type": "cv_glmnet", "folds": 3},
    "torch_mlp": {"type": "torch_mlp", "epochs": 3},
    "torch_graph": {"type": "torch_graph", "graph": ["head"], "epochs": 3, "validate": None},
    "logistic": {"type": "estimator", "class": LOGISTIC},
    "tuned": {"type": "estimator", "class": LOGISTIC, "tune": {"C": [0.1, 1.0]}, "scale": "standard"},
    "margins": {"type": "estimator", "class": "sklearn.svm.LinearSVC"},
}
EVERY = pytest.mark.parametrize("name", LEARNERS)


@pytest.fixture(scope="module")
def task():
    """Three classes of 20 rows that one feature divides."""
    random = np.random.default_rng(0)
    target = np.repeat(np.arange(3, dtype=np.int32), 20)
    features = random.normal(size=(60, 3)) + target[:, None] * [2, 0, 0]
    return Task("T", "classification", features, ("x", "y", "z"), 1.0, target, ("u", "v", "w"), np.repeat("A", 60), {})


def fit(task, name, rows):
    return fit_model(learner(LEARNERS[name]), name, TrainData(TaskRows(task, rows), 1, 2))


def predictions(task, fitted):
    return [predict(TaskRows(task, np.arange(60))) for predict in fitted.predict.values()]


@EVERY
def test_one_class_is_predicted_for_every_row(task, name):
    fitted = fit(task, name, np.arange(20, 40))
    assert list(fitted.predict) == list(learner(LEARNERS[name]).algorithms(name))
    assert fitted.info["note"] == "all train rows are of class 'v', which is predicted for every row"
    for found in predictions(task, fitted):
        assert (found.response == 1).all()
        if name == "margins":
            assert found.probabilities is None
        else:
            assert (found.probabilities == [0, 1, 0]).all()


@EVERY
@pytest.mark.parametrize("absent", [0, 1, 2])
def test_an_absent_class_has_probability_zero(task, name, absent):
    rows = np.flatnonzero(task.target != absent)
    fitted = fit(task, name, rows)
    assert f"no train row of class {task.classes[absent]}: probability 0" in fitted.info["note"]
    for found in predictions(task, fitted):
        assert absent not in found.response
        if found.probabilities is not None:
            assert not found.probabilities[:, absent].any()
            np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, rtol=1e-6)


@EVERY
def test_a_class_of_one_row_ends_no_fit(task, name):
    fitted = fit(task, name, np.arange(41))
    for found in predictions(task, fitted):
        assert set(found.response) <= {0, 1, 2}
        if found.probabilities is not None:
            np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, rtol=1e-6)


def test_all_classes_present_give_no_note(task):
    for name in LEARNERS:
        assert "note" not in fit(task, name, np.arange(60)).info


def test_networks_give_no_probability_to_what_they_have_not_seen(task):
    """A network has an output for each class; where the others round to 0, the present ones share alike."""
    certain = replace(task, features=task.features * 1e4)
    for found in predictions(certain, fit(certain, "torch_mlp", np.arange(40))):
        assert not found.probabilities[:, 2].any()
        assert np.isfinite(found.probabilities).all()


@pytest.mark.parametrize("name", ["torch_mlp", "logistic"])
def test_scaled_features_are_those_of_the_train_rows(task, name):
    """The same model as on features that were scaled beforehand, and its numbers."""
    rows = np.arange(0, 60, 2)
    mean, sd = task.features[rows].mean(axis=0), task.features[rows].std(axis=0)
    scaled = fit_model(learner({**LEARNERS[name], "scale": "standard"}), name, TrainData(TaskRows(task, rows), 1, 2))
    before = replace(task, features=(task.features - mean) / sd)
    expected = predictions(before, fit(before, name, rows))[0]
    np.testing.assert_allclose(predictions(task, scaled)[0].probabilities, expected.probabilities, rtol=1e-5)
    numbers = json.loads(scaled.info["prepared"])
    np.testing.assert_allclose(list(numbers["mean"].values()), mean)
    np.testing.assert_allclose(list(numbers["sd"].values()), sd)
    assert list(numbers["sd"]) == ["x", "y", "z"]


def test_missing_values_reach_only_what_can_take_them(task):
    """impute: none passes them on."""
    features = task.features.copy()
    features[::7, 0] = np.nan
    lacking = replace(task, features=features, incomplete=Incomplete("none", (0,)))
    trees = learner({"type": "estimator", "class": "sklearn.ensemble.HistGradientBoostingClassifier"})
    trees.check(lacking)
    fitted = fit_model(trees, "trees", TrainData(TaskRows(lacking, np.arange(60)), 1, 2))
    assert len(predictions(lacking, fitted)[0].response) == 60
    learner(LEARNERS["featureless"]).check(lacking)
    for name in ("cv_glmnet", "torch_mlp", "logistic"):
        with pytest.raises(
            SoakError, match=r"^cannot take missing values, and x lack some; set tasks\.T\.impute to mean"
        ):
            learner(LEARNERS[name]).check(lacking)


@EVERY
@pytest.mark.parametrize("fill", ["mean", "median", "most_frequent"])
def test_no_test_row_leaks_into_a_fit_or_into_another_prediction(task, name, fill):
    """With features filled in and scaled, predictions of a row stay when all other test rows change."""
    random = np.random.default_rng(3)
    features = task.features.copy()
    features[random.random(features.shape) < 0.3] = np.nan
    incomplete = Incomplete(fill, (0, 1, 2))
    settings = {**LEARNERS[name], "scale": "standard"} if name not in ("featureless", "cv_glmnet") else LEARNERS[name]
    rows, row = np.arange(0, 60, 2), 7

    def predicted(values):
        whole = replace(task, features=values, incomplete=incomplete)
        fitted = fit_model(learner(settings), name, TrainData(TaskRows(whole, rows), 1, 2))
        tested = TaskRows(whole, np.arange(1, 60, 2))
        found = [predict(tested) for predict in fitted.predict.values()]
        return fitted.info, [(one.response[row // 2], one.probabilities) for one in found]

    changed = features.copy()
    others = np.setdiff1d(np.arange(1, 60, 2), [row])
    changed[others] = random.normal(size=(len(others), 3)) * 1e3
    changed[others[::2], 1] = np.nan
    (info, before), (other_info, after) = predicted(features), predicted(changed)
    assert info.get("prepared") == other_info.get("prepared")
    for (response, probabilities), (other_response, other_probabilities) in zip(before, after, strict=True):
        assert response == other_response
        if probabilities is not None:
            np.testing.assert_allclose(probabilities[row // 2], other_probabilities[row // 2], rtol=1e-6)


def test_a_fit_that_diverges_names_scale(task):
    rows = TrainData(TaskRows(replace(task, features=task.features * 1e30), np.arange(60)), 1, 2)
    settings = {**LEARNERS["torch_mlp"], "optimizer": {"sgd": {"lr": 1000}}}
    with pytest.raises(FitFailed, match=r"^diverged: .*; try a lower learning rate, or scale: standard$"):
        fit_model(learner(settings), "mlp", rows)
    fit_model(learner({**settings, "scale": "standard", "optimizer": {"sgd": {"lr": 0.1}}}), "mlp", rows)
