"""The table datasets: how large each task is, how many subsets and classes it has, and how even they are."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from soak.errors import SoakError
from soak.scores.published import numbers_of, read_text_table
from soak.tables import TABLES

SUBSET_ROWS = ["task_id", "subset", "rows"]
_COUNTS = ("rows", "features", "classes")


def of_tasks(data: pd.DataFrame, features: Mapping[str, int], subset_types: Mapping[str, str]) -> pd.DataFrame:
    """The table datasets of one's own tasks.

    Parameters
    ----------
    data : DataFrame
        The table data; its rows without a subset are those that are not used.
    features : mapping of task to number of features
    subset_types : mapping of task to the kind of its subsets

    Returns
    -------
    DataFrame
        The table datasets, rows as the tasks come. Imbalance is the number of rows of the largest over that of the
        smallest; classes and their imbalance are empty for regression.
    """
    rows = []
    for task, part in data[data["subset"] != ""].groupby("task_id", sort=False):
        classes = part.filter(regex=r"^class\.").sum()
        classes = classes[classes > 0]
        rows.append(
            {
                "task_id": task,
                "subset_type": subset_types.get(str(task), ""),
                "rows": int(part["rows"].sum()),
                "features": features[str(task)],
                "classes": len(classes) or pd.NA,
                "class_imbalance": classes.max() / classes.min() if len(classes) else float("nan"),
                "subsets": len(part),
                "subset_imbalance": part["rows"].max() / part["rows"].min() if part["rows"].min() else float("nan"),
            }
        )
    return _typed(pd.DataFrame(rows, columns=list(TABLES["datasets"].columns)))


def of_scores(scores: pd.DataFrame, subset_types: Mapping[str, str]) -> pd.DataFrame:
    """The same of scores from elsewhere that come without a table of facts: their subsets are all that is known."""
    subsets = scores.groupby("task_id", sort=False)["test_subset"].nunique()
    table = pd.DataFrame({"task_id": subsets.index, "subsets": subsets.to_numpy()})
    table["subset_type"] = table["task_id"].map(lambda task: subset_types.get(task, ""))
    return _typed(table.reindex(columns=list(TABLES["datasets"].columns)))


def has_facts(table: pd.DataFrame) -> bool:
    """Whether a table (see `soak.scores.published.read_text_table`) is one of facts of data sets."""
    return {"task_id", *_COUNTS} <= set(table.columns)


def read_facts(path: str | Path, subset_types: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Facts of data sets from elsewhere, in the columns of the paper's data-meta.csv.

    Parameters
    ----------
    path : path
        With data.name (or task_id), rows, features and classes; group.tab ("test=462;train=528") or else n.groups,
        group.small.N and group.large.N; label.small.N and label.large.N.
    subset_types : mapping of task to the kind of its subsets
        A type that has a place in it comes in that order, its tasks by name; without any the order is that of the file.

    Returns
    -------
    datasets : DataFrame
        The table datasets.
    subset_rows : DataFrame
        task_id, subset, rows.

    Raises
    ------
    SoakError
        If a column is missing or a cell is not a number.
    """
    table = read_text_table(path)
    if not has_facts(table):
        raise SoakError(
            f"{path}: expected the columns data.name, rows, features and classes, got {', '.join(table.columns)}"
        )

    def column(name: str) -> pd.Series:
        return (
            numbers_of(path, table, name, empty=True) if name in table.columns else pd.Series(float("nan"), table.index)
        )

    facts = table[["task_id"]].assign(**{name: column(name) for name in _COUNTS})
    facts["subset_type"] = facts["task_id"].map(lambda task: subset_types.get(task, ""))
    facts["class_imbalance"] = column("label_large_N") / column("label_small_N")
    facts["subsets"] = column("n_groups")
    facts["subset_imbalance"] = column("group_large_N") / column("group_small_N")
    order = list(dict.fromkeys(subset_types.values()))
    if order:
        places = {name: number for number, name in enumerate(order)}
        place = facts["subset_type"].map(lambda name: places.get(name, len(order)))
        facts = facts.assign(place=place, name=facts["task_id"].str.lower()).sort_values(["place", "name"])
    return _typed(facts[list(TABLES["datasets"].columns)]), _subset_rows(path, table)


def _subset_rows(path: str | Path, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of each subset: of texts such as "test=462;train=528"."""
    if "group_tab" not in table.columns:
        return pd.DataFrame(columns=SUBSET_ROWS)
    rows = []
    for number, task, text in zip(table.index, table["task_id"], table["group_tab"], strict=True):
        for part in text.split(";"):
            subset, _, count = part.rpartition("=")
            if not count.strip().isdigit():
                raise SoakError(
                    f"{path}: row {number + 1}, column group_tab: expected subsets with their rows, as in "
                    f"\"test=462;train=528\", got '{text}'"
                )
            rows.append((task, subset, int(count)))
    return pd.DataFrame(rows, columns=SUBSET_ROWS)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    whole = {name: "Int64" for name, column in TABLES["datasets"].columns.items() if column.kind == "whole number"}
    return table.astype(whole).reset_index(drop=True)


def printed(table: pd.DataFrame) -> pd.DataFrame:
    """The table as people print it: numbers with their thousands apart, imbalances with one decimal, in words above.

    A column without any value is left out.
    """
    shown = pd.DataFrame({"data": table["task_id"].astype(str)})
    titles = {
        "subset_type": "subset type",
        "rows": "rows",
        "features": "features",
        "classes": "classes",
        "class_imbalance": "class imbalance",
        "subsets": "subsets",
        "subset_imbalance": "subset imbalance",
    }
    for name, title in titles.items():
        values = table[name]
        if values.isna().all() or (values.astype(str) == "").all():
            continue
        shown[title] = [_cell(value, decimals=1 if name.endswith("imbalance") else 0) for value in values]
    return shown


def _cell(value: object, decimals: int) -> str:
    if value is pd.NA or value is None or value != value:
        return ""
    return value if isinstance(value, str) else f"{float(str(value)):,.{decimals}f}"


def subset_types(types: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Task to the kind of its subsets, of the config's lists of tasks by kind."""
    return {task: kind for kind, tasks in types.items() for task in tasks}
