"""cv_glmnet: an elastic net whose penalty is chosen by cross-validation, to the last digit as R's cv.glmnet.

What decides digits and is easily done otherwise: class levels are in reverse of their sorted order (mlr3learners
swaps them), features in the order of the task, inner folds a random draw of R's after ``set.seed``, and each
inner fold has a path of its own. glmnet stops at a loose tolerance, so that another order is another result.
"""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

from soak.data.values import composed
from soak.errors import SoakError
from soak.glmnet.path import CROWDED
from soak.learners.base import Fit, FitFailed, FitSize, LearnerType, Prediction, TrainData, constant_prediction
from soak.names import listed, nearest
from soak.rrandom import RRandom
from soak.tasks.task import Task, TaskRows

if TYPE_CHECKING:
    from soak.glmnet.cross_validation import CrossValidation, Measure
    from soak.glmnet.path import Family, Floats, GlmnetPath, PathSettings

_SMALLER_FOLDS = 3
_AUC = "auc needs two classes"

Codes = NDArray[np.intp]  # of the classes that a fit knows, ascending; none for regression
Penalty = Literal["min", "1se"] | Annotated[float, Field(ge=0)]
AtLeast0 = Annotated[float, Field(ge=0, allow_inf_nan=False)]
AtMost0 = Annotated[float, Field(le=0, allow_inf_nan=False)]


