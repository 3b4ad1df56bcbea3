"""Measures: how wrong, or how right, the predictions of one split are, and how such a number is shown to people.

`MEASURES` is the catalogue: a new measure is one more record there. The seven usual ones are computed here, so that a
job that scores need not import scikit-learn; the others are functions of sklearn.metrics, imported when they are called.
"""

import math
import re
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from soak.errors import SoakError, printable
from soak.names import nearest_name
from soak.plugins import find

_EPSILON = 1e-15  # probabilities are clipped to [eps, 1 - eps], as mlr3's classif.logloss does
LEAST_TEST_ROWS = 5  # of a subset in a fold: with fewer a score has few values, and folds differ by chance alone
LARGE = 1e6  # from where on people read a number with its power of ten
_SMALL = 1e-4  # and below which they do
_ROUNDING = 1e-15  # below which a number is the rounding of zero
_ALSO_CALLED = {"r_squared": "r2", "rsquared": "r2", "rsq": "r2", "auroc": "roc_auc"}  # nothing in their names says so

_labels: ContextVar[Mapping[str, str]] = ContextVar("labels", default=types.MappingProxyType({}))  # see `labelled`

_Array = NDArray[Any]
Compute = Callable[[_Array, _Array, int], float]
TaskType = Literal["classification", "regression", "both"]


class Predicted(Protocol):
    """What a measure needs of predictions: `soak.learners.base.Prediction` has it.

    (Learners do not import this module, so that a new measure trains nothing again.)
    """

    @property
    def response(self) -> _Array:
        """Class codes or values, shape (n,)."""

    @property
    def probabilities(self) -> _Array | None:
        """Shape (n, n_classes)."""


