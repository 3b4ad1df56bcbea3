"""ladder: every test subset a line, the errors of same and all, and how sure their difference is."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from soak.figures.catalog import Figure
from soak.figures.marks import comparable, plain_axis, speakers, tests_of, type_keys, type_styles
from soak.figures.page import MARKERS, Drawn, Grid, Page, Panel, in_pages
from soak.figures.results import NO_BREAK, NO_SCORES, Results, limits_of, mean_label, mean_sd, with_axis_labels
from soak.measures import Measure, column_measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MatplotlibFigure

_MOST = 100  # lines of text of a page
_GAP = 0.45  # lines between two tasks
_KEYS = ["task_id", "test_subset"]


def _ladder(results: Results, page: Page) -> Drawn | str:
    """Same and all (or other) of each test subset, with the difference and its P value; tasks by their difference."""
    lines = _lines(results)
    if lines.empty:
        return NO_SCORES if results.full_size.empty else "no test subset has scores of both same and all, or other."
    written = _written(lines, page)
    before = _own_heights(written).cumsum() - _own_heights(written)
    figures = [_page(part, lines, results, page) for _, part in written.groupby(before // _MOST)]
    return in_pages(figures, _numbers(lines))


def _lines(results: Results) -> pd.DataFrame:
    """A row per test subset: means and SD of both, difference, P, label; in the order of the figure."""
    shown = results.full_size.merge(speakers(results), on=[*_KEYS, "algorithm"])
    means = mean_sd(shown)
    compared = next((one for one in _comparisons(results) if _of(means, one.split("-")[0]).size), "all-same")
    kind = compared.split("-")[0]
    both = _of(means, "same").merge(
        _of(means, kind), on=[*_KEYS, "algorithm", "measure"], suffixes=("_same", "_compared")
    )
    if both.empty:
        return both
    tests = tests_of(results)
    tests = tests[tests["comparison"] == compared][[*_KEYS, "algorithm", "p_paired"]]
    both = both.merge(tests, on=[*_KEYS, "algorithm"], how="left").assign(comparison=compared)
    both["diff"] = both["mean_compared"] - both["mean_same"]
    both["label"] = [_label(row, kind, column_measure(row.measure)) for row in both.itertuples()]
    worse = both["diff"] * both["measure"].map(lambda name: -1 if column_measure(name).greater_is_better else 1)
    both["of_task"] = worse.groupby(both["task_id"]).transform("mean")
    both = both.assign(worse=worse, place=both["measure"].map(list(both["measure"].unique()).index))
    order = ["place", "of_task", "task_id", "worse"]
    return both.sort_values(order, ascending=[True, False, True, False], kind="stable").reset_index(drop=True)


def _comparisons(results: Results) -> Sequence[str]:
    return results.facts.comparisons or ("all-same", "other-same")


def _of(means: pd.DataFrame, train: str) -> pd.DataFrame:
    return means[means["train_subsets"] == train].drop(columns="train_subsets")


def _label(row: Any, kind: str, measure: Measure) -> str:
    """For instance "same better, diff 17.7%, p<0.001": as the paper's figure has it."""
    diff, p = row.diff, row.p_paired
    if abs(diff) <= max(1e-15, 1e-9 * max(abs(row.mean_same), abs(row.mean_compared))):  # alike but for rounding
        return f"equal, diff {'0.0%' if measure.percent else '0'}, {'p undefined' if pd.isna(p) else f'p={p:.3f}'}"
    better = kind if (diff > 0) == measure.greater_is_better and diff != 0 else "same"
    number = f"{diff:.1f}%" if measure.percent else measure.number(diff)
    if pd.isna(p):
        return f"{better} better, diff {number}, p undefined"
    return f"{better} better, diff {number}, {'p<0.001' if p < 0.001 else f'p={p:.3f}'}"


def _page(lines: pd.DataFrame, every: pd.DataFrame, results: Results, page: Page) -> "MatplotlibFigure":
    """One page: a panel per measure, or per task where tasks cannot share an axis."""
    parts = _panels_of(lines)
    types = [results.facts.subset_types.get(str(task), "") for task in every["task_id"]]
    kind = str(lines["comparison"].iloc[0]).split("-")[0]
    panels = [
        [
            Panel(
                partial(
                    _draw, lines=part, kind=kind, types=results.facts.subset_types, styles=type_styles(types), page=page
                ),
                page.line * _bottom(part),
                x_label=mean_label(
                    f"{column_measure(part['measure'].iloc[0]).axis_label} on the test subset", part["n_same"]
                ),
            )
        ]
        for part in parts
    ]
    grid = Grid(
        1.5 * page.scale,
        tick_labels=max(page.text_width(name, page.small) for name in lines["name"]) + 0.14,
        right=max(page.text_width(text, page.small) for text in lines["text"]) + 0.12,
        row_gap=0.15,
        legend=[*page.train_subsets_legend(["same", kind])[1:], *type_keys(types)],
    )  # fmt: skip
    return page.figure(panels, grid)


