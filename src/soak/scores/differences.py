"""Differences of other and all from same, fold by fold, for every algorithm: what figures show beside the verdicts."""

from collections.abc import Collection

import pandas as pd

from soak.scores.summaries import first_measures
from soak.scores.ttests import paired_interval, sample_mean, sample_sd

_KEYS = ["task_id", "test_subset", "algorithm", "measure"]
COMPARISONS = ("other-same", "all-same")


def differences(
    scores: pd.DataFrame,
    verdicts: pd.DataFrame,
    references: Collection[str] = (),
    *,
    alpha: float = 0.05,
    margin: float = 0.1,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Differences of the first measure at full size, and their means with intervals.

    The seeds of a fold are averaged first: at full size they repeat the same scores.

    Parameters
    ----------
    scores, verdicts : DataFrame
        The tables of these names.
    references : collection of str
        Algorithms that use no features: they are left out.
    alpha : float
        Intervals are at 1 - alpha.
    margin : float
        Share of the gap between the reference and same.

    Returns
    -------
    folds : DataFrame
        task_id, test_subset, algorithm, measure, comparison (other-same, all-same), test_fold, value.
    means : DataFrame
        The same keys; mean, ci_low, ci_high (NaN with one fold, or where all differences are alike), n (folds),
        guessing (the reference's mean minus that of same; NaN without a reference), margin (the share of its absolute
        value), verdict ("" for algorithms that do not speak for the test subset). Of the algorithm that speaks, mean and
        interval are those of its verdict. Rows by task, test subset, algorithm, other before all.
    """
    values = _fold_means(scores)
    values = values[~values["algorithm"].isin(references)]
    pair = [*_KEYS, "test_fold"]
    same = values[values["train_subsets"] == "same"].rename(columns={"value": "same"})
    compared = values[values["train_subsets"] != "same"].merge(same[[*pair, "same"]], on=pair)
    compared["comparison"] = compared["train_subsets"] + "-same"
    compared["value"] = compared["value"] - compared["same"]
    folds = _ordered(compared, scores)
    means = (
        folds.groupby([*_KEYS, "comparison"], sort=False)
        .agg(mean=("value", sample_mean), sd=("value", sample_sd), n=("value", "size"), same=("same", sample_mean))
        .reset_index()
    )
    means["ci_low"], means["ci_high"] = paired_interval(means["mean"], means["sd"], means["n"], alpha)
    means = _with_verdicts(means, verdicts, _references(scores, verdicts, references))
    means["margin"] = margin * means["guessing"].abs()
    columns = ["mean", "ci_low", "ci_high", "n", "guessing", "margin", "verdict"]
    return folds[[*_KEYS, "comparison", "test_fold", "value"]], means[[*_KEYS, "comparison", *columns]]


def _fold_means(scores: pd.DataFrame) -> pd.DataFrame:
    """The first measure of each task at full size: a value per fold, the mean over its seeds."""
    full = scores[scores["n_train_groups"] == scores["groups"]]
    parts = [
        full[full["task_id"] == task].assign(measure=name, value=full[name].astype(float))
        for task, name in first_measures(scores).items()
    ]
    keys = [*_KEYS, "train_subsets", "test_fold"]
    if not parts:
        return pd.DataFrame(columns=[*keys, "value"]).astype({"value": float})
    table = pd.concat(parts)
    return table[table["value"].notna()].groupby(keys, sort=False)["value"].mean().reset_index()


def _ordered(table: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Rows by task, test subset and algorithm, as the scores first have them, other before all, and by fold."""
    names = ("task_id", "test_subset", "algorithm")
    places = {name: {value: place for place, value in enumerate(scores[name].unique())} for name in names}
    keys = table[["test_fold"]].assign(
        comparison=table["comparison"].map(COMPARISONS.index),
        **{name: table[name].map(places[name]) for name in names},
    )
    return table.loc[keys.sort_values([*names, "comparison", "test_fold"], kind="stable").index]


def _references(scores: pd.DataFrame, verdicts: pd.DataFrame, references: Collection[str]) -> pd.DataFrame:
    """Mean score of the reference of each task and test subset: of the verdicts, else of the scores of same."""
    keys = ["task_id", "test_subset", "measure"]
    known = verdicts[[*keys, "reference_mean"]].dropna().drop_duplicates(keys)
    values = _fold_means(scores)
    values = values[values["algorithm"].isin(references) & (values["train_subsets"] == "same")]
    means = values.groupby([*keys, "algorithm"], sort=False)["value"].mean().reset_index().drop_duplicates(keys)
    both = pd.concat([known, means.rename(columns={"value": "reference_mean"})[[*keys, "reference_mean"]]])
    return both.drop_duplicates(keys)


def _with_verdicts(means: pd.DataFrame, verdicts: pd.DataFrame, references: pd.DataFrame) -> pd.DataFrame:
    """Means with guessing and verdict; of the algorithm that speaks the interval of its verdict."""
    keys = [*_KEYS, "comparison"]
    judged = verdicts[[*keys, "mean_diff", "ci_low", "ci_high", "verdict"]]
    means = means.merge(judged, on=keys, how="left", suffixes=("", "_judged"))
    means = means.merge(references, on=["task_id", "test_subset", "measure"], how="left")
    means["verdict"] = means["verdict"].fillna("")
    speaks = means["verdict"] != ""
    for name in ("ci_low", "ci_high"):
        means[name] = means[name].astype(float).mask(speaks, means[f"{name}_judged"].astype(float))
    means["guessing"] = means["reference_mean"].astype(float) - means["same"]
    return means