class CvGlmnet(LearnerType):
    """L1- or elastic-net-regularized linear model, its penalty chosen by cross-validation, as R's cv.glmnet."""

    type: Literal["cv_glmnet"]
    s: list[Penalty] = Field(
        default=["min", "1se"],
        min_length=1,
        description="penalty to predict at, or a list of penalties, each of which is reported as an algorithm of its own",
        examples=[["min", 0.01]],
    )
    folds: int = Field(default=10, ge=3, description="number of inner folds")
    alpha: float = Field(default=1.0, ge=0, le=1, description="elastic-net mixing: 1 is the lasso, 0 ridge regression")
    nlambda: int = Field(default=100, ge=2, description="number of penalties on the path")
    thresh: float = Field(default=1e-7, gt=0, description="convergence threshold of coordinate descent")
    maxit: int = Field(
        default=100_000, ge=1, description="largest number of passes over the data, for all penalties together"
    )
    type_measure: Literal["deviance", "class", "auc", "mse", "mae"] = Field(
        default="deviance", description="measure that the inner folds choose the penalty by"
    )
    type_logistic: Literal["Newton", "modified.Newton"] = Field(
        default="Newton", description="Hessian of logistic fits: exact, or an upper bound"
    )
    standardize: bool = Field(default=True, description="whether to scale the features to unit variance for the fit")
    lambda_: list[AtLeast0] | None = Field(
        default=None,
        alias="lambda",
        description="two or more penalties to try, in place of a path of nlambda penalties that follows from the train rows",
        examples=[[1, 0.1, 0.01]],
    )
    lambda_min_ratio: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="ratio of the last to the first penalty of a path; null: 0.01 with fewer rows than features, else 0.0001",
    )
    penalty_factor: dict[str, AtLeast0] = Field(
        default={},
        description="factor of the penalty by name of column, for columns other than 1; 0 always keeps a column in the model",
        examples=[{"age": 0}],
    )
    lower_limits: AtMost0 | dict[str, AtMost0] = Field(
        default={}, description="lower limit of all coefficients, or by name of column; none by default", examples=[0]
    )
    upper_limits: AtLeast0 | dict[str, AtLeast0] = Field(
        default={},
        description="upper limit of all coefficients, or by name of column; none by default",
        examples=[{"age": 0.5}],
    )
    intercept: bool = Field(default=True, description="whether to fit an intercept")
    type_multinomial: Literal["ungrouped", "grouped"] = Field(
        default="ungrouped",
        description="three or more classes: penalty of each coefficient on its own, or of those of a feature as a group, which is "
        "then in the model for all classes or for none",
    )
    dfmax: int | None = Field(
        default=None,
        ge=0,
        description="a path ends at the first penalty where more features have a coefficient; null: no limit",
    )
    exclude: list[str] = Field(default=[], description="columns that are left out of the model", examples=[["age"]])
    path: Literal["full", "checked"] = Field(
        default="full",
        description="full: exactly R's result; checked (large tables of three or more classes): each path ends, with R's "
        "coefficients, once the cross-validated curve has turned and a rough look at its rest shows no lower point",
    )

    @field_validator("path", mode="before")
    @classmethod
    def _no_longer_early(cls, value: Any) -> Any:
        if value == "early":
            raise ValueError("early is gone; use checked, which costs as little and checks what it leaves out")
        return value

    @field_validator("s", mode="before", json_schema_input_type=Penalty | list[Penalty])
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return value if isinstance(value, list | tuple) else [value]

    @model_validator(mode="after")
    def _choices(self) -> "CvGlmnet":
        if len(set(self.suffixes)) < len(self.s):
            raise ValueError("s: each penalty may be named once")
        if self.lambda_ is not None and len(self.lambda_) < 2:
            raise ValueError(f"lambda: expected two or more penalties to choose from, got {self.lambda_}")
        return self

    @property
    def suffixes(self) -> tuple[str, ...]:
        """What each penalty adds to the learner's name: min, 1se, or the number."""
        return tuple(s if isinstance(s, str) else f"{s:g}" for s in self.s)

    packages: ClassVar[tuple[str, ...]] = ("glmstar", "numpy")

    def algorithms(self, name: str) -> tuple[str, ...]:
        """One for each penalty of ``s``: ``name_min``, ``name_1se``, ``name_0.01``."""
        return tuple(f"{name}_{suffix}" for suffix in self.suffixes)

    def only_for(self) -> tuple[str, str] | None:
        if self.type_measure in ("class", "auc"):
            return "classification", f"type_measure: {self.type_measure} is for classification"
        return None

    @property
    def needs_check(self) -> bool:
        """Whether the settings name columns, which a task may not have, or are for two classes."""
        limits = (self.lower_limits, self.upper_limits)
        names_columns = self.penalty_factor or self.exclude or any(isinstance(one, dict) and one for one in limits)
        return bool(names_columns) or self.type_measure == "auc"

    def check(self, task: Task) -> dict[str, str]:
        described = super().check(task)
        settings = self._path_settings(task)
        if len(settings.exclude) == len(task.feature_names):
            raise SoakError("exclude: expected columns that leave some for the model, got all of them")
        if settings.penalty_factor and not any(settings.penalty_factor):
            raise SoakError("penalty_factor: expected a factor above 0 for some column, got 0 for all of them")
        if self.type_measure == "auc" and len(task.classes) > 2:
            raise SoakError(f"type_measure: {_AUC}, and task {task.name} has {len(task.classes)}")
        return described

    def seconds(self, size: FitSize) -> float:
        # Seconds per row, feature, class, penalty and path (one core of 2023). More rows per feature take more passes: images of
        # 784 pixels 4e-10 with 667 rows, 1.3e-9 with 1333, 3e-9 with 3000; scans of 64 pixels 2e-9 to 3e-9 with 600 to 1800;
        # 16 and 49 dense features with 20,000 rows 2e-8; two classes at most 5e-9, but where they can be told apart nearly
        # without error; numbers by covariances
        per_feature = size.n_train / size.n_features
        if size.n_outputs == 1:
            unit = 5e-9 if per_feature < 4 else 5e-10
        elif size.n_outputs == 2:
            unit = min(2e-9 * per_feature, 5e-9)
        else:
            unit = min(max(5e-10, 4e-10 * per_feature), 4e-9)
        return unit * size.train_cells * self._n_penalties * (self.folds + 1)

    @property
    def _n_penalties(self) -> int:
        return self.nlambda if self.lambda_ is None else len(self.lambda_)

    def memory_mb(self, size: FitSize) -> int:
        """float64 matrices: the features, their centred copy, and those of an inner fold; predictions of the path.

        The solver of several classes takes half of it for features that are bytes; paths side by side have their features at once.
        """
        beside = min(8 * size.matrix_mb * self.folds, CROWDED / 1e6) if self.path == "checked" else 0
        return int(600 + 8 * size.matrix_mb * 4 + size.n_rows * size.n_outputs * 8 * self._n_penalties / 1e6 + beside)

    def smaller(self) -> dict[str, Any]:
        # all penalties: a path of fewer, wider steps takes as long, and may not converge where the whole one does
        return {"folds": min(_SMALLER_FOLDS, self.folds)}

    def work_ratio(self) -> float:
        return (self.folds + 1) / (min(_SMALLER_FOLDS, self.folds) + 1)

    def load(self) -> None:
        import soak.glmnet.cross_validation  # noqa: F401

    def fit(self, name: str, data: TrainData) -> Fit:
        """Fit the path on all train rows, and cross-validate it.

        Returns
        -------
        Fit
            One algorithm per entry of ``s``. Tables: "path" (lambda, cvm, cvsd, nzero) and "coefficients"
            (s, lambda, class, feature, value: the intercept and what is not zero).

        Raises
        ------
        FitFailed
            Where R's cv.glmnet stops with an error.
        """
        rows, classes, notes = _with_two_rows_each(data.rows)
        if len(classes) == 1:
            constant = partial(constant_prediction, np.eye(len(rows.task.classes))[classes[0]])
            return Fit(predict=dict.fromkeys(self.algorithms(name), constant), info={"note": "; ".join(notes)})
        family = _family(rows.task, classes)
        random = RRandom(data.seed)
        fold = _draw_folds(len(rows), self.folds, random)
        lacking = _folds_that_lack_classes(rows, classes, fold)
        if lacking:
            notes.append(
                f"inner fold{'s' * (len(lacking) > 1)} {listed(lacking)}: probability 0 for classes with fewer than 2 rows "
                "in the rest"
            )
        found = self._cross_validate(family, rows, classes, fold, may_stop=not lacking)
        points = {suffix: found.path.at(_penalty(s, found)) for suffix, s in zip(self.suffixes, self.s, strict=True)}
        return Fit(
            predict={
                f"{name}_{suffix}": partial(_predict, family, classes, point, random)
                for suffix, point in points.items()
            },
            info=_info(found) | ({"note": "; ".join(notes)} if notes else {}),
            tables={
                "path": _path_table(found),
                "coefficients": pd.concat(
                    [_coefficients(rows.task, classes, suffix, point) for suffix, point in points.items()],
                    ignore_index=True,
                ),
            },
        )

    def _cross_validate(
        self, family: "Family", rows: TaskRows, classes: Codes, fold: NDArray[np.int64], may_stop: bool
    ) -> "CrossValidation":
        from soak.glmnet.cross_validation import TrainRows, cross_validate

        measure = self._measure(family, len(rows))
        settings = self._path_settings(rows.task)
        train = TrainRows(rows, family, _response(rows, family, classes), fold, measure)
        if may_stop and self.path == "checked" and settings.are_own and train.stored is not None:
            from soak.glmnet import checked  # compiled by numba, whose import takes half a second

            return checked.cross_validate(settings, train, train.stored)
        return cross_validate(settings, train)

    def _measure(self, family: "Family", n_rows: int) -> "Measure":
        """The measure of the inner folds; like R, deviance instead of AUC where a fold has fewer than 10 rows."""
        measure = self.type_measure
        if family == "gaussian" and measure in ("class", "auc"):
            raise FitFailed(f"type_measure: {measure} is for classes; use deviance, mse or mae")
        if family == "multinomial" and measure == "auc":
            raise FitFailed(f"type_measure: {_AUC}; use deviance, class, mse or mae")
        return "deviance" if measure == "auc" and n_rows / self.folds < 10 else measure

    def _path_settings(self, task: Task) -> "PathSettings":
        from soak.glmnet.path import PathSettings

        def by_feature(key: str, values: float | dict[str, float], default: float) -> tuple[float, ...]:
            if not isinstance(values, dict):
                return (values,) * len(task.feature_names)
            found = np.full(len(task.feature_names), float(default))
            for name, value in values.items():
                found[_features_of(task, key, name)] = value
            return tuple(found.tolist()) if values else ()

        return PathSettings(
            alpha=self.alpha,
            nlambda=self.nlambda,
            thresh=self.thresh,
            maxit=self.maxit,
            standardize=self.standardize,
            type_logistic=self.type_logistic,
            lambdas=tuple(self.lambda_ or ()),
            lambda_min_ratio=self.lambda_min_ratio,
            penalty_factor=by_feature("penalty_factor", self.penalty_factor, 1),
            lower_limits=by_feature("lower_limits", self.lower_limits, -np.inf),
            upper_limits=by_feature("upper_limits", self.upper_limits, np.inf),
            intercept=self.intercept,
            grouped=self.type_multinomial == "grouped",
            dfmax=self.dfmax,
            exclude=tuple(sorted({place for name in self.exclude for place in _features_of(task, "exclude", name)})),
        )


