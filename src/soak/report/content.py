"""What the report shows, part by part, as plain values for its template and its script."""

import base64
import json
import math
import re
import struct
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from soak.figures.catalog import all_figures, find_figure, view_figures
from soak.figures.page import COLORS, PAGES, TRAIN_SUBSETS
from soak.figures.results import algorithms_of, full_size, mean_sd, measure_of, shown_scores
from soak.figures.settings import ViewSettings
from soak.scores.sentences import BETTER, NOTHING, SIMILAR, UNDECIDED, WORSE, task_sentence
from soak.scores.summaries import undefined_reason

CITATION = (
    "Hocking TD, Thibault G, Bodine CS, Nelson Arellano P, Shenkin AF, Lindly OJ. SOAK: Same/Other/All K-fold "
    "cross-validation for estimating similarity of patterns in data subsets. arXiv 2410.08643 (2024)."
)
BIBTEX = """@article{hocking2024soak,
  title = {{SOAK}: Same/Other/All K-fold cross-validation for estimating similarity of patterns in data subsets},
  author = {Hocking, Toby Dylan and Thibault, Gabrielle and Bodine, Cameron Scott and Nelson Arellano, Paul and
            Shenkin, Alexander F and Lindly, Olivia Jasmine},
  journal = {arXiv preprint arXiv:2410.08643},
  year = {2024}
}"""
_MOST_ROWS = 20_000  # of a table in the report; all rows are in results/tables/
_ABSOLUTE_PATH = re.compile(r"(?<![\w.:/~\\-])(?:[A-Za-z]:)?[/\\](?:[^\s/\\:'\",]+[/\\])+([^\s/\\:'\",]*)")
_DARK_COLORS = {"same": "#4aa8e0", "other": "#f0803c", "all": "#2fc59b"}  # lighter, for a dark page
_SIGNS = {BETTER: "▲", WORSE: "▼", SIMILAR: "=", NOTHING: "∅", UNDECIDED: "?"}


def without_paths(text: str) -> str:
    """The text with absolute paths cut to their last part: they may hold a user's name. URLs stay."""
    return _ABSOLUTE_PATH.sub(r"…/\1", text)


def verdict_cards(verdicts: pd.DataFrame) -> list[dict[str, Any]]:
    """Per task a sentence, its test subsets, and for each comparison sign, verdict and text."""
    cards: dict[str, dict[str, Any]] = {
        str(task): {"task": task, "sentence": task_sentence(rows).removeprefix(f"{task}: "), "subsets": {}}
        for task, rows in verdicts.groupby("task_id", sort=False)
    }
    for row in verdicts.itertuples():
        subset = cards[row.task_id]["subsets"].setdefault(
            row.test_subset, {"algorithm": row.algorithm, "comparisons": []}
        )
        subset["comparisons"].append(
            {
                "sign": _SIGNS[row.verdict],
                "kind": row.verdict.split()[0],
                "verdict": row.verdict,
                "text": row.text.removeprefix(f"{row.test_subset}: "),
            }
        )
    return list(cards.values())


