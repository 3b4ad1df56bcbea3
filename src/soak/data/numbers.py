"""Tables of numbers with a label for each row, read block by block into a matrix on disk.

A file may be larger than memory: its numbers are written to a temporary file, which is mapped, in the smallest type
that holds all of them exactly. Types are tried in order, and the file is read again where a value does not fit.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from soak.data.dataset import Dataset
from soak.data.delimited import DelimitedFile
from soak.errors import SoakError
from soak.matrix import RowsFile

_ROUNDING = 1e-15  # half a unit in the 15th digit of a number below 1, and the rounding of doubles themselves


@dataclass(frozen=True)
class NumberTable:
    """A file of numbers, and what its columns are.

    Attributes
    ----------
    text : DelimitedFile
    label : str
        Column of the label.
    features : list of str
        Columns of the features: as many in each table of a data set.
    part : str
        The name of the part of all rows; "" for none.
    part_column : str, optional
        In place of ``part``: a column with the part of each row.
    parts : list of str, optional
        In place of ``part``: the part of each row.
    """

    text: DelimitedFile
    label: str
    features: list[str]
    part: str = ""
    part_column: str | None = None
    parts: list[str] | None = None


@dataclass(frozen=True)
class Encoding:
    """A type in which numbers are stored.

    Attributes
    ----------
    dtype : numpy type
    scale : float
        Stored values divided by it are the numbers, or intensities from 0 to 1.
    encode : function
        Gives a block of numbers as they are stored; None where that is not exact.
    """

    dtype: Any
    scale: float
    encode: Callable[[NDArray[np.float64]], NDArray[Any] | None]


def _levels(values: NDArray[np.float64]) -> NDArray[Any] | None:
    """Intensities k / 255, written with 15 digits or as the nearest float32, as k."""
    levels = np.rint(values * 255)
    if levels.min() < 0 or levels.max() > 255:
        return None
    exact = levels / 255
    if np.abs(exact - values).max() > _ROUNDING and not np.array_equal(
        exact.astype(np.float32), values.astype(np.float32)
    ):
        return None
    return levels.astype(np.uint8)


def _cast(dtype: Any) -> Callable[[NDArray[np.float64]], NDArray[Any] | None]:
    """The numbers themselves in a smaller type."""

    def encode(values: NDArray[np.float64]) -> NDArray[Any] | None:
        with np.errstate(over="ignore", invalid="ignore"):
            small = values.astype(dtype)
        return small if np.array_equal(small, values) else None

    return encode


LEVELS = Encoding(np.uint8, 255.0, _levels)
BYTES = Encoding(np.uint8, 255.0, _cast(np.uint8))
FLOAT32 = Encoding(np.float32, 1.0, _cast(np.float32))
FLOAT64 = Encoding(np.float64, 1.0, _cast(np.float64))


@contextmanager
def read_tables(
    name: str,
    tables: Sequence[NumberTable],
    encodings: Sequence[Encoding],
    image_shape: Sequence[int] | None,
    rows: int | None,
    folder: Path,
) -> Iterator[Dataset]:
    """Read tables into one data set, the rows of the first one first.

    Parameters
    ----------
    name : str
        The data set's name.
    tables : sequence of NumberTable
    encodings : sequence of Encoding
        Tried in this order; the last one holds any number.
    image_shape : sequence of int, optional
        If the features are pixels.
    rows : int, optional
        The first rows only.
    folder : path
        A disk with room for the features.

    Yields
    ------
    Dataset
        Its features are gone when the context ends.

    Raises
    ------
    SoakError
        A value that is missing, infinite or not a number, with its row and column.
    """
    for encoding in encodings:
        with RowsFile(folder, len(tables[0].features), encoding.dtype) as file:
            columns = _read(tables, encoding, rows, file)
            if columns is not None:
                shape = None if image_shape is None else tuple(image_shape)
                yield Dataset(name, file.matrix(), encoding.scale, *columns, shape)
                return


def _read(
    tables: Sequence[NumberTable], encoding: Encoding, rows: int | None, file: RowsFile
) -> tuple[NDArray[Any], NDArray[Any] | None] | None:
    """Append the features to the file: labels and parts of the rows, or None if a value does not fit the encoding."""
    labels: list[Any] = []
    parts: list[str] = []
    for table in tables:
        left = None if rows is None else rows - len(parts)
        if left == 0:
            break
        columns = _append(table, encoding, left, file)
        if columns is None:
            return None
        labels.append(columns[0])
        parts += columns[1]
    return _whole_numbers(pa.concat_arrays(labels)), np.array(parts) if any(parts) else None


def _append(
    table: NumberTable, encoding: Encoding, rows: int | None, file: RowsFile
) -> tuple[pa.Array, list[str]] | None:
    """Append the first rows of one table to the file: their labels and parts."""
    roles = [table.label, *([table.part_column] if table.part_column else [])]
    chunks: list[pa.RecordBatch] = []
    n_rows = n_kept = 0
    for batch in table.text.batches(dict.fromkeys(table.features, pa.float64()), [*roles, *table.features]):
        kept = batch.slice(0, None if rows is None else rows - n_kept)
        if len(kept):
            stored = encoding.encode(_numbers(kept, table, n_kept))
            if stored is None:
                return None
            file.append(stored)
            chunks.append(kept.select(roles))
        n_rows, n_kept = n_rows + len(batch), n_kept + len(kept)
        if n_kept == rows and table.parts is None:  # with parts, all rows are counted
            break
    if not n_rows:
        raise SoakError(f"{table.text.label}: has a header line, but no rows")
    if table.parts is not None and len(table.parts) != n_rows:
        raise SoakError(
            f"{table.text.label}: has {n_rows} rows, but the file of their parts has {len(table.parts)}; expected a "
            "part for each row"
        )
    parts = table.parts or [table.part] * n_kept
    if table.part_column is not None:
        parts = column_of(chunks, table.part_column, table.text.label).to_pylist()
    return column_of(chunks, table.label, table.text.label), parts[:n_kept]


def _numbers(batch: pa.RecordBatch, table: NumberTable, rows_before: int) -> NDArray[np.float64]:
    """The features of a batch as an array of shape (n_rows, n_features); all of them must be finite."""
    block = np.empty((len(table.features), len(batch)))
    for number, name in enumerate(table.features):
        block[number] = batch.column(name).to_numpy(zero_copy_only=False)
    bad = ~np.isfinite(block)
    if bad.any():
        row = int(bad.any(axis=0).argmax())
        column = table.features[int(bad[:, row].argmax())]
        raise SoakError(
            f"{table.text.label}, row {rows_before + row + 1}, column {column!r}: expected a finite number, got a "
            "missing or infinite value"
        )
    return np.ascontiguousarray(block.T)


def column_of(batches: Sequence[pa.RecordBatch], column: str, label: str) -> pa.Array:
    """A column of all batches, in which no value may be missing; ``label`` is what messages call the file."""
    values = pa.concat_arrays([batch.column(column) for batch in batches])
    if values.null_count:
        row = int(np.flatnonzero(pc.is_null(values).to_numpy(zero_copy_only=False))[0])
        raise SoakError(f"{label}, row {row + 1}, column {column!r}: the value is missing")
    return values


def _whole_numbers(values: pa.Array) -> NDArray[Any]:
    """Labels as whole numbers if all of them are, also where they are written as 6.0000; else as text."""
    for number in (pa.int64(), pa.float64()):
        try:
            return np.asarray(values.cast(number).cast(pa.int64()).to_numpy(zero_copy_only=False))
        except pa.ArrowInvalid:
            continue
    return np.asarray(values.to_numpy(zero_copy_only=False))
