"""Two-sided t tests as R's t.test, for many comparisons at once, from sums that a group-by gives."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

# R's t.test refuses data whose standard error is below this share of the means ("essentially constant").
_CONSTANT = 10 * np.finfo(float).eps


def paired_p(mean_diff: ArrayLike, sd_diff: ArrayLike, n: ArrayLike) -> NDArray[np.float64]:
    """P values of paired t tests.

    Parameters
    ----------
    mean_diff, sd_diff : array-like
        Mean and standard deviation (n - 1) of the differences of each comparison.
    n : array-like
        Number of pairs.

    Returns
    -------
    array
        NaN where the test is undefined: fewer than two pairs, or differences that are all alike.
    """
    mean, sd, count = (np.asarray(values, dtype=float) for values in (mean_diff, sd_diff, n))
    with np.errstate(invalid="ignore", divide="ignore"):
        error = sd / np.sqrt(count)
        undefined = ~(count > 1) | ~(error > _CONSTANT * np.abs(mean))
        return np.where(undefined, np.nan, _two_sided(mean / error, count - 1))


def welch_p(
    mean_x: ArrayLike, sd_x: ArrayLike, n_x: ArrayLike, mean_y: ArrayLike, sd_y: ArrayLike, n_y: ArrayLike
) -> NDArray[np.float64]:
    """P values of Welch's t tests (two samples, variances not assumed equal).

    Parameters
    ----------
    mean_x, sd_x, n_x, mean_y, sd_y, n_y : array-like
        Mean, standard deviation (n - 1) and size of both samples of each comparison.

    Returns
    -------
    array
        NaN where the test is undefined: fewer than two values in a sample, or no variation in either.
    """
    (mx, sx, nx), (my, sy, ny) = (
        [np.asarray(values, dtype=float) for values in sample] for sample in ((mean_x, sd_x, n_x), (mean_y, sd_y, n_y))
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        vx, vy = sx**2 / nx, sy**2 / ny
        error = np.sqrt(vx + vy)
        freedom = (vx + vy) ** 2 / (vx**2 / (nx - 1) + vy**2 / (ny - 1))
        constant = ~(error > _CONSTANT * np.maximum(np.abs(mx), np.abs(my)))
        undefined = ~((nx > 1) & (ny > 1)) | constant
        return np.where(undefined, np.nan, _two_sided((mx - my) / error, freedom))


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Holm's correction of a family of p values; NaN ones stay NaN and are not counted (as R's p.adjust)."""
    p = np.asarray(p, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    stepped = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1) if len(order) else stepped
    return adjusted


def _two_sided(t: NDArray[np.float64], freedom: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(|T| > |t|) of Student's distribution, by the incomplete beta function: exact in the far tails too."""
    return np.asarray(betainc(freedom / 2, 0.5, freedom / (freedom + t**2)), dtype=float)