def data_cards(data: pd.DataFrame, notes: pd.DataFrame) -> list[dict[str, Any]]:
    """Per task a table of its subsets, without the columns that it has no values for, and its notes."""
    cards = []
    for task, rows in data.groupby("task_id", sort=False):
        shown = rows.drop(columns="task_id").dropna(axis="columns", how="all")
        cells = [["" if pd.isna(value) else _cell(value) for value in row] for row in shown.itertuples(index=False)]
        own = notes[notes["task_id"] == task]
        texts = [
            (
                row.kind.replace("_", " "),
                f"{row.column}: {row.text}" if isinstance(row.column, str) and row.column else row.text,
            )
            for row in own.itertuples()
        ]
        columns = [str(name).replace("_", " ").replace("class.", "class ") for name in shown.columns]
        cards.append(
            {
                "task": task,
                "columns": columns,
                "rows": cells,
                "notes": [(kind, without_paths(text)) for kind, text in texts],
            }
        )
    return cards


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def shown_figures(files: Sequence[str | Path], views: Mapping[str, ViewSettings] | None = None) -> list[dict[str, Any]]:
    """PNG files with title and caption: views in their order, then those of the catalogue in its, then the user's own by name.

    Further pages of a figure (pages/NAME_2.png, …) follow the first.
    """
    views = views or {}
    order = [*views, *all_figures()]
    shown = []
    for path in map(Path, files):
        known = None if path.parent.name == "own" else find_figure(path.stem)
        view = views.get(path.stem) if path.parent.name != "own" else None
        figure = view_figures()[view.figure] if view else known[0] if known else None
        place = order.index(path.stem if view else figure.name) if figure else len(order)
        title = figure.heading(known[1] if known else "") if figure else path.stem.replace("_", " ")
        caption = figure.caption if figure else ""
        if view:
            title, caption = view.title or title, view.caption or caption
        pages = [path, *sorted((path.parent / PAGES).glob(f"{path.stem}_[0-9]*.png"), key=_page_number)]
        for number, page in enumerate(pages, start=1):
            heading = title if len(pages) == 1 else f"{title} (page {number} of {len(pages)})"
            shown.append((place, path.stem, number, _shown(page, heading, caption)))
    return [figure for *_, figure in sorted(shown, key=lambda entry: entry[:3])]


def _page_number(path: Path) -> int:
    return int(path.stem.rpartition("_")[2])


def _shown(path: Path, title: str, caption: str) -> dict[str, Any]:
    png = path.read_bytes()
    width, height = struct.unpack(">II", png[16:24])  # of the header's first chunk
    return {
        "name": path.stem,
        "title": title,
        "caption": caption,
        "png": base64.b64encode(png).decode(),
        "width": width,
        "height": height,
    }


def fit_costs(times: pd.DataFrame, fits: pd.DataFrame, splits: pd.DataFrame) -> dict[str, Any]:
    """CPU time and memory per learner, and how many fits sharing train sets has saved.

    Returns
    -------
    dict
        ``learners``: per learner its name, fits, cpu_seconds, seconds and peak_mb (the highest); ``made``: number of fits;
        ``one_per_split``: the number that one fit per split and learner would have been.
    """
    learners = times.groupby("learner", sort=False).agg(
        fits=("train_set", "size"),
        cpu_seconds=("cpu_seconds", "sum"),
        seconds=("seconds", "sum"),
        peak_mb=("peak_mb", "max"),
    )
    per_task = fits.groupby("task_id", sort=False)["learner"].nunique()
    n_splits = splits["task_id"].value_counts()
    return {
        "learners": learners.reset_index().to_dict("records"),
        "made": len(fits),
        "one_per_split": sum(int(n_splits.get(task, 0)) * int(count) for task, count in per_task.items()),
    }


def fit_problems(fits: pd.DataFrame) -> list[dict[str, str]]:
    """Fits that failed or did not converge, each with its reason and a remedy."""
    problems = []
    for row in fits.itertuples():
        failed = row.status == "failed"
        if failed or (not pd.isna(row.converged) and not row.converged):
            problems.append(
                {
                    "fit": f"{row.task_id}, {row.learner}, train set {row.train_set}",
                    "problem": "failed" if failed else "not converged",
                    "reason": without_paths(row.reason) if isinstance(row.reason, str) else "",
                    "remedy": _remedy(row, failed),
                }
            )
    return problems


def _remedy(row: Any, failed: bool) -> str:
    if failed:
        return (
            f"Its scores are left empty; the others went on. The log is below results/logs/fit/{row.task_id}/{row.learner}/. "
            "Change the learner's settings or the data and run again: only what changed is fitted anew."
        )
    if not pd.isna(getattr(row, "n_lambda", None)):
        return (
            "Raise the learner's maxit (or thresh); predictions at the penalties that were reached are used meanwhile."
        )
    return "Raise the learner's epochs or iterations; the model as it was at the end is used meanwhile."


