"""Same against other and all: train_other, same_other_all, pvalue, pvalue_downsample, sizes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from soak.figures.catalog import Figure
from soak.figures.page import GREY, MARKERS, TRAIN_SUBSETS, Drawn, Grid, Page, Panel, in_rows
from soak.figures.results import (
    NO_SCORES,
    Results,
    algorithm_axis,
    full_size,
    limits_of,
    mean_sd,
    measure_of,
    subset_rows,
    train_subsets_of,
    with_axis_labels,
)
from soak.measures import Measure, column_measure
from soak.scores.summaries import first_measures, format_p

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MatplotlibFigure

_NOT_FOCUSED = "no task has scores of the test subset in focus."

# One test subset looked at closely


def _train_other(results: Results, page: Page) -> Drawn | str:
    """Error on the test subset in focus after training on the others, all tasks that have it side by side."""
    shown = results.full_size
    place = results.focus.choose(shown)
    if place is None:
        return _NOT_FOCUSED
    _, subset = place
    shown = shown[(shown["test_subset"] == subset) & (shown["train_subsets"] == "other")]
    if shown.empty:
        return "there are no scores of this test subset after training on other subsets."
    means = mean_sd(shown)
    algorithms = results.algorithms(shown)
    names_width, name_height, set_algorithms = algorithm_axis(page, algorithms)

    def draw(axes: "Axes", task: str) -> None:
        y = {algorithm: -float(row) for row, algorithm in enumerate(algorithms)}
        _mean_points(axes, means[means["task_id"] == task], y, "other", page)
        set_algorithms(axes)
        _value_axis(axes)

    panels = [
        Panel(
            partial(draw, task=task),
            page.scale * len(algorithms) * (0.12 + name_height),
            title=f"{task}\ntrained on {_others(results.scores, task, subset)}",
            x_label=_mean_label(means[means["task_id"] == task]),
        )
        for task in shown["task_id"].unique()
    ]
    grid = Grid(2.3 * page.scale, tick_labels=names_width, gap=0.3, heading=f"{page.title} Test error on {subset}")
    return Drawn(page.figure(in_rows(panels, 4), grid), with_axis_labels(means))


def _same_other_all(results: Results, page: Page) -> Drawn | str:
    """Error on the test subset in focus of one task by algorithm, with same, other and all in colours."""
    shown = results.full_size
    place = results.focus.choose(shown)
    if place is None:
        return _NOT_FOCUSED
    task, subset = place
    means = mean_sd(shown[(shown["task_id"] == task) & (shown["test_subset"] == subset)])
    algorithms, trains = results.algorithms(means), train_subsets_of(means)
    names_width, name_height, set_algorithms = algorithm_axis(page, algorithms)

    def draw(axes: "Axes") -> None:
        for number, train in enumerate(trains):
            shift = 0.7 / len(trains) * ((len(trains) - 1) / 2 - number)
            y = {algorithm: shift - row for row, algorithm in enumerate(algorithms)}
            _mean_points(axes, means[means["train_subsets"] == train], y, train, page)
        set_algorithms(axes)
        _value_axis(axes)

    height = page.scale * len(algorithms) * max(0.16 * len(trains) + 0.1, name_height + 0.1)
    grid = Grid(
        4.6 * page.scale,
        tick_labels=names_width,
        heading=f"{page.title} {task}, tested on {subset}",
        legend=page.train_subsets_legend(trains),
    )
    return Drawn(page.figure([[Panel(draw, height, x_label=_mean_label(means))]], grid), with_axis_labels(means))


def _mean_points(axes: "Axes", means: pd.DataFrame, y: Mapping[str, float], train: str, page: Page) -> None:
    """Mean ± SD over folds and seeds, a point per algorithm."""
    axes.errorbar(
        means["mean"], means["algorithm"].map(y), xerr=means["sd"].fillna(0), fmt=MARKERS[train],
        color=page.color(train), ms=4.5, lw=1.6, ls="none",
    )  # fmt: skip


def _value_axis(axes: "Axes") -> None:
    from matplotlib.ticker import MaxNLocator

    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_locator(MaxNLocator(5, min_n_ticks=3))
    axes.margins(x=0.08)


def _mean_label(means: pd.DataFrame) -> str:
    """For instance "percent error (mean ± SD, n = 3)"."""
    n = int(means["n"].max())
    return f"{measure_of(means).axis_label} ({'one fold' if n == 1 else f'mean ± SD, n = {n}'})"


def _others(scores: pd.DataFrame, task: str, subset: str) -> str:
    names = [name for name in scores.loc[scores["task_id"] == task, "test_subset"].unique() if name != subset]
    return str(names[0]) if len(names) == 1 else f"the other {len(names)} subsets"


# Means and P values

_ONLY_REFERENCES = "there are only scores of references, which use no features: nothing to test."
# From top to bottom: a comparison is between the two that it compares.
_LINES = ("other", "other-same", "same", "all-same", "all")


@dataclass(frozen=True)
class _Compared:
    """Means and tests of one task and test subset (and size): a panel of pvalue."""

    task: str
    title: str
    means: pd.DataFrame
    tests: pd.DataFrame
    algorithms: Sequence[str]

    @property
    def measure(self) -> Measure:
        return measure_of(self.means)

    @property
    def lines(self) -> list[str]:
        """Those of `_LINES` that there are."""
        present = set(self.means["train_subsets"])
        return [line for line in _LINES if set(line.split("-")) <= present]

    @property
    def height(self) -> float:
        """In lines of text: per algorithm its name and a line per mean and comparison."""
        return len(self.algorithms) * (len(self.lines) + 1.3) + 0.4

    @property
    def texts(self) -> dict[tuple[str, str], str]:
        """What is written beside each line of each algorithm."""
        measure = self.measure
        texts = {
            (row.algorithm, row.train_subsets): measure.mean_sd(row.mean / measure.factor, row.sd / measure.factor)
            for row in self.means.itertuples()
        }
        return texts | {(row.algorithm, row.comparison): format_p(row.p_paired) for row in self.tests.itertuples()}


def _pvalue(results: Results, page: Page) -> Drawn | str:
    """Mean ± SD of same, other and all, and paired P values, by task, test subset and algorithm."""
    shown = _tested(results.full_size, results)
    if shown.empty:
        return NO_SCORES if results.full_size.empty else _ONLY_REFERENCES
    means, tests = mean_sd(shown), _first_tests(results.pvalues, results)
    compared = [
        _Compared(task, f"{task}\ntest: {subset}", rows, _rows_of(tests, task, subset), results.algorithms(rows))
        for (task, subset), rows in means.groupby(["task_id", "test_subset"], sort=False)
    ]
    return Drawn(_compared_panels(compared, 3, page), _numbers(means, tests, []))


def _pvalue_downsample(results: Results, page: Page) -> Drawn | str:
    """The same at full size (left) and with equally many train groups (right)."""
    if results.downsampled is None or results.downsampled.empty:
        return "no train set was down-sampled; resampling.sizes: 0 does so."
    shown, tests = _tested(results.shown, results), _first_tests(results.downsampled, results)
    equal_tests, full_tests = tests[tests["n_train_groups"].notna()], tests[tests["n_train_groups"].isna()]
    compared, parts = [], []
    for (task, subset), rows in equal_tests.groupby(["task_id", "test_subset"], sort=False):
        size = int(rows["n_train_groups"].iloc[0])
        scores = _rows_of(shown, task, subset)
        if scores.empty:
            continue
        full, equal = mean_sd(full_size(scores)), mean_sd(scores[scores["n_train_groups"] == size])
        title, algorithms = f"{task}\ntest: {subset}", results.algorithms(scores)
        tested = _rows_of(full_tests, task, subset)
        compared.append(_Compared(task, f"{title}, full size", full, tested, algorithms))
        compared.append(_Compared(task, f"{title}, {size} train groups each", equal, rows, algorithms))
        parts += [full.assign(n_train_groups=pd.NA), equal.assign(n_train_groups=size)]
    if not compared:
        return _ONLY_REFERENCES
    return Drawn(_compared_panels(compared, 2, page), _numbers(pd.concat(parts), tests, ["n_train_groups"]))


def _tested(shown: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Without references, which use no features: their errors say nothing about the subsets' patterns."""
    return shown[~shown["algorithm"].isin(results.references)]


