"""The columns that a resampling is made of, as codes; what cannot be used in them is told with column and row."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from soak.errors import SoakError

WHOLE = "full"  # the one subset where subsets are ignored: R's word for it


@dataclass(frozen=True)
class Roles:
    """Subset, group, stratum and given fold of each row, as codes 0, 1, ….

    Attributes
    ----------
    subset : array of shape (n_rows,)
        Codes into ``subsets``.
    subsets : tuple
        The distinct subsets, sorted (numbers by value, text by code point).
    group : array of shape (n_rows,), or None where each row is its own group
        Numbered by first appearance, as ``stratum``.
    stratum : array of shape (n_rows,)
        One code for each combination of the stratum columns; all 0 without any.
    fold : array of shape (n_rows,), or None
        The given folds: their own numbers if they are whole numbers, else 1, 2, … in sorted order.
    """

    subset: NDArray[np.int32]
    subsets: tuple[Any, ...]
    group: NDArray[np.int32] | None
    stratum: NDArray[np.int32]
    fold: NDArray[np.int32] | None

    def __len__(self) -> int:
        return len(self.subset)


def read_roles(
    subset: Any, group: Any = None, stratum: Any = None, fold: Any = None, *, ignore_subset: bool = False
) -> Roles:
    """Check the columns and turn them into codes.

    Parameters
    ----------
    subset, group, fold : array-like of shape (n_rows,), or None
        Any values that can be compared: text, numbers, categories, pandas columns with or without missing values.
    stratum : array-like of shape (n_rows,), a list of such, or a data frame
    ignore_subset : bool
        Treat all rows as one subset, "full"; ``subset`` then says only how many rows there are, and may be None
        if another column does.

    Raises
    ------
    SoakError
        Naming the column, and the row (0-based) where there is one.
    """
    columns = {"subset": subset, "group": group, "fold": fold}
    series = {name: _series(name, values) for name, values in columns.items() if values is not None}
    strata = {f"stratum {name}".strip(): values for name, values in _stratum_columns(stratum).items()}
    n_rows = _check_lengths(series | strata)
    if "subset" not in series and not ignore_subset:
        raise SoakError("subset: is needed; give one value per row, or ignore_subset=True")
    if ignore_subset:
        subset_codes, subsets = np.zeros(n_rows, dtype=np.int32), (WHOLE,)
    else:
        subset_codes, subsets = _sorted_codes("subset", series["subset"])
    group_codes = _codes("group", series["group"])[0] if "group" in series else None
    folds = _given_folds(series["fold"]) if "fold" in series else None
    if folds is not None and group_codes is not None:
        _check_groups_within_folds(group_codes, folds, series["group"])
    return Roles(subset_codes, subsets, group_codes, _combine(strata, n_rows), folds)


def _series(name: str, values: Any) -> "pd.Series[Any]":
    if isinstance(values, pd.DataFrame):
        if values.shape[1] != 1:
            raise SoakError(f"{name}: {values.shape[1]} columns given; one column is allowed")
        values = values.iloc[:, 0]
    if isinstance(values, str) or not hasattr(values, "__len__"):
        raise SoakError(f"{name}: one value per row is needed, not {values!r}")
    if hasattr(values, "to_pandas"):  # Arrow, Polars
        values = values.to_pandas()
    if not hasattr(values, "dtype"):
        values = _array(list(values))
    if getattr(values, "ndim", 1) == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if getattr(values, "ndim", 1) != 1:
        raise SoakError(f"{name}: an array of shape {values.shape} given; one value per row is needed")
    return pd.Series(values, copy=False).reset_index(drop=True)


def _array(values: list[Any]) -> Any:
    """A list as pandas reads it, but never with whole numbers made to floats by a missing value beside them."""
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
    if isinstance(stratum, list | tuple) and stratum and _is_column(stratum[0]):
        many = len(stratum) > 1
        return {
            (str(number) if many else ""): _series(f"stratum {number}" if many else "stratum", values)
            for number, values in enumerate(stratum, start=1)
        }
    if isinstance(stratum, list | tuple) and not stratum:
        return {}
    return {"": _series("stratum", stratum)}


def _is_column(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str | bytes)


def _check_lengths(columns: Mapping[str, "pd.Series[Any]"]) -> int:
    if not columns:
        raise SoakError("subset: is needed; give one value per row")
    (first, values), *others = columns.items()
    for name, other in others:
        if len(other) != len(values):
            raise SoakError(
                f"{name}: {len(other)} values, but {first} has {len(values)}; give one value per row to each"
            )
    if not len(values):
        raise SoakError(f"{first}: the table has no rows; at least one per fold is needed")
    return len(values)


def _codes(name: str, values: "pd.Series[Any]") -> tuple[NDArray[np.int32], "pd.Index[Any]"]:
    """Codes by first appearance, and the value of each; a missing value is an error."""
    codes, distinct = pd.factorize(values)
    if codes.min() < 0:
        row = int(np.argmin(codes))
        raise SoakError(f"{name}: row {row} has no value; give it one, or leave the row out")
    return codes.astype(np.int32), pd.Index(distinct)


def _sorted_codes(name: str, values: "pd.Series[Any]") -> tuple[NDArray[np.int32], tuple[Any, ...]]:
    """Codes in the order of the values, and the values."""
    codes, distinct = _codes(name, values)
    levels = distinct.tolist()
    try:
        order = sorted(range(len(levels)), key=levels.__getitem__)
    except TypeError:
        kinds = {type(level): int(np.argmax(codes == code)) for code, level in reversed(list(enumerate(levels)))}
        told = " and ".join(f"{kind.__name__} (row {row})" for kind, row in sorted(kinds.items(), key=lambda k: k[1]))
        raise SoakError(f"{name}: values of different types, {told}; make all of them text, or all numbers") from None
    rank = np.empty(len(levels), dtype=np.int32)
    rank[order] = np.arange(len(levels))
    return rank[codes], tuple(levels[code] for code in order)


def _given_folds(values: "pd.Series[Any]") -> NDArray[np.int32]:
    codes, levels = _sorted_codes("fold", values)
    if len(levels) == 1:
        raise SoakError(f"fold: all rows are in fold {levels[0]!r}; at least 2 folds are needed")
    whole = all(isinstance(level, int | float) and float(level).is_integer() for level in levels)
    whole = whole and max(abs(level) for level in levels) < 2**31
    numbers = [int(level) for level in levels] if whole else range(1, len(levels) + 1)
    return np.array(numbers, dtype=np.int32)[codes]


def _check_groups_within_folds(group: NDArray[np.int32], folds: NDArray[np.int32], values: "pd.Series[Any]") -> None:
    _, first = np.unique(group, return_index=True)
    stray = np.flatnonzero(folds != folds[first][group])
    if len(stray):
        row = int(stray[0])
        other = int(first[group[row]])
        raise SoakError(
            f"fold: group {values.iloc[row]!s} is in fold {folds[other]} (row {other}) and in fold {folds[row]} "
            f"(row {row}); all rows of a group need the same fold"
        )


def _combine(strata: Mapping[str, "pd.Series[Any]"], n_rows: int) -> NDArray[np.int32]:
    """One code per combination of the stratum columns, by first appearance; a column that is constant is told."""
    combined: NDArray[Any] = np.zeros(n_rows, dtype=np.int64)
    for name, values in strata.items():
        codes, distinct = _codes(name, values)
        if len(distinct) == 1:
            warnings.warn(
                f"{name}: all rows have the value {distinct[0]!s}; it has no influence on the folds", stacklevel=4
            )
        combined = pd.factorize(combined * len(distinct) + codes)[0] if combined.any() else codes
    return combined.astype(np.int32)
