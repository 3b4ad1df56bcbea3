"""Fits on disk: folders of plain Parquet files, readable without this library.

The fits of a job, a pack, are one folder results/fits/TASK/LEARNER/PACK/:

- fits.parquet: a row per fit: task_id, train_set, learner, n_train, status, reason, what its learner found
  (converged, selected_epochs, lambda_min …), seconds, cpu_seconds, peak_mb, predict_seconds, versions and tables (JSON:
  versions of packages, and how many rows each of the other files has of the fit);
- predictions.parquet: train_set, algorithm, test_subset, test_fold, row, response, and prob.NAME for each class;
- history.parquet, path.parquet, coefficients.parquet, tuning.parquet: train_set, then the columns that the learner gives.

Equal fits give equal bytes, except for the times in fits.parquet.
"""

import itertools
import json
import shutil
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from soak.errors import SoakError
from soak.files import atomic, atomic_folder

_CRC_BYTES = 4
FINISHED = "finished"  # folder beside those of the packs, for finished fits of packs that are not
# Columns of fits.parquet that hold fields of a record, or its names of tables; the others are its info.
_FIELDS = (
    "train_set",
    "learner",
    "n_train",
    "status",
    "reason",
    "seconds",
    "cpu_seconds",
    "peak_mb",
    "predict_seconds",
)
_OTHERS = ("task_id", "versions", "tables")


@dataclass(frozen=True)
class FitRecord:
    """What is known of one fit.

    Attributes
    ----------
    task, train_set, learner : str
    n_train : int
        Rows trained on.
    status : str
        "ok", "failed", or "empty" where there are no rows to train on.
    reason : str
        Why it failed, in one line.
    info : mapping
        What the learner found: converged, selected_epochs, lambda_min, lambda_1se, n_lambda; values may be None. And
        ``note``: what a reader of its scores must know, such as classes that no row trains.
    seconds, cpu_seconds : float
        Of training alone, without process start and reading.
    peak_mb : float
        Peak resident memory of the process while it trained, MiB.
    predict_seconds : float
        Of predicting all rows that ask for it, of all algorithms.
    versions : mapping of package to version
    tables : mapping of name to Arrow table
        "predictions" (algorithm, test_subset, test_fold, row, response, prob.NAME …), "history" and what else the
        learner gives.
    """

    task: str
    train_set: str
    learner: str
    n_train: int
    status: str
    reason: str = ""
    info: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    predict_seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, pa.Table] = field(default_factory=dict)


def write_pack(folder: str | Path, records: Iterable[FitRecord]) -> None:
    """Write records to a folder of Parquet files: whole or not at all."""
    records = list(records)
    names = dict.fromkeys(name for record in records for name in record.tables)
    with atomic_folder(folder) as temporary:
        _write(_fits(records), temporary / "fits.parquet")
        for name in names:
            parts = [
                record.tables[name]
                .replace_schema_metadata(None)
                .add_column(0, "train_set", _repeated(record.train_set, record.tables[name].num_rows))
                for record in records
                if name in record.tables
            ]
            joined = pa.concat_tables(parts, promote_options="permissive").unify_dictionaries()
            _write(joined, temporary / f"{name}.parquet")


def read_fits(folder: str | Path) -> list[FitRecord]:
    """Records of a pack without their tables.

    Raises
    ------
    SoakError
        If the file is missing or damaged.
    """
    return [_record(row) for row in _read(Path(folder), "fits").to_pylist()]


def read_pack(folder: str | Path, *tables: str) -> Iterator[FitRecord]:
    """Yield the records of a pack one by one, with the named tables (default: all) where the fit has them.

    Raises
    ------
    SoakError
        If a file is missing, damaged, or lacks rows of a fit.
    """
    folder = Path(folder)
    rows = _read(folder, "fits").to_pylist()
    lengths = [_lengths(row, tables) for row in rows]
    parts = {name: _by_train_set(_read(folder, name)) for name in sorted({name for fit in lengths for name in fit})}
    for row, fit in zip(rows, lengths, strict=True):
        found = {name: parts[name][row["train_set"]] for name in fit}
        for name, length in fit.items():
            if len(found[name]) != length:
                problem = f"expected {length} rows of the train set {row['train_set']}, got {len(found[name])}"
                raise _damaged(folder, name, problem)
        yield _record(row, found)


def runs(*columns: pa.ChunkedArray) -> list[slice]:
    """Parts of a table in which the values of all given columns stay the same, in order."""
    changes = np.zeros(max(len(columns[0]) - 1, 0), dtype=bool)
    for column in columns:
        values = column.combine_chunks()
        values = values.dictionary_encode() if pa.types.is_string(values.type) else values
        codes = values.indices if isinstance(values, pa.DictionaryArray) else values
        changes |= np.diff(codes.to_numpy(zero_copy_only=False)) != 0
    bounds = [0, *(np.flatnonzero(changes) + 1).tolist(), len(columns[0])]
    return [slice(start, stop) for start, stop in itertools.pairwise(bounds) if stop > start]


