"""Images as bytes, one after the other without a header: the official forms of CIFAR-10 and STL-10."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from soak.data.streams import open_bytes
from soak.errors import SoakError

_CHUNK = 2**20  # bytes


def read_binary(
    path: str | Path,
    where: str,
    member: str | None,
    shape: Sequence[int],
    by_column: bool = False,
    labelled: bool = False,
    rows: int | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.int64] | None]:
    """Read images of bytes.

    Parameters
    ----------
    path, where, member
        As for `soak.data.streams.open_bytes`.
    shape : sequence of int
        Of an image: (height, width) or (channels, height, width).
    by_column : bool
        Whether the bytes of a channel go down its columns, as those of STL-10 do.
    labelled : bool
        Whether the byte of its label comes before each image, as in CIFAR-10.
    rows : int, optional
        Keep only so many; the rest is read, so that damage is seen, and dropped.

    Returns
    -------
    images : array of shape (n, *shape)
        A view of the bytes, not contiguous.
    labels : array of shape (n,), or None if the images have none
    """
    size = math.prod(shape) + labelled
    with open_bytes(path, where, member) as stream:
        data, count = _read(stream, None if rows is None else rows * size)
    if count % size:
        label = "a label and " if labelled else ""
        raise SoakError(
            f"{where}: holds {count} bytes, which is no whole number of images: {label}{_times(shape)} pixels take "
            f"{size}; is the file cut short, or shape wrong?"
        )
    records = np.frombuffer(data, np.uint8).reshape(-1, size)
    labels = records[:, 0].astype(np.int64) if labelled else None
    stored = (*shape[:-2], shape[-1], shape[-2]) if by_column else tuple(shape)
    images = records[:, int(labelled) :].reshape(len(records), *stored)
    return images.swapaxes(-1, -2) if by_column else images, labels


def read_byte_labels(path: str | Path, where: str, member: str | None, rows: int | None = None) -> NDArray[np.int64]:
    """Labels of one byte each: shape (n,)."""
    with open_bytes(path, where, member) as stream:
        data, _ = _read(stream, rows)
    return np.frombuffer(data, np.uint8).astype(np.int64)


def _read(stream: BinaryIO, limit: int | None) -> tuple[bytearray, int]:
    """The first bytes up to the limit, and how many there are in all."""
    data, count = bytearray(), 0
    while chunk := stream.read(_CHUNK):
        count += len(chunk)
        data += chunk if limit is None else chunk[: max(0, limit - len(data))]
    return data, count


def _times(shape: Sequence[Any]) -> str:
    return " x ".join(str(size) for size in shape)
