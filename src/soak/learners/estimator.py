"""estimator: any class with scikit-learn's API, tuned on the train set if asked to."""

import json
import math
import re
import warnings
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import DTypeLike, NDArray
from pydantic import Field

from soak.errors import SoakError
from soak.learners.base import Fit, FitFailed, FitSize, LearnerType, Prediction, TrainData
from soak.plugins import EstimatorPath, check_arguments, find_class
from soak.tasks.task import Task, TaskRows

if TYPE_CHECKING:
    from sklearn.model_selection import GridSearchCV

_TUNE_FOLDS = 5
_PREFIX = {"none": "", "standard": "model__"}  # of the arguments of a class that stands behind a scaler

# What classes of scikit-learn do whose names do not say it
_NAMES = {
    "classification": re.compile(
        r"LogisticRegression(CV)?|(Linear|Nu)?SVC|\w+NB|Label(Propagation|Spreading)|(Linear|Quadratic)DiscriminantAnalysis"
        r"|NearestCentroid|Perceptron|\w*Classifier\w*"
    ),
    "regression": re.compile(
        r"\w*Regressor\w*|(ARD|Isotonic|Linear|PLS)Regression|(Bayesian|Kernel)?Ridge(CV)?|(Linear|Nu)?SVR|CCA|PLSCanonical"
        r"|(MultiTask)?(ElasticNet|Lasso)(CV)?|(Lasso)?Lars(CV|IC)?|OrthogonalMatchingPursuit(CV)?"
    ),
}


class Estimator(LearnerType):
    """Any class with scikit-learn's API."""

    type: Literal["estimator"]
    class_: EstimatorPath = Field(
        alias="class",
        description="import path of the class, which is installed or in a file in DIR",
        examples=["sklearn.ensemble.RandomForestClassifier"],
    )
    params: dict[str, Any] = Field(default={}, description="arguments of the class", examples=[{"n_estimators": 500}])
    tune: dict[str, Annotated[list[Any], Field(min_length=1)]] = Field(
        default={},
        description="values of arguments to choose from by cross-validation on the train set",
        examples=[{"max_depth": [2, 4, 8]}],
    )
    scale: Literal["none", "standard"] = Field(
        default="none",
        description="standard: scale each feature to zero mean and unit variance, as computed on the train rows",
    )

    packages: ClassVar[tuple[str, ...]] = ("scikit-learn", "numpy")
    needs_check: ClassVar[bool] = True

    def only_for(self) -> tuple[str, str] | None:
        """What the name of a class of scikit-learn says; None for names that say nothing."""
        name = self.class_.rpartition(".")[2]
        for task_type, names in _NAMES.items():
            if names.fullmatch(name):
                return task_type, f"class: {self.class_} is for {task_type}"
        return None

    def import_paths(self) -> tuple[str, ...]:
        return (self.class_,)

    def candidates(self) -> int:
        """Combinations of the values to tune; 1 without any."""
        return math.prod(len(values) for values in self.tune.values())

    def seconds(self, size: FitSize) -> float:
        fits = 1 if self.candidates() == 1 else _TUNE_FOLDS * self.candidates()
        return 1e-6 * size.train_cells * fits

    def memory_mb(self, size: FitSize) -> int:
        return int(700 + 8 * size.matrix_mb * 4)

    def smaller(self) -> dict[str, Any]:
        """Of the values to tune the first and the last."""
        return {"tune": {name: [values[0], values[-1]] for name, values in self.tune.items() if len(values) > 1}}

    def work_ratio(self) -> float:
        return self.candidates() / math.prod(min(2, len(values)) for values in self.tune.values())

    def load(self) -> None:
        import sklearn.model_selection
        import sklearn.pipeline
        import sklearn.preprocessing  # noqa: F401

    def check(self, task: Task) -> dict[str, str]:
        super().check(task)
        build(self, task)
        return {}

    def fit(self, name: str, data: TrainData) -> Fit:
        return fit(self, name, data)


