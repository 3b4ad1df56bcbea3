"""Cross-validation along a glmnet path: the curve over lambda, and the two lambdas that it chooses.

Follows R's cv.glmnet (glmnet 4.1): each inner fold computes a path of its own, which is then read at the lambdas
of the path on all rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from soak.errors import FitFailed
from soak.glmnet.path import Family, Floats

TypeMeasure = Literal["deviance", "class", "auc", "mse", "mae"]

_CLIP = 1e-5  # R's prob_min: keeps one confident mistake from deciding the curve


@dataclass(frozen=True)
class Curve:
    """The cross-validated measure at each lambda.

    Attributes
    ----------
    lambdas, mean, sd : arrays of shape (n_lambda,)
        R's lambda, cvm, cvsd; lambdas at which the measure cannot be had are left out, as R does.
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


def row_losses(family: Family, measure: TypeMeasure, link: Floats, response: Floats) -> Floats:
    """Loss of each row at each lambda, as R's cv.elnet, cv.lognet and cv.multnet compute it.

    Parameters
    ----------
    link : array of shape (n, n_lambda, n_outputs)
    response : array of shape (n,) for gaussian, else one-hot of shape (n, n_classes)

    Returns
    -------
    array of shape (n, n_lambda)
    """
    fitted = probabilities(family, link)
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


def fold_auc(link: Floats, response: Floats, weights: Floats) -> list[float]:
    """AUC of one inner fold at each lambda; shapes as in `row_losses`, two classes."""
    return [weighted_auc(response[:, 1] > 0, score, weights) for score in link[:, :, 0].T]


def fold_rows(fold: NDArray[np.int64], folds: int) -> Iterator[NDArray[np.intp]]:
    """Row numbers of each inner fold; folds are numbered from 1."""
    for number in range(1, folds + 1):
        yield np.flatnonzero(fold == number)


def make_curve(
    lambdas: Floats, losses: Floats, fold: NDArray[np.int64], weights: Floats, measure: TypeMeasure
) -> Curve:
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
    losses: Floats, fold: NDArray[np.int64], weights: Floats, measure: TypeMeasure
) -> tuple[Floats, Floats]:
    """Mean losses of each inner fold and the folds' weights; parameters as in `make_curve`."""
    folds = int(fold.max())
    total: Floats = np.bincount(fold, weights=weights)[1:].astype(np.float64)
    if measure == "auc":
        return losses, total
    if len(losses) / folds < 3:
        return losses, weights
    sums = [weights[rows] @ losses[rows] for rows in fold_rows(fold, folds)]
    return np.array(sums) / total[:, None], total


def curve_of_parts(lambdas: Floats, values: Floats, weight: Floats, measure: TypeMeasure) -> Curve:
    """The curve of the measure's values, (n_parts, n_lambda), in parts (folds or rows) of so much weight."""
    mean, sd = _mean_and_sd(values, weight)
    kept = np.isfinite(sd)
    if not kept.any():
        raise FitFailed(f"{measure} cannot be had in any inner fold")
    lambdas, mean, sd = lambdas[kept], mean[kept], sd[kept]
    badness = -mean if measure == "auc" else mean
    best = int(np.flatnonzero(badness <= badness.min())[0])
    near = int(np.flatnonzero(badness <= badness[best] + sd[best])[0])
    return Curve(lambdas, mean, sd, float(lambdas[best]), float(lambdas[near]))


def _mean_and_sd(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weighted mean over the parts and its standard error at each lambda; a part without a value is left out."""
    known = ~np.isnan(values)
    weight = np.where(known, weights[:, None], 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = weight.sum(axis=0)
        mean = (weight * np.where(known, values, 0.0)).sum(axis=0) / total
        squares = (weight * np.where(known, values - mean, 0.0) ** 2).sum(axis=0) / total
        return mean, np.sqrt(squares / (known.sum(axis=0) - 1))
