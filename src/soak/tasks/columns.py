"""What a table's columns hold: their types, inferred once from all rows, and a summary of each."""

import re
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from soak.data.delimited import NUMBER
from soak.errors import SoakError
from soak.tasks.tables import Table

ColumnType = Literal["integer", "number", "boolean", "text", "date", "empty"]

MAX_LEVELS = 1000  # of a text that becomes one column each, and of classes
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([ T].*)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}( .*)?")


def to_numbers(column: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    """Values of a column as numbers, NaN where missing; and which are text that is no number (None: none is)."""
    if not _is_text(column.type):
        return _floats(column.cast(pa.float64(), safe=False)), None
    try:
        return _floats(column.cast(pa.float64())), None
    except pa.ArrowInvalid:
        trimmed = pc.replace_substring_regex(pc.utf8_trim_whitespace(column), r"^\+", "")
        is_number = pc.match_substring_regex(column, NUMBER)
        is_blank = pc.equal(trimmed, "")
        text = pc.invert(pc.or_(is_number, is_blank)).fill_null(False).to_numpy(zero_copy_only=False)
        return _floats(pc.if_else(is_number, trimmed, None).cast(pa.float64())), text


def to_text(column: Any) -> Any:
    """Values of a column as text without blanks around it; missing where nothing is left."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.if_else(pc.equal(text, ""), None, text)


class ColumnScan:
    """Everything that is to be known of a column, gathered block by block.

    Attributes
    ----------
    count, missing : int
        Rows, and those of them without a value.
    low, high : float
        Range of its numbers.
    n_numbers : int
        Values that are numbers.
    first_text : (row, value) or None
        The first value that is not a number; rows count from 1.
    first_missing, first_infinite : int or None
        Row, from 1.
    levels : set of str, or None where there are more than `MAX_LEVELS`
    bytes_exact, float32_exact : bool
        Whether all its numbers are whole from 0 to 255; whether float32 holds them.
    """

    def __init__(self, name: str, where: str) -> None:
        self.name, self.where = name, where
        self.count = self.missing = self.n_numbers = 0
        self.low, self.high = np.inf, -np.inf
        self.first_text: tuple[int, str] | None = None
        self.first_missing: int | None = None
        self.first_infinite: int | None = None
        self.levels: set[str] | None = set()
        self.bytes_exact = self.float32_exact = True
        self._declared: ColumnType | None = None
        self._whole = True

    def add(self, column: Any, typed: bool) -> None:
        """Look at the next rows."""
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if typed:
            self._declared = _declared_type(column.type, self.name, self.where)
        if self._declared in ("text", "boolean", "date", "empty"):
            self._add_text(to_text(column))
        else:
            self._add_numbers(column, typed)
        self.count += len(column)

    def _add_text(self, text: Any) -> None:
        self._note_missing(text.is_null().to_numpy(zero_copy_only=False))
        self._add_levels(text)
        if self.first_text is None and len(valid := text.drop_null()):
            place = int(np.flatnonzero(text.is_valid().to_numpy(zero_copy_only=False))[0])
            self.first_text = (self.count + place + 1, valid[0].as_py())

    def _add_numbers(self, column: Any, typed: bool) -> None:
        values, text = to_numbers(column)
        is_number = ~np.isnan(values)
        if not typed and self.levels is not None:
            self._add_levels(to_text(column))
        if text is not None and text.any() and self.first_text is None:
            place = int(text.argmax())
            self.first_text = (self.count + place + 1, column[place].as_py())
        self._note_missing(~is_number if text is None else ~is_number & ~text)
        numbers = values[is_number]
        if len(numbers):
            self.n_numbers += len(numbers)
            self._note_numbers(numbers, values)
            self._whole = self._whole and _all_whole(column, numbers)

    def _note_missing(self, missing: NDArray[np.bool_]) -> None:
        n_missing = int(missing.sum())
        if n_missing and self.first_missing is None:
            self.first_missing = self.count + int(missing.argmax()) + 1
        self.missing += n_missing

    def _note_numbers(self, numbers: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        low, high = numbers.min(), numbers.max()
        self.low, self.high = min(self.low, low), max(self.high, high)
        if self.first_infinite is None and (np.isinf(low) or np.isinf(high)):
            self.first_infinite = self.count + int(np.isinf(values).argmax()) + 1
        if self.bytes_exact:
            self.bytes_exact = bool(low >= 0 and high <= 255 and np.array_equal(numbers, np.rint(numbers)))
        if self.float32_exact:
            with np.errstate(over="ignore"):
                self.float32_exact = np.array_equal(numbers, numbers.astype(np.float32))

    def _add_levels(self, text: Any) -> None:
        if self.levels is not None:
            self.levels.update(value for value in pc.unique(text).to_pylist() if value is not None)
            if len(self.levels) > MAX_LEVELS:
                self.levels = None

    @property
    def type(self) -> ColumnType:
        """The type of the whole column."""
        if self._declared in ("boolean", "date"):
            return self._declared
        if self.missing == self.count:
            return "empty"
        if self.first_text is None:
            return "integer" if self._whole else "number"
        if self.levels is not None and {level.lower() for level in self.levels} <= {"true", "false"}:
            return "boolean"
        if self._declared is None and not self.n_numbers and _DATE.fullmatch(self.first_text[1].strip()):
            return "date"
        return "text"

    @property
    def constant(self) -> bool:
        """Whether all its values are the same."""
        if self.type in ("integer", "number"):
            return bool(self.low == self.high)
        return self.levels is not None and len(self.levels) == 1

    def check_not_mixed(self) -> None:
        """Raise if the column is numeric but for some values: those are mistakes more often than categories."""
        if self._declared is not None or self.first_text is None:
            return
        row, value = self.first_text
        if _DECIMAL_COMMA.fullmatch(value.strip()):
            raise SoakError(
                f"{self.where}, row {row}, column {self.name!r}: {value!r} has a decimal comma; write a point"
            )
        if self.n_numbers > (self.count - self.missing) / 2:
            n_text = self.count - self.missing - self.n_numbers
            raise SoakError(
                f"{self.where}, row {row}, column {self.name!r}: {value!r} is not a number, as {self.n_numbers} of its "
                f"values are; {n_text} {'is' if n_text == 1 else 'are'} not"
            )

    def summary(self) -> dict[str, Any]:
        """What the schema file says of the column."""
        summary: dict[str, Any] = {"name": self.name, "type": self.type, "count": self.count, "missing": self.missing}
        if self.type in ("integer", "number"):
            summary |= {"min": float(self.low), "max": float(self.high)}
        elif self.levels is not None:
            summary |= {"levels": sort_labels(self.levels)}
        return summary


def scan(table: Table, columns: Sequence[str]) -> dict[str, ColumnScan]:
    """Read columns once, and say what they hold."""
    scans = {name: ColumnScan(name, table.where) for name in columns}
    for batch in table.read(columns):
        for name, column in zip(columns, batch.columns, strict=True):
            scans[name].add(column, table.typed)
    if not next(iter(scans.values())).count:
        raise SoakError(f"{table.where}: has a header line, but no rows")
    return scans


def sort_labels(labels: Any) -> list[str]:
    """Labels in order: by value if all are numbers, else by code point."""
    ordered: list[str] = sorted(labels)
    try:
        return sorted(ordered, key=float)
    except ValueError:
        return ordered


def _declared_type(arrow: pa.DataType, name: str, where: str) -> ColumnType:
    kinds: list[tuple[Any, ColumnType]] = [
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_integer, "integer"),
        (pa.types.is_floating, "number"),
        (pa.types.is_decimal, "number"),
        (_is_text, "text"),
        (pa.types.is_temporal, "date"),
        (pa.types.is_null, "empty"),
    ]
    for is_kind, kind in kinds:
        if is_kind(arrow):
            return kind
    raise SoakError(f"{where}, column {name!r}: has the type {arrow}; allowed: numbers, text, booleans, categories")


def _is_text(arrow: pa.DataType) -> bool:
    return bool(pa.types.is_string(arrow) or pa.types.is_large_string(arrow) or pa.types.is_string_view(arrow))


def _floats(column: Any) -> NDArray[np.float64]:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def _all_whole(column: Any, numbers: NDArray[np.float64]) -> bool:
    """Whether all numbers of a column are written without a decimal point or exponent."""
    if not _is_text(column.type):
        return bool(pa.types.is_integer(column.type))
    if not np.array_equal(numbers, np.rint(numbers)):
        return False
    try:
        column.cast(pa.int64())
        return True
    except pa.ArrowInvalid:
        is_number = pc.match_substring_regex(column, NUMBER).fill_null(False)
        return not pc.any(pc.match_substring_regex(column.filter(is_number), "[.eEnN]")).as_py()
