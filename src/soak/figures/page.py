"""The page that a figure is drawn on: style, panels with the texts around them, and the files that it becomes.

Matplotlib takes a second to import, and the catalogue of figures is imported by every job: so it is imported in the
functions that draw.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from soak.figures.settings import FigureSettings, StyleSettings, check_font
from soak.files import atomic
from soak.measures import needs_power, power_of_ten
from soak.tables import write_csv

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.figure import Figure

# Okabe and Ito's palette (Color Universal Design, 2008), which readers with any kind of colour vision can tell apart.
# Same, other, all and the sets of a training have the same colour and marker in every figure and in the report.
COLORS = {
    "same": "#0072B2",
    "other": "#D55E00",
    "all": "#009E73",
    "subtrain": "#000000",
    "validation": "#E69F00",
    "both": "#CC79A7",
    "neither": "#999999",
}
MARKERS = {"same": "o", "other": "s", "all": "^", "subtrain": "o", "validation": "s", "both": "D", "neither": "o"}
TRAIN_SUBSETS = ("same", "other", "all")
PAGES = "pages"  # folder beside the figures: further pages of figures that one page cannot hold
FRAME = "Frame"  # name of the metadata of PNG files: heights of heading and caption in inches
GREY = "#6e6e6e"
TEXT = "#222222"

_MARGIN = 0.12  # inches around everything
_MOST_HEIGHT = 14.0  # inches of panels and their texts on a page
_LEAST_WIDTH = 5.0  # inches, at 8 points: room for a caption that can be read
_MOST_STRETCHED = 2.0  # times the width that a panel has by itself
_CONTRAST = 4.5  # of text on white, at least (WCAG 2.2, success criterion 1.4.3)
_KEY_WIDTH = 3.2  # font sizes: of an entry of the legend, beside its text
_APART = 0.4  # lines: between a heading that several panels have in common and their titles
_MEASURED_DPI = 720  # of measured text: so fine that hinting does not matter
# No dates and no versions, so that equal figures are equal files.
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": None},
    "svg": {"Date": None, "Creator": None},
}


class Drawn(NamedTuple):
    """A matplotlib figure, and the numbers that it shows."""

    figure: "Figure"
    data: pd.DataFrame


class DrawnPages(Drawn):
    """The same of a figure that one page cannot hold: the first page, and the further ones."""

    pages: "Sequence[Figure]" = ()


def in_pages(figures: "Sequence[Figure]", data: pd.DataFrame) -> Drawn:
    """A figure of one or more pages."""
    drawn = DrawnPages(figures[0], data)
    drawn.pages = tuple(figures[1:])
    return drawn


@dataclass(frozen=True)
class Panel:
    """One panel of a figure, and the texts around it.

    Attributes
    ----------
    draw : function of a matplotlib Axes
    height : float
        In inches. The panels of a row may differ: they are aligned at their tops.
    heading : str
        First line of the title: what it has in common with its neighbours. Headings that are too long for a line, or that
        would stand in several rows, stand once above all panels that have them in common.
    title : str
        Above the panel, wrapped to its width.
    x_label : str
        Below the tick labels, wrapped to the room there; a panel without one has no tick labels on its x axis.
    x_scale : hashable, optional
        What panels have in common whose x axes have the same limits, unit and label: of such panels below each other only the
        lowest has tick labels and label, as facets have them.
    x_center : float
        Where the label is centred, as a share of the panel's width.
    y_label : str
        Left of all panels, read upwards; of a row's first panel only.
    row_name : str
        Left of the row, of its first panel only.
    side : str
        Right of the panel, read downwards: what the panels of a row have in common.
    side_color : str
    """

    draw: "Callable[[Axes], None]"
    height: float
    heading: str = ""
    title: str = ""
    x_label: str = ""
    x_scale: Hashable = None
    x_center: float = 0.5
    y_label: str = ""
    row_name: str = ""
    side: str = ""
    side_color: str = TEXT


@dataclass(frozen=True)
class Key:
    """An entry of a legend; ``marker`` and ``line`` as matplotlib names them, empty for none."""

    label: str
    color: str = "none"
    marker: str = ""
    line: str = ""
    hollow: bool = False


@dataclass(frozen=True)
class Grid:
    """Where the panels of a figure stand; lengths in inches.

    Attributes
    ----------
    width : float
        Of each panel.
    tick_labels : float
        Width of the tick labels at the left.
    tick_height : float or None
        Height of the tick labels below; default one line.
    gap : float
        Between columns.
    row_gap : float
        Above a row without titles.
    right : float
        Free space at the right, for what a panel writes there.
    written : float
        Width of what each panel writes at its right, before its ``side``.
    share_y : bool
        Whether only the first panel of a row has tick labels on its y axis.
    small_titles : bool
        Whether the panels' titles are in small type.
    square : bool
        Whether the panels keep their width on a page of a given width: those of pictures and matrices.
    heading : str
        In place of the page's title.
    legend : sequence of Key
        In a line above all panels.
    """

    width: float
    tick_labels: float = 0.0
    tick_height: float | None = None
    gap: float = 0.15
    row_gap: float = 0.1
    right: float = 0.0
    written: float = 0.0
    share_y: bool = True
    small_titles: bool = False
    square: bool = False
    heading: str = ""
    legend: Sequence[Key] = ()


@dataclass(frozen=True)
class Page:
    """A page for one figure: heading, caption, and the style of all that stands on it; lengths in inches.

    Parameters
    ----------
    title : str
        Its heading.
    caption : str
        The text below it that says how to read it.
    settings : StyleSettings
    titles : bool
        Whether heading and caption are written at all.
    width : float, optional
        Of the page; default: what the panels take.
    """

    title: str = ""
    caption: str = ""
    settings: StyleSettings = field(default_factory=StyleSettings)
    titles: bool = True
    width: float | None = None

    @property
    def size(self) -> float:
        """Font size in points."""
        return self.settings.font_size

    @property
    def small(self) -> float:
        """Font size of small type in points."""
        return 0.875 * self.size

    @property
    def line(self) -> float:
        """Height of a line of text."""
        return 1.3 * self.size / 72

    @property
    def number_width(self) -> float:
        """Room for the numbers at the ticks of a y axis, of which the width is known only when it is drawn."""
        return 3 * self.line

    @property
    def scale(self) -> float:
        return self.settings.scale

    def color(self, name: str) -> str:
        """The colour of same, other, all, subtrain, validation, both or neither."""
        return self.settings.colors.get(name, COLORS[name])  # type: ignore[call-overload, no-any-return]

    def text_color(self, name: str) -> str:
        """The same colour for text: darker where white behind it leaves too little contrast."""
        return _readable(self.color(name))

    @property
    def names_width(self) -> float:
        """Room for names beside a panel, before they are wrapped."""
        return 2.2 if self.width is None else min(2.2, 0.28 * self.width)

    @property
    def room(self) -> float:
        """Width between the margins, of a page of a given width."""
        return (self.width or 0.0) - 2 * _MARGIN

    def fit(self, grid: Grid, most: int, *, least: float = 0.0, beside: float = 0.0) -> tuple[Grid, int]:
        """Panels side by side that the page has room for, and the grid with their width.

        Parameters
        ----------
        grid : Grid
            With the width that a panel has where the page is as wide as it takes.
        most : int
            Panels side by side at most.
        least : float
            Width that a panel needs at least; default: 60 % of that of the grid.
        beside : float
            What stands beside the panels but for the tick labels: a label of the y axis, names of rows.
        """
        if self.width is None:
            return grid, most
        least = min(least or 0.6 * grid.width, grid.width)
        room = self.room - beside - grid.right - (grid.tick_labels + 0.1 if grid.tick_labels else 0)
        columns = max(1, min(most, int((room + grid.gap) / (least + grid.gap) + 1e-9)))
        width = (room - (columns - 1) * grid.gap) / columns
        stretched = grid.width * (1.0 if grid.square else _MOST_STRETCHED)
        return replace(grid, width=max(0.3, min(width, stretched))), columns

    def train_subsets_legend(self, names: Iterable[str]) -> list[Key]:
        """The legend of figures that show same, other and all in one panel."""
        return [Key("trained on"), *(Key(name, self.color(name), MARKERS[name], "-") for name in names)]

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Draw and save in this style, whatever matplotlib's settings were before.

        Raises
        ------
        SoakError
            If there is no font of the configured name.
        """
        import matplotlib as mpl

        check_font(self.settings.font)
        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(self._parameters())  # type: ignore[arg-type]
            yield

    def _parameters(self) -> dict[str, Any]:
        """Matplotlib's rcParams."""
        return {
            "font.family": self.settings.font,
            "font.size": self.size,
            "axes.titlesize": self.size,
            "axes.labelsize": self.size,
            "xtick.labelsize": self.small,
            "ytick.labelsize": self.size,
            "legend.fontsize": self.size,
            "legend.frameon": False,
            "axes.edgecolor": "#b0b0b0",
            "axes.linewidth": 0.6,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "grid.color": "#e6e6e6",
            "grid.linewidth": 0.6,
            "xtick.color": GREY,
            "ytick.color": GREY,
            "xtick.labelcolor": TEXT,
            "ytick.labelcolor": TEXT,
            "xtick.major.size": 2.5,
            "ytick.major.size": 0,
            "lines.linewidth": 1.2,
            "text.hinting": "no_hinting",  # text is as wide in PNG as in PDF, and as measured
            "text.parse_math": False,  # a $ in a name is a $
            "pdf.fonttype": 42,  # TrueType: text stays text in the PDF
            "svg.fonttype": "none",
            "svg.hashsalt": "soak",  # names of the SVG's parts do not change from run to run
        }

    # Text

    def text_width(self, text: str, size: float | None = None, weight: str = "normal") -> float:
        """Width of the longest line of a text."""
        return max(_line_width(line, self.settings.font, size or self.size, weight) for line in text.split("\n"))

    def longest_word(self, text: str, size: float | None = None, weight: str = "normal") -> float:
        """Width of the longest word of a text: of a line so wide `wrap` breaks none."""
        return max(self.text_width(word, size, weight) for word in text.split())

    def wrap(self, text: str, width: float, size: float | None = None, weight: str = "normal") -> str:
        """Break a text into lines of at most the given width: at spaces; words that are too long after _ - . /, or anywhere."""
        return "\n".join(part for line in text.split("\n") for part in self._wrapped(line, width, size, weight))

    def _wrapped(self, text: str, width: float, size: float | None, weight: str) -> list[str]:
        lines, line = [], ""
        words = re.findall(r" *[^ ]+ *|^ +$", text)
        pieces = [[word] if self.text_width(word.rstrip(), size, weight) <= width else _pieces(word) for word in words]
        for piece in chain.from_iterable(pieces):
            if line and self.text_width((line + piece).rstrip(), size, weight) > width:
                lines.append(line.rstrip())
                line = ""
            line += piece
            while self.text_width(line.rstrip(), size, weight) > width and len(line.rstrip()) > 1:
                cut = len(line.rstrip()) - 1
                while cut > 1 and self.text_width(line[:cut], size, weight) > width:
                    cut -= 1
                lines.append(line[:cut])
                line = line[cut:]
        return [*lines, line.rstrip()]

    # Panels

    def figure(self, rows: Sequence[Sequence[Panel]], grid: Grid) -> "Figure":
        """Draw rows of panels, as large as their content, with the heading above and the caption below.

        Rows may have different numbers of panels. What a panel's ``draw`` does to its axes is kept, but for the tick
        labels that the neighbours share.
        """
        return _Layout(self, rows, grid).draw()

    def drawn(self, rows: Sequence[Sequence[Panel]], grid: Grid, data: pd.DataFrame) -> Drawn:
        """Rows of panels on as many pages as they take, with the numbers that they show.

        A page ends below a row that has labels of its x axes: rows above it without any belong to it.
        """
        blocks: list[list[Sequence[Panel]]] = [[]]
        for row in rows:
            blocks[-1].append(row)
            if any(panel.x_label for panel in row):
                blocks.append([])
        pages: list[list[Sequence[Panel]]] = [[]]
        filled = 0.0
        for block in filter(None, blocks):
            own = sum(max(panel.height for panel in row) + 0.12 for row in block) + 6 * self.line
            if pages[-1] and filled + own > _MOST_HEIGHT * self.scale:
                pages.append([])
                filled = 0.0
            filled += own
            pages[-1] += block
        return in_pages([self.figure(part, grid) for part in pages], data)

    def nothing(self, reason: str) -> Drawn:
        """The page of a figure that this run has no numbers for: it says why, where the figure is expected."""
        width = 4.6 if self.width is None else self.room

        def write(axes: "Axes") -> None:
            axes.set_axis_off()
            axes.text(0, 1, self.wrap(f"Nothing to draw: {reason}", width - _MARGIN), va="top", color=GREY)

        figure = self.figure([[Panel(write, 3 * self.line)]], Grid(width))
        return Drawn(figure, pd.DataFrame({"nothing_to_draw": [reason]}))


