"""Data sets in any other form, read by a function of the user's own in a file beside the config."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from soak.data.base import DataFormat, RawFile
from soak.data.dataset import Dataset
from soak.data.settings import Hashes, Locations
from soak.data.sources import Source
from soak.errors import SoakError
from soak.plugins import call


class Reader(DataFormat):
    """A file that a function of the user's own reads."""

    reader: str = Field(
        description="import path of a function: function(path of file) returns features of shape (n, n_features), "
        "(n, height, width) or (n, channels, height, width), a label for each row and, if there are any, a part for "
        "each row; uint8 pixels reach the learners divided by 255",
        examples=["my_file.my_function"],
    )
    file: Locations = Field(description="what the function reads: URL or path, or a list of mirrors")
    hash: Hashes = Field(default=[])

    def files(self) -> dict[str, Source]:
        """The file."""
        return {"file": Source(tuple(self.file), tuple(self.hash))}

    def import_paths(self) -> tuple[str, ...]:
        """The function."""
        return (self.reader,)

    @contextmanager
    def read(self, name: str, raw: Mapping[str, RawFile], folder: Path) -> Iterator[Dataset]:
        """Call the function, and check what it returns."""
        file = raw["file"]
        returned = call(self.reader, "reader", file.label, file.path)
        who = f"{file.label}: expected {self.reader} to return"
        if not isinstance(returned, tuple) or len(returned) not in (2, 3):
            raise SoakError(f"{who} (features, labels) or (features, labels, parts), got {returned!r:.60}")
        features, labels, *parts = (np.asarray(values) for values in returned)
        _check(features, labels, parts, who)
        yield Dataset(
            name=name,
            features=features.reshape(len(features), -1),
            scale=255.0 if features.dtype == np.uint8 else 1.0,
            label=labels.astype(np.int64) if labels.dtype.kind in "iub" else _texts(labels),
            part=_texts(parts[0]) if parts else None,
            image_shape=features.shape[1:] if features.ndim > 2 else None,
        )


def _texts(values: NDArray[Any]) -> NDArray[Any]:
    return np.array([str(value) for value in values], dtype=object)


def _check(features: NDArray[Any], labels: NDArray[Any], parts: list[NDArray[Any]], who: str) -> None:
    if features.dtype.kind not in "uif" or features.ndim not in (2, 3, 4):
        raise SoakError(
            f"{who} numeric features of shape (n, n_features), (n, height, width) or (n, channels, height, width), "
            f"got type {features.dtype} and shape {features.shape}"
        )
    for what, values in (("label", labels), *(("part", part) for part in parts)):
        if values.shape != (len(features),):
            raise SoakError(f"{who} a {what} for each of the {len(features)} rows, got shape {values.shape}")
    if features.dtype.kind == "f" and not np.isfinite(features).all():
        row = int(np.flatnonzero(~np.isfinite(features.reshape(len(features), -1)).all(axis=1))[0])
        raise SoakError(f"{who} finite features, got a missing or infinite value in row {row + 1}")
