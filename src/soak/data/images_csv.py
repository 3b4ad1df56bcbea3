"""The CSV files published for the paper: predefined.set, y, then the pixels 0, 1, … as intensities in [0, 1].

The intensities are k / 255, written with up to 15 significant digits or as the nearest float32, so that k comes back
exactly and a pixel takes one byte instead of up to eighteen.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from soak.data.dataset import Dataset
from soak.data.delimited import DelimitedFile
from soak.data.values import exact, no_missing, numbers, whole_labels
from soak.errors import SoakError
from soak.matrix import RowsFile

PART, LABEL = "predefined.set", "y"
_ROUNDING = 1e-15  # half a unit in the 15th digit of a number below 1, and the doubles' own rounding


@dataclass
class _Columns:
    """Labels and parts, block by block."""

    labels: list[Any] = field(default_factory=list)
    parts: list[Any] = field(default_factory=list)
    rows: int = 0


@contextmanager
def images_csv(path: Path, where: str, name: str, rows: int | None, folder: Path) -> Iterator[Dataset]:
    """Read a published CSV file in bounded memory.

    Parameters
    ----------
    path, where
        The file, plain or packed, and what errors call it.
    name : str
        Of the data set.
    rows : int, optional
        The first rows only.
    folder : path
        A disk with room for the decoded pixels, which are mapped from there.

    Yields
    ------
    Dataset
        Its pixels are gone when the context ends. uint8 with scale 255 where the values are k / 255 (or all
        whole numbers up to 255), else float32 or float64 with scale 1, whichever is exact.
    """
    table = DelimitedFile.open(path, where)
    pixels = _pixel_columns(table)
    for encode in (_Levels(), _Bytes(), _Floats(np.float32), _Floats(np.float64)):
        with RowsFile(folder, len(pixels), encode.dtype) as file:
            columns = _decode(table, pixels, rows, encode, file)
            if columns is not None:
                yield _dataset(name, table, columns, file.matrix(), encode.scale)
                return


class _Encoding:
    """A way to store intensities in fewer bytes; exact or not at all."""

    dtype: Any = np.uint8
    scale = 255.0

    def __call__(self, values: NDArray[np.float64]) -> NDArray[Any] | None:
        raise NotImplementedError


class _Levels(_Encoding):
    """k / 255, written with 15 digits or as float32."""

    def __call__(self, values: NDArray[np.float64]) -> NDArray[Any] | None:
        levels = np.rint(values * 255)
        if levels.min() < 0 or levels.max() > 255:
            return None
        exact = levels / 255
        if np.abs(exact - values).max() > _ROUNDING and not np.array_equal(
            exact.astype(np.float32), values.astype(np.float32)
        ):
            return None
        return levels.astype(np.uint8)


class _Bytes(_Encoding):
    """Whole numbers from 0 to 255."""

    def __call__(self, values: NDArray[np.float64]) -> NDArray[Any] | None:
        if values.min() < 0 or values.max() > 255:
            return None
        levels = values.astype(np.uint8)
        return levels if np.array_equal(levels, values) else None


class _Floats(_Encoding):
    """The values as they are."""

    scale = 1.0

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype

    def __call__(self, values: NDArray[np.float64]) -> NDArray[Any] | None:
        return exact(values, self.dtype)


def _pixel_columns(table: DelimitedFile) -> list[str]:
    """The names 0, 1, …; what stands before them is the part and the label."""
    pixels = [name for name in table.names if name not in (PART, LABEL)]
    if LABEL not in table.names:
        raise SoakError(f"{table.where}, line 1: has no column {LABEL!r}; allowed: {PART}, {LABEL}, 0, 1, 2, …")
    for number, name in enumerate(pixels):
        if name != str(number):
            raise SoakError(
                f"{table.where}, line 1: column {table.names.index(name) + 1} is named {name!r} where '{number}' is "
                f"due; allowed: {PART}, {LABEL}, 0, 1, 2, …"
            )
    if not pixels:
        raise SoakError(f"{table.where}, line 1: has no pixels; allowed: {PART}, {LABEL}, 0, 1, 2, …")
    return pixels


def _decode(
    table: DelimitedFile, pixels: list[str], rows: int | None, encode: _Encoding, file: RowsFile
) -> _Columns | None:
    """Append the pixels to the file; None as soon as a value does not fit the encoding."""
    columns = _Columns()
    for batch in table.batches(dict.fromkeys(pixels, pa.float64())):
        batch = batch.slice(0, None if rows is None else rows - columns.rows)
        block = numbers(batch, pixels, table.where, columns.rows, "pixel")
        encoded = encode(block) if len(block) else block
        if encoded is None:
            return None
        file.append(encoded)
        columns.labels.append(batch.column(LABEL))
        if PART in table.names:
            columns.parts.append(batch.column(PART))
        columns.rows += len(batch)
        if columns.rows == rows:
            break
    if not columns.rows:
        raise SoakError(f"{table.where}: has a header line, but no rows")
    return columns


def _dataset(name: str, table: DelimitedFile, columns: _Columns, features: NDArray[Any], scale: float) -> Dataset:
    labels = no_missing(columns.labels, LABEL, table.where)
    part = None
    if columns.parts:
        part = no_missing(columns.parts, PART, table.where).to_numpy(zero_copy_only=False)
    return Dataset(name, features, scale, whole_labels(labels), part, image_shape(features.shape[1]))


def image_shape(n_pixels: int) -> tuple[int, ...] | None:
    """Height and width of a square image, with three channels before them if only that is square; None if neither."""
    side = math.isqrt(n_pixels)
    if side * side == n_pixels:
        return side, side
    side = math.isqrt(n_pixels // 3)
    return (3, side, side) if 3 * side * side == n_pixels else None
