"""A fit on disk: what it found, what it predicts and what it cost, as members of a zip file.

A pack is one zip file, uncompressed (its Parquet members are compressed), with a folder per train set. Member
times are fixed, so that equal fits give equal bytes but for their times.
"""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from soak.errors import SoakError
from soak.files import atomic

_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class FitRecord:
    """What is told of one fit.

    Attributes
    ----------
    status : str
        "ok" or "failed"; ``reason`` says why in one line.
    info : mapping
        What the learner tells of itself: converged, selected_epochs, lambda_min, lambda_1se, n_lambda.
    seconds, cpu_seconds : float
        Of training alone, without process start and reading.
    peak_mb : float
        Peak resident memory of the process while it trained.
    tables : mapping of name to Arrow table
        "predictions" (algorithm, test_subset, row, response, prob.LABEL …), "history" and what else the fit left.
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
    versions: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, pa.Table] = field(default_factory=dict)


def write_pack(path: str | Path, records: Iterable[FitRecord]) -> None:
    """Write records to one zip file, under a temporary name and renamed."""
    with atomic(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for record in records:
            for name, content in _members(record):
                archive.writestr(zipfile.ZipInfo(f"{record.train_set}/{name}", _EPOCH), content)


def _members(record: FitRecord) -> Iterator[tuple[str, bytes]]:
    told = {key: value for key, value in asdict_shallow(record).items() if key != "tables"}
    yield "fit.json", (json.dumps(told, indent=1, sort_keys=True) + "\n").encode()
    for name, table in record.tables.items():
        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression="zstd", store_schema=True)
        yield f"{name}.parquet", buffer.getvalue()


def asdict_shallow(record: FitRecord) -> dict[str, Any]:
    """The record's fields as a dict, its tables not copied."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def read_pack(path: str | Path, *tables: str) -> Iterator[FitRecord]:
    """Yield the records of a zip file one by one, with the named tables only (None: all)."""
    with _opened(path) as archive:
        names = archive.namelist()
        for name in names:
            if not name.endswith("/fit.json"):
                continue
            folder = name.removesuffix("fit.json")
            told = json.loads(archive.read(name))
            members = [member for member in names if member.startswith(folder) and member.endswith(".parquet")]
            wanted = {
                Path(member).stem: pq.read_table(io.BytesIO(archive.read(member)))
                for member in members
                if not tables or Path(member).stem in tables
            }
            yield FitRecord(**told, tables=wanted)


@contextmanager
def _opened(path: str | Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except zipfile.BadZipFile:
        raise SoakError(f"{path}: not a whole file of fits; delete it and run again") from None


def frame(records: Iterable[FitRecord], columns: Mapping[str, str]) -> pd.DataFrame:
    """One row per record; ``columns`` maps a column to the record's field or info key that fills it."""
    rows = []
    for record in records:
        told = {**asdict_shallow(record), **record.info}
        rows.append({column: told.get(key) for column, key in columns.items()})
    return pd.DataFrame(rows, columns=list(columns))
