"""measures: several measures of the same predictions side by side."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from soak.figures.catalog import Figure
from soak.figures.marks import mark, mark_height, plain_axis, speakers
from soak.figures.page import Drawn, Grid, Page, Panel, in_pages, in_rows
from soak.figures.results import NO_BREAK, NO_SCORES, Results, train_subsets_of
from soak.measures import Measure, column_measure, needs_power
from soak.scores.summaries import measure_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MatplotlibFigure

_MOST = 12  # test subsets of a page
_COLUMNS = 3  # measures side by side
_LEAST_WIDTH = 1.1  # inches: of a panel that numbers such as "0.9747±0.0018" fit into
_LONGEST_WORD = 1.6  # inches: in a name at the side; longer ones are broken
_KEYS = ["task_id", "test_subset", "train_subsets", "algorithm", "measure"]


def _measures(results: Results, page: Page) -> Drawn | str:
    """Same, other and all on each test subset by each of several measures, with mean ± SD written out."""
    means = _means(results)
    if means.empty:
        return NO_SCORES
    counts = means.groupby("task_id")["measure"].nunique()
    means = means[means["task_id"].map(counts) > 1]
    if means.empty:
        return "no task has two measures."
    rows = list(means[["task_id", "test_subset"]].drop_duplicates().itertuples(index=False, name=None))
    pages = [_page(rows[start : start + _MOST], means, results, page) for start in range(0, len(rows), _MOST)]
    return in_pages(pages, means.drop(columns=["low", "high"]))


def _means(results: Results) -> pd.DataFrame:
    """Mean, SD, label of each measure, as a share and not in percent, of the algorithm that speaks."""
    scores = results.scores[results.scores["n_train_groups"] == results.scores["groups"]]
    scores = scores.merge(speakers(results), on=["task_id", "test_subset", "algorithm"])
    long = scores.melt(id_vars=_KEYS[:-1], value_vars=measure_columns(scores), var_name="measure", value_name="value")
    long = long[long["value"].notna()].assign(value=lambda table: table["value"].astype(float))
    means = long.groupby(_KEYS, sort=False)["value"].agg(["mean", "std", "size"]).reset_index()
    means = means.rename(columns={"std": "sd", "size": "n"})
    tasks = {task: place for place, task in enumerate(results.scores["task_id"].unique())}
    means = means.assign(place=means["task_id"].map(tasks)).sort_values("place", kind="stable").drop(columns="place")
    bars = means["sd"].fillna(0)
    means["label"] = [_label(row.mean, row.sd, column_measure(row.measure)) for row in means.itertuples()]
    return means.assign(low=means["mean"] - bars, high=means["mean"] + bars)


def _label(mean: float, sd: float, measure: Measure) -> str:
    """Four decimals of a number below 10, four significant digits of a larger one."""
    if needs_power(mean) and not measure.percent:
        return measure.mean_sd(mean, sd).replace(" ", "")
    decimals = 4 if abs(mean) < 10 else max(0, 4 - len(str(int(abs(mean)))))
    return f"{mean:.{decimals}f}" + ("" if pd.isna(sd) else f"±{sd:.{decimals}f}")


def _page(rows: Sequence[tuple[str, str]], means: pd.DataFrame, results: Results, page: Page) -> "MatplotlibFigure":
    """A row of panels per test subset; of a narrow page several, one after the other for the measures of a task."""
    most = min(_COLUMNS, int(means.groupby("task_id")["measure"].nunique().max()))
    grid = Grid(min(2.6, 5.0 / most) * page.scale, tick_labels=page.text_width("other"), gap=0.3)
    grid, columns = page.fit(grid, most, least=_LEAST_WIDTH * page.scale, beside=2 * page.line + 0.1)
    panels = []
    for task in dict.fromkeys(task for task, _ in rows):
        mine = means[means["task_id"] == task]
        subsets = [subset for of, subset in rows if of == task]
        for names in in_rows(list(mine["measure"].unique())[:_COLUMNS], columns):
            for subset in subsets:
                first, last = subset == subsets[0], subset == subsets[-1]
                count = results.facts.rows_of(task, subset)
                side = f"{subset}" + (f"\n{count:,} rows" if count else "")
                least = 0.1 + min(_LONGEST_WORD, page.longest_word(side, weight="bold"))
                own = [_panel(mine, subset, name, page, least, first=first, last=last) for name in names]
                panels.append([*own[:-1], replace(own[-1], side=page.wrap(side, own[-1].height - 0.08, weight="bold"))])
    return page.figure(panels, grid)


def _panel(mine: pd.DataFrame, subset: str, name: str, page: Page, least: float, *, first: bool, last: bool) -> Panel:
    """A panel of one test subset and measure, of a least height; all panels of a task and measure share their x axis."""
    of_measure = mine[mine["measure"] == name]
    low, high = float(of_measure["low"].min()), float(of_measure["high"].max())
    room = 0.12 * (high - low) or 0.05 * abs(high) or 1.0
    shown = train_subsets_of(of_measure)
    rows = of_measure[of_measure["test_subset"] == subset]
    draw = partial(_draw, rows=rows, shown=shown, limits=(low - room, high + room), page=page)
    label = column_measure(name).label
    return Panel(
        draw,
        max(least, mark_height(page) * len(shown) + 0.08),
        heading=mine["task_id"].iloc[0] if first else "",
        title=label if first else "",
        x_label=f"{label} (mean{NO_BREAK}±{NO_BREAK}SD)" if last else "",
    )


def _draw(axes: "Axes", rows: pd.DataFrame, shown: Sequence[str], limits: tuple[float, float], page: Page) -> None:
    axes.set_xlim(limits)
    axes.set_ylim(0.45 - len(shown), 0.75)
    axes.set_yticks([-place for place in range(len(shown))], list(shown))
    for row in rows.itertuples():
        mark(axes, row.mean, row.sd, -shown.index(row.train_subsets), row.train_subsets, page, text=row.label)
    plain_axis(axes, 4)


FIGURES = (
    Figure(
        name="measures",
        title="Several measures side by side",
        caption="Mean and SD over the folds of the algorithm that speaks, by each measure, for every test subset: whether the "
        "answer depends on the measure.",
        group="results",
        draw=_measures,
        order=34,
    ),
)
