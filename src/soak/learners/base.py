"""What a learner type is, what its fit takes, and what it gives back."""

import importlib.metadata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.machinery import PathFinder
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from soak.errors import FitFailed, SoakError
from soak.names import listed
from soak.plugins import DISTRIBUTIONS
from soak.settings import Label, Settings
from soak.tasks.task import Task, TaskRows

__all__ = [
    "Fit",
    "FitFailed",
    "FitSize",
    "LearnerType",
    "Prediction",
    "TrainData",
    "argmax_response",
    "check_prediction",
    "check_probabilities",
    "class_codes",
    "constant_prediction",
    "predicted_column",
    "set_random_states",
]


_ROUNDING = 1e-4  # by which probabilities in float32 may miss their limits


@dataclass(frozen=True)
class FitSize:
    """The size of a fit, from which its time and memory are estimated before it begins.

    Attributes
    ----------
    n_train : int
        Rows of the train set.
    n_rows, n_features : int
        Shape of the task's feature matrix.
    n_outputs : int
        Number of classes; 1 for regression.
    """

    n_train: int
    n_rows: int
    n_features: int
    n_outputs: int

    @property
    def train_cells(self) -> int:
        """Products of a feature and an output that one pass over the train rows computes."""
        return self.n_train * self.n_features * self.n_outputs

    @property
    def matrix_mb(self) -> float:
        """MB of the task's feature matrix with one byte per value: in float64 it is 8 times as much."""
        return self.n_rows * self.n_features / 1e6


@dataclass(frozen=True)
class TrainData:
    """The rows of one train set, and everything else that the result of a fit depends on.

    Attributes
    ----------
    rows : TaskRows
    seed : int
        ``seed.train`` of the config; R's ``set.seed`` before each fit.
    torch_seed : int
        63 bits that follow from ``seed.train`` and the names of task, train set and learner, whatever the order of
        jobs. For all generators of random numbers but R's.
    device : str
        "auto", "cpu" or "cuda".
    """

    rows: TaskRows
    seed: int
    torch_seed: int
    device: str = "auto"


@dataclass(frozen=True)
class Prediction:
    """Predictions of a model for n rows.

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
        Values for the columns of fits.csv: converged, selected_epochs, lambda_min, lambda_1se, n_lambda; ``reason`` for
        a fit that gives a model but has a problem; ``note`` for what a reader of its scores must know.
    history : DataFrame with columns epoch, set, measure, value; None without epochs
    tables : mapping of name to DataFrame
        Further results for a scientist to read: "path", "coefficients", "tuning".
    """

    predict: Mapping[str, Callable[[TaskRows], Prediction]]
    info: Mapping[str, Any] = field(default_factory=dict)
    history: pd.DataFrame | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


