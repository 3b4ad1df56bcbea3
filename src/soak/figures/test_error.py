"""test_error and test_error_mean_sd: all test errors, and their mean and standard deviation."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from soak.figures.captions import title
from soak.figures.colors import MARKERS, TRAIN_SUBSETS
from soak.figures.layout import Panels, below, chunks, draw_panels, panel_title, room_below, side_title, wrapped
from soak.figures.output import FigureFolder
from soak.figures.shown import algorithms_of, full_size, in_words, mean_sd, shown_scores
from soak.figures.style import Style
from soak.measures import column_measure

_COLUMNS = 6  # panels side by side

Draw = Callable[[Axes, pd.DataFrame, "np.ndarray"], None]


def test_error(scores: pd.DataFrame, folder: FigureFolder) -> list[Path]:
    """Every test error: by algorithm, train_subsets in rows, task and test subset in columns."""
    shown = full_size(shown_scores(scores))
    style = folder.style

    def draw(axes: Axes, rows: pd.DataFrame, y: np.ndarray) -> None:
        subsets = rows["train_subsets"].iloc[0]
        axes.plot(
            rows["value"], y, MARKERS[subsets], color=style.color(subsets), mfc="none", ms=4.5, mew=1.0, ls="none"
        )

    with style.applied():
        figure = _faceted(shown, style, "test_error", draw)
        return folder.save(figure, "test_error", in_words(shown.drop(columns="groups")))


def test_error_mean_sd(scores: pd.DataFrame, folder: FigureFolder) -> list[Path]:
    """The same as mean and standard deviation over folds and seeds."""
    shown = full_size(shown_scores(scores))
    means = mean_sd(shown)
    style = folder.style

    def draw(axes: Axes, rows: pd.DataFrame, y: np.ndarray) -> None:
        subsets = rows["train_subsets"].iloc[0]
        bars = rows["sd"].fillna(0)
        axes.errorbar(
            rows["mean"], y, xerr=bars, fmt=MARKERS[subsets], color=style.color(subsets), ms=4, lw=1.6, ls="none"
        )

    with style.applied():
        figure = _faceted(means, style, "test_error_mean_sd", draw)
        return folder.save(figure, "test_error_mean_sd", in_words(means))


def _faceted(table: pd.DataFrame, style: Style, name: str, draw: Draw) -> Figure:
    """Panels of train subsets by task and test subset, in as many lines as needed; algorithms on the y axis."""
    tasks = list(table["task_id"].unique())
    subsets = {task: list(table.loc[table["task_id"] == task, "test_subset"].unique()) for task in tasks}
    lines = chunks([len(subsets[task]) for task in tasks], _COLUMNS)
    rows = [name for name in TRAIN_SUBSETS if (table["train_subsets"] == name).any()]
    algorithms = algorithms_of(table)
    labels, left, most = wrapped(algorithms, style, 2.2)
    width = 1.55 * style.scale
    heads = {(task, subset): style.wrap(f"{task}\ntest: {subset}", width) for task in tasks for subset in subsets[task]}
    above = [
        style.line * max(1 + heads[tasks[g], subsets[tasks[g]][m]].count("\n") for g, m in line) + 0.12
        for line in lines
    ]
    height = style.scale * len(algorithms) * (0.06 + style.line * most) + 0.08
    axis_labels = {
        task: style.wrap(column_measure(rows["measure"].iloc[0]).axis_label, width)
        for task, rows in table.groupby("task_id", sort=False)
    }
    tick_room = room_below(axis_labels.values(), style)
    panels = Panels(
        width=width,
        heights=[height] * (len(rows) * len(lines)),
        above=[
            space
            for number, head in enumerate(above)
            for space in (head + (tick_room if number else 0), *[0.1] * (len(rows) - 1))
        ],
        columns=max(len(line) for line in lines),
        left=left + 0.08,
        right=style.line + 0.1,
        bottom=tick_room,
        gap=0.22,
    )
    figure, axes = draw_panels(panels, style, title(name), name)
    positions = {algorithm: -number for number, algorithm in enumerate(algorithms)}
    limits = {task: _limits(table[table["task_id"] == task]) for task in tasks}
    panels_of = dict(list(table.groupby(["task_id", "test_subset", "train_subsets"], sort=False)))
    for number, line in enumerate(lines):
        for row, train in enumerate(rows):
            for column, place in enumerate(axes[number * len(rows) + row]):
                if column >= len(line):
                    place.remove()
                    continue
                group, member = line[column]
                task = tasks[group]
                subset = subsets[task][member]
                part = panels_of.get((task, subset, train))
                if part is not None:
                    draw(place, part, part["algorithm"].map(positions).to_numpy())
                _dress(place, labels if column == 0 else [], len(algorithms), limits[task], row == len(rows) - 1)
                if row == 0:
                    panel_title(place, heads[task, subset], style)
                if row == len(rows) - 1:
                    below(place, axis_labels[task], style)
                if column == len(line) - 1:
                    side_title(place, train, style, style.color(train))
    return figure


def _dress(axes: Axes, labels: list[str], count: int, limits: tuple[float, float], ticks: bool) -> None:
    axes.set(xlim=limits, ylim=(0.6 - count, 0.4) if count > 1 else (-0.6, 0.6))
    axes.set_yticks(-np.arange(count), labels or [""] * count)
    axes.xaxis.set_major_locator(MaxNLocator(4, min_n_ticks=3))
    axes.tick_params(labelbottom=ticks, labelleft=bool(labels))


def _limits(rows: pd.DataFrame) -> tuple[float, float]:
    """Limits of a task's x axis: all values and bars, with some room."""
    if "value" in rows:
        low, high = rows["value"].min(), rows["value"].max()
    else:
        bars = rows["sd"].fillna(0)
        low, high = (rows["mean"] - bars).min(), (rows["mean"] + bars).max()
    room = 0.08 * (high - low) or 0.05 * abs(high) or 1.0
    return low - room, high + room