def write_fit(path: str | Path, record: FitRecord) -> None:
    """Write one record to one file, which `read_fit` reads: quicker than a folder, for a job that may be interrupted.

    The file is a sequence of Arrow streams, one per table, with the table's name in the schema's metadata; its last four bytes
    are the CRC-32 of the others.
    """
    written = pa.BufferOutputStream()
    for name, table in {"": _fits([record]), **record.tables}.items():
        with pa.ipc.new_stream(written, table.schema.with_metadata({"name": name})) as stream:
            stream.write_table(table)
    body = written.getvalue()
    with atomic(path, sync=False) as temporary, temporary.open("wb") as file:
        file.write(body)
        file.write(zlib.crc32(body).to_bytes(_CRC_BYTES, "little"))


def read_fit(path: str | Path, *, tables: bool = True) -> FitRecord | None:
    """Read what `write_fit` wrote, ``tables``: with its tables; None for a file that is missing or not whole."""
    found: dict[str, pa.Table] = {}
    try:
        whole = pa.py_buffer(Path(path).read_bytes())
        body = whole.slice(0, max(0, whole.size - _CRC_BYTES))
        if zlib.crc32(body).to_bytes(_CRC_BYTES, "little") != whole.slice(body.size).to_pybytes():
            return None
        file = pa.BufferReader(body)
        while file.tell() < body.size and (tables or not found):
            with pa.ipc.open_stream(file) as stream:
                name = stream.schema.metadata[b"name"].decode()
                found[name] = stream.read_all().replace_schema_metadata(None)
        (row,) = found.pop("").to_pylist()
    except (OSError, pa.ArrowInvalid, KeyError, ValueError):
        return None
    lengths = {name: len(table) for name, table in found.items()}  # of a file cut off, a stream may just be shorter
    return _record(row, found) if not tables or lengths == _lengths(row) else None


def finished_fits(folder: str | Path, train_sets: Iterable[str]) -> list[FitRecord]:
    """Records, without tables, of the fits of a pack that are finished, also while others of the pack still run.

    Parameters
    ----------
    folder : path
        results/fits/TASK/LEARNER/PACK
    train_sets : names of the pack's train sets
    """
    folder, names = Path(folder), list(train_sets)
    try:
        return [record for record in read_fits(folder) if record.train_set in names]
    except SoakError:  # not there, or removed at this moment
        kept = (sorted((folder.parent / FINISHED).glob(f"{name}.{'[0-9a-f]' * 16}.arrow")) for name in names)
        newest = (max(files, key=lambda file: file.stat().st_mtime) for files in kept if files)
        return [record for file in newest if (record := read_fit(file, tables=False))]


def forget(tasks: Iterable[str]) -> None:
    """Remove what is kept of single fits of some tasks, after a run that ended well: its packs hold them."""
    for task in tasks:
        for folder in Path("results/fits", task).glob(f"*/{FINISHED}"):
            shutil.rmtree(folder, ignore_errors=True)


def _fits(records: Iterable[FitRecord]) -> pa.Table:
    """The table fits.parquet."""
    rows = [
        {
            "task_id": record.task,
            **{name: getattr(record, name) for name in _FIELDS},
            **record.info,
            "versions": json.dumps(dict(record.versions), sort_keys=True),
            "tables": json.dumps({name: len(table) for name, table in record.tables.items()}),
        }
        for record in records
    ]
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: [row.get(name) for row in rows] for name in names})


def _record(row: Mapping[str, Any], tables: Mapping[str, pa.Table] | None = None) -> FitRecord:
    info = {name: value for name, value in row.items() if name not in (*_FIELDS, *_OTHERS) and value is not None}
    return FitRecord(
        task=row["task_id"],
        info=info,
        versions=json.loads(row["versions"]),
        tables={} if tables is None else tables,
        **{name: row[name] for name in _FIELDS if name in row},  # one of an older version may lack some
    )


def _lengths(row: Mapping[str, Any], tables: Collection[str] = ()) -> dict[str, int]:
    """How many rows a fit has in each of the named tables (none named: all) that it has."""
    lengths: dict[str, int] = json.loads(row["tables"])
    return {name: length for name, length in lengths.items() if not tables or name in tables}


def _by_train_set(table: pa.Table) -> Mapping[str, pa.Table]:
    """Rows of each train set, without its column; none of a train set that is not there."""
    table = table.unify_dictionaries()
    names = table["train_set"]
    rest = table.drop_columns(["train_set"])
    found = {names[part.start].as_py(): rest.slice(part.start, part.stop - part.start) for part in runs(names)}
    return defaultdict(lambda: rest.slice(0, 0), found)


def _repeated(text: str, n: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, dtype=np.int32)), pa.array([text], pa.string()))


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd")


def _read(folder: Path, name: str) -> pa.Table:
    try:
        with pq.ParquetFile(folder / f"{name}.parquet") as file:
            return file.read()
    except FileNotFoundError:
        raise _damaged(folder, name, "there is no such file") from None
    except (OSError, pa.ArrowInvalid) as error:
        raise _damaged(folder, name, f"it cannot be read as Parquet ({str(error).splitlines()[0]})") from None


def _damaged(folder: Path, name: str, problem: str) -> SoakError:
    return SoakError(f"{folder / name}.parquet: {problem}; delete the folder {folder} and run again")
