"""estimator: any class with scikit-learn's API, tuned on the train set if asked to."""

import json
import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import DTypeLike, NDArray
from pydantic import Field

from soak.errors import SoakError
from soak.learners.base import (
    Fit,
    FitFailed,
    FitSize,
    LearnerType,
    Prediction,
    TrainData,
    check_probabilities,
    class_codes,
    predicted_column,
    set_random_states,
)
from soak.names import listed
from soak.plugins import EstimatorPath, check_arguments, find_class
from soak.tasks.task import Task, TaskRows

if TYPE_CHECKING:
    from sklearn.model_selection import GridSearchCV

Fold = tuple[NDArray[np.intp], NDArray[np.intp]]  # rows that train and rows that test, within the train rows

_TUNE_FOLDS = 5
_VALUES_AT_ONCE = 2**24  # of features that a model predicts from: 64 MB of float32
_WRAPPED = "model__"  # prefix of the arguments of a model within `_of_any_classes`

# Names of scikit-learn's classes for one type of task; a name that is not here says nothing
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
    runs_other_code: ClassVar[bool] = True

    @property
    def needs_check(self) -> bool:
        return True

    def only_for(self) -> tuple[str, str] | None:
        """The task type that the name of a class of scikit-learn stands for; None for other names."""
        name = self.class_.rpartition(".")[2]
        for task_type, names in _NAMES.items():
            if names.fullmatch(name):
                return task_type, f"class: {self.class_} is for {task_type}"
        return None

    def import_paths(self) -> tuple[str, ...]:
        return (self.class_,)

    def check_class(self) -> None:
        """A class of scikit-learn must be a classifier or a regressor, or one that wraps others; it is imported to tell."""
        if self.class_.startswith("sklearn.") and self.only_for() is None:
            _check_learns(find_class(self.class_), self.class_)

    @property
    def _n_candidates(self) -> int:
        """Combinations of the values to tune; 1 without any."""
        return math.prod(len(values) for values in self.tune.values())

    def seconds(self, size: FitSize) -> float:
        # Per row, feature and class on 600 to 1,000 images: 1e-9 to 1e-8 s for neighbours, 1e-8 to 5e-8 for SVC and
        # logistic regression, 1e-7 to 5e-7 for a forest of 100 trees, 2.5e-6 for boosting (one core of 2023)
        fits = 1 if self._n_candidates == 1 else _TUNE_FOLDS * self._n_candidates
        return 1e-6 * size.train_cells * fits

    def memory_mb(self, size: FitSize) -> int:
        """Python with scikit-learn, and four copies of the matrix in float64."""
        return int(700 + 4 * 8 * size.matrix_mb)

    def smaller(self) -> dict[str, Any]:
        """Of the values to tune the first and the last."""
        return {
            "tune": {name: values if len(values) < 3 else [values[0], values[-1]] for name, values in self.tune.items()}
        }

    def work_ratio(self) -> float:
        return self._n_candidates / math.prod(min(2, len(values)) for values in self.tune.values())

    @property
    def scales(self) -> bool:
        return self.scale == "standard"

    def takes_missing_values(self, task: Task) -> bool:
        """As scikit-learn's tags say; a class without tags may."""
        model = self._model(task)
        return not hasattr(model, "__sklearn_tags__") or bool(model.__sklearn_tags__().input_tags.allow_nan)

    def gives_probabilities(self, task: Task) -> bool:
        return hasattr(self._model(task), "predict_proba")

    def load(self) -> None:
        import sklearn.model_selection  # noqa: F401

    def check(self, task: Task) -> dict[str, str]:
        super().check(task)
        self._model(task)
        return {}

    def fit(self, name: str, data: TrainData) -> Fit:
        """Fit the class on the train rows, with the best of the values to tune.

        The best are those with the highest accuracy (regression: the lowest squared error) in 5 inner folds, the first
        of them in the order of the config if several are; groups stay together, strata (or the classes) are kept
        proportional. A ``random_state`` that the user has not set is set.

        Returns
        -------
        Fit
            With ``tune``, the table "tuning": candidate (as JSON), mean, sd, chosen.
        """
        from threadpoolctl import threadpool_limits

        rows, task = data.rows, data.rows.task
        seed = data.torch_seed % 2**32
        model = self._model(task)
        set_random_states(model, seed, {*self.params, *self.tune})
        if task.type == "classification":
            present, target = np.unique(rows.target, return_inverse=True)  # some classes want codes without gaps
        else:
            present, target = np.empty(0, np.int32), rows.target
        weights = self._weights(model, rows)
        features = rows.features(_dtype(task))
        tables, info = {}, {}
        with threadpool_limits(1):  # the same bytes on any number of cores
            if self.tune:
                folds = list(tuning_folds(rows, seed))
                lacking = _folds_that_lack_classes(target, folds) if len(present) else []
                if lacking:
                    info["note"] = (
                        f"tune, inner fold{'s' * (len(lacking) > 1)} {listed(lacking)}: classes without a row in the rest "
                        "are not predicted"
                    )
                search = self._search(model, task, folds, any_classes=bool(lacking))
                _run(search, features, target, weights)
                model, tables["tuning"] = search.best_estimator_, _tuning_table(search)
                model = model.model_ if lacking else model  # all classes have rows in the whole train set
            else:
                model.fit(features, target, **weights)
        return Fit(predict={name: partial(_predict, model, present)}, info=info, tables=tables)

    def _model(self, task: Task) -> Any:
        """The untrained estimator.

        Raises
        ------
        SoakError
            A missing package, class or argument, an argument that is both set and tuned or that the class refuses, a
            class for the other type of task.
        """
        made = find_class(self.class_)
        _check_learns(made, self.class_)
        check_arguments(made, [*self.params, *self.tune])
        for argument in self.tune:
            if argument in self.params:
                raise SoakError(f"tune: '{argument}' of {made.__name__} is also in params; give it in one of them")
        model = _make("params", made, self.params)
        for argument, values in self.tune.items():
            for value in values:
                _make("tune", made, {**self.params, argument: value})
        _check_kind(model, task)
        if self.tune and not hasattr(model, "__sklearn_tags__"):
            raise SoakError(f"class: {made.__name__} must derive from sklearn.base.BaseEstimator for tune")
        return model

    def _weights(self, model: Any, rows: TaskRows) -> dict[str, Any]:
        """The argument of ``fit`` that holds the rows' weights."""
        from sklearn.utils.validation import has_fit_parameter

        if rows.weights is None:
            return {}
        if not has_fit_parameter(model, "sample_weight"):
            raise FitFailed(f"{type(model).__name__} takes no weights, and the task has some")
        return {"sample_weight": rows.weights}

    def _search(self, model: Any, task: Task, folds: list[Fold], any_classes: bool) -> "GridSearchCV":
        """``any_classes``: whether the rest of an inner fold lacks a class, or has only one."""
        from sklearn.model_selection import GridSearchCV

        grid = dict(self.tune)
        if any_classes:
            model = _of_any_classes(model)
            grid = {f"{_WRAPPED}{argument}": values for argument, values in self.tune.items()}
        scoring = "accuracy" if task.type == "classification" else "neg_mean_squared_error"
        return GridSearchCV(model, grid, scoring=scoring, cv=folds, error_score=np.nan)


