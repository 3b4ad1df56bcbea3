"""A table of any format, read in blocks of rows, as often as needed."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from soak.data.builtin import builtin_table
from soak.data.delimited import DelimitedFile
from soak.data.form import Reading
from soak.data.sources import file_name
from soak.data.streams import open_bytes
from soak.data.values import clean_name, value_label, written
from soak.data.workbook import is_workbook
from soak.errors import SoakError
from soak.tasks.settings import BUILTIN_PREFIX

_COMPRESSED = (".gz", ".xz", ".zst", ".bz2", ".zip")
_OTHER_FORMATS = {
    *(".rds", ".rdata", ".json", ".dta", ".sav", ".por", ".sas7bdat", ".xpt", ".mat", ".h5", ".hdf5", ".npy", ".npz"),
    *(".pkl", ".pickle", ".db", ".sqlite", ".orc", ".avro", ".xml", ".pdf"),
}
_VALUES_PER_BATCH = 2**22  # 32 MB of float64


@dataclass(frozen=True)
class Table:
    """Named columns that are read block by block.

    Attributes
    ----------
    label : str
        What messages call the table: its path or URL.
    names : tuple of str
        Of the columns.
    typed : bool
        Whether the file has types of columns; if not, all values are text.
    read : callable
        From names of columns to an iterator of record batches with these columns, in row order, the same each time.
    categories : frozenset of str
        Columns that the file declares to be categories, beside those that it stores as dictionaries.
    index : str, optional
        What a first column without a name is called here.
    """

    label: str
    names: tuple[str, ...]
    typed: bool
    read: Callable[[Sequence[str]], Iterator[pa.RecordBatch]]
    categories: frozenset[str] = frozenset()
    index: str | None = None

    def with_clean_names(self) -> "Table":
        """The same table with names of columns as delimited text has them, unless that makes two of them alike."""
        names = [clean_name(name) for name in self.names]
        if len({*names}) < len(names) or names == list(self.names):
            return self
        original = dict(zip(names, self.names, strict=True))

        def read(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
            for batch in self.read([original[name] for name in columns]):
                yield batch.rename_columns(list(columns))

        categories = frozenset(name for name in names if original[name] in self.categories)
        return replace(self, names=tuple(names), read=read, categories=categories)

    def without(self, codes: Sequence[str | int | float]) -> "Table":
        """The same table with no value where it has one of these codes, however a number among them is written."""
        if not codes:
            return self
        known = {value_label(code) for code in codes}

        def read(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
            for batch in self.read(columns):
                arrays = [_without(array, known) for array in batch.columns]
                yield pa.record_batch(arrays, names=batch.schema.names)

        return replace(self, read=read)


@contextmanager
def open_table(location: str, path: str | Path | None, label: str, reading: Reading | None = None) -> Iterator[Table]:
    """Open the table of a task.

    Parameters
    ----------
    location : str
        As in the config. Its suffix distinguishes CSV and TSV; Parquet and Arrow are recognized by their first bytes.
    path : path, or None for a built-in table
        The file, where it is on this machine.
    label : str
        What messages call the table.
    reading : Reading, optional
        How delimited text is read.

    Raises
    ------
    SoakError
        If the file has another format, or is damaged; also while it is read.
    """
    if location.startswith(BUILTIN_PREFIX):
        yield _in_memory(builtin_table(location.removeprefix(BUILTIN_PREFIX)), label)
        return
    assert path is not None
    suffix = _suffix(file_name(location), label)
    with ExitStack() as stack:
        reading = reading or Reading()
        if is_workbook(path):
            yield _delimited(path, label, reading)
            return
        stream = stack.enter_context(open_bytes(path, label, reading.member))
        head = stream.peek(8)[:8]  # type: ignore[attr-defined]
        if head.startswith((b"PAR1", b"ARROW1")):
            if not _starts_with(path, head):
                path = _decompressed(stream, stack)
            table = _parquet(path, label) if head.startswith(b"PAR1") else _arrow(path, label, stack)
            yield table.with_clean_names()
            return
        if suffix in (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"):
            raise SoakError(f"{label}: expected a workbook, got a file that begins with the bytes {head.hex(' ')}")
        if suffix in (".parquet", ".arrow", ".feather"):
            name = "Parquet" if suffix == ".parquet" else "Arrow"
            raise SoakError(f"{label}: expected {name} data, got a file that begins with the bytes {head.hex(' ')}")
        yield _delimited(path, label, reading)


def _delimited(path: str | Path, label: str, reading: Reading) -> Table:
    text = DelimitedFile.open(path, label, reading)
    return Table(label, text.names, False, lambda columns: text.batches(columns=columns), index=text.index)


def _without(values: pa.Array, codes: set[str]) -> pa.Array:
    """Values of a block, null where they are one of some codes."""
    try:
        encoded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
        words = written(encoded.dictionary).to_pylist()
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):  # lists, bytes and the like, which no task can use
        return values
    meant = [code for code, word in enumerate(words) if word is not None and value_label(word) in codes]
    if not meant:
        return values
    is_code = pc.is_in(encoded.indices, pa.array(meant, encoded.indices.type))
    return values.take(pc.if_else(is_code, None, pa.array(np.arange(len(values)))))


def _suffix(name: str, label: str) -> str:
    """Suffix of a file's name, that of a compression removed."""
    path = Path(name.lower())
    if path.suffix in _COMPRESSED:
        path = path.with_suffix("")
    if path.suffix in _OTHER_FORMATS:
        raise SoakError(
            f"{label}: expected a .csv, .tsv, .xlsx, .xls, .ods, .parquet or .arrow file, compressed or not, got {path.suffix}"
        )
    return path.suffix


