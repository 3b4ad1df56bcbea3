"""IDX files, the format of MNIST and its like: a type, up to four dimensions, then the items, big-endian.

Source: http://yann.lecun.com/exdb/mnist, "the IDX file format".
"""

import math
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from soak.data.base import RawFile
from soak.data.images import ImageFiles, Labels, StackedImages, times
from soak.data.settings import Locations
from soak.data.streams import open_bytes
from soak.errors import SoakError

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_CHUNK = 2**20  # bytes


class IdxFiles(ImageFiles):
    """An IDX file of images and the IDX file of their labels."""

    labels: Locations


class Idx(StackedImages):
    """IDX files, as MNIST and its like are published."""

    elsewhere = {"hash": "each entry of idx has its own: images_hash and labels_hash"}

    idx: Annotated[list[IdxFiles], Field(min_length=1)] = Field(
        description="one entry per part; the rows follow in this order"
    )

    def entries(self) -> Sequence[ImageFiles]:
        """The files, in the order of their rows."""
        return self.idx

    def read_images(self, file: RawFile, entry: ImageFiles, rows: int | None) -> tuple[NDArray[Any], Labels | None]:
        """Images of shape (n, height, width), (n, channels, height, width) or (n, features)."""
        images = read_idx(file.path, file.label, entry.images_member, rows)
        if images.ndim < 2:
            raise SoakError(
                f"{file.label}: has 1 dimension, as labels have; images have 2 to 4: were the two files swapped?"
            )
        if images.dtype.kind == "f" and not np.isfinite(images).all():
            first = int(np.flatnonzero(~np.isfinite(images).all(axis=tuple(range(1, images.ndim))))[0])
            raise SoakError(f"{file.label}, item {first + 1}: a pixel is missing or infinite")
        return images, None

    def read_labels(self, file: RawFile, entry: ImageFiles, rows: int | None) -> Labels:
        """Labels of shape (n,); of two dimensions (as QMNIST has) the first column."""
        labels = read_idx(file.path, file.label, entry.labels_member, rows)
        if labels.ndim > 2:
            raise SoakError(
                f"{file.label}: has {labels.ndim} dimensions, as images have; labels have 1: were the two files "
                "swapped?"
            )
        if labels.ndim == 2:
            labels = labels[:, 0]
        bad = ~(labels >= 0) | (labels != np.round(labels))
        if bad.any():
            first = int(bad.argmax())
            raise SoakError(f"{file.label}, item {first + 1}: expected a label 0, 1, 2, …, got {labels[first]}")
        return labels.astype(np.int64)


def read_idx(path: str | Path, label: str, member: str | None = None, rows: int | None = None) -> NDArray[Any]:
    """Read an IDX file, plain or compressed.

    Parameters
    ----------
    path, label, member
        As for `soak.data.streams.open_bytes`.
    rows : int, optional
        The number of items of the first dimension to keep; the rest is read, so that damage is seen, and dropped.

    Returns
    -------
    array with 1 to 4 dimensions
        uint8, int8, int16, int32, float32 or float64, in the machine's byte order.

    Raises
    ------
    SoakError
        Not an IDX file, or one that holds more or fewer items than its header promises.
    """
    with open_bytes(path, label, member) as stream:
        dtype, shape = _read_header(stream, label)
        kept = shape[0] if rows is None else min(rows, shape[0])
        try:
            items = np.empty((kept, *shape[1:]), dtype=dtype)
        except (MemoryError, ValueError):
            raise SoakError(f"{label}: its header promises {times(shape)} items, more than memory holds") from None
        count = _read_into(stream, items)
        while chunk := stream.read(_CHUNK):
            count += len(chunk)
    promised = math.prod(shape) * np.dtype(dtype).itemsize
    if count != promised:
        raise SoakError(
            f"{label}: holds {'fewer' if count < promised else 'more'} items than its header promises: "
            f"{times(shape)} items are {promised} bytes, but {count} bytes follow the header"
        )
    if not items.dtype.isnative:
        items = items.byteswap(inplace=True).view(items.dtype.newbyteorder("="))
    return items


def _read_header(stream: BinaryIO, label: str) -> tuple[str, tuple[int, ...]]:
    """The type of the items, and the sizes of the dimensions."""
    magic = stream.read(4)
    valid = len(magic) == 4 and magic[:2] == b"\0\0" and magic[2] in _TYPES and 1 <= magic[3] <= 4
    if not valid:
        raise SoakError(
            f"{label}: expected an IDX file, which starts with the bytes 00 00, a type "
            f"({', '.join(f'{code:02x}' for code in _TYPES)}) and 01 to 04 for the dimensions; got {magic.hex(' ')}"
        )
    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise SoakError(f"{label}: ends within its header: the file is truncated")
    shape = struct.unpack(f">{magic[3]}I", sizes)
    if 0 in shape:
        raise SoakError(f"{label}: holds no items: its header promises {times(shape)}")
    return _TYPES[magic[2]], shape


def _read_into(stream: BinaryIO, items: NDArray[Any]) -> int:
    """Fill an array from the stream as far as it goes; the number of bytes that came."""
    view: Any = items.reshape(-1).view(np.uint8).data
    filled = 0
    while filled < len(view):
        count = stream.readinto(view[filled : filled + _CHUNK])  # type: ignore[attr-defined]
        if not count:
            break
        filled += count
    return filled
