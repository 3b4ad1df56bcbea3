"""cv_glmnet: an elastic net whose penalty is chosen by cross-validation, to the last digit as R's cv.glmnet.

What decides digits and is easily done otherwise: class levels are in reverse of their sorted order (mlr3learners
swaps them), features in the order of the task, inner folds a random draw of R's after ``set.seed``, and each
inner fold has a path of its own. glmnet stops at a loose tolerance, so that another order is another result.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from soak.glmnet import cross_validation as glmnet_cv
from soak.glmnet.path import Family, Floats, GlmnetPath, fit_path
from soak.learners.base import Fit, FitFailed, Prediction, TrainData
from soak.learners.cv_glmnet import CvGlmnet
from soak.rrandom import RRandom
from soak.tasks.task import Task, TaskRows


@dataclass(frozen=True)
class _TrainRows:
    """Rows to train on with their response in glmnet's form; the features are read when a path needs them."""

    settings: CvGlmnet
    family: Family
    rows: TaskRows
    response: Floats
    weights: Floats | None

    def path(self, chosen: NDArray[np.intp] | slice = slice(None)) -> GlmnetPath:
        """The path on some of the rows."""
        features = TaskRows(self.rows.task, self.rows.rows[chosen]).features(np.float64, order="F")
        weights = None if self.weights is None else self.weights[chosen]
        return fit_path(self.settings, self.family, features, self.response[chosen], weights)

    def features(self, chosen: NDArray[np.intp]) -> Floats:
        """Features of some of the rows."""
        values: Floats = TaskRows(self.rows.task, self.rows.rows[chosen]).features(np.float64)
        return values


def fit(settings: CvGlmnet, name: str, data: TrainData) -> Fit:
    """Fit the path on all train rows, and cross-validate it.

    Returns
    -------
    Fit
        One algorithm per entry of ``settings.s``. Tables: "path" (lambda, cvm, cvsd, nzero) and "coefficients"
        (s, lambda, class, feature, value: the intercept and what is not zero).

    Raises
    ------
    FitFailed
        Where R's cv.glmnet stops with an error.
    """
    family = _family(data.rows.task)
    train = _TrainRows(settings, family, data.rows, _response(data.rows, family), data.rows.weights)
    measure = _measure(settings, family, len(data.rows))
    fold = _inner_folds(len(data.rows), settings.folds, data.seed)
    if settings.path == "early" and _early_applies(settings, family):
        from soak.glmnet.early import cross_validate  # compiled by numba, whose import takes half a second

        master, curve, problems = cross_validate(settings, data.rows, train.response, fold, measure)
    else:
        master = train.path()
        curve, problems = _cross_validate(train, master, measure, fold)
    points = {suffix: master.at(_penalty(s, curve)) for suffix, s in zip(settings.suffixes, settings.s, strict=True)}
    told = [f"all rows: {master.problem}"] * bool(master.problem) + problems
    info: dict[str, Any] = {
        "converged": not told,
        "lambda_min": curve.lambda_min,
        "lambda_1se": curve.lambda_1se,
        "n_lambda": len(master.lambdas),
    }
    if told:
        info["reason"] = _way_out(told)
    return Fit(
        predict={f"{name}_{suffix}": partial(_predict, family, point) for suffix, point in points.items()},
        info=info,
        tables={
            "path": _path_table(master, curve),
            "coefficients": pd.concat(
                [_coefficients(data.rows.task, suffix, point) for suffix, point in points.items()], ignore_index=True
            ),
        },
    )


def _family(task: Task) -> Family:
    if task.type == "regression":
        return "gaussian"
    if len(task.classes) < 2:
        raise FitFailed("the target has one class only")
    return "binomial" if len(task.classes) == 2 else "multinomial"


def _response(rows: TaskRows, family: Family) -> Floats:
    """The target; for classes one-hot, in reverse of their sorted order."""
    if family == "gaussian":
        target: Floats = rows.target.astype(np.float64)
        return target
    one_hot: Floats = np.eye(len(rows.task.classes))[:, ::-1][rows.target]
    return one_hot


def _measure(settings: CvGlmnet, family: Family, n_rows: int) -> glmnet_cv.TypeMeasure:
    """What the inner folds measure; like R, deviance instead of AUC where a fold has fewer than 10 rows."""
    measure = settings.type_measure
    if family == "gaussian" and measure in ("class", "auc"):
        raise FitFailed(f"type_measure: {measure} is for classes; use deviance, mse or mae")
    if family == "multinomial" and measure == "auc":
        raise FitFailed("type_measure: auc needs two classes; use deviance, class, mse or mae")
    if measure == "auc" and n_rows / settings.folds < 10:
        return "deviance"
    return measure


