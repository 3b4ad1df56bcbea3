"""Images as bytes, one after the other without a header: the official forms of CIFAR-10 and STL-10."""

import math
from collections.abc import Sequence
from typing import Annotated, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from soak.data.base import RawFile
from soak.data.images import ImageFiles, Labels, StackedImages, times
from soak.data.settings import Locations
from soak.data.streams import open_bytes
from soak.errors import SoakError

_CHUNK = 2**20  # bytes


class BinaryFiles(ImageFiles):
    """A file of images as bytes. Without ``labels`` each image comes after the byte of its label."""

    labels: Locations | None = Field(default=None, description="a file with a byte for each image")

    @model_validator(mode="after")
    def _check_labels(self) -> "BinaryFiles":
        for key in ("labels_hash", "labels_member"):
            if getattr(self, key) and self.labels is None:
                raise ValueError(f"{key}: expected together with labels, the file that it describes")
        return self


class Binary(StackedImages):
    """Files of images as bytes, one after the other without a header, as CIFAR-10 and STL-10 are published."""

    elsewhere = {"hash": "each entry of binary has its own: images_hash and labels_hash"}

    binary: Annotated[list[BinaryFiles], Field(min_length=1)] = Field(
        description="one entry per file; the rows follow in this order"
    )
    shape: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=2, max_length=3)] = Field(
        description="of an image: [height, width] or [channels, height, width]"
    )
    by_column: bool = Field(default=False, description="the bytes go down the columns of an image, not along its rows")

    def entries(self) -> Sequence[ImageFiles]:
        """The files, in the order of their rows."""
        return self.binary

    def read_images(self, file: RawFile, entry: ImageFiles, rows: int | None) -> tuple[NDArray[Any], Labels | None]:
        """Images of shape (n, *shape), a view that is not contiguous, and the labels that stand before them."""
        labelled = entry.labels is None
        size = math.prod(self.shape) + labelled
        with open_bytes(file.path, file.label, entry.images_member) as stream:
            data, count = _read(stream, None if rows is None else rows * size)
        if count % size:
            raise SoakError(
                f"{file.label}: holds {count} bytes, not a multiple of the {size} bytes of an image "
                f"({'a label and ' if labelled else ''}{times(self.shape)} pixels); is the file truncated, or shape "
                "wrong?"
            )
        records = np.frombuffer(data, np.uint8).reshape(-1, size)
        *channels, height, width = self.shape
        stored = (width, height) if self.by_column else (height, width)
        images = records[:, int(labelled) :].reshape(len(records), *channels, *stored)
        return (
            images.swapaxes(-1, -2) if self.by_column else images,
            records[:, 0].astype(np.int64) if labelled else None,
        )

    def read_labels(self, file: RawFile, entry: ImageFiles, rows: int | None) -> Labels:
        """Labels of a byte each."""
        with open_bytes(file.path, file.label, entry.labels_member) as stream:
            data, _ = _read(stream, rows)
        return np.frombuffer(data, np.uint8).astype(np.int64)


def _read(stream: BinaryIO, limit: int | None) -> tuple[bytearray, int]:
    """The first bytes up to a limit, and how many there are in all: damage in the rest is seen."""
    data, count = bytearray(), 0
    while chunk := stream.read(_CHUNK):
        count += len(chunk)
        data += chunk if limit is None else chunk[: max(0, limit - len(data))]
    return data, count
