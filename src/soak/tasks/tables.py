"""A table of any kind, read as blocks of rows as often as is needed."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from soak.data.builtin import builtin_table
from soak.data.delimited import DelimitedFile
from soak.data.sources import file_name
from soak.data.streams import open_bytes
from soak.errors import SoakError
from soak.tasks.settings import BUILTIN_PREFIX

_PACKED = (".gz", ".xz", ".zst", ".bz2", ".zip")
_KINDS = (".csv", ".tsv", ".parquet", ".arrow")
_VALUES_PER_BATCH = 2**22


@dataclass(frozen=True)
class Table:
    """Named columns that are read block by block.

    Attributes
    ----------
    where : str
        What errors call the table.
    names : tuple of str
    typed : bool
        Whether the file says what type a column is; if not, all values are text.
    read : function of column names giving record batches, in row order, the same each time
    """

    where: str
    names: tuple[str, ...]
    typed: bool
    read: Callable[[Sequence[str]], Iterator[pa.RecordBatch]]


@contextmanager
def open_table(table: str, path: str | Path | None, where: str) -> Iterator[Table]:
    """Open what a task's ``table`` names.

    Parameters
    ----------
    table : str
        As in the config: its name says whether it is a CSV or TSV; Parquet and Arrow are told by their first bytes.
    path : path, or None for a built-in table
    where : str
        What errors call it.
    """
    if table.startswith(BUILTIN_PREFIX):
        yield _in_memory(builtin_table(table.removeprefix(BUILTIN_PREFIX)), table)
        return
    assert path is not None
    suffix = _suffix(file_name(table))
    with ExitStack() as stack:
        stream = stack.enter_context(open_bytes(path, where))
        head = stream.peek(8)[:8]  # type: ignore[attr-defined]
        if head.startswith((b"PAR1", b"ARROW1")):
            if not _starts_with(path, head):
                path = _unpacked(stream, stack)
            yield _parquet(path, where) if head.startswith(b"PAR1") else _arrow(path, where, stack)
            return
        if suffix in (".parquet", ".arrow", ".feather"):
            raise SoakError(f"{where}: is not a {suffix[1:]} file: it starts with the bytes {head.hex(' ')}")
        delimiter = "\t" if suffix in (".tsv", ".tab") else ","
        text = DelimitedFile.open(path, where, delimiter)
        yield Table(where, text.names, False, lambda columns: text.batches(columns=columns))


def _suffix(name: str) -> str:
    """What kind of table a name says it is: its suffix, without that of a packer."""
    path = Path(name.lower())
    if path.suffix in _PACKED:
        path = path.with_suffix("")
    if path.suffix in (".xlsx", ".xls", ".ods", ".rds", ".rdata", ".json"):
        raise SoakError(f"{name}: a {path.suffix} file is not read; allowed: {', '.join(_KINDS)}, also packed")
    return path.suffix


def _in_memory(table: pa.Table, where: str) -> Table:
    return Table(where, tuple(table.column_names), True, lambda columns: iter(table.select(columns).to_batches()))


def _parquet(path: str | Path, where: str) -> Table:
    with _telling_damage(where, "Parquet"):
        # pandas keeps its row numbers as a column of this name
        names = [name for name in pq.ParquetFile(path).schema_arrow.names if name != "__index_level_0__"]
    _check_unique(names, where)

    def read(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        with _telling_damage(where, "Parquet"), pq.ParquetFile(path) as file:
            for batch in file.iter_batches(max(1, _VALUES_PER_BATCH // len(columns)), columns=list(columns)):
                yield batch.select(list(columns))

    return Table(where, tuple(names), True, read)


def _arrow(path: str | Path, where: str, stack: ExitStack) -> Table:
    with _telling_damage(where, "Arrow"):
        file = pa.ipc.open_file(stack.enter_context(pa.memory_map(str(path))))
    _check_unique(file.schema.names, where)

    def read(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        step = max(1, _VALUES_PER_BATCH // len(columns))
        with _telling_damage(where, "Arrow"):
            for number in range(file.num_record_batches):
                batch = file.get_batch(number).select(list(columns))
                batch.validate(full=True)  # a damaged file would otherwise end the process, not the reading
                for start in range(0, len(batch), step):
                    yield batch.slice(start, step)

    return Table(where, tuple(file.schema.names), True, read)


def _check_unique(names: Sequence[str], where: str) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            raise SoakError(f"{where}: columns {names.index(name) + 1} and {number + 1} are both named {name!r}")


@contextmanager
def _telling_damage(where: str, kind: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise SoakError(f"{where}: the {kind} file is damaged or cut short ({reason})") from None


def _starts_with(path: str | Path, head: bytes) -> bool:
    with Path(path).open("rb") as file:
        return file.read(len(head)) == head


def _unpacked(stream: Any, stack: ExitStack) -> Path:
    """A packed Parquet or Arrow file on disk: both are read from their end."""
    file = stack.enter_context(tempfile.NamedTemporaryFile(prefix="soak-table-"))  # noqa: SIM115
    shutil.copyfileobj(stream, file, 2**20)
    file.flush()
    return Path(file.name)
