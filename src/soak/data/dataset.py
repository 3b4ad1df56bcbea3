"""A data set: rows with a label and a part for each, in an Arrow file."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from numpy.typing import NDArray

from soak.files import reporting_disk_errors
from soak.matrix import read_matrix, write_matrix


@dataclass(frozen=True)
class Dataset:
    """Rows of a data set.

    Attributes
    ----------
    name : str
    features : array of shape (n_rows, n_features)
        As small as is exact: uint8 for pixels.
    scale : float
        ``features / scale`` are intensities in [0, 1]; 1 where the values are used as they are stored.
    label : array of shape (n_rows,)
        int64, or str where the labels are not numbers.
    part : array of str, shape (n_rows,), or None
        The part of the data set that a row belongs to, as train or test; "" for none.
    image_shape : (height, width) or (channels, height, width), or None if the rows are not images
    """

    name: str
    features: NDArray[Any]
    scale: float
    label: NDArray[Any]
    part: NDArray[Any] | None = None
    image_shape: tuple[int, ...] | None = None

    def write(self, path: str | Path) -> None:
        """Write the rows to an Arrow file (see `soak.matrix`)."""
        columns: dict[str, Any] = {"label": self.label}
        if self.part is not None:
            columns["part"] = pa.array(self.part, pa.string()).dictionary_encode()
        metadata = {"name": self.name, "scale": self.scale, "image_shape": self.image_shape}
        with reporting_disk_errors(path):
            write_matrix(path, self.features, columns, metadata)

    @classmethod
    def open(cls, path: str | Path) -> "Dataset":
        """Map a file of `write`: the features are not read until they are used."""
        features, batch, metadata = read_matrix(path)
        part = batch.column("part").to_numpy(zero_copy_only=False) if "part" in batch.schema.names else None
        shape = metadata["image_shape"]
        return cls(
            name=metadata["name"],
            features=features,
            scale=metadata["scale"],
            label=batch.column("label").to_numpy(zero_copy_only=False),
            part=part,
            image_shape=None if shape is None else tuple(shape),
        )

    def first_rows(self, rows: int | None) -> "Dataset":
        """The same with the first rows only; all of them if ``rows`` is None."""
        if rows is None or rows >= len(self.label):
            return self
        part = None if self.part is None else self.part[:rows]
        return replace(self, features=self.features[:rows], label=self.label[:rows], part=part)
