"""Writing tables that may be larger than memory."""

import errno
import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from soak.errors import SoakError

_DISK_ERRORS = {
    errno.ENOSPC: "no space is left on its disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "its disk is read-only",
    errno.EACCES: "no permission to write there",
    errno.EPERM: "no permission to write there",
    errno.EFBIG: "the file would be larger than is allowed",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
}


@contextmanager
def telling_disk_errors(path: str | Path) -> Iterator[None]:
    """Turn what the operating system says of a full or closed disk into one line for the user."""
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        raise SoakError(f"{path}: cannot be written: {_DISK_ERRORS[error.errno]}") from None


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