def _written(lines: pd.DataFrame, page: Page) -> pd.DataFrame:
    """The lines with what stands at their left and right, wrapped: name and text."""
    several = lines["task_id"].nunique() > 1
    named = [f"{row.task_id}  {row.test_subset}" if several else str(row.test_subset) for row in lines.itertuples()]
    return lines.assign(
        name=[page.wrap(name, min(2.3, page.names_width), page.small) for name in named],
        text=[_wrapped(label, page) for label in lines["label"]],
    )


def _wrapped(label: str, page: Page) -> str:
    """A label, on a narrow page in two lines or three: broken after its commas only."""
    width = page.text_width(label, page.small) if page.width is None else 0.34 * page.width
    return page.wrap(label.replace(" ", NO_BREAK).replace(f",{NO_BREAK}", ", "), width, page.small)


def _panels_of(lines: pd.DataFrame) -> list[pd.DataFrame]:
    parts = []
    for measure, rows in lines.groupby("measure", sort=False):
        if comparable([str(measure)]):
            parts.append(rows)
        else:
            parts += [part for _, part in rows.groupby("task_id", sort=False)]
    return parts


def _heights(lines: pd.DataFrame) -> np.ndarray:
    """The middle of each line from the top, in lines of text: tasks stand apart, wrapped texts take more than one."""
    apart = _GAP * (lines["task_id"] != lines["task_id"].shift()).to_numpy()
    own = _own_heights(lines)
    return np.asarray(np.cumsum(own + apart) - own / 2 - _GAP)


def _own_heights(lines: pd.DataFrame) -> np.ndarray:
    breaks = lines[["name", "text"]].map(lambda text: text.count("\n"))
    return np.asarray(1.0 + breaks.max(axis=1).to_numpy(dtype=float))


def _bottom(lines: pd.DataFrame) -> float:
    return float(_heights(lines)[-1] + 0.5 * (1 + _own_heights(lines)[-1]))


def _draw(
    axes: "Axes",
    lines: pd.DataFrame,
    kind: str,
    types: Mapping[str, str],
    styles: dict[str, tuple[str, str]],
    page: Page,
) -> None:
    y = _heights(lines)
    axes.set_ylim(_bottom(lines), -0.1)
    both = [lines[[f"mean_{side}", f"sd_{side}"]].set_axis(["mean", "sd"], axis=1) for side in ("same", "compared")]
    every = pd.concat(both)
    low, high = limits_of(every.assign(**_ends(every)))
    axes.set_xlim(low, high)
    for place, other in enumerate(lines["task_id"].ne(lines["task_id"].shift())):
        if other and place:
            axes.axhline((y[place] + y[place - 1]) / 2, color="#e6e6e6", lw=0.6, zorder=0.5)
    for side, name, shift in (("same", "same", -0.2), ("compared", kind, 0.2)):
        axes.errorbar(
            lines[f"mean_{side}"], y + shift, xerr=lines[f"sd_{side}"].fillna(0), fmt=MARKERS[name],
            color=page.color(name), ms=3, lw=1.1, ls="none", zorder=3,
        )  # fmt: skip
    for place, row in zip(y, lines.itertuples(), strict=True):
        axes.annotate(
            row.text, (1, place), (6, 0), xycoords=axes.get_yaxis_transform(), textcoords="offset points",
            size=page.small, va="center", ha="left", annotation_clip=False,
        )  # fmt: skip
        color, marker = styles[types.get(str(row.task_id), "")]
        axes.plot(
            [0], [place], marker, transform=axes.get_yaxis_transform(), color=color, ms=3.4, clip_on=False, zorder=5
        )
    axes.set_yticks(y, lines["name"], size=page.small)
    axes.tick_params(axis="y", pad=6)
    plain_axis(axes, 6)


def _ends(means: pd.DataFrame) -> dict[str, pd.Series]:
    """Ends of the bars, for the limits of the axis."""
    return {"low": means["mean"] - means["sd"].fillna(0), "high": means["mean"] + means["sd"].fillna(0)}


def _numbers(lines: pd.DataFrame) -> pd.DataFrame:
    columns = [*_KEYS, "algorithm", "measure", "comparison", "mean_same", "sd_same", "n_same"]
    columns += ["mean_compared", "sd_compared", "n_compared", "diff", "p_paired", "label"]
    return with_axis_labels(lines[columns])


FIGURES = (
    Figure(
        name="ladder",
        title="Every test subset, same against all",
        caption="Mean and SD over the folds of models trained on same and on all, of the algorithm that speaks for each test subset. "
        "At the right: which is better, the difference all - same of the two means, and P of the paired t test over the folds. "
        "Tasks are sorted by their difference: at the top it is better to train on the same subset alone, at the bottom on all.",
        group="results",
        draw=_ladder,
        order=30,
    ),
)
