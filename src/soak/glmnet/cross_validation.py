"""Cross-validation along a glmnet path: the curve over lambda, and the two lambdas that it chooses.

Follows R's cv.glmnet (glmnet 4.1): each inner fold computes a path of its own, which is then read at the lambdas
of the path on all rows.

Where values may be equal the last bits decide, and they are computed as R computes them, whatever the CPU: sums over rows
and folds from left to right in long double (points of a flat curve, of which the first is chosen), and for the measures
class and auc, which compare predictions, linear predictors feature by feature and the C library's exp.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from soak.errors import FitFailed
from soak.glmnet.path import Family, Floats, GlmnetPath, PathSettings, interpolation, mix
from soak.glmnet.solver import fit_path
from soak.tasks.task import TaskRows

if TYPE_CHECKING:
    from soak.glmnet.columns import Stored

Measure = Literal["deviance", "class", "auc", "mse", "mae"]

_CLIP = 1e-5  # R's prob_min: keeps one confident mistake from deciding the curve
_COMPARING = ("class", "auc")  # measures of the order of predictions alone, so that ties between them count
_LARGEST = 709.0  # exponent from which exp overflows
_BLOCK = 1024  # rows that are added at once
# rows x features x classes from which the own solver is twice as fast or more; compiling, once, takes 25 s, loading 0.4 s
_LARGE = 300_000


@dataclass(frozen=True)
class TrainRows:
    """Rows to train on, and how they are cross-validated.

    Attributes
    ----------
    rows : TaskRows
        Their features are read when a path needs them.
    family : "gaussian", "binomial" or "multinomial"
    response : array of shape (n,) for gaussian, else one-hot of shape (n, n_classes)
        With two classes the second column is the positive class, as R's second factor level is.
    fold : int array of shape (n,)
        Inner fold of each row, from 1.
    measure : "deviance", "class", "auc", "mse" or "mae"
        R's ``type.measure``.
    """

    rows: TaskRows
    family: Family
    response: Floats
    fold: NDArray[np.int64]
    measure: Measure

    @property
    def weights(self) -> Floats:
        """Weights of the rows: those of the task, or 1 for each."""
        weights = self.rows.weights
        return np.ones(len(self.rows)) if weights is None else weights

    @cached_property
    def stored(self) -> "Stored | None":
        """Features for the solver of several classes, which all paths share; None where glmstar's is as fast."""
        if self.family != "multinomial" or self.response.size * self.rows.task.features.shape[1] < _LARGE:
            return None
        from soak.glmnet.columns import Stored
        from soak.glmnet.multinomial import compile_once

        compile_once()
        return Stored.of_rows(self.rows)

    def part(self, chosen: NDArray[np.intp]) -> TaskRows:
        """Some of the rows, by their numbers within these."""
        return self.rows.part(chosen)


@dataclass(frozen=True)
class Curve:
    """The cross-validated measure at each lambda.

    Attributes
    ----------
    lambdas, mean, sd : arrays of shape (n_lambda,)
        R's lambda, cvm, cvsd; lambdas at which the measure is undefined are left out, as R does.
    lambda_min : float
        The largest lambda with the best mean.
    lambda_1se : float
        The largest lambda with a mean within one standard error of the best.
    """

    lambdas: Floats
    mean: Floats
    sd: Floats
    lambda_min: float
    lambda_1se: float


@dataclass(frozen=True)
class CrossValidation:
    """The path on all rows, the curve that chooses on it, and the warnings of the paths on parts of the rows."""

    path: GlmnetPath
    curve: Curve
    warnings: list[str]


def cross_validate(settings: PathSettings, train: TrainRows) -> CrossValidation:
    """Fit a path on all rows and one on the rest of each inner fold, and measure these on the fold.

    Raises
    ------
    FitFailed
        Where R's cv.glmnet stops with an error.
    """
    everything = np.arange(len(train.rows))
    path = _fit(settings, train, everything)
    folds, weights = int(train.fold.max()), train.weights
    warnings = []
    losses = np.empty((folds if train.measure == "auc" else len(train.rows), len(path.lambdas)))
    for number, held_out in enumerate(fold_rows(train.fold), start=1):
        link, problem = _held_out_link(settings, train, number, held_out, path.lambdas)
        if problem:
            warnings.append(f"inner fold {number}: {problem}")
        response = train.response[held_out]
        if train.measure == "auc":
            losses[number - 1] = fold_auc(comparable(train.family, link), response, weights[held_out])
        else:
            losses[held_out] = row_losses(train.family, train.measure, link, response)
    curve = make_curve(path.lambdas, losses, train.fold, weights, train.measure)
    return CrossValidation(path, curve, warnings)


