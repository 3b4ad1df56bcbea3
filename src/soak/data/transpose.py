"""Swapping rows and columns of the pixels: EMNIST is published with its images so transposed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soak.data.dataset import Dataset
from soak.errors import SoakError
from soak.files import reporting_disk_errors
from soak.matrix import RowsFile, row_blocks


def transpose(
    name: str, source_arrow: str | Path, out_arrow: str | Path, out_schema: str | Path, rows: int | None = None
) -> None:
    """Write a data set whose pixel (i, j) is pixel (j, i) of another: its own inverse.

    Parameters
    ----------
    name : str
        Of the new data set.
    source_arrow, out_arrow, out_schema : path
    rows : int, optional
        The first rows only.
    """
    source = Dataset.open(source_arrow).first_rows(rows)
    shape = source.image_shape
    if shape is None:
        raise SoakError(
            f"datasets.{name}.transpose_of: {source.name} holds no images ({source.features.shape[1]} values a row); "
            "only images can be transposed"
        )
    if shape[-1] != shape[-2]:
        raise SoakError(
            f"datasets.{name}.transpose_of: the images of {source.name} have {shape[-2]} x {shape[-1]} pixels; "
            "only square images can be transposed"
        )
    with reporting_disk_errors(out_arrow):
        folder = Path(out_arrow).parent
        with RowsFile(folder, source.features.shape[1], source.features.dtype) as file:
            for block in _transposed(source.features, shape):
                file.append(block)
            Dataset(name, file.matrix(), source.scale, source.label, source.part, shape).write(out_arrow, out_schema)


def _transposed(features: NDArray[Any], shape: tuple[int, ...]) -> Iterator[NDArray[Any]]:
    for block in row_blocks(features):
        images = block.reshape(len(block), *shape).swapaxes(-1, -2)
        yield np.ascontiguousarray(images).reshape(len(block), -1)
