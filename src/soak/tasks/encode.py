"""From the columns of a table to a matrix of features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from soak.errors import SoakError
from soak.tasks.columns import MAX_LEVELS, ColumnScan, sort_labels, to_numbers, to_text
from soak.tasks.tables import Table

Impute = Literal["error", "mean", "median", "drop_rows"]
_VALUES_AT_ONCE = 2**25  # while medians are computed


@dataclass(frozen=True)
class FeatureColumn:
    """How one column of the table becomes one feature, or several.

    Attributes
    ----------
    name : str
    levels : tuple of str, or None for numbers
        Of text: one feature of zeros and ones for each.
    boolean : bool
        true and false as one and zero.
    fill : float or None
        In place of missing values.
    """

    name: str
    levels: tuple[str, ...] | None = None
    boolean: bool = False
    fill: float | None = None

    @property
    def feature_names(self) -> list[str]:
        return [self.name] if self.levels is None else [f"{self.name}={level}" for level in self.levels]

    def encode(self, column: Any) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Values of shape (n, n_features of this column), and which rows have none."""
        if self.levels is not None:
            codes = pc.index_in(to_text(column), pa.array(self.levels)).to_numpy(zero_copy_only=False)
            return codes[:, None] == np.arange(len(self.levels)), np.isnan(
                codes
            ) if codes.dtype.kind == "f" else codes < 0
        values = _truth(column) if self.boolean else to_numbers(column)[0]
        missing = np.isnan(values)
        if self.fill is not None:
            values = np.where(missing, self.fill, values)
            missing = np.zeros_like(missing)
        return values[:, None], missing


def plan_features(
    task: str, table: Table, scans: Mapping[str, ColumnScan], names: Sequence[str], impute: Impute
) -> list[FeatureColumn]:
    """Decide how each feature is encoded; columns that cannot be features are errors."""
    for name in names:
        _check_feature(scans[name], table.where)
    fills = _fill_values(task, table, [scans[name] for name in names], impute)
    plan = []
    for name in names:
        found = scans[name]
        levels = tuple(sort_labels(found.levels)) if found.type == "text" and found.levels else None
        plan.append(FeatureColumn(name, levels, found.type == "boolean", fills.get(name)))
    expanded = [feature for column in plan for feature in column.feature_names]
    if len(set(expanded)) < len(expanded):
        twice = next(name for name in expanded if expanded.count(name) > 1)
        raise SoakError(f"{table.where}: two features would be named {twice!r}; rename a column")
    return plan


def smallest_dtype(plan: Sequence[FeatureColumn], scans: Mapping[str, ColumnScan]) -> np.dtype[Any]:
    """The smallest of uint8, float32, float64 that holds all features exactly."""
    numbers = [column for column in plan if column.levels is None and not column.boolean]
    fills = np.array([column.fill for column in plan if column.fill is not None])
    if all(scans[column.name].bytes_exact for column in numbers) and np.array_equal(fills, fills.astype(np.uint8)):
        return np.dtype(np.uint8)
    if all(scans[column.name].float32_exact for column in numbers) and np.array_equal(fills, fills.astype(np.float32)):
        return np.dtype(np.float32)
    return np.dtype(np.float64)


def encode_rows(
    plan: Sequence[FeatureColumn], columns: Mapping[str, Any], n_rows: int, dtype: np.dtype[Any]
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Features of shape (n_rows, n_features), and which rows lack one."""
    block = np.zeros((n_rows, sum(len(column.feature_names) for column in plan)), dtype=dtype)
    incomplete = np.zeros(n_rows, dtype=bool)
    start = 0
    for column in plan:
        values, missing = column.encode(columns[column.name])
        with np.errstate(invalid="ignore"):  # a missing value of a row that is dropped
            block[:, start : start + values.shape[1]] = values
        incomplete |= missing
        start += values.shape[1]
    return block, incomplete


def _check_feature(found: ColumnScan, where: str) -> None:
    found.check_not_mixed()
    place = f"{where}, column {found.name!r}"
    if found.type == "date":
        row, value = found.first_text or (1, "")
        raise SoakError(
            f"{where}, row {row}, column {found.name!r}: {value!r} is a date, which is no feature; "
            "make a number of it (as days since …), or leave it out with features"
        )
    if found.type == "empty":
        raise SoakError(f"{place}: has no value in any row; leave it out with features")
    if found.type == "text" and found.levels is None:
        raise SoakError(
            f"{place}: is text with more than {MAX_LEVELS} different values, each of which would become a feature; "
            "leave it out with features, or give it a role"
        )
    if found.first_infinite is not None:
        raise SoakError(
            f"{where}, row {found.first_infinite}, column {found.name!r}: is infinite; features must be finite"
        )


def _fill_values(task: str, table: Table, features: Sequence[ColumnScan], impute: Impute) -> dict[str, float]:
    """What stands in for missing values, by column; what cannot be filled is an error."""
    lacking = [found for found in features if found.missing]
    if not lacking or impute == "drop_rows":
        return {}
    if impute == "error":
        named = ", ".join(f"{found.name} ({found.missing})" for found in lacking[:10])
        more = ", …" if len(lacking) > 10 else ""
        raise SoakError(
            f"{table.where}: values are missing in {len(lacking)} feature column{'s' * (len(lacking) > 1)}: {named}{more}; "
            f"first in row {lacking[0].first_missing}; tasks.{task}.impute may be mean, median or drop_rows"
        )
    for found in lacking:
        if found.type == "text":
            raise SoakError(
                f"{table.where}, row {found.first_missing}, column {found.name!r}: is text, a missing value of which "
                f"has no {impute}; leave the column out with tasks.{task}.features, or the rows with impute: drop_rows"
            )
    fills: dict[str, float] = {}
    at_once = max(1, _VALUES_AT_ONCE // lacking[0].count)
    for start in range(0, len(lacking), at_once):
        fills |= _averages(table, lacking[start : start + at_once], impute)
    return fills


def _averages(table: Table, columns: Sequence[ColumnScan], impute: Impute) -> dict[str, float]:
    names = [found.name for found in columns]
    values: dict[str, list[NDArray[np.float64]]] = {name: [] for name in names}
    for batch in table.read(names):
        for found, column in zip(columns, batch.columns, strict=True):
            numbers = _truth(column) if found.type == "boolean" else to_numbers(column)[0]
            values[found.name].append(numbers[~np.isnan(numbers)])
    average = np.mean if impute == "mean" else np.median
    return {name: float(average(np.concatenate(values[name]))) for name in names}


def _truth(column: Any) -> NDArray[np.float64]:
    """One for true, zero for false, NaN for missing."""
    truth = pc.equal(pc.utf8_lower(to_text(column)), "true").cast(pa.float64())
    return np.asarray(truth.to_numpy(zero_copy_only=False), dtype=np.float64)
