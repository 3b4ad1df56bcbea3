"""volcano: the difference to same against P, a point per task."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from soak.figures.beside import Box, places
from soak.figures.catalog import Figure
from soak.figures.marks import panel_width, speakers, tests_of, type_keys, type_styles
from soak.figures.page import GREY, Drawn, Grid, Page, Panel
from soak.figures.results import NO_SCORES, Results
from soak.measures import column_measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEAST_P = {"all-same": -8.0, "other-same": -16.0}  # log10 P: what is below is drawn at the left edge
_RIGHT = 0.35  # log10 P: beyond 1, for marks there
_WIDTH = 5.5  # inches
_LEAST_HEIGHT, _USUAL_HEIGHT = 2.2, 3.9  # inches: of a panel of one task, and of several
_ASKED = {
    "all-same": ("May the subsets be combined?", "beneficial to combine", "detrimental to combine"),
    "other-same": ("May a new subset be predicted?", "more accurate than same", "less accurate than same"),
}
_UNEVEN = 20.0  # largest difference over the median one, above which the axis is not linear
_BEHIND = {"facecolor": "white", "alpha": 0.65, "lw": 0, "pad": 0.3}  # of a name that stands on a line
_GOOD, _BAD = "#e3f1ec", "#fbe9df"  # tints of the regions


def _volcano(results: Results, page: Page) -> Drawn | str:
    """Mean over each task's test subsets of the difference and of log10 P, with the ranges of both."""
    points = _points(results)
    if points.empty:
        return NO_SCORES if results.full_size.empty else "no comparison with same has a P value."
    shown = [
        name for name in results.facts.comparisons or ("other-same", "all-same") if name in set(points["comparison"])
    ]
    if not shown:
        return "no comparison with same has a P value."
    points = points[points["comparison"].isin(shown)]
    types = [results.facts.subset_types.get(str(task), "") for task in points["task_id"].unique()]
    panels = []
    for name in shown:
        part = points[points["comparison"] == name]
        height = max(min(_USUAL_HEIGHT, _LEAST_HEIGHT + 0.4 * (len(part) - 1)), 0.17 * len(part)) * page.scale
        draw = partial(_draw, points=part, comparison=name, alpha=results.alpha, height=height, page=page, types=types)
        asked = _ASKED[name][0]
        panels.append(
            [
                Panel(
                    draw,
                    height,
                    title=asked if len(shown) > 1 else "",
                    x_label=_x_label(part),
                    y_label=f"{name} {_unit(points)}",
                )
            ]
        )
    grid = Grid(_WIDTH * page.scale, tick_labels=page.number_width * 0.8, row_gap=0.2, legend=type_keys(types))
    return Drawn(page.figure(panels, grid), points.drop(columns="drawn"))


def _points(results: Results) -> pd.DataFrame:
    """A row per task and comparison: means and ranges over its test subsets."""
    keys = ["task_id", "test_subset", "algorithm"]
    tests = tests_of(results).merge(speakers(results), on=keys)
    tests = tests[tests["p_paired"].notna()]
    if tests.empty:
        return pd.DataFrame(columns=["comparison"])
    relative = len({column_measure(name).axis_label for name in tests["measure"]}) > 1 or not all(
        column_measure(name).percent for name in tests["measure"]
    )
    factor = tests["measure"].map(lambda name: column_measure(name).factor).astype(float)
    diff = 100 * tests["mean_diff"] / tests["same_mean"].abs() if relative else factor * tests["mean_diff"]
    least = np.nextafter(0, 1)
    table = tests.assign(diff=diff, log10_p=np.log10(tests["p_paired"].clip(lower=least)))
    points = (
        table.groupby(["comparison", "task_id", "measure"], sort=False)
        .agg(
            diff=("diff", "mean"),
            diff_low=("diff", "min"),
            diff_high=("diff", "max"),
            log10_p=("log10_p", "mean"),
            log10_p_low=("log10_p", "min"),
            log10_p_high=("log10_p", "max"),
            n_test_subsets=("diff", "size"),
        )
        .reset_index()
    )
    points["subset_type"] = points["task_id"].map(lambda task: results.facts.subset_types.get(str(task), ""))
    points["unit"] = "percent of the value of same" if relative else "percentage points"
    return points.assign(drawn=points["log10_p"])


