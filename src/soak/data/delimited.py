"""Delimited text (CSV, TSV), read block by block, with messages that name row and column."""

import codecs
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from soak.data.form import DELIMITERS, ROW_NAMES, SAMPLE, SPACES, Reading, between_thousands, find_form, split_lines
from soak.data.streams import open_bytes
from soak.data.values import MISSING, NUMBER, clean_name
from soak.data.workbook import is_workbook, sheet_text
from soak.errors import SoakError

_BLOCK = 2**20  # bytes of text at a time: larger blocks are no faster, and take memory
_BYTES_PER_VALUE = 64  # a block must hold a row
_INDEX = "column 1"
_TRAILING = "\0"  # begins the name of a column after the last delimiter: no name in a file has this sign
_LONGEST_HEADER = 2**24  # bytes
_POINTS_BETWEEN_THOUSANDS = r"^\s*[+-]?[1-9]\d{0,2}(\.\d{3})+\s*$"


@dataclass(frozen=True)
class DelimitedFile:
    """A table as delimited text, plain or compressed.

    Attributes
    ----------
    path : path
    label : str
        What messages call the file.
    reading : Reading
        With the delimiter and decimal sign that the file has.
    names : tuple of str
        Names of the columns: all different, none empty.
    n_columns : int
        Values of a row: as many as names, or more where lines end with delimiters.
    first_line : int
        Number of the line with the names, or of the first row, from 1.
    index : str, optional
        What a first column without a name is called here.
    """

    path: Path
    label: str
    reading: Reading
    names: tuple[str, ...]
    n_columns: int
    first_line: int = 1
    index: str | None = None

    @classmethod
    def open(cls, path: str | Path, label: str, reading: Reading | None = None) -> "DelimitedFile":
        """Read the beginning, and find the form of the text. Without a header the columns are named 1, 2, …."""
        reading = reading or Reading()
        with _text(path, label, reading) as text:
            line = text.readline(_LONGEST_HEADER)
            rest = text.read(SAMPLE)
        if not line.endswith(b"\n") and len(line) == _LONGEST_HEADER:
            raise SoakError(f"{label}, line 1: expected delimited text, got a line of over {_LONGEST_HEADER} bytes")
        begin = (line + rest).decode("utf-8", errors="replace").replace("\r\n", "\n")
        form = find_form(begin, len(rest) < SAMPLE, reading, label)
        reading = replace(reading, delimiter=form.delimiter, decimal=form.decimal)
        if not "".join(form.names).strip():
            kind = "names of columns" if reading.header else "a row"
            raise SoakError(f"{label}, line {form.first_line}: expected {kind}, got an empty line")
        if not reading.header:
            names = [str(number) for number in range(1, len(form.names) + 1)]
            return cls(Path(path), label, reading, tuple(names), len(names), form.first_line)
        names = form.names[: form.n_filled]
        index = ROW_NAMES if form.has_row_names else None if names[0].strip() or len(names) == 1 else _INDEX
        names = [index, *names[1:]] if index else names
        trimmed = [clean_name(name) for name in names]
        names = trimmed if len({*trimmed}) == len(names) else names
        _check_names(names, label, form.delimiter)
        return cls(Path(path), label, reading, tuple(names), form.n_columns, form.first_line, index)

    def batches(
        self, types: Mapping[str, pa.DataType] | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The rows, in blocks of about a megabyte.

        Parameters
        ----------
        types : mapping of column name to type
            Columns without a type here are text. A value that is not of its column's type is an error.
        columns : sequence of str
            Only these, in this order; default all.
        """
        wanted = {name: (types or {}).get(name, pa.string()) for name in columns or self.names}
        try:
            yield from self._read(wanted, use_threads=True)
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            self._raise_with_place(wanted, str(error))

    def _read(self, types: Mapping[str, pa.DataType], use_threads: bool) -> Iterator[pa.RecordBatch]:
        invalid: list[Any] = []
        reading = self.reading
        is_spaced = reading.delimiter == SPACES
        has_other_numbers = reading.decimal != "." or reading.thousands is not None
        read_as = dict.fromkeys(types, pa.string()) if has_other_numbers else types

        def keep_invalid(row: Any) -> str:
            invalid.append(row)
            return "error"

        trailing = [f"{_TRAILING}{number}" for number in range(len(self.names), self.n_columns)]
        options: dict[str, Any] = {
            "read_options": pyarrow.csv.ReadOptions(
                block_size=max(_BLOCK, _BYTES_PER_VALUE * self.n_columns),
                use_threads=use_threads,
                column_names=[*self.names, *trailing],
                skip_rows=self.first_line - 1 + reading.header,
            ),
            "parse_options": pyarrow.csv.ParseOptions(
                delimiter="\t" if is_spaced else reading.delimiter,
                newlines_in_values=True,
                invalid_row_handler=keep_invalid,
            ),
            "convert_options": pyarrow.csv.ConvertOptions(
                column_types=read_as,
                include_columns=list(types),
                null_values=[*MISSING, *map(str, reading.missing)],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        }
        with (_SpacedText if is_spaced else _text)(self.path, self.label, reading) as text:
            n_rows = 0
            try:
                for batch in _batches(text, options):
                    if reading.decimal == "," and reading.thousands is None:
                        self._check_no_thousands(batch, n_rows)
                    yield _with_points(batch, types, reading) if has_other_numbers else batch
                    n_rows += len(batch)
            except pa.ArrowInvalid:
                if invalid and not use_threads:  # with threads pyarrow does not know the number of the row
                    raise SoakError(self._wrong_count(invalid[0])) from None
                raise

    def _check_no_thousands(self, batch: pa.RecordBatch, n_rows: int) -> None:
        """Raise for 1.234 in a text with decimal commas: as a number with a decimal point it might be wrong by 1000."""
        for name, values in zip(batch.schema.names, batch.columns, strict=True):
            found = pc.match_substring_regex(values, _POINTS_BETWEEN_THOUSANDS).fill_null(False)
            places = np.flatnonzero(found.to_numpy(zero_copy_only=False))
            if len(places):
                value = values[int(places[0])].as_py()
                raise SoakError(
                    f"{self.label}, row {n_rows + int(places[0]) + 1}, column {name!r}: expected a decimal comma, got "
                    f'{value!r}; if points stand between thousands, set thousands: "."'
                )

    def _wrong_count(self, row: Any) -> str:
        number = f", row {row.number - self.reading.header - self.first_line + 1}" if row.number else ""
        first = "the header" if self.reading.header else "the first line"
        text = row.text.replace("\t", " ") if self.reading.delimiter == SPACES else row.text
        quote = "; is a closing quote missing?" if row.text.count('"') % 2 else ""
        return (
            f"{self.label}{number}: expected {row.expected_columns} values, as in {first}, got {row.actual_columns}: "
            f"{_short(text)}{quote}"
        )

    def _raise_with_place(self, types: Mapping[str, pa.DataType], reason: str) -> None:
        """Read again as text, one block after the other, to find the row that could not be read."""
        n_rows = 0
        try:
            for batch in self._read(dict.fromkeys(types, pa.string()), use_threads=False):
                for name, column in zip(batch.schema.names, batch.columns, strict=True):
                    bad = first_not_a_number(column) if pa.types.is_floating(types[name]) else None
                    if bad is not None:
                        value = _short(column[bad].as_py())
                        raise SoakError(
                            f"{self.label}, row {n_rows + bad + 1}, column {name!r}: expected a number, got {value}"
                        )
                n_rows += len(batch)
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            reason = str(error)
        raise SoakError(f"{self.label}: cannot be read as delimited text ({_short(reason, 200)})")


def first_not_a_number(column: Any) -> int | None:
    """Index of the first text that is not a number, missing values aside; None if all are numbers."""
    bad = pc.invert(pc.match_substring_regex(column, NUMBER)).fill_null(False)
    indices = np.flatnonzero(bad.to_numpy(zero_copy_only=False))
    return int(indices[0]) if len(indices) else None


def _batches(text: Any, options: dict[str, Any]) -> Iterator[pa.RecordBatch]:
    """What Arrow reads; nothing if there are no rows."""
    try:
        reader = pyarrow.csv.open_csv(text, **options)
    except pa.ArrowInvalid as error:
        if "Empty CSV file" not in str(error):
            raise
        names = options["convert_options"].include_columns
        types = options["convert_options"].column_types
        reader = [pa.record_batch([pa.array([], types[name]) for name in names], names=names)]
    yield from reader


def _with_points(batch: pa.RecordBatch, types: Mapping[str, pa.DataType], reading: Reading) -> pa.RecordBatch:
    """Numbers of a block with a decimal point and nothing between thousands, in their types."""
    arrays = []
    for name, values in zip(batch.schema.names, batch.columns, strict=True):
        plain = _plain_numbers(values, reading)
        arrays.append(plain if pa.types.is_string(types[name]) else plain.cast(types[name]))
    return pa.record_batch(arrays, names=batch.schema.names)


def _plain_numbers(values: Any, reading: Reading) -> Any:
    point = re.escape("," if reading.decimal == "," else ".")
    if reading.thousands is not None:
        between = between_thousands(reading)
        is_number = pc.match_substring_regex(values, rf"^\s*[+-]?\d{{1,3}}({between}\d{{3}})+({point}\d*)?\s*$")
        values = pc.if_else(is_number, pc.replace_substring_regex(values, between, ""), values)
    if reading.decimal == ",":
        is_number = pc.match_substring_regex(values, r"^\s*[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?\s*$")
        values = pc.if_else(is_number, pc.replace_substring(values, ",", "."), values)
    return values


def _check_names(names: list[str], label: str, delimiter: str) -> None:
    if len(names) == 1:
        others = [other for other in [*DELIMITERS, SPACES] if other != delimiter and other in names[0].strip()]
        if others:
            kind = DELIMITERS.get(others[0], "blanks")
            raise SoakError(
                f"{label}, line 1: expected several columns, got one, with {kind} in its name: {_short(names[0])}; set "
                "delimiter to what separates the values"
            )
    if all(pc.match_substring_regex(pa.array(names, pa.string()), NUMBER).to_pylist()):
        raise SoakError(f"{label}, line 1: expected names of columns, got only numbers: {_short(', '.join(names))}")
    first: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        if not name.strip():
            raise SoakError(
                f"{label}, line 1: column {number} has no name "
                "(row names written by R? use row.names = FALSE; by pandas? index=False)"
            )
        if "\n" in name or "\r" in name:
            raise SoakError(f"{label}, line 1: the name of column {number}, {_short(name)}, has a line break")
        if name in first:
            raise SoakError(f"{label}, line 1: columns {first[name]} and {number} are both named {name!r}")
        first[name] = number


def _short(text: object, length: int = 60) -> str:
    quoted = repr(text) if isinstance(text, str) else str(text)
    return quoted if len(quoted) <= length else quoted[: length - 1] + "…"


def _text(path: str | Path, label: str, reading: Reading) -> "_Text":
    """The text of a file, as UTF-8."""
    if is_workbook(path):
        return _Text(path, label, reading, io.BufferedReader(io.BytesIO(sheet_text(path, label, reading.sheet))))
    if reading.sheet is not None:
        raise SoakError(f"{label}: expected an Excel workbook with the sheet {reading.sheet!r}, got another file")
    return _Text(path, label, reading) if reading.is_utf8 else _DecodedText(path, label, reading)


class _Text(io.BufferedIOBase):
    """Bytes of a text file: without a byte order mark, checked to be UTF-8 without NUL."""

    def __init__(self, path: str | Path, label: str, reading: Reading, stream: BinaryIO | None = None) -> None:
        self._stream = stream or open_bytes(path, label, reading.member)
        self._label = label
        self._encoding = reading.encoding
        self._lines = 0
        self._rest = b""  # bytes of a character that the last chunk cut in two
        head = self._stream.peek(4)[:4]  # type: ignore[attr-defined]
        if head.startswith((b"\xff\xfe", b"\xfe\xff")) and reading.is_utf8:
            raise SoakError(f"{label}: expected UTF-8, got UTF-16; set encoding: utf-16, or save the file as UTF-8")
        for magic, kind in ((b"PAR1", "Parquet"), (b"ARRO", "Arrow"), (b"PK\x03\x04", "zip")):
            if head.startswith(magic):
                raise SoakError(f"{label}: expected delimited text, got a {kind} file")
        begin = self._stream.peek(64)[:64].lstrip().lower()  # type: ignore[attr-defined]
        for words, kind in (((b"@relation",), "an ARFF file"), ((b"[{", b'{"'), "JSON")):
            if begin.startswith(words):
                raise SoakError(f"{label}: expected delimited text, got {kind}; save it as CSV")
        if head.startswith(b"\xef\xbb\xbf"):
            self._stream.read(3)

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        return self._checked(self._stream.read(-1 if size is None else size))

    def read1(self, size: int = -1) -> bytes:
        return self.read(size)

    def readline(self, size: int | None = -1) -> bytes:
        return self._checked(self._stream.readline(-1 if size is None else size))

    def _checked(self, chunk: bytes) -> bytes:
        if (place := chunk.find(b"\0")) >= 0:
            raise SoakError(f"{self._label}, line {self._line(chunk, place)}: expected text, got a NUL byte")
        if not chunk.isascii() or self._rest:
            self._check_utf8(chunk)
        self._lines += chunk.count(b"\n")
        return chunk

    def _check_utf8(self, chunk: bytes) -> None:
        text = self._rest + chunk
        try:
            text.decode("utf-8")
            self._rest = b""
        except UnicodeDecodeError as error:
            if error.end == len(text) and error.reason == "unexpected end of data" and chunk:
                self._rest = text[error.start :]
                return
            line = self._line(chunk, max(error.start - len(self._rest), 0))
            raise SoakError(
                f"{self._label}, line {line}: expected UTF-8, got the byte {text[error.start]:02x} (Latin-1, or "
                "Windows-1252?); set encoding: latin-1, or cp1252, or save the file as UTF-8"
            ) from None

    def _line(self, chunk: bytes, place: int) -> int:
        return self._lines + chunk[:place].count(b"\n") + 1

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


class _DecodedText(_Text):
    """The same of a file in another encoding."""

    def __init__(self, path: str | Path, label: str, reading: Reading) -> None:
        super().__init__(path, label, reading)
        self._decoder = codecs.getincrementaldecoder(reading.encoding)()
        self._ready = b""
        self._ended = False

    def _fill(self) -> None:
        chunk = self._stream.read(_BLOCK)
        self._ended = not chunk
        try:
            text = self._decoder.decode(chunk, final=self._ended)
        except UnicodeError as error:
            line = self._lines + self._ready.count(b"\n") + 1
            raise SoakError(
                f"{self._label}, from line {line}: expected {self._encoding}, as its encoding says ({error})"
            ) from None
        self._ready += text.removeprefix("\ufeff").encode("utf-8", errors="replace")

    def read(self, size: int | None = -1) -> bytes:
        while not self._ended and (size is None or size < 0 or len(self._ready) < size):
            self._fill()
        return self._take(len(self._ready) if size is None or size < 0 else size)

    def readline(self, size: int | None = -1) -> bytes:
        while not self._ended and b"\n" not in self._ready:
            self._fill()
        end = self._ready.find(b"\n") + 1 or len(self._ready)
        return self._take(end if size is None or size < 0 else min(end, size))

    def _take(self, size: int) -> bytes:
        taken, self._ready = self._ready[:size], self._ready[size:]
        return self._checked(taken)


class _SpacedText(io.BufferedIOBase):
    """A text with a tab in place of the spaces and tabs between values."""

    def __init__(self, path: str | Path, label: str, reading: Reading) -> None:
        self._text = _text(path, label, reading)
        self._ready = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        lines, count = [self._ready], len(self._ready)
        while (size is None or size < 0 or count < size) and (line := self._text.readline()):
            values = _tabbed(line)
            lines += [values, b"\n"]
            count += len(values) + 1
        data = b"".join(lines)
        end = count if size is None or size < 0 else size
        self._ready = data[end:]
        return data[:end]

    def close(self) -> None:
        if not self.closed:
            self._text.close()
        super().close()


def _tabbed(line: bytes) -> bytes:
    if b'"' not in line:
        return b"\t".join(line.split())
    (values,) = split_lines([line.decode("utf-8", errors="replace")], SPACES, "")
    quoted = ['"' + value.replace('"', '""') + '"' if set(value) & {'"', "\t", " "} else value for value in values]
    return "\t".join(quoted).encode()
