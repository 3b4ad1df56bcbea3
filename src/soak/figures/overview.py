"""overview: all tasks in one figure, the skill of other and of all against the skill of same."""

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from soak.figures.catalog import Figure
from soak.figures.page import GREY, MARKERS, TEXT, Drawn, Grid, Key, Page, Panel, in_pages
from soak.figures.results import NO_BREAK, Results
from soak.measures import column_measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MatplotlibFigure

_MOST = 24  # test subsets of a page
_MOST_NAMES = 8  # with more test subsets, each has a number instead
_NUMBER_SIZE = 6.5  # points: of these numbers
_APART = 2 * NO_BREAK  # between number and name, which stay in one line
_HIGH = 1.04  # skill: the upper edge, above perfect ones
_LOWEST = -1.0  # skill: what is below is drawn at this edge
_BAND = "#dfe7ee"
_KINDS = ("other", "all")
# From right on, to both sides in turn: where numbers are looked for first
_DIRECTIONS = tuple(
    (math.cos(math.radians(angle)), math.sin(math.radians(angle)))
    for angle in (0, 180, 45, -45, 135, -135, 22, -22, 158, -158, 68, -68, 112, -112, 90, -90)
)
_Box = tuple[float, float, float, float]  # left, bottom, right, top


def _overview(results: Results, page: Page) -> Drawn | str:
    """Two points per task and test subset, of the algorithm that speaks: other and all (y) against same (x).

    Of more test subsets than can be named in one panel, the first page shows all, without names, and further ones show parts with theirs.
    """
    points = _points(results.verdicts)
    if points.empty:
        return "no test subset has a verdict with a skill, for which a reference (featureless) is needed."
    subsets = points.drop_duplicates(["task_id", "test_subset"]).reset_index(drop=True)
    numbered = len(subsets) > _MOST_NAMES
    subsets = subsets.assign(number=range(1, len(subsets) + 1))
    several = subsets["task_id"].nunique() > 1
    named = [
        part.assign(name=_names(part, page, numbered=numbered, several=several))
        for part in (_parts(subsets) if len(subsets) > _MOST else [subsets])
    ]
    parts = [subsets.assign(name=""), *named] if len(named) > 1 else named
    skills = points[["same_skill", "skill"]].to_numpy(dtype=float)
    low = max(_LOWEST, min(-0.1, float(skills.min()) - 0.06))
    figures = [_page(points, part, low, results, page, numbered=numbered) for part in parts]
    return in_pages(figures, points)


def _parts(subsets: pd.DataFrame) -> list[pd.DataFrame]:
    """The test subsets of each further page: those of a task together, unless they are more than a page has."""
    starts = [0]
    for _, rows in subsets.groupby("task_id", sort=False):
        each = math.ceil(len(rows) / math.ceil(len(rows) / _MOST))  # pages alike, no last one with a single name
        for start in range(rows.index[0], rows.index[-1] + 1, each):
            end = min(start + each, rows.index[-1] + 1)
            if end - starts[-1] > _MOST:
                starts.append(start)
    return [subsets.iloc[start:end] for start, end in zip(starts, [*starts[1:], len(subsets)], strict=True)]


def _page(
    points: pd.DataFrame, subsets: pd.DataFrame, low: float, results: Results, page: Page, *, numbered: bool
) -> "MatplotlibFigure":
    """One page, of some test subsets; the axes of all pages are the same."""
    keys = ["task_id", "test_subset"]
    mine = points.merge(subsets[keys], on=keys)
    tasks = list(points["task_id"].unique())
    lines = sum(1 + name.count("\n") for name in subsets["name"] if name)
    right = 0.35 + max(page.text_width(text, page.small) for text in subsets["name"])
    size = (4.6 if numbered else 3.4) * page.scale
    if page.width is not None:
        size = max(1.0, min(size, page.room - page.number_width - page.line - 0.15 - right))
    height = max(size, 1.1 * page.line * lines)
    draw = partial(
        _draw_points, points=mine, subsets=subsets, low=low, size=(size, height), page=page, margin=results.margin,
        numbered=numbered,
    )  # fmt: skip
    panel = Panel(draw, height, x_label="skill of same", y_label="skill of other, or of all")
    grid = Grid(
        size,
        tick_labels=page.number_width,
        right=right,
        square=True,
        heading=page.title if len(tasks) > 1 else f"{page.title}: {tasks[0]}",
        legend=[
            *(Key(kind, page.color(kind), MARKERS[kind]) for kind in _KINDS if (points["trained_on"] == kind).any()),
            Key("as good as same", TEXT, "", "-"),
            Key("within the margin", _BAND, "s"),
            Key("guessing", GREY, "", ":"),
        ],
    )
    return page.figure([[panel]], grid)