@dataclass(frozen=True)
class Measure:
    """A number for the predictions of one split.

    Attributes
    ----------
    name : str
        As in the config; the column of scores.csv.
    task_type : {"classification", "regression", "both"}
    needs_probabilities : bool
        Whether a learner without probabilities has no such score.
    greater_is_better : bool
    compute : function of (target, response or probabilities, number of classes)
        ``target`` and ``response`` have shape (n,): class codes from 0, or values for regression; ``probabilities``
        has shape (n, number of classes). NaN where the measure is undefined.
    label : str
        What sentences and axes call it, such as "log loss"; default: the last part of the name.
    percent : bool
        Whether the measure is a share of the test rows, which people read in percent.
    perfect : float, optional
        Its value for perfect predictions; None where it is unknown.
    worst : float, optional
        Its value for the worst possible predictions; None where there is no limit, or none is known.
    by_row : function of the same arguments as compute, optional
        An array of shape (n,) whose mean is the measure: the loss of each row. None if the measure is not such a mean.
    is_of_positive_class : bool
        Whether with two classes it is that of the positive class alone, which ``tasks.NAME.positive`` chooses.
    aliases : mapping of str to float
        Names in score tables from elsewhere (mlr3's, with ``_`` for ``.``), each with the factor from the number there
        to this measure.
    """

    name: str
    task_type: TaskType
    needs_probabilities: bool
    greater_is_better: bool
    compute: Compute
    label: str = ""
    percent: bool = False
    perfect: float | None = None
    worst: float | None = None
    by_row: Callable[[_Array, _Array, int], _Array] | None = None
    is_of_positive_class: bool = False
    aliases: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not self.label:
            object.__setattr__(self, "label", self.name.rpartition(".")[2].replace("_", " "))

    def __call__(self, target: _Array, prediction: Predicted, classes: Sequence[str]) -> float:
        """Score predictions; NaN where the measure is undefined or the model gives no probabilities for it.

        Parameters
        ----------
        target : array of shape (n,)
            Class codes, or values for regression.
        prediction : soak.learners.base.Prediction
        classes : sequence of str
            The task's labels; empty for regression.
        """
        predicted = prediction.probabilities if self.needs_probabilities else prediction.response
        if predicted is None or not len(target):
            return float("nan")
        try:
            return float(self._computed(self.compute, target, predicted, classes))
        except (TypeError, ValueError, OverflowError) as error:
            raise SoakError(
                f"measure {self.name}: expected a number, got another value ({printable(str(error))})"
            ) from error

    def row_values(self, target: _Array, prediction: Predicted, classes: Sequence[str]) -> _Array | None:
        """The measure of each row alone, of which a score is the mean; None where it is not such a mean."""
        predicted = prediction.probabilities if self.needs_probabilities else prediction.response
        if self.by_row is None or predicted is None:
            return None
        try:
            return np.asarray(self._computed(self.by_row, target, predicted, classes), dtype=float)
        except (TypeError, ValueError, OverflowError) as error:
            raise SoakError(f"measure {self.name}: expected a number for each row ({printable(str(error))})") from error

    def _computed(self, function: Any, target: _Array, predicted: Any, classes: Sequence[str]) -> Any:
        """What a function gives, which gets copies: it may be the user's own, and sort what others need as it is."""
        try:
            return function(np.array(target), np.array(predicted), len(classes))
        except (Exception, SystemExit) as error:
            reason = " ".join(printable(str(error)).split())
            raise SoakError(f"measure {self.name}: {type(error).__name__}: {reason}") from error

    def skill(self, value: float, reference: float) -> float:
        """Skill against a reference: 1 is perfect, 0 no better than the reference, below 0 worse.

        (value - reference) / (perfect - reference), for a loss 1 - value / reference: the skill score of forecasters
        (Murphy, 1988, doi 10.1175/1520-0493(1988)116<2417:SSBOTM>2.0.CO;2). NaN where the reference is perfect or no
        perfect value is known.

        Examples
        --------
        >>> measure("zero_one_loss").skill(0.36, reference=0.9), measure("accuracy").skill(0.64, reference=0.1)
        (0.6, 0.6)
        """
        if self.perfect is None or self.perfect == reference:
            return float("nan")
        return (value - reference) / (self.perfect - reference)

    @property
    def limits(self) -> tuple[float, float]:
        """The least and the largest value; infinite where no limit is known."""
        best, worst = (math.inf, -math.inf) if self.greater_is_better else (-math.inf, math.inf)
        ends = (best if self.perfect is None else self.perfect, worst if self.worst is None else self.worst)
        return min(ends), max(ends)

    @property
    def range(self) -> float:
        """The largest difference that two values can have; infinite where no limit is known."""
        low, high = self.limits
        return high - low

    def of_positive(self, code: int) -> "Measure":
        """The measure for tasks of two classes whose positive class is that of a code.

        `compute` takes the first class, code 0, for the positive one, as mlr3 does: it is given the classes in reverse
        if that is the second.
        """
        return (
            self
            if code == 0 or not self.is_of_positive_class
            else replace(self, compute=partial(_reversed, self.compute))
        )

    @property
    def factor(self) -> float:
        """Number shown = factor * value: 100 for percent, else 1."""
        return 100.0 if self.percent else 1.0

    @property
    def axis_label(self) -> str:
        """Label of an axis: "percent error", "log loss"."""
        return f"percent {self.label}" if self.percent else self.label

    def format(self, value: float) -> str:
        """A value as people read it, with its unit: "41.2 %", "0.123"."""
        return f"{self.number(value)} %" if self.percent else self.number(value)

    def number(self, value: float) -> str:
        """A value as people read it, scaled, without its unit: "41.2", "0.123"."""
        shown = self.factor * value
        if not math.isfinite(shown):
            return "-"
        if needs_power(shown) and not self.percent:
            return power_of_ten(shown, 2)
        return f"{shown:.{self._decimals(shown)}f}"

    def mean_sd(self, mean: float, sd: float) -> str:
        """Mean ± SD with equally many decimals, as in "10.0 ± 1.0"; the mean alone where the SD is undefined."""
        if not math.isfinite(sd):
            return self.number(mean)
        shown, spread = self.factor * mean, self.factor * sd
        if 0 < abs(shown) < _SMALL <= spread:  # a mean near zero has the decimals of its SD
            return f"{shown:.{self._decimals(spread)}f} ± {spread:.{self._decimals(spread)}f}"
        if needs_power(shown) and not self.percent:
            power = math.floor(math.log10(abs(shown)))
            return f"({shown / 10.0**power:.2f} ± {spread / 10.0**power:.2f})e{power}"
        return f"{self.number(mean)} ± {spread:.{self._decimals(shown)}f}"

    def _decimals(self, shown: float) -> int:
        """One decimal in percent, else three significant digits."""
        if self.percent or not math.isfinite(shown):
            return 1
        return max(0, 2 - math.floor(math.log10(abs(shown)))) if abs(shown) > _ROUNDING else 2


