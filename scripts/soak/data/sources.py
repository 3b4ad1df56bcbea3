"""The raw files of a data set or task, by name: what is downloaded before anything is decoded."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from soak.config.data import BUILTIN_PREFIX, BinaryPart, DatasetSettings, IdxPart, TaskSettings
from soak.data.addresses import shown


@dataclass(frozen=True)
class Source:
    """One raw file: where it can be had, in order, and its checksums, of which any is right."""

    urls: tuple[str, ...]
    hashes: tuple[str, ...] = ()


def sources(settings: DatasetSettings | TaskSettings) -> dict[str, Source]:
    """The raw files by name.

    images_1, labels_1, images_2, … for files of IDX or bytes, table_1, parts_1, … for tables, in the order of the parts;
    csv; table for a task of its own table.
    Empty for what needs no file: built-in data, a transpose, a task of data sets.
    """
    if isinstance(settings, TaskSettings):
        if settings.table is None or settings.table.startswith(BUILTIN_PREFIX):
            return {}
        return {"table": Source((settings.table,), tuple(settings.hash))}
    found: dict[str, Source] = {}
    entries: Sequence[IdxPart | BinaryPart] = settings.idx or settings.binary or []
    for number, part in enumerate(entries, start=1):
        found[f"images_{number}"] = Source(tuple(part.images), tuple(part.images_hash))
        if part.labels is not None:
            found[f"labels_{number}"] = Source(tuple(part.labels), tuple(part.labels_hash))
    for number, table in enumerate(settings.tables or [], start=1):
        found[f"table_{number}"] = Source(tuple(table.table), tuple(table.hash))
        if table.parts is not None:
            found[f"parts_{number}"] = Source(tuple(table.parts), tuple(table.parts_hash))
    if settings.csv is not None:
        found["csv"] = Source(tuple(settings.csv), tuple(settings.hash))
    return found


def called(source: Source, path: Path) -> str:
    """What errors call a raw file: the one place it can be from, or its own path where there are mirrors."""
    return shown(source.urls[0]) if len(source.urls) == 1 else str(path)
