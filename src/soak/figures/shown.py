"""The scores as figures show them: each task's first measure, in percent where it is a share."""

from collections.abc import Mapping

import pandas as pd

from soak.measures import Measure, column_measure
from soak.scores.summaries import first_measures

KEYS = ["task_id", "test_subset", "train_subsets", "algorithm"]


def shown_scores(scores: pd.DataFrame, measures: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One row per split and algorithm with the value that is drawn.

    Parameters
    ----------
    scores : DataFrame
        Columns of scores.csv.
    measures : mapping of task to measure, optional
        Default the first measure of each task. Tasks without any value are left out.

    Returns
    -------
    DataFrame
        `KEYS`, test_fold, seed, groups, n_train_groups, measure (as scores.csv calls it) and value (in the unit of
        `soak.measures.column_measure`); rows in the order of ``scores``, empty scores left out.
    """
    measures = first_measures(scores) if measures is None else measures
    columns = [*KEYS, "test_fold", "seed", "groups", "n_train_groups"]
    rows = scores[scores["task_id"].isin(list(measures))]
    parts = []
    for task, measure in measures.items():
        part = rows.loc[rows["task_id"] == task, columns]
        values = rows.loc[rows["task_id"] == task, measure].astype(float)
        parts.append(part.assign(measure=measure, value=column_measure(measure).factor * values))
    table = pd.concat(parts) if parts else pd.DataFrame(columns=[*columns, "measure", "value"])
    return table[table["value"].notna()].reset_index(drop=True)


def full_size(shown: pd.DataFrame) -> pd.DataFrame:
    """The splits at their full size."""
    return shown[shown["n_train_groups"] == shown["groups"]]


def mean_sd(shown: pd.DataFrame, keys: list[str] | None = None) -> pd.DataFrame:
    """Mean, sd (n - 1) and n of the shown values."""
    keys = [*(keys or KEYS), "measure"]
    table = shown.groupby(keys, sort=False)["value"].agg(["mean", "std", "size"]).reset_index()
    return table.rename(columns={"std": "sd", "size": "n"})


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """For a figure's CSV: the measure by the name of what is drawn (percent_error, not zero_one_loss)."""
    names = {name: column_name(column_measure(name)) for name in table["measure"].unique()}
    return table.assign(measure=table["measure"].map(names))


def column_name(shown: Measure) -> str:
    return shown.axis_label.replace(" ", "_")


def algorithms_of(table: pd.DataFrame) -> list[str]:
    """All algorithms in the order of the table, featureless last: it is what the others are compared with."""
    names = list(table["algorithm"].unique())
    return sorted(names, key=lambda name: name == "featureless")
