"""Same against other and all: train_other, same_other_all, pvalue, pvalue_downsample, sizes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from soak.figures.catalog import Figure
from soak.figures.page import GREY, MARKERS, TRAIN_SUBSETS, Drawn, Grid, Page, Panel, in_rows
from soak.figures.results import (
    FEW,
    KEYS,
    NO_SCORES,
    Results,
    algorithm_axis,
    axes_of,
    axis_of,
    full_size,
    limits_of,
    mean_label,
    mean_marks,
    mean_sd,
    measure_of,
    single_marks,
    subset_rows,
    ticks_within,
    train_subsets_of,
    with_axis_labels,
)
from soak.measures import Measure, column_measure
from soak.scores.summaries import first_measures, format_p
from soak.scores.verdicts import holm_by_algorithm

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 4  # panels side by side

# One panel per test subset


def _train_other(results: Results, page: Page) -> Drawn | str:
    """Error on each test subset after training on the others."""
    shown = results.full_size[results.full_size["train_subsets"] == "other"]
    if shown.empty:
        return "there are no scores of any test subset after training on other subsets."
    means = mean_sd(_in_focus_first(shown, results))

    def title(task: str, subset: str) -> str:
        return f"train: {_others(results.scores, task, subset)}\ntest: {subset}"

    return _mean_panels(means, shown, ["other"], title, results, page)


def _same_other_all(results: Results, page: Page) -> Drawn | str:
    """Error on each test subset by algorithm, with same, other and all in colours."""
    shown = results.full_size
    if shown.empty:
        return NO_SCORES
    means = mean_sd(_in_focus_first(shown, results))
    trains = train_subsets_of(means)
    return _mean_panels(means, shown, trains, lambda task, subset: f"test: {subset}", results, page)


def _in_focus_first(shown: pd.DataFrame, results: Results) -> pd.DataFrame:
    """The same rows, those of the task and test subset in focus first."""
    place = results.focus.choose(shown) if results.focus.task or results.focus.test_subset else None
    if place is None:
        return shown
    away = (shown["task_id"] != place[0]) * 2 + (shown["test_subset"] != place[1])
    return shown.loc[away.sort_values(kind="stable").index]


def _mean_panels(
    means: pd.DataFrame,
    shown: pd.DataFrame,
    trains: Sequence[str],
    title: Callable[[str, str], str],
    results: Results,
    page: Page,
) -> Drawn:
    """A panel per task and test subset with a line per algorithm; all panels that can be compared have one x axis."""
    names_width, _, _ = algorithm_axis(page, results.algorithms(means))
    few = shown.merge(means.loc[means["n"] <= FEW, [*KEYS, "n"]], on=KEYS)
    limits = {
        str(key): limits_of(rows, few.merge(rows[["task_id", "measure"]].drop_duplicates()))
        for key, rows in means.groupby(axes_of(means), sort=False)
    }
    legend = page.train_subsets_legend(trains) if len(trains) > 1 else ()
    grid, columns = page.fit(
        Grid(2.1 * page.scale, tick_labels=names_width, gap=0.25, legend=legend), _MOST, least=1.3 * page.scale
    )

    def panel(task: str, subset: str) -> Panel:
        rows = _rows_of(means, task, subset)
        key = axis_of(task, rows["measure"].iloc[0])
        algorithms = results.algorithms(means[means["task_id"] == task])
        _, name_height, set_algorithms = algorithm_axis(page, algorithms)

        def draw(axes: "Axes") -> None:
            for number, train in enumerate(trains):
                shift = 0.7 / len(trains) * ((len(trains) - 1) / 2 - number)
                y = {algorithm: shift - row for row, algorithm in enumerate(algorithms)}
                of_train = rows[rows["train_subsets"] == train]
                mean_marks(axes, of_train, of_train["algorithm"].map(y), train, page)
                points = _rows_of(few[few["train_subsets"] == train], task, subset)
                single_marks(axes, points["value"], points["algorithm"].map(y), train, page)
            set_algorithms(axes)
            _value_axis(axes, limits[key])

        height = page.scale * len(algorithms) * max(0.16 * len(trains) + 0.06, name_height + 0.1)
        return Panel(
            draw,
            height,
            heading=task,
            title=title(task, subset),
            x_label=(label := mean_label(measure_of(rows).axis_label, rows["n"])),
            x_scale=(key, label),
        )

    rows = [[panel(*pair) for pair in line] for line in subset_rows(means, columns)]
    return page.drawn(rows, grid, with_axis_labels(means))


def _value_axis(axes: "Axes", limits: tuple[float, float]) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_locator(MaxNLocator(4, min_n_ticks=3))
    axes.set_xlim(limits)


def _others(scores: pd.DataFrame, task: str, subset: str) -> str:
    names = [name for name in scores.loc[scores["task_id"] == task, "test_subset"].unique() if name != subset]
    return str(names[0]) if len(names) == 1 else f"the other {len(names)} subsets"


# Means and P values

_ONLY_REFERENCES = "there are only scores of references, which use no features: nothing to test."
# From top to bottom: a comparison below what is compared with same
_LINES = ("same", "other", "other-same", "all", "all-same")


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

    def height(self, names: Mapping[str, str]) -> float:
        """In lines of text: per algorithm its name, in lines, and a line per mean and comparison."""
        return sum(len(self.lines) + 1.3 + names[name].count("\n") for name in self.algorithms) + 0.4

    @property
    def texts(self) -> dict[tuple[str, str], str]:
        """What is written beside each line of each algorithm."""
        measure = self.measure
        texts = {
            (row.algorithm, row.train_subsets): measure.mean_sd(row.mean / measure.factor, row.sd / measure.factor)
            for row in self.means.itertuples()
        }
        return texts | {(row.algorithm, row.comparison): _p_text(row) for row in self.tests.itertuples()}


def _p_text(row: Any) -> str:
    """R's P value, and beside it the corrected one: "P = 0.02, Holm 0.04"."""
    corrected = "" if pd.isna(row.p_holm) else f", Holm {format_p(row.p_holm).removeprefix('P ').removeprefix('= ')}"
    return f"{format_p(row.p_paired)}{corrected}"


