"""What the report shows, part by part, as plain values for its template and its script."""

import base64
import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from soak.figures.catalog import Figure, all_figures, find_figure, view_figures
from soak.figures.page import COLORS, FRAME, PAGES, TRAIN_SUBSETS
from soak.figures.results import algorithms_of, full_size, mean_sd, measure_of, shown_scores
from soak.figures.settings import ViewSettings, hex_color
from soak.labels import Labels
from soak.scores.sentences import BETTER, NOTHING, SIMILAR, UNDECIDED, WORSE, task_sentence
from soak.scores.summaries import measure_columns, undefined_reason
from soak.tables import TABLES

CITATION = (
    "Hocking TD, Thibault G, Bodine CS, Nelson Arellano P, Shenkin AF, Lindly OJ. Same/Other/All K-fold cross-validation for "
    "estimating similarity of patterns in data subsets. Statistical Analysis and Data Mining (2026), doi 10.1002/sam.70055; "
    "arXiv 2410.08643."
)
BIBTEX = """@article{hocking2026soak,
  title = {Same/Other/All {K}-fold cross-validation for estimating similarity of patterns in data subsets},
  author = {Hocking, Toby Dylan and Thibault, Gabrielle and Bodine, Cameron Scott and Nelson Arellano, Paul and
            Shenkin, Alexander F and Lindly, Olivia Jasmine},
  journal = {Statistical Analysis and Data Mining},
  year = {2026},
  doi = {10.1002/sam.70055}
}"""
_WEBP_MOST = 16383  # pixels that a WebP image can be wide or high
_CSS_DPI = 125  # pixels of the page for an inch of a figure: its text is as large as small print then
_MOST_ROWS = 20_000  # of a table in the report; all rows are in results/tables/
_ABSOLUTE_PATH = re.compile(r"(?<![\w.:/~\\-])(?:[A-Za-z]:)?[/\\](?:[^\s/\\:'\",]+[/\\])+([^\s/\\:'\",]*)")
_DARK_COLORS = {"same": "#4aa8e0", "other": "#f0803c", "all": "#2fc59b"}  # lighter, for a dark page
_ANSWERS = 50  # order of the first figure that does not answer the question at a glance
_GROUPS = (
    "Chosen views",
    "The answer",
    "All results",
    "By other measures",
    "Data",
    "Learning curves",
    "Predictions",
    "Your own",
)
_PHOTOS = {"Data", "Predictions", "Your own"}
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
                "text": row.text.removeprefix(f"{row.test_subset}: ").removeprefix(f"{row.verdict}: "),
            }
        )
    return list(cards.values())