def table_data(table: pd.DataFrame) -> dict[str, Any]:
    """A table as the page's script takes it: columns with their kind, and their values as lists."""
    shown = table.head(_MOST_ROWS)
    if {"p_paired", "n"} <= set(shown.columns):
        tested = [name for name in ("p_paired", "p_unpaired") if name in shown.columns]
        shown = shown.assign(**{name: _p_or_reason(shown[name], shown["n"]) for name in tested})
    columns = [
        {"name": name, "number": pd.api.types.is_numeric_dtype(table[name]) and table[name].dtype != bool}
        for name in table.columns
    ]
    values = [[_json_value(value) for value in shown[name]] for name in shown.columns]
    return {"columns": columns, "values": values, "rows": len(shown), "of": len(table)}


def _p_or_reason(p: pd.Series, n: pd.Series) -> pd.Series:
    """P values; in place of an undefined one the reason."""
    values = [
        f"undefined: {undefined_reason(count)}" if math.isnan(value) else value
        for value, count in zip(p, n, strict=True)
    ]
    return pd.Series(values, index=p.index, dtype=object)


def chart_data(scores: pd.DataFrame, references: Collection[str], colors: Mapping[Any, str]) -> dict[str, Any]:
    """Points of the chart with hover values: every score of each task's first measure, and means ± SD.

    Parameters
    ----------
    references : collection of str
        Algorithms that use no features: the last lines of the chart.
    colors : mapping
        Of same, other and all, in place of the default.
    """
    shown = full_size(shown_scores(scores))
    all_means = mean_sd(shown)
    all_means = all_means.assign(low=all_means["mean"] - all_means["sd"].fillna(0))
    all_means = all_means.assign(high=2 * all_means["mean"] - all_means["low"])
    panels = []
    for (task, subset), rows in shown.groupby(["task_id", "test_subset"], sort=False):
        means = all_means[(all_means["task_id"] == task) & (all_means["test_subset"] == subset)]
        panels.append(
            {
                "task": task,
                "test_subset": subset,
                "label": measure_of(rows).axis_label,
                "algorithms": algorithms_of(means, references),
                "points": _marks(rows, "test_fold", "seed", "value"),
                "means": _marks(means, "mean", "sd", "n", "low", "high"),
            }
        )
    light = [colors.get(name, COLORS[name]) for name in TRAIN_SUBSETS]
    dark = [
        _DARK_COLORS[name] if color == COLORS[name] else color for name, color in zip(TRAIN_SUBSETS, light, strict=True)
    ]
    return {"panels": panels, "order": list(TRAIN_SUBSETS), "light": light, "dark": dark}


def _marks(rows: pd.DataFrame, *columns: str) -> list[dict[str, Any]]:
    """Rows of the chart's marks: what was trained, and the named columns."""
    table = rows[["train_subsets", "algorithm", *columns]].rename(columns={"train_subsets": "trained_on"})
    return [{str(name): _json_value(value) for name, value in row.items()} for row in table.to_dict("records")]


def _json_value(value: Any) -> Any:
    """A cell for JSON: numbers with 8 significant digits, null for what is missing."""
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if hasattr(value, "item"):  # of NumPy
        value = value.item()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return float(f"{value:.8g}")
    return value if isinstance(value, int) else without_paths(str(value))


def network_texts(described: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[dict[str, str]]:
    """Networks as torch prints them; tasks that share one are named together.

    Parameters
    ----------
    described : mapping of task to learner to what `LearnerType.check` returns of it
    """
    tasks_of: dict[tuple[str, str], list[str]] = {}
    for task, learners in described.items():
        for learner, description in learners.items():
            if description.get("network"):
                tasks_of.setdefault((learner, str(description["network"])), []).append(task)
    return [
        {"learner": learner, "tasks": ", ".join(tasks), "text": text} for (learner, text), tasks in tasks_of.items()
    ]


def script_json(data: Any) -> str:
    """JSON for a script element: no text in it can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
