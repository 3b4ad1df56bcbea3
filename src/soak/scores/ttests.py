"""T tests of differences between folds, as R's ``t.test`` has them: P values, intervals, power, Holm's correction.

scipy.special is imported when it is used: rules that only show P values need not wait for it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

# R's t.test refuses data as "essentially constant" where the standard error is below 10 * .Machine$double.eps times
# the (larger) absolute mean.
CONSTANT = 10 * np.finfo(float).eps
POWER = 0.8  # chance to see the smallest difference that is said to be seen: Cohen's convention (1988)

_Floats = NDArray[np.float64]


def sample_mean(values: ArrayLike) -> float:
    """Mean, rounded as R's ``mean``: in long double, with the mean of the residuals added. NaN for no values."""
    given = np.asarray(values, dtype=np.longdouble)
    return float(_long_mean(given)) if len(given) else float("nan")


def sample_sd(values: ArrayLike) -> float:
    """Standard deviation with n - 1, rounded as R's ``sd``: in two passes, long double, the mean kept as a double.

    One pass loses the digits of scores that are nearly equal. NaN for fewer than two values.
    """
    given = np.asarray(values, dtype=np.longdouble)
    if len(given) < 2:
        return float("nan")
    mean = np.longdouble(float(_long_mean(given)))
    return float(np.sqrt(float(((given - mean) ** 2).sum() / (len(given) - 1))))


def _long_mean(values: NDArray[np.longdouble]) -> np.longdouble:
    mean = values.sum() / len(values)
    return np.longdouble(mean + (values - mean).sum() / len(values))


def paired_p(mean_diff: ArrayLike, sd_diff: ArrayLike, n: ArrayLike) -> _Floats:
    """Two-sided p values of paired t tests, as R's ``t.test(x, y, paired = TRUE)``: t = mean / (sd / sqrt(n)).

    Parameters
    ----------
    mean_diff, sd_diff, n : array-like of shape (m,)
        Mean, standard deviation (n - 1) and number of the pairs' differences, for each of m comparisons.

    Returns
    -------
    array of shape (m,)
        NaN where the test is undefined: fewer than two pairs, or differences that are all alike (R's error "data are
        essentially constant").
    """
    mean, error, count = _mean_error(mean_diff, sd_diff, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.isnan(error), np.nan, _two_sided(mean / error, count - 1))


def paired_interval(mean_diff: ArrayLike, sd_diff: ArrayLike, n: ArrayLike, alpha: float) -> tuple[_Floats, _Floats]:
    """Limits of the 1 - alpha interval of the mean difference, mean ± t(1 - alpha / 2, n - 1) sd / sqrt(n).

    They exclude 0 exactly where `paired_p` is below alpha, and are NaN where it is.
    """
    mean, error, count = _mean_error(mean_diff, sd_diff, n)
    half = t_quantile(1 - alpha / 2, count - 1) * error
    return mean - half, mean + half


def _mean_error(mean_diff: ArrayLike, sd_diff: ArrayLike, n: ArrayLike) -> tuple[_Floats, _Floats, _Floats]:
    """Means, their standard errors (NaN where a test is undefined) and numbers of differences."""
    mean, sd, count = (np.asarray(values, dtype=float) for values in (mean_diff, sd_diff, n))
    with np.errstate(invalid="ignore", divide="ignore"):
        error = sd / np.sqrt(count)
        undefined = ~(count > 1) | ~(error > CONSTANT * np.abs(mean))
    return mean, np.where(undefined, np.nan, error), count


