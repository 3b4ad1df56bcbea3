"""What the columns of a table hold: types, ranges and missing values, inferred from all rows."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from soak.data.delimited import NUMBER
from soak.errors import SoakError
from soak.tasks.table import Table

ColumnType = Literal["integer", "number", "boolean", "text", "date", "empty"]

MAX_LEVELS = 1000  # of a text that becomes one feature for each, and of classes
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([ T].*)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}( .*)?")


class Column:
    """What a column of a table holds, gathered block by block.

    Parameters
    ----------
    name : str
    label : str
        What messages call the table.

    Attributes
    ----------
    count, missing : int
        Rows, and how many of them have no value.
    low, high : float
        Range of its numbers.
    n_numbers : int
        Values that are numbers.
    first_text : (int, str) or None
        Row (from 1) and value of the first value that is not a number.
    first_missing, first_infinite : int or None
        Row, from 1.
    levels : set of str, or None if there are more than `MAX_LEVELS`
        Distinct values, as text.
    fits_uint8, fits_float32 : bool
        Whether all its numbers are integers from 0 to 255; whether float32 holds them exactly.
    """

    def __init__(self, name: str, label: str) -> None:
        self.name, self.label = name, label
        self.count = self.missing = self.n_numbers = 0
        self.low, self.high = np.inf, -np.inf
        self.first_text: tuple[int, str] | None = None
        self.first_missing: int | None = None
        self.first_infinite: int | None = None
        self.levels: set[str] | None = set()
        self.fits_uint8 = self.fits_float32 = True
        self._declared: ColumnType | None = None
        self._all_integers = True

    def place(self, row: int | None = None) -> str:
        """Table, row and column, as messages begin."""
        in_row = "" if row is None else f", row {row}"
        return f"{self.label}{in_row}, column {self.name!r}"

    @property
    def type(self) -> ColumnType:
        """The type of the whole column."""
        if self._declared in ("boolean", "date"):
            return self._declared
        if self.missing == self.count:
            return "empty"
        if self.first_text is None:
            return "integer" if self._all_integers else "number"
        if self.levels is not None and {level.lower() for level in self.levels} <= {"true", "false"}:
            return "boolean"
        if self._declared is None and not self.n_numbers and _DATE.fullmatch(self.first_text[1].strip()):
            return "date"
        return "text"

    @property
    def is_numeric(self) -> bool:
        return self.type in ("integer", "number")

    def check_not_mixed(self) -> None:
        """Raise if most values are numbers and some are not: the others are more often mistakes than categories."""
        if self._declared is not None or self.first_text is None:
            return
        row, value = self.first_text
        if _DECIMAL_COMMA.fullmatch(value.strip()):
            raise SoakError(f"{self.place(row)}: expected a decimal point, got {value!r}")
        if self.n_numbers > (self.count - self.missing) / 2:
            n_text = self.count - self.missing - self.n_numbers
            others = "1 value is not a number" if n_text == 1 else f"{n_text} values are not numbers"
            raise SoakError(
                f"{self.place(row)}: expected a number, as {self.n_numbers} of its values are, got {value!r}; {others}"
            )

    def add(self, values: Any, typed: bool) -> None:
        """Add the next rows: an Arrow array, and whether the table has types of columns."""
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        if typed:
            self._declared = self._declared_type(values.type)
        if self._declared in ("text", "boolean", "date", "empty"):
            self._add_text(to_text(values))
        else:
            self._add_numbers(values, typed)
        self.count += len(values)

    def _declared_type(self, arrow_type: pa.DataType) -> ColumnType:
        types: list[tuple[Any, ColumnType]] = [
            (pa.types.is_boolean, "boolean"),
            (pa.types.is_integer, "integer"),
            (pa.types.is_floating, "number"),
            (pa.types.is_decimal, "number"),
            (_is_text, "text"),
            (pa.types.is_temporal, "date"),
            (pa.types.is_null, "empty"),
        ]
        for has_type, column_type in types:
            if has_type(arrow_type):
                return column_type
        raise SoakError(f"{self.place()}: expected numbers, text, booleans or categories, got {arrow_type}")

    def _add_text(self, text: Any) -> None:
        self._record_missing(text.is_null().to_numpy(zero_copy_only=False))
        self._add_levels(text)
        if self.first_text is None and len(valid := text.drop_null()):
            first = int(np.flatnonzero(text.is_valid().to_numpy(zero_copy_only=False))[0])
            self.first_text = (self.count + first + 1, valid[0].as_py())

    def _add_numbers(self, values: Any, typed: bool) -> None:
        numbers, is_text = to_numbers(values)
        is_number = ~np.isnan(numbers)
        if not typed and self.levels is not None:
            self._add_levels(to_text(values))
        if is_text is not None and is_text.any() and self.first_text is None:
            first = int(is_text.argmax())
            self.first_text = (self.count + first + 1, values[first].as_py())
        self._record_missing(~is_number if is_text is None else ~is_number & ~is_text)
        valid = numbers[is_number]
        if len(valid):
            self.n_numbers += len(valid)
            self._record_range(valid, numbers)
            self._all_integers = self._all_integers and _all_integers(values, valid)

    def _record_missing(self, is_missing: NDArray[np.bool_]) -> None:
        n_missing = int(is_missing.sum())
        if n_missing and self.first_missing is None:
            self.first_missing = self.count + int(is_missing.argmax()) + 1
        self.missing += n_missing

    def _record_range(self, valid: NDArray[np.float64], numbers: NDArray[np.float64]) -> None:
        low, high = valid.min(), valid.max()
        self.low, self.high = min(self.low, low), max(self.high, high)
        if self.first_infinite is None and (np.isinf(low) or np.isinf(high)):
            self.first_infinite = self.count + int(np.isinf(numbers).argmax()) + 1
        if self.fits_uint8:
            self.fits_uint8 = bool(low >= 0 and high <= 255 and np.array_equal(valid, np.rint(valid)))
        if self.fits_float32:
            with np.errstate(over="ignore"):
                self.fits_float32 = np.array_equal(valid, valid.astype(np.float32))

    def _add_levels(self, text: Any) -> None:
        if self.levels is not None:
            self.levels.update(value for value in pc.unique(text).to_pylist() if value is not None)
            if len(self.levels) > MAX_LEVELS:
                self.levels = None


def read_columns(table: Table, names: Sequence[str]) -> dict[str, Column]:
    """Read columns once, and describe them.

    Raises
    ------
    SoakError
        If there are no rows, or a column has a type that no task can use.
    """
    columns = {name: Column(name, table.label) for name in names}
    for batch in table.read(names):
        for name, values in zip(names, batch.columns, strict=True):
            columns[name].add(values, table.typed)
    if not next(iter(columns.values())).count:
        raise SoakError(f"{table.label}: expected rows below the header, got none")
    return columns


def sort_labels(labels: Iterable[str]) -> list[str]:
    """Labels in order: by value if all are numbers, else by code point.

    Examples
    --------
    >>> sort_labels({"10", "9", "-1"}), sort_labels({"10", "9", "a"})
    (['-1', '9', '10'], ['10', '9', 'a'])
    """
    by_code_point = sorted(labels)
    try:
        return sorted(by_code_point, key=float)
    except ValueError:
        return by_code_point


def to_numbers(values: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    """Values of an Arrow array as numbers.

    Returns
    -------
    numbers : array of float64, shape (n,)
        NaN where there is no number.
    is_text : array of bool, shape (n,), or None
        Where a text is not a number; None if all values are numbers or missing.
    """
    if not _is_text(values.type):
        return _floats(values.cast(pa.float64(), safe=False)), None
    try:
        return _floats(values.cast(pa.float64())), None
    except pa.ArrowInvalid:
        trimmed = pc.replace_substring_regex(pc.utf8_trim_whitespace(values), r"^\+", "")
        is_number = pc.match_substring_regex(values, NUMBER)
        is_empty = pc.equal(trimmed, "")
        is_text = pc.invert(pc.or_(is_number, is_empty)).fill_null(False).to_numpy(zero_copy_only=False)
        return _floats(pc.if_else(is_number, trimmed, None).cast(pa.float64())), is_text


def to_booleans(values: Any) -> NDArray[np.float64]:
    """Values of an Arrow array as 1 for true, 0 for false, NaN for missing."""
    booleans = pc.equal(pc.utf8_lower(to_text(values)), "true").cast(pa.float64())
    return _floats(booleans)


def to_text(values: Any) -> Any:
    """Values of an Arrow array as text without spaces around it; missing if nothing is left."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    text = pc.utf8_trim_whitespace(values.cast(pa.string()))
    return pc.if_else(pc.equal(text, ""), None, text)


def _is_text(arrow_type: pa.DataType) -> bool:
    types = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(has_type(arrow_type) for has_type in types)


def _floats(values: Any) -> NDArray[np.float64]:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _all_integers(values: Any, numbers: NDArray[np.float64]) -> bool:
    """Whether all numbers of an Arrow array are written without a decimal point or exponent."""
    if not _is_text(values.type):
        return bool(pa.types.is_integer(values.type))
    if not np.array_equal(numbers, np.rint(numbers)):
        return False
    try:
        values.cast(pa.int64())
        return True
    except pa.ArrowInvalid:
        is_number = pc.match_substring_regex(values, NUMBER).fill_null(False)
        return not pc.any(pc.match_substring_regex(values.filter(is_number), "[.eEnN]")).as_py()