def save(drawn: Drawn, folder: Path, name: str, settings: FigureSettings, further: str = PAGES) -> list[Path]:
    """Write a figure as NAME.png and in the other formats, and the numbers that it shows as NAME.csv.

    A PDF file has all pages of a figure; of the other formats the further pages are FURTHER/NAME_2.png, …, in a folder beside
    the figures. Equal figures give equal bytes.
    """
    _without_layout_tables()
    figure, data = drawn
    pages = drawn.pages if isinstance(drawn, DrawnPages) else ()
    paths = []
    for kind in settings.formats:
        with atomic(folder / f"{name}.{kind}") as temporary:
            if kind == "pdf" and pages:
                _save_pages([figure, *pages], temporary)
            else:
                figure.savefig(temporary, format=kind, dpi=settings.style.dpi, metadata=_metadata(figure, kind))
        paths.append(folder / f"{name}.{kind}")
        for number, page in enumerate(pages if kind != "pdf" else (), start=2):
            with atomic(folder / further / f"{name}_{number}.{kind}") as temporary:
                page.savefig(temporary, format=kind, dpi=settings.style.dpi, metadata=_metadata(page, kind))
    write_csv(data, folder / f"{name}.csv", settings.csv_safe)
    return [*paths, folder / f"{name}.csv"]


