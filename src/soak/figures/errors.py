"""test_error and test_error_mean_sd: all test errors, and their mean and standard deviation."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from soak.figures.catalog import Figure
from soak.figures.page import MARKERS, Drawn, Grid, Page, Panel
from soak.figures.results import (
    FEW,
    KEYS,
    NO_SCORES,
    Results,
    algorithm_axis,
    limits_of,
    mean_marks,
    mean_sd,
    measure_of,
    single_marks,
    subset_rows,
    train_subsets_of,
    with_axis_labels,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 6  # panels side by side

# Marks rows of one panel: (axes, rows, y of each row, same | other | all).
Mark = Callable[["Axes", pd.DataFrame, pd.Series, str], None]


def _test_error(results: Results, page: Page) -> Drawn | str:
    """Every test error: by algorithm, train subsets in rows, task and test subset in columns."""
    shown = results.full_size
    if shown.empty:
        return NO_SCORES

    def mark(axes: "Axes", rows: pd.DataFrame, y: pd.Series, train: str) -> None:
        axes.plot(rows["value"], y, MARKERS[train], color=page.color(train), mfc="none", ms=4.5, mew=1.0, ls="none")

    return _panels(shown, results, page, mark, with_axis_labels(shown.drop(columns="groups")))


def _test_error_mean_sd(results: Results, page: Page) -> Drawn | str:
    """The same as mean and standard deviation over folds and seeds, with the single scores where they are few."""
    if results.full_size.empty:
        return NO_SCORES
    means = mean_sd(results.full_size)
    few = results.full_size.merge(means[means["n"] <= FEW][[*KEYS, "n"]], on=KEYS)
    single = dict(list(few.groupby(["task_id", "test_subset", "train_subsets"], sort=False)))

    def mark(axes: "Axes", rows: pd.DataFrame, y: pd.Series, train: str) -> None:
        mean_marks(axes, rows, y, train, page)
        place = dict(zip(rows["algorithm"], y, strict=True))
        for key in rows[["task_id", "test_subset"]].drop_duplicates().itertuples(index=False, name=None):
            points = single.get((*key, train))
            if points is not None:
                single_marks(axes, points["value"], points["algorithm"].map(place), train, page)

    return _panels(means, results, page, mark, with_axis_labels(means), few)


def _panels(
    table: pd.DataFrame,
    results: Results,
    page: Page,
    mark: Mark,
    numbers: pd.DataFrame,
    single: pd.DataFrame | None = None,
) -> Drawn:
    """Panels of train subsets by task and test subset, in as many lines as needed; algorithms on the y axis."""
    trains = train_subsets_of(table)
    names_width, name_height, _ = algorithm_axis(page, results.algorithms(table))
    by_task = dict(list(table.groupby("task_id", sort=False)))
    limits = {
        task: limits_of(rows, None if single is None else single[single["task_id"] == task])
        for task, rows in by_task.items()
    }
    grid, columns = page.fit(
        Grid(1.55 * page.scale, tick_labels=names_width, gap=0.22), _COLUMNS, beside=page.line + 0.1
    )
    rows = []
    for line in subset_rows(table, columns):
        algorithms = results.algorithms(by_task[line[0][0]])
        height = page.scale * len(algorithms) * (0.06 + name_height) + 0.08
        draw = partial(_draw_panel, by_task=by_task, limits=limits, algorithms=algorithms, mark=mark, page=page)
        rows += [
            [
                Panel(
                    partial(draw, task=task, subset=subset, train=train),
                    height,
                    heading=task if train == trains[0] else "",
                    title=f"test: {subset}" if train == trains[0] else "",
                    x_label=measure_of(by_task[task]).axis_label if train == trains[-1] else "",
                    x_scale=task,
                    side=train if (task, subset) == line[-1] else "",
                    side_color=page.color(train),
                )
                for task, subset in line
            ]
            for train in trains
        ]
    return page.drawn(rows, grid, numbers)


def _draw_panel(
    axes: "Axes",
    task: str,
    subset: str,
    train: str,
    by_task: Mapping[str, pd.DataFrame],
    limits: Mapping[str, tuple[float, float]],
    algorithms: Sequence[str],
    mark: Mark,
    page: Page,
) -> None:
    from matplotlib.ticker import MaxNLocator

    rows = by_task[task]
    rows = rows[(rows["test_subset"] == subset) & (rows["train_subsets"] == train)]
    positions = {algorithm: -float(number) for number, algorithm in enumerate(algorithms)}
    mark(axes, rows, rows["algorithm"].map(positions), train)
    _, _, set_algorithms = algorithm_axis(page, algorithms)
    set_algorithms(axes)
    axes.set_xlim(limits[task])
    axes.xaxis.set_major_locator(MaxNLocator(4, min_n_ticks=3))


FIGURES = (
    Figure(
        name="test_error_mean_sd",
        title="Test error, mean ± SD over the folds",
        caption="Mean and standard deviation over folds and seeds of the points of test_error; small circles are the single scores, "
        "where they are few. Subsets are similar if other is near same, and alike enough to be pooled if all is no worse "
        "than same.",
        group="results",
        draw=_test_error_mean_sd,
        per_measure=True,
        order=20,
    ),
    Figure(
        name="test_error",
        title="Test error of every fold",
        caption="One point per fold and seed. Rows: trained on the same subset as tested on, on the others, or on all. "
        "Compare with the reference, drawn last, which ignores the features: an algorithm that does better has learned something.",
        group="results",
        draw=_test_error,
        per_measure=True,
        order=80,
    ),
)
