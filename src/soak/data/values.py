"""Values of a data set's table as arrays: features that are numbers, labels without gaps."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from soak.errors import SoakError


def numbers(
    batch: pa.RecordBatch, columns: Sequence[str], where: str, rows_before: int, what: str
) -> NDArray[np.float64]:
    """Columns of a batch as an array of shape (n_rows, n_columns); missing and infinite values are errors.

    Parameters
    ----------
    batch : RecordBatch
        With these columns as float64.
    columns : sequence of str
    where, rows_before, what
        For errors: the file, its rows before the batch, and what a value is called.
    """
    block = np.empty((len(columns), len(batch)))
    for number, name in enumerate(columns):
        block[number] = batch.column(name).to_numpy(zero_copy_only=False)
    bad = ~np.isfinite(block)
    if bad.any():
        row = int(bad.any(axis=0).argmax())
        column = columns[int(bad[:, row].argmax())]
        raise SoakError(f"{where}, row {rows_before + row + 1}, column {column!r}: the {what} is missing or infinite")
    return np.ascontiguousarray(block.T)


def exact(values: NDArray[np.float64], dtype: Any) -> NDArray[Any] | None:
    """The values in a smaller type; None if it does not hold all of them exactly."""
    with np.errstate(over="ignore"):
        small = values.astype(dtype)
    return small if np.array_equal(small, values) else None


def no_missing(chunks: Sequence[Any], column: str, where: str) -> Any:
    """Chunks of a column as one array; a missing value is an error."""
    values = pa.concat_arrays(list(chunks))
    if values.null_count:
        row = int(np.flatnonzero(pc.is_null(values).to_numpy(zero_copy_only=False))[0])
        raise SoakError(f"{where}, row {row + 1}, column {column!r}: is missing")
    return values


def whole_labels(values: Any) -> NDArray[Any]:
    """Labels as whole numbers if all of them are, also where they are written as 6.0000; else as text."""
    for number in (pa.int64(), pa.float64()):
        try:
            return np.asarray(values.cast(number).cast(pa.int64()).to_numpy(zero_copy_only=False))
        except pa.ArrowInvalid:
            continue
    return np.asarray(values.to_numpy(zero_copy_only=False))
