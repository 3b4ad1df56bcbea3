"""transfer: how well each subset's own model predicts every other subset, as a map."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from soak.figures.catalog import Figure
from soak.figures.page import TEXT, Drawn, Grid, Key, Page, Panel, in_rows
from soak.figures.results import Results
from soak.measures import column_measure
from soak.scores.transfer import map_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH = 7.5  # inches: of the panels of a line, and of the largest map
_CELL = (0.16, 0.48)  # inches: least and largest width of a cell
_LEAST_WIDTH = 2.2  # inches: of a panel, for its title
_FILLED = 0.9  # of a cell's width: by its number at most
_NAME = 1.5  # inches: of a subset's name, before it is wrapped
# Below 0 what was learned misleads; both ends differ from the middle in lightness too.
_COLORS = {-1: "#b2431a", 0: "#f7f3ee", 1: "#0a4f86"}
_MEANINGS = {-1: "-1 or less, misled", 0: "0, guessing", 1: "1, perfect"}


def _transfer(results: Results, page: Page) -> Drawn | str:
    """A map per task: subsets tested in rows, subsets trained on in columns."""
    table = results.transfer
    if table is None or table.empty:
        return "no task has models of several single subsets."
    shown = [map_of(rows, results.verdicts, results.references) for _, rows in table.groupby("task_id", sort=False)]
    shown = [cells for cells in shown if len(cells)]
    if not shown:
        return "there are only scores of references, which use no features."
    most = max(cells["train_subset"].nunique() for cells in shown)
    room = _WIDTH * page.scale if page.width is None else 0.7 * page.width
    cell = min(max(page.scale * _CELL[1], _numbers_width(shown, page)), max(page.scale * _CELL[0], room / most))
    names = {name for cells in shown for name in cells["train_subset"]}
    width = max(page.text_width(_wrapped(name, cell, page), page.small) for name in names)
    grid = Grid(
        max(most * cell, _LEAST_WIDTH * page.scale),
        tick_labels=width,
        tick_height=width,
        gap=width + 0.3,
        row_gap=0.3,
        share_y=False,
        square=True,
        legend=[Key("skill:"), *(Key(text, _COLORS[at], "s") for at, text in _MEANINGS.items())],
    )
    panels = [_panel(cells, cell, grid.width, page) for cells in shown]
    room = _WIDTH * page.scale if page.width is None else page.width - 2 * page.line - width - 0.5
    columns = max(1, int((room + grid.gap) / (grid.width + grid.gap)))
    return page.drawn(in_rows(panels, columns), grid, pd.concat(shown))


def _numbers_width(shown: Sequence[pd.DataFrame], page: Page) -> float:
    """Of a cell that the numbers of all maps fit into."""
    texts = {column_measure(row.measure).number(row.mean) for cells in shown for row in cells.itertuples()}
    return max(page.text_width(text, page.small) for text in texts) / _FILLED


def _panel(cells: pd.DataFrame, cell: float, width: float, page: Page) -> Panel:
    measure = column_measure(cells["measure"].iloc[0])
    side = cell * cells["train_subset"].nunique()
    return Panel(
        partial(_draw_map, cells=cells, cell=cell, width=width, page=page),
        side,
        title=f"{cells['task_id'].iloc[0]}\n{cells['algorithm'].iloc[0]}, {measure.axis_label}",
        x_label="trained on",
        x_center=side / 2 / width,
        y_label="tested on",
    )


def _wrapped(name: str, cell: float, page: Page) -> str:
    """A subset's name beside its row: in two lines where a row has room for them."""
    return page.wrap(name, _NAME, page.small) if cell > 2.5 * page.line else name


def _draw_map(axes: "Axes", cells: pd.DataFrame, cell: float, width: float, page: Page) -> None:
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    subsets = list(cells["test_subset"].unique())
    skill = _square(cells, "skill", subsets)
    colors = LinearSegmentedColormap.from_list("skill", list(_COLORS.values()))
    axes.imshow(np.ma.masked_invalid(skill), cmap=colors, vmin=-1, vmax=1, aspect="auto")
    axes.set_xlim(-0.5, width / cell - 0.5)
    axes.set_ylim(len(subsets) - 0.5, -0.5)
    names = [_wrapped(name, cell, page) for name in subsets]
    axes.set_xticks(range(len(subsets)), names, rotation=90, size=page.small)
    axes.set_yticks(range(len(subsets)), names, size=page.small)
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for number in range(len(subsets)):  # same, with which the other cells of a row are compared
        frame = Rectangle((number - 0.5, number - 0.5), 1, 1, fill=False, edgecolor=TEXT, lw=0.9, zorder=3)
        axes.add_patch(frame)
    measure = column_measure(cells["measure"].iloc[0])
    texts = [[measure.number(value) for value in row] for row in _square(cells, "mean", subsets)]
    if max(page.text_width(text, page.small) for row in texts for text in row) > _FILLED * cell:
        return
    for row, column in np.ndindex(skill.shape):
        dark = abs(skill[row, column]) > 0.55  # False where it is NaN
        axes.text(
            column, row, texts[row][column], size=page.small, ha="center", va="center",
            color="white" if dark else TEXT,
        )  # fmt: skip


def _square(cells: pd.DataFrame, values: str, subsets: list[str]) -> np.ndarray:
    """Values of the cells: subsets tested in rows, subsets trained on in columns; NaN for a missing cell."""
    table = cells.pivot(index="test_subset", columns="train_subset", values=values)
    return np.asarray(table.reindex(index=subsets, columns=subsets), dtype=float)


FIGURES = (
    Figure(
        name="transfer",
        title="Who can stand in for whom?",
        caption="Each subset's own model (columns) on the same fold of every subset (rows): mean over the folds. Framed: same, "
        "with which a row is compared. Blue: it predicts there too, the darker the better (skill 1 is perfect); pale: no "
        "better than guessing; orange: worse. A column that is blue throughout is a donor, a row that is blue in its "
        "frame alone is a subset that no other can stand in for.",
        group="results",
        when=lambda facts: facts.has_transfer,
        draw=_transfer,
        per_measure=True,
        order=45,
    ),
)