def _make(key: str, made: type[Any], arguments: Mapping[str, Any]) -> Any:
    """An instance of a class, its arguments checked as its fit does first if it is one of scikit-learn's.

    ``_validate_params`` is private to scikit-learn (a test says when it is gone): without it, a wrong argument would
    only be found in the first fit.
    """
    try:
        model = made(**arguments)
        if hasattr(model, "_validate_params") and hasattr(model, "_parameter_constraints"):
            model._validate_params()
    except (TypeError, ValueError) as error:
        raise SoakError(f"{key}: {made.__name__}: {' '.join(str(error).split())}") from None
    return model


def _check_learns(made: type[Any], path: str) -> None:
    """Refuse what has no predictions, or finds outliers, clusters or densities: these are no classes or values of a target."""
    from sklearn import base

    for method in ("fit", "predict"):
        if not callable(getattr(made, method, None)):
            raise SoakError(f"class: {path} has no method {method}: not an estimator of scikit-learn's API")
    others = {
        base.OutlierMixin: "finds outliers",
        base.ClusterMixin: "finds clusters",
        base.DensityMixin: "estimates densities",
    }
    if not issubclass(made, (base.ClassifierMixin, base.RegressorMixin)):
        for kind, what in others.items():
            if issubclass(made, kind):
                raise SoakError(f"class: {path} {what}; expected a classifier or a regressor")


def _check_kind(model: Any, task: Task) -> None:
    """Refuse a regressor for classification, and a classifier for regression."""
    from sklearn.base import is_classifier, is_regressor

    other = is_regressor if task.type == "classification" else is_classifier
    if hasattr(model, "__sklearn_tags__") and other(model):
        raise SoakError(f"class: {type(model).__name__} cannot do {task.type}, as task {task.name} asks")


