"""Several figures in one process: importing costs more than drawing."""

from collections.abc import Callable, Collection
from pathlib import Path

import pandas as pd

from soak.figures.comparisons import pvalue, pvalue_downsample
from soak.figures.focus import same_other_all, train_other
from soak.figures.nothing import nothing
from soak.figures.output import FigureFolder
from soak.figures.overview import overview
from soak.figures.settings import FocusSettings
from soak.figures.sizes import sizes
from soak.figures.test_error import test_error, test_error_mean_sd
from soak.scores.summaries import first_measures

# Figures made of the tables alone, in the order in which a reader wants them.
RESULTS = (
    "overview",
    "test_error",
    "test_error_mean_sd",
    "train_other",
    "same_other_all",
    "pvalue",
    "pvalue_downsample",
    "sizes",
)


def draw_results(
    scores: pd.DataFrame,
    pvalues: pd.DataFrame,
    downsampled: pd.DataFrame,
    verdicts: pd.DataFrame,
    folder: FigureFolder,
    *,
    focus: FocusSettings,
    names: Collection[str] = RESULTS,
) -> list[Path]:
    """Draw the figures of `RESULTS` that are asked for, from the tables of these names.

    Each name gets its files: a figure that has nothing to show says why.

    Returns
    -------
    list of paths
        All files written.
    """
    usable = scores[scores["task_id"].isin(list(first_measures(scores)))]
    focus.check(scores)
    place = focus.choose(usable)
    ways: dict[str, Callable[[], list[Path]]] = {
        "overview": lambda: overview(verdicts, pvalues, folder),
        "test_error": lambda: test_error(usable, folder),
        "test_error_mean_sd": lambda: test_error_mean_sd(usable, folder),
        "train_other": lambda: [] if place is None else train_other(usable, place, folder),
        "same_other_all": lambda: [] if place is None else same_other_all(usable, place, folder),
        "pvalue": lambda: pvalue(usable, pvalues, folder),
        "pvalue_downsample": lambda: pvalue_downsample(usable, downsampled, folder),
        "sizes": lambda: sizes(usable, folder),
    }
    paths: list[Path] = []
    for name in RESULTS:
        if name in names:
            drawn = ways[name]() if len(usable) else []
            paths += drawn or nothing(name, folder)
    return paths