@cache
def _without_layout_tables() -> None:
    """Fonts go into PDF files without the tables by which text is laid out: it is, and to read them takes a sixth of the time of all figures."""
    from fontTools import subset

    options: Any = subset.Options  # matplotlib has no setting for what it drops
    options._drop_tables_default = [*options._drop_tables_default, "GDEF", "GPOS", "GSUB"]


def _metadata(figure: "Figure", kind: str) -> dict[str, Any]:
    """Of a file; a PNG file says how high heading and caption are, which the report writes as text instead."""
    frame = str(figure.get_label())
    return _METADATA[kind] | ({FRAME: frame} if kind == "png" and frame else {})


def _save_pages(pages: "Sequence[Figure]", path: Path) -> None:
    from matplotlib.backends.backend_pdf import PdfPages

    with PdfPages(path, metadata=_METADATA["pdf"]) as file:
        for page in pages:
            file.savefig(page)


class _Layout:
    """Rows of panels on a page: texts are wrapped first, so that each has the room that it takes."""

    def __init__(self, page: Page, rows: Sequence[Sequence[Panel]], grid: Grid) -> None:
        self.page, self.rows = page, (rows := _shared_axes(rows))
        self.title_size = page.small if grid.small_titles else page.size
        self.row_names = [page.wrap(row[0].row_name, min(1.4, page.names_width)) for row in rows]
        # From a panel's lower edge to the label of its x axis: ticks, their labels, some air.
        self.x_offset = (page.line if grid.tick_height is None else grid.tick_height) + page.size / 72
        self.y_labels = [page.wrap(row[0].y_label, row[0].height) for row in rows]
        beside = max(grid.tick_labels, *(page.text_width(name) for name in self.row_names if name), 0)
        y_lines = max(map(_n_lines, self.y_labels))
        self.left = (beside + 0.1 if beside else 0) + (page.line * y_lines + 0.05 if y_lines else 0)
        sides = [_n_lines(panel.side) for row in rows for panel in row]
        self.right = max(grid.right, grid.written, page.line * max(sides) + 0.1 + grid.written if max(sides) else 0)
        self.grid = grid = self._filling(grid)
        self.headings = self._headings()
        self.titles = [
            [page.wrap(self._title(panel), grid.width, self.title_size) if self._title(panel) else "" for panel in row]
            for row in rows
        ]
        self.x_labels = [[page.wrap(panel.x_label, self._label_width(panel, row)) for panel in row] for row in rows]

    def _headings(self) -> list[list[tuple[int, str]]]:
        """Of each row the headings that stand above it, each with its first column.

        None where all fit into the titles, and none would be repeated in the titles of one row after the other.
        """
        page, width, gap = self.page, self.grid.width, self.grid.gap
        of_rows = [{panel.heading for panel in row if panel.heading} for row in self.rows]
        every = set().union(*of_rows)
        fits = all(page.text_width(heading, self.title_size) <= width for heading in every)
        if fits and sum(map(len, of_rows)) == len(every):
            return [[] for _ in self.rows]
        above, before = [], ""
        for row in self.rows:
            starts = [
                n for n, panel in enumerate(row) if panel.heading and (n == 0 or panel.heading != row[n - 1].heading)
            ]
            spans = [end - start for start, end in zip(starts, [*starts, len(row)][1:], strict=True)]
            shown = [
                (start, page.wrap(row[start].heading, span * (width + gap) - gap, self.title_size))
                for start, span in zip(starts, spans, strict=True)
                if row[start].heading != before
            ]
            above.append(shown)
            before = row[starts[-1]].heading if starts else before
        return above

    def _title(self, panel: Panel) -> str:
        """Of a panel, with its heading if none stands above the rows."""
        return "\n".join(filter(None, ("" if any(self.headings) else panel.heading, panel.title)))

    def _label_width(self, panel: Panel, row: Sequence[Panel]) -> float:
        """Room for the label of an x axis, which is centred: that of a panel alone may be wider than the panel."""
        if len(row) == 1:
            return self.grid.width + 2 * min(self.left, self.right)
        return min(1.0, 2 * min(panel.x_center, 1 - panel.x_center) + self.grid.gap / self.grid.width) * self.grid.width

    def _filling(self, grid: Grid) -> Grid:
        """The grid with panels that fill a page of a given width."""
        if self.page.width is None or grid.square:
            return grid
        columns = max(map(len, self.rows))
        room = self.page.room - self.left - self.right - (columns - 1) * grid.gap
        return replace(grid, width=max(0.3, min(room / columns, _MOST_STRETCHED * grid.width)))

    def draw(self) -> "Figure":
        from matplotlib.figure import Figure

        page, grid = self.page, self.grid
        columns = max(map(len, self.rows))
        inner = self.left + columns * grid.width + (columns - 1) * grid.gap + self.right
        least = min(_LEAST_WIDTH * max(1.0, page.size / 8), page.width or 99)
        width = page.width or max(max(inner, self.left + self._length(grid.legend)) + 2 * _MARGIN, least)
        text_width = width - 2 * _MARGIN
        heading = caption = ""
        if page.titles:
            heading = page.wrap(grid.heading or page.title, text_width, 1.15 * page.size, "bold")
            caption = page.wrap(page.caption, text_width, page.small) if page.settings.caption else ""
        legend = self._legend_lines(text_width)
        top = _MARGIN + 1.2 * page.line * _n_lines(heading) + (page.line * len(legend) + 0.1 if legend else 0)
        below = _MARGIN + (0.9 * page.line * _n_lines(caption) + 0.08 if caption else 0)
        above = [self._above(number) for number in range(len(self.rows))]
        heights = [max(panel.height for panel in row) for row in self.rows]
        height = top + sum(above) + sum(heights) + (self._below(len(self.rows) - 1) or 0.12) + below

        figure = Figure(figsize=(width, height), facecolor="white")
        around = (
            _MARGIN + 1.2 * page.line * _n_lines(heading) if heading else 0,
            _MARGIN + 0.9 * page.line * _n_lines(caption) + 0.03 if caption else 0,
        )
        figure.set_label(" ".join(f"{inches:.4f}" for inches in around))  # heights of heading and caption: see `save`
        left = _MARGIN / width
        if heading:
            figure.text(left, 1 - _MARGIN / height, heading, va="top", ha="left", size=1.15 * page.size, weight="bold")
        if caption:
            figure.text(left, _MARGIN / height, caption, va="bottom", ha="left", size=page.small, color=GREY)
        at = _MARGIN + (self.left if self._length(grid.legend) + self.left <= text_width else 0)
        for number, keys in enumerate(reversed(legend)):
            self._legend(figure, keys, (at / width, 1 - (top - number * page.line) / height))
        y = height - top
        for number, row in enumerate(self.rows):
            y -= above[number]
            for column, panel in enumerate(row):
                x = _MARGIN + self.left + column * (grid.width + grid.gap)
                box = (x / width, (y - panel.height) / height, grid.width / width, panel.height / height)
                self._panel(figure.add_axes(box), number, column)
            y -= heights[number]
        return figure

    def _above(self, number: int) -> float:
        """Free space above a row: for its titles, and for the labels of the row before."""
        titles: float = max(map(_n_lines, self.titles[number]))
        if self.headings[number]:
            titles += _APART + max(_n_lines(text) for _, text in self.headings[number])
        if number == 0:
            return self.page.line * titles + 0.12 if titles else 0.06
        return self._below(number - 1) + (self.page.line * titles + 0.12 if titles else self.grid.row_gap)

    def _below(self, number: int) -> float:
        """Height of the tick labels and labels of the x axes of a row."""
        lines = max(map(_n_lines, self.x_labels[number]))
        return self.x_offset + self.page.line * lines + 0.06 if lines else 0

    def _panel(self, axes: "Axes", number: int, column: int) -> None:
        panel = self.rows[number][column]
        panel.draw(axes)
        axes.set(xlabel="", ylabel="")
        _write_powers(axes)
        axes.tick_params(labelbottom=bool(panel.x_label), labelleft=not (column and self.grid.share_y))
        if self.titles[number][column]:
            _beside(axes, self.titles[number][column], (0, 1), (0, 3), ha="left", va="bottom", size=self.title_size)
        for start, heading in self.headings[number]:
            if start == column:
                height = 72 * self.page.line * (_APART + max(map(_n_lines, self.titles[number])))
                _beside(axes, heading, (0, 1), (0, 3 + height), ha="left", va="bottom", size=self.title_size)
        if panel.x_label:
            label, offset = self.x_labels[number][column], (0, -72 * self.x_offset)
            _beside(axes, label, (panel.x_center, 0), offset, ha="center", va="top")
        if panel.side:
            _beside(
                axes, panel.side, (1, 0.5), (4 + 72 * self.grid.written, 0), ha="left", va="center", rotation=270, weight="bold",
                color=_readable(panel.side_color),
            )  # fmt: skip
        if column == 0 and panel.row_name:
            _beside(axes, self.row_names[number], (0, 0.5), (-4, 0), ha="right", va="center")
        if column == 0 and panel.y_label:
            label = self.y_labels[number]
            _beside(axes, label, (0, 0.5), (-72 * self.left, 0), ha="left", va="center", rotation=90)

    def _length(self, keys: Sequence[Key]) -> float:
        """Width of a line of a legend."""
        return sum(self.page.text_width(key.label) + _KEY_WIDTH * self.page.size / 72 for key in keys)

    def _legend_lines(self, width: float) -> list[list[Key]]:
        """The keys of the legend in lines that are not too wide."""
        lines: list[list[Key]] = []
        for key in self.grid.legend:
            if lines and self._length([*lines[-1], key]) <= width:
                lines[-1].append(key)
            else:
                lines.append([key])
        return lines

    def _legend(self, figure: "Figure", keys: Sequence[Key], place: tuple[float, float]) -> None:
        from matplotlib.lines import Line2D

        handles = [
            Line2D(
                [], [], color=key.color, marker=key.marker, mfc="none" if key.hollow else key.color, ls=key.line, ms=4.5,
                lw=1.6, label=key.label,
            )
            for key in keys
        ]  # fmt: skip
        figure.legend(
            handles=handles, loc="lower left", bbox_to_anchor=place, ncols=len(handles), borderaxespad=0,
            borderpad=0.2, handlelength=1.4, columnspacing=1.2, handletextpad=0.5,
        )  # fmt: skip