def _of_any_classes(model: Any) -> Any:
    """The model as one that can be fitted where classes are missing: it sees codes without gaps, or is constant."""
    from sklearn.base import BaseEstimator, ClassifierMixin, clone

    class AnyClasses(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        def __init__(self, model: Any) -> None:
            self.model = model

        def fit(self, X: NDArray[Any], y: NDArray[Any], **weights: Any) -> "AnyClasses":
            self.classes_, codes = np.unique(y, return_inverse=True)
            self.model_ = clone(self.model)
            if len(self.classes_) > 1:
                self.model_.fit(X, codes, **weights)
            return self

        def predict(self, X: NDArray[Any]) -> NDArray[Any]:
            if len(self.classes_) == 1:
                return np.repeat(self.classes_, len(X))
            found: NDArray[Any] = self.classes_[np.asarray(self.model_.predict(X)).reshape(len(X)).astype(np.intp)]
            return found

    return AnyClasses(model)


def _folds_that_lack_classes(target: NDArray[Any], folds: Sequence[Fold]) -> list[str]:
    """Numbers of the inner folds in whose rest a class has no row."""
    n_classes = len(np.unique(target))
    return [str(number) for number, (rest, _) in enumerate(folds, start=1) if len(np.unique(target[rest])) < n_classes]


def _dtype(task: Task) -> DTypeLike:
    """float32 where it holds the stored values exactly (pixels, small integers): half the memory."""
    return np.float32 if np.can_cast(task.features.dtype, np.float32) else np.float64


def _run(search: "GridSearchCV", features: NDArray[Any], target: NDArray[Any], weights: dict[str, Any]) -> None:
    """Try all candidates; one that cannot be fitted has no score and is not chosen."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            search.fit(features, target, **weights)
        except ValueError as error:  # scikit-learn's "all fits failed", in many lines
            caught.append(warnings.WarningMessage(str(error), UserWarning, "", 0))
    if not np.isfinite(getattr(search, "best_score_", np.nan)):
        texts = [line.strip() for warning in caught for line in str(warning.message).splitlines()]
        errors = [text for text in texts if "Error: " in text]
        raise FitFailed(
            f"tune: no candidate could be fitted; {errors[-1] if errors else 'their scores are not finite'}"
        )


def tuning_folds(rows: TaskRows, seed: int) -> Iterator[Fold]:
    """Five inner folds, or as many as there are rows or groups: groups stay together, strata are kept proportional.

    Yields
    ------
    train, test : int arrays
        Row numbers within ``rows``.
    """
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    stratum = _stratum(rows)
    n_parts = len(rows) if rows.group is None else len(np.unique(rows.group))
    folds = min(_TUNE_FOLDS, n_parts)
    if folds < 2:
        raise FitFailed("tune: the train set has one group only, so that there are no inner folds")
    arguments = {"n_splits": folds, "shuffle": True, "random_state": seed}
    if stratum is not None and np.bincount(stratum).max() < folds:
        stratum = None  # no stratum has a row for each fold
    if rows.group is None:
        splitter = KFold(**arguments) if stratum is None else StratifiedKFold(**arguments)
    else:
        splitter = GroupKFold(**arguments) if stratum is None else StratifiedGroupKFold(**arguments)
    yield from splitter.split(np.empty(len(rows)), stratum, rows.group)


def _stratum(rows: TaskRows) -> NDArray[np.intp] | None:
    """A code for each combination of the task's strata; the classes where it has none."""
    columns = rows.strata or ([rows.target] if rows.task.type == "classification" else [])
    if not columns:
        return None
    codes = np.column_stack([np.unique(column, return_inverse=True)[1] for column in columns])
    stratum: NDArray[np.intp] = np.unique(codes, axis=0, return_inverse=True)[1].ravel()
    return stratum


def _tuning_table(search: "GridSearchCV") -> pd.DataFrame:
    results = search.cv_results_
    candidates = [
        json.dumps({key.removeprefix(_WRAPPED): value for key, value in params.items()}, default=str)
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
    """Predictions, made in blocks of rows that a test set of ordinary size fits into as a whole."""
    step = max(1, _VALUES_AT_ONCE // rows.task.features.shape[1])
    blocks = [_predict_block(model, present, rows.part(slice(k, k + step))) for k in range(0, max(1, len(rows)), step)]
    if len(blocks) == 1:
        return blocks[0]
    probabilities = [block.probabilities for block in blocks if block.probabilities is not None]
    response = np.concatenate([block.response for block in blocks])
    return Prediction(response, np.concatenate(probabilities) if probabilities else None)


def _predict_block(model: Any, present: NDArray[np.int32], rows: TaskRows) -> Prediction:
    """Predictions; classes that the train set lacks have probability 0."""
    from threadpoolctl import threadpool_limits

    features = rows.features(_dtype(rows.task))
    with threadpool_limits(1):
        response = predicted_column(model.predict(features), len(rows))
        if rows.task.type == "regression":
            return Prediction(response.astype(np.float64))
        response = present[class_codes(response, len(present))].astype(np.int32)
        if not hasattr(model, "predict_proba"):
            return Prediction(response)
        found = np.asarray(model.predict_proba(features))
    check_probabilities(found, len(rows), len(present))
    if found.dtype == np.float16:  # its sums miss 1 by what other checks refuse
        found = found.astype(np.float32) / found.sum(axis=1, dtype=np.float32, keepdims=True)
    elif found.dtype.kind != "f":
        found = found.astype(np.float64)
    probabilities = np.zeros((len(rows), len(rows.task.classes)), found.dtype)
    probabilities[:, present] = found.clip(0, 1)
    return Prediction(response, probabilities)
