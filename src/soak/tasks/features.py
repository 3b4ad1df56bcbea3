"""From the columns of a table to a matrix of features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from soak.errors import SoakError
from soak.names import listed
from soak.tasks.columns import MAX_LEVELS, Column
from soak.tasks.table import Table
from soak.tasks.task import Note

Impute = Literal["error", "mean", "median", "drop_rows"]
_VALUES_AT_ONCE = 2**25  # 256 MB of float64, while medians are computed


@dataclass(frozen=True)
class Encoding:
    """How a column of the table becomes one feature, or several.

    Attributes
    ----------
    source : Column
    levels : tuple of str, or None
        Of text: one feature of zeros and ones for each level.
    fill : float or None
        In place of missing values.
    """

    source: Column
    levels: tuple[str, ...] | None = None
    fill: float | None = None

    @property
    def column(self) -> str:
        return self.source.name

    @property
    def feature_names(self) -> list[str]:
        return [self.column] if self.levels is None else [f"{self.column}={level}" for level in self.levels]

    def encode(self, values: Any) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Encode the rows of a block.

        Parameters
        ----------
        values : Arrow array of n values

        Returns
        -------
        features : array of shape (n, n_features of this column)
        is_missing : array of bool, shape (n,)
            Rows without a value, also after imputation.
        """
        if self.levels is not None:
            labels = self.source.to_labels(values)
            code = pc.index_in(labels.dictionary, pa.array(self.levels, pa.string()))
            codes = code.take(labels.indices).fill_null(-1).to_numpy(zero_copy_only=False)
            return codes[:, None] == np.arange(len(self.levels)), codes < 0
        numbers = self.source.numbers(values)
        is_missing = np.isnan(numbers)
        if self.fill is not None:
            return np.where(is_missing, self.fill, numbers)[:, None], np.zeros_like(is_missing)
        return numbers[:, None], is_missing


def plan_features(
    task: str, table: Table, columns: Mapping[str, Column], names: Sequence[str], impute: Impute
) -> list[Encoding]:
    """Decide how each column becomes features.

    Parameters
    ----------
    task : str
        Name of the task, for messages.
    table : Table
        Read again only for means or medians.
    columns : mapping of str to Column
    names : sequence of str
        Columns of the features, in order.
    impute : "error", "mean", "median" or "drop_rows"

    Raises
    ------
    SoakError
        If a column cannot be a feature, or lacks values that are not imputed.
    """
    problems = [problem for name in names if (problem := _problem(task, columns[name]))]
    if problems:
        raise SoakError(*problems)
    fills = _fill_values(task, table, [columns[name] for name in names], impute)
    plan = []
    for name in names:
        column = columns[name]
        plan.append(Encoding(column, column.labels if column.type == "text" else None, fills.get(name)))
    features = [feature for encoding in plan for feature in encoding.feature_names]
    if len(set(features)) < len(features):
        double = next(name for name in features if features.count(name) > 1)
        raise SoakError(f"{table.label}: two features would be named {double!r}; rename a column")
    return plan


def describe_features(plan: Sequence[Encoding]) -> list[Note]:
    """How many features there are, and which columns they are made of."""
    n_features = sum(len(encoding.feature_names) for encoding in plan)
    made = [Note("features", encoding.column, text) for encoding in plan if (text := _made(encoding))]
    columns = "1 column" if len(plan) == 1 else f"{len(plan)} columns"
    features = "1 feature" if n_features == 1 else f"{n_features} features"
    total = f"{features} of {columns}: {listed([encoding.column for encoding in plan])}"
    return [Note("features", "", total), *made]


def _made(encoding: Encoding) -> str:
    """What a column becomes that is not used as it is; "" for numbers."""
    if encoding.levels is not None:
        return f"{len(encoding.levels)} categories, a feature for each: {listed(encoding.levels)}"
    return {"date": "days since 1970", "boolean": "1 for true, 0 for false"}.get(encoding.source.type, "")


