"""Data sets of several files of images, each with its labels, stacked in the config's order."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from soak.data.base import DataFormat, RawFile
from soak.data.dataset import Dataset
from soak.data.settings import IN_ARCHIVE, Hashes, Locations, Member
from soak.data.sources import Source
from soak.errors import SoakError
from soak.matrix import RowsFile, row_blocks
from soak.settings import Settings

Labels = NDArray[np.int64]


class ImageFiles(Settings):
    """A file of images and the file of their labels."""

    images: Locations
    labels: Locations | None
    images_hash: Hashes = Field(default=[])
    labels_hash: Hashes = Field(default=[])
    images_member: Member | None = Field(default=None, description=IN_ARCHIVE)
    labels_member: Member | None = Field(default=None, description=IN_ARCHIVE)
    part: str | None = Field(default=None, min_length=1, description="a name for these rows, such as train or test")


class StackedImages(DataFormat):
    """A format of which each entry of a list is a file of images."""

    def entries(self) -> Sequence[ImageFiles]:
        """The files, in the order of their rows."""
        raise NotImplementedError

    def read_images(self, file: RawFile, entry: ImageFiles, rows: int | None) -> tuple[NDArray[Any], Labels | None]:
        """Images of shape (n, …), at most ``rows``, and their labels if they are in the same file."""
        raise NotImplementedError

    def read_labels(self, file: RawFile, entry: ImageFiles, rows: int | None) -> Labels:
        """Labels of shape (n,), at most ``rows``."""
        raise NotImplementedError

    def files(self) -> dict[str, Source]:
        """images_1, labels_1, images_2, …: those of each entry."""
        found: dict[str, Source] = {}
        for number, entry in enumerate(self.entries(), start=1):
            found[f"images_{number}"] = Source(tuple(entry.images), tuple(entry.images_hash))
            if entry.labels is not None:
                found[f"labels_{number}"] = Source(tuple(entry.labels), tuple(entry.labels_hash))
        return found

    @contextmanager
    def read(self, name: str, raw: Mapping[str, RawFile], folder: Path) -> Iterator[Dataset]:
        """Read one file after the other into a matrix on disk."""
        labels: list[Labels] = []
        parts: list[str] = []
        with ExitStack() as stack:
            file: RowsFile | None = None
            shape: tuple[int, ...] = ()
            for number, entry in enumerate(self.entries(), start=1):
                left = None if self.rows is None else self.rows - len(parts)
                if left == 0:
                    break
                images, found = self._read_entry(number, entry, raw, left)
                if file is None:
                    shape = images.shape[1:]
                    file = stack.enter_context(RowsFile(folder, math.prod(shape), images.dtype))
                _check_alike(images, shape, file.dtype, raw[f"images_{number}"].label)
                for block in row_blocks(images):
                    file.append(block.reshape(len(block), -1))
                labels.append(found)
                parts += [entry.part or ""] * len(images)
            assert file is not None  # the config asks for at least one entry
            yield Dataset(
                name,
                file.matrix(),
                255.0 if file.dtype == np.uint8 else 1.0,
                np.concatenate(labels),
                np.array(parts) if any(parts) else None,
                shape if len(shape) > 1 else None,
            )

    def _read_entry(
        self, number: int, entry: ImageFiles, raw: Mapping[str, RawFile], rows: int | None
    ) -> tuple[NDArray[Any], Labels]:
        images_file = raw[f"images_{number}"]
        images, labels = self.read_images(images_file, entry, rows)
        if labels is None:
            labels_file = raw[f"labels_{number}"]
            labels = self.read_labels(labels_file, entry, rows)
            if len(images) != len(labels):
                raise SoakError(
                    f"{images_file.label}: holds {len(images)} images, but {labels_file.label} holds {len(labels)} "
                    "labels; expected a label for each image"
                )
        return images, labels


def _check_alike(images: NDArray[Any], shape: tuple[int, ...], dtype: np.dtype[Any], label: str) -> None:
    if images.shape[1:] != shape or images.dtype != dtype:
        raise SoakError(
            f"{label}: expected images of {times(shape)} {dtype} values, as in the first file, got "
            f"{times(images.shape[1:])} {images.dtype}"
        )


def times(shape: Sequence[int]) -> str:
    """A shape as people write it.

    Examples
    --------
    >>> times((3, 28, 28))
    '3 x 28 x 28'
    """
    return " x ".join(map(str, shape))
