"""Means, standard deviations and t tests over the folds and seeds of a score table, as R's mlr3resampling has them."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from soak.scores.ttests import paired_interval, paired_p, sample_mean, sample_sd, welch_p
from soak.tables import TABLES

COMPARED = ("all", "other")  # each against same: comparisons "all-same" and "other-same"


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
    return (
        groups.agg([sample_mean, sample_sd, "size"])
        .reset_index()
        .set_axis(list(TABLES["stats"].columns), axis="columns")
    )


def pvalues(scores: pd.DataFrame, alpha: float = 0.05) -> pd.DataFrame:
    """T tests of all and other against same, where each split has its full size.

    Parameters
    ----------
    scores : DataFrame
        The table scores; rows with ``n_train_groups`` below ``groups`` are not used.
    alpha : float
        Intervals are at 1 - alpha.

    Returns
    -------
    DataFrame
        The table pvalues. ``mean_diff`` (all or other, minus same), its ``sd_diff`` and interval, ``p_paired`` and ``n`` are
        over the pairs of fold and seed for which both scores exist; ``same_mean``, ``compare_mean`` and ``p_unpaired``
        (Welch) over all scores that exist. P values are two-sided, and NaN where `undefined_reason` says why. A
        comparison without a single pair has no row.

    Notes
    -----
    The sign is that of the difference: positive means a higher value than same, for a loss and for an accuracy.
    Numbers are those of R's ``pvalue``, for which several seeds at the same full size are further pairs although they
    repeat the same scores; verdicts average the seeds of a fold first.
    """
    full = scores[scores["n_train_groups"] == scores["groups"]]
    return _compare(_long(full), [], alpha)[list(TABLES["pvalues"].columns)]


def pvalues_downsample(scores: pd.DataFrame, alpha: float = 0.05, *, by_seed: bool = False) -> pd.DataFrame:
    """The tests of `pvalues` at full size, and again where same, other and all have equally many train groups.

    Is other worse because its pattern is another, or because it is smaller? As R's pvalue_downsample: for each task,
    test subset and algorithm, first the splits at their full sizes, then those with ``n_train_groups`` equal to
    the smallest of the three full sizes. Needs ``sizes >= 0``.

    Parameters
    ----------
    by_seed : bool
        Test each seed apart, as the author of SOAK does: the table then has a column seed, behind n_train_groups.

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
    panel = ["n_train_groups", "seed"] if by_seed else ["n_train_groups"]
    tests = _compare(panels, panel, alpha)
    tests = tests.sort_values("position", kind="stable")
    sizes = tests["n_train_groups"].astype("Int64")
    tests["n_train_groups"] = sizes.mask(sizes == -1)
    columns = list(TABLES["pvalues_downsample"].columns)
    if by_seed:
        columns.insert(columns.index("n_train_groups") + 1, "seed")
    return tests[columns].reset_index(drop=True)


def fold_means(scores: pd.DataFrame) -> pd.DataFrame:
    """A score table with the seeds of a fold averaged: they are no new evidence, so that tests count folds alone."""
    measures = measure_columns(scores)
    averaged = {name: "mean" if name in measures else "first" for name in (*measures, "seed", "iteration")}
    averaged |= {name: "first" for name in ("n_train", "n_test") if name in scores}
    keys = [name for name in scores.columns if name not in averaged]
    return scores.groupby(keys, sort=False, dropna=False).agg(averaged).reset_index()[list(scores.columns)]


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


def _compare(table: pd.DataFrame, panel: Sequence[str], alpha: float) -> pd.DataFrame:
    """Paired and Welch tests of all and other against same, apart for each value of the columns ``panel``."""
    keys = ["task_id", "test_subset", "algorithm", "measure", *panel]
    pair = [*keys, "test_fold", *({"seed"} - set(panel))]
    same = table.loc[table["train_subsets"] == "same", [*pair, "value"]]
    compare = table.loc[table["train_subsets"].isin(COMPARED), [*pair, "train_subsets", "position", "value"]]
    compare = compare.assign(comparison=compare["train_subsets"] + "-same")
    pairs = compare.merge(same.rename(columns={"value": "same"}), on=pair, how="inner")  # keeps the order of compare
    pairs["diff"] = pairs["value"] - pairs["same"]
    tests = (
        pairs.groupby([*keys, "comparison"], sort=False)
        .agg(
            position=("position", "first"),
            mean_diff=("diff", sample_mean),
            sd_diff=("diff", sample_sd),
            n=("diff", "size"),
            n_folds=("test_fold", "nunique"),
        )
        .reset_index()
        .merge(_samples(same, keys, "same"), on=keys, how="left")
        .merge(_samples(compare, [*keys, "comparison"], "compare"), on=[*keys, "comparison"], how="left")
    )
    tests["p_paired"] = paired_p(tests["mean_diff"], tests["sd_diff"], tests["n"])
    tests["ci_low"], tests["ci_high"] = paired_interval(tests["mean_diff"], tests["sd_diff"], tests["n"], alpha)
    samples = (f"{sample}_{number}" for sample in ("compare", "same") for number in ("mean", "sd", "n"))
    tests["p_unpaired"] = welch_p(*(tests[column] for column in samples))
    return tests


def _samples(table: pd.DataFrame, keys: Sequence[str], name: str) -> pd.DataFrame:
    """Mean, standard deviation and number of the scores that exist: columns NAME_mean, NAME_sd, NAME_n."""
    columns = {f"{name}_mean": sample_mean, f"{name}_sd": sample_sd, f"{name}_n": "size"}
    return table.groupby(list(keys), sort=False)["value"].agg(**columns).reset_index()


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
