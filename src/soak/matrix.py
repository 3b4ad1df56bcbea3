"""One Arrow file for a feature matrix and the columns beside it, mapped into memory when it is read.

The matrix is one column of fixed-size lists in one record batch: its values lie row after row in a single
buffer, so that NumPy sees it as a C-ordered (rows, features) array without a copy and without parsing.
"""

import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from soak.errors import SoakError
from soak.files import atomic

MATRIX = "features"
_METADATA = b"soak"


def write_matrix(
    path: str | Path, matrix: NDArray[Any], columns: Mapping[str, Any], metadata: Mapping[str, Any]
) -> None:
    """Write a matrix and its columns to one Arrow IPC file.

    Parameters
    ----------
    path : path
        Written under a temporary name and renamed.
    matrix : array of shape (n_rows, n_features)
        Any numeric dtype; kept as it is. May be a ``numpy.memmap``: it is written without being loaded whole.
    columns : mapping of str to array-like of length n_rows
        Other columns, in order; whatever ``pyarrow.array`` accepts.
    metadata : mapping
        JSON-serializable; read back by `read_matrix`.
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
    """Map a file of `write_matrix`: the matrix (read-only, no copy), the whole record batch, the metadata."""
    try:
        reader = pa.ipc.open_file(pa.memory_map(str(path)))
        batch = reader.get_batch(0)
        metadata = json.loads(reader.schema.metadata[_METADATA])
    except (pa.ArrowInvalid, KeyError, TypeError) as error:
        raise SoakError(
            f"{path}: not a file of this workflow, or truncated; delete it and run again ({error})"
        ) from None
    lists = batch.column(MATRIX)
    matrix = lists.flatten().to_numpy(zero_copy_only=True).reshape(len(lists), lists.type.list_size)
    return matrix, batch, metadata


class RowsFile:
    """Rows of a matrix, appended block by block to a nameless temporary file.

    The rows never lie in memory all together; `matrix` maps them.

    Parameters
    ----------
    folder : path
        Of the temporary file: a disk with room for the matrix.
    n_features : int
    dtype : dtype of the matrix
    """

    def __init__(self, folder: str | Path, n_features: int, dtype: DTypeLike) -> None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        self._shape = (0, n_features)
        self.dtype = np.dtype(dtype)

    def append(self, block: NDArray[Any]) -> None:
        """Add rows: an array of shape (n, n_features) that casts to the dtype."""
        data: Any = np.ascontiguousarray(block, dtype=self.dtype).reshape(-1).view(np.uint8).data
        while len(data):
            data = data[os.write(self._file.fileno(), data) :]
        self._shape = (self._shape[0] + len(block), self._shape[1])

    def matrix(self) -> NDArray[Any]:
        """The rows so far, mapped for reading: shape (n_rows, n_features)."""
        if 0 in self._shape:
            return np.empty(self._shape, dtype=self.dtype)
        return np.memmap(self._file, dtype=self.dtype, mode="r", shape=self._shape)

    def __enter__(self) -> "RowsFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def row_blocks(matrix: NDArray[Any], n_bytes: int = 2**24) -> Iterator[NDArray[Any]]:
    """Consecutive rows of a matrix, about so many bytes at a time."""
    step = max(1, n_bytes // max(1, matrix.itemsize * math.prod(matrix.shape[1:])))
    for start in range(0, len(matrix), step):
        yield matrix[start : start + step]