def welch_p(
    mean_x: ArrayLike, sd_x: ArrayLike, n_x: ArrayLike, mean_y: ArrayLike, sd_y: ArrayLike, n_y: ArrayLike
) -> _Floats:
    """Two-sided p values of Welch's t tests, as R's ``t.test(x, y)``: variances are not assumed to be equal.

    t = (mean x - mean y) / sqrt(vx + vy) with vx = sd²/n of x, and Welch's and Satterthwaite's degrees of freedom
    (vx + vy)² / (vx² / (nx - 1) + vy² / (ny - 1)).

    Parameters
    ----------
    mean_x, sd_x, n_x, mean_y, sd_y, n_y : array-like of shape (m,)
        Mean, standard deviation (n - 1) and size of both samples of each of m comparisons.

    Returns
    -------
    array of shape (m,)
        NaN where the test is undefined: fewer than two values in a sample, or no variation in either.
    """
    (mx, sx, nx), (my, sy, ny) = (
        [np.asarray(values, dtype=float) for values in sample] for sample in ((mean_x, sd_x, n_x), (mean_y, sd_y, n_y))
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        vx, vy = sx**2 / nx, sy**2 / ny
        error = np.sqrt(vx + vy)
        freedom = (vx + vy) ** 2 / (vx**2 / (nx - 1) + vy**2 / (ny - 1))
        constant = ~(error > CONSTANT * np.maximum(np.abs(mx), np.abs(my)))
        undefined = ~((nx > 1) & (ny > 1)) | constant
        return np.where(undefined, np.nan, _two_sided((mx - my) / error, freedom))


def _two_sided(t: _Floats, freedom: _Floats) -> _Floats:
    """P(|T| > |t|) of Student's distribution with ν degrees of freedom: I(ν / (ν + t²); ν/2, 1/2).

    I is the regularized incomplete beta function: exact in the far tails, where 1 - CDF would be 0.
    """
    from scipy.special import betainc

    return np.asarray(betainc(freedom / 2, 0.5, freedom / (freedom + t**2)), dtype=float)


def t_quantile(probability: ArrayLike, freedom: ArrayLike) -> _Floats:
    """Quantile of Student's distribution; NaN without a degree of freedom."""
    from scipy.special import stdtrit

    freedom = np.asarray(freedom, dtype=float)
    return np.asarray(stdtrit(np.where(freedom > 0, freedom, np.nan), probability), dtype=float)


def smallest_seen(n: int, alpha: float) -> float:
    """The smallest true mean difference that a two-sided paired t test at alpha sees with a chance of 80 %.

    In standard errors of the mean difference, for n pairs: the noncentrality δ at which the noncentral t distribution with
    n - 1 degrees of freedom exceeds t(1 - alpha / 2) with probability `POWER`. NaN for fewer than two pairs.
    """
    from scipy.special import nctdtrinc, nctdtrit

    if n < 2:
        return float("nan")
    limit = t_quantile(1 - alpha / 2, n - 1)
    delta = float(nctdtrinc(n - 1, 1 - POWER, limit))
    if not np.isclose(nctdtrit(n - 1, delta, 1 - POWER), limit, rtol=1e-3):
        raise ArithmeticError(f"noncentrality of {n} pairs at {alpha}: got {delta}")
    return delta


def holm(p: ArrayLike) -> _Floats:
    """Holm's correction of a family of p values, as R's ``p.adjust(p, "holm")``.

    The i-th smallest of m is multiplied by m - i + 1, made monotonic from the smallest on, and at most 1. NaN ones
    stay NaN and do not count.
    """
    p = np.asarray(p, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    defined = np.flatnonzero(~np.isnan(p))
    order = defined[np.argsort(p[defined], kind="stable")]
    stepped = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1) if len(order) else stepped
    return adjusted


@dataclass(frozen=True)
class PairedTest:
    """What a paired t test says of a mean difference.

    Attributes
    ----------
    n : int
        Pairs.
    mean : float
        Of the differences.
    error : float
        Standard error of the mean; NaN where no test is possible, and 0 where all differences are 0.
    p : float
        Two-sided.
    low, high : float
        Limits of the interval at 1 - alpha.
    """

    n: int
    mean: float
    error: float
    p: float
    low: float
    high: float

    def greater_p(self) -> float:
        """One-sided P value of a mean difference above 0; 1 where all differences are 0."""
        if not self.error > 0:
            return 1.0 if self.error == 0 else float("nan")
        return self.p / 2 if self.mean > 0 else 1 - self.p / 2

    def less_p(self) -> float:
        """One-sided P value of a mean difference below 0; 1 where all differences are 0."""
        return 1 - self.greater_p() if self.error > 0 else self.greater_p()


def paired_test(
    x: ArrayLike, y: ArrayLike, alpha: float, row_error: float = np.nan, bound: float = np.inf
) -> PairedTest:
    """Paired t test of x against y, also where the differences are the same in every pair.

    Parameters
    ----------
    x, y : array-like of shape (n,)
        Scores of the folds.
    alpha : float
        The interval is at 1 - alpha.
    row_error : float
        A limit from below for the standard error, from the losses of the single rows (see `row_error`), that counts where
        the differences of the folds are all alike but not 0. NaN if there is none: then there is no test.
    bound : float
        No difference can be larger: the interval is cut there.
    """
    first, second = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    differences = first - second
    n = len(differences)
    mean = float(differences.mean()) if n else np.nan
    if n < 2:
        return PairedTest(n, mean, np.nan, np.nan, np.nan, np.nan)
    rounding = CONSTANT * max(np.abs(first).max(), np.abs(second).max())
    if np.abs(differences).max() <= rounding:
        return PairedTest(n, 0.0, 0.0, 1.0, 0.0, 0.0)
    error = sample_sd(differences) / np.sqrt(n)
    if not error > max(CONSTANT * abs(mean), rounding):
        error = max(error, row_error)  # NaN if row_error is
        error = np.nan if np.isnan(row_error) else error
    half = float(t_quantile(1 - alpha / 2, n - 1)) * error
    p = float(_two_sided(np.asarray(mean / error), np.asarray(n - 1.0)))
    return PairedTest(n, mean, error, p, max(mean - half, -bound), min(mean + half, bound))


def row_error(differences: ArrayLike) -> float:
    """Standard error of the mean of row-wise loss differences, never 0 unless all are: sd / sqrt(m + 2).

    The sd is of the m differences with one +d and one -d added, d the largest absolute one: as if two more rows had shown
    what is possible in either direction (in the spirit of Agresti and Coull's two more successes and failures,
    doi 10.1080/00031305.1998.10480550).
    """
    values = np.asarray(differences, dtype=float)
    if not len(values):
        return float("nan")
    largest = np.abs(values).max()
    return float(np.append(values, [largest, -largest]).std(ddof=1) / np.sqrt(len(values) + 2))
