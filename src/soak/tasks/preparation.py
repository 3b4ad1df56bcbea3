"""Features completed and scaled for one fit: by what its train rows show, and nothing else.

A task file keeps missing values as NaN. Each fit fills them in with values of its own train rows, and scales by their
means and standard deviations; its test rows get the same numbers. So no test row has a share in what a model is trained
on, or in how another test row is predicted.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Fill = Literal["none", "mean", "median", "most_frequent"]
Floats = NDArray[np.float64]

_VALUES_AT_ONCE = 2**22  # 32 MB of float64: an average needs all rows of a feature, but not all features


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
        fill = np.full(len(features), np.nan)
        step = max(1, _VALUES_AT_ONCE // max(1, len(rows)))
        for start in range(0, len(features), step):
            assert incomplete is not None
            block = matrix[np.ix_(rows, features[start : start + step])].astype(np.float64)
            fill[start : start + step] = _averages(block, incomplete.fill) / divisor
        for first, stop in incomplete.levels if incomplete is not None and len(features) else ():
            counts = np.nansum(matrix[np.ix_(rows, np.arange(first, stop))], axis=0, dtype=np.float64)
            place = np.searchsorted(features, first)
            if counts.any():
                fill[place : place + stop - first] = np.arange(stop - first) == counts.argmax()
        completed = cls(features, fill)
        if not scale:
            return completed
        n_features = matrix.shape[1]
        mean, sd = np.empty(n_features), np.empty(n_features)
        for start in range(0, n_features, step):
            columns = slice(start, min(start + step, n_features))
            block = matrix[:, columns][rows].astype(np.float64) / divisor
            completed._complete(block, start)
            mean[columns], sd[columns] = _moments(block)
        return cls(features, fill, mean, sd)

    def apply(self, values: NDArray[Any]) -> None:
        """Complete and scale features in place.

        Parameters
        ----------
        values : float array of shape (n, n_features)
        """
        self._complete(values, 0)
        if self.mean is not None:
            values -= self.mean
            values /= self.sd

    def _complete(self, values: NDArray[Any], first: int) -> None:
        """Complete in place the features of a block that begins with the feature ``first``."""
        inside = (self.features >= first) & (self.features < first + values.shape[1])
        for feature, fill in zip(self.features[inside] - first, self.fill[inside], strict=True):
            column = values[:, feature]
            if np.isnan(fill):
                column[:] = 0
            else:
                column[np.isnan(column)] = fill

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


def _averages(block: Floats, fill: Fill) -> Floats:
    """The mean, median or most frequent value of each column (the smallest of several); NaN for one without values."""
    if fill == "most_frequent":
        return np.array([_most_frequent(column[~np.isnan(column)]) for column in block.T])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column without values
        averages: Floats = np.nanmean(block, axis=0) if fill == "mean" else np.nanmedian(block, axis=0)
    return averages


def _most_frequent(values: Floats) -> float:
    if not len(values):
        return np.nan
    distinct, counts = np.unique(values, return_counts=True)
    return float(distinct[counts.argmax()])


def _moments(block: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation (of n) of the values of each column; 0 and 1 without values, 1 where constant."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        mean, sd = np.nanmean(block, axis=0), np.nanstd(block, axis=0)
        is_constant = ~(np.nanmax(block, axis=0, initial=-np.inf) > np.nanmin(block, axis=0, initial=np.inf))
    return np.nan_to_num(mean, nan=0.0), np.where(is_constant, 1.0, sd)
