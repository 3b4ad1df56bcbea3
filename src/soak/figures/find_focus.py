"""Which task and test subset is looked at closely (without matplotlib: the names are checked before the first fit)."""

import pandas as pd

from soak.config.output import FocusSettings
from soak.errors import SoakError
from soak.names import nearest


def check_focus(splits: pd.DataFrame, focus: FocusSettings) -> None:
    """Raise if the config names what the splits do not have.

    Parameters
    ----------
    splits : DataFrame with columns task_id and test_subset
        Of splits or of scores.
    focus : FocusSettings
    """
    pairs = splits[["task_id", "test_subset"]].drop_duplicates().astype(str)
    for key, value, column in (("task", focus.task, "task_id"), ("test_subset", focus.test_subset, "test_subset")):
        if value is not None and value not in set(pairs[column]):
            what = key.replace("_", " ")
            known = pairs[column].unique()
            raise SoakError(f"focus.{key}: there is no {what} {value!r}; {nearest(value, known, f'{what}s')}")
    named = pairs[(pairs["task_id"] == focus.task) & (pairs["test_subset"] == focus.test_subset)]
    if focus.task is not None and focus.test_subset is not None and named.empty:
        known = pairs.loc[pairs["task_id"] == focus.task, "test_subset"].unique()
        raise SoakError(
            f"focus.test_subset: task {focus.task!r} has no test subset {focus.test_subset!r}; "
            f"{nearest(focus.test_subset, known, 'its test subsets')}"
        )


def find_focus(scores: pd.DataFrame, focus: FocusSettings) -> tuple[str, str] | None:
    """The task and test subset to look at: those named, else the test subset that most tasks have, in its first task.

    None if there is no score of it to show.
    """
    pairs = scores[["task_id", "test_subset"]].drop_duplicates()
    if focus.task is not None:
        pairs = pairs[pairs["task_id"] == focus.task]
    if focus.test_subset is not None:
        pairs = pairs[pairs["test_subset"] == focus.test_subset]
    if pairs.empty:
        return None
    counts = pairs.groupby("test_subset", sort=False).size()
    subset = counts.idxmax()
    return str(pairs.loc[pairs["test_subset"] == subset, "task_id"].iloc[0]), str(subset)