def _write_powers(axes: "Axes") -> None:
    """Large and small numbers with their power of ten at each tick, not once at the end of the axis, where labels stand."""
    from matplotlib.ticker import ScalarFormatter

    for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        if isinstance(axis.get_major_formatter(), ScalarFormatter) and needs_power(max(map(abs, limits))):
            axis.set_major_formatter(lambda value, _: power_of_ten(value) if value else "0")


def _shared_axes(rows: Sequence[Sequence[Panel]]) -> list[list[Panel]]:
    """The rows without labels of x axes that the panel below has too."""
    below = [*rows[1:], ()]
    return [
        [
            replace(panel, x_label="")
            if panel.x_scale is not None and column < len(under) and under[column].x_scale == panel.x_scale
            else panel
            for column, panel in enumerate(row)
        ]
        for row, under in zip(rows, below, strict=True)
    ]


def in_rows(items: Sequence[Any], most: int) -> list[Sequence[Any]]:
    """Items in rows of at most ``most``."""
    return [items[start : start + most] for start in range(0, len(items), most)]


def _beside(axes: "Axes", text: str, place: tuple[float, float], offset: tuple[float, float], **style: Any) -> None:
    """Write beside a panel: at ``place`` (shares of its width and height), moved by ``offset`` points."""
    axes.annotate(
        text, place, offset, xycoords="axes fraction", textcoords="offset points", annotation_clip=False,
        **({"color": TEXT} | style),
    )  # fmt: skip