def _unit(points: pd.DataFrame) -> str:
    measures = {column_measure(name).label for name in points["measure"]}
    what = f"{measures.pop()}, " if len(measures) == 1 else ""
    return f"({what}{points['unit'].iloc[0]})"


def _x_label(points: pd.DataFrame) -> str:
    several = points["n_test_subsets"].max() > 1
    return "P of the paired t test" + (", mean of log P over the test subsets" if several else "")


def _draw(
    axes: "Axes", points: pd.DataFrame, comparison: str, alpha: float, height: float, page: Page, types: list[str]
) -> None:
    floor = _LEAST_P[comparison]
    lowest = min(float(points["log10_p_low"].min()), float(np.log10(alpha)) - 1)
    left = max(lowest, floor) - 0.5
    axes.set_xlim(left, _RIGHT)
    _y_axis(axes, points)
    _regions(axes, points, comparison, alpha, page)
    styles = type_styles(types)
    x = points["log10_p"].clip(lower=left + 0.25).to_numpy(dtype=float)
    for place, row in zip(x, points.itertuples(), strict=True):
        color, marker = styles[row.subset_type]
        axes.plot([place, place], [row.diff_low, row.diff_high], color=color, lw=0.9, alpha=0.55, zorder=2)
        ends = np.clip([row.log10_p_low, row.log10_p_high], left, None)
        axes.plot(ends, [row.diff, row.diff], color=color, lw=0.9, alpha=0.55, zorder=2)
        axes.plot(
            place,
            row.diff,
            "<" if row.log10_p < left + 0.25 else marker,
            color=color,
            ms=5,
            mec="white",
            mew=0.6,
            zorder=3,
        )
    _names(axes, points, x, height, alpha, page)
    ticks = [
        tick for tick in range(int(np.ceil(left)), 1) if (-tick) % (1 if left > -5 else 2 if left > -10 else 4) == 0
    ]
    axes.set_xticks(ticks, [_tick(tick) for tick in ticks])


def _tick(power: int) -> str:
    small = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    return {0: "1", -1: "0.1", -2: "0.01", -3: "0.001"}.get(power, f"10{str(power).translate(small)}")


def _y_axis(axes: "Axes", points: pd.DataFrame) -> None:
    """Limits; where a few differences are much larger than most, an axis that is linear near 0 only (inverse hyperbolic sine)."""
    low, high = min(float(points["diff_low"].min()), 0), max(float(points["diff_high"].max()), 0)
    usual = max(float(points["diff"].abs().median()), 1e-9)
    if max(-low, high) > _UNEVEN * usual:
        axes.set_yscale("asinh", linear_width=usual)
        ends = np.arcsinh(np.array([low, high]) / usual)
        room = 0.08 * (ends[1] - ends[0])
        low, high = (float(end) for end in usual * np.sinh([ends[0] - 2 * room, ends[1] + room]))
        ticks = [sign * step * 10.0**power for power in range(-3, 6) for step in (1, 2, 5) for sign in (-1, 1)]
        axes.set_yticks([0, *(tick for tick in ticks if low < tick < high and abs(tick) >= 0.9 * usual)])
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_minor_locator(_no_ticks())
        axes.set_ylim(low, high)
        return
    room = 0.08 * (high - low) or 1.0
    axes.set_ylim(low - 2 * room, high + room)


def _no_ticks() -> Any:
    from matplotlib.ticker import NullLocator

    return NullLocator()


def _regions(axes: "Axes", points: pd.DataFrame, comparison: str, alpha: float, page: Page) -> None:
    """Where combining helps and where it harms, left of the level of the test; a line at no difference."""
    greater = {column_measure(name).greater_is_better for name in points["measure"]}
    left, edge = axes.get_xlim()[0], float(np.log10(alpha))
    low, high = axes.get_ylim()
    axes.axvline(edge, color=GREY, lw=0.9, ls=(0, (4, 2)), zorder=1)
    axes.axhline(0, color=GREY, lw=0.9, zorder=1)
    axes.grid(visible=False)
    text = f"P = {alpha:g}"
    fits = (_RIGHT - edge) / (_RIGHT - left) * panel_width(axes) > page.text_width(text, page.small) + 0.05
    axes.annotate(
        text, (edge, 1), (3 if fits else -3, -3), xycoords=axes.get_xaxis_transform(), textcoords="offset points",
        size=page.small, color=GREY, va="top", ha="left" if fits else "right",
    )  # fmt: skip
    if len(greater) > 1:
        return
    up_is_good = greater.pop()
    _, good, bad = _ASKED[comparison]
    for start, end, is_good, va, shift in ((low, 0, not up_is_good, "bottom", 3), (0, high, up_is_good, "top", -3)):
        axes.fill_between([left, edge], start, end, color=_GOOD if is_good else _BAD, lw=0, zorder=0)
        axes.annotate(
            good if is_good else bad, (0, 0 if va == "bottom" else 1), (4, shift), xycoords="axes fraction",
            textcoords="offset points", size=page.small, color=GREY, va=va, ha="left", style="italic",
        )  # fmt: skip


