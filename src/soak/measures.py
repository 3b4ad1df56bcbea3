"""Measures: how wrong, or how right, the predictions of one split are.

The seven usual ones are computed here, so that a job which scores need not import scikit-learn; the others are
functions of sklearn.metrics, imported when they are called.
"""

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from soak.errors import SoakError
from soak.names import nearest_name
from soak.plugins import find

if TYPE_CHECKING:  # not at run time: names of measures are checked while the config is read
    from soak.learners.base import Prediction

_EPSILON = 1e-15  # probabilities are clipped to [eps, 1 - eps], as mlr3's classif.logloss does

_Array = NDArray[Any]


@dataclass(frozen=True)
class Measure:
    """A number for the predictions of one split.

    Attributes
    ----------
    name : str
        As in the config; the column of scores.csv.
    task_type : {"classification", "regression"}
    needs_probabilities : bool
        Whether a learner without probabilities has no such score.
    greater_is_better : bool
    compute : function of (target, response or probabilities, number of classes)
    """

    name: str
    task_type: Literal["classification", "regression"]
    needs_probabilities: bool
    greater_is_better: bool
    compute: Callable[[_Array, _Array, int], float]

    def __call__(self, target: _Array, prediction: "Prediction", classes: Sequence[str]) -> float:
        """Score predictions; NaN where the measure cannot be had.

        Parameters
        ----------
        target : array of shape (n,)
            Class codes, or values for regression.
        prediction : Prediction
        classes : sequence of str
            The task's labels; empty for regression.
        """
        predicted = prediction.probabilities if self.needs_probabilities else prediction.response
        if predicted is None or not len(target):
            return float("nan")
        return float(self.compute(target, np.asarray(predicted), len(classes)))


def measure(name: str) -> Measure:
    """Find a measure by its name, or one of the user's own by its import path: a `Measure` in a module.

    Raises
    ------
    SoakError
        If there is none of this name, with the nearest names.

    Examples
    --------
    >>> measure("roc_auc").greater_is_better
    True
    """
    if "." in name:
        return _own(name)
    if name not in _MEASURES:
        raise SoakError(f"there is no measure '{name}'; {_near(name)}")
    return _MEASURES[name]


def _near(name: str) -> str:
    """The measure that is likely meant (rmse is root_mean_squared_error), or all of them by task type."""
    plain = re.sub("^neg_|_(score|loss|error)$", "", name.lower())
    initials = [one for one in _MEASURES if "".join(word[0] for word in one.split("_")) == plain]
    within = [one for one in _MEASURES if plain in one.split("_") or (len(plain) > 2 and one.startswith(plain))]
    near = next(iter(initials), None) or nearest_name(name, _MEASURES) or next(iter(within), None)
    if near:
        return f"did you mean '{near}'?"
    names: dict[str, list[str]] = {}
    for one in _MEASURES.values():
        names.setdefault(one.task_type, []).append(one.name)
    return "; ".join(f"for {task_type} there are {', '.join(those)}" for task_type, those in names.items())


@cache
def _own(path: str) -> Measure:
    """A measure of the user's own; its column in scores.csv is called as in the config."""
    found = find(path, "measure")
    if not isinstance(found, Measure):
        raise SoakError(f"measure: '{path}' is a {type(found).__name__}; needed is a soak.measures.Measure")
    return replace(found, name=path)


def known_measures() -> tuple[str, ...]:
    """Names of all measures."""
    return tuple(_MEASURES)


def _zero_one_loss(target: _Array, response: _Array, n_classes: int) -> float:
    return float(np.mean(target != response))


def _accuracy(target: _Array, response: _Array, n_classes: int) -> float:
    return float(np.mean(target == response))


def _log_loss(target: _Array, probabilities: _Array, n_classes: int) -> float:
    of_truth = probabilities[np.arange(len(target)), target].astype(np.float64)
    return float(-np.log(np.clip(of_truth, _EPSILON, 1 - _EPSILON)).mean())


def _roc_auc(target: _Array, probabilities: _Array, n_classes: int) -> float:
    """With two classes the area for the first, as in mlr3; with more the mean over classes, each against the rest."""
    counts = np.bincount(target, minlength=n_classes)
    if n_classes < 2 or not counts.all():
        return float("nan")
    if n_classes == 2:
        return _area(target == 0, probabilities[:, 0])
    return float(np.mean([_area(target == code, probabilities[:, code]) for code in range(n_classes)]))


