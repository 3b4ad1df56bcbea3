"""What the report says beside its figures: verdicts, costs, fits that went wrong, tables and points to hover over."""

import math
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from soak.figures.colors import COLORS, TRAIN_SUBSETS
from soak.figures.shown import KEYS, algorithms_of, full_size, mean_sd, shown_scores
from soak.measures import column_measure
from soak.scores.summaries import undefined_reason

MOST_ROWS = 20_000  # of a table in the report; all rows are in results/tables/
_ABSOLUTE = re.compile(r"(?<![\w.:/~\\-])(?:[A-Za-z]:)?[/\\](?:[^\s/\\:'\",]+[/\\])+([^\s/\\:'\",]*)")
_DARK = {"same": "#4aa8e0", "other": "#f0803c", "all": "#2fc59b"}  # lighter, for a dark page
_SIGNS = {"better": "▲", "worse": "▼", "no difference seen": "="}


def without_paths(text: str) -> str:
    """The text with absolute paths cut to their last part: they may hold a user's name. URLs stay."""
    return _ABSOLUTE.sub(r"…/\1", text)


def verdict_cards(verdicts: pd.DataFrame) -> list[dict[str, Any]]:
    """Per task its test subsets, and for each comparison sign, verdict and text."""
    cards: dict[str, dict[str, Any]] = {}
    for row in verdicts.itertuples():
        card = cards.setdefault(row.task_id, {"task": row.task_id, "subsets": {}})
        subset = card["subsets"].setdefault(row.test_subset, {"algorithm": row.algorithm, "comparisons": []})
        subset["comparisons"].append(
            {
                "sign": _SIGNS[row.verdict],
                "kind": row.verdict.split()[0],
                "verdict": row.verdict,
                "text": row.text.removeprefix(f"{row.test_subset}: "),
            }
        )
    return list(cards.values())


def costs(times: pd.DataFrame, fits: pd.DataFrame, splits: pd.DataFrame) -> dict[str, Any]:
    """CPU time and memory per learner, and how many fits sharing train sets has saved.

    Returns
    -------
    dict
        ``learners``: DataFrame learner, fits, cpu_seconds, seconds, peak_mb (the highest); ``made``: fits made;
        ``plain``: fits that one per split and learner would have been.
    """
    learners = (
        times.groupby("learner", sort=False)
        .agg(
            fits=("train_set", "size"),
            cpu_seconds=("cpu_seconds", "sum"),
            seconds=("seconds", "sum"),
            peak_mb=("peak_mb", "max"),
        )
        .reset_index()
    )
    per_task = fits.groupby("task_id", sort=False)["learner"].nunique()
    plain = sum(int((splits["task_id"] == task).sum()) * int(count) for task, count in per_task.items())
    return {"learners": learners, "made": len(fits), "plain": plain}


def fits_to_look_at(fits: pd.DataFrame) -> list[dict[str, str]]:
    """Fits that failed or did not converge, each with the way out."""
    found = []
    for row in fits.itertuples():
        failed = row.status != "ok"
        if failed or _is_false(row.converged):
            found.append(
                {
                    "fit": f"{row.task_id}, {row.learner}, train set {row.train_set}",
                    "what": "failed" if failed else "not converged",
                    "reason": without_paths(str(row.reason)) if isinstance(row.reason, str) else "",
                    "way_out": _way_out(row, failed),
                }
            )
    return found


def table_data(table: pd.DataFrame) -> dict[str, Any]:
    """A table as the page's script takes it: columns with their kind, and their values as lists."""
    shown = table.head(MOST_ROWS)
    if {"p_paired", "n"} <= set(shown.columns):
        shown = shown.assign(**{name: _told(shown[name], shown["n"]) for name in ("p_paired", "p_unpaired")})
    columns = [
        {"name": name, "number": pd.api.types.is_numeric_dtype(table[name]) and table[name].dtype != bool}
        for name in table.columns
    ]
    values = [[_plain(value) for value in shown[name]] for name in shown.columns]
    return {"columns": columns, "values": values, "rows": len(shown), "of": len(table)}


def chart_data(scores: pd.DataFrame, colors: Mapping[str, str] = COLORS) -> dict[str, Any]:
    """Points of the chart with hover values: every score of each task's first measure, and means ± SD."""
    shown = full_size(shown_scores(scores))
    means = mean_sd(shown)
    panels = []
    for (task, subset), rows in shown.groupby(["task_id", "test_subset"], sort=False):
        of = means[(means["task_id"] == task) & (means["test_subset"] == subset)]
        what = column_measure(rows["measure"].iloc[0])
        names = {"train_subsets": "trained_on"}
        points = rows[[*KEYS[2:], "test_fold", "seed", "value"]].rename(columns=names)
        bars = of[[*KEYS[2:], "mean", "sd", "n"]].rename(columns=names)
        sd = bars["sd"].fillna(0)
        bars = bars.assign(low=bars["mean"] - sd, high=bars["mean"] + sd)
        panels.append(
            {
                "task": task,
                "test_subset": subset,
                "label": what.axis_label,
                "algorithms": algorithms_of(of),
                "points": _records(points),
                "means": _records(bars),
            }
        )
    light = [colors.get(name, COLORS[name]) for name in TRAIN_SUBSETS]
    dark = [_DARK[name] if one == COLORS[name] else one for name, one in zip(TRAIN_SUBSETS, light, strict=True)]
    return {"panels": panels, "order": list(TRAIN_SUBSETS), "light": light, "dark": dark}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _told(p: pd.Series, n: pd.Series) -> pd.Series:
    """P values, with the reason in the place of one that is undefined."""
    values = [
        f"undefined: {undefined_reason(count)}" if math.isnan(one) else one for one, count in zip(p, n, strict=True)
    ]
    return pd.Series(values, index=p.index, dtype=object)


def _plain(value: Any) -> Any:
    """A cell for JSON: numbers with 8 significant digits, nothing for what is missing."""
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if isinstance(value, (int, float)) or hasattr(value, "item"):
        number = value.item() if hasattr(value, "item") else value
        return float(f"{number:.8g}") if isinstance(number, float) else number
    return without_paths(str(value))


def _is_false(value: Any) -> bool:
    return value is not None and value is not pd.NA and value == False  # noqa: E712 - NumPy's and Arrow's false too


def _way_out(row: Any, failed: bool) -> str:
    if failed:
        return (
            f"Its scores are left empty; the others went on. The log is below results/logs/fit/{row.task_id}/{row.learner}/. "
            "Mend the learner's settings or the data and run again: only what changed is fitted anew."
        )
    if _has(getattr(row, "n_lambda", None)):
        return (
            "Raise the learner's maxit (or thresh); predictions at the penalties that were reached are used meanwhile."
        )
    return "Raise the learner's epochs or iterations; the model as it was at the end is used meanwhile."


def _has(value: Any) -> bool:
    return value is not None and value is not pd.NA and not (isinstance(value, float) and math.isnan(value))


def network_texts(described: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[dict[str, str]]:
    """Networks as torch prints them; tasks that share one are named together."""
    found: dict[tuple[str, str], list[str]] = {}
    for task, learners in described.items():
        for learner, told in learners.items():
            if told.get("network"):
                found.setdefault((learner, str(told["network"])), []).append(task)
    return [{"learner": learner, "tasks": ", ".join(tasks), "text": text} for (learner, text), tasks in found.items()]
