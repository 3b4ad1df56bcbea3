"""One look for all figures: colours of things, fonts, sizes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

from soak.figures.colors import COLORS, GREY
from soak.figures.settings import StyleSettings, check_font

_DPI = 720  # of measured text: so fine that hinting does not matter


@dataclass(frozen=True)
class Style:
    """How the figures of one run look; lengths in inches."""

    settings: StyleSettings = field(default_factory=StyleSettings)

    def color(self, name: str) -> str:
        return self.settings.colors.get(name, COLORS[name])  # type: ignore[call-overload, no-any-return]

    @property
    def size(self) -> float:
        """Font size in points."""
        return self.settings.font_size

    @property
    def small(self) -> float:
        return 0.875 * self.size

    @property
    def line(self) -> float:
        """Height of a line of text."""
        return 1.3 * self.size / 72

    @property
    def scale(self) -> float:
        return self.settings.scale

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Matplotlib's own settings of this style, whatever was set before, for the time of a drawing."""
        check_font(self.settings.font)
        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(self._rc())  # type: ignore[arg-type]
            yield

    def _rc(self) -> dict[str, Any]:
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
            "xtick.labelcolor": "#222222",
            "ytick.labelcolor": "#222222",
            "xtick.major.size": 2.5,
            "ytick.major.size": 0,
            "lines.linewidth": 1.2,
            "text.hinting": "no_hinting",  # text is as wide in PNG as in PDF, and as measured
            "text.parse_math": False,  # a $ in a name is a $
            "pdf.fonttype": 42,  # TrueType: text stays text in the PDF
            "svg.fonttype": "none",
            "svg.hashsalt": "soak",  # names of the SVG's parts do not change from run to run
        }

    def text_width(self, text: str, size: float | None = None, weight: str = "normal") -> float:
        """Width of the longest line of a text."""
        return max(_line_width(line, self.settings.font, size or self.size, weight) for line in text.split("\n"))

    def wrap(self, text: str, width: float, size: float | None = None, weight: str = "normal") -> str:
        """Break a text into lines of at most the given width: at spaces, after _ - . /, or wherever it must be."""
        lines, line = [], ""
        for piece in _pieces(text):
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
        return "\n".join([*lines, line.rstrip()])


@cache
def _renderer() -> RendererAgg:
    return RendererAgg(10, 10, _DPI)  # type: ignore[no-untyped-call]


@cache
def _line_width(line: str, font: str, size: float, weight: str) -> float:
    properties = FontProperties(family=font, size=size, weight=weight)
    measure: Any = _renderer().get_text_width_height_descent
    width, _, _ = measure(line or " ", properties, ismath=False)
    return 1.02 * float(width) / _DPI


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