def _features_of(task: Task, key: str, name: str) -> list[int]:
    """Places of the features that come from a column: one of numbers, or one for each value of a text."""
    for spelled in (name, composed(name)):
        if spelled in task.feature_names:  # of numbers, whatever other columns are called
            return [task.feature_names.index(spelled)]
        places = [place for place, feature in enumerate(task.feature_names) if feature.startswith(f"{spelled}=")]
        if places:
            return places
    raise SoakError(f"{key}: there is no feature {name!r}; {nearest(name, task.feature_names, 'its features')}")


def _with_two_rows_each(rows: TaskRows) -> tuple[TaskRows, Codes, list[str]]:
    """Rows of the classes that have two or more, the codes of these classes, and a note on classes of one row.

    glmnet refuses a class with fewer than two rows. For regression these are all rows, and no codes.
    """
    if rows.task.type == "regression":
        return rows, np.empty(0, np.intp), []
    counts = np.bincount(rows.target, minlength=len(rows.task.classes))
    classes = np.flatnonzero(counts > 1)
    if not len(classes):
        raise FitFailed("no class has two rows in the train set")
    single = [rows.task.classes[code] for code in np.flatnonzero(counts == 1)]
    if not single:
        return rows, classes, []
    kind = "class" if len(single) == 1 else "classes"
    note = f"one train row of {kind} {listed(single)}, and glmnet needs two: left out, probability 0"
    return rows.part(np.flatnonzero(counts[rows.target] > 1)), classes, [note]


