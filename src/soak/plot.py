"""The workflow's figures of a result of `soak.evaluate`, for a notebook.

Each function draws one figure; keyword arguments are the keys of the config's ``figures.style``, such as ``font_size=10``.
"""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from soak.evaluation import Evaluation
from soak.figures.catalog import draw
from soak.figures.page import Page
from soak.figures.results import Results
from soak.figures.settings import FocusSettings, StyleSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Plot:
    """A figure, which a notebook shows as it is.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    data : DataFrame
        The numbers that it shows.
    """

    figure: "Figure"
    data: pd.DataFrame
    style: StyleSettings

    def save(self, path: str | Path) -> None:
        """Write the figure to a file: .png, .pdf or .svg."""
        with Page(settings=self.style).applied():
            self.figure.savefig(path, dpi=self.style.dpi)

    def _repr_png_(self) -> bytes:
        """What Jupyter shows."""
        file = BytesIO()
        with Page(settings=self.style).applied():
            self.figure.savefig(file, format="png", dpi=self.style.dpi)
        return file.getvalue()


def differences(result: Evaluation, **style: Any) -> Plot:
    """Other - same and all - same of each subset and estimator: the figure to look at first.

    Points are folds; mean and interval, zero, guessing and the margin are marked.

    Parameters
    ----------
    result : Evaluation
        Of `soak.evaluate`.
    **style
        Keys of `soak.figures.settings.StyleSettings`.

    Returns
    -------
    Plot

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> import soak
    >>> X = np.random.default_rng(1).normal(size=(60, 2))
    >>> result = soak.evaluate(Ridge(), X, X[:, 0], subset=["a", "b"] * 30, progress=False)
    >>> plot = soak.plot.differences(result, font_size=10)
    >>> plot.data["comparison"].unique().tolist()
    ['other-same', 'all-same']
    """
    return _drawn("differences", result, style)


def overview(result: Evaluation, **style: Any) -> Plot:
    """Skill of other and of all against the skill of same; parameters as of `differences`."""
    return _drawn("overview", result, style)


def transfer(result: Evaluation, **style: Any) -> Plot:
    """How well each subset's own model predicts every subset, as a map; parameters as of `differences`."""
    return _drawn("transfer", result, style)


def test_error(result: Evaluation, **style: Any) -> Plot:
    """Every test error; parameters as of `differences`."""
    return _drawn("test_error", result, style)


def test_error_mean_sd(result: Evaluation, **style: Any) -> Plot:
    """Mean and SD of the test errors; parameters as of `differences`."""
    return _drawn("test_error_mean_sd", result, style)


def same_other_all(result: Evaluation, test_subset: str | None = None, **style: Any) -> Plot:
    """Mean and SD of same, other and all, on all subsets or on one; else as `differences`."""
    return _drawn("same_other_all", result, style, test_subset)


def pvalue(result: Evaluation, **style: Any) -> Plot:
    """Means with the P values of the comparisons; parameters as of `differences`."""
    return _drawn("pvalue", result, style)


def pvalue_downsample(result: Evaluation, **style: Any) -> Plot:
    """The same at full and at equal size of the train sets; parameters as of `differences`."""
    return _drawn("pvalue_downsample", result, style)


def sizes(result: Evaluation, **style: Any) -> Plot:
    """Error against the size of the train set; parameters as of `differences`."""
    return _drawn("sizes", result, style)


def _drawn(name: str, result: Evaluation, style: dict[str, Any], test_subset: str | None = None) -> Plot:
    focus = FocusSettings(test_subset=test_subset)
    focus.check(result.scores)
    settings = StyleSettings.model_validate(style)
    scores = result.scores
    results = Results(
        scores if test_subset is None else scores[scores["test_subset"] == test_subset],
        result.pvalues,
        result.verdicts,
        result.pvalues_downsample,
        result.transfer,
        frozenset(result.references),
        focus,
        result.settings.alpha,
        result.settings.margin,
    )
    figure, data = draw(name, results, settings)
    return Plot(figure, data, settings)