def _pvalue(results: Results, page: Page) -> Drawn | str:
    """Mean ± SD of same, other and all, and paired P values, by task, test subset and algorithm."""
    shown = _tested(results.full_size, results)
    if shown.empty:
        return NO_SCORES if results.full_size.empty else _ONLY_REFERENCES
    means, tests = mean_sd(shown), _first_tests(results.tests, results)
    compared = {
        (task, subset): _Compared(
            task, f"test: {subset}", rows, _rows_of(tests, task, subset), results.algorithms(rows)
        )
        for (task, subset), rows in means.groupby(["task_id", "test_subset"], sort=False)
    }
    rows, grid = _compared_panels(
        lambda columns: [[compared[pair] for pair in line] for line in subset_rows(means, columns)], 3, page
    )
    return page.drawn(rows, grid, _numbers(means, tests, []))


def _pvalue_downsample(results: Results, page: Page) -> Drawn | str:
    """The same at full size (left) and with equally many train groups (right)."""
    if results.equal_tests is None or results.equal_tests.empty:
        return "no train set was down-sampled; resampling.sizes: 0 does so."
    shown, tests = _tested(results.shown, results), _first_tests(results.equal_tests, results)
    equal_tests, full_tests = tests[tests["n_train_groups"].notna()], tests[tests["n_train_groups"].isna()]
    compared, parts = [], []
    for (task, subset), rows in equal_tests.groupby(["task_id", "test_subset"], sort=False):
        size = int(rows["n_train_groups"].iloc[0])
        scores = _rows_of(shown, task, subset)
        if scores.empty:
            continue
        full, equal = mean_sd(full_size(scores)), mean_sd(scores[scores["n_train_groups"] == size])
        title, algorithms = f"test: {subset}", results.algorithms(scores)
        tested = _rows_of(full_tests, task, subset)
        compared.append(_Compared(task, f"{title}, full size", full, tested, algorithms))
        compared.append(_Compared(task, f"{title}, {size} train groups each", equal, rows, algorithms))
        parts += [full.assign(n_train_groups=pd.NA), equal.assign(n_train_groups=size)]
    if not compared:
        return _ONLY_REFERENCES
    rows, grid = _compared_panels(lambda columns: in_rows(compared, min(2, columns)), 2, page)
    return page.drawn(rows, grid, _numbers(pd.concat(parts), tests, ["n_train_groups"]))


