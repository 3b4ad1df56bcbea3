"""A model of any learner type on any train rows: what is alike for all types stands here, around their own fits.

Features are completed and scaled by the train rows alone (`soak.tasks.preparation`), and test rows by the same numbers.
Train rows may lack classes that the task has. R ends there for some learners; here a class that no row trains has
probability 0, and a train set with one class gives the model that always predicts it.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from soak.learners.base import Fit, LearnerType, Prediction, TrainData, argmax_response, constant_prediction
from soak.names import listed
from soak.tasks.preparation import Preparation
from soak.tasks.task import Task, TaskRows

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
        Its functions take rows of the task as they are. ``info`` has a ``note`` where the train rows lack classes or
        values, and ``prepared``: as JSON what was filled in and scaled by.

    Raises
    ------
    FitFailed
        If the rows do not allow a model.
    """
    task = data.rows.task
    counts = np.bincount(data.rows.target, minlength=len(task.classes)) if task.classes else np.empty(0, np.intp)
    if np.count_nonzero(counts) == 1:
        label = task.classes[counts.argmax()]
        predict = partial(_constant, (counts > 0).astype(np.float64), learner.gives_probabilities(task))
        note = f"all train rows are of class {label!r}, which is predicted for every row"
        return Fit(predict=dict.fromkeys(learner.algorithms(name), predict), info={"note": note})
    preparation = None if learner.is_reference else data.rows.prepare(learner.scales)
    if preparation is None:
        return _of_present_classes(learner.fit(name, data), counts, task)
    fit = learner.fit(name, replace(data, rows=replace(data.rows, preparation=preparation)))
    prepared = {a: partial(_prepared, preparation, predict) for a, predict in fit.predict.items()}
    info = {"prepared": json.dumps(preparation.describe(task.feature_names), ensure_ascii=False)}
    if empty := preparation.without_values(task.feature_names):
        info |= _with_note(fit, f"no train row has a value of {listed(empty)}: 0 in all rows")
    return _of_present_classes(replace(fit, predict=prepared, info={**fit.info, **info}), counts, task)


def _with_note(fit: Fit, note: str) -> dict[str, str]:
    return {"note": "; ".join(filter(None, [note, fit.info.get("note")]))}


def _of_present_classes(fit: Fit, counts: NDArray[np.intp], task: Task) -> Fit:
    """The fit with probability 0 for classes without a train row; ``counts``: rows of each class."""
    absent = np.flatnonzero(counts == 0)
    if not len(absent):
        return fit
    labels = [task.classes[code] for code in absent]
    note = f"no train row of {'class' if len(labels) == 1 else 'classes'} {listed(labels)}: probability 0"
    predict = {algorithm: partial(_without, absent, predict) for algorithm, predict in fit.predict.items()}
    return replace(fit, predict=predict, info={**fit.info, **_with_note(fit, note)})


def _prepared(preparation: Preparation, predict: _Predict, rows: TaskRows) -> Prediction:
    return predict(replace(rows, preparation=preparation))


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
