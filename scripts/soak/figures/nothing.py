"""A figure of what this run has no numbers for: it says so, in the place where the figure is expected."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from soak.figures.captions import title
from soak.figures.output import FigureFolder


def nothing(name: str, folder: FigureFolder) -> list[Path]:
    """Write a figure that says that this run has nothing to show in it, and an empty CSV."""
    style = folder.style
    with style.applied():
        figure = Figure(figsize=(4.5, 1.2))
        text = f"{title(name)}\nnothing to show in this run (the report says why)"
        figure.text(0.5, 0.5, text, ha="center", va="center")
        return folder.save(figure, name, pd.DataFrame({"nothing": []}))
