"""times: what training costs, beside what it gives."""

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from soak.figures.catalog import Figure
from soak.figures.marks import mark, mark_height, plain_axis
from soak.figures.page import Drawn, Grid, Page, Panel, in_pages, in_rows
from soak.figures.results import Results, algorithm_axis, measure_of
from soak.measures import column_measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MatplotlibFigure

_COLUMNS = 4  # panels side by side
_MOST = 12  # tasks of a page
_LEAST_WIDTH = 0.95  # inches: of a panel that numbers such as "11.1±0.8 hours" fit into
_UNITS = ((86400.0, "days"), (3600.0, "hours"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"))


def _times(results: Results, page: Page) -> Drawn | str:
    """Test error and time of training of each algorithm, a panel of both for each task."""
    seconds = _of_largest(results.facts.times)
    tasks = [task for task in results.scores["task_id"].unique() if task in set(seconds["task_id"])]
    if not tasks:
        return "no time of training is known."
    stats = seconds.groupby(["task_id", "learner"], sort=False)["seconds"].agg(["mean", "std", "size"]).reset_index()
    stats = stats.rename(columns={"std": "sd", "size": "n"})
    stats["label"] = [_label(row.mean, row.sd) for row in stats.itertuples()]
    errors = _errors(results)
    pages = [_page(tasks[start : start + _MOST], errors, stats, results, page) for start in range(0, len(tasks), _MOST)]
    return in_pages(pages, _numbers(errors[errors["task_id"].isin(tasks)], stats))


def _axis_unit(stats: pd.DataFrame) -> tuple[float, str]:
    """The unit of the axis, in seconds, and its name: minutes if a learner takes one."""
    return (60.0, "minutes") if stats["mean"].max() >= 60 else (1.0, "seconds")


def _of_largest(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table of times or scores: of each task the train sets of *all*, or of *same* where there are none."""
    has_all = table["train_subsets"].eq("all").groupby(table["task_id"]).transform("any")
    return table[table["train_subsets"] == has_all.map({True: "all", False: "same"})]


def _errors(results: Results) -> pd.DataFrame:
    """Mean and SD over folds and test subsets of the same train sets' scores."""
    shown = _of_largest(results.full_size)
    table = shown.groupby(["task_id", "algorithm", "measure"], sort=False)["value"].agg(["mean", "std", "size"])
    table = table.reset_index().rename(columns={"std": "sd", "size": "n"})
    texts = [column_measure(name) for name in table["measure"]]
    table["label"] = [
        measure.mean_sd(mean / measure.factor, sd / measure.factor).replace(" ± ", "±")
        for measure, mean, sd in zip(texts, table["mean"], table["sd"], strict=True)
    ]
    return table


def _label(mean: float, sd: float) -> str:
    """Mean ± SD in the largest unit of which there is more than one: "3.9±2.1 hours"."""
    if mean == 0:
        return "0 s"  # of times in whole seconds
    unit, name = next(((unit, name) for unit, name in _UNITS if mean > unit), _UNITS[-1])
    spread = "" if pd.isna(sd) else f"±{sd / unit:.1f}"
    return f"{mean / unit:.1f}{spread} {name}"


def _page(
    tasks: list[str], errors: pd.DataFrame, stats: pd.DataFrame, results: Results, page: Page
) -> "MatplotlibFigure":
    names_width, *_ = algorithm_axis(page, [*errors["algorithm"].unique(), *stats["learner"].unique()])
    width = min(2.4, 4.6 / min(_COLUMNS, len(tasks))) * page.scale
    grid = Grid(width, tick_labels=names_width, gap=0.16, row_gap=0.12)
    grid, columns = page.fit(grid, _COLUMNS, least=_LEAST_WIDTH * page.scale)
    rows = [row for part in in_rows(tasks, columns) for row in _rows(list(part), errors, stats, results, page)]
    return page.figure(rows, grid)


def _rows(
    tasks: list[str], errors: pd.DataFrame, stats: pd.DataFrame, results: Results, page: Page
) -> "list[list[Panel]]":
    """Two rows of panels: errors above, times below; all panels of a row have the same lines."""
    scored, timed = (table[table["task_id"].isin(tasks)] for table in (errors, stats))
    algorithms = results.algorithms(scored)
    learners = sorted(timed["learner"].unique(), key=lambda name: _place(name, algorithms))
    unit, unit_name = _axis_unit(stats)
    above, below = [], []
    for task in tasks:
        mine, own = scored[scored["task_id"] == task], timed[timed["task_id"] == task]
        label = measure_of(mine).axis_label if len(mine) else ""
        draw: Any = partial(_draw, rows=mine, names=algorithms, page=page, unit=None)
        height = mark_height(page) * len(algorithms) + 0.15
        above.append(Panel(draw, height, title=_title(task, results), x_label=f"{label}\n(mean ± SD)"))
        draw = partial(_draw, rows=own.rename(columns={"learner": "algorithm"}), names=learners, page=page, unit=unit)
        below.append(
            Panel(draw, mark_height(page) * len(learners) + 0.15, x_label=f"{unit_name} to train\n(mean ± SD)")
        )
    return [above, below]


def _place(learner: str, algorithms: list[str]) -> tuple[int, str]:
    """Learners in the order of their algorithms (cv_glmnet reports as cv_glmnet_min)."""
    near = (place for place, name in enumerate(algorithms) if name == learner or name.startswith(f"{learner}_"))
    return next(near, len(algorithms)), learner


def _title(task: str, results: Results) -> str:
    """The task, with its rows and features where they are known."""
    table = results.facts.datasets
    found = table[table["task_id"] == task]
    if not len(found) or pd.isna(found["rows"].iloc[0]):
        return task
    return f"{task}\n{int(found['rows'].iloc[0]):,} rows\n{int(found['features'].iloc[0]):,} features"


def _draw(axes: "Axes", rows: pd.DataFrame, names: list[str], page: Page, unit: float | None) -> None:
    """Means and SDs; with a unit, in seconds, they are times on a logarithmic axis."""
    log, unit = unit is not None, unit or 1.0
    places = {name: -place for place, name in enumerate(names)}
    axes.set_ylim(0.45 - len(names), 0.75)
    axes.set_yticks(list(places.values()), [page.wrap(name, page.names_width) for name in names])
    means, bars = rows["mean"] / unit, rows["sd"].fillna(0) / unit
    if log:
        axes.set_xscale("log")
        low, high = float(means[means > 0].min()), float((means + bars).max())
        low, high = (low, high) if high > 0 else (1e-3, 1.0)
        axes.set_xlim(low / 4, high * 3)
        _log_ticks(axes)
    elif len(rows):
        low, high = float((means - bars).min()), float((means + bars).max())
        room = 0.1 * (high - low) or 1.0
        axes.set_xlim(low - room, high + room)
    for row in rows.itertuples():
        y, is_below = places[row.algorithm], log and row.mean == 0  # a logarithmic axis has no 0: drawn at its edge
        x = axes.get_xlim()[0] * 1.7 if is_below else row.mean / unit
        style = {"color": "#333333", "marker": "<" if is_below else "o"}
        mark(axes, x, row.sd / unit, y, "all", page, text=row.label, **style)
    plain_axis(axes, 3)


def _log_ticks(axes: "Axes") -> None:
    """At most four powers of ten."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
    from numpy import ceil, floor, log10

    low, high = (float(log10(end)) for end in axes.get_xlim())
    first, last = int(ceil(low)), int(floor(high))
    step = max(1, -(-(last - first + 1) // 3))
    axes.xaxis.set_major_locator(FixedLocator([10.0**power for power in range(first, last + 1, step)]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _numbers(errors: pd.DataFrame, stats: pd.DataFrame) -> pd.DataFrame:
    """Errors and times, a row each; times in the unit of the axis."""
    unit, name = _axis_unit(stats)
    timed = stats.assign(mean=stats["mean"] / unit, sd=stats["sd"] / unit, measure=f"{name}_to_train")
    named = errors.assign(measure=[column_measure(name).axis_label.replace(" ", "_") for name in errors["measure"]])
    columns = ["task_id", "algorithm", "measure", "mean", "sd", "n", "label"]
    return pd.concat([named[columns], timed.rename(columns={"learner": "algorithm"})[columns]], ignore_index=True)


FIGURES = (
    Figure(
        name="times",
        title="What training costs, and what it gives",
        caption="Top: test error of each algorithm, mean and SD over the folds (and test subsets), trained on all subsets, or on all "
        "rows where there are no subsets. Bottom: time to train on the same rows, on a logarithmic axis.",
        group="results",
        draw=_times,
        order=84,
    ),
)
