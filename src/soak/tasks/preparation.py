"""Features completed and scaled for one fit: by what its train rows show, and nothing else.

A task file keeps missing values as NaN. Each fit fills them in with values of its own train rows, and scales by their
means and standard deviations; its test rows get the same numbers. So no test row has a share in what a model is trained
on, or in how another test row is predicted.
"""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from soak.matrix import gathered_blocks

Fill = Literal["none", "mean", "median", "most_frequent"]
Floats = NDArray[np.float64]

_VALUES_AT_ONCE = 2**22  # 32 MB of float64: a median needs all rows of a feature, but not all features


@dataclass(frozen=True)
class Incomplete:
    """The features of a task that lack values, and how each fit completes them.

    Attributes
    ----------
    fill : "none", "mean", "median" or "most_frequent"
        none leaves them missing, for learners that take missing values.
    features : tuple of int
        Their numbers, ascending.
    levels : tuple of (first, stop)
        Ranges of these features that are the levels of one text each: they are missing together.
    """

    fill: Fill
    features: tuple[int, ...]
    levels: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Preparation:
    """What is done to the features of any rows before a model sees them.

    Attributes
    ----------
    features : int array
        Features that are completed.
    fill : array of float64, of the same length
        In place of missing values; NaN for a feature without a value in any train row: it is 0 in all rows.
    mean, sd : arrays of float64, shape (n_features,), or None
        Subtracted from the features, and what they are divided by then; 1 for features that are constant.
    """

    features: NDArray[np.intp]
    fill: Floats
    mean: Floats | None = None
    sd: Floats | None = None

    @classmethod
    def of(
        cls, matrix: NDArray[Any], rows: NDArray[np.int64], divisor: float, incomplete: Incomplete | None, scale: bool
    ) -> "Preparation":
        """Compute from train rows.

        Parameters
        ----------
        matrix : array of shape (n_rows, n_features)
            As stored in the task.
        rows : array of int64
            The train rows.
        divisor : float
            Of the stored values, `soak.tasks.task.Task.scale`.
        incomplete : Incomplete or None
            None completes nothing.
        scale : bool
            Whether features are scaled to zero mean and unit variance, after they are completed.
        """
        features = np.empty(0, np.intp)
        if incomplete is not None and incomplete.fill != "none":
            features = np.array(incomplete.features, np.intp)
        fill = np.empty(0)
        if incomplete is not None and len(features):
            fill = _fill(matrix, rows, features, incomplete.fill) / divisor
            for first, stop in incomplete.levels:
                counts = np.nansum(matrix[np.ix_(rows, np.arange(first, stop))], axis=0, dtype=np.float64)
                place = np.searchsorted(features, first)
                if counts.any():
                    fill[place : place + stop - first] = np.arange(stop - first) == counts.argmax()
        completed = cls(features, fill)
        if not scale:
            return completed
        mean, sd = _moments(completed._completed_blocks(matrix, rows, divisor), matrix.shape[1])
        return cls(features, fill, np.nan_to_num(mean, nan=0.0), sd)

    def _completed_blocks(self, matrix: NDArray[Any], rows: NDArray[np.int64], divisor: float) -> Iterator[Floats]:
        for _, block in gathered_blocks(matrix, rows):
            yield self._completed(block, divisor)

    def applied(self, block: NDArray[Any], divisor: float) -> Floats:
        """Completed and scaled features.

        Parameters
        ----------
        block : array of shape (n, n_features)
            As stored in the task; overwritten if it is float64.
        divisor : float
            Of the stored values.
        """
        values = self._completed(block, divisor)
        if self.mean is not None and self.sd is not None:
            values -= self.mean
            values /= self.sd
        return values

    def _completed(self, block: NDArray[Any], divisor: float) -> Floats:
        values: Floats = block.astype(np.float64, copy=False)
        if divisor != 1:
            values /= divisor
        for feature, fill in zip(self.features, self.fill, strict=True):
            column = values[:, feature]
            if np.isnan(fill):
                column[:] = 0
            else:
                column[np.isnan(column)] = fill
        return values

    def describe(self, names: Sequence[str]) -> dict[str, dict[str, float]]:
        """What was filled in, and scaled by, as plain values by names of features."""
        described = {}
        if len(self.features):
            filled = np.nan_to_num(self.fill, nan=0.0)
            described["fill"] = {
                names[feature]: float(f"{v:.12g}") for feature, v in zip(self.features, filled, strict=True)
            }
        if self.mean is not None and self.sd is not None:
            for key, values in (("mean", self.mean), ("sd", self.sd)):
                described[key] = {name: float(f"{value:.12g}") for name, value in zip(names, values, strict=True)}
        return described

    def without_values(self, names: Sequence[str]) -> list[str]:
        """Names of features that no train row has a value of."""
        return [names[feature] for feature in self.features[np.isnan(self.fill)]]


