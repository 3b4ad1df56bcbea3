"""Images with rows and columns swapped: EMNIST is published with its images so transposed."""

from pathlib import Path

import numpy as np
from pydantic import ConfigDict, Field

from soak.data.base import DataFormat
from soak.data.dataset import Dataset
from soak.data.images import times
from soak.errors import SoakError
from soak.files import reporting_disk_errors
from soak.matrix import RowsFile, row_blocks


class TransposeOf(DataFormat):
    """The images of another data set, each with its rows and columns swapped: pixel (i, j) becomes (j, i)."""

    model_config = ConfigDict(populate_by_name=False)  # the field's name is not a key of the config

    origin: str = Field(alias="transpose_of", description="name of the other data set")

    @property
    def transpose_of(self) -> str:
        """Name of the other data set."""
        return self.origin


def transpose(name: str, source_arrow: str | Path, out_arrow: str | Path, rows: int | None = None) -> None:
    """Write a data set whose pixel (i, j) is pixel (j, i) of another: its own inverse.

    Parameters
    ----------
    name : str
        The new data set's name in the config.
    source_arrow, out_arrow : path
    rows : int, optional
        The first rows only.

    Raises
    ------
    SoakError
        The rows of the other data set are not square images.
    """
    source = Dataset.open(source_arrow).first_rows(rows)
    shape = source.image_shape
    if shape is None or shape[-1] != shape[-2]:
        got = f"{source.features.shape[1]} values per row" if shape is None else f"{times(shape[-2:])} pixels"
        raise SoakError(f"datasets.{name}.transpose_of: expected square images in {source.name}, got {got}")
    with (
        reporting_disk_errors(out_arrow),
        RowsFile(Path(out_arrow).parent, source.features.shape[1], source.features.dtype) as file,
    ):
        for block in row_blocks(source.features):
            images = block.reshape(len(block), *shape).swapaxes(-1, -2)
            file.append(np.ascontiguousarray(images).reshape(len(block), -1))
        Dataset(name, file.matrix(), source.scale, source.label, source.part, shape).write(out_arrow)
