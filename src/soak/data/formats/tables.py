"""Tables of text with a label and features that are numbers, as the Elements of Statistical Learning publishes them."""

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from soak.data.base import DataFormat, RawFile
from soak.data.dataset import Dataset
from soak.data.delimited import DelimitedFile
from soak.data.form import ROW_NAMES, Reading
from soak.data.images import times
from soak.data.numbers import FLOAT32, FLOAT64, NumberTable, column_of, read_tables
from soak.data.settings import (
    IN_ARCHIVE,
    Codes,
    ColumnName,
    Decimal,
    Delimiter,
    Encoding,
    Hashes,
    Header,
    Locations,
    Member,
    Sheet,
    Thousands,
    number_as_text,
)
from soak.data.sources import Source
from soak.errors import SoakError
from soak.names import listed, nearest
from soak.settings import Settings


def _keys_as_text(value: Any) -> Any:
    return {number_as_text(key): name for key, name in value.items()} if isinstance(value, dict) else value


PartNames = Annotated[
    dict[ColumnName, Annotated[str, Field(min_length=1)]],
    BeforeValidator(_keys_as_text, json_schema_input_type=dict[str, str]),
]


class TableFile(Settings):
    """A table of text with a label and features that are numbers; a column row.names, as R writes it, is left out."""

    table: Locations
    hash: Hashes = Field(default=[])
    member: Member | None = Field(default=None, description=IN_ARCHIVE)
    header: Header = True
    delimiter: Delimiter = "auto"
    decimal: Decimal = "auto"
    thousands: Thousands | None = None
    encoding: Encoding = "utf-8"
    sheet: Sheet | None = None
    missing: Codes = []
    label: ColumnName = Field(default="y", description="column of the label")
    part: str | None = Field(default=None, min_length=1, description="a name for these rows, such as train or test")
    parts: Locations | None = Field(default=None, description="in place of part: a file with a value for each row")
    parts_hash: Hashes = Field(default=[])
    part_names: PartNames | None = Field(
        default=None,
        description="what the values in parts mean, such as {0: train, 1: test}; default: the values themselves",
    )

    @model_validator(mode="after")
    def _part_or_parts(self) -> "TableFile":
        for key in ("parts_hash", "part_names"):
            if getattr(self, key) and self.parts is None:
                raise ValueError(f"{key}: expected together with parts, the file that it describes")
        if self.part is not None and self.parts is not None:
            raise ValueError("expected part (a name for all rows) or parts (a file with a value for each), got both")
        return self


class Tables(DataFormat):
    """Tables whose values are separated by commas, tabs, semicolons, bars or spaces: what the first line has."""

    elsewhere = {"hash": "each entry of tables has its own"}

    tables: Annotated[list[TableFile], Field(min_length=1)] = Field(
        description="one entry per file, each with the same features; the rows follow in this order"
    )
    shape: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=2, max_length=3)] | None = Field(
        default=None, description="if the features are pixels: [height, width] or [channels, height, width]"
    )

    def files(self) -> dict[str, Source]:
        """table_1, parts_1, table_2, …: those of each entry."""
        found: dict[str, Source] = {}
        for number, entry in enumerate(self.tables, start=1):
            found[f"table_{number}"] = Source(tuple(entry.table), tuple(entry.hash))
            if entry.parts is not None:
                found[f"parts_{number}"] = Source(tuple(entry.parts), tuple(entry.parts_hash))
        return found

    def read(self, name: str, raw: Mapping[str, RawFile], folder: Path) -> AbstractContextManager[Dataset]:
        """Read one table after the other in bounded memory."""
        tables: list[NumberTable] = []
        for number, entry in enumerate(self.tables, start=1):
            parts = _read_parts(entry, raw[f"parts_{number}"]) if entry.parts else None
            tables.append(_open(entry, raw[f"table_{number}"], parts))
        self._check_features(tables)
        return read_tables(name, tables, (FLOAT32, FLOAT64), self.shape, self.rows, folder)

    def _check_features(self, tables: Sequence[NumberTable]) -> None:
        first = tables[0]
        for table in tables[1:]:
            if table.features != first.features:
                raise SoakError(
                    f"{table.text.label}: expected the features of the first table, {listed(first.features)}; got "
                    f"{listed(table.features)}"
                )
        if self.shape is not None and math.prod(self.shape) != len(first.features):
            raise SoakError(
                f"{first.text.label}: expected {times(self.shape)} pixels, by its shape; got {len(first.features)} "
                "features"
            )


def _open(entry: TableFile, file: RawFile, parts: list[str] | None) -> NumberTable:
    text = DelimitedFile.open(file.path, file.label, Reading.of(entry))
    if entry.label not in text.names:
        hint = nearest(entry.label, text.names, "its columns")
        raise SoakError(f"{file.label}: has no column {entry.label!r} for the label; {hint}")
    features = [name for name in text.names if name not in (entry.label, ROW_NAMES, text.index)]
    if not features:
        raise SoakError(f"{file.label}: has no features; its columns: {listed(text.names)}")
    return NumberTable(text, entry.label, features, entry.part or "", parts=parts)


def _read_parts(entry: TableFile, file: RawFile) -> list[str]:
    """The name of the part for each row of a table."""
    text = DelimitedFile.open(file.path, file.label, Reading(header=False))
    if len(text.names) != 1:
        raise SoakError(f"{file.label}: expected a column with the part of each row, got {len(text.names)} columns")
    values = [value.strip() for value in column_of(list(text.batches()), text.names[0], file.label).to_pylist()]
    names = entry.part_names
    if names is None:
        return values
    for row, value in enumerate(values, start=1):
        if value not in names:
            raise SoakError(
                f"{file.label}, row {row}: expected a key of part_names ({listed(list(names))}), got {value!r}"
            )
    return [names[value] for value in values]