def _first_tests(tests: pd.DataFrame, results: Results) -> pd.DataFrame:
    """The tests of each task's first measure, without those of references."""
    tests = tests[tests["measure"] == tests["task_id"].map(first_measures(results.scores))]
    return tests[~tests["algorithm"].isin(results.references)]


def _rows_of(table: pd.DataFrame, task: str, subset: str) -> pd.DataFrame:
    return table[(table["task_id"] == task) & (table["test_subset"] == subset)]


def _compared_panels(compared: Sequence[_Compared], columns: int, page: Page) -> "MatplotlibFigure":
    """Points and bars in the left part of each panel, numbers at its right; one x axis per task."""
    numbers = max(page.text_width(text, page.small) for part in compared for text in part.texts.values()) + 0.1
    names = {name for part in compared for name in part.algorithms}
    width = max(1.9 * page.scale + numbers, *(page.text_width(name, weight="bold") + 0.08 for name in names))
    share = (width - numbers) / width
    limits = {
        part.task: limits_of(pd.concat([other.means for other in compared if other.task == part.task]))
        for part in compared
    }
    panels = [
        Panel(
            partial(_draw_compared, part=part, limits=limits[part.task], share=share, page=page),
            page.line * part.height,
            title=part.title,
            x_label=part.measure.axis_label,
            x_center=share / 2,
        )
        for part in compared
    ]
    lines = in_rows(panels, min(columns, len(panels)))
    return page.figure(lines, Grid(width, tick_labels=page.text_width("other"), gap=0.3))


