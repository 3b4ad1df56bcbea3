"""The columns that a resampling is made of, as codes; values that cannot be used are errors that name column and row."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from soak.errors import SoakError
from soak.names import FULL

Codes = NDArray[np.int32]


@dataclass(frozen=True)
class Roles:
    """Subset, group, stratum and given fold of each row, as codes 0, 1, ….

    Attributes
    ----------
    subset : array of int32, shape (n_rows,)
        Codes into ``subsets``.
    subsets : tuple
        The distinct subsets, sorted: numbers by value, categories of text in their own order, as R sorts the levels of a
        factor, other text by code point.
    group : array of int32, shape (n_rows,), or None if each row is its own group
        Numbered by first appearance, as ``stratum`` is.
    stratum : array of int32, shape (n_rows,)
        One code for each combination of the stratum columns; all 0 without any.
    fold : array of int32, shape (n_rows,), or None
        The given folds: their own numbers if they are whole numbers, else 1, 2, … in sorted order.
    """

    subset: Codes
    subsets: tuple[Any, ...]
    group: Codes | None
    stratum: Codes
    fold: Codes | None

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.subset)

    def with_subsets(self, subsets: Sequence[Any]) -> "Roles":
        """The same with the subsets in another order."""
        place = {name: code for code, name in enumerate(subsets)}
        codes = np.array([place[name] for name in self.subsets], dtype=np.int32)
        return replace(self, subset=codes[self.subset], subsets=tuple(subsets))


def read_roles(
    subset: Any,
    group: Any = None,
    stratum: Any = None,
    fold: Any = None,
    *,
    ignore_subset: bool = False,
    numbers: NDArray[np.integer] | None = None,
) -> Roles:
    """Check the columns and turn them into codes.

    Parameters
    ----------
    subset, group, fold : array-like of shape (n_rows,), or None
        Any values that can be compared: text, numbers, categories, pandas columns with or without missing values.
    stratum : array-like of shape (n_rows,), a list, mapping or data frame of such, or None
    ignore_subset : bool
        Treat all rows as one subset, "full". Then ``subset`` is only counted, and may be None if there is another
        column.
    numbers : array of int of shape (n_rows,), optional
        What messages call the rows in which groups and folds do not agree; default: 0, 1, ….

    Raises
    ------
    SoakError
        With the name of the column, and the row (0-based) if there is one.

    Warns
    -----
    UserWarning
        If a stratum is constant.
    """
    columns = {"subset": subset, "group": group, "fold": fold}
    series = {name: _series(name, values) for name, values in columns.items() if values is not None}
    strata = {f"stratum {name}".strip(): values for name, values in _stratum_columns(stratum).items()}
    n_rows = _count_rows(series | strata)
    if "subset" not in series and not ignore_subset:
        raise SoakError("subset: expected one value per row, got None; only ignore_subset=True needs no subset")
    if ignore_subset:
        subset_codes, subsets = np.zeros(n_rows, dtype=np.int32), (FULL,)
    else:
        subset_codes, subsets = _sorted_codes("subset", series["subset"])
    group_codes = _codes("group", series["group"])[0] if "group" in series else None
    folds = _given_folds(series["fold"]) if "fold" in series else None
    if folds is not None and group_codes is not None:
        _check_groups_within_folds(
            group_codes, folds, series["group"], np.arange(n_rows) if numbers is None else numbers
        )
    return Roles(subset_codes, subsets, group_codes, _combine(strata, n_rows), folds)


# Columns in any form, as pandas columns


def _series(name: str, values: Any) -> "pd.Series[Any]":
    if isinstance(values, pd.DataFrame):
        if values.shape[1] != 1:
            raise SoakError(f"{name}: expected one column, got {values.shape[1]}")
        values = values.iloc[:, 0]
    if isinstance(values, str) or not hasattr(values, "__len__"):
        raise SoakError(f"{name}: expected one value per row, got {values!r}")
    if hasattr(values, "to_pandas"):  # Arrow, Polars
        values = values.to_pandas()
    if not hasattr(values, "dtype"):
        values = _array(list(values))
    if getattr(values, "ndim", 1) == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if getattr(values, "ndim", 1) != 1:
        raise SoakError(f"{name}: expected one value per row, got an array of shape {values.shape}")
    return pd.Series(values, copy=False).reset_index(drop=True)


def _array(values: list[Any]) -> Any:
    """A list as pandas reads it, except that a missing value beside whole numbers does not make floats of them."""
    return pd.Series(values, dtype=object).infer_objects() if values else np.array([], dtype=object)


def _stratum_columns(stratum: Any) -> dict[str, "pd.Series[Any]"]:
    """Columns of the stratum by name; several columns without names are numbered from 1."""
    if stratum is None:
        return {}
    if isinstance(stratum, pd.DataFrame):
        return {str(name): _series(f"stratum {name}", stratum.iloc[:, i]) for i, name in enumerate(stratum.columns)}
    if isinstance(stratum, Mapping):
        return {str(name): _series(f"stratum {name}", values) for name, values in stratum.items()}
    if isinstance(stratum, np.ndarray) and stratum.ndim == 2:
        stratum = list(stratum.T)
    if isinstance(stratum, list | tuple) and (not stratum or _is_column(stratum[0])):
        numbers = [""] if len(stratum) == 1 else [str(number) for number in range(1, len(stratum) + 1)]
        return {
            number: _series(f"stratum {number}".strip(), values)
            for number, values in zip(numbers, stratum, strict=True)
        }
    return {"": _series("stratum", stratum)}


def _is_column(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str | bytes)


def _count_rows(columns: Mapping[str, "pd.Series[Any]"]) -> int:
    """Number of rows, the same for all columns."""
    if not columns:
        raise SoakError("subset: expected one value per row, got None")
    (first, values), *others = columns.items()
    for name, other in others:
        if len(other) != len(values):
            raise SoakError(f"{name}: expected {len(values)} values, as many as {first} has, got {len(other)}")
    if not len(values):
        raise SoakError(f"{first}: expected at least one row per fold, got no rows")
    return len(values)


# Codes


def _codes(name: str, values: "pd.Series[Any]") -> tuple[Codes, "pd.Index[Any]"]:
    """Codes by first appearance, and the value of each; a missing value is an error."""
    codes, distinct = pd.factorize(values)
    if codes.min() < 0:
        row = int(np.argmin(codes))
        raise SoakError(f"{name}: the value in row {row} is missing; fill it in, or drop the row")
    return codes.astype(np.int32), pd.Index(distinct)


def _sorted_codes(name: str, values: "pd.Series[Any]") -> tuple[Codes, tuple[Any, ...]]:
    """Codes in the order of the values, and the distinct values in this order."""
    codes, distinct = _codes(name, values)
    levels = distinct.tolist()
    keys = _declared_places(values, levels) or levels
    try:
        order = sorted(range(len(levels)), key=keys.__getitem__)
    except TypeError:
        row_of = {type(level): int(np.argmax(codes == code)) for code, level in reversed(list(enumerate(levels)))}
        by_row = sorted(row_of.items(), key=lambda item: item[1])
        types = " and ".join(f"{type_.__name__} (row {row})" for type_, row in by_row)
        raise SoakError(f"{name}: expected text only or numbers only, got {types}") from None
    rank = np.empty(len(levels), dtype=np.int32)
    rank[order] = np.arange(len(levels))
    return rank[codes], tuple(levels[code] for code in order)


def _declared_places(values: "pd.Series[Any]", levels: list[Any]) -> list[int]:
    """Places of the levels in the order in which categories of text are declared; none for other columns."""
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return []
    declared = values.dtype.categories.tolist()
    if not all(isinstance(category, str) for category in declared):
        return []
    place = {category: number for number, category in enumerate(declared)}
    return [place[level] for level in levels]


def _given_folds(values: "pd.Series[Any]") -> Codes:
    codes, levels = _sorted_codes("fold", values)
    if len(levels) == 1:
        raise SoakError(f"fold: expected at least 2 folds, but all rows are in fold {levels[0]!r}")
    whole = all(isinstance(level, int | float) and float(level).is_integer() for level in levels)
    whole = whole and max(abs(level) for level in levels) < 2**31
    numbers = [int(level) for level in levels] if whole else range(1, len(levels) + 1)
    return np.array(numbers, dtype=np.int32)[codes]


def _check_groups_within_folds(
    group: Codes, folds: Codes, values: "pd.Series[Any]", numbers: NDArray[np.integer]
) -> None:
    _, first = np.unique(group, return_index=True)
    astray = np.flatnonzero(folds != folds[first][group])
    if len(astray):
        row = int(astray[0])
        other = int(first[group[row]])
        raise SoakError(
            f"fold: expected the same fold for all rows of a group, but group {values.iloc[row]!s} is in fold "
            f"{folds[other]} (row {numbers[other]}) and in fold {folds[row]} (row {numbers[row]})"
        )


def _combine(strata: Mapping[str, "pd.Series[Any]"], n_rows: int) -> Codes:
    """One code per combination of the stratum columns, by first appearance."""
    combined: NDArray[Any] = np.zeros(n_rows, dtype=np.int64)
    for name, values in strata.items():
        codes, distinct = _codes(name, values)
        if len(distinct) == 1:
            warnings.warn(
                f"{name}: all rows have the value {distinct[0]!s}; it has no effect on the folds", stacklevel=4
            )
        combined = pd.factorize(combined * len(distinct) + codes)[0] if combined.any() else codes
    return combined.astype(np.int32)
