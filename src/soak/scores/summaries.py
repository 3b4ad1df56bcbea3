"""Means, standard deviations and t tests over the folds and seeds of a score table, as R's mlr3resampling has them."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from soak.tables import TABLES

COMPARED = ("all", "other")  # each against same: comparisons "all-same" and "other-same"

# R's t.test refuses data as "essentially constant" where the standard error is below 10 * .Machine$double.eps times
# the (larger) absolute mean.
_CONSTANT = 10 * np.finfo(float).eps


def measure_columns(scores: pd.DataFrame) -> list[str]:
    """Names of the measures of a score table: the columns that are not of the split, in their order."""
    return [column for column in scores.columns if column not in TABLES["scores"].columns]


def first_measures(scores: pd.DataFrame) -> dict[str, str]:
    """The first measure of each task that has any value; a task whose fits all failed is left out."""
    has_value = scores[measure_columns(scores)].notna().groupby(scores["task_id"], sort=False).any()
    return {str(task): str(row.idxmax()) for task, row in has_value.iterrows() if row.any()}


def stats(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation of each measure over the folds and seeds.

    Parameters
    ----------
    scores : DataFrame
        The table scores; empty measures (failed fits, measures of other tasks) are left out.

    Returns
    -------
    DataFrame
        The table stats; ``sd`` with n - 1 (NaN for a single value). Rows in the order in which the score table
        (task, iteration, algorithm) first has them, measures in the order of its columns.
    """
    keys = ["task_id", "test_subset", "train_subsets", "n_train_groups", "algorithm", "measure"]
    # groupby keeps the order of the first row of each key, and has no row for a key without any value.
    groups = _long(scores).groupby(keys, sort=False, dropna=False)["value"]
    return groups.agg(["mean", "std", "size"]).reset_index().set_axis(list(TABLES["stats"].columns), axis="columns")


def pvalues(scores: pd.DataFrame) -> pd.DataFrame:
    """T tests of all and other against same, where each split has its full size.

    Parameters
    ----------
    scores : DataFrame
        The table scores; rows with ``n_train_groups`` below ``groups`` are not used.

    Returns
    -------
    DataFrame
        The table pvalues. Means, ``mean_diff`` (all or other, minus same) and ``n`` are over the pairs of fold and
        seed for which both scores exist. ``p_paired`` and ``p_unpaired`` (Welch) are two-sided, and NaN where
        `undefined_reason` says why. A comparison without a single pair has no row.

    Notes
    -----
    The sign is that of the difference: positive means a higher value than same, for a loss and for an accuracy.
    Folds share train data, so that the p values are optimistic.
    """
    full = scores[scores["n_train_groups"] == scores["groups"]]
    return _compare(_long(full), [])[list(TABLES["pvalues"].columns)]


def pvalues_downsample(scores: pd.DataFrame) -> pd.DataFrame:
    """The tests of `pvalues` at full size, and again where same, other and all have equally many train groups.

    Is other worse because its pattern is another, or because it is smaller? As R's pvalue_downsample: for each task,
    test subset and algorithm, first the splits at their full sizes, then those with ``n_train_groups`` equal to
    the smallest of the three full sizes. Needs ``sizes >= 0``.

    Returns
    -------
    DataFrame
        The table pvalues_downsample: ``n_train_groups`` is the common size, or empty where each split has its full
        size. A test subset that was not down-sampled has no rows.
    """
    keys = ["task_id", "test_subset", "algorithm"]
    smallest = scores.groupby(keys)["groups"].transform("min")
    reduced = (scores["n_train_groups"] < scores["groups"]) & (scores["n_train_groups"] == smallest)
    reduced = reduced.groupby([scores[key] for key in keys]).transform("any")
    full = scores[reduced & (scores["n_train_groups"] == scores["groups"])]
    equal = scores[reduced & (scores["n_train_groups"] == smallest)]
    panels = pd.concat([_long(full).assign(n_train_groups=-1), _long(equal)])
    tests = _compare(panels, ["n_train_groups"])
    tests = tests.sort_values("position", kind="stable")
    sizes = tests["n_train_groups"].astype("Int64")
    tests["n_train_groups"] = sizes.mask(sizes == -1)
    return tests[list(TABLES["pvalues_downsample"].columns)].reset_index(drop=True)


def undefined_reason(n: int) -> str:
    """Why a p value over n pairs is NaN."""
    return "one fold only" if n < 2 else "no variation between the folds"


