"""The numbers of a table, kept on disk while its columns are described, so that they are read from text once only."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soak.matrix import RowsFile, row_blocks
from soak.tasks.columns import Column


def smallest_dtype(columns: Iterable[Column]) -> np.dtype[Any]:
    """The smallest of uint8, float32, float64 that holds the values of columns of numbers; NaN needs a float."""
    columns = list(columns)
    if all(column.fits_uint8 and not column.missing for column in columns):
        return np.dtype(np.uint8)
    return np.dtype(np.float32 if all(column.fits_float32 for column in columns) else np.float64)


class KeptNumbers:
    """Columns of numbers, row after row in a temporary file, in the smallest type that holds all rows so far.

    Parameters
    ----------
    folder : path
        On a disk with room for them.
    wanted : sequence of str
        Columns to keep, those that begin with numbers.

    Attributes
    ----------
    names : list of str
        Columns that are kept.
    """

    def __init__(self, folder: str | Path, wanted: Sequence[str]) -> None:
        self._folder, self._wanted = folder, wanted
        self.names: list[str] = []
        self._file: RowsFile | None = None

    def append(self, numbers: Mapping[str, NDArray[np.float64] | None], columns: Mapping[str, Column]) -> None:
        """Add rows.

        Parameters
        ----------
        numbers : mapping of str to array of n values, or None
            What `Column.add` gave for each column.
        columns : mapping of str to Column
            To which these rows were added.
        """
        if self._file is None:
            read = [name for name in self._wanted if numbers.get(name) is not None]
            self.names = [name for name in read if columns[name].n_numbers]
            self._file = RowsFile(self._folder, len(self.names), np.uint8)
        if not self.names:
            return
        numeric = {name: place for place, name in enumerate(self.names) if columns[name].is_numeric}
        self._widen(smallest_dtype(columns[name] for name in numeric))
        n_rows = len(next(values for values in numbers.values() if values is not None))
        block = np.zeros((n_rows, len(self.names)), self._file.dtype)
        for name, place in numeric.items():
            block[:, place] = numbers[name]
        self._file.append(block)

    def _widen(self, dtype: np.dtype[Any]) -> None:
        """Change to a type that holds more."""
        assert self._file is not None
        if dtype.itemsize <= self._file.dtype.itemsize:
            return
        wider = RowsFile(self._folder, len(self.names), dtype)
        for block in row_blocks(self._file.matrix()):
            wider.append(block)
        self._file.close()
        self._file = wider

    def matrix(self) -> NDArray[Any]:
        """The rows, mapped: shape (n_rows, number of ``names``). What is not a number in a column of numbers is NaN;
        columns that are not of numbers hold nothing of use."""
        assert self._file is not None
        return self._file.matrix()

    def restart(self) -> None:
        """Forget the rows."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def __enter__(self) -> "KeptNumbers":
        return self

    def __exit__(self, *_: object) -> None:
        self.restart()