def _draw_compared(axes: "Axes", part: _Compared, limits: tuple[float, float], share: float, page: Page) -> None:
    from matplotlib.ticker import MaxNLocator

    low, high = limits
    right = low + (high - low) / share
    axes.set_xlim(low, right)
    axes.set_ylim(part.height, 0)
    positions: dict[tuple[str, str], float] = {}
    for number, algorithm in enumerate(part.algorithms):
        top = 0.9 + number * (len(part.lines) + 1.3)  # the middle of the line with the algorithm's name
        axes.annotate(
            algorithm, (low, top), (4, 0), textcoords="offset points", size=page.size, weight="bold", va="center",
            ha="left", annotation_clip=False,
        )  # fmt: skip
        positions |= {(algorithm, line): top + place for place, line in enumerate(part.lines, start=1)}
    for key, text in part.texts.items():
        color = GREY if key[1] not in TRAIN_SUBSETS else page.color(key[1])
        axes.text(right, positions[key], text, size=page.small, color=color, va="center", ha="right")
    _compared_marks(axes, part, positions, page)
    named = {key: y for key, y in positions.items() if key[1] in TRAIN_SUBSETS}
    axes.set_yticks(list(named.values()), [line for _, line in named])
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_locator(MaxNLocator(4, min_n_ticks=3))
    axes.set_xticks([tick for tick in axes.get_xticks() if low <= tick <= high])
    axes.spines["bottom"].set_visible(False)


def _compared_marks(axes: "Axes", part: _Compared, positions: Mapping[tuple[str, str], float], page: Page) -> None:
    """A point and bar per mean, a grey line between the two means that a test compares."""
    means = {(row.algorithm, row.train_subsets): row.mean for row in part.means.itertuples()}
    for (algorithm, line), y in positions.items():
        pair = [means[algorithm, name] for name in line.split("-") if (algorithm, name) in means]
        if len(pair) == 2:
            axes.plot(pair, [y, y], color=GREY, lw=1)
    for row in part.means.itertuples():
        train = row.train_subsets
        bar = 0 if pd.isna(row.sd) else row.sd
        y = positions[row.algorithm, train]
        axes.errorbar(row.mean, y, xerr=bar, fmt=MARKERS[train], color=page.color(train), ms=4, lw=1.4)


def _numbers(means: pd.DataFrame, tests: pd.DataFrame, more_keys: list[str]) -> pd.DataFrame:
    """One table of both: a row per mean, and one per comparison with its P values."""
    tests = tests[tests["algorithm"].isin(means["algorithm"].unique())]
    factors = tests["measure"].map(lambda name: column_measure(name).factor).astype(float)
    both = pd.concat(
        [
            means.rename(columns={"train_subsets": "line", "mean": "value"}),
            tests.assign(value=tests["mean_diff"] * factors).rename(columns={"comparison": "line"}),
        ]
    )
    keys = ["task_id", "test_subset", "algorithm", *more_keys]
    first = both.groupby(keys, sort=False, dropna=False).ngroup()
    both = both.assign(first=first, place=both["line"].map(_LINES.index))
    both = both.sort_values(["first", "place"], kind="stable")
    return with_axis_labels(both)[[*keys, "line", "measure", "value", "sd", "p_paired", "p_unpaired", "n"]]


# Error against size