def _long(scores: pd.DataFrame) -> pd.DataFrame:
    """One row per split, algorithm and measure that has a value, in the order of the score table."""
    measures = measure_columns(scores)
    keys = [column for column in TABLES["scores"].columns if column in scores.columns]
    table = scores.melt(id_vars=keys, value_vars=measures, var_name="measure", value_name="value", ignore_index=False)
    table["position"] = np.tile(np.arange(len(scores)), len(measures))
    table = table.sort_values("position", kind="stable")
    return table[table["value"].notna()]


def _compare(table: pd.DataFrame, panel: Sequence[str]) -> pd.DataFrame:
    """Paired and Welch tests of all and other against same, apart for each value of the columns ``panel``."""
    keys = ["task_id", "test_subset", "algorithm", "measure", *panel]
    pair = [*keys, "test_fold", "seed"]
    same = table.loc[table["train_subsets"] == "same", [*pair, "value"]].rename(columns={"value": "same"})
    compare = table.loc[table["train_subsets"].isin(COMPARED), [*pair, "train_subsets", "position", "value"]]
    pairs = compare.merge(same, on=pair, how="inner")  # keeps the order of compare
    pairs["comparison"] = pairs["train_subsets"] + "-same"
    pairs["diff"] = pairs["value"] - pairs["same"]
    tests = (
        pairs.groupby([*keys, "comparison"], sort=False)
        .agg(
            position=("position", "first"),
            mean_diff=("diff", "mean"),
            sd_diff=("diff", "std"),
            same_mean=("same", "mean"),
            same_sd=("same", "std"),
            compare_mean=("value", "mean"),
            compare_sd=("value", "std"),
            n=("diff", "size"),
        )
        .reset_index()
    )
    n = tests["n"]
    tests["p_paired"] = paired_p(tests["mean_diff"], tests["sd_diff"], n)
    tests["p_unpaired"] = welch_p(
        tests["compare_mean"], tests["compare_sd"], n, tests["same_mean"], tests["same_sd"], n
    )
    return tests


def paired_p(mean_diff: ArrayLike, sd_diff: ArrayLike, n: ArrayLike) -> NDArray[np.float64]:
    """Two-sided p values of paired t tests, as R's ``t.test(x, y, paired = TRUE)``.

    t = mean / (sd / sqrt(n)) with n - 1 degrees of freedom, of the differences x - y.

    Parameters
    ----------
    mean_diff, sd_diff : array-like of shape (m,)
        Mean and standard deviation (n - 1) of the differences of each of m comparisons.
    n : array-like of shape (m,)
        Number of pairs.

    Returns
    -------
    array of shape (m,)
        NaN where the test is undefined: fewer than two pairs, or differences that are all alike (R's error "data are
        essentially constant").
    """
    mean, sd, count = (np.asarray(values, dtype=float) for values in (mean_diff, sd_diff, n))
    with np.errstate(invalid="ignore", divide="ignore"):
        error = sd / np.sqrt(count)
        undefined = ~(count > 1) | ~(error > _CONSTANT * np.abs(mean))
        return np.where(undefined, np.nan, _two_sided(mean / error, count - 1))


def welch_p(
    mean_x: ArrayLike, sd_x: ArrayLike, n_x: ArrayLike, mean_y: ArrayLike, sd_y: ArrayLike, n_y: ArrayLike
) -> NDArray[np.float64]:
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
        constant = ~(error > _CONSTANT * np.maximum(np.abs(mx), np.abs(my)))
        undefined = ~((nx > 1) & (ny > 1)) | constant
        return np.where(undefined, np.nan, _two_sided((mx - my) / error, freedom))


def _two_sided(t: NDArray[np.float64], freedom: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(|T| > |t|) of Student's distribution with ν degrees of freedom: I(ν / (ν + t²); ν/2, 1/2).

    I is the regularized incomplete beta function: exact in the far tails, where 1 - CDF would be 0.
    """
    from scipy.special import betainc

    return np.asarray(betainc(freedom / 2, 0.5, freedom / (freedom + t**2)), dtype=float)


def holm(p: ArrayLike) -> NDArray[np.float64]:
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


def format_p(p: float) -> str:
    """A p value as people read it: "P = 0.03", "P < 0.0001", "P undefined"."""
    if math.isnan(p):
        return "P undefined"
    return "P < 0.0001" if p < 1e-4 else f"P = {_two_digits(p)}"


def _two_digits(p: float) -> str:
    """Two significant digits without an exponent: 0.00031, 0.045, 0.4, 1."""
    if p >= 0.1:
        return f"{p:.2g}"
    return f"{p:.{1 - math.floor(math.log10(p))}f}".rstrip("0")
