"""Delimited text (CSV, TSV), read block by block, with messages that name row and column."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from soak.data.streams import open_bytes
from soak.data.values import MISSING, NUMBER
from soak.errors import SoakError

_BLOCK = 2**20  # bytes of text at a time: larger blocks are no faster, and take memory
_BYTES_PER_VALUE = 64  # a block must hold a row
_SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
_SPACES = " "
_LONGEST_HEADER = 2**24  # bytes


@dataclass(frozen=True)
class DelimitedFile:
    """A table as delimited text, plain or compressed.

    Attributes
    ----------
    path : path
    label : str
        What messages call the file.
    delimiter : str
        " " stands for any number of spaces and tabs, also at the ends of a line.
    names : tuple of str
        Names of the columns: all different, none empty.
    header : bool
        Whether the first line holds the names.
    member : str, optional
        The file in an archive.
    """

    path: Path
    label: str
    delimiter: str
    names: tuple[str, ...]
    header: bool = True
    member: str | None = None

    @classmethod
    def open(
        cls,
        path: str | Path,
        label: str,
        delimiter: str | None = ",",
        header: bool = True,
        member: str | None = None,
    ) -> "DelimitedFile":
        """Read the first line and check it.

        Without a delimiter it is what the line has most of: commas, tabs, semicolons or bars, else spaces.
        Without a header the columns are named 1, 2, ….
        """
        with _Text(path, label, member) as text:
            line = text.readline(_LONGEST_HEADER)
        if not line.endswith(b"\n") and len(line) == _LONGEST_HEADER:
            raise SoakError(f"{label}, line 1: expected delimited text, got a line of over {_LONGEST_HEADER} bytes")
        first = line.decode("utf-8", errors="replace").replace("\r\n", "\n")
        if delimiter is None:
            delimiter = max(_SEPARATORS, key=first.count) if any(map(first.count, _SEPARATORS)) else _SPACES
        values = first.split() if delimiter == _SPACES else _split(first, delimiter, label)
        if not "".join(values).strip():
            raise SoakError(f"{label}, line 1: expected {'names of columns' if header else 'a row'}, got an empty line")
        if header:
            names = [name.strip('"') for name in values] if delimiter == _SPACES else values
            _check_names(names, label, delimiter)
        else:
            names = [str(number) for number in range(1, len(values) + 1)]
        return cls(Path(path), label, delimiter, tuple(names), header, member)

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
        spaces = self.delimiter == _SPACES

        def keep_invalid(row: Any) -> str:
            invalid.append(row)
            return "error"

        options: dict[str, Any] = {
            "read_options": pyarrow.csv.ReadOptions(
                block_size=max(_BLOCK, _BYTES_PER_VALUE * len(self.names)),
                use_threads=use_threads,
                column_names=None if self.header else list(self.names),
            ),
            "parse_options": pyarrow.csv.ParseOptions(
                delimiter="," if spaces else self.delimiter, newlines_in_values=True, invalid_row_handler=keep_invalid
            ),
            "convert_options": pyarrow.csv.ConvertOptions(
                column_types=types,
                include_columns=list(types),
                null_values=list(MISSING),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        }
        with (_SpacedText if spaces else _Text)(self.path, self.label, self.member) as text:
            try:
                yield from pyarrow.csv.open_csv(text, **options)
            except pa.ArrowInvalid:
                if invalid and not use_threads:  # with threads pyarrow does not know the number of the row
                    raise SoakError(self._wrong_count(invalid[0])) from None
                raise

    def _wrong_count(self, row: Any) -> str:
        number = f", row {row.number - self.header}" if row.number else ""
        first = "the header" if self.header else "the first line"
        quote = "; is a closing quote missing?" if row.text.count('"') % 2 else ""
        return (
            f"{self.label}{number}: expected {row.expected_columns} values, as in {first}, got {row.actual_columns}: "
            f"{_short(row.text)}{quote}"
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


def _split(line: str, delimiter: str, label: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter), [])
    except csv.Error as error:
        raise SoakError(f"{label}, line 1: cannot be read as names of columns ({error})") from None


def _check_names(names: list[str], label: str, delimiter: str) -> None:
    if len(names) == 1:
        others = [other for other in _SEPARATORS if other != delimiter and other in names[0]]
        if others:
            raise SoakError(
                f"{label}, line 1: expected commas between the values, or tabs in a file named .tsv, got "
                f"{_SEPARATORS[others[0]]}: {_short(names[0])}"
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


class _Text(io.BufferedIOBase):
    """Bytes of a text file: without a byte order mark, checked to be UTF-8 without NUL."""

    def __init__(self, path: str | Path, label: str, member: str | None = None) -> None:
        self._stream = open_bytes(path, label, member)
        self._label = label
        self._lines = 0
        self._rest = b""  # bytes of a character that the last chunk cut in two
        head = self._stream.peek(4)[:4]  # type: ignore[attr-defined]
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise SoakError(f"{label}: expected UTF-8, got UTF-16; save the file as UTF-8")
        for magic, kind in ((b"PAR1", "Parquet"), (b"ARRO", "Arrow"), (b"PK\x03\x04", "zip")):
            if head.startswith(magic):
                raise SoakError(f"{label}: expected delimited text, got a {kind} file")
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
                "Windows-1252?); save the file as UTF-8"
            ) from None

    def _line(self, chunk: bytes, place: int) -> int:
        return self._lines + chunk[:place].count(b"\n") + 1

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


class _SpacedText(_Text):
    """The same with a comma in place of the spaces and tabs between values."""

    _ready = b""

    def read(self, size: int | None = -1) -> bytes:
        lines, count = [self._ready], len(self._ready)
        while (size is None or size < 0 or count < size) and (line := self.readline()):
            values = b",".join(line.split())
            lines += [values, b"\n"]
            count += len(values) + 1
        data = b"".join(lines)
        end = count if size is None or size < 0 else size
        self._ready = data[end:]
        return data[:end]
