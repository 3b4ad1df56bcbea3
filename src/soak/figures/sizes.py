"""sizes: test error against the number of train groups."""

from pathlib import Path

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from soak.figures.captions import title
from soak.figures.colors import MARKERS, TRAIN_SUBSETS
from soak.figures.focus import legend
from soak.figures.layout import Panels, below, chunks, draw_panels, panel_title, side_title
from soak.figures.output import FigureFolder
from soak.figures.shown import KEYS, algorithms_of, in_words, mean_sd, shown_scores
from soak.figures.style import Style
from soak.measures import column_measure

_COLUMNS = 5


def sizes(scores: pd.DataFrame, folder: FigureFolder) -> list[Path]:
    """Mean ± SD against train size: algorithms in rows, task and test subset in columns; nothing for one size only.

    Needs a resampling with ``sizes`` >= 0, so that train sets of several sizes exist.
    """
    shown = shown_scores(scores)
    several = shown.groupby("task_id")["n_train_groups"].transform("nunique") > shown.groupby("task_id")[
        "train_subsets"
    ].transform("nunique")
    reduced = (shown["n_train_groups"] < shown["groups"]).groupby(shown["task_id"]).transform("any")
    shown = shown[several | reduced]
    if shown.empty or not reduced.any():
        return []
    means = mean_sd(shown, [*KEYS, "n_train_groups"])
    means = means.sort_values("n_train_groups", kind="stable").sort_values("task_id", key=_order, kind="stable")
    style = folder.style
    with style.applied():
        tasks = list(shown["task_id"].unique())
        subsets = {task: list(shown.loc[shown["task_id"] == task, "test_subset"].unique()) for task in tasks}
        lines = chunks([len(subsets[task]) for task in tasks], _COLUMNS)
        algorithms = algorithms_of(shown)
        width = 1.8 * style.scale
        tick_room = 2 * style.line + 0.17
        heads = {(t, s): style.wrap(f"{t}\ntest: {s}", width) for t in tasks for s in subsets[t]}
        above = [
            style.line * max(1 + heads[tasks[g], subsets[tasks[g]][m]].count("\n") for g, m in line) + 0.12
            for line in lines
        ]
        above[0] += style.line + 0.1  # the legend
        names = {name: style.wrap(name, 1.1 * style.scale, weight="bold") for name in algorithms}
        panels = Panels(
            width=width,
            heights=[1.2 * style.scale] * (len(algorithms) * len(lines)),
            above=[
                space
                for number, first in enumerate(above)
                for space in (first + (tick_room if number else 0), *[0.15] * (len(algorithms) - 1))
            ],
            columns=max(len(line) for line in lines),
            left=5 * style.line,
            right=style.line * max(1 + name.count("\n") for name in names.values()) + 0.1,
            bottom=tick_room,
            gap=0.55,
        )
        figure, axes = draw_panels(panels, style, title("sizes"), "sizes")
        for number, line in enumerate(lines):
            for row, algorithm in enumerate(algorithms):
                for column, place in enumerate(axes[number * len(algorithms) + row]):
                    if column >= len(line):
                        place.remove()
                        continue
                    task = tasks[line[column][0]]
                    subset = subsets[task][line[column][1]]
                    here = means[(means["task_id"] == task) & (means["test_subset"] == subset)]
                    _curves(place, here[here["algorithm"] == algorithm], sorted(here["n_train_groups"].unique()), style)
                    last = row == len(algorithms) - 1
                    place.tick_params(labelbottom=last)
                    if row == 0:
                        panel_title(place, heads[task, subset], style)
                    if last:
                        below(place, "train groups", style)
                    if column == 0:
                        place.set_ylabel(
                            style.wrap(column_measure(here["measure"].iloc[0]).axis_label, 1.2 * style.scale)
                        )
                    if column == len(line) - 1:
                        side_title(place, names[algorithm], style)
        present = [name for name in TRAIN_SUBSETS if (shown["train_subsets"] == name).any()]
        legend(axes[0][0], present, style, "trained on")
        head_height = (above[0] - style.line - 0.2) / (1.2 * style.scale)
        drawn = axes[0][0].get_legend()
        assert drawn is not None
        drawn.set_bbox_to_anchor((0, 1 + head_height + 0.08), axes[0][0].transAxes)
        return folder.save(figure, "sizes", in_words(means))


def _order(column: pd.Series) -> pd.Series:
    places = {name: number for number, name in enumerate(column.unique())}
    return column.map(places)


def _curves(axes: Axes, means: pd.DataFrame, ticks: list[int], style: Style) -> None:
    axes.set_xscale("log")
    for name in TRAIN_SUBSETS:
        rows = means[means["train_subsets"] == name].sort_values("n_train_groups")
        if rows.empty:
            continue
        color = style.color(name)
        sns.lineplot(rows, x="n_train_groups", y="mean", color=color, marker=MARKERS[name], ms=4, mew=0, ax=axes)
        sd = rows["sd"].fillna(0)
        axes.fill_between(rows["n_train_groups"], rows["mean"] - sd, rows["mean"] + sd, color=color, alpha=0.15, lw=0)
    axes.set(xlabel="", ylabel="")
    axes.xaxis.set_major_locator(FixedLocator(_spread(ticks)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.set_xlim(min(ticks) / 1.15, max(ticks) * 1.15)


def _spread(ticks: list[int]) -> list[int]:
    """Those sizes that stand far enough apart on a log axis to be written."""
    kept = [ticks[-1]]
    least = (ticks[-1] / ticks[0]) ** 0.22 if ticks[0] else 1.5
    for tick in reversed(ticks[:-1]):
        if tick * max(least, 1.05) <= kept[-1]:
            kept.append(tick)
    return kept[::-1]
