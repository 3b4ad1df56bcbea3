"""differences: other - same and all - same of each test subset and algorithm; the figure to lead with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from soak.figures.catalog import Figure
from soak.figures.page import GREY, MARKERS, TEXT, Drawn, Grid, Key, Page, Panel
from soak.figures.results import NO_BREAK, NO_SCORES, Results, algorithm_axis, subset_rows, ticks_within
from soak.measures import Measure, column_measure
from soak.scores.differences import differences
from soak.scores.sentences import difference_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 3  # panels side by side
_SHIFT = {"other": 0.2, "all": -0.2}  # of the two lines of an algorithm
_BAND = "#dfe7ee"
_FADED = 0.4  # opacity of algorithms that do not speak for a test subset
_KEYS = ["task_id", "test_subset", "algorithm", "comparison"]


@dataclass(frozen=True)
class _Lines:
    """The lines of one panel: a task and test subset.

    Attributes
    ----------
    folds : DataFrame
        A difference per algorithm, comparison and fold, in the unit of the axis.
    means : DataFrame
        Of these: mean, ci_low, ci_high, guessing, margin, verdict (of the algorithm that speaks; else "").
    limits : (low, high)
        Of the differences that are shown.
    """

    folds: pd.DataFrame
    means: pd.DataFrame
    limits: tuple[float, float]


def _differences(results: Results, page: Page) -> Drawn | str:
    """Panels of task and test subset; algorithms on the y axis, each with a line for other and one for all."""
    folds, means = differences(
        results.scores, results.verdicts, results.references, alpha=results.alpha, margin=results.margin
    )
    if means.empty:
        return (
            NO_SCORES
            if results.full_size.empty
            else "no scores of same with other or all beside it: nothing to compare."
        )
    folds, means = _in_units(folds), _in_units(means)
    limits = {str(task): _limits(rows, folds) for task, rows in means.groupby("task_id", sort=False)}
    names_width, _, _ = algorithm_axis(page, results.algorithms(means))
    texts = {
        tuple(row[:4]): _text(row)
        for row in means[[*_KEYS, "measure", "mean", "ci_low", "ci_high", "verdict"]].itertuples(index=False)
    }
    numbers = max(page.text_width(text, page.small, "bold") for text in texts.values()) + 0.1
    grid = Grid(1.75 * page.scale + numbers, tick_labels=names_width, gap=0.25, legend=_legend(means, page))
    grid, columns = page.fit(grid, _COLUMNS, least=1.0 * page.scale + numbers)
    share = (grid.width - numbers) / grid.width

    def panel(task: str, subset: str) -> Panel:
        algorithms = results.algorithms(means[means["task_id"] == task])
        _, name_height, set_algorithms = algorithm_axis(page, algorithms)
        chosen = means[(means["task_id"] == task) & (means["test_subset"] == subset)]
        points = folds[(folds["task_id"] == task) & (folds["test_subset"] == subset)]

        def draw(axes: "Axes") -> None:
            _draw_lines(axes, _Lines(points, chosen, limits[task]), algorithms, texts, share, page)
            set_algorithms(axes)
            axes.tick_params(axis="y", pad=4)

        return Panel(
            draw,
            page.scale * len(algorithms) * (0.3 + 0.6 * name_height),
            heading=task,
            title=f"test: {subset}",
            x_label=_axis_label(column_measure(chosen["measure"].iloc[0])),
            x_scale=task,
            x_center=share / 2,
        )

    rows = [[panel(*pair) for pair in line] for line in subset_rows(means, columns)]
    return page.drawn(rows, grid, _numbers(folds, means))


def _in_units(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its numbers in the unit of the axis: percentage points of a measure in percent."""
    factors = table["measure"].map(lambda name: column_measure(name).factor).astype(float)
    numbers = [name for name in ("value", "mean", "ci_low", "ci_high", "guessing", "margin") if name in table]
    return table.assign(**{name: table[name] * factors for name in numbers})


def _axis_label(measure: Measure) -> str:
    """For instance "minus same, points of error (right: worse)", which breaks before the bracket, not within."""
    unit = f"points of {measure.label}" if measure.percent else measure.label
    return f"minus same, {unit} (right:{NO_BREAK}{'better' if measure.greater_is_better else 'worse'})"


def _text(row: Any) -> str:
    """What stands beside a line: the difference, with the digits that the tables have, and the verdict where there is one."""
    measure = column_measure(row.measure)
    numbers = (value / measure.factor for value in (row.mean, row.ci_low, row.ci_high))
    return f"{difference_text(measure, *numbers).removesuffix(' points')} {row.verdict}".rstrip()


def _limits(means: pd.DataFrame, folds: pd.DataFrame) -> tuple[float, float]:
    """Limits of a task's x axis: all numbers of the algorithms that speak, and what is not far away of the others.

    One algorithm that failed would else make the rest unreadable; its points are then drawn at the edge.
    """
    speaks = means[means["verdict"] != ""]
    core = _range(speaks if len(speaks) else means, folds)
    everything = _range(means, folds)
    span = (core[1] - core[0]) or 1.0
    low, high = max(everything[0], core[0] - span), min(everything[1], core[1] + span)
    room = 0.06 * ((high - low) or 1.0)
    return low - room, high + room


