"""The form of a delimited text: what separates its values, and what stands for a decimal point; found in its beginning."""

import codecs
import csv
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from soak.errors import SoakError

DELIMITERS = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}  # in the order in which they are tried
ROW_NAMES = "row.names"  # what R calls the first column if the header has no name for it
SPACES = " "  # any number of spaces and tabs
SAMPLE = 2**16  # bytes
_SAMPLE_ROWS = 50
_LEAST_ROWS = 5  # of a table below lines that do not belong to it
_SEP = re.compile(r'"?sep=(.)"?\s*')  # Excel's own first line
_COMMA_NUMBER = re.compile(r"\s*[+-]?\d+,\d+\s*")
_COMMA_THOUSANDS = re.compile(r"\s*[+-]?[1-9]\d{0,2},\d{3}\s*")
_BELOW_THOUSAND = re.compile(r"\s*[+-]?\d{1,3}\s*")
_POINT_NUMBER = re.compile(r"\s*[+-]?\d+\.\d+\s*")


@dataclass(frozen=True)
class Reading:
    """How a file is read: the keys that tables of data sets and of tasks share; see `soak.data.settings`.

    Attributes
    ----------
    delimiter : str
        "auto": found in the file.
    decimal : str
        "auto": a point, but a comma in a file with semicolons and decimal commas.
    thousands : str or None
    encoding : str
    header : bool
        Whether the first line holds the names of the columns.
    member : str or None
        The file in an archive.
    sheet : str, int or None
        Of a workbook.
    missing : tuple
        Codes that mean no value.
    """

    delimiter: str = "auto"
    decimal: str = "auto"
    thousands: str | None = None
    encoding: str = "utf-8"
    header: bool = True
    member: str | None = None
    sheet: str | int | None = None
    missing: tuple[str | int | float, ...] = ()

    @classmethod
    def of(cls, settings: Any) -> "Reading":
        """The keys of a table's settings, of a data set or a task."""
        names = [field.name for field in fields(cls) if field.name != "missing"]
        return cls(**{name: getattr(settings, name) for name in names}, missing=tuple(settings.missing))

    @property
    def is_utf8(self) -> bool:
        return codecs.lookup(self.encoding).name in ("utf-8", "utf-8-sig", "ascii")


@dataclass(frozen=True)
class Form:
    """What was found in the beginning of a text.

    Attributes
    ----------
    delimiter, decimal : str
    first_line : int
        Number of the line with the names, from 1; 2 below Excel's ``sep=;``.
    names : list of str
        Values of the first line.
    n_columns : int
        Values of a row, those after a trailing delimiter included.
    n_filled : int
        Columns before trailing delimiters.
    has_row_names : bool
        Whether rows have one value more than names, the first: as R's write.table writes them.
    """

    delimiter: str
    decimal: str
    first_line: int
    names: list[str]
    n_columns: int
    n_filled: int
    has_row_names: bool = False


def find_form(text: str, is_whole: bool, reading: Reading, label: str) -> Form:
    """Find the form of a text in its beginning.

    Parameters
    ----------
    text : str
        The first lines.
    is_whole : bool
        Whether this is the whole text; if not, its last line may be cut off.
    reading : Reading
        What the config gives.
    label : str
        What messages call the file.
    """
    lines = text.splitlines(keepends=True)
    found = _SEP.fullmatch(lines[0]) if lines else None
    first_line = 2 if found else 1
    lines = lines[first_line - 1 :]
    if not is_whole and len(lines) > 1:
        lines = lines[:-1]
    delimiter = reading.delimiter
    if delimiter == "auto":
        delimiter = found[1] if found else _delimiter(lines, label, first_line if reading.header else None)
    rows = split_lines(lines[: _SAMPLE_ROWS + 1], delimiter, label)
    names, body = (rows[0] if rows else []), rows[1:] if reading.header else rows
    decimal = _decimal(body, delimiter, reading, label)
    if decimal == reading.thousands:
        raise SoakError(f"{label}: decimal and thousands are both {decimal!r}; expected two signs")
    body = [row for row in body if row]
    lengths = Counter(map(len, body))
    n_columns = lengths.most_common(1)[0][0] if lengths else len(names)
    n_filled = len(names)
    if reading.header:
        while n_filled > 1 and not names[n_filled - 1].strip():
            n_filled -= 1
        is_trailing = not any(value.strip() for row in body for value in row[n_filled:])
        if not is_trailing and lengths.keys() == {len(names) + 1} and all(map(str.strip, names)) and names:
            return Form(delimiter, decimal, first_line, [ROW_NAMES, *names], n_columns, n_columns, True)
        if not is_trailing or n_columns < n_filled or (n_columns > n_filled and len(lengths) > 1):
            n_columns = n_filled = len(names)
    return Form(delimiter, decimal, first_line, names, n_columns, n_filled)


