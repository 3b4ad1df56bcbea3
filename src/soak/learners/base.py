"""What every learner takes and gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from soak.tasks.task import TaskRows


@dataclass(frozen=True)
class TrainData:
    """The rows of one train set, and all that may make a fit differ from another.

    Attributes
    ----------
    rows : TaskRows
    seed : int
        ``seed.train`` of the config; R's ``set.seed`` before each fit.
    torch_seed : int
        63 bits made of ``seed.train`` and the names of task, train set and learner: never of the order of jobs.
    device : str
        "auto", "cpu" or "cuda".
    """

    rows: TaskRows
    seed: int
    torch_seed: int
    device: str = "auto"


@dataclass(frozen=True)
class Prediction:
    """What a model says of n rows.

    Attributes
    ----------
    response : array of shape (n,)
        int32 class codes (into the task's classes), or float64 values for regression.
    probabilities : array of shape (n, n_classes), or None where the model has none
        Columns in the order of the task's classes, in the dtype the model computes in.
    """

    response: NDArray[Any]
    probabilities: NDArray[Any] | None = None


@dataclass(frozen=True)
class Fit:
    """A trained learner: one model per algorithm that it reports as.

    Attributes
    ----------
    predict : mapping of algorithm name to function of TaskRows giving a Prediction
    info : mapping
        Columns of fits.csv that the learner knows: converged, selected_epochs, lambda_min, lambda_1se, n_lambda.
    history : DataFrame with columns epoch, set, measure, value; None without epochs
    tables : mapping of name to DataFrame
        What else a scientist may read of the fit ("path", "coefficients", "tuning").
    """

    predict: Mapping[str, Callable[[TaskRows], Prediction]]
    info: Mapping[str, Any] = field(default_factory=dict)
    history: pd.DataFrame | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


class FitFailed(Exception):
    """The fit cannot give a model (it diverged, a class has too few rows): told in fits.csv, the others go on."""


def argmax_response(probabilities: NDArray[Any]) -> NDArray[np.int32]:
    """The most probable class of each row; a tie is the first of them in label order."""
    response: NDArray[np.int32] = probabilities.argmax(axis=1).astype(np.int32)
    return response