def _tested(shown: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Without references, which use no features: their errors say nothing about the subsets' patterns."""
    return shown[~shown["algorithm"].isin(results.references)]


def _first_tests(tests: pd.DataFrame, results: Results) -> pd.DataFrame:
    """The tests of each task's first measure, without those of references, with corrected P values."""
    tests = tests[tests["measure"] == tests["task_id"].map(first_measures(results.scores))]
    tests = tests[~tests["algorithm"].isin(results.references)].reset_index(drop=True)
    if "n_train_groups" not in tests:
        return tests.assign(p_holm=holm_by_algorithm(tests))
    at_full = tests["n_train_groups"].isna()  # full and equal size are corrected each by itself
    corrected = [holm_by_algorithm(tests[part].reset_index(drop=True)).to_numpy() for part in (at_full, ~at_full)]
    p_holm = pd.Series(float("nan"), index=tests.index)
    p_holm[at_full], p_holm[~at_full] = corrected
    return tests.assign(p_holm=p_holm)


def _rows_of(table: pd.DataFrame, task: str, subset: str) -> pd.DataFrame:
    return table[(table["task_id"] == task) & (table["test_subset"] == subset)]


def _compared_panels(
    lines_of: Callable[[int], Sequence[Sequence[_Compared]]], columns: int, page: Page
) -> tuple[list[list[Panel]], Grid]:
    """Points and bars in the left part of each panel, numbers at its right; one x axis per task."""
    compared = [part for line in lines_of(columns) for part in line]
    numbers = max(page.text_width(text, page.small) for part in compared for text in part.texts.values()) + 0.1
    algorithms = {name for part in compared for name in part.algorithms}
    longest = max(page.text_width(name, weight="bold") for name in algorithms) + 0.08
    width = max(1.5 * page.scale + numbers, min(longest, 3 * page.scale))
    grid = Grid(width, tick_labels=page.text_width("other"), gap=0.3)
    grid, columns = page.fit(grid, columns, least=min(width, numbers + 0.9))
    share = (grid.width - numbers) / grid.width
    names = {name: page.wrap(name, grid.width - 0.08, weight="bold") for name in algorithms}
    limits = {
        part.task: limits_of(pd.concat([other.means for other in compared if other.task == part.task]))
        for part in compared
    }

    def panel(part: _Compared) -> Panel:
        return Panel(
            partial(_draw_compared, part=part, names=names, limits=limits[part.task], share=share, page=page),
            page.line * part.height(names),
            heading=part.task,
            title=part.title,
            x_label=part.measure.axis_label,
            x_scale=part.task,
            x_center=share / 2,
        )

    return [[panel(part) for part in line] for line in lines_of(columns)], grid


def _draw_compared(
    axes: "Axes", part: _Compared, names: Mapping[str, str], limits: tuple[float, float], share: float, page: Page
) -> None:
    low, high = limits
    right = low + (high - low) / share
    axes.set_xlim(low, right)
    axes.set_ylim(part.height(names), 0)
    positions: dict[tuple[str, str], float] = {}
    top = 0.4  # of an algorithm's name, in lines of text
    for algorithm in part.algorithms:
        axes.annotate(
            names[algorithm], (low, top), (4, 0), textcoords="offset points", size=page.size, weight="bold", va="top",
            ha="left", annotation_clip=False, linespacing=1.1,
        )  # fmt: skip
        top += 0.5 + names[algorithm].count("\n")
        positions |= {(algorithm, line): top + place for place, line in enumerate(part.lines, start=1)}
        top += 0.8 + len(part.lines)
    for key, text in part.texts.items():
        color = GREY if key[1] not in TRAIN_SUBSETS else page.text_color(key[1])
        axes.text(right, positions[key], text, size=page.small, color=color, va="center", ha="right")
    _compared_marks(axes, part, positions, page)
    named = {key: y for key, y in positions.items() if key[1] in TRAIN_SUBSETS}
    axes.set_yticks(list(named.values()), [line for _, line in named])
    axes.grid(visible=False, axis="y")
    axes.set_xticks(ticks_within(low, high))
    axes.spines["bottom"].set_visible(False)


def _compared_marks(axes: "Axes", part: _Compared, positions: Mapping[tuple[str, str], float], page: Page) -> None:
    """A point and bar per mean, a grey line between the two means that a test compares."""
    means = {(row.algorithm, row.train_subsets): row.mean for row in part.means.itertuples()}
    for (algorithm, line), y in positions.items():
        pair = [means[algorithm, name] for name in line.split("-") if (algorithm, name) in means]
        if len(pair) == 2:
            axes.plot(pair, [y, y], color=GREY, lw=1)
    for row in part.means.itertuples():
        rows = part.means.loc[[row.Index]]
        mean_marks(axes, rows, [positions[row.algorithm, row.train_subsets]], row.train_subsets, page)


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
    return with_axis_labels(both)[[*keys, "line", "measure", "value", "sd", "p_paired", "p_holm", "p_unpaired", "n"]]


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
    limits = {
        key: limits_of(rows) for key, rows in means.groupby([axes_of(means), "algorithm"], sort=False)
    }  # one y axis for all panels of a line
    trains = train_subsets_of(shown)
    grid = Grid(
        1.6 * page.scale, tick_labels=page.number_width, gap=0.2, row_gap=0.15, legend=page.train_subsets_legend(trains)
    )
    grid, columns = page.fit(grid, 5, beside=2 * page.line + 0.2)

    def panel(task: str, subset: str, algorithm: str, algorithms: Sequence[str], side: bool) -> Panel:
        rows = _rows_of(means, task, subset)
        label = measure_of(rows).axis_label
        curves = partial(
            _size_curves,
            means=rows[rows["algorithm"] == algorithm],
            sizes=rows["n_train_groups"],
            limits=limits[axis_of(task, rows["measure"].iloc[0]), algorithm],
            page=page,
        )
        return Panel(
            curves,
            1.2 * page.scale,
            heading=task if algorithm == algorithms[0] else "",
            title=f"test: {subset}" if algorithm == algorithms[0] else "",
            x_label="train groups" if algorithm == algorithms[-1] else "",
            y_label=label,
            side=page.wrap(algorithm, 1.1 * page.scale, weight="bold") if side else "",
        )

    rows = []
    for line in subset_rows(means, columns):
        algorithms = results.algorithms(means[means["task_id"] == line[0][0]])
        rows += [[panel(*pair, algorithm, algorithms, pair == line[-1]) for pair in line] for algorithm in algorithms]
    return page.drawn(rows, grid, with_axis_labels(means))


def _size_curves(axes: "Axes", means: pd.DataFrame, sizes: pd.Series, limits: tuple[float, float], page: Page) -> None:
    from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

    axes.set_xscale("log")
    trains = train_subsets_of(means)
    for number, train in enumerate(trains):
        rows = means[means["train_subsets"] == train].sort_values("n_train_groups")
        x = rows["n_train_groups"].astype(float) * 1.035 ** (number - (len(trains) - 1) / 2)  # bars side by side
        bars = [rows["mean"] - rows["low"], rows["high"] - rows["mean"]]
        axes.errorbar(
            x, rows["mean"], yerr=bars, fmt=f"{MARKERS[train]}-", color=page.color(train), ms=3.6, mew=0, lw=1.1
        )
    axes.xaxis.set_major_locator(FixedLocator(_far_apart(sorted(sizes.unique()))))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.yaxis.set_major_locator(MaxNLocator(4, min_n_ticks=3))
    axes.set_xlim(sizes.min() / 1.15, sizes.max() * 1.15)
    axes.set_ylim(limits)


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
        caption="Mean ± SD over the folds; small circles are the single scores, where they are few. Where an algorithm does better than "
        "the reference, drawn last, the other subsets teach something that holds here too; where it does worse, what "
        "they teach misleads.",
        group="results",
        draw=_train_other,
        per_measure=True,
        order=30,
    ),
    Figure(
        name="same_other_all",
        title="Same, other, or all?",
        caption="Mean ± SD over the folds; small circles are the single scores, where they are few. Other near same: the subsets have "
        "similar patterns. All better than same: pooling helps. All worse than same: the others mislead.",
        group="results",
        draw=_same_other_all,
        per_measure=True,
        order=40,
    ),
    Figure(
        name="pvalue",
        title="Same against other and all, with P values",
        caption="Mean ± SD over the folds; grey lines join the means that a paired two-sided t test compares: its P value as R "
        "has it, and corrected for the comparisons of the task (Holm), as in the verdicts.",
        group="results",
        draw=_pvalue,
        per_measure=True,
        order=50,
    ),
    Figure(
        name="pvalue_downsample",
        title="Different, or only smaller?",
        caption="Left: all train sets at their full size; right: same, other and all with equally many train groups. A "
        "difference that is gone on the right was one of size; one that stays is one of pattern. Tests are over folds, the "
        "seeds of a fold averaged.",
        group="results",
        when=lambda facts: facts.has_sizes,
        draw=_pvalue_downsample,
        per_measure=True,
        order=60,
    ),
    Figure(
        name="sizes",
        title="Test error against the size of the train set",
        caption="Mean ± SD over folds and seeds, by the number of train groups (log scale). A curve that "
        "still falls at its right end would gain from more data; curves of other that stay above same show other "
        "patterns.",
        group="results",
        when=lambda facts: facts.has_sizes,
        draw=_sizes,
        per_measure=True,
        order=70,
    ),
)
