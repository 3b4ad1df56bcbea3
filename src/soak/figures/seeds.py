"""seeds: how far the P values of down-sampled train sets depend on what was drawn."""

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from soak.figures.catalog import Figure
from soak.figures.page import GREY, TEXT, Drawn, Grid, Key, Page, Panel
from soak.figures.results import Results
from soak.scores.summaries import first_measures, pvalues_downsample

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEAST = 1e-12  # smaller P values are drawn here
_LINE = 0.34  # inches: height of a line
_FULL = "D"  # marker of the full size


def _seeds(results: Results, page: Page) -> Drawn | str:
    """A panel per task, a line per test subset and comparison: P values of each seed, of the algorithm that speaks."""
    tests = _tests(results)
    if tests.empty:
        return "train sets were drawn once only; resampling: {sizes: 0, seeds: 20} draws them 20 times."
    lines = tests.drop_duplicates(["task_id", "test_subset", "comparison"])
    names = [_name(row.test_subset, row.comparison, page) for row in lines.itertuples()]
    texts = [_text(rows, results.alpha) for _, rows in _by_line(tests)]
    numbers = max(page.text_width(text, page.small) for text in texts) + 0.1
    width = 3.2 * page.scale + numbers
    share = (width - numbers) / width
    least = tests["p_paired"].clip(lower=_LEAST).min()
    low = math.log10(min(least, results.alpha) if math.isfinite(least) else results.alpha) - 0.2
    panels = [
        Panel(
            partial(_draw_seeds, tests=rows, low=low, share=share, alpha=results.alpha, page=page),
            page.scale * _LINE * rows.drop_duplicates(["test_subset", "comparison"]).shape[0],
            title=f"{task} ({', '.join(rows['algorithm'].unique())})",
            x_label="paired P value of each seed (log scale)",
            x_scale="P",
            x_center=share / 2,
        )
        for task, rows in tests.groupby("task_id", sort=False)
    ]
    legend = [
        Key("equal size, a seed each", page.color("other"), "o"),
        Key("full size", TEXT, _FULL),
        Key(f"{results.alpha:g}", GREY, "", "-"),
    ]
    grid = Grid(width, tick_labels=max(map(page.text_width, names)), legend=legend)
    return page.drawn([[panel] for panel in panels], grid, tests)


def _tests(results: Results) -> pd.DataFrame:
    """P values by seed, other before all, of tasks with several seeds: first measure, the algorithms that speak."""
    scores = results.scores
    several = scores.groupby("task_id")["seed"].transform("nunique") > 1
    tests = pvalues_downsample(scores[several], by_seed=True)
    tests = tests[tests["measure"] == tests["task_id"].map(first_measures(scores))]
    speaks = results.verdicts[["task_id", "test_subset", "algorithm"]].drop_duplicates()
    tests = tests.merge(speaks, on=["task_id", "test_subset", "algorithm"])
    tests = tests.assign(size=np.where(tests["n_train_groups"].isna(), "full", "equal"))
    order = tests.groupby(["task_id", "test_subset"], sort=False).ngroup()
    tests = tests.assign(order=order, is_all=tests["comparison"] == "all-same")
    tests = tests.sort_values(["order", "is_all", "size", "seed"], kind="stable", ignore_index=True)
    columns = ["task_id", "test_subset", "algorithm", "measure", "comparison", "size", "n_train_groups", "seed"]
    return tests[[*columns, "mean_diff", "p_paired"]]


def _by_line(tests: pd.DataFrame) -> "pd.api.typing.DataFrameGroupBy":
    return tests.groupby(["task_id", "test_subset", "comparison"], sort=False)


def _name(subset: str, comparison: str, page: Page) -> str:
    return page.wrap(f"{subset}: {comparison.replace('-', ' - ')}", 2.2)


def _text(rows: pd.DataFrame, alpha: float) -> str:
    """For instance "6 of 100 below 0.05"."""
    p = rows.loc[rows["size"] == "equal", "p_paired"].dropna()
    return f"{(p < alpha).sum()} of {len(p)} below {alpha:g}"


def _power(exponent: int) -> str:
    """A power of ten as a P value: 1, 0.1, 1e-06."""
    return f"{10.0**exponent:g}"


def _draw_seeds(axes: "Axes", tests: pd.DataFrame, low: float, share: float, alpha: float, page: Page) -> None:
    right = 10 ** (low - low / share)
    axes.set_xscale("log")
    axes.set_xlim(10**low, right)
    axes.grid(visible=False, axis="y")
    axes.axvline(alpha, color=GREY, lw=0.9, zorder=1)
    names = []
    for place, ((_, subset, comparison), rows) in enumerate(_by_line(tests)):
        names.append(_name(subset, comparison, page))
        p = rows["p_paired"].clip(lower=_LEAST).to_numpy(dtype=float)
        is_full = (rows["size"] == "full").to_numpy()
        equal = p[~is_full]
        shift = 0.2 * np.sin(2.4 * np.arange(len(equal)))  # points of a line beside each other, the same in every run
        axes.plot(equal, shift - place, "o", ms=3, color=page.color(comparison.split("-")[0]), alpha=0.5, mew=0)
        axes.plot(p[is_full][:1], [-place], _FULL, ms=5.5, color=TEXT, mec="white", mew=0.7, zorder=3)
        axes.text(right, -place, _text(rows, alpha), size=page.small, va="center", ha="right", color=TEXT)
    axes.set_ylim(0.5 - len(names), 0.5)
    axes.set_yticks([-place for place in range(len(names))], names)
    exponents = range(0, math.ceil(low) - 1, -max(1, math.ceil(-low / 5)))  # few enough to stand beside each other
    axes.set_xticks([10.0**number for number in exponents], [_power(number) for number in exponents])
    axes.minorticks_off()
    axes.spines["bottom"].set_visible(False)


FIGURES = (
    Figure(
        name="seeds",
        title="How much depends on which rows were drawn?",
        caption="Each circle is the paired t test of one seed, which draws train sets of equal size of its own; the diamond is "
        "the test at full size, the same for all seeds. Of two subsets of one distribution few circles lie left of the "
        "line at 0.05, unless their few rows happen to differ; of two that differ, nearly all do. P values as R has them, "
        "uncorrected.",
        group="results",
        when=lambda facts: facts.has_seeds,
        draw=_seeds,
        per_measure=True,
        order=65,
    ),
)