def needs_power(number: float) -> bool:
    """Whether people read a number of this size with its power of ten."""
    return abs(number) >= LARGE or _ROUNDING < abs(number) < _SMALL


def power_of_ten(value: float, decimals: int | None = None, sign: str = "") -> str:
    """A large or small number with its power of ten; by default with as many digits as it needs.

    Examples
    --------
    >>> power_of_ten(514911623, 2)
    '5.15e8'
    >>> power_of_ten(1.5e-11)
    '1.5e-11'
    """
    digits, power = f"{value:{sign}.{5 if decimals is None else decimals}e}".split("e")
    if decimals is None:
        digits = digits.rstrip("0").rstrip(".")
    return f"{digits}e{int(power)}"


def measure(name: str) -> Measure:
    """Find a measure by its name in the catalogue, or one of the user's own by its import path.

    Parameters
    ----------
    name : str
        A name of `MEASURES`, or the import path of a `Measure` in a module of the user's own, such as "my.regret".

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
    if name not in MEASURES:
        raise SoakError(f"there is no measure '{name}'; {_near(name)}")
    return MEASURES[name]


def column_measure(name: str) -> Measure:
    """The measure of a column of a score table: `measure`, or for an unknown name a loss of that name.

    Score tables from elsewhere may hold measures that are in no catalogue.

    Examples
    --------
    >>> column_measure("roc_auc").label, column_measure("regret_of_play").label
    ('area under the ROC curve', 'regret of play')
    """
    try:
        found = measure(name)
    except SoakError:
        found = Measure(name, "regression", False, False, _unknown)
    label = _labels.get().get(name)
    return replace(found, label=label) if label else found


@contextmanager
def labelled(labels: Mapping[str, str]) -> Iterator[None]:
    """Within this context `column_measure` gives measures the labels of the config, by their names."""
    token = _labels.set(labels)
    try:
        yield
    finally:
        _labels.reset(token)


def _unknown(target: _Array, predicted: _Array, n_classes: int) -> float:
    """How to compute a measure of unknown name is unknown."""
    return float("nan")


def _near(name: str) -> str:
    """The measure that is likely meant (rmse is root_mean_squared_error), or all of them by task type."""
    plain = re.sub("^neg_|_(score|loss|error)$", "", name.lower())
    initials = [known for known in MEASURES if "".join(word[0] for word in known.split("_")) == plain]
    within = [known for known in MEASURES if plain in known.split("_") or (len(plain) > 2 and known.startswith(plain))]
    near = (
        _ALSO_CALLED.get(plain)
        or next(iter(initials), None)
        or nearest_name(name, MEASURES)
        or next(iter(within), None)
    )
    if near:
        return f"did you mean '{near}'?"
    names: dict[str, list[str]] = {}
    for known in MEASURES.values():
        names.setdefault(known.task_type, []).append(known.name)
    return "; ".join(f"for {task_type} there are {', '.join(those)}" for task_type, those in names.items())


@cache
def _own(path: str) -> Measure:
    """A measure of the user's own; its column in scores.csv is called as in the config."""
    found = find(path, "measure")
    if not isinstance(found, Measure):
        raise SoakError(f"measure: expected '{path}' to be a soak.measures.Measure, got {type(found).__name__}")
    return replace(found, name=path)


def _is_wrong(target: _Array, response: _Array, n_classes: int) -> _Array:
    return np.asarray(target != response)


def _reversed(compute: Compute, target: _Array, predicted: _Array, n_classes: int) -> float:
    """A measure of predictions with the two classes in reverse order."""
    return compute(1 - target, predicted[:, ::-1] if predicted.ndim == 2 else 1 - predicted, n_classes)


def _zero_one_loss(target: _Array, response: _Array, n_classes: int) -> float:
    return float(np.mean(target != response))


def _is_right(target: _Array, response: _Array, n_classes: int) -> _Array:
    return np.asarray(target == response)