def smallest_dtype(plan: Sequence[Encoding], columns: Mapping[str, Column]) -> np.dtype[Any]:
    """The smallest of uint8, float32, float64 that holds all features exactly."""
    numbers = [columns[encoding.column] for encoding in plan if encoding.levels is None]
    if any(column.type == "date" for column in numbers):
        return np.dtype(np.float64)
    fills = np.array([encoding.fill for encoding in plan if encoding.fill is not None])
    if all(column.fits_uint8 for column in numbers) and np.array_equal(fills, fills.astype(np.uint8)):
        return np.dtype(np.uint8)
    if all(column.fits_float32 for column in numbers) and np.array_equal(fills, fills.astype(np.float32)):
        return np.dtype(np.float32)
    return np.dtype(np.float64)


def encode_rows(
    plan: Sequence[Encoding], columns: Mapping[str, Any], n_rows: int, dtype: np.dtype[Any]
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Encode the rows of a block.

    Parameters
    ----------
    plan : sequence of Encoding
    columns : mapping of str to Arrow array of n_rows values
    n_rows : int
    dtype : dtype of the features

    Returns
    -------
    features : array of shape (n_rows, n_features)
    is_incomplete : array of bool, shape (n_rows,)
        Rows that lack a feature.
    """
    features = np.zeros((n_rows, sum(len(encoding.feature_names) for encoding in plan)), dtype=dtype)
    is_incomplete = np.zeros(n_rows, dtype=bool)
    start = 0
    for encoding in plan:
        values, is_missing = encoding.encode(columns[encoding.column])
        with np.errstate(invalid="ignore"):  # NaN as an integer, in a row that is dropped
            features[:, start : start + values.shape[1]] = values
        is_incomplete |= is_missing
        start += values.shape[1]
    return features, is_incomplete


def _problem(task: str, column: Column) -> str | None:
    """Why a column cannot be a feature; None if it can."""
    if mixed := column.mixed(task):
        return mixed
    if column.type == "empty":
        return f"{column.place()}: expected values, got none in any row; leave the column out with tasks.{task}.exclude"
    if column.type == "text" and column.labels is None:
        return (
            f"{column.place()}: expected at most {MAX_LEVELS} different texts, each of which becomes a feature; leave "
            f"the column out with tasks.{task}.exclude, or give it a role"
        )
    if column.is_numeric and column.first_infinite is not None:
        return f"{column.place(column.first_infinite)}: expected a finite number, got an infinite one"
    return None


def _fill_values(task: str, table: Table, columns: Sequence[Column], impute: Impute) -> dict[str, float]:
    """Values in place of missing ones, by name of column."""
    incomplete = [column for column in columns if column.missing]
    if not incomplete or impute == "drop_rows":
        return {}
    if impute == "error":
        raise SoakError(_missing_features(task, table, incomplete))
    for column in incomplete:
        if column.type == "text":
            raise SoakError(
                f"{column.place(column.first_missing)}: the value is missing, and text has no {impute} to fill in; "
                f"leave the column out with tasks.{task}.features, or the rows with impute: drop_rows"
            )
    fills: dict[str, float] = {}
    at_once = max(1, _VALUES_AT_ONCE // incomplete[0].count)
    for start in range(0, len(incomplete), at_once):
        fills |= _averages(table, incomplete[start : start + at_once], impute)
    return fills


def _missing_features(task: str, table: Table, incomplete: Sequence[Column]) -> str:
    counts = ", ".join(f"{column.name} ({column.missing})" for column in incomplete[:10])
    more = ", …" if len(incomplete) > 10 else ""
    return (
        f"{table.label}: values are missing in {len(incomplete)} feature column{'s' * (len(incomplete) > 1)}: "
        f"{counts}{more}, first in row {incomplete[0].first_missing}; tasks.{task}.impute can be mean, median or "
        "drop_rows"
    )


def _averages(table: Table, columns: Sequence[Column], impute: Impute) -> dict[str, float]:
    names = [column.name for column in columns]
    blocks: dict[str, list[NDArray[np.float64]]] = {name: [] for name in names}
    for batch in table.read(names):
        for column, values in zip(columns, batch.columns, strict=True):
            numbers = column.numbers(values)
            blocks[column.name].append(numbers[~np.isnan(numbers)])
    average = np.mean if impute == "mean" else np.median
    return {name: float(average(np.concatenate(blocks[name]))) for name in names}
