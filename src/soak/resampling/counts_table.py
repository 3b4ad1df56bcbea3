"""How many rows each fold has, by subset and stratum: what a person looks at before trusting the splits."""

import pandas as pd

from soak.tasks.task import Task


def count_rows(task: Task, folds: pd.DataFrame) -> pd.DataFrame:
    """Rows of a task per subset, stratum and fold.

    Parameters
    ----------
    folds : DataFrame
        The table folds of the task: ``subset`` and ``fold``, a row per row of the task.

    Returns
    -------
    DataFrame
        Columns task_id, subset, stratum (values of the stratum columns, joined by ", "; "all rows" without any),
        fold, rows; sorted by subset, stratum and fold, empty combinations left out.
    """
    strata = [pd.Series(values, dtype=str) for values in task.strata.values()]
    stratum = strata[0].str.cat(strata[1:], sep=", ") if strata else pd.Series("all rows", index=range(len(folds)))
    named = pd.DataFrame({"subset": folds["subset"].astype(str).to_numpy(), "stratum": stratum.to_numpy()})
    named["fold"] = folds["fold"].to_numpy()
    counts = named.groupby(["subset", "stratum", "fold"], sort=True).size().rename("rows").reset_index()
    counts.insert(0, "task_id", task.name)
    return counts
