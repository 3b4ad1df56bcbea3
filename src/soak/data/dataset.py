"""A data set: images with a label and a part for each, in one Arrow file, with a summary beside it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from soak.errors import SoakError
from soak.files import atomic, reporting_disk_errors
from soak.matrix import read_matrix, row_blocks, write_matrix


@dataclass(frozen=True)
class Dataset:
    """Rows of a data set.

    Attributes
    ----------
    features : array of shape (n_rows, n_features)
        As small as is exact: uint8 for pixels.
    scale : float
        ``features / scale`` are intensities in [0, 1]; 1 where they are stored as they are.
    label : array of shape (n_rows,)
        int64, or str where the labels are not numbers.
    part : array of str, shape (n_rows,), or None
        The part of the data set that a row belongs to, as train or test.
    image_shape : (height, width) or (channels, height, width), or None if the rows are not images
    """

    name: str
    features: NDArray[Any]
    scale: float
    label: NDArray[Any]
    part: NDArray[Any] | None = None
    image_shape: tuple[int, ...] | None = None

    def write(self, arrow: str | Path, schema: str | Path) -> None:
        """Write the rows to an Arrow file (see `soak.matrix`), their types and ranges to a JSON file."""
        with reporting_disk_errors(arrow):
            columns: dict[str, Any] = {"label": self.label}
            if self.part is not None:
                columns["part"] = pa.array(self.part, pa.string()).dictionary_encode()
            metadata = {"name": self.name, "scale": self.scale, "image_shape": self.image_shape}
            write_matrix(arrow, self.features, columns, metadata)
        write_json(schema, self.summary())

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
        return Dataset(self.name, self.features[:rows], self.scale, self.label[:rows], part, self.image_shape)

    def summary(self) -> dict[str, Any]:
        """Types, counts and ranges, as they stand in the schema file."""
        low, high = _range(self.features)
        pixels = [
            {"name": str(j), "type": str(self.features.dtype), "count": len(self.label), "missing": 0}
            | {"min": low[j].item(), "max": high[j].item()}
            for j in range(self.features.shape[1])
        ]
        return {
            "name": self.name,
            "rows": len(self.label),
            "features": self.features.shape[1],
            "dtype": str(self.features.dtype),
            "scale": self.scale,
            "image_shape": self.image_shape,
            "labels": counts(self.label),
            "parts": None if self.part is None else counts(self.part),
            "columns": pixels,
        }


def check_counts(n_images: int, n_labels: int, images: str, labels: str) -> None:
    """Raise unless there are as many labels as images."""
    if n_images != n_labels:
        raise SoakError(
            f"{images}: holds {n_images} images, but {labels} holds {n_labels} labels; they must be as many"
        )


def counts(values: NDArray[Any]) -> dict[str, int]:
    """How often each value comes, in sorted order."""
    found, number = np.unique(values, return_counts=True)
    return {str(value): int(n) for value, n in zip(found, number, strict=True)}


def write_json(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write a schema: readable, a line for each column."""
    rest = {key: value for key, value in content.items() if key != "columns"}
    text = json.dumps(rest, ensure_ascii=False, indent=1).removesuffix("\n}")
    lines = ",\n  ".join(json.dumps(column, ensure_ascii=False) for column in content.get("columns", []))
    text += f',\n "columns": [\n  {lines}\n ]\n}}\n' if lines else "\n}\n"
    with reporting_disk_errors(path), atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _range(matrix: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Minimum and maximum of each column, without loading the matrix whole."""
    lows, highs = [], []
    for block in row_blocks(matrix):
        lows.append(block.min(axis=0))
        highs.append(block.max(axis=0))
    return np.min(lows, axis=0), np.max(highs, axis=0)