@cache
def _readable(color: str) -> str:
    """A colour, made darker until text in it is readable on white."""
    from matplotlib.colors import to_hex, to_rgb

    rgb = to_rgb(color)
    while 1.05 / (_luminance(rgb) + 0.05) < _CONTRAST:
        rgb = (0.96 * rgb[0], 0.96 * rgb[1], 0.96 * rgb[2])
    return to_hex(rgb)


def _luminance(rgb: Sequence[float]) -> float:
    """Relative luminance of a colour in sRGB, as WCAG 2.2 defines it."""
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _n_lines(text: str) -> int:
    """Number of lines of a text; 0 of an empty text."""
    return 1 + text.count("\n") if text else 0


@cache
def _renderer() -> "RendererAgg":
    from matplotlib.backends.backend_agg import RendererAgg

    return RendererAgg(10, 10, _MEASURED_DPI)  # type: ignore[no-untyped-call]


@cache
def _line_width(line: str, font: str, size: float, weight: str) -> float:
    """Width of a text in inches, and 2 % more for the rounding of a renderer."""
    from matplotlib.font_manager import FontProperties

    properties = FontProperties(family=font, size=size, weight=weight)
    measure: Any = _renderer().get_text_width_height_descent
    width, _, _ = measure(line or " ", properties, ismath=False)
    return 1.02 * float(width) / _MEASURED_DPI


def _pieces(text: str) -> list[str]:
    """The parts between which a line may break; each keeps its space or sign at its end."""
    pieces, piece = [], ""
    for position, sign in enumerate(text):
        piece += sign
        following = text[position + 1 : position + 2]
        if sign == " " or (sign in "_-./" and following.isalpha()):
            pieces.append(piece)
            piece = ""
    return [*pieces, piece] if piece else pieces
