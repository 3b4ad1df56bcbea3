"""A figure that says why there is nothing to draw, where one was asked for."""

from pathlib import Path

import pandas as pd

from soak.figures.captions import title
from soak.figures.layout import MARGIN, Panels, draw_panels
from soak.figures.output import FigureFolder
from soak.figures.style import GREY


def note(name: str, reason: str, folder: FigureFolder) -> list[Path]:
    """Write figure ``name`` as its heading and a sentence; its CSV holds the sentence."""
    style = folder.style
    panels = Panels(width=4.6, heights=[3 * style.line], above=[0.1], columns=1, left=0, bottom=0.05)
    with style.applied():
        figure, axes = draw_panels(panels, style, title(name), name)
        axes[0][0].set_axis_off()
        axes[0][0].text(0, 1, style.wrap(f"Nothing to draw: {reason}", 4.6 - MARGIN), va="top", color=GREY)
        return folder.save(figure, name, pd.DataFrame({"nothing_to_draw": [reason]}))