def _folds_that_lack_classes(rows: TaskRows, classes: Codes, fold: NDArray[np.int64]) -> list[str]:
    """Inner folds without which a class has fewer than two rows."""
    if not len(classes):
        return []
    cells = np.zeros((int(fold.max()) + 1, len(rows.task.classes)), np.int64)
    np.add.at(cells, (fold, rows.target), 1)
    rest = cells.sum(axis=0) - cells[1:]
    return [str(number) for number in np.flatnonzero((rest[:, classes] < 2).any(axis=1)) + 1]


def _family(task: Task, classes: Codes) -> "Family":
    if task.type == "regression":
        return "gaussian"
    return "binomial" if len(classes) == 2 else "multinomial"


def _response(rows: TaskRows, family: "Family", classes: Codes) -> "Floats":
    """The target; for classes one-hot, in reverse of their sorted order."""
    if family == "gaussian":
        target: Floats = rows.target.astype(np.float64)
        return target
    one_hot: Floats = np.eye(len(classes))[:, ::-1][np.searchsorted(classes, rows.target)]
    return one_hot


def _draw_folds(n_rows: int, folds: int, random: RRandom) -> NDArray[np.int64]:
    """R's ``sample(rep(1:folds, length = n_rows))``: with fewer rows than folds each row is a fold."""
    return np.asarray(random.sample(np.resize(np.arange(1, folds + 1), n_rows)))


