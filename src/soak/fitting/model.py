"""A model of any learner type on any train rows: what is alike for all types stands here, around their own fits.

Train rows may lack classes that the task has. R ends there for some learners; here a class that no row trains has
probability 0, and a train set with one class gives the model that always predicts it.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from soak.learners.base import Fit, LearnerType, Prediction, TrainData, argmax_response, constant_prediction
from soak.names import listed
from soak.tasks.task import TaskRows

_Predict = Callable[[TaskRows], Prediction]


def fit_model(learner: LearnerType, name: str, data: TrainData) -> Fit:
    """Train a learner on the rows of a train set that has any.

    Parameters
    ----------
    learner : LearnerType
    name : str
        Its name in the config.
    data : TrainData

    Returns
    -------
    Fit
        Its ``info`` has a ``note`` where the train rows lack classes.

    Raises
    ------
    FitFailed
        If the rows do not allow a model.
    """
    task = data.rows.task
    if task.type == "regression":
        return learner.fit(name, data)
    counts = np.bincount(data.rows.target, minlength=len(task.classes))
    present, absent = np.flatnonzero(counts), np.flatnonzero(counts == 0)
    if not len(absent):
        return learner.fit(name, data)
    if len(present) == 1:
        label = task.classes[present[0]]
        predict = partial(_constant, (counts > 0).astype(np.float64), learner.gives_probabilities(task))
        note = f"all train rows are of class {label!r}, which is predicted for every row"
        return Fit(predict=dict.fromkeys(learner.algorithms(name), predict), info={"note": note})
    fit = learner.fit(name, data)
    labels = [task.classes[code] for code in absent]
    note = f"no train row of {'class' if len(labels) == 1 else 'classes'} {listed(labels)}: probability 0"
    return replace(
        fit,
        predict={algorithm: partial(_without, absent, predict) for algorithm, predict in fit.predict.items()},
        info={**fit.info, "note": "; ".join(filter(None, [note, fit.info.get("note")]))},
    )


def _constant(values: NDArray[np.float64], with_probabilities: bool, rows: TaskRows) -> Prediction:
    prediction = constant_prediction(values, rows)
    return prediction if with_probabilities else Prediction(prediction.response)


def _without(absent: NDArray[np.intp], predict: _Predict, rows: TaskRows) -> Prediction:
    """The prediction with probability 0 for absent classes, which networks give a little of."""
    prediction = predict(rows)
    if prediction.probabilities is None or not prediction.probabilities[:, absent].any():
        return prediction
    probabilities = prediction.probabilities.copy()
    probabilities[:, absent] = 0
    total = probabilities.sum(axis=1, keepdims=True)
    present = np.ones(probabilities.shape[1], probabilities.dtype)
    present[absent] = 0
    shares = np.where(total > 0, probabilities / np.where(total > 0, total, 1), present / present.sum())
    is_absent = np.isin(prediction.response, absent)
    return Prediction(np.where(is_absent, argmax_response(shares), prediction.response), shares)
