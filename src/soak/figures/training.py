"""Curves of single fits: the torch loop, the glmnet path, and histories of torch learners."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from soak.figures.captions import title
from soak.figures.colors import GREY, MARKERS
from soak.figures.layout import Panels, below, draw_panels
from soak.figures.output import FigureFolder
from soak.figures.style import Style
from soak.measures import column_measure

SETS = ("validation", "subtrain")
_WORDS = {"error_percent": "percent error", "loss": "log loss"}  # measures of torch_loop.csv


def torch_loop(table: pd.DataFrame, folder: FigureFolder, dataset: str = "") -> list[Path]:
    """Error and loss per epoch of both sets, minima marked.

    Parameters
    ----------
    table : DataFrame
        Columns epoch, set (validation, subtrain), measure (error_percent, loss), value: also what the CSV holds.
    dataset : str
        For the heading.
    """
    style = folder.style
    measures = list(table["measure"].unique())
    with style.applied():
        heading = _heading("torch_loop", dataset)
        figure, axes = draw_panels(_curve_panels(style, len(measures)), style, heading, "torch_loop")
        for place, measure in zip([row[0] for row in axes], measures, strict=True):
            _curves(place, table[table["measure"] == measure], "epoch", "value", style)
            place.set_ylabel(_WORDS.get(measure, measure))
        _dress([row[0] for row in axes], style, "epoch")
        return folder.save(figure, "torch_loop", table)


def glmnet_path(table: pd.DataFrame, folder: FigureFolder, dataset: str = "") -> list[Path]:
    """Error of both sets against the model's complexity, minima marked.

    Parameters
    ----------
    table : DataFrame
        Columns set, penalty (descending), complexity (-log10 of the penalty), error_percent: also what the CSV holds.
    """
    style = folder.style
    with style.applied():
        heading = _heading("glmnet_path", dataset)
        figure, axes = draw_panels(_curve_panels(style, 1), style, heading, "glmnet_path")
        _curves(axes[0][0], table, "complexity", "error_percent", style)
        axes[0][0].set_ylabel("percent error")
        _dress([row[0] for row in axes], style, "model complexity = -log10(L1 penalty lambda)")
        return folder.save(figure, "glmnet_path", table)


def history(
    table: pd.DataFrame, selected_epochs: float | None, name: str, folder: FigureFolder, what: str = ""
) -> list[Path]:
    """Measures per epoch on subtrain and validation halves, the selected number of epochs as a vertical line.

    Parameters
    ----------
    table : DataFrame
        Columns epoch, set, measure, value.
    selected_epochs : number or None
        None (or NaN) if none was selected (all epochs are trained).
    name : str
        history_mlp, history_graph or history_selected.
    what : str
        Which task or train set, for the heading.
    """
    style = folder.style
    shown = table.assign(value=table["value"] * table["measure"].map(lambda measure: column_measure(measure).factor))
    measures = list(table["measure"].unique())
    selected = None if pd.isna(selected_epochs) else int(selected_epochs or 0)
    with style.applied():
        figure, axes = draw_panels(_curve_panels(style, len(measures)), style, _heading(name, what), name)
        for place, measure in zip([row[0] for row in axes], measures, strict=True):
            _curves(place, shown[shown["measure"] == measure], "epoch", "value", style, minima=False)
            place.set_ylabel(column_measure(measure).axis_label)
            if selected is not None:
                place.axvline(selected, color=GREY, lw=1, ls="--", zorder=1)
        _dress([row[0] for row in axes], style, "epoch", selected, minima=False)
        return folder.save(figure, name, table.assign(selected_epochs=selected))


def _heading(name: str, what: str) -> str:
    return f"{title(name)} ({what})" if what else title(name)


def _curve_panels(style: Style, count: int) -> Panels:
    return Panels(
        width=4.6 * style.scale,
        heights=[1.5 * style.scale] * count,
        above=[style.line + 0.15, *[0.15] * (count - 1)],
        columns=1,
        left=5 * style.line,
        right=0.1,
        bottom=2 * style.line + 0.17,
    )


def _curves(axes: Axes, table: pd.DataFrame, x: str, y: str, style: Style, *, minima: bool = True) -> None:
    """A line per set; the first minimum of each as a point with its values."""
    sets = [name for name in SETS if (table["set"] == name).any()]
    colors = {name: style.color(name) for name in sets}
    sns.lineplot(
        table, x=x, y=y, hue="set", hue_order=sets, palette=colors, estimator=None, legend=False, ax=axes, lw=1.2
    )
    axes.set(xlabel="", ylabel="")
    axes.margins(x=0.02, y=0.12)
    if not minima:
        return
    lowest = []
    for name in sets:
        rows = table[table["set"] == name].reset_index(drop=True)
        best = rows.loc[rows[y].idxmin()]
        lowest.append(f"{name}: lowest {best[y]:.4g} at {best[x]:.4g}")
        axes.plot(best[x], best[y], MARKERS[name], color=colors[name], ms=6, mec="white", mew=1, zorder=3)
    axes.text(
        0.99, 0.96, "\n".join(lowest), transform=axes.transAxes, ha="right", va="top", size=style.small, color=GREY
    )


def _dress(axes: Sequence[Axes], style: Style, x: str, selected: int | None = None, *, minima: bool = True) -> None:
    """Shared x axis, labels in one line, a legend above."""
    for place in axes[:-1]:
        place.tick_params(labelbottom=False)
    for place in axes:
        place.yaxis.set_label_coords(-3.6 * style.line / (4.6 * style.scale), 0.5)
    below(axes[-1], x, style)
    handles = [
        Line2D([], [], color=style.color(name), marker=MARKERS[name] if minima else "", ms=5, label=name)
        for name in SETS
    ]
    if selected is not None:
        handles.append(Line2D([], [], color=GREY, ls="--", lw=1, label=f"selected: {selected}"))
    axes[0].legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0.1, borderpad=0.2
    )
