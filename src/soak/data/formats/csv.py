"""The CSV files published for the paper: predefined.set, y, then the pixels 0, 1, … as intensities in [0, 1].

The intensities are k / 255, written with up to 15 significant digits or as the nearest float32, so that k comes back
exactly and a pixel takes one byte instead of up to eighteen.
"""

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from pydantic import Field

from soak.data.base import DataFormat, RawFile
from soak.data.dataset import Dataset
from soak.data.delimited import DelimitedFile
from soak.data.form import Reading
from soak.data.numbers import BYTES, FLOAT32, FLOAT64, LEVELS, NumberTable, read_tables
from soak.data.settings import Hashes, Locations
from soak.data.sources import Source
from soak.errors import SoakError

PART, LABEL = "predefined.set", "y"
_EXPECTED = f"expected the columns {PART}, {LABEL}, 0, 1, 2, …"


class Csv(DataFormat):
    """A CSV file of images with the columns predefined.set (the part), y (the label), 0, 1, … (the pixels).

    Pixels that are k / 255, or whole numbers up to 255, are stored in a byte each; any others as they are.
    """

    csv: Locations
    hash: Hashes = Field(default=[])

    def files(self) -> dict[str, Source]:
        """The file."""
        return {"csv": Source(tuple(self.csv), tuple(self.hash))}

    def read(self, name: str, raw: Mapping[str, RawFile], folder: Path) -> AbstractContextManager[Dataset]:
        """Read the file in bounded memory."""
        text = DelimitedFile.open(raw["csv"].path, raw["csv"].label, Reading(delimiter=","))
        pixels = _pixels(text)
        table = NumberTable(text, LABEL, pixels, part_column=PART if PART in text.names else None)
        encodings = (LEVELS, BYTES, FLOAT32, FLOAT64)
        return read_tables(name, [table], encodings, square_shape(len(pixels)), self.rows, folder)


def _pixels(text: DelimitedFile) -> list[str]:
    """The columns of the pixels."""
    pixels = [name for name in text.names if name not in (PART, LABEL)]
    if LABEL not in text.names or not pixels:
        missing = "pixels" if LABEL in text.names else f"column {LABEL!r}"
        raise SoakError(f"{text.label}, line 1: {_EXPECTED}, got no {missing}")
    for number, name in enumerate(pixels):
        if name != str(number):
            place = text.names.index(name) + 1
            raise SoakError(f"{text.label}, line 1: {_EXPECTED}, got {name!r} in place of '{number}' (column {place})")
    return pixels


def square_shape(n_pixels: int) -> tuple[int, ...] | None:
    """Height and width of a square image, with three channels before them if only that is square; None if neither is.

    Examples
    --------
    >>> [square_shape(n) for n in (784, 64, 3072, 27648, 2, 10)]
    [(28, 28), (8, 8), (3, 32, 32), (3, 96, 96), None, None]
    """
    side = math.isqrt(n_pixels)
    if side * side == n_pixels:
        return side, side
    side = math.isqrt(n_pixels // 3)
    return (3, side, side) if 3 * side * side == n_pixels else None