def _early_applies(settings: CvGlmnet, family: Family) -> bool:
    """Whether ``path: early`` has a way of its own; paths of two classes and of numbers are cheap and always whole."""
    return family == "multinomial" and settings.standardize and settings.type_logistic == "Newton"


def _inner_folds(n_rows: int, folds: int, seed: int) -> NDArray[np.int64]:
    """R's ``sample(rep(1:folds, length = n_rows))`` after ``set.seed``."""
    if n_rows < folds:
        raise FitFailed(f"{n_rows} train rows are too few for {folds} inner folds")
    return np.asarray(RRandom(seed).sample(np.resize(np.arange(1, folds + 1), n_rows)))


def _cross_validate(
    train: _TrainRows, master: GlmnetPath, measure: glmnet_cv.TypeMeasure, fold: NDArray[np.int64]
) -> tuple[glmnet_cv.Curve, list[str]]:
    """The curve at the master path's lambdas, and what the inner folds' paths complained of."""
    n_rows, folds = len(train.rows), train.settings.folds
    weights = np.ones(n_rows) if train.weights is None else train.weights
    problems = []
    losses = np.empty((folds if measure == "auc" else n_rows, len(master.lambdas)))
    for number, held_out in enumerate(glmnet_cv.fold_rows(fold, folds), start=1):
        path = train.path(np.flatnonzero(fold != number))
        if path.problem:
            problems.append(f"inner fold {number}: {path.problem}")
        link = path.link_at(train.features(held_out), master.lambdas)
        truth = train.response[held_out]
        if measure == "auc":
            losses[number - 1] = glmnet_cv.fold_auc(link, truth, weights[held_out])
        else:
            losses[held_out] = glmnet_cv.row_losses(train.family, measure, link, truth)
    return glmnet_cv.make_curve(master.lambdas, losses, fold, weights, measure), problems


def _penalty(s: str | float, curve: glmnet_cv.Curve) -> float:
    if s == "min":
        return curve.lambda_min
    return curve.lambda_1se if s == "1se" else float(s)


def _way_out(problems: list[str]) -> str:
    """What a scientist should know of a fit that glmnet has not brought to its end."""
    more = f" (and {len(problems) - 1} more paths)" if len(problems) > 1 else ""
    return (
        f"glmnet stopped early: {problems[0]}{more}; its result is used as R uses it; "
        "try standardize: true, type_logistic: modified.Newton, or a higher maxit"
    )


def _predict(family: Family, point: GlmnetPath, rows: TaskRows) -> Prediction:
    """Predictions at one penalty; a tie between classes is the first in reversed order, as in R."""
    link = point.link(rows.features(np.float64))[:, 0]
    fitted = glmnet_cv.probabilities(family, link)
    if family == "gaussian":
        return Prediction(fitted[:, 0])
    if family == "binomial":
        fitted = np.column_stack([1 - fitted, fitted])
    n_classes = fitted.shape[1]
    response = n_classes - 1 - fitted.argmax(axis=1)
    return Prediction(response.astype(np.int32), np.ascontiguousarray(fitted[:, ::-1]))


def _path_table(master: GlmnetPath, curve: glmnet_cv.Curve) -> pd.DataFrame:
    """R's lambda, cvm, cvsd and nzero; for several classes nzero is the median over them, rounded up."""
    nonzero = (master.coefficients != 0).sum(axis=2)
    count = np.ceil(np.median(nonzero, axis=1)).astype(np.int64)
    kept = np.isin(master.lambdas, curve.lambdas)
    return pd.DataFrame({"lambda": curve.lambdas, "cvm": curve.mean, "cvsd": curve.sd, "nzero": count[kept]})


def _coefficients(task: Task, s: str, point: GlmnetPath) -> pd.DataFrame:
    """Intercepts and nonzero coefficients at one penalty, features in the order of the task.

    With two classes there is one set, of the log odds of the first class in sorted order; for regression the
    class is empty.
    """
    labels = {0: ("",), 2: task.classes[:1]}.get(len(task.classes), task.classes[::-1])
    order = np.argsort(point.used)
    parts = []
    for output, label in enumerate(labels):
        values = point.coefficients[0, output, order]
        chosen = np.flatnonzero(values)
        features = ["(Intercept)", *(task.feature_names[point.used[order[index]]] for index in chosen)]
        numbers = np.r_[point.intercepts[0, output], values[chosen]]
        parts.append(pd.DataFrame({"s": s, "lambda": point.lambdas[0], "class": label, "feature": features}))
        parts[-1]["value"] = numbers
    return pd.concat(parts[::-1] if len(labels) > 1 else parts, ignore_index=True)