def fit(settings: Estimator, name: str, data: TrainData) -> Fit:
    """Fit the class on the train rows, with the best of the values to tune.

    The best are those with the highest accuracy (regression: the lowest squared error) in 5 inner folds, the first
    of them in the order of the config if several are; groups stay together, strata (or the classes) are kept
    proportional. A ``random_state`` that the user has not set is set.

    Returns
    -------
    Fit
        With ``tune``, the table "tuning": candidate (as JSON), mean, sd, chosen.
    """
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    rows, task = data.rows, data.rows.task
    seed = data.torch_seed % 2**32
    model = build(settings, task)
    _set_random_state(model, settings, seed)
    if task.type == "classification":
        present, target = np.unique(rows.target, return_inverse=True)  # some classes want codes without gaps
    else:
        present, target = np.empty(0, np.int32), rows.target
    weights = _weights(settings, model, rows)
    if settings.scale == "standard":
        model = Pipeline([("scale", StandardScaler()), ("model", model)])
    features = rows.features(_dtype(task))
    tables = {}
    with threadpool_limits(1):  # the same bytes on any number of cores
        if settings.tune:
            search = _search(settings, model, rows, seed)
            _run(search, features, target, weights)
            model, tables["tuning"] = search.best_estimator_, _tuning_table(search)
        else:
            model.fit(features, target, **weights)
    return Fit(predict={name: partial(_predict, model, present)}, tables=tables)


def build(settings: Estimator, task: Task) -> Any:
    """Build the estimator without training it.

    Raises
    ------
    SoakError
        A missing package, class or argument, an argument that is both set and tuned or that the class refuses, a
        class for the other type of task.
    """
    from sklearn.base import is_classifier, is_regressor

    made = find_class(settings.class_)
    for method in ("fit", "predict"):
        if not callable(getattr(made, method, None)):
            raise SoakError(f"class: {settings.class_} has no method {method}: not an estimator of scikit-learn's API")
    check_arguments(made, [*settings.params, *settings.tune])
    for argument in settings.tune:
        if argument in settings.params:
            raise SoakError(f"tune: '{argument}' of {made.__name__} is also in params; give it in one of them")
    model = _build("params", made, settings.params)
    for argument, values in settings.tune.items():
        for value in values:
            _build("tune", made, {**settings.params, argument: value})
    for told, other in ((is_classifier, "regression"), (is_regressor, "classification")):
        if hasattr(model, "__sklearn_tags__") and told(model) and task.type == other:
            raise SoakError(f"class: {made.__name__} cannot do {other}, as task {task.name} asks")
    if (settings.tune or settings.scale != "none") and not hasattr(model, "__sklearn_tags__"):
        raise SoakError(f"class: {made.__name__} must derive from sklearn.base.BaseEstimator for tune and scale")
    return model


def _build(key: str, made: type[Any], arguments: Mapping[str, Any]) -> Any:
    """An estimator, its arguments checked as its fit does first if it is one of scikit-learn's."""
    try:
        model = made(**arguments)
        if hasattr(model, "_validate_params") and hasattr(model, "_parameter_constraints"):
            model._validate_params()
    except (TypeError, ValueError) as error:
        raise SoakError(f"{key}: {made.__name__}: {' '.join(str(error).split())}") from None
    return model


def _set_random_state(model: Any, settings: Estimator, seed: int) -> None:
    """Seed what draws random numbers, unless the user has."""
    own = {*settings.params, *settings.tune}
    known = model.get_params(deep=False) if hasattr(model, "get_params") else {}
    if "random_state" in known and "random_state" not in own:
        model.set_params(random_state=seed)


def _weights(settings: Estimator, model: Any, rows: TaskRows) -> dict[str, Any]:
    """The argument of ``fit`` that holds the rows' weights."""
    from sklearn.utils.validation import has_fit_parameter

    if rows.weights is None:
        return {}
    if not has_fit_parameter(model, "sample_weight"):
        raise FitFailed(f"{type(model).__name__} takes no weights, and the task has some")
    return {f"{_PREFIX[settings.scale]}sample_weight": rows.weights}