def _fit(settings: PathSettings, train: TrainRows, chosen: NDArray[np.intp]) -> GlmnetPath:
    """The path on some of the rows."""
    path = _path(settings, train, train.family, chosen, train.response[chosen])
    if np.isnan(path.lambdas).any():
        where = "the train rows" if len(chosen) == len(train.rows) else "the rest of an inner fold"
        raise FitFailed(f"no feature is correlated with the target in {where}, so that there are no penalties to try")
    return path


def _path(
    settings: PathSettings, train: TrainRows, family: Family, chosen: NDArray[np.intp], response: Floats
) -> GlmnetPath:
    """The path on some of the rows, by the solver that is faster; both give the same bits."""
    if family == "multinomial" and settings.are_own and train.stored is not None:
        from soak.glmnet import multinomial  # compiled by numba, whose import takes half a second

        weights = None if train.rows.weights is None else train.rows.weights[chosen]
        return multinomial.fit_rows(settings, train.stored, chosen, response, weights)
    part = train.part(chosen)
    return fit_path(settings, family, part.features(np.float64, order="F"), response, part.weights)


def _held_out_link(
    settings: PathSettings, train: TrainRows, number: int, held_out: NDArray[np.intp], lambdas: Floats
) -> tuple[Floats, str]:
    """Linear predictors of an inner fold's rows, (n_held_out, n_lambda, n_outputs), and the problem of their path.

    A class with fewer than two rows in the rest, where R ends, has probability 0.
    """
    rest = np.flatnonzero(train.fold != number)
    if train.family != "gaussian":
        present = np.flatnonzero(train.response[rest].sum(axis=0) > 1)
        if len(present) < train.response.shape[1]:
            return _link_of_some_classes(settings, train, rest, present, held_out, lambdas)
    inner = _fit(settings, train, rest)
    return _link_at(inner, train, held_out, lambdas), inner.problem


def _link_at(path: GlmnetPath, train: TrainRows, held_out: NDArray[np.intp], lambdas: Floats) -> Floats:
    """Linear predictors of some rows, (n, n_lambda, n_outputs)."""
    features = train.part(held_out).features(np.float64)
    return link_in_order(path, features, lambdas) if train.measure in _COMPARING else path.link_at(features, lambdas)


def link_in_order(path: GlmnetPath, features: Floats, penalties: Floats) -> Floats:
    """`GlmnetPath.link_at` with R's rounding, the same for equal rows: coefficients are interpolated, terms added one by one.

    The intercept comes first, then the features in the order of the task. A product of matrices adds in an order that
    depends on the CPU and on the place of the row.
    """
    between = interpolation(path.lambdas, penalties)
    coefficients = mix(path.coefficients, *between, axis=0)
    link: Floats = np.repeat(mix(path.intercepts, *between, axis=0)[None], len(features), axis=0)
    for position in np.argsort(path.used):
        link += features[:, path.used[position], None, None] * coefficients[:, :, position]
    return link


def _link_of_some_classes(
    settings: PathSettings,
    train: TrainRows,
    rest: NDArray[np.intp],
    present: NDArray[np.intp],
    held_out: NDArray[np.intp],
    lambdas: Floats,
) -> tuple[Floats, str]:
    """As `_held_out_link`, by a path on the rows of the classes that are present: -inf for the others."""
    n_classes = train.response.shape[1]
    if not len(present):
        raise FitFailed("no class has two rows in the rest of an inner fold")
    link = np.full((len(held_out), len(lambdas), n_classes), -np.inf)
    link[..., present[0]] = 0
    problem = ""
    if len(present) > 1:
        chosen = rest[train.response[rest][:, present].any(axis=1)]
        family: Family = "binomial" if len(present) == 2 else "multinomial"
        response = np.ascontiguousarray(train.response[chosen][:, present])
        inner = _path(settings, train, family, chosen, response)
        found, problem = _link_at(inner, train, held_out, lambdas), inner.problem
        link[..., present[-found.shape[2] :]] = found
    if train.family == "binomial":  # the log odds of the second class, of which only one is present
        link = link[..., 1:] - np.where(np.isinf(link[..., :1]), -np.inf, 0)
    return link, problem


