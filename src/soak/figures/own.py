"""Figures of the user's own: a function of the tables, in a file beside the config."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from soak.errors import SoakError
from soak.figures.page import Drawn, Page, save
from soak.figures.settings import FigureSettings
from soak.plugins import call


def draw_own(path: str, tables: Mapping[str, pd.DataFrame], folder: Path, settings: FigureSettings) -> list[Path]:
    """Draw the figure that a function makes of the tables, under the function's name.

    Parameters
    ----------
    path : str
        Import path of ``function(tables)``, which gives a matplotlib figure and a DataFrame of the numbers drawn.
    tables : mapping of table name (scores, stats, pvalues, verdicts) to DataFrame

    Raises
    ------
    SoakError
        If the function fails, or gives something else.
    """
    from matplotlib.figure import Figure

    made = call(path, "figure", "figures.own", tables)
    if not (isinstance(made, tuple) and len(made) == 2 and isinstance(made[0], Figure)):
        raise SoakError(f"figures.own: expected {path} to return a matplotlib figure and a DataFrame, got {made!r:.60}")
    figure, numbers = made
    with Page(settings=settings.style).applied():
        return save(Drawn(figure, pd.DataFrame(numbers)), folder, path.rpartition(".")[2], settings)
