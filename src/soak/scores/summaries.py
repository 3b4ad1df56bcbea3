"""Means, standard deviations and t tests over the folds and seeds of a score table."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

SPLIT_COLUMNS = (
    "task_id",
    "test_subset",
    "train_subsets",
    "test_fold",
    "seed",
    "groups",
    "n_train_groups",
    "iteration",
    "algorithm",
    "n_train",
    "n_test",
)  # the columns of scores before the measures
STATS_COLUMNS = (
    "task_id",
    "test_subset",
    "train_subsets",
    "n_train_groups",
    "algorithm",
    "measure",
    "mean",
    "sd",
    "n",
)
PVALUES_COLUMNS = (
    "task_id",
    "test_subset",
    "algorithm",
    "comparison",
    "measure",
    "mean_diff",
    "p_paired",
    "p_unpaired",
    "same_mean",
    "compare_mean",
    "n",
)
# R's t.test refuses data whose standard error is below this share of the means ("essentially constant").
_CONSTANT = 10 * np.finfo(float).eps
COMPARED = ("all", "other")  # each against same, as "all-same" and "other-same"


def measure_columns(scores: pd.DataFrame) -> list[str]:
    """Names of the measures of a score table: its columns after those of the split."""
    return [column for column in scores.columns if column not in SPLIT_COLUMNS]


def first_measures(scores: pd.DataFrame) -> dict[str, str]:
    """The first measure of each task that has any value; a task whose fits all failed is left out."""
    known = scores[measure_columns(scores)].notna().groupby(scores["task_id"], sort=False).any()
    return {str(task): str(row.idxmax()) for task, row in known.iterrows() if row.any()}


def stats(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation of each measure over the folds and seeds.

    Parameters
    ----------
    scores : DataFrame
        Columns of scores.csv; empty measures (failed fits, measures of other tasks) are left out.

    Returns
    -------
    DataFrame
        Columns `STATS_COLUMNS`; ``sd`` with n - 1 (NaN for a single value). Rows in the order in which the
        score table (task, iteration, algorithm) first shows them, measures in the order of its columns.
    """
    keys = ["task_id", "test_subset", "train_subsets", "n_train_groups", "algorithm", "measure"]
    table = _long(scores)
    # The first row of each key gives the order; a group without any value has no row.
    groups = table.groupby(keys, sort=False, dropna=False)["value"]
    return groups.agg(["mean", "std", "size"]).reset_index().set_axis(list(STATS_COLUMNS), axis="columns")


def pvalues(scores: pd.DataFrame) -> pd.DataFrame:
    """T tests of all and other against same, where each split has its full size.

    Parameters
    ----------
    scores : DataFrame
        Columns of scores.csv; rows with ``n_train_groups`` below ``groups`` are not used.

    Returns
    -------
    DataFrame
        Columns `PVALUES_COLUMNS`. Means, ``mean_diff`` (all or other, minus same) and ``n`` are over the pairs
        of fold and seed for which both scores exist. ``p_paired`` and ``p_unpaired`` (Welch) are two-sided, and
        NaN where `undefined_reason` tells why. No row for a comparison without a single pair.

    Notes
    -----
    The sign is as is: positive means a higher value than same, whether the measure is a loss or an accuracy.
    Folds share train data, so that the p values are optimistic.
    """
    full = scores[scores["n_train_groups"] == scores["groups"]]
    return _compare(_long(full), [])[list(PVALUES_COLUMNS)]


def pvalues_downsample(scores: pd.DataFrame) -> pd.DataFrame:
    """The tests of `pvalues` at full size and again where same, other and all have equally many train groups.

    Is Other worse because it is different, or because it is smaller? As R's pvalue_downsample: for each task,
    test subset and algorithm, first the splits at their full sizes, then those with ``n_train_groups`` equal to
    the smallest of the three full sizes. Needs ``sizes >= 0``.

    Returns
    -------
    DataFrame
        Columns of `pvalues`, then ``n_train_groups``: the common size, or empty where each split has its full
        size. No rows for a test subset that was not down-sampled.
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
    return tests[[*PVALUES_COLUMNS, "n_train_groups"]].reset_index(drop=True)


def undefined_reason(n: int) -> str:
    """Why a p value over n pairs is NaN."""
    return "one fold only" if n < 2 else "no variation between the folds"


def _long(scores: pd.DataFrame) -> pd.DataFrame:
    """One row per split, algorithm and measure that has a value, in the order of the score table."""
    measures = measure_columns(scores)
    keys = [column for column in SPLIT_COLUMNS if column in scores.columns]
    table = scores.melt(id_vars=keys, value_vars=measures, var_name="measure", value_name="value", ignore_index=False)
    table["position"] = np.tile(np.arange(len(scores)), len(measures))
    table = table.sort_values("position", kind="stable")
    return table[table["value"].notna()]


def _compare(table: pd.DataFrame, panel: Sequence[str]) -> pd.DataFrame:
    """Paired and Welch tests of all and other against same, within the given further keys."""
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


def format_p(p: float) -> str:
    """A p value as a person reads it: "P = 0.03", "P < 0.0001", "P undefined"."""
    if math.isnan(p):
        return "P undefined"
    return "P < 0.0001" if p < 1e-4 else f"P = {_two_digits(p)}"


def _two_digits(p: float) -> str:
    """Two significant digits without an exponent: 0.00031, 0.045, 0.4, 1."""
    if p >= 0.1:
        return f"{p:.2g}"
    return f"{p:.{1 - math.floor(math.log10(p))}f}".rstrip("0")