def halves_curve(features: NDArray[np.generic], target: NDArray[np.integer], n_classes: int) -> pd.DataFrame:
    """Percent error of a path on its own rows and on others, at each of its penalties: the tutorial's figure.

    The 2nd, 4th, ... rows are the subtrain set, the 1st, 3rd, ... the validation set, as in the blog post
    that the figure comes from.

    Parameters
    ----------
    features : array of shape (n, n_features)
    target : int array of shape (n,)
        Class codes 0 .. n_classes - 1; every class needs two rows in the subtrain set.

    Returns
    -------
    DataFrame with columns set, penalty (descending within a set), complexity (-log10 of it), error_percent
    """
    halves = {"subtrain": slice(1, None, 2), "validation": slice(0, None, 2)}
    family: Family = "binomial" if n_classes == 2 else "multinomial"
    one_hot = np.eye(n_classes)[target[halves["subtrain"]]]
    path = fit_path(PathSettings(), family, np.array(features[halves["subtrain"]], np.float64, order="F"), one_hot)
    curves = []
    for name, rows in halves.items():
        link = path.link(np.asarray(features[rows], np.float64))
        predicted = (link[..., 0] > 0) if n_classes == 2 else link.argmax(axis=2)
        columns = {
            "set": name,
            "penalty": path.lambdas,
            "complexity": -np.log10(path.lambdas),
            "error_percent": 100 * (predicted != target[rows][:, None]).mean(axis=0),
        }
        curves.append(pd.DataFrame(columns))
    return pd.concat(curves, ignore_index=True)


def probabilities(family: Family, link: Floats) -> Floats:
    """Class probabilities of linear predictors: softmax over the last axis, or of the positive class alone.

    For gaussian the link itself.
    """
    if family == "gaussian":
        return link
    if family == "binomial":
        with np.errstate(over="ignore"):
            probability: Floats = 1 / (1 + np.exp(-link))
        return probability
    weights = np.exp(link - link.max(axis=-1, keepdims=True))
    shares: Floats = weights / weights.sum(axis=-1, keepdims=True)
    return shares


def comparable(family: Family, link: Floats) -> Floats:
    """`probabilities` as R rounds them, for measures that compare them."""
    if family == "gaussian":
        return link
    if family == "binomial":
        return np.asarray(1 / (1 + _exp(np.minimum(-link, _LARGEST))))
    if link.max() > _LARGEST:
        return probabilities(family, link)
    weights = _exp(link)
    total = _sum_in_order(np.moveaxis(weights, 2, 0))
    return weights / total[..., None]


def _exp(values: Floats) -> Floats:
    """The C library's exp; NumPy has one of its own, which depends on the CPU."""
    return np.asarray(np.frompyfunc(math.exp, 1, 1)(values), dtype=np.float64)


def row_losses(family: Family, measure: Measure, link: Floats, response: Floats) -> Floats:
    """Loss of each row at each lambda, as R's cv.elnet, cv.lognet and cv.multnet compute it.

    Parameters
    ----------
    link : array of shape (n, n_lambda, n_outputs)
    response : array of shape (n,) for gaussian, else one-hot of shape (n, n_classes)

    Returns
    -------
    array of shape (n, n_lambda)
    """
    fitted = comparable(family, link) if measure in _COMPARING else probabilities(family, link)
    if family == "gaussian":
        residual: Floats = np.abs(response[:, None] - fitted[:, :, 0])
        return residual if measure == "mae" else residual**2
    if family == "binomial":
        fitted = np.concatenate([1 - fitted, fitted], axis=2)
    if measure == "class":  # a tie is the first class, as in R
        wrong: Floats = (fitted.argmax(axis=2) != response.argmax(axis=1)[:, None]).astype(np.float64)
        return wrong
    if measure == "deviance":
        of_truth = np.take_along_axis(fitted, response.argmax(axis=1)[:, None, None], axis=2)[:, :, 0]
        losses: Floats = -2 * np.log(np.clip(of_truth, _CLIP, 1 - _CLIP))
        return losses
    difference = np.abs(fitted - response[:, None, :])
    total: Floats = (difference if measure == "mae" else difference**2).sum(axis=2)
    return total


