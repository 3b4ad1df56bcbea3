"""IDX files, the format of MNIST and its like: a type, up to four dimensions, then the items, big-endian."""

import math
import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from soak.data.streams import open_bytes
from soak.errors import SoakError

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_CHUNK = 2**20  # bytes


def read_idx(path: str | Path, where: str, member: str | None = None, rows: int | None = None) -> NDArray[Any]:
    """Read an IDX file, plain or packed.

    Parameters
    ----------
    path, where, member
        As for `soak.data.streams.open_bytes`.
    rows : int, optional
        Keep only so many items of the first dimension; the rest is read, so that damage is seen, and dropped.

    Returns
    -------
    array with 1 to 4 dimensions
        uint8, int8, int16, int32, float32 or float64, in the machine's byte order.

    Raises
    ------
    SoakError
        Not an IDX file, or one that holds more or fewer items than its header promises.
    """
    with open_bytes(path, where, member) as stream:
        dtype, shape = _read_header(stream, where)
        kept = shape[0] if rows is None else min(rows, shape[0])
        try:
            items = np.empty((kept, *shape[1:]), dtype=dtype)
        except (MemoryError, ValueError):
            raise SoakError(f"{where}: its header promises {_times(shape)} items, more than memory holds") from None
        got = _read_into(stream, items)
        got += _skip(stream)
    promised = math.prod(shape) * np.dtype(dtype).itemsize
    if got != promised:
        compared = "fewer" if got < promised else "more"
        raise SoakError(
            f"{where}: holds {compared} items than its header promises: "
            f"{_times(shape)} items are {promised} bytes, but {got} bytes follow the header"
        )
    if not items.dtype.isnative:
        items = items.byteswap(inplace=True).view(items.dtype.newbyteorder("="))
    return items


def read_images(path: str | Path, where: str, member: str | None = None, rows: int | None = None) -> NDArray[Any]:
    """Images of shape (n, height, width), (n, channels, height, width), or (n, features) from an IDX file."""
    images = read_idx(path, where, member, rows)
    if images.ndim < 2:
        raise SoakError(f"{where}: has 1 dimension, as labels have; images have 2 to 4: were the two files swapped?")
    if images.dtype.kind == "f" and not np.isfinite(images).all():
        first = int(np.flatnonzero(~np.isfinite(images).all(axis=tuple(range(1, images.ndim))))[0])
        raise SoakError(f"{where}, item {first + 1}: has a missing or infinite pixel")
    return images


def read_labels(path: str | Path, where: str, member: str | None = None, rows: int | None = None) -> NDArray[np.int64]:
    """Labels of shape (n,) from an IDX file; of two dimensions (as QMNIST has) the first column."""
    labels = read_idx(path, where, member, rows)
    if labels.ndim > 2:
        raise SoakError(
            f"{where}: has {labels.ndim} dimensions, as images have; labels have 1: were the two files swapped?"
        )
    if labels.ndim == 2:
        labels = labels[:, 0]
    bad = labels != np.round(labels)
    if labels.dtype.kind != "u":
        bad |= ~(labels >= 0)
    if bad.any():
        first = int(bad.argmax())
        raise SoakError(f"{where}, item {first + 1}: label {labels[first]} is out of range; allowed: 0, 1, 2, …")
    return labels.astype(np.int64)


def _read_header(stream: BinaryIO, where: str) -> tuple[str, tuple[int, ...]]:
    magic = stream.read(4)
    known = len(magic) == 4 and magic[:2] == b"\0\0" and magic[2] in _TYPES and 1 <= magic[3] <= 4
    if not known:
        raise SoakError(
            f"{where}: is not an IDX file: it starts with the bytes {magic.hex(' ')}; allowed: 00 00, "
            f"a type ({', '.join(f'{code:02x}' for code in _TYPES)}), then 01 to 04 for the dimensions"
        )
    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise SoakError(f"{where}: ends within its header: the file is cut short")
    shape = struct.unpack(f">{magic[3]}I", sizes)
    if 0 in shape:
        raise SoakError(f"{where}: its header promises {_times(shape)} items: there are none")
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


def _skip(stream: BinaryIO) -> int:
    """Read to the end; the number of bytes that came."""
    skipped = 0
    while chunk := stream.read(_CHUNK):
        skipped += len(chunk)
    return skipped


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(str(size) for size in shape)
