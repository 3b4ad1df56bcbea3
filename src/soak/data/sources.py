"""The raw files of a data set, by name: what is downloaded before anything is decoded."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from soak.data.addresses import shown
from soak.data.settings import BinaryPart, DatasetSettings, IdxPart


@dataclass(frozen=True)
class Source:
    """One raw file: where it can be had, in order, and its checksums, of which any is right."""

    urls: tuple[str, ...]
    hashes: tuple[str, ...] = ()


def sources(settings: DatasetSettings) -> dict[str, Source]:
    """The raw files by name, each once: an archive of which several members are meant has the name of the first.

    images_1, labels_1, images_2, … for files of IDX or bytes, table_1, parts_1, … for tables, in the order of the parts;
    csv; file for a reader of the user's own. Empty for what needs no file: built-in data, a transpose.
    """
    found: dict[str, Source] = {}
    for name, source in _named(settings).items():
        if source not in found.values():
            found[name] = source
    return found


def kept_as(settings: DatasetSettings) -> dict[str, str]:
    """For each file that a data set needs the name, among those of `sources`, of the raw file that it is in."""
    names = {source: name for name, source in sources(settings).items()}
    return {name: names[source] for name, source in _named(settings).items()}


def _named(settings: DatasetSettings) -> dict[str, Source]:
    """A name for each file that is needed, with where it comes from."""
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
    if settings.file is not None:
        found["file"] = Source(tuple(settings.file), tuple(settings.hash))
    return found


def called(source: Source, path: Path) -> str:
    """What errors call a raw file: the one place it can be from, or its own path where there are mirrors."""
    return shown(source.urls[0]) if len(source.urls) == 1 else str(path)
