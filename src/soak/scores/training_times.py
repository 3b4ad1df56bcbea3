"""How long training took: of one's own fits, or as tables from elsewhere have it."""

from pathlib import Path

import pandas as pd

from soak.errors import SoakError
from soak.scores.published import Tasks, chosen_tasks, numbers_of, read_text_table

COLUMNS = ["task_id", "learner", "train_subsets", "seconds"]
# Columns of start and end, by any names that R's packages (mlr3resampling, batchtools) have for them
_ENDS = (("start_time", "end_time"), ("started", "done"))
_TRAIN_SUBSETS = ("same", "other", "all")


def of_fits(times: pd.DataFrame, splits: pd.DataFrame) -> pd.DataFrame:
    """The seconds of each fit at full size, with what it was trained on.

    Parameters
    ----------
    times, splits : DataFrame
        The tables of these names.

    Returns
    -------
    DataFrame
        task_id, learner, train_subsets, seconds (wall time); a train set that several splits share is one of *same* if it
        is that for any test subset, else of *all*, else of *other*.
    """
    full = splits[splits["n_train_groups"] == splits["groups"]]
    order = full["train_subsets"].map({"same": 0, "all": 1, "other": 2})
    first = full.assign(order=order).sort_values("order", kind="stable").drop_duplicates(["task_id", "train_set"])
    both = times.merge(first[["task_id", "train_set", "train_subsets"]], on=["task_id", "train_set"])
    return both[COLUMNS].reset_index(drop=True)


def has_times(table: pd.DataFrame) -> bool:
    """Whether a table (see `soak.scores.published.read_text_table`) has seconds, or a start and an end."""
    return "seconds" in table.columns or any(set(pair) <= set(table.columns) for pair in _ENDS)


def read_times(path: str | Path, tasks: Tasks = None) -> pd.DataFrame:
    """Times of a table from elsewhere.

    Parameters
    ----------
    path : path
        .csv (also compressed) or .parquet, with task_id, the algorithm (learner_id), and seconds or start and end; a row
        without a time is left out. train_subsets may be missing.
    tasks : mapping of str to str, optional
        The tasks to read, each with the name that it gets; default: all.

    Returns
    -------
    DataFrame
        As of `of_fits`; train_subsets is same where the file has none, as of plain K-fold cross-validation.

    Raises
    ------
    SoakError
        If there is no time, or no task or algorithm to it, or a time is neither a number nor a date.
    """
    table = read_text_table(path)
    if not has_times(table):
        raise SoakError(
            f"{path}: expected a column seconds, or start.time and end.time, or started and done, got {', '.join(table.columns)}"
        )
    missing = [name for name in ("task_id", "algorithm") if name not in table.columns]
    if missing:
        raise SoakError(f"{path}: column {', '.join(missing)} is missing; got {', '.join(table.columns)}")
    table = chosen_tasks(path, table, tasks)
    times = table[["task_id"]].copy()
    times["learner"] = table["algorithm"].str.replace(r"^(classif|regr)\.", "", regex=True)
    times["train_subsets"] = table["train_subsets"] if "train_subsets" in table.columns else "same"
    times["seconds"] = _seconds(path, table)
    wrong = times[~times["train_subsets"].isin(_TRAIN_SUBSETS)]
    if len(wrong):
        raise SoakError(
            f"{path}: row {wrong.index[0] + 1}, column train_subsets: expected same, other or all, "
            f"got '{wrong['train_subsets'].iloc[0]}'"
        )
    return times[times["seconds"].notna()].reset_index(drop=True)


def _seconds(path: str | Path, table: pd.DataFrame) -> pd.Series:
    if "seconds" in table.columns:
        return numbers_of(path, table, "seconds", empty=True)
    start, end = next(pair for pair in _ENDS if set(pair) <= set(table.columns))
    return (_dates(path, table, end) - _dates(path, table, start)).dt.total_seconds()


def _dates(path: str | Path, table: pd.DataFrame, column: str) -> pd.Series:
    """A column of dates and times; empty cells and NA are missing."""
    cells = table[column].str.strip()
    known = ~cells.str.lower().isin(("", "na", "nan"))
    dates = pd.to_datetime(cells.where(known), errors="coerce", utc=True, format="ISO8601")
    wrong = table.index[known & dates.isna()]
    if len(wrong):
        raise SoakError(
            f"{path}: row {wrong[0] + 1}, column {column}: expected a date and time such as 2024-02-08T17:52:42Z, "
            f"got '{table.at[wrong[0], column]}'"
        )
    return dates


def cost_note(path: str | Path, times: pd.DataFrame) -> str:
    """What all fits of a file took together, as a sentence."""
    hours = times.groupby("learner", sort=False)["seconds"].sum() / 3600
    parts = ", ".join(f"{learner} {_hours(total)}" for learner, total in hours.items())
    return f"{path}: training took {_hours(hours.sum())} hours in {len(times)} fits ({parts})."


def _hours(hours: float) -> str:
    return f"{hours:,.0f}" if hours >= 100 else f"{hours:.2g}"
