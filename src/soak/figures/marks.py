"""Marks with their numbers beside them, and kinds of subsets: what the figures of the paper's kind share."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from soak.figures.page import GREY, MARKERS, Key, Page
from soak.figures.results import Results
from soak.measures import column_measure
from soak.scores.summaries import first_measures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Colours and markers of kinds of subsets: of Okabe and Ito's palette those that same, other and all do not have
_TYPE_COLORS = ("#000000", "#E69F00", "#56B4E9", "#CC79A7", "#8C6D31", "#999999")
_TICK_WIDTH = 0.36  # inches: of the number at a tick, with air
_TYPE_MARKERS = ("s", "o", "D", "^", "v", "P")


def type_styles(types: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Colour and marker of each kind of subsets, in the order in which they come; "" has none of its own."""
    named = [name for name in dict.fromkeys(types) if name]
    styles = {
        name: (_TYPE_COLORS[number % len(_TYPE_COLORS)], _TYPE_MARKERS[number % len(_TYPE_MARKERS)])
        for number, name in enumerate(named)
    }
    return styles | {"": (GREY, "o")}


def type_keys(types: Iterable[str]) -> list[Key]:
    """The legend of kinds of subsets; none where there is one kind only."""
    styles = {name: style for name, style in type_styles(types).items() if name}
    return [Key(name, color, marker) for name, (color, marker) in styles.items()] if len(styles) > 1 else []


def speakers(results: Results) -> pd.DataFrame:
    """The algorithm that a figure of one algorithm shows for each test subset: the one that speaks in the verdicts.

    Where there is no verdict it is the first one that is not a reference. Columns task_id, test_subset, algorithm.
    """
    keys = ["task_id", "test_subset"]
    shown = results.full_size[~results.full_size["algorithm"].isin(results.references)]
    first = shown.drop_duplicates(keys)[[*keys, "algorithm"]]
    judged = results.verdicts.drop_duplicates(keys)[[*keys, "algorithm"]].rename(columns={"algorithm": "judged"})
    both = first.merge(judged, on=keys, how="left")
    there = set(zip(shown["task_id"], shown["test_subset"], shown["algorithm"], strict=True))
    is_there = [
        (row.task_id, row.test_subset, row.judged) in there for row in both[[*keys, "judged"]].itertuples(index=False)
    ]
    both["algorithm"] = both["judged"].where(is_there, both["algorithm"])
    return both[[*keys, "algorithm"]]


def tests_of(results: Results) -> pd.DataFrame:
    """The tests of each task's first measure."""
    tests = results.tests
    return tests[tests["measure"] == tests["task_id"].map(first_measures(results.scores))]


def comparable(measures: Sequence[str]) -> bool:
    """Whether measures can share an axis: shares of the test rows, in percent."""
    return len(set(measures)) == 1 and column_measure(measures[0]).percent


def mark(
    axes: "Axes", mean: float, sd: float, y: float, kind: str, page: Page, *, text: str = "", **style: Any
) -> None:
    """A mean with its SD, and the number above it: set so that it stays within the panel, whose limits are set before.

    Parameters
    ----------
    kind : str
        same, other or all, for colour and marker; other names need ``color`` and ``marker``.
    text : str
        Above the mark.
    **style
        color and marker in the place of those of ``kind``; ``mfc`` of the marker's face.
    """
    color = style.pop("color", None) or page.color(kind)
    marker = style.pop("marker", None) or MARKERS[kind]
    bar = 0.0 if pd.isna(sd) else sd
    low, _ = axes.get_xlim()
    left = min(mean - low, bar) if axes.get_xscale() == "log" else bar
    axes.errorbar(mean, y, xerr=[[max(left, 0.0)], [bar]], fmt=marker, color=color, ms=4.2, lw=1.5, zorder=3, **style)
    if text:
        write_above(axes, mean, y, text, color, page)


def write_above(axes: "Axes", x: float, y: float, text: str, color: str, page: Page) -> None:
    """A text above a place, to its left or right where the panel ends."""
    place = axes.transAxes.inverted().transform(axes.transData.transform((x, y)))[0]
    align = "left" if place < 1 / 3 else "right" if place > 2 / 3 else "center"
    shift = {"left": -4, "right": 4, "center": 0}[align]
    axes.annotate(
        text, (x, y), (shift, 2.8), textcoords="offset points", size=page.small, color=color, ha=align, va="bottom",
        annotation_clip=False, zorder=4,
    )  # fmt: skip


def mark_height(page: Page) -> float:
    """Inches that a mark with its number above it takes."""
    return max(0.27 * page.scale, 1.9 * page.line)


def panel_width(axes: "Axes") -> float:
    """Of a panel in inches."""
    figure: Any = axes.figure
    return float(axes.get_position().width * figure.get_figwidth())


def plain_axis(axes: "Axes", ticks: int = 4) -> None:
    """A grid for x only, with a few ticks: as many as there is room for their labels."""
    from matplotlib.ticker import MaxNLocator

    axes.grid(visible=False, axis="y")
    if axes.get_xscale() == "linear":
        room = panel_width(axes) / _TICK_WIDTH
        axes.xaxis.set_major_locator(MaxNLocator(min(ticks, max(2, int(room))), min_n_ticks=min(3, max(1, int(room)))))