@dataclass(frozen=True)
class _Scale:
    """From values on an axis to inches."""

    axis: Any
    length: float

    def inches(self, values: Any) -> np.ndarray:
        scale = self.axis.get_transform()
        low, high = scale.transform(np.array(self.axis.get_view_interval(), dtype=float))
        return np.asarray((scale.transform(np.asarray(values, dtype=float)) - low) / (high - low) * self.length)


def _names(axes: "Axes", points: pd.DataFrame, x: np.ndarray, height: float, alpha: float, page: Page) -> None:
    """The task's name beside each point, joined to it where it is far."""
    width = panel_width(axes)
    h, v = _Scale(axes.xaxis, width), _Scale(axes.yaxis, height)
    across, up = h.inches(x), v.inches(points["diff"])
    texts = [page.wrap(str(task), min(page.names_width, 0.35 * width), page.small) for task in points["task_id"]]
    sizes = [
        (page.text_width(text, page.small) + 0.02, page.small / 72 * 1.15 * (1 + text.count("\n"))) for text in texts
    ]
    at = list(zip(across, up, strict=True))
    boxes, _ = places(at, sizes, *_taken(points, at, (h, v), alpha), (width, height))
    for (a, b), text, box in zip(at, texts, boxes, strict=True):
        near = (min(max(a, box[0]), box[2]), min(max(b, box[1]), box[3]))
        if np.hypot(near[0] - a, near[1] - b) > 0.12:
            axes.plot(
                [a / width, near[0] / width], [b / height, near[1] / height], transform=axes.transAxes,
                color="#b8b8b8", lw=0.5, zorder=1.5,
            )  # fmt: skip
        axes.text(
            (box[0] + box[2]) / 2 / width, (box[1] + box[3]) / 2 / height, text, transform=axes.transAxes,
            size=page.small, ha="center", va="center", zorder=4, bbox=_BEHIND,
        )  # fmt: skip


def _taken(
    points: pd.DataFrame, at: list[tuple[float, float]], scales: tuple[_Scale, _Scale], alpha: float
) -> tuple[list[Box], list[Box]]:
    """Boxes of the marks and of the texts at the edges, and of the lines: through the marks, no difference, alpha."""
    h, v = scales
    marks = [(a - 0.05, b - 0.05, a + 0.05, b + 0.05) for a, b in at]
    low, high = v.inches(points["diff_low"]), v.inches(points["diff_high"])
    start, end = h.inches(points["log10_p_low"]), h.inches(points["log10_p_high"])
    upright = [(a - 0.01, b, a + 0.01, c) for (a, _), b, c in zip(at, low, high, strict=True)]
    level = [(max(b, 0.0), a - 0.01, c, a + 0.01) for (_, a), b, c in zip(at, start, end, strict=True)]
    zero, edge = float(v.inches(0)), float(h.inches(np.log10(alpha)))
    every = [(0.0, zero - 0.01, h.length, zero + 0.01), (edge - 0.01, 0.0, edge + 0.01, v.length)]
    texts = [
        (0.0, v.length - 0.16, 1.6, v.length),
        (0.0, 0.0, 1.6, 0.16),
        (edge, v.length - 0.16, edge + 0.6, v.length),
    ]
    return [*marks, *texts], [*upright, *level, *every]


FIGURES = (
    Figure(
        name="volcano",
        title="Differences and how sure they are",
        caption="A point per task: mean over its test subsets of the difference to same (up) and of log P (across), with "
        "lines from the least to the greatest; of the algorithm that speaks. Left of the dashed line the difference is "
        "significant. A triangle at the left edge stands for a smaller P.",
        group="results",
        draw=_volcano,
        order=32,
    ),
)