def _fill(matrix: NDArray[Any], rows: NDArray[np.int64], features: NDArray[np.intp], fill: Fill) -> Floats:
    """The mean, median or most frequent value of each feature (the smallest of several); NaN for one without values."""
    if fill == "mean":
        blocks = (block[:, features].astype(np.float64, copy=False) for _, block in gathered_blocks(matrix, rows))
        return _moments(blocks, len(features))[0]
    step = max(1, _VALUES_AT_ONCE // max(1, len(rows)))
    values = np.empty(len(features))
    for start in range(0, len(features), step):
        part = slice(start, start + step)
        block = matrix[np.ix_(rows, features[part])].astype(np.float64)
        if fill == "most_frequent":
            values[part] = [_most_frequent(column[~np.isnan(column)]) for column in block.T]
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # a column without values
                values[part] = np.nanmedian(block, axis=0)
    return values


def _most_frequent(values: Floats) -> float:
    if not len(values):
        return np.nan
    distinct, counts = np.unique(values, return_counts=True)
    return float(distinct[counts.argmax()])


def _moments(blocks: Iterable[Floats], n_features: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation (of n) of each column of blocks of rows, which are overwritten.

    The mean is NaN without values; the deviation 1 without values and where they are all the same. Sums of squares
    about the means of two sets of rows, A and B, join by Chan, Golub and LeVeque (Technical Report 222, Yale, 1979):
    M = M_A + M_B + (mean_B - mean_A)^2 n_A n_B / (n_A + n_B).
    """
    n, mean, squares = np.zeros(n_features), np.zeros(n_features), np.zeros(n_features)
    first, varies = np.full(n_features, np.nan), np.zeros(n_features, dtype=bool)
    for block in blocks:
        if not varies.all():  # a constant's sum may be rounded, and then it differs from its mean
            first = np.where(np.isnan(first), _first_values(block), first)
            varies |= ((block != first) & ~np.isnan(block)).any(axis=0)
        counts, own_mean, own_squares = _block_moments(block)
        n += counts
        share, difference = counts / np.maximum(n, 1), own_mean - mean
        squares += own_squares + difference**2 * (n - counts) * share
        mean += difference * share
    sd = np.sqrt(squares / np.maximum(n, 1))
    return np.where(n > 0, mean, np.nan), np.where(varies, sd, 1.0)


def _first_values(block: Floats) -> Floats:
    """The first value of each column; NaN without values."""
    values: Floats = block[(~np.isnan(block)).argmax(axis=0), np.arange(block.shape[1])]
    return values


def _block_moments(block: Floats) -> tuple[Floats, Floats, Floats]:
    """Of each column of a block, which is overwritten: number of values, their mean, and the squares about it."""
    counts, total = np.full(block.shape[1], float(len(block))), block.sum(axis=0)
    absent = np.isnan(block) if np.isnan(total).any() else None  # rare, and to look for them takes as long as to add up
    if absent is not None:
        block[absent] = 0
        counts, total = counts - absent.sum(axis=0), block.sum(axis=0)
    mean = total / np.maximum(counts, 1)
    block -= mean
    if absent is not None:
        block[absent] = 0
    block *= block  # np.einsum would fuse product and sum where the processor can, and so round otherwise
    return counts, mean, block.sum(axis=0)
