"""The table summary: what the verdicts are made of, as people print it."""

import math

import pandas as pd

from soak.measures import Measure, column_measure
from soak.scores.sentences import difference_text, interval_texts, rows_of
from soak.tables import TABLES

PRINTED = {
    "task_id": "Task",
    "test_subset": "Test subset",
    "rows": "Rows",
    "measure": "Measure",
    "algorithm": "Algorithm",
    "guessing": "Guessing",
    "same": "Same",
    "other": "Other",
    "all": "All",
    "other_same": "Other - same (CI)",
    "other_verdict": "Verdict",
    "all_same": "All - same (CI)",
    "all_verdict": "Verdict on all",
}


def summary(verdicts: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """One row per task and test subset, all of it text.

    Parameters
    ----------
    verdicts, scores : DataFrame
        The tables of these names, with labels where there are any.

    Returns
    -------
    DataFrame
        The table summary: means ± SD over the folds of the algorithm that speaks, differences with their intervals (in
        points, of a measure in percent), and the verdicts.
    """
    rows = []
    for (task, subset), part in verdicts.groupby(["task_id", "test_subset"], sort=False):
        first, by = part.iloc[0], part.set_index("comparison")
        measure = column_measure(first["measure"])
        own = scores[(scores["task_id"] == task) & (scores["test_subset"] == subset)]
        n_rows = rows_of(own, str(subset))
        full = own[(own["n_train_groups"] == own["groups"]) & (own["algorithm"] == first["algorithm"])]
        row = {
            "task_id": task,
            "test_subset": subset,
            "rows": "" if math.isnan(n_rows) else f"{n_rows:.0f}",
            "measure": measure.axis_label,
            "algorithm": first["algorithm"],
            "guessing": "" if math.isnan(first["reference_mean"]) else measure.number(first["reference_mean"]),
        }
        for train in ("same", "other", "all"):
            row[train] = _mean_sd(full[full["train_subsets"] == train], measure)
        for train in ("other", "all"):
            known = f"{train}-same" in by.index
            row[f"{train}_same"] = _difference(by.loc[f"{train}-same"], measure) if known else ""
            row[f"{train}_verdict"] = by.at[f"{train}-same", "verdict"] if known else ""
        rows.append(row)
    return pd.DataFrame(rows, columns=list(TABLES["summary"].columns), dtype=object)


def _mean_sd(scores: pd.DataFrame, measure: Measure) -> str:
    """Mean ± SD over the folds, the seeds of a fold averaged first; "" without scores."""
    folds = scores.groupby("test_fold")[measure.name].mean().dropna()
    return measure.mean_sd(float(folds.mean()), float(folds.std())) if len(folds) else ""


def _difference(row: pd.Series, measure: Measure) -> str:
    text = difference_text(measure, row["mean_diff"], row["ci_low"], row["ci_high"]).removesuffix(" points")
    if math.isnan(row["ci_low"]):
        return text
    low, high = interval_texts(measure, row["ci_low"], row["ci_high"])
    return f"{text} ({low} to {high})"
