"""featureless: what can be said without looking at any feature, the baseline of every other learner."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from soak.config.learners import Featureless
from soak.learners.base import Fit, FitFailed, Prediction, TrainData, argmax_response
from soak.tasks.task import TaskRows


def fit(settings: Featureless, name: str, data: TrainData) -> Fit:
    """Take the (weighted) class frequencies of the train rows, or the mean of their target.

    A tie between classes is the first of them in label order, where R draws one at random for each prediction.
    """
    if not len(data.rows):
        raise FitFailed("the train set is empty")
    rows = data.rows
    if rows.task.type == "regression":
        values = np.array([np.average(rows.target.astype(np.float64), weights=rows.weights)])
    else:
        totals = np.bincount(rows.target, weights=rows.weights, minlength=len(rows.task.classes))
        values = totals / totals.sum()
    return Fit(predict={name: partial(_predict, values)})


def _predict(values: NDArray[np.float64], rows: TaskRows) -> Prediction:
    if rows.task.type == "regression":
        return Prediction(np.full(len(rows), values[0]))
    probabilities = np.tile(values, (len(rows), 1))
    return Prediction(argmax_response(probabilities), probabilities)