def _area(positive: _Array, score: _Array) -> float:
    """Probability that a positive row has a higher score than a negative one; equal scores count half."""
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[inverse]  # the mean rank of equal scores
    n_positive = int(positive.sum())
    return float((rank[positive].mean() - (n_positive + 1) / 2) / (len(score) - n_positive))


def _mean_squared_error(target: _Array, response: _Array, n_classes: int) -> float:
    return float(np.mean((target - response) ** 2))


def _mean_absolute_error(target: _Array, response: _Array, n_classes: int) -> float:
    return float(np.mean(np.abs(target - response)))


def _r2(target: _Array, response: _Array, n_classes: int) -> float:
    """NaN where the target is constant, as in mlr3 (scikit-learn says 0 or 1)."""
    total = float(((target - target.mean()) ** 2).sum())
    return 1 - float(((target - response) ** 2).sum()) / total if total > 0 else float("nan")


def _sklearn(name: str, averages: bool = False) -> Callable[[_Array, _Array, int], float]:
    """A function of sklearn.metrics; what it refuses (a logarithm of a negative value, say) is NaN.

    ``averages``: with two classes the score of the first, with more the mean of all classes' scores.
    """

    def compute(target: _Array, predicted: _Array, n_classes: int) -> float:
        import sklearn.metrics

        options: dict[str, Any] = {}
        if averages:
            options = {"average": "macro"} if n_classes > 2 else {"pos_label": 0}
        if predicted.ndim == 2:
            predicted = predicted.astype(np.float64)
            predicted /= predicted.sum(axis=1, keepdims=True)  # float32 shares add up to 1 only nearly
            if name == "average_precision_score":
                if n_classes == 2:
                    predicted = predicted[:, 0]
            else:
                options["labels"] = np.arange(n_classes)
            if name == "top_k_accuracy_score" and n_classes == 2:
                return float("nan")  # the two best of two are always right
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return float(getattr(sklearn.metrics, name)(target, predicted, **options))
            except ValueError:
                return float("nan")

    return compute


def _classification() -> list[Measure]:
    by_response = [
        ("zero_one_loss", False, _zero_one_loss),
        ("accuracy", True, _accuracy),
        ("accuracy_score", True, _accuracy),
        ("balanced_accuracy", True, _sklearn("balanced_accuracy_score")),
        ("balanced_accuracy_score", True, _sklearn("balanced_accuracy_score")),
        ("cohen_kappa_score", True, _sklearn("cohen_kappa_score")),
        ("f1_score", True, _sklearn("f1_score", averages=True)),
        ("hamming_loss", False, _zero_one_loss),
        ("jaccard_score", True, _sklearn("jaccard_score", averages=True)),
        ("matthews_corrcoef", True, _sklearn("matthews_corrcoef")),
        ("precision_score", True, _sklearn("precision_score", averages=True)),
        ("recall_score", True, _sklearn("recall_score", averages=True)),
    ]
    by_probabilities = [
        ("log_loss", False, _log_loss),
        ("roc_auc", True, _roc_auc),
        ("roc_auc_score", True, _roc_auc),
        ("average_precision_score", True, _sklearn("average_precision_score", averages=True)),
        ("brier_score_loss", False, _sklearn("brier_score_loss")),
        ("d2_brier_score", True, _sklearn("d2_brier_score")),
        ("d2_log_loss_score", True, _sklearn("d2_log_loss_score")),
        ("top_k_accuracy_score", True, _sklearn("top_k_accuracy_score")),
    ]
    return [Measure(name, "classification", False, greater, compute) for name, greater, compute in by_response] + [
        Measure(name, "classification", True, greater, compute) for name, greater, compute in by_probabilities
    ]


def _regression() -> list[Measure]:
    own = [
        ("mean_squared_error", False, _mean_squared_error),
        ("mean_absolute_error", False, _mean_absolute_error),
        ("r2", True, _r2),
        ("r2_score", True, _r2),
    ]
    errors = (
        "root_mean_squared_error median_absolute_error max_error mean_absolute_percentage_error mean_pinball_loss "
        "mean_squared_log_error root_mean_squared_log_error mean_poisson_deviance mean_gamma_deviance "
        "mean_tweedie_deviance"
    )
    scores = "explained_variance_score d2_absolute_error_score d2_pinball_score d2_tweedie_score"
    others = [(name, False, _sklearn(name)) for name in errors.split()]
    others += [(name, True, _sklearn(name)) for name in scores.split()]
    return [Measure(name, "regression", False, greater, compute) for name, greater, compute in own + others]


_MEASURES = {measure.name: measure for measure in (*_classification(), *_regression())}
