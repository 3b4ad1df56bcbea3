"""Where figures go: NAME.png, further formats, and NAME.csv with the numbers drawn; the same bytes each time."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from soak.figures.settings import FigureSettings
from soak.figures.style import Style
from soak.files import atomic

# No dates and no versions, so that equal figures are equal files.
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": None},
    "svg": {"Date": None, "Creator": None},
}


@dataclass(frozen=True)
class FigureFolder:
    """A folder of figures in some formats and one style."""

    path: Path
    settings: FigureSettings = field(default_factory=FigureSettings)

    @property
    def style(self) -> Style:
        return Style(self.settings.style)

    def save(self, figure: Figure, name: str, data: pd.DataFrame) -> list[Path]:
        """Write a figure in all formats, and the numbers that it shows as NAME.csv."""
        paths = []
        for kind in self.settings.formats:
            with atomic(self.path / f"{name}.{kind}") as temporary:
                figure.savefig(temporary, format=kind, dpi=self.settings.style.dpi, metadata=_METADATA[kind])
            paths.append(self.path / f"{name}.{kind}")
        with atomic(self.path / f"{name}.csv") as temporary:
            data.to_csv(temporary, index=False, lineterminator="\n")
        return [*paths, self.path / f"{name}.csv"]