def _range(means: pd.DataFrame, folds: pd.DataFrame) -> tuple[float, float]:
    """Least and greatest of the differences, their intervals, zero and guessing."""
    points = folds.merge(means[_KEYS], on=_KEYS)["value"]
    values = np.concatenate([[0.0], points, *(means[name] for name in ("mean", "ci_low", "ci_high", "guessing"))])
    values = values[np.isfinite(values)]
    return float(values.min()), float(values.max())


def _draw_lines(
    axes: "Axes",
    lines: _Lines,
    algorithms: Sequence[str],
    texts: Mapping[tuple[str, ...], str],
    share: float,
    page: Page,
) -> None:
    low, high = lines.limits
    right = low + (high - low) / share
    axes.set_xlim(low, right)
    axes.grid(visible=False, axis="y")
    half = 0.4
    for row in lines.means.drop_duplicates("algorithm").itertuples():
        place = -float(algorithms.index(row.algorithm))
        if np.isfinite(row.margin):
            start, stop = np.clip([-row.margin, row.margin], low, high)
            axes.fill_between([start, stop], place - half, place + half, color=_BAND, lw=0, zorder=0.5)
        if np.isfinite(row.guessing):
            axes.plot([row.guessing] * 2, [place - half, place + half], color=GREY, lw=1.4, ls=(0, (2, 1.2)), zorder=2)
    axes.axvline(0, color=TEXT, lw=0.9, zorder=1)
    is_judged = bool((lines.means["verdict"] != "").any())
    for row in lines.means.itertuples():
        kind = row.comparison.split("-")[0]
        place = _SHIFT[kind] - algorithms.index(row.algorithm)
        strong = row.verdict != "" or not is_judged
        style: dict[str, Any] = {"color": page.color(kind), "alpha": 1.0 if strong else _FADED, "zorder": 3}
        if np.isfinite(row.ci_low) and row.ci_low < high and row.ci_high > low:
            axes.plot(np.clip([row.ci_low, row.ci_high], low, high), [place] * 2, lw=1.4, **style)
        mean = np.array([row.mean])
        _marks(axes, mean, place, lines.limits, ms=5, mec="white", mew=0.6, marker=MARKERS[kind], **style)
        points = lines.folds[
            (lines.folds["algorithm"] == row.algorithm) & (lines.folds["comparison"] == row.comparison)
        ]
        folds = points["value"].to_numpy(dtype=float)
        _marks(axes, folds, place, lines.limits, ms=2.8, mfc="white", mew=0.7, marker="o", **style)
        axes.text(
            right, place, texts[tuple(getattr(row, key) for key in _KEYS)], size=page.small, va="center", ha="right",
            color=TEXT if strong else GREY, weight="bold" if row.verdict else "normal",
        )  # fmt: skip
    axes.set_xticks(ticks_within(low, high))
    axes.spines["bottom"].set_visible(False)


def _marks(
    axes: "Axes", values: "np.ndarray[Any, Any]", place: float, limits: tuple[float, float], **style: Any
) -> None:
    """Points on a line; one outside of the limits is an arrow head at the edge."""
    low, high = limits
    inside = values[(values >= low) & (values <= high)]
    axes.plot(inside, np.full(len(inside), place), ls="none", **style)
    for at, marker, outside in ((low, "<", values < low), (high, ">", values > high)):
        if outside.any():
            axes.plot([at], [place], ls="none", **(style | {"marker": marker}))


def _legend(means: pd.DataFrame, page: Page) -> list[Key]:
    kinds = [kind for kind in _SHIFT if (means["comparison"] == f"{kind}-same").any()]
    keys = [
        *(Key(f"{kind} - same", page.color(kind), MARKERS[kind], "-") for kind in kinds),
        Key("0: same", TEXT, "", "-"),
    ]
    if means["guessing"].notna().any():
        keys += [Key("guessing", GREY, "", ":"), Key("within the margin", _BAND, "s")]
    return keys


def _numbers(folds: pd.DataFrame, means: pd.DataFrame) -> pd.DataFrame:
    """One table of both: a row per mean, then one per fold."""
    order = means[_KEYS].assign(place=range(len(means)))
    both = pd.concat([means.rename(columns={"mean": "value"}), folds]).merge(order, on=_KEYS)
    both = both.sort_values("place", kind="stable", ignore_index=True)
    columns = ["measure", "test_fold", "value", "ci_low", "ci_high", "n", "guessing", "margin", "verdict"]
    return both[[*_KEYS, *columns]].astype({"test_fold": "Int64", "n": "Int64"})


FIGURES = (
    Figure(
        name="differences",
        title="May one train on the others, or on all, instead?",
        caption="Score after training on the other subsets, or on all, minus that of same: small circles are folds, the large "
        "mark is their mean with its t interval. Grey band: within the margin of what same has learned, as good as same; "
        "dashed line: guessing, where nothing is learned at all. In full colour and with its verdict: the algorithm that "
        "speaks for the test subset. An arrow head at the edge stands for a value beyond it.",
        group="results",
        draw=_differences,
        per_measure=True,
        order=5,
    ),
)