def weighted_auc(positive: NDArray[np.bool_], score: Floats, weights: Floats) -> float:
    """Area under the ROC curve; tied scores count half (R breaks such ties at random); NaN with one class only."""
    order = np.argsort(score, kind="stable")
    positive, score, weights = positive[order], score[order], weights[order]
    first = np.flatnonzero(np.r_[True, score[1:] != score[:-1]])
    ones = np.add.reduceat(weights * positive, first)
    zeros = np.add.reduceat(weights * ~positive, first)
    below = np.cumsum(zeros) - zeros
    pairs = ones.sum() * zeros.sum()
    return float((ones * (below + zeros / 2)).sum() / pairs) if pairs > 0 else float("nan")


def fold_auc(fitted: Floats, response: Floats, weights: Floats) -> list[float]:
    """AUC of one inner fold at each lambda, by probabilities of the second of two classes; shapes as in `row_losses`.

    R takes probabilities: unlike linear predictors they may be rounded to the same number.
    """
    return [weighted_auc(response[:, 1] > 0, score, weights) for score in fitted[:, :, 0].T]


def fold_rows(fold: NDArray[np.int64]) -> Iterator[NDArray[np.intp]]:
    """Row numbers of each inner fold; folds are numbered from 1."""
    for number in range(1, int(fold.max()) + 1):
        yield np.flatnonzero(fold == number)


def make_curve(lambdas: Floats, losses: Floats, fold: NDArray[np.int64], weights: Floats, measure: Measure) -> Curve:
    """Mean and standard error at each lambda and the lambdas that they choose (R's cvstats, getOptcv.glmnet).

    Parameters
    ----------
    losses : array of shape (n, n_lambda), or (folds, n_lambda) for AUC
        Rows are averaged within their fold first, but with fewer than 3 rows per fold each counts for itself.
    fold : int array of shape (n,)
        Inner fold of each row, from 1.
    weights : array of shape (n,)
    """
    return curve_of_parts(lambdas, *average_in_folds(losses, fold, weights, measure), measure)


def average_in_folds(
    losses: Floats, fold: NDArray[np.int64], weights: Floats, measure: Measure
) -> tuple[Floats, Floats]:
    """Mean losses of each inner fold and the folds' weights; parameters as in `make_curve`."""
    folds = list(fold_rows(fold))
    total = np.array([_sum_in_order(weights[rows]) for rows in folds])
    if measure == "auc":
        return losses, total
    if len(losses) / len(total) < 3:
        return losses, weights
    sums = [_sum_in_order(weights[rows, None] * losses[rows]) for rows in folds]
    return np.array(sums) / total[:, None], total


def _sum_in_order(values: Floats) -> Floats:
    """Sum over the first axis from left to right in long double, rounded once: R's ``sum``."""
    total = np.zeros(values.shape[1:], dtype=np.longdouble)
    for start in range(0, len(values), _BLOCK):  # cumsum adds one after the other, where sum adds in pairs
        total = np.cumsum(np.concatenate([total[None], values[start : start + _BLOCK]]), axis=0)[-1]
    return total.astype(np.float64)


def curve_of_parts(lambdas: Floats, values: Floats, weight: Floats, measure: Measure) -> Curve:
    """The curve of the measure's values, (n_parts, n_lambda), in parts (folds or rows) of so much weight."""
    mean, sd = _mean_and_sd(values, weight)
    kept = np.isfinite(sd)
    if not kept.any():
        raise FitFailed(f"type_measure: {measure} is undefined in every inner fold")
    lambdas, mean, sd = lambdas[kept], mean[kept], sd[kept]
    badness = -mean if measure == "auc" else mean
    best = int(np.flatnonzero(badness <= badness.min())[0])
    near = int(np.flatnonzero(badness <= badness[best] + sd[best])[0])
    return Curve(lambdas, mean, sd, float(lambdas[best]), float(lambdas[near]))


def _mean_and_sd(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weighted mean over the parts and its standard error at each lambda.

    A part without a value is left out of the means, but counts among the parts, as in R.
    """
    known = ~np.isnan(values)
    weight = np.where(known, weights[:, None], 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = _sum_in_order(weight)
        mean = _sum_in_order(np.where(known, values * weight, 0.0)) / total
        variance = _sum_in_order(np.where(known, (values - mean) ** 2 * weight, 0.0)) / total
        return mean, np.sqrt(variance / (len(values) - 1))