def _dtype(task: Task) -> DTypeLike:
    """float32 holds pixels and small integers as exactly as is needed, with half the memory."""
    return np.float32 if np.can_cast(task.features.dtype, np.float32) else np.float64


def _search(settings: Estimator, model: Any, rows: TaskRows, seed: int) -> "GridSearchCV":
    from sklearn.model_selection import GridSearchCV

    grid = {f"{_PREFIX[settings.scale]}{argument}": values for argument, values in settings.tune.items()}
    scoring = "accuracy" if rows.task.type == "classification" else "neg_mean_squared_error"
    return GridSearchCV(model, grid, scoring=scoring, cv=list(_inner_folds(rows, seed)), error_score=np.nan)


def _run(search: "GridSearchCV", features: NDArray[Any], target: NDArray[Any], weights: dict[str, Any]) -> None:
    """Try all candidates; one that cannot be fitted has no score and is not chosen."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            search.fit(features, target, **weights)
        except ValueError as error:  # scikit-learn's "all fits failed", in many lines
            told.append(warnings.WarningMessage(str(error), UserWarning, "", 0))
    if not np.isfinite(getattr(search, "best_score_", np.nan)):
        lines = [line.strip() for one in told for line in str(one.message).splitlines() if "Error: " in line]
        raise FitFailed(f"tune: no candidate could be fitted; {lines[-1] if lines else 'their scores are not finite'}")


def _inner_folds(rows: TaskRows, seed: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Pairs of (train, test) row numbers within the train set."""
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    stratum = _stratum(rows)
    n_parts = len(rows) if rows.group is None else len(np.unique(rows.group))
    folds = min(_TUNE_FOLDS, n_parts)
    if folds < 2:
        raise FitFailed("tune: the train set has one group only, so that there are no inner folds")
    given = {"n_splits": folds, "shuffle": True, "random_state": seed}
    if stratum is not None and np.bincount(stratum).max() < folds:
        stratum = None  # no stratum has a row for each fold
    if rows.group is None:
        splitter = KFold(**given) if stratum is None else StratifiedKFold(**given)
    else:
        splitter = GroupKFold(**given) if stratum is None else StratifiedGroupKFold(**given)
    yield from splitter.split(np.empty(len(rows)), stratum, rows.group)


def _stratum(rows: TaskRows) -> NDArray[np.intp] | None:
    """One code per combination of the task's strata; the classes where it has none."""
    columns = rows.strata or ([rows.target] if rows.task.type == "classification" else [])
    if not columns:
        return None
    codes = np.column_stack([np.unique(column, return_inverse=True)[1] for column in columns])
    stratum: NDArray[np.intp] = np.unique(codes, axis=0, return_inverse=True)[1].ravel()
    return stratum


def _tuning_table(search: "GridSearchCV") -> pd.DataFrame:
    results = search.cv_results_
    candidates = [
        json.dumps({key.removeprefix("model__"): value for key, value in params.items()}, default=str)
        for params in results["params"]
    ]
    return pd.DataFrame(
        {
            "candidate": candidates,
            "mean": results["mean_test_score"],
            "sd": results["std_test_score"],
            "chosen": np.arange(len(candidates)) == search.best_index_,
        }
    )


def _predict(model: Any, present: NDArray[np.int32], rows: TaskRows) -> Prediction:
    """Predictions; classes that the train set lacks have probability 0."""
    from threadpoolctl import threadpool_limits

    features = rows.features(_dtype(rows.task))
    with threadpool_limits(1):
        response = np.asarray(model.predict(features)).reshape(len(rows))
        if rows.task.type == "regression":
            return Prediction(response.astype(np.float64))
        response = present[response.astype(np.intp)].astype(np.int32)
        if not hasattr(model, "predict_proba"):
            return Prediction(response)
        found = model.predict_proba(features)
    probabilities = np.zeros((len(rows), len(rows.task.classes)), found.dtype)
    probabilities[:, present] = found
    return Prediction(response, probabilities)