def _accuracy(target: _Array, response: _Array, n_classes: int) -> float:
    return float(np.mean(target == response))


def _log_losses(target: _Array, probabilities: _Array, n_classes: int) -> _Array:
    of_truth = probabilities[np.arange(len(target)), target].astype(np.float64)
    return np.asarray(-np.log(np.clip(of_truth, _EPSILON, 1 - _EPSILON)))


def _log_loss(target: _Array, probabilities: _Array, n_classes: int) -> float:
    return float(_log_losses(target, probabilities, n_classes).mean())


def _roc_auc(target: _Array, probabilities: _Array, n_classes: int) -> float:
    """With two classes the area for the first, as in mlr3; with more the mean over classes, each against the rest."""
    counts = np.bincount(target, minlength=n_classes)
    if n_classes < 2 or not counts.all():
        return float("nan")
    if n_classes == 2:
        return _area(target == 0, probabilities[:, 0])
    return float(np.mean([_area(target == code, probabilities[:, code]) for code in range(n_classes)]))


def _area(positive: _Array, score: _Array) -> float:
    """Probability that a positive row has a higher score than a negative one; equal scores count half.

    By ranks, as the statistic of Mann and Whitney: (mean rank of the positive rows - (n_positive + 1) / 2) / n_negative.
    """
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[inverse]  # the mean rank of equal scores
    n_positive = int(positive.sum())
    return float((rank[positive].mean() - (n_positive + 1) / 2) / (len(score) - n_positive))


def _squared_errors(target: _Array, response: _Array, n_classes: int) -> _Array:
    return np.asarray((target - response) ** 2)


def _mean_squared_error(target: _Array, response: _Array, n_classes: int) -> float:
    return float(np.mean((target - response) ** 2))


def _absolute_errors(target: _Array, response: _Array, n_classes: int) -> _Array:
    return np.asarray(np.abs(target - response))


def _mean_absolute_error(target: _Array, response: _Array, n_classes: int) -> float:
    return float(np.mean(np.abs(target - response)))


def _r2(target: _Array, response: _Array, n_classes: int) -> float:
    """NaN where the target is constant, as in mlr3 (scikit-learn says 0 or 1)."""
    total = float(((target - target.mean()) ** 2).sum())
    return 1 - float(((target - response) ** 2).sum()) / total if total > 0 else float("nan")


def _sklearn(name: str, averages: bool = False) -> Compute:
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
            predicted /= predicted.sum(axis=1, keepdims=True)  # shares in float32 add up to 1 only nearly
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


def _loss(task_type: TaskType, name: str, compute: Compute, *, probabilities: bool = False, **facts: Any) -> Measure:
    """A record of which smaller values are better, and 0 is perfect."""
    return Measure(name, task_type, probabilities, greater_is_better=False, compute=compute, perfect=0.0, **facts)


def _score(task_type: TaskType, name: str, compute: Compute, *, probabilities: bool = False, **facts: Any) -> Measure:
    """A record of which greater values are better, and 1 is perfect."""
    return Measure(name, task_type, probabilities, greater_is_better=True, compute=compute, perfect=1.0, **facts)


def _also_by_long_name(record: Measure) -> tuple[Measure, Measure]:
    """A measure by its short name and by that of sklearn.metrics, NAME_score."""
    return record, replace(record, name=f"{record.name}_score", aliases={})


_CLASSES: TaskType = "classification"
_NUMBERS: TaskType = "regression"

