"""Tables of text with a label and features that are numbers, as the Elements of Statistical Learning publishes them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from soak.data.dataset import Dataset
from soak.data.delimited import DelimitedFile
from soak.data.settings import TablePart
from soak.data.values import exact, no_missing, numbers, whole_labels
from soak.errors import SoakError
from soak.matrix import RowsFile
from soak.names import listed, nearest

ROW_NAMES = "row.names"


@dataclass(frozen=True)
class _Table:
    """One file, opened; ``parts`` has a name for each of its rows, or is None."""

    settings: TablePart
    text: DelimitedFile
    parts: list[str] | None


@contextmanager
def number_tables(
    name: str,
    settings: Sequence[TablePart],
    raw: Mapping[str, Path],
    where: Mapping[str, str],
    shape: Sequence[int] | None,
    rows: int | None,
    folder: Path,
) -> Iterator[Dataset]:
    """Read tables into one data set, the rows of the first one first.

    Parameters
    ----------
    name : str
        Of the data set.
    settings : sequence of TablePart
    raw, where : mappings of source name (see `DatasetSettings.sources`) to path, and to what errors call it
    shape : sequence of int, optional
        Of the images, if the features are pixels.
    rows : int, optional
        The first rows only.
    folder : path
        A disk with room for the features, which are mapped from there.

    Yields
    ------
    Dataset
        Its features are gone when the context ends: float32 where that is exact, else float64, with scale 1.
    """
    tables = []
    for number, one in enumerate(settings, start=1):
        key, parts = f"table_{number}", f"parts_{number}"
        text = DelimitedFile.open(raw[key], where[key], None, one.header, one.member)
        tables.append(_Table(one, text, _parts(one, raw[parts], where[parts]) if one.parts else None))
    features = _features(tables, shape)
    for dtype in (np.float32, np.float64):
        with RowsFile(folder, len(features), dtype) as file:
            read = _read(tables, features, rows, file)
            if read is not None:
                labels, named = read
                part = np.array(named) if any(named) else None
                image_shape = None if shape is None else tuple(shape)
                yield Dataset(name, file.matrix(), 1.0, whole_labels(labels), part, image_shape)
                return


def _features(tables: Sequence[_Table], shape: Sequence[int] | None) -> list[str]:
    """The columns that are features: the same in all tables."""
    features: list[str] = []
    for table in tables:
        names, label, where = table.text.names, table.settings.label, table.text.where
        if label not in names:
            raise SoakError(f"{where}: has no column {label!r} for the label; {nearest(label, names, 'its columns')}")
        found = [name for name in names if name not in (label, ROW_NAMES)]
        if not found:
            raise SoakError(f"{where}: has no features; its columns: {listed(names)}")
        if features and found != features:
            raise SoakError(
                f"{where}: has the features {listed(found)}, but the table before it {listed(features)}; "
                "all must be alike"
            )
        features = found
    if shape is not None and math.prod(shape) != len(features):
        raise SoakError(
            f"{tables[0].text.where}: has {len(features)} features, but by its shape an image has "
            f"{' x '.join(map(str, shape))} pixels"
        )
    return features


def _read(
    tables: Sequence[_Table], features: Sequence[str], rows: int | None, file: RowsFile
) -> tuple[Any, list[str]] | None:
    """Append the features to the file: the labels and parts of the rows; None if a value does not fit its type."""
    labels: list[Any] = []
    parts: list[str] = []
    for table in tables:
        left = None if rows is None else rows - len(parts)
        if left == 0:
            break
        found = _append(table, features, left, file)
        if found is None:
            return None
        labels.append(found)
        parts += (table.parts or [table.settings.part or ""] * len(found))[: len(found)]
    return pa.concat_arrays(labels), parts


def _append(table: _Table, features: Sequence[str], rows: int | None, file: RowsFile) -> Any | None:
    """Append the first rows of a table to the file: their labels; None if a value does not fit its type.

    The rest is read as well, so that damage is seen.
    """
    label, where = table.settings.label, table.text.where
    labels: list[Any] = []
    n_rows = 0
    for batch in table.text.batches(dict.fromkeys(features, pa.float64()), [label, *features]):
        block = exact(numbers(batch, features, where, n_rows, "value"), file.dtype)
        if block is None:
            return None
        kept = len(batch) if rows is None else max(0, min(len(batch), rows - n_rows))
        file.append(block[:kept])
        labels.append(batch.column(label)[:kept])
        n_rows += len(batch)
    if not n_rows:
        raise SoakError(f"{where}: has a header line, but no rows")
    if table.parts is not None and len(table.parts) != n_rows:
        raise SoakError(f"{where}: has {n_rows} rows, but its file of parts {len(table.parts)}; they must be as many")
    return no_missing(labels, label, where)


def _parts(settings: TablePart, path: Path, where: str) -> list[str]:
    """The name of the part for each row of a table."""
    text = DelimitedFile.open(path, where, None, header=False)
    if len(text.names) != 1:
        raise SoakError(f"{where}: has {len(text.names)} columns; a file of parts has one, with a value for each row")
    values = no_missing([batch.column(0) for batch in text.batches()], "1", where).to_pylist()
    values = [value.strip() for value in values]
    names = settings.part_names
    if names is None:
        return values
    for row, value in enumerate(values, start=1):
        if value not in names:
            raise SoakError(f"{where}, row {row}: the part {value!r} has no name; part_names has {listed(list(names))}")
    return [names[value] for value in values]
