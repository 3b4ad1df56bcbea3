"""featureless: the prediction that needs no feature, with which every other learner is compared."""

from functools import partial
from typing import ClassVar, Literal

import numpy as np

from soak.learners.base import Fit, FitFailed, FitSize, LearnerType, TrainData, constant_prediction


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

        A tie between classes is the first of them in label order, where R draws one at random for each prediction.
        """
        rows = data.rows
        if not len(rows):
            raise FitFailed("the train set is empty")
        if rows.task.type == "regression":
            values = np.array([np.average(rows.target.astype(np.float64), weights=rows.weights)])
        else:
            totals = np.bincount(rows.target, weights=rows.weights, minlength=len(rows.task.classes))
            values = totals / totals.sum()
        return Fit(predict={name: partial(constant_prediction, values)})
