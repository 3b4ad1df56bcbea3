"""train_other and same_other_all: one test subset looked at closely."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from soak.figures.captions import title
from soak.figures.colors import MARKERS, TRAIN_SUBSETS
from soak.figures.layout import Panels, below, draw_panels, panel_title, room_below, wrapped
from soak.figures.output import FigureFolder
from soak.figures.shown import algorithms_of, full_size, in_words, mean_sd, shown_scores
from soak.figures.style import Style
from soak.measures import column_measure

_COLUMNS = 4  # tasks side by side


def train_other(scores: pd.DataFrame, focus: tuple[str, str], folder: FigureFolder) -> list[Path]:
    """Error on the test subset after training on the others, all tasks that have it side by side."""
    _, subset = focus
    shown = full_size(shown_scores(scores))
    shown = shown[(shown["test_subset"] == subset) & (shown["train_subsets"] == "other")]
    if shown.empty:
        return []
    means = mean_sd(shown)
    style = folder.style
    tasks = list(shown["task_id"].unique())
    algorithms = algorithms_of(shown)
    labels, left, most = wrapped(algorithms, style, 2.2)
    width = 2.3 * style.scale
    trained = {task: _others(scores, task, subset) for task in tasks}
    heads = [style.wrap(f"{task}\ntrained on {trained[task]}", width) for task in tasks]
    columns = min(len(tasks), _COLUMNS)
    n_rows = -(-len(tasks) // columns)
    axis_labels = [_axis_label(means[means["task_id"] == task], style, width) for task in tasks]
    below_panel = room_below(axis_labels, style)
    head = style.line * (1 + max(text.count("\n") for text in heads)) + 0.12
    panels = Panels(
        width=width,
        heights=[style.scale * len(algorithms) * (0.12 + style.line * most)] * n_rows,
        above=[head, *[head + below_panel] * (n_rows - 1)],
        columns=columns,
        left=left + 0.08,
        bottom=below_panel,
        gap=0.3,
    )
    with style.applied():
        heading = f"{title('train_other')} Test error on {subset}"
        figure, axes = draw_panels(panels, style, heading, "train_other")
        for number, place in enumerate(place for row in axes for place in row):
            if number >= len(tasks):
                place.remove()
                continue
            task = tasks[number]
            y = {algorithm: -float(row) for row, algorithm in enumerate(algorithms)}
            _points(place, means[means["task_id"] == task], y, "other", style)
            _dress(place, labels if number % columns == 0 else [], len(algorithms))
            panel_title(place, heads[number], style)
            below(place, axis_labels[number], style)
        return folder.save(figure, "train_other", in_words(means))


def same_other_all(scores: pd.DataFrame, focus: tuple[str, str], folder: FigureFolder) -> list[Path]:
    """Error on one test subset of one task by algorithm, with same, other and all in colours."""
    task, subset = focus
    shown = full_size(shown_scores(scores))
    shown = shown[(shown["task_id"] == task) & (shown["test_subset"] == subset)]
    if shown.empty:
        return []
    means = mean_sd(shown)
    style = folder.style
    algorithms = algorithms_of(shown)
    labels, left, most = wrapped(algorithms, style, 2.2)
    width = 4.6 * style.scale
    axis_label = _axis_label(means, style, width)
    present = [name for name in TRAIN_SUBSETS if (shown["train_subsets"] == name).any()]
    panels = Panels(
        width=width,
        heights=[style.scale * len(algorithms) * max(0.16 * len(present) + 0.1, style.line * most + 0.1)],
        above=[style.line + 0.15],
        columns=1,
        left=left + 0.08,
        bottom=room_below([axis_label], style),
    )
    with style.applied():
        heading = f"{title('same_other_all')} {task}, tested on {subset}"
        figure, axes = draw_panels(panels, style, heading, "same_other_all")
        place = axes[0][0]
        step = 0.7 / len(present)
        for number, train in enumerate(present):
            shift = step * ((len(present) - 1) / 2 - number)
            y = {algorithm: shift - row for row, algorithm in enumerate(algorithms)}
            _points(place, means[means["train_subsets"] == train], y, train, style)
        _dress(place, labels, len(algorithms))
        below(place, axis_label, style)
        legend(place, present, style, "trained on")
        return folder.save(figure, "same_other_all", in_words(means))


def legend(axes: Axes, names: list[str], style: Style, heading: str) -> None:
    """Colours and markers of train subsets in a line above a panel."""
    handles = [Line2D([], [], color="none", label=heading)]
    handles += [
        Line2D([], [], color=style.color(name), marker=MARKERS[name], ms=4.5, lw=1.6, label=name) for name in names
    ]
    axes.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(handles), borderaxespad=0.1,
        borderpad=0.2, handlelength=1.4, columnspacing=1.2, handletextpad=0.5,
    )  # fmt: skip


def _points(axes: Axes, means: pd.DataFrame, y: dict[str, float], train: str, style: Style) -> None:
    """Mean ± SD over folds and seeds."""
    color = style.color(train)
    axes.errorbar(
        means["mean"], means["algorithm"].map(y), xerr=means["sd"].fillna(0), fmt=MARKERS[train], color=color,
        ms=4.5, lw=1.6, ls="none",
    )  # fmt: skip


def _dress(axes: Axes, labels: list[str], count: int) -> None:
    axes.set_ylim(0.5 - count, 0.5)
    axes.set_yticks(-np.arange(count), labels or [""] * count)
    axes.tick_params(labelleft=bool(labels))
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_locator(MaxNLocator(5, min_n_ticks=3))
    axes.margins(x=0.08)


def _axis_label(means: pd.DataFrame, style: Style, width: float) -> str:
    """For instance "percent error (mean ± SD, n = 3)"."""
    n = int(means["n"].max())
    label = column_measure(means["measure"].iloc[0]).axis_label
    return style.wrap(f"{label} ({'one fold' if n == 1 else f'mean ± SD, n = {n}'})", width)


def _others(scores: pd.DataFrame, task: str, subset: str) -> str:
    names = [name for name in scores.loc[scores["task_id"] == task, "test_subset"].unique() if name != subset]
    return names[0] if len(names) == 1 else f"the other {len(names)} subsets"