class LearnerType(Settings):
    """A type of learner; an instance is a configured learner, its fields the keys of the config.

    A type is one module of ``soak.learners``, found by being there, with one subclass of this class that has the
    field ``type: Literal["name_of_the_module"]``. All types are imported to check a config, also by the process in
    which Snakemake runs: a library that takes time to import is imported inside of `load`, `check` and `fit`.

    Attributes
    ----------
    packages : tuple of str
        Distributions whose versions a fit depends on: with another version it is made again.
    is_reference : bool
        Whether its predictions use no feature, so that the others are compared with it.
    uses_gpu : bool
        Whether fits run on the device that the config's ``execution.device`` names; its jobs ask for a GPU.
    runs_other_code : bool
        Whether fits run code that is not this library's own, which may draw from any generator and change any setting.
    history_figure : str
        Name of the figure that shows the history of its fit on a whole task; "" if there is none.
    """

    packages: ClassVar[tuple[str, ...]] = ("numpy",)
    is_reference: ClassVar[bool] = False
    uses_gpu: ClassVar[bool] = False
    runs_other_code: ClassVar[bool] = False
    history_figure: ClassVar[str] = ""

    type: str
    label: Label | None = Field(
        default=None,
        exclude=True,  # another one trains nothing again
        description="what figures, report and sentences call it",
        examples=["L1 linear model"],
    )

    def algorithms(self, name: str) -> tuple[str, ...]:
        """Names of the algorithms that the learner called ``name`` reports as."""
        return (name,)

    def only_for(self) -> tuple[str, str] | None:
        """The one task type that the settings allow, with a reason; None if they allow both, or it is not known.

        Returns
        -------
        (task type, reason), or None
            "classification" or "regression", and a clause that names the key, such as "type_measure: auc is for
            classification".
        """
        return None

    def suits(self, task_type: str) -> bool:
        """Whether the settings allow a task type, "classification" or "regression", as far as it is known."""
        only = self.only_for()
        return only is None or only[0] == task_type

    def import_paths(self) -> tuple[str, ...]:
        """Import paths of classes that the settings name: the user's own, or those of an installed package."""
        return ()

    def check_class(self) -> None:
        """Refuse an installed class that cannot be a learner, as far as that is seen without data.

        Raises
        ------
        SoakError
            The message begins with the key below the learner's name.
        """

    def versions(self) -> dict[str, str]:
        """Versions of the packages that a fit depends on; a package that is not installed is left out."""
        own = (_distribution(path.partition(".")[0]) for path in self.import_paths())
        return {name: found for name in sorted({*self.packages, *own}) if (found := _version(name))}

    def seconds(self, size: FitSize) -> float:
        """CPU seconds of one fit, to an order of magnitude: from them follow fits per job and the time that it asks for."""
        raise NotImplementedError

    def memory_mb(self, size: FitSize) -> int:
        """Memory that a job of fits asks for, MB: the interpreter with its libraries, and copies of the matrix.

        On the smallest tasks Python with NumPy and Arrow takes 140 MB, and the Snakemake that starts it on a cluster
        180 MB (``peak_mb`` of times.csv and ``max_rss`` of Snakemake's benchmark).
        """
        raise NotImplementedError

    def smaller(self) -> dict[str, Any]:
        """Keys with other values for a trial (``make smoke``): much less work, and the same code and memory."""
        return {}

    def work_ratio(self) -> float:
        """How many times the work of the `smaller` version the whole one does, at most."""
        return 1.0

    @property
    def needs_check(self) -> bool:
        """Whether a task may be at odds with the settings, so that a job checks them before the first fit."""
        return False

    @property
    def scales(self) -> bool:
        """Whether it is given features of zero mean and unit variance, as computed on the train rows."""
        return False

    @property
    def needs_even_scales(self) -> bool:
        """Whether it trains badly on features of very different scales, and does not scale them."""
        return False

    def takes_missing_values(self, task: Task) -> bool:
        """Whether it can be fitted where features lack values."""
        return self.is_reference

    def gives_probabilities(self, task: Task) -> bool:
        """Whether its models give a probability for each class of a task."""
        return True

    def load(self) -> None:
        """Import what a fit uses, so that importing it is not counted as training."""

    def check(self, task: Task) -> dict[str, str]:
        """Check without training that the settings are right for a task.

        Returns
        -------
        dict
            Descriptions for the report: ``network``, the network as torch prints it.

        Raises
        ------
        SoakError
            The message begins with the key below the learner's name, as in ``graph: operation 3 (linear), …``.
        """
        only = self.only_for()
        if only is not None and only[0] != task.type:
            raise SoakError(f"cannot do {task.type}: {only[1]}")
        if task.incomplete is not None and task.incomplete.fill == "none" and not self.takes_missing_values(task):
            names = listed([task.feature_names[feature] for feature in task.incomplete.features])
            raise SoakError(
                f"cannot take missing values, and {names} lack some; set tasks.{task.name}.impute to mean, median or "
                f"most_frequent, or name the learners that can in tasks.{task.name}.learners"
            )
        return {}

    def fit(self, name: str, data: TrainData) -> Fit:
        """Train on the rows of a train set: at least one row, and for classification rows of two classes or more.

        (`soak.fitting.model.fit_model` is what calls it: it answers for all types where there are fewer.)

        Parameters
        ----------
        name : str
            The learner's name in the config, from which the names of its `algorithms` are made.

        Raises
        ------
        FitFailed
            If the rows do not allow a model.
        """
        raise NotImplementedError


def argmax_response(probabilities: NDArray[Any]) -> NDArray[np.int32]:
    """The most probable class of each row; of several that are equally probable the first in label order."""
    response: NDArray[np.int32] = probabilities.argmax(axis=1).astype(np.int32)
    return response