def _in_memory(table: pa.Table, label: str) -> Table:
    names = tuple(table.column_names)
    categories = _declared_categories(table.schema, label)
    return Table(label, names, True, lambda columns: iter(table.select(columns).to_batches()), categories)


def _parquet(path: str | Path, label: str) -> Table:
    with _reporting_damage(label, "Parquet"):
        schema = pq.ParquetFile(path).schema_arrow
        # pandas keeps its row numbers as a column of this name
        names = [name for name in schema.names if name != "__index_level_0__"]
    _check_unique(names, label)

    def read(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        with _reporting_damage(label, "Parquet"), pq.ParquetFile(path) as file:
            for batch in file.iter_batches(max(1, _VALUES_PER_BATCH // len(columns)), columns=list(columns)):
                batch.validate(full=True)  # text that is not UTF-8
                yield _without_views(batch.select(list(columns)))

    return Table(label, tuple(names), True, read, _declared_categories(schema, label))


def _declared_categories(schema: pa.Schema, label: str) -> frozenset[str]:
    """Columns that pandas wrote as categories: Parquet keeps those of numbers as numbers."""
    try:
        columns = (schema.pandas_metadata or {}).get("columns", [])
        return frozenset(column["name"] for column in columns if column.get("pandas_type") == "categorical")
    except (ValueError, TypeError, KeyError, AttributeError):  # no text, no JSON, or not of pandas' form
        raise SoakError(
            f"{label}: what pandas wrote into it about its columns is damaged; write the file again"
        ) from None


def _arrow(path: str | Path, label: str, stack: ExitStack) -> Table:
    with _reporting_damage(label, "Arrow"):
        file = pa.ipc.open_file(stack.enter_context(pa.memory_map(str(path))))
    _check_unique(file.schema.names, label)

    def read(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        step = max(1, _VALUES_PER_BATCH // len(columns))
        with _reporting_damage(label, "Arrow"):
            for number in range(file.num_record_batches):
                batch = file.get_batch(number).select(list(columns))
                batch.validate(full=True)  # otherwise a damaged file ends the whole process
                batch = _without_views(batch)
                for start in range(0, len(batch), step):
                    yield batch.slice(start, step)

    return Table(label, tuple(file.schema.names), True, read, _declared_categories(file.schema, label))


def _without_views(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The same rows with text in Arrow's first layout: few functions take string views, which Polars writes."""
    return pa.record_batch([_without_view(array) for array in batch.columns], names=batch.schema.names)


def _without_view(array: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(array.type) and pa.types.is_string_view(array.type.value_type):
        return pa.DictionaryArray.from_arrays(array.indices, _without_view(array.dictionary))
    return array.cast(pa.large_string()) if pa.types.is_string_view(array.type) else array


def _check_unique(names: Sequence[str], label: str) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            raise SoakError(f"{label}: columns {names.index(name) + 1} and {number + 1} are both named {name!r}")


@contextmanager
def _reporting_damage(label: str, name: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeError) as error:
        reason = str(error).splitlines()[0][:200]
        raise SoakError(f"{label}: the {name} file is damaged or truncated ({reason})") from None


def _starts_with(path: str | Path, head: bytes) -> bool:
    with Path(path).open("rb") as file:
        return file.read(len(head)) == head


def _decompressed(stream: Any, stack: ExitStack) -> Path:
    """A temporary file with a compressed Parquet or Arrow file's bytes: both are read from their end."""
    file = stack.enter_context(tempfile.NamedTemporaryFile(prefix="soak-table-"))  # noqa: SIM115
    shutil.copyfileobj(stream, file, 2**20)
    file.flush()
    return Path(file.name)
