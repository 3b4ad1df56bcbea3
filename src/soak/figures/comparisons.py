"""pvalue and pvalue_downsample: mean ± SD written out, and P values between same and all or other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from soak.figures.captions import title
from soak.figures.colors import GREY, MARKERS
from soak.figures.layout import Panels, draw_panels, panel_title
from soak.figures.output import FigureFolder
from soak.figures.shown import algorithms_of, full_size, in_words, mean_sd, shown_scores
from soak.figures.style import Style
from soak.measures import Measure, column_measure
from soak.scores.summaries import first_measures, format_p

# From top to bottom: what is compared stands between the two.
LINES = ("other", "other-same", "same", "all-same", "all")
_COLUMNS = 3


@dataclass(frozen=True)
class _Panel:
    """Means and tests of one task and test subset (and size)."""

    task: str
    head: str
    means: pd.DataFrame
    tests: pd.DataFrame
    shown: Measure


def pvalue(scores: pd.DataFrame, pvalues: pd.DataFrame, folder: FigureFolder) -> list[Path]:
    """Mean ± SD of same, other and all, and paired P values, by task, test subset and algorithm.

    Parameters
    ----------
    scores, pvalues : DataFrame
        As in the tables of these names.
    """
    shown = _without_featureless(full_size(shown_scores(scores)))
    means = mean_sd(shown)
    tests = _shown_tests(pvalues, first_measures(scores))
    keys = ["task_id", "test_subset"]
    panels = [
        _Panel(task, f"{task}\ntest: {subset}", rows, _of(tests, task, subset), column_measure(rows["measure"].iloc[0]))
        for (task, subset), rows in means.groupby(keys, sort=False)
    ]
    if not panels:
        return []
    with folder.style.applied():
        return _draw(panels, min(len(panels), _COLUMNS), "pvalue", _data(means, tests, []), folder)


def pvalue_downsample(scores: pd.DataFrame, downsampled: pd.DataFrame, folder: FigureFolder) -> list[Path]:
    """The same at full size (left) and with equally many train groups (right); nothing without down-sampling.

    Parameters
    ----------
    downsampled : DataFrame
        Table pvalues_downsample.
    """
    shown = _without_featureless(shown_scores(scores))
    tests = _shown_tests(downsampled, first_measures(scores))
    equal_tests = tests[tests["n_train_groups"].notna()]
    full_tests = tests[tests["n_train_groups"].isna()]
    panels, parts = [], []
    for (task, subset), rows in equal_tests.groupby(["task_id", "test_subset"], sort=False):
        size = int(rows["n_train_groups"].iloc[0])
        here = shown[(shown["task_id"] == task) & (shown["test_subset"] == subset)]
        full, equal = mean_sd(full_size(here)), mean_sd(here[here["n_train_groups"] == size])
        shown_as = column_measure(full["measure"].iloc[0])
        panels += [
            _Panel(task, f"{task}\ntest: {subset}, full size", full, _of(full_tests, task, subset), shown_as),
            _Panel(
                task,
                f"{task}\ntest: {subset}, {size} train groups each",
                equal,
                _of(equal_tests, task, subset),
                shown_as,
            ),
        ]
        parts += [full.assign(n_train_groups=pd.NA), equal.assign(n_train_groups=size)]
    if not panels:
        return []
    data = _data(pd.concat(parts), tests, ["n_train_groups"])
    with folder.style.applied():
        return _draw(panels, 2, "pvalue_downsample", data, folder)


def _draw(panels: Sequence[_Panel], columns: int, name: str, data: pd.DataFrame, folder: FigureFolder) -> list[Path]:
    style = folder.style
    numbers = max(style.text_width(text, style.small) for panel in panels for text in _texts(panel).values())
    names = {name for panel in panels for name in panel.means["algorithm"]}
    width = max(1.9 * style.scale + numbers + 0.1, *(style.text_width(name, weight="bold") + 0.08 for name in names))
    plot = width - numbers - 0.1
    heads = [style.wrap(panel.head, width) for panel in panels]
    tasks = list(dict.fromkeys(panel.task for panel in panels))
    n_rows = -(-len(panels) // columns)
    lines = [panels[row * columns : (row + 1) * columns] for row in range(n_rows)]
    head = style.line * max(1 + text.count("\n") for text in heads) + 0.12
    tick_room = 2 * style.line + 0.17
    layout = Panels(
        width=width,
        heights=[style.line * max(_height(panel) for panel in line) for line in lines],
        above=[head, *[head + tick_room] * (n_rows - 1)],
        columns=columns,
        left=style.text_width("other") + 0.1,
        bottom=tick_room,
        gap=0.3,
    )
    figure, axes = draw_panels(layout, style, title(name), name)
    ranges = {task: _range([panel.means for panel in panels if panel.task == task]) for task in tasks}
    for number, place in enumerate(place for row in axes for place in row):
        if number >= len(panels):
            place.remove()
            continue
        _fit(place, _height(panels[number]) / max(_height(panel) for panel in lines[number // columns]))
        limits = ranges[panels[number].task]
        _panel(place, panels[number], limits, plot / width, style, labels=number % columns == 0)
        panel_title(place, heads[number], style)
    return folder.save(figure, name, data)


def _height(panel: _Panel) -> float:
    """Lines of text in a panel: per algorithm its name and a line per mean and comparison."""
    return len(algorithms_of(panel.means)) * (len(_lines(panel)) + 1.3) + 0.4


def _lines(panel: _Panel) -> list[str]:
    present = set(panel.means["train_subsets"])
    return [line for line in LINES if line in present or (line.removesuffix("-same") in present and "same" in present)]


def _texts(panel: _Panel) -> dict[tuple[str, str], str]:
    """What is written beside each line of each algorithm."""
    factor = panel.shown.factor
    texts = {
        (row.algorithm, row.train_subsets): panel.shown.mean_sd(row.mean / factor, row.sd / factor)
        for row in panel.means.itertuples()
    }
    return texts | {(row.algorithm, row.comparison): format_p(row.p_paired) for row in panel.tests.itertuples()}


def _fit(axes: Axes, share: float) -> None:
    """Make a panel shorter than its neighbours, its top where it was."""
    box = axes.get_position()
    axes.set_position((box.x0, box.y1 - share * box.height, box.width, share * box.height))


def _panel(axes: Axes, panel: _Panel, limits: tuple[float, float], share: float, style: Style, *, labels: bool) -> None:
    """Algorithms from top to bottom; points and bars in the left ``share`` of the panel, numbers at its right."""
    low, high = limits
    axes.set_xlim(low, low + (high - low) / share)
    axes.set_ylim(_height(panel), 0)
    texts = _texts(panel)
    positions: dict[tuple[str, str], float] = {}
    y = 0.4
    for algorithm in algorithms_of(panel.means):
        axes.annotate(
            algorithm, (low, y + 0.5), (4, 0), textcoords="offset points", size=style.size, weight="bold",
            va="center", ha="left", annotation_clip=False,
        )  # fmt: skip
        y += 1
        for line in _lines(panel):
            positions[algorithm, line] = y + 0.5
            text = texts.get((algorithm, line), "")
            color = GREY if line.endswith("-same") else style.color(line)
            axes.text(low + (high - low) / share, y + 0.5, text, size=style.small, color=color, va="center", ha="right")
            y += 1
        y += 0.3
    _marks(axes, panel, positions, style)
    named = {key: y for key, y in positions.items() if not key[1].endswith("-same")}
    axes.set_yticks(list(named.values()), [line if labels else "" for _, line in named])
    axes.tick_params(labelleft=labels)
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_locator(MaxNLocator(4, min_n_ticks=3))
    axes.set_xticks([tick for tick in axes.get_xticks() if low <= tick <= high])
    axes.annotate(
        panel.shown.axis_label, (share / 2, 0), (0, -2.3 * style.size), xycoords="axes fraction",
        textcoords="offset points", ha="center", va="top", annotation_clip=False,
    )  # fmt: skip
    for side in ("bottom", "left"):
        axes.spines[side].set_visible(side == "left")


def _marks(axes: Axes, panel: _Panel, positions: Mapping[tuple[str, str], float], style: Style) -> None:
    means = {(row.algorithm, row.train_subsets): row.mean for row in panel.means.itertuples()}
    for (algorithm, line), y in positions.items():
        if line.endswith("-same"):
            pair = [means[algorithm, name] for name in line.split("-") if (algorithm, name) in means]
            if len(pair) == 2:
                axes.plot(pair, [y, y], color=GREY, lw=1)
    for row in panel.means.itertuples():
        color = style.color(row.train_subsets)
        y = positions[row.algorithm, row.train_subsets]
        error = 0 if pd.isna(row.sd) else row.sd
        axes.errorbar(row.mean, y, xerr=error, fmt=MARKERS[row.train_subsets], color=color, ms=4, lw=1.4)


def _range(tables: Sequence[pd.DataFrame]) -> tuple[float, float]:
    """Limits that hold all bars, with some room: the same for all panels of a task."""
    means = pd.concat(tables)
    bars = means["sd"].fillna(0)
    low, high = float((means["mean"] - bars).min()), float((means["mean"] + bars).max())
    room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return low - room, high + room


def _without_featureless(shown: pd.DataFrame) -> pd.DataFrame:
    """Without the baseline, where there is anything else."""
    kept = shown[shown["algorithm"] != "featureless"]
    return shown if kept.empty else kept


def _shown_tests(tests: pd.DataFrame, measures: Mapping[str, str]) -> pd.DataFrame:
    """The tests of each task's first measure."""
    return tests[tests["measure"] == tests["task_id"].map(measures)]


def _of(tests: pd.DataFrame, task: str, subset: str) -> pd.DataFrame:
    return tests[(tests["task_id"] == task) & (tests["test_subset"] == subset)]


def _data(means: pd.DataFrame, tests: pd.DataFrame, extra: list[str]) -> pd.DataFrame:
    """One table of both: a line per mean, and one per comparison with its P value."""
    compared = tests[tests["algorithm"].isin(means["algorithm"].unique())]
    factors = compared["measure"].map(lambda measure: column_measure(measure).factor).astype(float)
    both = pd.concat(
        [
            means.rename(columns={"train_subsets": "line", "mean": "value"}),
            compared.assign(value=compared["mean_diff"] * factors).rename(columns={"comparison": "line"}),
        ]
    )
    keys = ["task_id", "test_subset", "algorithm", *extra]
    order = {line: number for number, line in enumerate(LINES)}
    first = both.groupby(keys, sort=False, dropna=False).ngroup()
    both = both.assign(first=first, order=both["line"].map(order))
    both = both.sort_values(["first", "order"], kind="stable")
    return in_words(both)[[*keys, "line", "measure", "value", "sd", "p_paired", "p_unpaired", "n"]]
