"""similarity and algorithms: figures that a config asks for by name (figures.views), of tasks looked at closely."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from soak.figures.catalog import Figure
from soak.figures.marks import mark, mark_height, plain_axis, speakers, tests_of, write_above
from soak.figures.page import GREY, Drawn, Grid, Key, Page, Panel, in_rows
from soak.figures.results import NO_SCORES, Results, limits_of, mean_label, mean_sd, measure_of, with_axis_labels
from soak.measures import column_measure
from soak.scores.summaries import format_p

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 4  # panels side by side
_LEAST_WIDTH = 0.95  # inches: of a panel that numbers such as "P = 0.00056" fit into
_LINES = ("other", "other-same", "same", "all-same", "all")  # a comparison is between the two that it compares


def _lines_of(means: pd.DataFrame) -> list[str]:
    """Those of `_LINES` that there are."""
    present = set(means["train_subsets"])
    return [line for line in _LINES if set(line.split("-")) <= present]


def _similarity(results: Results, page: Page) -> Drawn | str:
    """Tasks in columns, their test subsets in rows: other, same, all and the P values between them."""
    if results.full_size.empty:
        return NO_SCORES
    means, tests = mean_sd(results.full_size), tests_of(results)
    tests = tests[~tests["algorithm"].isin(results.references)]
    tasks = list(means["task_id"].unique())
    rows = []
    grid, columns = page.fit(
        Grid(1.2 * page.scale, tick_labels=page.text_width("other-same"), gap=0.14, legend=_legend(means, results)),
        _COLUMNS,
        least=_LEAST_WIDTH * page.scale,
    )
    for part in in_rows(tasks, columns):
        subsets = {task: list(means.loc[means["task_id"] == task, "test_subset"].unique()) for task in part}
        for number in range(max(map(len, subsets.values()))):
            rows.append([_compared_panel(task, subsets[task], number, means, tests, results, page) for task in part])
    return page.drawn(rows, grid, _both(means, tests))


def _legend(means: pd.DataFrame, results: Results) -> list[Key]:
    return [
        Key(name, "#333333", "D", hollow=True) if name in results.references else Key(name, "#333333", "o", "-")
        for name in results.algorithms(means)
    ]


def _compared_panel(
    task: str,
    subsets: Sequence[str],
    number: int,
    means: pd.DataFrame,
    tests: pd.DataFrame,
    results: Results,
    page: Page,
) -> Panel:
    """The panel of one test subset, or an empty one where the task has fewer."""
    mine = means[means["task_id"] == task]
    if number >= len(subsets):
        return Panel(lambda axes: axes.set_axis_off(), mark_height(page))
    subset = subsets[number]
    lines = _lines_of(mine)
    own = mine.loc[~mine["algorithm"].isin(results.references), "algorithm"].nunique()
    rows = results.facts.rows_of(task, subset)
    draw = partial(
        _draw_compared,
        means=mine[mine["test_subset"] == subset],
        tests=tests[(tests["task_id"] == task) & (tests["test_subset"] == subset)],
        lines=lines,
        limits=limits_of(
            mine.assign(low=mine["mean"] - mine["sd"].fillna(0), high=mine["mean"] + mine["sd"].fillna(0))
        ),
        references=results.references,
        corner=f"{rows:,} rows" if rows else "",
        page=page,
    )
    title = f"{task}\ntest: {subset}" if number == 0 else f"test: {subset}"
    last = number == len(subsets) - 1
    return Panel(
        draw,
        mark_height(page) * _height(len(lines), max(1, own)) + 0.2,
        title=title,
        x_label=measure_of(mine).axis_label if last else "",
    )


def _draw_compared(
    axes: "Axes",
    means: pd.DataFrame,
    tests: pd.DataFrame,
    lines: Sequence[str],
    limits: tuple[float, float],
    references: frozenset[str] = frozenset(),
    corner: str = "",
    *,
    page: Page,
) -> None:
    """Means with SD as marks with their numbers, and between the two means that a test compares a line with its P.

    Each algorithm has lines of its own; references, whose numbers say nothing of the subsets, are in those of the first.
    """
    own = [name for name in means["algorithm"].unique() if name not in references] or list(means["algorithm"].unique())
    places = {
        (algorithm, line): -float(_block(len(lines), len(own)) * block + (len(own) > 1) + number)
        for block, algorithm in enumerate(own)
        for number, line in enumerate(lines)
    }
    axes.set_xlim(limits)
    axes.set_ylim(0.45 - _height(len(lines), len(own)) - (0.55 if corner else 0), 0.8)
    axes.set_yticks(list(places.values()), [line for _, line in places])
    for block, algorithm in enumerate(own if len(own) > 1 else ()):
        axes.annotate(
            page.wrap(algorithm, 1.1, weight="bold").split("\n")[0], (0, -_block(len(lines), 2) * block), (3, 0),
            xycoords=axes.get_yaxis_transform(), textcoords="offset points", va="center", ha="left", weight="bold",
        )  # fmt: skip
    for row in means.itertuples():
        is_reference = row.algorithm not in own
        y = places[own[0] if is_reference else row.algorithm, row.train_subsets]
        text = "" if is_reference else _mean_sd(row.measure, row.mean, row.sd)
        style = {"marker": "D", "mfc": "white"} if is_reference else {}
        mark(axes, row.mean, row.sd, y, row.train_subsets, page, text=text, **style)
    for test in tests[tests["algorithm"].isin(own)].itertuples():
        factor = column_measure(test.measure).factor
        ends, y = [factor * test.compare_mean, factor * test.same_mean], places[test.algorithm, test.comparison]
        axes.plot(ends, [y, y], color=GREY, lw=1.2, zorder=2)
        write_above(axes, sum(ends) / 2, y, format_p(test.p_paired), GREY, page)
    if corner:
        axes.annotate(
            corner, (1, 0), (-2, 2), xycoords="axes fraction", textcoords="offset points", size=page.small, color=GREY,
            ha="right", va="bottom",
        )  # fmt: skip
    plain_axis(axes, 3)


def _block(lines: int, algorithms: int) -> int:
    """Lines that an algorithm takes: with several also one for its name."""
    return lines + (algorithms > 1)


def _height(lines: int, algorithms: int) -> int:
    return _block(lines, algorithms) * algorithms


def _mean_sd(measure: str, mean: float, sd: float) -> str:
    record = column_measure(measure)
    return record.mean_sd(mean / record.factor, sd / record.factor).replace(" ± ", "±")


def _algorithms(results: Results, page: Page) -> Drawn | str:
    """Same and other of every algorithm on each test subset; below, all of the best one with P."""
    if results.full_size.empty:
        return NO_SCORES
    means = mean_sd(results.full_size)
    pairs = list(means[["task_id", "test_subset"]].drop_duplicates().itertuples(index=False, name=None))
    trains = [train for train in ("same", "other") if (means["train_subsets"] == train).any()]
    best = mean_sd(results.full_size.merge(speakers(results), on=["task_id", "test_subset", "algorithm"]))
    tests = tests_of(results).merge(speakers(results), on=["task_id", "test_subset", "algorithm"])
    rows = []
    for part in in_rows(pairs, 2):
        top = [_all_panel(pair, means, trains, results, page) for pair in part]
        rows += [top, [_best_panel(pair, best, tests, page) for pair in part]]
    names = max(page.text_width(page.wrap(name, 1.4)) for name in means["algorithm"].unique())
    grid = Grid(
        2.42 * page.scale,
        tick_labels=max(names, page.text_width("other-same")),
        gap=0.25,
        legend=page.train_subsets_legend([*trains, *(["all"] if (best["train_subsets"] == "all").any() else [])]),
    )
    return page.drawn(rows, grid, _both(means, tests))


def _all_panel(
    pair: tuple[str, str], means: pd.DataFrame, trains: Sequence[str], results: Results, page: Page
) -> Panel:
    """All algorithms, with a mark each for same and other."""
    mine = means[(means["task_id"] == pair[0]) & (means["test_subset"] == pair[1])]
    of_task = means[means["task_id"] == pair[0]]
    names = results.algorithms(of_task)
    low, high = limits_of(
        of_task.assign(low=of_task["mean"] - of_task["sd"].fillna(0), high=of_task["mean"] + of_task["sd"].fillna(0))
    )

    def draw(axes: "Axes") -> None:
        axes.set_xlim(low, high)
        axes.set_ylim(0.3 - len(names), 0.75)
        axes.set_yticks([-place for place in range(len(names))], [page.wrap(name, 1.4) for name in names])
        shift = 0.92 / max(1, len(trains))
        for row in mine[mine["train_subsets"].isin(trains)].itertuples():
            y = -names.index(row.algorithm) + shift * ((len(trains) - 1) / 2 - trains.index(row.train_subsets))
            mark(axes, row.mean, row.sd, y - 0.1, row.train_subsets, page, text=_mean_sd(row.measure, row.mean, row.sd))
        plain_axis(axes, 5)

    return Panel(
        draw,
        len(names) * (mark_height(page) * len(trains) + 0.05),
        title=f"{pair[0]}\ntest: {pair[1]}",
        x_label=mean_label(measure_of(mine).axis_label, mine["n"]),
    )


def _best_panel(pair: tuple[str, str], best: pd.DataFrame, tests: pd.DataFrame, page: Page) -> Panel:
    """The best algorithm alone: all, same, other and the tests between them."""
    of_task = best[best["task_id"] == pair[0]]
    mine = of_task[of_task["test_subset"] == pair[1]]
    lines = list(reversed(_lines_of(of_task)))
    draw = partial(
        _draw_compared,
        means=mine,
        tests=tests[(tests["task_id"] == pair[0]) & (tests["test_subset"] == pair[1])],
        lines=lines,
        limits=limits_of(
            of_task.assign(
                low=of_task["mean"] - of_task["sd"].fillna(0), high=of_task["mean"] + of_task["sd"].fillna(0)
            )
        ),
        page=page,
    )
    label = mean_label(measure_of(mine).axis_label, mine["n"])
    return Panel(draw, mark_height(page) * len(lines) + 0.1, title=f"{mine['algorithm'].iloc[0]} alone", x_label=label)


def _both(means: pd.DataFrame, tests: pd.DataFrame) -> pd.DataFrame:
    """Means and tests, a row each."""
    factors = tests["measure"].map(lambda name: column_measure(name).factor).astype(float)
    rows = tests.assign(mean=tests["mean_diff"] * factors).rename(columns={"comparison": "train_subsets"})
    columns = ["task_id", "test_subset", "algorithm", "train_subsets", "measure", "mean", "sd", "p_paired", "n"]
    both = pd.concat([means, rows]).reindex(columns=columns)
    return with_axis_labels(both).rename(columns={"train_subsets": "line"})


VIEWS = (
    Figure(
        name="similarity",
        title="From very similar to very different subsets",
        caption="A column per task, a row per test subset. Mean and SD over the folds of models trained on other, same and all, and "
        "between them P of the paired t test; hollow marks are of the reference, which uses no features.",
        group="results",
        draw=_similarity,
        order=36,
    ),
    Figure(
        name="algorithms",
        title="Same and other of every algorithm",
        caption="Top: mean and SD over the folds of every algorithm, trained on same and on other. Bottom: the algorithm that "
        "speaks alone, with all and P of the paired t tests.",
        group="results",
        draw=_algorithms,
        order=38,
    ),
)