def _penalty(s: str | float, found: "CrossValidation") -> float:
    chosen = {"min": found.curve.lambda_min, "1se": found.curve.lambda_1se}
    return chosen[s] if isinstance(s, str) else s


def _info(found: "CrossValidation") -> dict[str, Any]:
    """What fits.csv holds of a fit; ``reason`` is for a scientist whose fit glmnet has not brought to its end."""
    warnings = [f"all rows: {found.path.problem}"] * bool(found.path.problem) + found.warnings
    info: dict[str, Any] = {
        "converged": not warnings,
        "lambda_min": found.curve.lambda_min,
        "lambda_1se": found.curve.lambda_1se,
        "n_lambda": len(found.path.lambdas),
    }
    if warnings:
        more = f" (and {len(warnings) - 1} more paths)" if len(warnings) > 1 else ""
        info["reason"] = (
            f"glmnet stopped early: {warnings[0]}{more}; its result is used as R uses it; "
            "try standardize: true, type_logistic: modified.Newton, or a higher maxit"
        )
    return info


def _predict(family: "Family", classes: Codes, point: "GlmnetPath", random: RRandom, rows: TaskRows) -> Prediction:
    """Predictions at one penalty; a tie between classes is drawn as R draws it.

    ``random`` is the generator as training leaves it. R trains once for each learner and split, so that it is in this
    state before each test set.
    """
    from soak.glmnet.cross_validation import comparable, link_in_order

    fitted = comparable(family, link_in_order(point, rows.features(np.float64), point.lambdas))[:, 0]
    if family == "gaussian":
        return Prediction(fitted[:, 0])
    if family == "binomial":
        fitted = np.column_stack([1 - fitted, fitted])
    fitted = fitted[:, ::-1]  # in label order
    response = classes[random.copy().max_col(fitted)]
    probabilities_of_all = np.zeros((len(rows), len(rows.task.classes)))
    probabilities_of_all[:, classes] = fitted
    return Prediction(response.astype(np.int32), probabilities_of_all)


def _path_table(found: "CrossValidation") -> pd.DataFrame:
    """R's lambda, cvm, cvsd and nzero; for several classes nzero is the median over them, rounded up."""
    path, curve = found.path, found.curve
    nonzero = (path.coefficients != 0).sum(axis=2)
    count = np.ceil(np.median(nonzero, axis=1)).astype(np.int64)
    kept = np.isin(path.lambdas, curve.lambdas)
    return pd.DataFrame({"lambda": curve.lambdas, "cvm": curve.mean, "cvsd": curve.sd, "nzero": count[kept]})


def _coefficients(task: Task, classes: Codes, s: str, point: "GlmnetPath") -> pd.DataFrame:
    """Intercepts and nonzero coefficients at one penalty, features in the order of the task.

    With two classes there is one set, of the log odds of the first class in sorted order; for regression the
    class is empty.
    """
    known = tuple(task.classes[code] for code in classes)
    labels = {0: ("",), 2: known[:1]}.get(len(known), known[::-1])
    order = np.argsort(point.used)
    parts = []
    for output, label in enumerate(labels):
        values = point.coefficients[0, output, order]
        chosen = np.flatnonzero(values)
        features = ["(Intercept)", *(task.feature_names[point.used[order[index]]] for index in chosen)]
        numbers = np.r_[point.intercepts[0, output], values[chosen]]
        parts.append(
            pd.DataFrame({"s": s, "lambda": point.lambdas[0], "class": label, "feature": features, "value": numbers})
        )
    return pd.concat(parts[::-1] if len(labels) > 1 else parts, ignore_index=True)