def summary_rows(summary: pd.DataFrame, verdicts: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Rows of the table summary with sign and kind of each verdict, and the numbers that columns are sorted by; by task."""
    numbers = {
        (str(task), str(subset)): _sorted_by(part)
        for (task, subset), part in verdicts.groupby(["task_id", "test_subset"], sort=False)
    }
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in summary.astype(str).to_dict("records"):
        by = numbers[row["task_id"], row["test_subset"]]
        cells = [
            {
                "text": row[f"{train}_same"],
                "verdict": row[f"{train}_verdict"],
                "by": by[f"{train}_same"],
                **_sign(row[f"{train}_verdict"]),
            }
            for train in ("other", "all")
        ]
        rows.setdefault(row["task_id"], []).append({**row, "by": {**by, "rows": row["rows"]}, "verdicts": cells})
    return rows


def _sorted_by(comparisons: pd.DataFrame) -> dict[str, str]:
    """The numbers of a test subset, all digits; "" for those that it lacks."""
    first = comparisons.iloc[0]
    found = {"guessing": first["reference_mean"], "same": first["same_mean"]}
    for row in comparisons.itertuples():
        train = row.comparison.removesuffix("-same")
        found |= {train: row.compare_mean, f"{train}_same": row.mean_diff}
    names = ("guessing", "same", "other", "all", "other_same", "all_same")
    return {name: "" if math.isnan(found.get(name, math.nan)) else repr(float(found[name])) for name in names}


def _sign(verdict: str) -> dict[str, str]:
    return {"sign": _SIGNS.get(verdict, ""), "kind": verdict.split()[0] if verdict else ""}


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
        columns = [
            (str(name).replace("_", " ").replace("class.", "class "), "" if name == "subset" else "number")
            for name in shown.columns
        ]
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


def shown_figures(
    files: Sequence[str | Path], views: Mapping[str, ViewSettings] | None = None, labels: Labels | None = None
) -> list[dict[str, Any]]:
    """PNG files with title, caption and group: views in their order, then those of the catalogue in its, then the user's own.

    Further pages of a figure (pages/NAME_2.png, …) follow the first. Captions are those beside the files, which say what
    the run's numbers show.
    """
    labels = labels or Labels()
    views = views or {}
    order = [*views, *all_figures()]
    shown = []
    for path in map(Path, files):
        known = None if path.parent.name == "own" else find_figure(path.stem)
        view = views.get(path.stem) if path.parent.name != "own" else None
        figure = view_figures()[view.figure] if view else known[0] if known else None
        place = order.index(path.stem if view else figure.name) if figure else len(order)
        of = known[1] if known else ""
        title = figure.heading(labels.task(of)) if figure else path.stem.replace("_", " ")
        caption = _caption(path) or (figure.caption if figure else "")
        group = "Chosen views" if view else _group(figure, of) if figure else "Your own"
        place += 1000 * _GROUPS.index(group)
        if view:
            title, caption = view.title or title, view.caption or caption
        pages = [path, *sorted(path.parent.glob(f"{PAGES}*/{path.stem}_[0-9]*.png"), key=_page_number)]
        for number, page in enumerate(pages, start=1):
            heading = title if len(pages) == 1 else f"{title} (page {number} of {len(pages)})"
            listed = {"listed": title if number == 1 else str(number)}
            shown.append((place, path.stem, number, _shown(page, heading, caption) | _kind(group) | listed))
    return [figure for *_, figure in sorted(shown, key=lambda entry: entry[:3])]


def _caption(path: Path) -> str:
    file = path.parent / "captions" / f"{path.stem}.rst"
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


def _group(figure: Figure, of: str) -> str:
    """The group of the report that a figure of the catalogue is in."""
    if figure.group == "results":
        return "By other measures" if of else "The answer" if figure.order < _ANSWERS else "All results"
    return figure.category


def _kind(group: str) -> dict[str, Any]:
    """The group, and whether its figures can be shown with dark and light exchanged."""
    return {"group": group, "photo": group in _PHOTOS}


def _page_number(path: Path) -> int:
    return int(path.stem.rpartition("_")[2])


def _shown(path: Path, title: str, caption: str) -> dict[str, Any]:
    """A PNG file without its heading and caption, which the page has as text; lossless, in a third of the bytes."""
    from PIL import Image

    with Image.open(path) as image:
        dpi = image.info.get("dpi", (_CSS_DPI, _CSS_DPI))[0]
        top, bottom = (round(float(inches) * dpi) for inches in image.info.get(FRAME, "0 0").split())
        picture = image.convert("RGB").crop((0, top, image.width, image.height - bottom))
    width, height = (round(pixels * _CSS_DPI / dpi) for pixels in picture.size)
    picture.thumbnail((_WEBP_MOST, _WEBP_MOST))  # smaller ones stay as they are
    written = BytesIO()
    picture.save(written, "WEBP", lossless=True, method=1)
    return {
        "name": path.stem,
        "title": title,
        "caption": caption,
        "image": base64.b64encode(written.getvalue()).decode(),
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


def chart_data(
    scores: pd.DataFrame, references: Collection[str], colors: Mapping[Any, str], order: Sequence[str] = ()
) -> dict[str, Any]:
    """Points of the chart with their values: every score of each measure, and means ± SD.

    Parameters
    ----------
    references : collection of str
        Algorithms that use no features: the last lines of the chart.
    colors : mapping
        Of same, other and all, in place of the default.
    order : sequence of str
        Algorithms that come first.
    """
    own = [column for column in scores.columns if column in TABLES["scores"].columns]
    panels: dict[tuple[str, str], dict[str, Any]] = {}
    for measure in measure_columns(scores):
        shown = full_size(shown_scores(scores[[*own, measure]]))
        all_means = mean_sd(shown)
        for (task, subset), rows in shown.groupby(["task_id", "test_subset"], sort=False):
            means = all_means[(all_means["task_id"] == task) & (all_means["test_subset"] == subset)]
            panel = panels.setdefault((task, subset), {"task": task, "test_subset": subset, "measures": []})
            panel["measures"].append(
                {
                    "label": measure_of(rows).axis_label,
                    "algorithms": algorithms_of(means, references, order),
                    "references": sorted(set(references) & set(means["algorithm"])),
                    "points": _marks(rows, "test_fold", "seed", "value"),
                    "means": _marks(means, "mean", "sd", "n", "low", "high"),
                }
            )
    places = {
        pair: place
        for place, pair in enumerate(
            scores[["task_id", "test_subset"]].drop_duplicates().itertuples(index=False, name=None)
        )
    }
    ordered = [panels[pair] for pair in sorted(panels, key=lambda pair: places[pair])]
    light = [hex_color(colors.get(name, COLORS[name])) for name in TRAIN_SUBSETS]
    dark = [
        _DARK_COLORS[name] if color == COLORS[name] else color for name, color in zip(TRAIN_SUBSETS, light, strict=True)
    ]
    return {"panels": ordered, "order": list(TRAIN_SUBSETS), "light": light, "dark": dark}


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
