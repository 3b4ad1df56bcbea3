"""Tables of separated text (CSV, TSV), read block by block, with messages that name row and column."""

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
from soak.errors import SoakError

MISSING = ("", "NA", "N/A", "#N/A", "n/a", "NaN", "nan", "NULL", "null", "<NA>")
NUMBER = r"^\s*[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|(?i:inf|infinity|nan))\s*$"

_BLOCK = 2**20  # bytes of text at a time: larger ones are no faster, and take memory
_BYTES_PER_VALUE = 64  # a block must hold a row
_SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
_BLANK = " "
_LONGEST_HEADER = 2**24  # bytes


@dataclass(frozen=True)
class DelimitedFile:
    """A table of separated text with a header line, plain or packed.

    Attributes
    ----------
    path : path
    where : str
        What errors call the file.
    delimiter : str
        A blank stands for any number of blanks and tabs, also at the ends of a line.
    names : tuple of str
        Of the columns: all different, none empty.
    header : bool
        Whether the first line holds the names.
    member : str, optional
        File in an archive.
    """

    path: Path
    where: str
    delimiter: str
    names: tuple[str, ...]
    header: bool = True
    member: str | None = None

    @classmethod
    def open(
        cls,
        path: str | Path,
        where: str,
        delimiter: str | None = ",",
        header: bool = True,
        member: str | None = None,
    ) -> "DelimitedFile":
        """Read the first line and check it.

        Without a delimiter it is what stands in the line most often: commas, tabs, semicolons or bars, else blanks.
        Without a header the columns are named 1, 2, ….
        """
        with _Text(path, where, member) as text:
            line = text.readline(_LONGEST_HEADER)
        if not line.endswith(b"\n") and len(line) == _LONGEST_HEADER:
            raise SoakError(f"{where}, line 1: is longer than {_LONGEST_HEADER} bytes: not a table of text")
        first = line.decode("utf-8", errors="replace").replace("\r\n", "\n")
        if delimiter is None:
            delimiter = max(_SEPARATORS, key=first.count) if any(map(first.count, _SEPARATORS)) else _BLANK
        values = first.split() if delimiter == _BLANK else _values(first, delimiter, where)
        if not "".join(values).strip():
            raise SoakError(f"{where}, line 1: is empty; it must {'name the columns' if header else 'be a row'}")
        if header:
            names = [name.strip('"') for name in values] if delimiter == _BLANK else values
            _check_names(names, where, delimiter)
        else:
            names = [str(number) for number in range(1, len(values) + 1)]
        return cls(Path(path), where, delimiter, tuple(names), header, member)

    def batches(
        self, types: Mapping[str, pa.DataType] | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Rows in blocks of about a megabyte.

        Parameters
        ----------
        types : mapping of column name to type
            Text where a column has none here. A value that is not of its column's type is an error.
        columns : sequence of str
            Only these, in this order; default all.
        """
        wanted = {name: (types or {}).get(name, pa.string()) for name in columns or self.names}
        try:
            yield from self._read(wanted, use_threads=True)
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            self._diagnose(wanted, str(error))

    def _read(self, types: Mapping[str, pa.DataType], use_threads: bool) -> Iterator[pa.RecordBatch]:
        invalid: list[Any] = []
        blanks = self.delimiter == _BLANK

        def keep_first(row: Any) -> str:
            invalid.append(row)
            return "error"

        options: dict[str, Any] = {
            "read_options": pyarrow.csv.ReadOptions(
                block_size=max(_BLOCK, _BYTES_PER_VALUE * len(self.names)),
                use_threads=use_threads,
                column_names=None if self.header else list(self.names),
            ),
            "parse_options": pyarrow.csv.ParseOptions(
                delimiter="," if blanks else self.delimiter, newlines_in_values=True, invalid_row_handler=keep_first
            ),
            "convert_options": pyarrow.csv.ConvertOptions(
                column_types=types,
                include_columns=list(types),
                null_values=list(MISSING),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        }
        with (_Blanks if blanks else _Text)(self.path, self.where, self.member) as text:
            try:
                yield from pyarrow.csv.open_csv(text, **options)
            except pa.ArrowInvalid:
                if invalid and not use_threads:
                    raise SoakError(self._ragged(invalid[0])) from None
                raise

    def _ragged(self, row: Any) -> str:
        number = f", row {row.number - self.header}" if row.number else ""
        quote = "; is a quote not closed?" if row.text.count('"') % 2 else ""
        values = "1 value" if row.actual_columns == 1 else f"{row.actual_columns} values"
        return (
            f"{self.where}{number}: has {values}, but the {'header names' if self.header else 'first line has'} "
            f"{row.expected_columns}{' columns' if self.header else ''}: "
            f"{_short(row.text)}{quote}"
        )

    def _diagnose(self, types: Mapping[str, pa.DataType], told: str) -> None:
        """Read again as text, one block after the other, to say where the reader stumbled."""
        n_rows = 0
        try:
            for batch in self._read(dict.fromkeys(types, pa.string()), use_threads=False):
                for name, column in zip(batch.schema.names, batch.columns, strict=True):
                    bad = first_not_a_number(column) if pa.types.is_floating(types[name]) else None
                    if bad is not None:
                        value = column[bad].as_py()
                        raise SoakError(
                            f"{self.where}, row {n_rows + bad + 1}, column {name!r}: {_short(value)} is not a number"
                        )
                n_rows += len(batch)
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            told = str(error)
        raise SoakError(f"{self.where}: is not a table of separated text ({_short(told, 200)})")


def _values(line: str, delimiter: str, where: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter), [])
    except csv.Error as error:
        raise SoakError(f"{where}, line 1: cannot be read as names of columns ({error})") from None


def first_not_a_number(column: Any) -> int | None:
    """Place of the first text that is not a number; None if all are, missing values aside."""
    bad = pc.invert(pc.match_substring_regex(column, NUMBER)).fill_null(False)
    places = np.flatnonzero(bad.to_numpy(zero_copy_only=False))
    return int(places[0]) if len(places) else None


def _check_names(names: list[str], where: str, delimiter: str) -> None:
    if len(names) == 1:
        others = [other for other in _SEPARATORS if other != delimiter and other in names[0]]
        if others:
            raise SoakError(
                f"{where}, line 1: has one column only, {_short(names[0])}: the values seem to be separated by "
                f"{_SEPARATORS[others[0]]}, not {_SEPARATORS[delimiter]}; "
                "allowed: commas, or tabs in a file named .tsv"
            )
    numbers = pc.match_substring_regex(pa.array(names, pa.string()), NUMBER).to_pylist()
    if all(numbers):
        raise SoakError(f"{where}, line 1: holds numbers only, {_short(', '.join(names))}: the header line is missing")
    seen: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        if not name.strip():
            raise SoakError(
                f"{where}, line 1: column {number} has no name "
                "(row names written by R? use row.names = FALSE; by pandas? index=False)"
            )
        if "\n" in name or "\r" in name:
            raise SoakError(f"{where}, line 1: the name of column {number}, {_short(name)}, has a line break")
        if name in seen:
            raise SoakError(f"{where}, line 1: columns {seen[name]} and {number} are both named {name!r}")
        seen[name] = number


def _short(text: object, length: int = 60) -> str:
    quoted = repr(text) if isinstance(text, str) else str(text)
    return quoted if len(quoted) <= length else quoted[: length - 1] + "…"


class _Text(io.BufferedIOBase):
    """Bytes of a text file: without a byte order mark, checked to be UTF-8 without NUL."""

    def __init__(self, path: str | Path, where: str, member: str | None = None) -> None:
        self._stream = open_bytes(path, where, member)
        self._where = where
        self._lines = 0
        self._rest = b""  # bytes of a character that the last chunk cut in two
        head = self._stream.peek(4)[:4]  # type: ignore[attr-defined]
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise SoakError(f"{where}: is written in UTF-16; save it as UTF-8")
        for magic, kind in ((b"PAR1", "Parquet"), (b"ARRO", "Arrow"), (b"PK\x03\x04", "zip")):
            if head.startswith(magic):
                raise SoakError(f"{where}: is a {kind} file, not a table of text; give it the name of its kind")
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
            raise SoakError(f"{self._where}, line {self._line(chunk, place)}: holds a NUL byte: not a table of text")
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
                f"{self._where}, line {line}: holds the byte {text[error.start]:02x}, which is not UTF-8 "
                "(Latin-1, or Windows-1252?); save it as UTF-8"
            ) from None

    def _line(self, chunk: bytes, place: int) -> int:
        return self._lines + chunk[:place].count(b"\n") + 1

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


class _Blanks(_Text):
    """The same with one comma in place of any number of blanks between values."""

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
