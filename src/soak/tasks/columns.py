"""What the columns of a table hold: types, ranges, distinct and missing values, found in all rows."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from soak.data.values import CODE, NUMBER, Spelling, clean, labels, sort_labels, written
from soak.errors import SoakError
from soak.names import listed
from soak.tasks.table import Table

ColumnType = Literal["integer", "number", "boolean", "text", "date", "empty"]
Mask = NDArray[np.bool_]

MAX_LEVELS = 1000  # of a text that becomes one feature for each, and of classes
LEAST_COUNTED = 5  # rows of a table whose counting columns are left out: a few numbers count by chance
LEAST_DIFFERENT = 10  # values of a text that is left out since all of them differ
_MOST_WORDS = 2 * MAX_LEVELS  # kept of a column: a value may be spelled in several ways
_SHOWN = 5  # of the values that are not numbers
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
# Numbers with a sign that numbers do not have: 12 %, $1,200, −3 (with Unicode's minus), (3.5) for -3.5, '3'
_SIGNS = "%$\u20ac\u00a3\u00a5"
_SIGNED_NUMBER = re.compile(
    rf"(?!\d*[.,]?\d+$)[('\u2018]?[-+\u2212]?[{_SIGNS}]?\s*[-+\u2212]?(\d+|\d{{1,3}}([., ]\d{{3}})+)([.,]\d+)?\s*[{_SIGNS}]?[)'\u2019]?"
)
_MONTH = "(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-zA-Z]*"
_DATE = (
    r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([ T].*)?|\d{1,2}[./-]\d{1,2}[./-]\d{4}( .*)?|\d{1,2}/\d{1,2}/\d{2}( .*)?"
    rf"|\d{{1,2}}[-/. ]+{_MONTH}[-/., ]+\d{{2,4}}( .*)?|{_MONTH}[-/. ]+\d{{1,2}}[-/., ]+\d{{2,4}}( .*)?)$"
)
_NUMBER = NUMBER.replace("|nan", "")  # Nan is a name; where all else is a number Arrow has read it as missing
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(.*)")
_SECONDS_PER_DAY = 86_400
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


class Column:
    """What a column of a table holds, gathered block by block.

    Parameters
    ----------
    name : str
    label : str
        What messages call the table.
    is_category : bool
        Whether its values are categories even if they are numbers.

    Attributes
    ----------
    count, missing : int
        Rows, and how many of them have no value.
    low, high : float
        Range of its numbers.
    n_numbers : int
        Values that are finite numbers.
    texts : dict of str to int
        Values that are not numbers, with how often each occurs; the first `MAX_LEVELS` of them.
    first_text : (int, str) or None
        Row (from 1) and value of the first value that is not a number.
    first_missing, first_infinite : int or None
        Row, from 1.
    fits_uint8, fits_float32 : bool
        Whether all its numbers are integers from 0 to 255; whether float32 holds them exactly.
    is_whole : bool
        Whether all its numbers are whole, however they are written.
    """

    def __init__(self, name: str, label: str, is_category: bool = False) -> None:
        self.name, self.label, self.is_category = name, label, is_category
        self.count = self.missing = self.n_numbers = self.n_texts = 0
        self.low, self.high = np.inf, -np.inf
        self.texts: dict[str, int] = {}
        self.first_text: tuple[int, str] | None = None
        self.first_missing: int | None = None
        self.first_infinite: int | None = None
        self.fits_uint8 = self.fits_float32 = self.is_whole = True
        self._words: set[str] | None = set()
        self._declared: ColumnType | None = None
        self._has_integers = False  # some number is written without a fraction; 1.0, 2.0 are amounts
        self._order: list[str] | None = None  # of declared categories
        self._has_codes = False
        self._all_dates = True
        self._day_parts = [0, 0]  # the largest first and second part of dates that end with the year
        self._n_read = 0
        self._counts, self._start = True, 0.0
        self._hashes: list[NDArray[np.uint64]] | None = []  # of the values, as long as all differ
        self._casts = True  # all blocks so far were numbers to Arrow

    def place(self, row: int | None = None) -> str:
        """Table, row and column, as messages begin."""
        in_row = "" if row is None else f", row {row}"
        return f"{self.label}{in_row}, column {self.name!r}"

    # What it is

    @property
    def type(self) -> ColumnType:
        """The type of the whole column."""
        if self.missing == self.count:
            return "empty"
        if self._declared in ("boolean", "date"):
            return self._declared
        if self._words and {word.lower() for word in self._words} <= {"true", "false"}:
            return "boolean"
        if self.is_category or self._declared == "text":
            return "text"
        if not self.n_texts and not self._has_codes:
            return "integer" if self.is_whole and self._has_integers else "number"
        return "date" if self._all_dates and not self.n_numbers else "text"

    @property
    def is_numeric(self) -> bool:
        return self.type in ("integer", "number")

    @property
    def spelling(self) -> Spelling:
        """What its values are compared as."""
        if self.type == "boolean":
            return "boolean"
        is_text = self.n_texts or self._has_codes or self._order is not None or self._declared == "date"
        return "text" if is_text else "number"

    @property
    def may_cast(self) -> bool:
        """Whether it was numbers to Arrow so far."""
        return self._casts and bool(self.n_numbers) and self._declared != "empty"

    @property
    def labels(self) -> tuple[str, ...] | None:
        """Its distinct values in order; None if there are more than `MAX_LEVELS`."""
        if self._words is None:
            return None
        distinct = set(labels(pa.array(sorted(self._words), pa.string()), self.spelling).to_pylist()) - {None}  # "nan"
        return tuple(self.sorted(distinct)) if len(distinct) <= MAX_LEVELS else None

    def sorted(self, names: Iterable[str]) -> list[str]:
        """Some of its values in order: numbers by value, declared categories as declared, text by code point."""
        if self._order is not None:
            position = {name: number for number, name in enumerate(self._order)}
            return sorted(names, key=lambda name: position.get(name, len(position)))
        return sort_labels(names) if self.spelling == "number" else sorted(names)

    @property
    def is_constant(self) -> bool:
        """Whether all its values are the same."""
        return self.count > self.missing and (
            self.low == self.high if self.is_numeric else len(self.labels or "ab") == 1
        )

    @property
    def counts_rows(self) -> bool:
        """Whether it is n, n + 1, … in the order of the file's rows."""
        return self._counts and self._n_read >= LEAST_COUNTED

    @property
    def all_differ(self) -> bool:
        """Whether it is text, and no value comes twice."""
        if self.type != "text" or self._hashes is None or self._declared not in (None, "text") or self.is_category:
            return False
        values = np.concatenate([np.empty(0, np.uint64), *self._hashes])
        return len(values) >= LEAST_DIFFERENT and len(np.unique(values)) == len(values)

    @property
    def example(self) -> str:
        """A value, the range of the numbers, or what else there is, for messages."""
        if self.first_text:
            return repr(self.first_text[1])
        others = {"empty": "no value", "text": "categories", "date": "times"}
        return others.get(self.type, f"{self.low:g} to {self.high:g}")

    def check_not_mixed(self, task: str) -> None:
        """Raise if it is a column of numbers in which some values are not: more often mistakes than categories."""
        if problem := self.mixed(task):
            raise SoakError(problem)

    def mixed(self, task: str) -> str | None:
        """What is wrong with a column of numbers in which some values are not numbers; None if all is well."""
        if self._declared is not None or self.is_category or self.first_text is None:
            return None
        row, value = self.first_text
        if _THOUSANDS.fullmatch(value) and self.n_numbers + sum(map(bool, map(_THOUSANDS.fullmatch, self.texts))):
            return (
                f"{self.place(row)}: expected a number, got {value!r}; if its commas stand between thousands, set "
                f'tasks.{task}.thousands: ","; if it is a decimal comma, set tasks.{task}.decimal: ","'
            )
        if _COMMA_NUMBER.fullmatch(value):
            return (
                f'{self.place(row)}: expected a decimal point, got {value!r}; set tasks.{task}.decimal: "," if the '
                "file has decimal commas"
            )
        if all(map(_SIGNED_NUMBER.fullmatch, self.texts)):
            return (
                f"{self.place(row)}: expected a number, got {value!r}: write its numbers with digits, a point and a minus "
                f"sign only; or, if the column holds categories, set tasks.{task}.categorical: [{self.name}]; or leave it "
                f"out with tasks.{task}.exclude"
            )
        if not self._is_number_with_texts():
            return None
        n_others = self.n_texts
        others = "1 value is not a number" if n_others == 1 else f"{n_others} values are not numbers"
        shown = ", ".join(f"{text!r} ({count})" for text, count in list(self.texts.items())[:_SHOWN])
        more = ", …" if len(self.texts) > _SHOWN else ""
        codes = listed([repr(text) for text in self.texts][:_SHOWN]).replace("'", '"')
        numbers = "1 of its values is" if self.n_numbers == 1 else f"{self.n_numbers} of its values are"
        return (
            f"{self.place(row)}: expected a number, as {numbers}, got {value!r}; {others}: {shown}{more}. "
            f"If they mean no value, set tasks.{task}.missing: [{codes}{more}]; if the column holds categories, "
            f"tasks.{task}.categorical: [{self.name}]; or leave it out with tasks.{task}.exclude"
        )

    def _is_number_with_texts(self) -> bool:
        if not self.n_numbers:
            return False
        if self.n_numbers > self.n_texts:
            return True
        n_words = _MOST_WORDS + 1 if self._words is None else len(self._words)
        return len(self.texts) < MAX_LEVELS and n_words - len(self.texts) > len(self.texts)

    # Its values

    def numbers(self, values: Any) -> NDArray[np.float64]:
        """Values of a block as float64, NaN for missing ones; true and false as 1 and 0, dates as days since 1970."""
        if self.type == "boolean":
            return _floats(pc.equal(pc.utf8_lower(_as_text(values)), "true").cast(pa.float64()))
        if self.type == "date":
            return self.days(values)
        return to_numbers(values)

    def to_labels(self, values: Any) -> Any:
        """Values of a block as the texts that they are compared by: a dictionary array; null for missing ones."""
        encoded = _encoded(values)
        return labels(encoded.dictionary, self.spelling).take(encoded.indices).dictionary_encode()

    def is_missing(self, values: Any) -> Mask:
        """Which values of a block are missing."""
        if self.is_numeric or self.type == "empty":
            return np.isnan(to_numbers(values))
        return np.asarray(self.to_labels(values).is_null().to_numpy(zero_copy_only=False))

    def days(self, values: Any) -> NDArray[np.float64]:
        """Dates of a block as days since 1970; times of day and durations in days."""
        if pa.types.is_time(values.type) or pa.types.is_duration(values.type):
            integer = pa.int32() if pa.types.is_time32(values.type) else pa.int64()
            return _floats(values.cast(integer).cast(pa.float64())) / (_PER_SECOND[values.type.unit] * _SECONDS_PER_DAY)
        if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
            milliseconds = values.cast(pa.timestamp("ms"), safe=False).cast(pa.int64())
            return _floats(milliseconds.cast(pa.float64())) / (1000 * _SECONDS_PER_DAY)
        encoded = _encoded(values)
        days = np.array([np.nan, *map(self._day, encoded.dictionary.to_pylist())])
        return np.asarray(days[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False) + 1])

    def _day(self, word: str) -> float:
        """Days since 1970 of a date as text."""
        text = word
        if found := _DAY_FIRST.fullmatch(word):
            first, second, year, time = found.groups()
            is_day_first = self._day_parts[0] > 12 or "." in word
            if not is_day_first and self._day_parts[1] <= 12:
                raise SoakError(
                    f"{self.place()}: expected dates as YYYY-MM-DD, got {word!r}, which may begin with the day or the month"
                )
            day, month = (first, second) if is_day_first else (second, first)
            text = f"{year}-{month:0>2}-{day:0>2}{time}"
        date, _, time = text.replace("T", " ").partition(" ")
        try:
            date = "-".join(f"{int(part):02}" for part in re.split("[-/.]", date))
            moment = datetime.fromisoformat(f"{date} {time.replace('.', ':')}" if time else date)
        except ValueError:
            raise SoakError(f"{self.place()}: expected dates as YYYY-MM-DD, got {word!r}") from None
        return (moment.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds() / _SECONDS_PER_DAY

    # Gathering

    def add(
        self, values: Any, typed: bool, kept: Mask | None = None, numbers: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64] | None:
        """Add the next rows of the file.

        Parameters
        ----------
        values : Arrow array
        typed : bool
            Whether the table has types of columns; if not, all values are text.
        kept : array of bool, optional
            Which of the rows the task has; default all.
        numbers : array of float64, optional
            The values as numbers, if they are known.

        Returns
        -------
        array of float64
            The rows of the task as `to_numbers` has them; None for dates and booleans.
        """
        if pa.types.is_dictionary(values.type):
            self._declare_categories(values)
            values = values.dictionary_decode()
        if typed:
            self._declared = self._declared_type(values.type)
        if numbers is None:
            numbers = self._fast_numbers(values)
        self._check_counting(numbers, values)
        rows = np.arange(self._n_read, self._n_read + len(values))
        if kept is not None:
            rows = rows[kept]
        self._n_read += len(values)
        if kept is not None:
            values = values.filter(pa.array(kept))
            numbers = None if numbers is None else numbers[kept]
        if numbers is None:
            numbers = self._add_words(_encoded(values), rows)
        else:
            self._add_numbers(numbers, values, rows)
        self.count += len(values)
        return None if self._declared in ("boolean", "date") else numbers

    def _fast_numbers(self, values: Any) -> NDArray[np.float64] | None:
        """All values as numbers; None if they have to be looked at as text."""
        if self._declared in ("boolean", "date", "empty"):
            return None
        if not _is_text(values.type):
            self._has_integers = pa.types.is_integer(values.type)
            return _floats(values.cast(pa.float64(), safe=False))
        if self.n_texts > self.n_numbers:
            return None
        try:
            return _floats(values.cast(pa.float64()))
        except pa.ArrowInvalid:
            self._casts = False
            return None

    def _declare_categories(self, values: Any) -> None:
        if _is_text(values.type.value_type):
            known = dict.fromkeys(self._order or [])
            self._order = list(known | dict.fromkeys(clean(values.dictionary).drop_null().to_pylist()))
        self.is_category = self.is_category or not pa.types.is_boolean(values.type.value_type)

    def _declared_type(self, arrow_type: pa.DataType) -> ColumnType:
        types: list[tuple[Any, ColumnType]] = [
            (pa.types.is_boolean, "boolean"),
            (pa.types.is_integer, "integer"),
            (pa.types.is_floating, "number"),
            (pa.types.is_decimal, "number"),
            (_is_text, "text"),
            (lambda other: pa.types.is_temporal(other) and not pa.types.is_interval(other), "date"),
            (pa.types.is_null, "empty"),
        ]
        for has_type, column_type in types:
            if has_type(arrow_type):
                return column_type
        raise SoakError(f"{self.place()}: expected numbers, text, booleans or categories, got {arrow_type}")

    def _check_counting(self, numbers: NDArray[np.float64] | None, values: Any) -> None:
        """Whether the rows of the file are still counted, those that the task does not have included."""
        if not self._counts or not len(values):
            return
        if numbers is None:
            numbers = to_numbers(values) if _is_text(values.type) else np.full(len(values), np.nan)
        if not self._n_read:
            self._start = numbers[0]
        counted = self._start + self._n_read + np.arange(len(numbers))
        self._counts = bool(np.array_equal(numbers, counted) and float(self._start).is_integer())

    def _add_numbers(self, numbers: NDArray[np.float64], values: Any, rows: NDArray[np.int64]) -> None:
        valid = numbers
        is_missing = np.isnan(numbers)
        if is_missing.any():
            self._record_missing(is_missing, rows)
            valid = numbers[~is_missing]
        self._record_numbers(valid, numbers, rows)
        self._all_dates = False
        if self._words is not None:
            self._add_to_words(pc.unique(values))
        if not _is_text(values.type):
            return
        self._record_integers(values)
        if self.is_whole and not self._has_codes:
            zeros = pc.and_(pc.starts_with(values, "0"), pc.greater(pc.binary_length(values), 1))
            if pc.any(zeros).as_py():
                self._has_codes = bool(pc.any(pc.match_substring_regex(values.filter(zeros), CODE)).as_py())
        if self._has_codes:
            self._record_different(pc.unique(values), len(valid))

    def _add_words(self, encoded: Any, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Add values that are not all numbers, looking at each distinct text once; give the numbers among them."""
        words, codes = encoded.dictionary, encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        floats, is_text = _parsed(words)
        floats, is_text = np.append(floats, np.nan), np.append(is_text, False)  # code -1: missing
        numbers: NDArray[np.float64] = floats[codes]
        texts = is_text[codes]
        is_number = ~np.isnan(numbers)
        self._record_missing(~is_number & ~texts, rows)
        self._record_numbers(numbers[is_number], numbers, rows)
        self._add_to_words(words)
        self._record_integers(words)
        if not self._has_codes:
            self._has_codes = bool(pc.any(pc.match_substring_regex(words, CODE)).as_py())
        self._record_different(words, int((is_number | texts).sum()))
        if texts.any():
            first = int(texts.argmax())
            if self.first_text is None:
                self.first_text = (int(rows[first]) + 1, words[codes[first]].as_py())
            self._record_texts(words, np.bincount(codes[codes >= 0], minlength=len(words)), is_text[:-1])
        if self._all_dates:
            self._record_dates(words)
        return numbers

    def _record_integers(self, texts: Any) -> None:
        if self.is_whole and not self._has_integers:
            self._has_integers = bool(pc.any(pc.match_substring_regex(texts, r"^[+-]?\d+$")).as_py())

    def _record_texts(self, words: Any, counts: NDArray[np.int64], is_text: Mask) -> None:
        self.n_texts += int(counts[is_text].sum())
        if len(self.texts) < MAX_LEVELS:
            for code in np.flatnonzero(is_text):
                word = words[int(code)].as_py()
                self.texts[word] = self.texts.get(word, 0) + int(counts[code])

    def _record_dates(self, words: Any) -> None:
        self._all_dates = bool(pc.all(pc.match_substring_regex(words, _DATE), min_count=0).as_py())
        if self._all_dates:
            for found in filter(None, map(_DAY_FIRST.fullmatch, words.to_pylist())):
                self._day_parts = [
                    max(known, int(part)) for known, part in zip(self._day_parts, found.groups()[:2], strict=True)
                ]

    def _record_different(self, words: Any, n_values: int) -> None:
        if self._hashes is not None:
            distinct = words.drop_null()
            if len(distinct) < n_values:
                self._hashes = None
            else:
                self._hashes.append(pd.util.hash_array(np.asarray(distinct.to_pylist(), dtype=object)))

    def _record_missing(self, is_missing: Mask, rows: NDArray[np.int64]) -> None:
        n_missing = int(is_missing.sum())
        if n_missing and self.first_missing is None:
            self.first_missing = int(rows[is_missing.argmax()]) + 1
        self.missing += n_missing

    def _record_numbers(
        self, valid: NDArray[np.float64], numbers: NDArray[np.float64], rows: NDArray[np.int64]
    ) -> None:
        """Range and kind of the valid ones among the numbers of a block."""
        if not len(valid):
            return
        low, high = valid.min(), valid.max()
        self.low, self.high = min(self.low, low), max(self.high, high)
        is_infinite = np.isinf(low) or np.isinf(high)
        self.n_numbers += len(valid) - (int(np.isinf(valid).sum()) if is_infinite else 0)
        if is_infinite and self.first_infinite is None:
            self.first_infinite = int(rows[np.isinf(numbers).argmax()]) + 1
        if self.is_whole:
            self.is_whole = np.array_equal(valid, np.rint(valid))
        if self.fits_uint8:
            self.fits_uint8 = bool(self.is_whole and low >= 0 and high <= 255)
        if self.fits_float32:
            with np.errstate(over="ignore"):
                self.fits_float32 = np.array_equal(valid, valid.astype(np.float32))

    def _add_to_words(self, distinct: Any) -> None:
        if self._words is not None:
            self._words.update(_encoded(distinct).dictionary.to_pylist())
            if len(self._words) > _MOST_WORDS:
                self._words = None


Keep = Callable[[Mapping[str, NDArray[np.float64] | None], Mapping[str, Column]], None]


def read_columns(
    table: Table, names: Sequence[str], kept: Mask | None = None, keep: Keep | None = None
) -> dict[str, Column]:
    """Read columns once, and describe them.

    Parameters
    ----------
    table : Table
    names : sequence of str
    kept : array of bool, shape (n_rows,), optional
        Rows of the file that the task has; default all.
    keep : function, optional
        Is given the numbers of each block of rows (see `Column.add`), and the columns so far.

    Raises
    ------
    SoakError
        If there are no rows, or a column has a type that no task can use.
    """
    columns = {name: Column(name, table.label, name in table.categories) for name in names}
    for batch, block in kept_rows(table.read(names), kept):
        cast = _cast_together(batch, columns)
        numbers = {
            name: columns[name].add(values, table.typed, block, cast.get(name))
            for name, values in zip(names, batch.columns, strict=True)
        }
        if keep is not None:
            keep(numbers, columns)
    if not next(iter(columns.values()))._n_read:
        raise SoakError(f"{table.label}: expected rows below the header, got none")
    return columns


def _cast_together(batch: pa.RecordBatch, columns: Mapping[str, Column]) -> dict[str, NDArray[np.float64]]:
    """Columns of text that was numbers so far, as numbers: one cast of all, since many of them take longer."""
    names = [name for name, column in columns.items() if column.may_cast and _is_text(batch.column(name).type)]
    if len(names) < 2:
        return {}
    try:
        numbers = _floats(pa.concat_arrays([batch.column(name) for name in names]).cast(pa.float64()))
    except pa.ArrowInvalid:
        return {}
    return dict(zip(names, numbers.reshape(len(names), len(batch)), strict=True))


def kept_rows(batches: Iterable[pa.RecordBatch], kept: Mask | None) -> Iterator[tuple[pa.RecordBatch, Mask | None]]:
    """Each batch with which of its rows are kept; None for all."""
    start = 0
    for batch in batches:
        yield batch, None if kept is None else kept[start : start + len(batch)]
        start += len(batch)


def to_numbers(values: Any) -> NDArray[np.float64]:
    """Values of an Arrow array as numbers; NaN where there is none."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if not _is_text(values.type):
        return _floats(values.cast(pa.float64(), safe=False))
    try:
        return _floats(values.cast(pa.float64()))
    except pa.ArrowInvalid:
        encoded = _encoded(values)
        floats = np.append(_parsed(encoded.dictionary)[0], np.nan)
        return np.asarray(floats[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)])


def _parsed(words: Any) -> tuple[NDArray[np.float64], Mask]:
    """Distinct texts as numbers, NaN for others; and which of them are not numbers."""
    is_number = pc.match_substring_regex(words, _NUMBER)
    is_text = pc.invert(is_number).fill_null(False).to_numpy(zero_copy_only=False)
    return _floats(pc.if_else(is_number, words, None).cast(pa.float64())), is_text


def _encoded(values: Any) -> Any:
    """Values of an Arrow array as a dictionary of trimmed texts, none of them empty, and codes; null for missing ones."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
    encoded = written(values).dictionary_encode()
    words = clean(encoded.dictionary)
    return encoded if words.equals(encoded.dictionary) else words.take(encoded.indices).dictionary_encode()


def _as_text(values: Any) -> Any:
    return clean(values.dictionary_decode() if pa.types.is_dictionary(values.type) else values)


def _is_text(arrow_type: pa.DataType) -> bool:
    return bool(pa.types.is_string(arrow_type) or pa.types.is_large_string(arrow_type))


def _floats(values: Any) -> NDArray[np.float64]:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
