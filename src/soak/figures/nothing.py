"""A figure of what this run has no numbers for: it says why, in the place where the figure is expected."""

from pathlib import Path

import pandas as pd

from soak.figures.captions import title
from soak.figures.colors import GREY
from soak.figures.layout import MARGIN, Panels, draw_panels
from soak.figures.output import FigureFolder

_REASONS = {
    "overview": "no task has scores after training on same, on other and on all.",
    "train_other": "no score of this test subset after training on other subsets.",
    "pvalue_downsample": "no train set was down-sampled; resampling.sizes: 0 does so.",
    "sizes": "all train sets have one size; resampling.sizes: 1 or more adds smaller ones.",
    "history_mlp": "the fit kept no history.",
    "history_graph": "the fit kept no history.",
    "history_selected": "no fit of the benchmark kept a history.",
    "images": "no data set holds images.",
    "images_rot": "no data set holds images.",
}


def nothing(name: str, folder: FigureFolder, reason: str = "") -> list[Path]:
    """Write figure ``name`` as its heading and the reason why there is nothing else; its CSV holds the reason."""
    reason = reason or _REASONS.get(name, "no score could be had.")
    style = folder.style
    panels = Panels(width=4.6, heights=[3 * style.line], above=[0.1], columns=1, left=0, bottom=0.05)
    with style.applied():
        figure, axes = draw_panels(panels, style, title(name), name)
        axes[0][0].set_axis_off()
        axes[0][0].text(0, 1, style.wrap(f"Nothing to draw: {reason}", 4.6 - MARGIN), va="top", color=GREY)
        return folder.save(figure, name, pd.DataFrame({"nothing_to_draw": [reason]}))
