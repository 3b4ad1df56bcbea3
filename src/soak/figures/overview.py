"""overview: all tasks in one figure, other-same against all-same."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from soak.figures.captions import title
from soak.figures.colors import GREY, MARKERS
from soak.figures.layout import Panels, below, draw_panels
from soak.figures.output import FigureFolder
from soak.figures.style import Style
from soak.measures import column_measure

_LEGEND = "a difference is seen for:"
_MOST_NAMES = 8  # more points have numbers
_TINY = 5.5  # points: size of these numbers
_FOUND = {
    "both": "other and all",
    "other": "other only",
    "all": "all only",
    "neither": "neither",
}


def overview(
    verdicts: pd.DataFrame,
    pvalues: pd.DataFrame,
    folder: FigureFolder,
) -> list[Path]:
    """One point per task and test subset: other against same (x) and all against same (y), of the verdict's algorithm.

    Measures whose means are all positive and where less is better are shown as log2 of the fold change, so that tasks of
    any measure share one panel; other measures as differences in a panel of their own each.
    """
    points = _points(verdicts, pvalues)
    if points.empty:
        return []
    style = folder.style
    scales = list(points["scale"].unique())
    tasks = list(points["task_id"].unique())
    heading = title("overview") if len(tasks) > 1 else f"{title('overview')}: {tasks[0]}"
    names = list(points["test_subset"])
    if len(tasks) > 1:
        names = [f"{row.task_id}: {row.test_subset}" for row in points.itertuples()]
    with style.applied():
        numbered = len(points) > _MOST_NAMES
        texts = [f"{number}  {name}" for number, name in enumerate(names, start=1)] if numbered else names
        points = points.assign(number=range(1, len(points) + 1), name=[style.wrap(text, 2.6) for text in texts])
        scales = list(points["scale"].unique())
        counts = [
            sum(1 + name.count("\n") for name in points.loc[points["scale"] == scale, "name"]) for scale in scales
        ]
        size = (4.6 if numbered else 3.4) * style.scale
        panels = Panels(
            width=size,
            heights=[max(size, 1.1 * style.line * count) for count in counts],
            above=[style.line + 0.2, *[3 * style.line + 0.4] * (len(scales) - 1)],
            columns=1,
            left=5 * style.line,
            right=0.35 + max(style.text_width(text, style.small) for text in points["name"]),
            bottom=2 * style.line + 0.17,
        )
        figure, axes = draw_panels(panels, style, heading, "overview")
        for place, scale, height in zip([row[0] for row in axes], scales, panels.heights, strict=True):
            here = points[points["scale"] == scale]
            _scatter(place, here, style)
            if numbered:
                _numbers(place, here, (size, height), style)
            else:
                _names(place, here, height, style)
            below(place, _label(scale, "other"), style)
            place.set_ylabel(_label(scale, "all"))
        _legend(axes[0][0], points, style)
        return folder.save(figure, "overview", points.drop(columns=["name", "number"]))


def _points(verdicts: pd.DataFrame, pvalues: pd.DataFrame) -> pd.DataFrame:
    keys = ["task_id", "test_subset", "algorithm", "measure"]
    both = verdicts.merge(pvalues, on=[*keys, "comparison"], suffixes=("", "_test"))
    wide = both.pivot(index=keys, columns="comparison", values=["compare_mean", "same_mean", "verdict"])
    order = both[keys].drop_duplicates()
    rows = []
    if both["comparison"].nunique() < 2:
        return pd.DataFrame()
    for key in order.itertuples(index=False):
        row = wide.loc[tuple(key)]
        same = row["same_mean"].astype(float)
        compare = row["compare_mean"].astype(float)
        if compare.isna().any():
            continue
        seen = {name: row["verdict"][f"{name}-same"] != "no difference seen" for name in ("other", "all")}
        found = "both" if all(seen.values()) else "other" if seen["other"] else "all" if seen["all"] else "neither"
        fold = not column_measure(key.measure).greater_is_better and (same > 0).all() and (compare > 0).all()
        change = np.log2(compare / same) if fold else (compare - same) * column_measure(key.measure).factor
        rows.append(
            {
                **key._asdict(),
                "scale": "log2 fold change" if fold else f"difference of {column_measure(key.measure).axis_label}",
                "other_same": change["other-same"],
                "all_same": change["all-same"],
                "difference_seen": found,
            }
        )
    return pd.DataFrame(rows)


def _label(scale: str, name: str) -> str:
    if scale == "log2 fold change":
        return f"log2({name} / same)"
    return f"{name} - same ({scale.removeprefix('difference of ')})"


def _scatter(axes: Axes, points: pd.DataFrame, style: Style) -> None:
    axes.axhline(0, color=GREY, lw=0.8, zorder=1)
    axes.axvline(0, color=GREY, lw=0.8, zorder=1)
    for found in _FOUND:
        rows = points[points["difference_seen"] == found]
        axes.plot(
            rows["other_same"], rows["all_same"], MARKERS[found], color=style.color(found), ms=5.5, mec="white",
            mew=0.7, zorder=3,
        )  # fmt: skip
    axes.margins(0.1)
    for get, put in ((axes.get_xlim, axes.set_xlim), (axes.get_ylim, axes.set_ylim)):
        low, high = get()
        put(min(low, -0.05 * (high - low)), max(high, 0.05 * (high - low)))


def _names(axes: Axes, points: pd.DataFrame, height: float, style: Style) -> None:
    """A name per point in a column at the right, joined to its point by a line: names never overlap."""
    ordered = points.sort_values(["all_same", "other_same"], ascending=[False, False], kind="stable")
    wanted = ordered["all_same"].to_numpy(dtype=float)
    for row, place in zip(
        ordered.itertuples(), _column(axes, list(ordered["name"]), wanted, height, style), strict=True
    ):
        axes.annotate(
            row.name, (row.other_same, row.all_same), (1.06, place), textcoords=axes.get_yaxis_transform(),
            size=style.small, va="center", ha="left", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": "#c8c8c8", "lw": 0.6, "shrinkA": 1, "shrinkB": 3, "relpos": (0, 0.5)},
        )  # fmt: skip


def _numbers(axes: Axes, points: pd.DataFrame, size: tuple[float, float], style: Style) -> None:
    """A number beside each point where there is room, and the key of the numbers in a column at the right."""
    (low_x, high_x), (low_y, high_y) = axes.get_xlim(), axes.get_ylim()
    x = (points["other_same"].to_numpy(dtype=float) - low_x) / (high_x - low_x) * size[0]
    y = (points["all_same"].to_numpy(dtype=float) - low_y) / (high_y - low_y) * size[1]
    taken = [(a - 0.04, b - 0.04, a + 0.04, b + 0.04) for a, b in zip(x, y, strict=True)]
    zero_x, zero_y = -low_x / (high_x - low_x) * size[0], -low_y / (high_y - low_y) * size[1]
    taken += [(zero_x - 0.01, 0, zero_x + 0.01, size[1]), (0, zero_y - 0.01, size[0], zero_y + 0.01)]  # the lines at 0
    for a, b, number in zip(x, y, points["number"], strict=True):
        width, height = style.text_width(str(number), _TINY) + 0.01, _TINY / 72
        boxes = [
            (a + 0.05 * dx + width * (dx - 1) / 2, b + 0.05 * dy + height * (dy - 1) / 2)
            for dx, dy in ((1, 0), (1, 1), (1, -1), (-1, 0), (-1, 1), (-1, -1), (0, 1.2), (0, -1.2))
        ]
        left, bottom = min(boxes, key=lambda box: _overlap((*box, box[0] + width, box[1] + height), taken))
        taken.append((left, bottom, left + width, bottom + height))
        axes.text(
            (left + width / 2) / size[0], (bottom + height / 2) / size[1], str(number), transform=axes.transAxes,
            size=_TINY, ha="center", va="center_baseline", zorder=4,
        )  # fmt: skip
    top = np.full(len(points), high_y)
    for name, place in zip(points["name"], _column(axes, list(points["name"]), top, size[1], style), strict=True):
        axes.text(1.03, place, name, transform=axes.get_yaxis_transform(), size=style.small, va="center", ha="left")


def _overlap(box: tuple[float, float, float, float], taken: list[tuple[float, float, float, float]]) -> float:
    """Area that a box (left, bottom, right, top) shares with others."""
    return sum(
        max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
        * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
        for other in taken
    )


def _column(axes: Axes, names: list[str], wanted: np.ndarray, height: float, style: Style) -> list[float]:
    """Where in the y axis the names of a column stand."""
    low, high = axes.get_ylim()
    inch = (high - low) / height
    return _stack(wanted, [1.1 * style.line * (1 + name.count("\n")) * inch for name in names], low, high)


def _stack(wanted: np.ndarray, heights: list[float], low: float, high: float) -> list[float]:
    """Centres from top to bottom, as near to the wanted ones as they may be without overlap and inside the panel."""
    places: list[float] = []
    top = high
    for y, height in zip(wanted, heights, strict=True):
        places.append(min(float(y), top - height / 2))
        top = places[-1] - height / 2
    bottom = low
    for number in range(len(places) - 1, -1, -1):
        places[number] = max(places[number], bottom + heights[number] / 2)
        bottom = places[number] + heights[number] / 2
    return places


def _legend(axes: Axes, points: pd.DataFrame, style: Style) -> None:
    present = set(points["difference_seen"])
    handles = [Line2D([], [], color="none", label=_LEGEND)]
    handles += [
        Line2D([], [], color=style.color(name), marker=MARKERS[name], ls="none", ms=5.5, label=text)
        for name, text in _FOUND.items()
        if name in present
    ]
    axes.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=5, borderaxespad=0, borderpad=0.15,
        handlelength=0.8, handletextpad=0.4, columnspacing=1,
    )  # fmt: skip