def split_lines(lines: Sequence[str], delimiter: str, label: str) -> list[list[str]]:
    """Lines as lists of values."""
    try:
        if delimiter == SPACES:
            lines = [line.strip().replace("\t", " ") + "\n" for line in lines]
            return list(csv.reader(lines, delimiter=" ", skipinitialspace=True))
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error as error:
        raise SoakError(f"{label}, line 1: cannot be read as names of columns ({error})") from None


def _delimiter(lines: Sequence[str], label: str, header: int | None) -> str:
    """What separates values: what splits the first lines into as many, two or more; else what the first line has most of.

    ``header`` is the number of the line with the names of columns, if there is one.
    """
    first = lines[0] if lines else ""
    sample = lines[: _SAMPLE_ROWS + 1]
    for delimiter in [*DELIMITERS, SPACES]:
        if delimiter != SPACES and delimiter not in first:
            continue
        try:
            rows = [row for row in split_lines(sample, delimiter, "") if row]
        except SoakError:
            continue
        counts = {len(row) for row in rows[1:]} or {len(rows[0])} if rows else {0}
        if len(counts) == 1 and min(counts) > 1 and abs(len(rows[0]) - counts.pop()) <= 1 and len(rows[0]) > 1:
            return delimiter
    if header and (line := _names_below(sample)):
        raise SoakError(
            f"{label}, line {header}: expected names of columns, got {first.strip()[:60]!r}; line {header + line} may "
            "hold them: remove the lines above it"
        )
    counted = {delimiter: first.count(delimiter) for delimiter in (",", "\t", ";", "|")}
    return max(counted, key=counted.__getitem__) if any(counted.values()) else SPACES if " " in first.strip() else ","


def _names_below(lines: Sequence[str]) -> int:
    """Index of a line from which on all have as many values, if those above have fewer: titles, comments; else 0."""
    for delimiter in DELIMITERS:
        try:
            lengths = [len(row) for row in split_lines(lines, delimiter, "")]
        except SoakError:
            continue
        start = len(lengths)
        while start and lengths[start - 1] == lengths[-1]:
            start -= 1
        is_table = lengths and lengths[-1] > 1 and len(lengths) - start >= _LEAST_ROWS
        if is_table and start and max(lengths[:start]) < lengths[-1]:
            return start
    return 0


def _decimal(rows: Sequence[Sequence[str]], delimiter: str, reading: Reading, label: str) -> str:
    """The decimal sign: as the config says, else a comma where thousands have the point, or the first rows have commas only."""
    if reading.decimal != "auto":
        return reading.decimal
    if reading.thousands == ".":
        return ","
    between = re.compile(between_thousands(reading))
    columns = [[between.sub("", value) for value in column] for column in itertools.zip_longest(*rows, fillvalue="")]
    values = list(itertools.chain(*columns))
    with_commas = [value for value in values if _COMMA_NUMBER.fullmatch(value)]
    if delimiter != ";" or not with_commas or any(map(_POINT_NUMBER.fullmatch, values)):
        return "."
    if all(map(_COMMA_THOUSANDS.fullmatch, with_commas)) and any(map(_may_be_thousands, columns)):
        raise SoakError(
            f"{label}: numbers such as {with_commas[0].strip()!r} may have a decimal comma, or commas between thousands; "
            'set decimal: "," or thousands: ","'
        )
    return ","


def _may_be_thousands(values: Sequence[str]) -> bool:
    """Whether 1,234 stands beside 999 in a column; decimals written with three places have them throughout."""
    return any(map(_COMMA_THOUSANDS.fullmatch, values)) and any(map(_BELOW_THOUSAND.fullmatch, values))


def between_thousands(reading: Reading) -> str:
    """Regular expression of what stands between thousands; a blank may be one that does not break, or a narrow one."""
    if reading.thousands is None:
        return r"(?!)"
    return "[ \u00a0\u202f]" if reading.thousands.isspace() else re.escape(reading.thousands)
