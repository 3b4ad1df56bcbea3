"""overview: all tasks in one figure, other against same and all against same."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from soak.figures.catalog import Figure
from soak.figures.page import GREY, MARKERS, Drawn, Grid, Key, Page, Panel
from soak.figures.results import Results
from soak.measures import column_measure
from soak.scores.sentences import BETTER, WORSE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_NAMES = 8  # with more points, each has a number instead
_NUMBER_SIZE = 5.5  # points: of these numbers
_FOLD_CHANGE = "log2 fold change"
_SEEN = {"both": "other and all", "other": "other only", "all": "all only", "neither": "neither"}
_Box = tuple[float, float, float, float]  # left, bottom, right, top


def _overview(results: Results, page: Page) -> Drawn | str:
    """One point per task and test subset: other against same (x) and all against same (y), of the verdict's algorithm.

    Measures whose means are all positive and of which less is better are shown as log2 of the fold change, so that tasks
    of any such measure share one panel; other measures as differences, each in its own panel.
    """
    points = _points(results.verdicts, results.pvalues)
    if points.empty:
        return "no task has scores after training on same, on other and on all."
    tasks = list(points["task_id"].unique())
    numbered = len(points) > _MOST_NAMES
    named = points.assign(number=range(1, len(points) + 1), name=_names(points, page, numbered=numbered))
    size = (4.6 if numbered else 3.4) * page.scale
    panels = []
    for scale, rows in named.groupby("scale", sort=False):
        lines = sum(1 + name.count("\n") for name in rows["name"])
        height = max(size, 1.1 * page.line * lines)
        draw = partial(_draw_points, points=rows, size=(size, height), page=page, numbered=numbered)
        panels.append([Panel(draw, height, x_label=_label(scale, "other"), y_label=_label(scale, "all"))])
    grid = Grid(
        size,
        tick_labels=page.number_width,
        row_gap=0.3,
        right=0.35 + max(page.text_width(text, page.small) for text in named["name"]),
        heading=page.title if len(tasks) > 1 else f"{page.title}: {tasks[0]}",
        legend=_legend(points, page),
    )
    return Drawn(page.figure(panels, grid), points)


def _points(verdicts: pd.DataFrame, pvalues: pd.DataFrame) -> pd.DataFrame:
    """One row per task and test subset that has both comparisons: coordinates, scale, and which difference is seen."""
    keys = ["task_id", "test_subset", "algorithm", "measure"]
    tests = verdicts.merge(pvalues, on=[*keys, "comparison"], suffixes=("", "_test"))
    rows = []
    for key, pair in tests.groupby(keys, sort=False):
        pair = pair.set_index("comparison")
        if len(pair) < 2:
            continue
        same, compare = pair["same_mean"].astype(float), pair["compare_mean"].astype(float)
        seen = [name for name in ("other", "all") if pair.at[f"{name}-same", "verdict"] in (BETTER, WORSE)]
        measure = column_measure(key[-1])
        fold = not measure.greater_is_better and (same > 0).all() and (compare > 0).all()
        change = np.log2(compare / same) if fold else (compare - same) * measure.factor
        rows.append(
            {
                **dict(zip(keys, key, strict=True)),
                "scale": _FOLD_CHANGE if fold else f"difference of {measure.axis_label}",
                "other_same": change["other-same"],
                "all_same": change["all-same"],
                "difference_seen": "both" if len(seen) == 2 else seen[0] if seen else "neither",
            }
        )
    return pd.DataFrame(rows)


def _names(points: pd.DataFrame, page: Page, *, numbered: bool) -> list[str]:
    """What is written for each point: its test subset, with its task and number if there are several."""
    several = points["task_id"].nunique() > 1
    names = [f"{row.task_id}: {row.test_subset}" if several else row.test_subset for row in points.itertuples()]
    return [page.wrap(f"{n}  {name}" if numbered else name, 2.6) for n, name in enumerate(names, start=1)]


def _label(scale: str, name: str) -> str:
    if scale == _FOLD_CHANGE:
        return f"log2({name} / same)"
    return f"{name} - same ({scale.removeprefix('difference of ')})"


def _legend(points: pd.DataFrame, page: Page) -> list[Key]:
    present = [name for name in _SEEN if (points["difference_seen"] == name).any()]
    return [Key("a difference is seen for:"), *(Key(_SEEN[name], page.color(name), MARKERS[name]) for name in present)]


def _draw_points(axes: "Axes", points: pd.DataFrame, size: tuple[float, float], page: Page, *, numbered: bool) -> None:
    axes.axhline(0, color=GREY, lw=0.8, zorder=1)
    axes.axvline(0, color=GREY, lw=0.8, zorder=1)
    for seen in _SEEN:
        rows = points[points["difference_seen"] == seen]
        axes.plot(
            rows["other_same"], rows["all_same"], MARKERS[seen], color=page.color(seen), ms=5.5, mec="white", mew=0.7,
            zorder=3,
        )  # fmt: skip
    axes.margins(0.1)
    for get, put in ((axes.get_xlim, axes.set_xlim), (axes.get_ylim, axes.set_ylim)):
        low, high = get()
        put(min(low, -0.05 * (high - low)), max(high, 0.05 * (high - low)))
    if numbered:
        _write_numbers(axes, points, size, page)
    else:
        _write_names(axes, points, size[1], page)


def _write_names(axes: "Axes", points: pd.DataFrame, height: float, page: Page) -> None:
    """A name per point in a column at the right, joined to its point by a line: names never overlap."""
    ordered = points.sort_values(["all_same", "other_same"], ascending=[False, False], kind="stable")
    wanted = ordered["all_same"].to_numpy(dtype=float)
    places = _column(axes, list(ordered["name"]), wanted, height, page)
    for row, place in zip(ordered.itertuples(), places, strict=True):
        axes.annotate(
            row.name, (row.other_same, row.all_same), (1.06, place), textcoords=axes.get_yaxis_transform(),
            size=page.small, va="center", ha="left", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": "#c8c8c8", "lw": 0.6, "shrinkA": 1, "shrinkB": 3, "relpos": (0, 0.5)},
        )  # fmt: skip


def _write_numbers(axes: "Axes", points: pd.DataFrame, size: tuple[float, float], page: Page) -> None:
    """A number beside each point where there is most room, and the key of the numbers in a column at the right."""
    (low_x, high_x), (low_y, high_y) = axes.get_xlim(), axes.get_ylim()
    x = (points["other_same"].to_numpy(dtype=float) - low_x) / (high_x - low_x) * size[0]
    y = (points["all_same"].to_numpy(dtype=float) - low_y) / (high_y - low_y) * size[1]
    taken: list[_Box] = [(a - 0.04, b - 0.04, a + 0.04, b + 0.04) for a, b in zip(x, y, strict=True)]
    zero_x, zero_y = -low_x / (high_x - low_x) * size[0], -low_y / (high_y - low_y) * size[1]
    taken += [(zero_x - 0.01, 0, zero_x + 0.01, size[1]), (0, zero_y - 0.01, size[0], zero_y + 0.01)]  # the lines at 0
    for a, b, number in zip(x, y, points["number"], strict=True):
        width, height = page.text_width(str(number), _NUMBER_SIZE) + 0.01, _NUMBER_SIZE / 72
        box = _freest(a, b, width, height, taken)
        taken.append(box)
        axes.text(
            (box[0] + width / 2) / size[0], (box[1] + height / 2) / size[1], str(number), transform=axes.transAxes,
            size=_NUMBER_SIZE, ha="center", va="center_baseline", zorder=4,
        )  # fmt: skip
    top = np.full(len(points), high_y)
    for name, place in zip(points["name"], _column(axes, list(points["name"]), top, size[1], page), strict=True):
        axes.text(1.03, place, name, transform=axes.get_yaxis_transform(), size=page.small, va="center", ha="left")


def _freest(x: float, y: float, width: float, height: float, taken: list[_Box]) -> _Box:
    """The box of eight around a point that overlaps least with those that are taken; the first of equals."""
    sides = ((1, 0), (1, 1), (1, -1), (-1, 0), (-1, 1), (-1, -1), (0, 1.2), (0, -1.2))
    corners = [(x + 0.05 * dx + width * (dx - 1) / 2, y + 0.05 * dy + height * (dy - 1) / 2) for dx, dy in sides]
    boxes = [(left, bottom, left + width, bottom + height) for left, bottom in corners]
    return min(boxes, key=lambda box: _overlap(box, taken))


def _overlap(box: _Box, taken: list[_Box]) -> float:
    """Area that a box shares with others."""
    return sum(
        max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
        * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
        for other in taken
    )


def _column(axes: "Axes", names: list[str], wanted: np.ndarray, height: float, page: Page) -> list[float]:
    """Centres of names in a column, in data of the y axis: near the wanted ones, without overlap, inside the panel.

    Parameters
    ----------
    names : list of str
        From top to bottom.
    wanted : array
        Centres, descending.
    height : float
        Of the panel in inches.
    """
    low, high = axes.get_ylim()
    heights = [1.1 * page.line * (1 + name.count("\n")) * (high - low) / height for name in names]
    places: list[float] = []
    top = high
    for y, own in zip(wanted, heights, strict=True):  # downwards: each below the one before
        places.append(min(float(y), top - own / 2))
        top = places[-1] - own / 2
    bottom = low
    for number in reversed(range(len(places))):  # upwards: none below the panel
        places[number] = max(places[number], bottom + heights[number] / 2)
        bottom = places[number] + heights[number] / 2
    return places


FIGURES = (
    Figure(
        name="overview",
        title="All tasks at a glance",
        caption="A point per task and test subset, of its verdict's algorithm. Right of 0, other is worse than same; "
        "above 0, all is worse than same. Colours: which of the two the corrected test finds. Near 0, 0: similar "
        "subsets.",
        group="results",
        draw=_overview,
        order=10,
    ),
)