def _points(verdicts: pd.DataFrame) -> pd.DataFrame:
    """A row per verdict that has skills: both, and the interval of the second given the first."""
    rows = []
    for row in verdicts[verdicts["same_skill"].notna() & verdicts["compare_skill"].notna()].itertuples():
        perfect = column_measure(row.measure).perfect
        assert perfect is not None  # else there is no skill
        per_unit = 1 / (perfect - row.reference_mean)  # skill is linear in the measure
        ends = sorted((row.same_skill + row.ci_low * per_unit, row.same_skill + row.ci_high * per_unit))
        rows.append(
            {
                "task_id": row.task_id,
                "test_subset": row.test_subset,
                "trained_on": row.comparison.split("-")[0],
                "algorithm": row.algorithm,
                "measure": row.measure,
                "same_skill": row.same_skill,
                "skill": row.compare_skill,
                "low": ends[0],
                "high": ends[1],
                "verdict": row.verdict,
            }
        )
    return pd.DataFrame(rows)


def _names(subsets: pd.DataFrame, page: Page, *, numbered: bool, several: bool) -> list[str]:
    """What is written for each test subset: its name, with its task and number if there are several.

    Numbered names that are too long for a line have their task once, above the first.
    """
    width = 2.6 if page.width is None else min(2.6, 0.33 * page.width)
    full = [f"{row.task_id}: {row.test_subset}" if several else str(row.test_subset) for row in subsets.itertuples()]

    def wrapped(name: str) -> str:
        return page.wrap(name, width).replace(NO_BREAK, " ")

    if not numbered:
        return list(map(wrapped, full))
    full = [f"{number}{_APART}{name}" for number, name in zip(subsets["number"], full, strict=True)]
    if not several or all(page.text_width(name) <= width for name in full):
        return list(map(wrapped, full))
    own = [wrapped(f"{row.number}{_APART}{row.test_subset}") for row in subsets.itertuples()]
    is_first = subsets["task_id"].ne(subsets["task_id"].shift())
    tasks = [wrapped(f"{task}:") for task in subsets["task_id"]]
    return [f"{task}\n{name}" if first else name for task, name, first in zip(tasks, own, is_first, strict=True)]


def _draw_points(
    axes: "Axes",
    points: pd.DataFrame,
    subsets: pd.DataFrame,
    low: float,
    size: tuple[float, float],
    page: Page,
    margin: float,
    *,
    numbered: bool,
) -> None:
    high = _HIGH
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    ends = np.array([0.0, high])
    axes.fill_between(ends, (1 - margin) * ends, (1 + margin) * ends, color=_BAND, lw=0, zorder=0.5)
    axes.plot([low, high], [low, high], color=TEXT, lw=0.9, zorder=1)
    for line in (axes.axhline, axes.axvline):
        line(0, color=GREY, lw=1.2, ls=(0, (2, 1.2)), zorder=1)
    faint = 0.6 if len(subsets) <= _MOST_NAMES else 0.3  # so that the points of many stand out of their intervals
    for kind in _KINDS:
        rows = points[points["trained_on"] == kind]
        x = rows["same_skill"].clip(low, high).to_numpy(dtype=float)
        shift = 0.004 * (1 if kind == "all" else -1) * (high - low)  # two intervals at the same x stay apart
        style: dict[str, Any] = {"color": page.color(kind), "zorder": 3}
        axes.vlines(x + shift, rows["low"].clip(low, high), rows["high"].clip(low, high), lw=1.2, alpha=faint, **style)
        y = rows["skill"].to_numpy(dtype=float)
        for seen, marker in ((y >= low, MARKERS[kind]), (y < low, "v")):
            axes.plot(
                x[seen] + shift, np.maximum(y[seen], low), marker, ms=5.5, mec="white", mew=0.7, clip_on=False, **style
            )
    named = subsets.assign(x=subsets["same_skill"].clip(low, high), y=subsets["skill"].clip(low, high))
    if not subsets["name"].any():
        return
    if numbered:
        _write_numbers(axes, named, points.assign(y=points["skill"].clip(low, high)), size, page)
    else:
        _write_names(axes, named, size[1], page)


