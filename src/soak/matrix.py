"""A matrix of features and the columns beside it in one Arrow file, mapped into memory when it is read.

The matrix is a column of fixed-size lists in a single record batch: its values are in one buffer, row after row, so that
NumPy has it as a C-ordered array of shape (n_rows, n_features) without a copy.
"""

import json
import math
import mmap
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from soak.errors import SoakError
from soak.files import atomic

MATRIX = "features"
_METADATA = b"soak"
_BLOCK_BYTES = 2**19  # of rows that are worked on at a time: they stay in the processor's cache
_KEPT_BYTES = 2**28  # of a mapped file that count as the process's own memory at a time: all of a smaller one
# The mappings that are in use, each by the address of its matrix.
_mappings: WeakValueDictionary[int, mmap.mmap] = WeakValueDictionary()


def write_matrix(
    path: str | Path, matrix: NDArray[Any], columns: Mapping[str, Any], metadata: Mapping[str, Any]
) -> None:
    """Write a matrix and its columns to an Arrow IPC file. The same values give the same bytes.

    Parameters
    ----------
    path : path
        Written under a temporary name and renamed.
    matrix : array of shape (n_rows, n_features)
        Of any numeric dtype, which is kept. A ``numpy.memmap`` is written without being in memory as a whole.
    columns : mapping of str to array-like of length n_rows
        Further columns, in order: anything that ``pyarrow.array`` takes.
    metadata : mapping
        Values that JSON can hold.
    """
    n_rows, n_features = matrix.shape
    values = pa.array(np.ascontiguousarray(matrix).reshape(n_rows * n_features))
    arrays = {MATRIX: pa.FixedSizeListArray.from_arrays(values, n_features)}
    arrays |= {name: pa.array(column) for name, column in columns.items()}
    batch = pa.record_batch(arrays)
    text = json.dumps(metadata, ensure_ascii=False, sort_keys=True).encode()
    schema = batch.schema.with_metadata({_METADATA: text})
    with (
        atomic(path) as temporary,
        pa.OSFile(str(temporary), "wb") as sink,
        pa.ipc.new_file(sink, schema) as writer,
    ):
        writer.write_batch(pa.record_batch(batch.columns, schema=schema))


def read_matrix(path: str | Path) -> tuple[NDArray[Any], pa.RecordBatch, dict[str, Any]]:
    """Map a file of `write_matrix`.

    Returns
    -------
    matrix : array of shape (n_rows, n_features)
        Read-only, not copied.
    batch : RecordBatch
        All columns.
    metadata : dict

    Raises
    ------
    SoakError
        If the file was not written by `write_matrix`, or is truncated.
    """
    try:
        with Path(path).open("rb") as file:
            mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        reader = pa.ipc.open_file(pa.py_buffer(mapping))
        batch = reader.get_batch(0)
        metadata = json.loads(reader.schema.metadata[_METADATA])
    except (pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
        raise SoakError(
            f"{path}: not a file of this workflow, or truncated; delete it and run again ({error})"
        ) from None
    lists = batch.column(MATRIX)
    matrix = lists.flatten().to_numpy(zero_copy_only=True).reshape(len(lists), lists.type.list_size)
    _mappings[matrix.ctypes.data] = mapping
    return matrix, batch, metadata


class RowsFile:
    """Rows of a matrix that are appended block by block to a temporary file without a name.

    The rows are never in memory as a whole; `matrix` maps them.

    Parameters
    ----------
    folder : path
        Folder of the temporary file, on a disk with room for the matrix.
    n_features : int
    dtype : dtype of the matrix
    """

    def __init__(self, folder: str | Path, n_features: int, dtype: DTypeLike) -> None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        self._shape = (0, n_features)
        self.dtype = np.dtype(dtype)

    def append(self, block: NDArray[Any]) -> None:
        """Add rows: an array of shape (n, n_features), which is cast to the dtype."""
        data: Any = np.ascontiguousarray(block, dtype=self.dtype).reshape(-1).view(np.uint8).data
        while len(data):
            data = data[os.write(self._file.fileno(), data) :]
        self._shape = (self._shape[0] + len(block), self._shape[1])

    def matrix(self) -> NDArray[Any]:
        """The rows so far, mapped for reading: shape (n_rows, n_features)."""
        if 0 in self._shape:
            return np.empty(self._shape, dtype=self.dtype)
        return np.memmap(self._file, dtype=self.dtype, mode="r", shape=self._shape)

    def close(self) -> None:
        """Delete the file; what maps it can still be used."""
        self._file.close()

    def __enter__(self) -> "RowsFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _rows_in(matrix: NDArray[Any], n_bytes: int) -> int:
    """How many rows so many bytes hold, at least one."""
    return max(1, n_bytes // max(1, matrix.itemsize * math.prod(matrix.shape[1:])))


def row_blocks(matrix: NDArray[Any], n_bytes: int = 2**24) -> Iterator[NDArray[Any]]:
    """Blocks of consecutive rows of a matrix, of about so many bytes each."""
    step = _rows_in(matrix, n_bytes)
    for start in range(0, len(matrix), step):
        yield matrix[start : start + step]


def gathered_blocks(matrix: NDArray[Any], rows: NDArray[np.integer]) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Copies of the rows of a matrix with the given numbers, few at a time: where among ``rows`` they stand, and the rows.

    What has been read of a large matrix of `read_matrix` leaves the memory of the process meanwhile; the system keeps it.
    """
    step = _rows_in(matrix, _BLOCK_BYTES)
    mapping = _mappings.get(matrix.ctypes.data) if matrix.nbytes > _KEPT_BYTES else None
    pause = max(1, _KEPT_BYTES // _BLOCK_BYTES)
    for number, start in enumerate(range(0, len(rows), step), start=1):
        part = slice(start, start + step)
        yield part, matrix[rows[part]]
        if mapping is not None and number % pause == 0:
            mapping.madvise(mmap.MADV_DONTNEED)
