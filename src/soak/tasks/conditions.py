"""Rows to keep: the conditions of the key ``where``, checked value by value. Nothing here runs code of the config."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from soak.data.values import value_label
from soak.errors import SoakError
from soak.tasks.columns import Column
from soak.tasks.settings import COMPARISON, Condition

_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "<": operator.lt,
    ">": operator.gt,
}


def meets(column: Column, values: Any, condition: Condition) -> NDArray[np.bool_]:
    """Which values of a block meet a condition.

    Parameters
    ----------
    column : Column
        That the block is of, read to its end.
    values : Arrow array of n values
    condition : value, list of values, comparison, "known" or "missing"
        A missing value meets only "missing" and "!= …".
    """
    encoded = column.to_labels(values)
    words = encoded.dictionary.to_pylist()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    if condition in ("known", "missing"):
        return np.asarray((codes >= 0) == (condition == "known"))
    found = COMPARISON.fullmatch(condition) if isinstance(condition, str) else None
    if found and found[1] in _ORDER:
        return _compared(column, values, found[1], found[2])
    sign, text = found.groups() if found else ("=", condition)
    allowed = {value_label(value) for value in (text if isinstance(text, list) else [text])}
    is_in = np.array([*(value_label(word) in allowed for word in words), False])[codes]
    return np.asarray(~is_in if sign == "!=" else is_in)


def _compared(column: Column, values: Any, sign: str, limit: str) -> NDArray[np.bool_]:
    """Which numbers or dates are above or below a limit."""
    if not column.is_numeric and column.type not in ("date", "boolean"):
        raise SoakError(
            f"{column.place(column.first_text[0] if column.first_text else None)}: expected numbers or dates, since a "
            f"condition of where compares them with {sign} {limit}, got {column.example}"
        )
    if column.type == "date":
        try:
            number = float(column.days(pa.array([limit.strip()]))[0])
        except SoakError:
            raise SoakError(
                f"{column.place()}: expected a date as YYYY-MM-DD after {sign} in where, got {limit!r}"
            ) from None
    else:
        try:
            number = float(limit)
        except ValueError:
            raise SoakError(f"{column.place()}: expected a number after {sign} in where, got {limit!r}") from None
    with np.errstate(invalid="ignore"):
        return np.asarray(_ORDER[sign](column.numbers(values), number))
