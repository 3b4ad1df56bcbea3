"""featureless: the prediction that needs no feature, with which every other learner is compared."""

from functools import partial
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from soak.learners.base import Fit, FitFailed, FitSize, LearnerType, Prediction, TrainData
from soak.rrandom import RRandom
from soak.tasks.task import TaskRows


class Featureless(LearnerType):
    """Predicts the most frequent class, with the class frequencies as probabilities; the mean for regression."""

    type: Literal["featureless"]

    is_reference: ClassVar[bool] = True

    def seconds(self, size: FitSize) -> float:
        return 1e-8 * size.n_train  # of 500 to 1,000 rows; one core of 2023

    def memory_mb(self, size: FitSize) -> int:
        return 500  # Python with NumPy and Arrow, and room

    def fit(self, name: str, data: TrainData) -> Fit:
        """Take the (weighted) class frequencies of the train rows, or the mean of their target.

        A tie between classes is drawn for each row of a test set as R draws it: right after ``set.seed``.
        """
        rows = data.rows
        if not len(rows):
            raise FitFailed("the train set is empty")
        if rows.task.type == "regression":
            mean = float(np.average(rows.target.astype(np.float64), weights=rows.weights))
            return Fit(predict={name: partial(_mean, mean)})
        totals = np.bincount(rows.target, weights=rows.weights, minlength=len(rows.task.classes))
        return Fit(predict={name: partial(_most_frequent, totals / totals.sum(), RRandom(data.seed))})


def _mean(mean: float, rows: TaskRows) -> Prediction:
    return Prediction(np.full(len(rows), mean))


def _most_frequent(frequencies: NDArray[np.float64], random: RRandom, rows: TaskRows) -> Prediction:
    """Predictions of a test set; ``random`` is the generator before it."""
    probabilities = np.tile(frequencies, (len(rows), 1))
    return Prediction(random.copy().max_col(probabilities).astype(np.int32), probabilities)
