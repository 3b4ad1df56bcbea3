"""Features of a table and of a path's rows, as bytes to screen with and standardized.

The paths of a cross-validation share one table of bytes; each has its own rows of it, means, standard deviations and the
standardized columns that it uses.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from soak.errors import FitFailed
from soak.glmnet import loops
from soak.glmnet.loops import FIRST, MORE, compiled
from soak.glmnet.path import Floats, PathSettings
from soak.tasks.task import TaskRows

_MANY = 3000  # rows from which on it is faster to look z up than to read it: a feature is no longer near the processor
_LINE = 8  # numbers in a cache line
_PADDED = 32  # numbers, at most, that a loop takes at once; of bytes twice as many


@dataclass(frozen=True)
class Stored:
    """Features of N rows, one after the other, as bytes to screen with.

    Attributes
    ----------
    planes : uint8 array of shape (p * n_planes, N)
        See `Columns`.
    values : array of shape (p, N), or None
        The features themselves where they are not bytes.
    low, unit : arrays of shape (p,)
    scale : float
        What bytes are divided by.
    """

    planes: NDArray[np.uint8]
    n_planes: int
    values: Floats | None
    low: Floats
    unit: Floats
    scale: float

    @classmethod
    def of_rows(cls, rows: TaskRows) -> "Stored":
        """Features of a task's rows: bytes as they are, all other types as numbers.

        Raises
        ------
        FitFailed
            If a value is missing or infinite.
        """
        features = rows.task.features
        if rows.preparation is None and features.dtype in (np.uint8, np.bool_):
            return cls.of_bytes(features[rows.rows].view(np.uint8), rows.task.scale)
        return cls.of_numbers(rows.features(np.float64))

    @classmethod
    def of_bytes(cls, features: NDArray[np.uint8], scale: float) -> "Stored":
        """Features of shape (N, p) whose values are bytes divided by a scale."""
        n, p = features.shape
        planes = np.zeros((p, _padded(n, 2 * _PADDED)), np.uint8)
        planes[:, :n] = features.T
        return cls(planes, 1, None, np.zeros(p), np.full(p, 1 / scale), scale)

    @classmethod
    def of_numbers(cls, features: Floats) -> "Stored":
        """Features of shape (N, p): each is split into 65,536 steps, that is two bytes.

        Raises
        ------
        FitFailed
            If a value is missing or infinite.
        """
        values = np.ascontiguousarray(features.T, np.float64)
        if not np.isfinite(values.sum()):
            raise FitFailed("the features have missing or infinite values")
        low = values.min(axis=1)
        unit = (values.max(axis=1) - low) / 65535
        unit[unit == 0] = 1.0
        n = values.shape[1]
        planes = np.zeros((len(values), 2, _padded(n, 2 * _PADDED)), np.uint8)
        for k, column in enumerate(values):
            steps = np.clip(np.rint((column - low[k]) / unit[k]), 0, 65535).astype(np.uint16)
            planes[k, 0, :n], planes[k, 1, :n] = steps >> 8, steps & 255
        return cls(planes.reshape(2 * len(values), -1), 2, values, low, unit, 1.0)


class Columns(NamedTuple):
    """The features of a path: p of them, n rows, stride n rounded up.

    Attributes
    ----------
    n : int
    planes, n_planes : uint8 array of shape (p * n_planes, n + padding), and 1 or 2
        x_ik = low_k + unit_k * byte for one plane; for two unit_k * (256 * first byte + second byte).
    z : array of shape (p + 1, stride)
        Standardized features; the last is 1 in each row, for the intercept. Filled in where `ready`.
    values : array of shape (256,)
        x of each byte, if there is one plane.
    mean, sd, norm : arrays of shape (p,)
        sd is 1 where features are not standardized; norm_k^2 = sum_i w_i z_ik^2.
    low, unit, gap : arrays of shape (p,)
        See planes; gap_k is the norm of z_k less what the planes say, and room for rounding.
    usable, ready : bool arrays of shape (p,)
        Features that are not constant.
    w, inverse_w : arrays of shape (stride,)
        Weights, and 1 / w_i, 0 where w_i is 0.
    slope, offset : arrays of shape (p,)
        z_ik = slope_k * (what the planes say) + offset_k
    spread : float
        sqrt(sum_i 1 / w_i)
    code : int array of shape (stride,)
        Class of each row, -1 in the padding.
    looks_up : bool
        Whether z is looked up in tables rather than read, where it is read again and again.
    tables : array of shape (p, 256), or (1, 256) if not looked up
        z of each byte, where `ready`.
    one : array of shape (1, stride)
        Room to work in.
    """

    n: int
    planes: NDArray[np.uint8]
    n_planes: int
    z: Floats
    values: Floats
    mean: Floats
    sd: Floats
    norm: Floats
    low: Floats
    unit: Floats
    gap: Floats
    usable: NDArray[np.bool_]
    ready: NDArray[np.bool_]
    w: Floats
    inverse_w: Floats
    slope: Floats
    offset: Floats
    spread: float
    code: NDArray[np.int64]
    looks_up: bool
    tables: Floats
    one: Floats


def aligned(*shape: int) -> Floats:
    """Zeros that begin with a cache line; pages that are never written to take no memory."""
    size = int(np.prod(shape))
    room = np.zeros(size + _LINE, np.float64)
    first = -room.ctypes.data % (8 * _LINE) // 8
    return room[first : first + size].reshape(shape)


def _padded(n: int, whole: int) -> int:
    """n rounded up to a multiple of another number."""
    return -(-n // whole) * whole


def _gathered(planes: NDArray[np.uint8], rows: NDArray[np.intp]) -> NDArray[np.uint8]:
    """Some rows of the table, padded."""
    chosen = np.zeros((len(planes), _padded(len(rows), 2 * _PADDED)), np.uint8)
    for plane, into in zip(planes, chosen, strict=True):
        into[: len(rows)] = plane[rows]
    return chosen


def columns_of(
    settings: PathSettings, stored: Stored, rows: NDArray[np.intp], response: Floats, weights: Floats | None
) -> tuple[Columns, Floats]:
    """The features of a path, and their variances."""
    n, p = len(rows), len(stored.low)
    stride = _padded(n, _PADDED)
    w, inverse_w = aligned(stride), aligned(stride)
    counts = np.zeros((1, stride))
    counts[0, :n] = 1.0 if weights is None else weights
    ones = np.zeros((1, stride))
    ones[0, :n] = 1.0
    w[:n] = counts[0, :n] / loops.product(counts[0], ones, 0, n)
    np.divide(1.0, w, out=inverse_w, where=w > 0)
    z = aligned(p + 1, stride)
    z[p, :n] = 1.0
    looks_up = stored.n_planes == 1 and n >= _MANY
    columns = Columns(
        n=n, planes=_gathered(stored.planes, rows), n_planes=stored.n_planes, z=z,
        values=np.arange(256.0) / stored.scale, mean=np.zeros(p), sd=np.ones(p), norm=np.zeros(p), low=stored.low,
        unit=stored.unit, gap=np.zeros(p), usable=np.zeros(p, np.bool_), ready=np.zeros(p, np.bool_), w=w,
        inverse_w=inverse_w, spread=float(np.sqrt(inverse_w.sum())),
        code=np.append(response.argmax(axis=1), np.full(stride - n, -1)).astype(np.int64), slope=np.zeros(p), offset=np.zeros(p),
        looks_up=looks_up, tables=np.zeros((p if looks_up else 1, 256)), one=aligned(1, stride),
    )  # fmt: skip
    variance = np.zeros(p)
    if stored.values is None:
        standardize(columns, settings.standardize, variance)
    else:
        z[:p, :n] = stored.values[:, rows]
        standardize_numbers(columns, settings.standardize, variance)
    if not columns.usable.any():
        raise FitFailed("all features are constant in the train rows")
    columns.slope[:] = columns.usable * columns.unit / columns.sd
    columns.offset[:] = columns.usable * (columns.low - columns.mean) / columns.sd
    largest = np.abs(columns.low - columns.mean) + 65535 * columns.unit + np.abs(columns.mean)
    columns.gap[:] += 1e-14 * columns.usable * largest / columns.sd  # sum |r_i| is at most the residual's length
    return columns, variance


@compiled
def make_ready(t, k):  # type: ignore[no-untyped-def]
    """Standardize a feature of bytes: (x - mean) / sd, computed for each of 256 values."""
    if t.ready[k]:
        return
    x, z = t.planes[k], t.z[k]
    table = t.tables[k if t.looks_up else 0]
    for value in range(256):
        table[value] = (t.values[value] - t.mean[k]) / t.sd[k]
    for i in range(t.n):
        z[i] = table[x[i]]
    t.ready[k] = True


@compiled
def standardize(t, standardized, variance):  # type: ignore[no-untyped-def]
    """Means, standard deviations and norms of the features of bytes, on the path's rows.

    x is centered, x - sum_i w_i x_i, and divided by the square root of sum_i w_i x_i^2 of what that leaves.
    """
    n = t.n
    z = t.one
    for k in range(len(t.norm)):
        x = t.planes[k]
        first = x[0]
        constant = True
        for i in range(n):
            byte = x[i]
            constant = constant and byte == first
            z[0, i] = t.values[byte]
        t.usable[k] = not constant
        if constant:
            continue
        t.mean[k] = loops.product(t.w, z, FIRST, n)
        for i in range(n):
            z[0, i] -= t.mean[k]
        variance[k] = loops.curvature(t.w, z, FIRST, n)
        size = np.sqrt(variance[k])
        t.sd[k], t.norm[k] = (size, 1.0) if standardized else (1.0, size)


@compiled
def standardize_numbers(t, standardized, variance):  # type: ignore[no-untyped-def]
    """As `standardize`, in place in z; the gap is what the two bytes of each value leave of it."""
    n = t.n
    for k in range(len(t.norm)):
        x = t.z[k]
        first = x[0]
        constant = True
        for i in range(n):
            constant = constant and x[i] == first
        t.usable[k] = not constant
        if constant:
            continue
        t.mean[k] = loops.product(t.w, t.z, k, n)
        for i in range(n):
            x[i] -= t.mean[k]
        variance[k] = loops.curvature(t.w, t.z, k, n)
        size = np.sqrt(variance[k])
        t.sd[k], t.norm[k] = (size, 1.0) if standardized else (1.0, size)
        squares = 0.0
        high, low = t.planes[2 * k], t.planes[2 * k + 1]
        for i in range(n):
            if standardized:
                x[i] /= t.sd[k]
            steps = 256.0 * high[i] + low[i]
            off = x[i] - (t.low[k] + t.unit[k] * steps - t.mean[k]) / t.sd[k]
            squares += t.w[i] * off * off
        t.gap[k] = np.sqrt(squares) * MORE
        t.ready[k] = True
