"""Sheets of workbooks, of Excel or OpenDocument, as delimited text, so that they are read as any other table."""

import csv
import io
import zipfile
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

from soak.data.values import shortest
from soak.errors import SoakError
from soak.names import listed, nearest

_OLD_EXCEL = bytes.fromhex("d0cf11e0a1b11ae1")  # an .xls file begins with it, as do Word's old files


def is_workbook(path: str | Path) -> bool:
    """Whether a file is a workbook (.xlsx, .xlsm, .xlsb, .xls, .ods), by its contents."""
    if not Path(path).is_file():  # a pipe would wait for somebody to write
        return False
    try:
        with Path(path).open("rb") as file:
            if file.read(len(_OLD_EXCEL)) == _OLD_EXCEL:
                return True
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            is_open_document = "mimetype" in names and b"opendocument.spreadsheet" in archive.read("mimetype")
    except Exception:  # zipfile meets damage with whatever breaks first: NotImplementedError, …
        return False
    return is_open_document or ("[Content_Types].xml" in names and any(name.startswith("xl/") for name in names))


def sheet_text(path: str | Path, label: str, sheet: str | int | None) -> bytes:
    """A sheet as comma-separated UTF-8 text; empty rows at its end are left out.

    Parameters
    ----------
    path : path
    label : str
        What messages call the file.
    sheet : str, int or None
        Its name, or number from 1; None for the only one that has values.

    Raises
    ------
    SoakError
        A damaged workbook, no such sheet, or several without a choice.
    """
    return _text(str(path), Path(path).stat().st_mtime_ns, label, sheet)


@lru_cache(maxsize=1)  # read at least twice: for types, then for values
def _text(path: str, changed: int, label: str, sheet: str | int | None) -> bytes:
    from python_calamine import CalamineError, load_workbook

    try:
        with Path(path).open("rb") as file:  # recognized by its contents, whatever its name
            book = load_workbook(file)
        names = book.sheet_names
        if sheet is not None:
            rows = book.get_sheet_by_name(_chosen(names, label, sheet)).to_python()
        else:
            filled = {name: rows for name in names if (rows := book.get_sheet_by_name(name).to_python())}
            if len(filled) != 1:
                raise SoakError(f"{label}: expected a sheet with a table, got {_found(list(filled))}")
            (rows,) = filled.values()
    except (CalamineError, OSError, ValueError, KeyError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise SoakError(f"{label}: the workbook is damaged, or has a password ({reason})") from None
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    lines = [[_cell(value) for value in row] for row in rows]
    while lines and not any(lines[-1]):
        lines.pop()
    writer.writerows(lines)
    return text.getvalue().encode()


def _chosen(names: list[str], label: str, sheet: str | int) -> str:
    if isinstance(sheet, int) and 1 <= sheet <= len(names):
        return names[sheet - 1]
    if str(sheet) not in names:
        raise SoakError(f"{label}: has no sheet {sheet!r}; {nearest(str(sheet), names, 'its sheets')}")
    return str(sheet)


def _found(names: list[str]) -> str:
    return f"{len(names)}: name one of them as sheet: {listed(names)}" if names else "empty ones only"


def _cell(value: Any) -> str:
    """A cell as text: numbers written shortest, dates as ISO 8601."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return shortest(repr(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)