_RECORDS = (
    # Of predicted classes
    _loss(
        _CLASSES,
        "zero_one_loss",
        _zero_one_loss,
        label="error",
        percent=True,
        worst=1.0,
        by_row=_is_wrong,
        aliases={"classif_ce": 1.0, "percent_error": 0.01},
    ),
    *_also_by_long_name(
        _score(_CLASSES, "accuracy", _accuracy, percent=True, worst=0.0, by_row=_is_right, aliases={"classif_acc": 1.0})
    ),
    *_also_by_long_name(
        _score(
            _CLASSES,
            "balanced_accuracy",
            _sklearn("balanced_accuracy_score"),
            percent=True,
            worst=0.0,
            aliases={"classif_bacc": 1.0},
        )
    ),
    _score(_CLASSES, "cohen_kappa_score", _sklearn("cohen_kappa_score")),
    _score(_CLASSES, "f1_score", _sklearn("f1_score", averages=True), is_of_positive_class=True),
    _loss(_CLASSES, "hamming_loss", _zero_one_loss, worst=1.0, by_row=_is_wrong),
    _score(_CLASSES, "jaccard_score", _sklearn("jaccard_score", averages=True), is_of_positive_class=True),
    _score(_CLASSES, "matthews_corrcoef", _sklearn("matthews_corrcoef")),
    _score(_CLASSES, "precision_score", _sklearn("precision_score", averages=True), is_of_positive_class=True),
    _score(_CLASSES, "recall_score", _sklearn("recall_score", averages=True), is_of_positive_class=True),
    # Of predicted probabilities
    _loss(_CLASSES, "log_loss", _log_loss, probabilities=True, by_row=_log_losses, aliases={"classif_logloss": 1.0}),
    *_also_by_long_name(
        _score(
            _CLASSES,
            "roc_auc",
            _roc_auc,
            probabilities=True,
            label="area under the ROC curve",
            aliases={"classif_auc": 1.0},
        )
    ),
    _score(
        _CLASSES,
        "average_precision_score",
        _sklearn("average_precision_score", averages=True),
        probabilities=True,
        is_of_positive_class=True,
    ),
    _loss(_CLASSES, "brier_score_loss", _sklearn("brier_score_loss"), probabilities=True),
    _score(_CLASSES, "d2_brier_score", _sklearn("d2_brier_score"), probabilities=True),
    _score(_CLASSES, "d2_log_loss_score", _sklearn("d2_log_loss_score"), probabilities=True),
    _score(_CLASSES, "top_k_accuracy_score", _sklearn("top_k_accuracy_score"), probabilities=True),
    # Of predicted numbers
    _loss(_NUMBERS, "mean_squared_error", _mean_squared_error, by_row=_squared_errors, aliases={"regr_mse": 1.0}),
    _loss(_NUMBERS, "mean_absolute_error", _mean_absolute_error, by_row=_absolute_errors, aliases={"regr_mae": 1.0}),
    *_also_by_long_name(_score(_NUMBERS, "r2", _r2, label="R²", aliases={"regr_rsq": 1.0})),
    _loss(
        _NUMBERS,
        "root_mean_squared_error",
        _sklearn("root_mean_squared_error"),
        aliases={"regr_rmse": 1.0},
    ),
    _loss(_NUMBERS, "median_absolute_error", _sklearn("median_absolute_error")),
    _loss(_NUMBERS, "max_error", _sklearn("max_error")),
    _loss(_NUMBERS, "mean_absolute_percentage_error", _sklearn("mean_absolute_percentage_error")),
    _loss(_NUMBERS, "mean_pinball_loss", _sklearn("mean_pinball_loss")),
    _loss(_NUMBERS, "mean_squared_log_error", _sklearn("mean_squared_log_error")),
    _loss(_NUMBERS, "root_mean_squared_log_error", _sklearn("root_mean_squared_log_error")),
    _loss(_NUMBERS, "mean_poisson_deviance", _sklearn("mean_poisson_deviance")),
    _loss(_NUMBERS, "mean_gamma_deviance", _sklearn("mean_gamma_deviance")),
    _loss(_NUMBERS, "mean_tweedie_deviance", _sklearn("mean_tweedie_deviance")),
    _score(_NUMBERS, "explained_variance_score", _sklearn("explained_variance_score")),
    _score(_NUMBERS, "d2_absolute_error_score", _sklearn("d2_absolute_error_score")),
    _score(_NUMBERS, "d2_pinball_score", _sklearn("d2_pinball_score")),
    _score(_NUMBERS, "d2_tweedie_score", _sklearn("d2_tweedie_score")),
)
MEASURES: dict[str, Measure] = {record.name: record for record in _RECORDS}
# What a task is measured by if the config names no measures
DEFAULT_MEASURES: dict[str, tuple[str, ...]] = {
    "classification": ("zero_one_loss", "log_loss"),
    "regression": ("mean_squared_error", "mean_absolute_error"),
}
