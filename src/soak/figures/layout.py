"""Figures as large as their content: panels of a given size, with room for what stands around them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soak.figures.captions import caption
from soak.figures.colors import GREY
from soak.figures.style import Style

MARGIN = 0.12  # inches around everything
LEAST_WIDTH = 5.0  # inches: room for a caption that can be read


@dataclass(frozen=True)
class Panels:
    """Rows of panels of equal width; all lengths in inches.

    Attributes
    ----------
    width : float
        Of each panel.
    heights, above : sequence of float
        Height of each row of panels, and the free space above it (for titles of the panels).
    columns : int
    left, right, bottom : float
        Free space beside the first and last column and below the last row (for labels).
    gap : float
        Between columns.
    """

    width: float
    heights: Sequence[float]
    above: Sequence[float]
    columns: int
    left: float
    bottom: float
    right: float = 0.0
    gap: float = 0.15


def draw_panels(panels: Panels, style: Style, heading: str, name: str) -> tuple[Figure, list[list[Axes]]]:
    """A figure with a heading, its panels, and the caption of the figure ``name`` below.

    Returns
    -------
    figure, axes
        Axes by row and column; remove those that stay empty.
    """
    inner = panels.left + panels.columns * panels.width + (panels.columns - 1) * panels.gap + panels.right
    width = max(inner + 2 * MARGIN, LEAST_WIDTH * max(1.0, style.size / 8))
    text = width - 2 * MARGIN
    heading = style.wrap(heading, text, 1.15 * style.size, "bold")
    note = style.wrap(caption(name), text, style.small) if style.settings.caption else ""
    heading_height = 1.2 * style.line * (1 + heading.count("\n"))
    note_height = (0.9 * style.line * (1 + note.count("\n")) + 0.08) if note else 0.0
    height = 2 * MARGIN + heading_height + sum(panels.above) + sum(panels.heights) + panels.bottom + note_height

    figure = Figure(figsize=(width, height), facecolor="white")
    figure.text(
        MARGIN / width, 1 - MARGIN / height, heading, va="top", ha="left", size=1.15 * style.size, weight="bold"
    )
    if note:
        figure.text(MARGIN / width, MARGIN / height, note, va="bottom", ha="left", size=style.small, color=GREY)
    axes: list[list[Axes]] = []
    top = height - MARGIN - heading_height
    for panel_height, above in zip(panels.heights, panels.above, strict=True):
        top -= above + panel_height
        axes.append([])
        for column in range(panels.columns):
            x = MARGIN + panels.left + column * (panels.width + panels.gap)
            place = (x / width, top / height, panels.width / width, panel_height / height)
            axes[-1].append(figure.add_axes(place))
    return figure, axes


def panel_title(axes: Axes, text: str, style: Style, color: str = "#222222") -> None:
    """A title above a panel, as wide as the panel: wrap it first."""
    axes.annotate(
        text, (0.0, 1.0), (0, 3), xycoords="axes fraction", textcoords="offset points", ha="left", va="bottom",
        size=style.size, color=color, annotation_clip=False,
    )  # fmt: skip


def side_title(axes: Axes, text: str, style: Style, color: str = "#222222") -> None:
    """A title at the right of a panel, read from top to bottom."""
    axes.annotate(
        text, (1.0, 0.5), (4, 0), xycoords="axes fraction", textcoords="offset points", ha="left", va="center",
        rotation=270, size=style.size, color=color, weight="bold", annotation_clip=False,
    )  # fmt: skip


def below(axes: Axes, text: str, style: Style) -> None:
    """The label of an x axis, centred below its panel; it may be wider than the panel."""
    axes.annotate(
        text, (0.5, 0.0), (0, -2.3 * style.size), xycoords="axes fraction", textcoords="offset points",
        ha="center", va="top", size=style.size, annotation_clip=False,
    )  # fmt: skip


def room_below(texts: Iterable[str], style: Style) -> float:
    """The height that tick labels and the labels of `below` take."""
    return style.line * (2 + max((text.count("\n") for text in texts), default=0)) + 0.17


def wrapped(labels: Sequence[str], style: Style, width: float) -> tuple[list[str], float, int]:
    """Labels in lines of at most ``width``: the texts, the width they take, the most lines of one."""
    texts = [style.wrap(label, width) for label in labels]
    taken = max((style.text_width(text) for text in texts), default=0.0)
    return texts, taken, max((1 + text.count("\n") for text in texts), default=1)


def chunks(counts: Sequence[int], most: int) -> list[list[tuple[int, int]]]:
    """Spread groups of columns over lines of at most ``most``: lists of (group, member).

    A group (the test subsets of a task) starts a new line if it would not fit into the rest of the last one.
    """
    lines: list[list[tuple[int, int]]] = [[]]
    for group, count in enumerate(counts):
        if lines[-1] and len(lines[-1]) + count > most:
            lines.append([])
        for member in range(count):
            if len(lines[-1]) == most:
                lines.append([])
            lines[-1].append((group, member))
    return [line for line in lines if line]