def check_prediction(prediction: Prediction, task: Task, n_rows: int) -> None:
    """Refuse what is not a prediction of so many rows of a task.

    Raises
    ------
    FitFailed
        Responses are not classes of the task (for regression: finite numbers), or probabilities do not have the shape
        (n_rows, n_classes), lie outside of [0, 1] or do not add up to 1.
    """
    response, probabilities = prediction.response, prediction.probabilities
    predicted_column(response, n_rows)
    if bad := n_rows - int(np.count_nonzero(np.isfinite(response))):
        raise FitFailed(f"{bad} predictions are not finite")
    if task.classes and (response.dtype.kind not in "iu" or response.min() < 0 or response.max() >= len(task.classes)):
        raise FitFailed(f"expected codes of the {len(task.classes)} classes as predictions, got others")
    if probabilities is not None:
        check_probabilities(probabilities, n_rows, len(task.classes))


def check_probabilities(probabilities: NDArray[Any], n_rows: int, n_classes: int) -> None:
    """Refuse what are no probabilities of classes; errors as of `check_prediction`."""
    if probabilities.shape != (n_rows, n_classes):
        raise FitFailed(
            f"expected probabilities of shape {(n_rows, n_classes)}, rows and classes, got {probabilities.shape}"
        )
    if probabilities.dtype.kind not in "biuf":
        raise FitFailed(f"expected probabilities that are numbers, got {probabilities.dtype}")
    if bad := int(np.count_nonzero(~np.isfinite(probabilities))):
        raise FitFailed(f"{bad} probabilities are not finite")
    rounding = 4 * np.finfo(np.float16).eps if probabilities.dtype == np.float16 else _ROUNDING
    lowest, highest = probabilities.min(), probabilities.max()
    if lowest < -rounding or highest > 1 + rounding:
        raise FitFailed(f"expected probabilities from 0 to 1, got {lowest if lowest < 0 else highest:.4g}")
    totals = probabilities.sum(axis=1, dtype=np.float64)
    worst = totals[np.abs(totals - 1).argmax()]
    if abs(worst - 1) > rounding:
        raise FitFailed(f"expected probabilities that add up to 1, got a sum of {worst:.4g}")


def predicted_column(values: Any, n_rows: int) -> NDArray[Any]:
    """What an estimator of scikit-learn's API predicts, as an array of shape (n_rows,).

    Raises
    ------
    FitFailed
        If it is not one value for each row.
    """
    array = np.asarray(values)
    if array.shape not in ((n_rows,), (n_rows, 1)):
        raise FitFailed(f"expected {n_rows} predictions, one for each row, got an array of shape {array.shape}")
    return array.reshape(n_rows)


def class_codes(response: NDArray[Any], n_classes: int) -> NDArray[np.intp]:
    """What a classifier of scikit-learn's API predicts, as whole numbers from 0 to n_classes - 1, which it was trained on.

    Raises
    ------
    FitFailed
        If a prediction is anything else.
    """
    codes = np.arange(n_classes)
    known = np.isin(response, codes) if response.dtype.kind in "biuf" else np.zeros(response.shape, bool)
    if not known.all():
        raise FitFailed(
            f"expected class codes from 0 to {n_classes - 1}, as it was trained on, as predictions, got "
            f"{response[~known].tolist()[0]!r:.60}"
        )
    return response.astype(np.intp)


def set_random_states(model: Any, seed: int, own: Collection[str] = ()) -> None:
    """Seed what draws random numbers in an estimator of scikit-learn's API, also in its parts, unless the user has.

    Parameters
    ----------
    own : collection of str
        Arguments that the user has set, to None maybe.
    """
    parameters = model.get_params(deep=True) if hasattr(model, "get_params") else {}
    missing = [
        name
        for name, value in parameters.items()
        if value is None and name not in own and (name == "random_state" or name.endswith("__random_state"))
    ]
    if missing:
        model.set_params(**dict.fromkeys(missing, seed))


def constant_prediction(values: NDArray[np.float64], rows: TaskRows) -> Prediction:
    """The same prediction for each row: ``values`` are the probabilities of the classes, or the one predicted number."""
    if rows.task.type == "regression":
        return Prediction(np.full(len(rows), values[0]))
    probabilities = np.tile(values, (len(rows), 1))
    return Prediction(argmax_response(probabilities), probabilities)


@cache
def _version(package: str) -> str:
    """Version of an installed package; "" if it is not installed (or is a file of the user's own)."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


@cache
def _distribution(module: str) -> str:
    """The package that installs a top-level module."""
    likely = DISTRIBUTIONS.get(module, module)
    if _version(likely) or PathFinder.find_spec(module) is None:
        return likely  # looking through all packages that are installed takes half a second
    return importlib.metadata.packages_distributions().get(module, [module])[0]
