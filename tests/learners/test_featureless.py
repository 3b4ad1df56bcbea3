"""featureless agrees with R, also in the ties between classes, which R draws."""

from dataclasses import replace

import numpy as np
import pytest

from soak.learners.base import FitFailed, TrainData
from soak.learners.featureless import Featureless
from soak.measures import measure
from soak.tasks.task import TaskRows

SETTINGS = Featureless(type="featureless")
MEASURES = {
    "classif_ce": "zero_one_loss",
    "classif_logloss": "log_loss",
    "classif_auc": "roc_auc",
    "regr_mse": "mean_squared_error",
    "regr_mae": "mean_absolute_error",
    "regr_rsq": "r2",
}


def train(task, rows):
    return SETTINGS.fit("featureless", TrainData(TaskRows(task, np.asarray(rows)), 1, 0))


@pytest.mark.parametrize("table", ["digits", "threeeight", "diabetes"])
def test_scores_of_r(reference, table):
    task, splits = reference(table)
    splits = [split for split in splits if split.algorithm == "featureless"]
    assert len(splits) == {"digits": 27}.get(table, 18)
    for split in splits:
        prediction = train(task, split.train).predict["featureless"](TaskRows(task, split.test))
        for column, name in MEASURES.items():
            if column in split.scores:
                value = measure(name)(task.target[split.test], prediction, task.classes)
                assert value == pytest.approx(split.scores[column], rel=1e-12), column


def test_a_tie_is_drawn_anew_for_each_test_set(reference):
    task, _ = reference("threeeight")
    rows = np.r_[np.flatnonzero(task.target == 1)[:5], np.flatnonzero(task.target == 0)[:5]]
    predict = train(task, rows).predict["featureless"]
    prediction = predict(TaskRows(task, np.arange(5)))
    # R: set.seed(1); max.col(matrix(0.5, 5, 2)) is 2 2 1 1 2
    assert list(prediction.response) == [1, 1, 0, 0, 1]
    np.testing.assert_array_equal(prediction.probabilities, np.full((5, 2), 0.5))
    assert list(predict(TaskRows(task, np.arange(100, 103))).response) == [1, 1, 0]


def test_weights_count(reference):
    task, _ = reference("threeeight")
    weighted = replace(task, weights=np.where(task.target == 1, 3.0, 1.0))
    rows = np.r_[np.flatnonzero(task.target == 1)[:5], np.flatnonzero(task.target == 0)[:5]]
    prediction = train(weighted, rows).predict["featureless"](TaskRows(task, np.arange(2)))
    np.testing.assert_allclose(prediction.probabilities[0], [0.25, 0.75])
    numbers, _ = reference("diabetes")
    numbers = replace(numbers, weights=np.arange(len(numbers.target)) * 1.0)
    response = train(numbers, [1, 2]).predict["featureless"](TaskRows(numbers, np.arange(2))).response
    np.testing.assert_allclose(response, (numbers.target[1] + 2 * numbers.target[2]) / 3)


def test_an_absent_class_has_probability_zero(reference):
    task, _ = reference("digits")
    prediction = train(task, np.flatnonzero(task.target < 9)).predict["featureless"](TaskRows(task, np.arange(2)))
    assert prediction.probabilities[0, 9] == 0
    assert prediction.probabilities[0].sum() == pytest.approx(1)


def test_an_empty_train_set_fails(reference):
    task, _ = reference("digits")
    with pytest.raises(FitFailed, match="empty"):
        train(task, np.empty(0, np.int64))