def _sizes(results: Results, page: Page) -> Drawn | str:
    """Mean ± SD against train size: algorithms in rows, task and test subset in columns."""
    shown = results.shown
    reduced = (shown["n_train_groups"] < shown["groups"]).groupby(shown["task_id"]).transform("any")
    shown = shown[reduced]
    if shown.empty:
        return "all train sets have one size; resampling.sizes: 1 or more adds smaller ones."
    means = mean_sd(shown, ["n_train_groups"])
    # Tasks as they come, each with its sizes ascending.
    means = means.assign(place=means["task_id"].map(list(shown["task_id"].unique()).index))
    means = means.sort_values(["place", "n_train_groups"], kind="stable").drop(columns="place")
    algorithms, several_measures = results.algorithms(shown), means["measure"].nunique() > 1

    def panel(task: str, subset: str, algorithm: str, last_in_line: bool) -> Panel:
        rows = _rows_of(means, task, subset)
        label = measure_of(rows).axis_label
        title = f"{task}\ntest: {subset}" + (f"\n{label}" if several_measures else "")
        return Panel(
            partial(_size_curves, means=rows[rows["algorithm"] == algorithm], sizes=rows["n_train_groups"], page=page),
            1.2 * page.scale,
            title=title if algorithm == algorithms[0] else "",
            x_label="train groups" if algorithm == algorithms[-1] else "",
            y_label="" if several_measures else label,
            side=page.wrap(algorithm, 1.1 * page.scale, weight="bold") if last_in_line else "",
        )

    rows = [
        [panel(*pair, algorithm, pair == line[-1]) for pair in line]
        for line in subset_rows(shown, 5)
        for algorithm in algorithms
    ]
    legend = page.train_subsets_legend(train_subsets_of(shown))
    grid = Grid(1.8 * page.scale, tick_labels=page.number_width, gap=0.55, row_gap=0.15, share_y=False, legend=legend)
    return Drawn(page.figure(rows, grid), with_axis_labels(means))


def _size_curves(axes: "Axes", means: pd.DataFrame, sizes: pd.Series, page: Page) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator

    axes.set_xscale("log")
    for train in train_subsets_of(means):
        rows = means[means["train_subsets"] == train].sort_values("n_train_groups")
        x, mean, sd, color = rows["n_train_groups"], rows["mean"], rows["sd"].fillna(0), page.color(train)
        axes.plot(x, mean, color=color, marker=MARKERS[train], ms=4, mew=0)
        axes.fill_between(x, mean - sd, mean + sd, color=color, alpha=0.15, lw=0)
    axes.xaxis.set_major_locator(FixedLocator(_far_apart(sorted(sizes.unique()))))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.set_xlim(sizes.min() / 1.15, sizes.max() * 1.15)


def _far_apart(sizes: list[int]) -> list[int]:
    """Those sizes that are far enough apart on a log axis to be written: at least 22 % of its length."""
    kept = [sizes[-1]]
    least = max((sizes[-1] / sizes[0]) ** 0.22 if sizes[0] else 1.5, 1.05)
    for size in reversed(sizes[:-1]):
        if size * least <= kept[-1]:
            kept.append(size)
    return kept[::-1]


FIGURES = (
    Figure(
        name="train_other",
        title="Does training on the other subsets work?",
        caption="Mean ± SD over the folds. Left of the reference, drawn last, the other subsets teach something that "
        "holds here too; right of it, what they teach misleads.",
        group="results",
        draw=_train_other,
        order=30,
    ),
    Figure(
        name="same_other_all",
        title="Same, other, or all?",
        caption="Mean ± SD over the folds. Other near same: the subsets have similar patterns. All left of same: pooling "
        "helps. All right of same: the others mislead.",
        group="results",
        draw=_same_other_all,
        order=40,
    ),
    Figure(
        name="pvalue",
        title="Same against other and all, with P values",
        caption="Mean ± SD over the folds; grey lines join the means that a paired two-sided t test compares, with its "
        "uncorrected P value. Folds share data, so that P values are optimistic.",
        group="results",
        draw=_pvalue,
        order=50,
    ),
    Figure(
        name="pvalue_downsample",
        title="Different, or only smaller?",
        caption="Left: all train sets at their full size; right: same, other and all with equally many train groups. A "
        "difference that is gone on the right was one of size; one that stays is one of pattern.",
        group="results",
        when=lambda facts: facts.has_sizes,
        draw=_pvalue_downsample,
        order=60,
    ),
    Figure(
        name="sizes",
        title="Test error against the size of the train set",
        caption="Mean (line) ± SD (band) over folds and seeds, by the number of train groups (log scale). A curve that "
        "still falls at its right end would gain from more data; curves of other that stay above same show other "
        "patterns.",
        group="results",
        when=lambda facts: facts.has_sizes,
        draw=_sizes,
        order=70,
    ),
)