def _write_names(axes: "Axes", points: pd.DataFrame, height: float, page: Page) -> None:
    """A name per test subset in a column at the right, joined to its first point by a line: names never overlap."""
    ordered = points.sort_values(["y", "x"], ascending=[False, False], kind="stable")
    wanted = ordered["y"].to_numpy(dtype=float)
    places = _column(axes, list(ordered["name"]), wanted, height, page)
    for row, place in zip(ordered.itertuples(), places, strict=True):
        axes.annotate(
            row.name, (row.x, row.y), (1.06, place), textcoords=axes.get_yaxis_transform(),
            size=page.small, va="center", ha="left", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": "#c8c8c8", "lw": 0.6, "shrinkA": 1, "shrinkB": 3, "relpos": (0, 0.5)},
        )  # fmt: skip


def _write_numbers(
    axes: "Axes", named: pd.DataFrame, points: pd.DataFrame, size: tuple[float, float], page: Page
) -> None:
    """A number beside the points of each test subset where there is most room, and their key in a column at the right."""
    (low_x, high_x), (low_y, high_y) = axes.get_xlim(), axes.get_ylim()

    def inches(x: pd.Series, y: pd.Series) -> "list[tuple[float, float]]":
        across = (x.to_numpy(dtype=float) - low_x) / (high_x - low_x) * size[0]
        return list(zip(across, (y.to_numpy(dtype=float) - low_y) / (high_y - low_y) * size[1], strict=True))

    taken: list[_Box] = [(a - 0.04, b - 0.04, a + 0.04, b + 0.04) for a, b in inches(points["same_skill"], points["y"])]
    for (a, b), number in zip(inches(named["x"], named["y"]), named["number"], strict=True):
        width, height = page.text_width(str(number), _NUMBER_SIZE) + 0.02, _NUMBER_SIZE / 72 + 0.02
        box = _freest(a, b, width, height, taken, size)
        taken.append(box)
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        axes.plot(
            [a / size[0], x / size[0]], [b / size[1], y / size[1]], transform=axes.transAxes, color="#c8c8c8", lw=0.5,
            zorder=2,
        )  # fmt: skip
        axes.text(
            x / size[0], y / size[1], str(number), transform=axes.transAxes, size=_NUMBER_SIZE, ha="center",
            va="center_baseline", zorder=4,
        )  # fmt: skip
    top = np.full(len(named), high_y)
    for name, place in zip(named["name"], _column(axes, list(named["name"]), top, size[1], page), strict=True):
        axes.text(1.03, place, name, transform=axes.get_yaxis_transform(), size=page.small, va="center", ha="left")


def _freest(x: float, y: float, width: float, height: float, taken: list[_Box], size: tuple[float, float]) -> _Box:
    """The nearest box around a point that overlaps with none that is taken, else the one that overlaps least.

    Parameters
    ----------
    x, y : float
        The point, in inches from the panel's lower left corner, as are all boxes.
    width, height : float
        Of the box.
    size : (width, height)
        Of the panel, in which the box has to be.
    """
    boxes = [
        (x + away * dx - width / 2, y + away * dy - height / 2, x + away * dx + width / 2, y + away * dy + height / 2)
        for away in (0.11, 0.2, 0.3, 0.42, 0.56, 0.72, 0.9, 1.1)
        for dx, dy in _DIRECTIONS
    ]
    inside = [box for box in boxes if min(box[:2]) >= 0 and box[2] <= size[0] and box[3] <= size[1]] or boxes
    return min(inside, key=lambda box: _overlap(box, taken))  # the first, so the nearest, of equals


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
        caption="Skill of the algorithm that speaks for each test subset: 1 is perfect, 0 no better than guessing, below 0 worse. "
        "To the right: same learns more. On the diagonal other (or all) is as good as same, above it better, below it worse; "
        "bars are t intervals of the difference. Where the bar lies in the grey band, the subsets are similar; below the "
        "dashed line, guessing is better. A triangle at the lower edge stands for a skill below it.",
        group="results",
        draw=_overview,
        per_measure=True,
        order=10,
    ),
)
