"""datasets: how large and how even the data sets are, as a table."""

from typing import TYPE_CHECKING

import pandas as pd

from soak.figures.catalog import Figure
from soak.figures.page import Drawn, Grid, Page, Panel, in_pages
from soak.figures.results import Results
from soak.scores.datasets import printed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as MatplotlibFigure

_MOST = 60  # rows of a page
_GAP = 0.07  # inches between two columns
_HEAD = 0.72  # inches: of a column's name, before it is wrapped
_LINE = 1.2  # lines of text that a row takes


def _datasets(results: Results, page: Page) -> Drawn | str:
    """The table datasets, numbers at the right of their columns, lines between kinds of subsets."""
    table = results.facts.datasets
    if table.empty:
        return "nothing is known of the data sets."
    shown = printed(table)
    types = list(table["subset_type"].astype(str))
    pages = [
        _page(shown.iloc[start : start + _MOST], types[start : start + _MOST], page)
        for start in range(0, len(shown), _MOST)
    ]
    return in_pages(pages, table)


def _page(shown: pd.DataFrame, types: list[str], page: Page) -> "MatplotlibFigure":
    """The table; on a page that is narrower, its columns in parts below one another, each with the names of the data sets."""
    widths = pd.Series({name: page.text_width(_head(name, page), weight="bold") for name in shown.columns})
    widths = widths.combine(shown.apply(lambda column: max(map(page.text_width, column))), max) + _GAP
    room = widths.sum() if page.width is None else page.room
    parts: list[list[str]] = [[]]
    for name in shown.columns[1:]:
        if parts[-1] and widths[[shown.columns[0], *parts[-1], name]].sum() > room:
            parts.append([])
        parts[-1].append(name)
    panels = [_panel(shown[[shown.columns[0], *part]], widths, types, page) for part in parts]
    wide = max(widths[[shown.columns[0], *part]].sum() for part in parts)
    return page.figure([[panel] for panel in panels], Grid(float(wide), row_gap=page.line))


def _head(name: str, page: Page) -> str:
    return page.wrap(name, _HEAD, weight="bold")


def _panel(shown: pd.DataFrame, widths: pd.Series, types: list[str], page: Page) -> Panel:
    """Some columns of the table."""
    heads = [_head(name, page) for name in shown.columns]
    width = widths[shown.columns].sum()
    lines = max(head.count("\n") for head in heads) + 1
    height = page.line * (_LINE * len(shown) + lines + 0.9)

    def draw(axes: "Axes") -> None:
        axes.set_axis_off()
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
        x = 0.0
        for head, name in zip(heads, shown.columns, strict=True):
            is_text = not shown[name].str.fullmatch(r"[\d,.]*").all()
            place, align = (x, "left") if is_text else (x + widths[name] - _GAP, "right")
            axes.text(place, page.line * lines, head, weight="bold", va="bottom", ha=align, linespacing=1.05)
            for number, cell in enumerate(shown[name]):
                axes.text(place, _row(number, lines, page), cell, va="center", ha=align)
            x += widths[name]
        top = page.line * (lines + 0.25)
        axes.plot([0, width], [top, top], color="black", lw=0.8)
        for number in range(1, len(types)):
            if types[number] != types[number - 1]:
                y = _row(number, lines, page) - 0.5 * _LINE * page.line
                axes.plot([0, width], [y, y], color="#b0b0b0", lw=0.5)

    return Panel(draw, height)


def _row(number: int, lines: int, page: Page) -> float:
    """The middle of a row, in inches from the top."""
    return page.line * (lines + 0.35 + _LINE * (number + 0.5))


FIGURES = (
    Figure(
        name="datasets",
        title="The data sets",
        caption="Imbalance: rows of the largest class (or subset) over those of the smallest; 1.0 is even.",
        group="results",
        draw=_datasets,
        order=86,
    ),
)
