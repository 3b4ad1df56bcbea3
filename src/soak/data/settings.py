"""Settings of data sets: where their files can be had, and what is in them."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from soak.data.sources import Source
from soak.names import Problem, check_name, nearest, same_but_for_case
from soak.settings import Settings

_DIGITS = {"md5": 32, "sha256": 64, "raw-sha256": 64}
_HASH_FORMS = '"md5:…" (32 hex digits), "sha256:…" (64), or "raw-sha256:…" (64, of the decompressed bytes)'


IN_ARCHIVE = "name of the file in a zip or tar archive"


def as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _number_as_text(value: Any) -> Any:
    """YAML reads the name 58 as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _keys_as_text(value: Any) -> Any:
    return {_number_as_text(key): name for key, name in value.items()} if isinstance(value, dict) else value


def _check_hash(value: str) -> str:
    kind, _, digits = value.partition(":")
    if kind not in _DIGITS or not re.fullmatch(f"[0-9a-fA-F]{{{_DIGITS[kind]}}}", digits):
        raise ValueError(f"{value!r} is not a checksum; allowed: {_HASH_FORMS}")
    return f"{kind}:{digits.lower()}"


def check_location(value: str) -> str:
    if not value.strip():
        raise ValueError("an empty text is not a URL or path")
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", value)
    if scheme and scheme[1].lower() not in ("http", "https", "file"):
        raise ValueError(f"{scheme[1]}:// is not known; allowed: http://, https://, file:// or a path")
    return value


def _check_member(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value or not path.parts:
        raise ValueError(
            f"{value!r} leads out of its archive; allowed: the name of a file in it, as its listing gives it"
        )
    return value


Locations = Annotated[
    list[Annotated[str, BeforeValidator(lambda value: check_location(value) if isinstance(value, str) else value)]],
    BeforeValidator(as_list, json_schema_input_type=str | list[str]),
    Field(min_length=1, description="URL or path, or a list of mirrors, tried in order"),
]
Hashes = Annotated[
    list[Annotated[str, BeforeValidator(lambda value: _check_hash(value) if isinstance(value, str) else value)]],
    BeforeValidator(as_list, json_schema_input_type=str | list[str]),
    Field(description=f"checksum, or a list of which any is right: {_HASH_FORMS}"),
]
Member = Annotated[
    str,
    BeforeValidator(lambda value: _check_member(value) if isinstance(value, str) else value),
    Field(description=IN_ARCHIVE),
]
Columns = Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str])]
ColumnName = Annotated[str, BeforeValidator(_number_as_text, json_schema_input_type=str | int)]
PartNames = Annotated[
    dict[ColumnName, Annotated[str, Field(min_length=1)]],
    BeforeValidator(_keys_as_text, json_schema_input_type=dict[str, str]),
]


class _ImageFiles(Settings):
    """Where images and their labels are."""

    images: Locations
    labels: Locations | None
    images_hash: Hashes = Field(default=[])
    labels_hash: Hashes = Field(default=[])
    images_member: Member | None = Field(default=None, description=IN_ARCHIVE)
    labels_member: Member | None = Field(default=None, description=IN_ARCHIVE)
    part: str | None = Field(default=None, min_length=1, description="a name for these rows, as train or test")


class IdxPart(_ImageFiles):
    """An IDX file of images and the one of their labels."""

    labels: Locations


class BinaryPart(_ImageFiles):
    """A file of images as bytes, one after the other without a header, as CIFAR-10 and STL-10 are published.

    Without ``labels`` each image comes after the byte of its label.
    """

    labels: Locations | None = Field(default=None, description="a byte for each image")

    @model_validator(mode="after")
    def _labels_of_their_own(self) -> "BinaryPart":
        given = [key for key in ("labels_hash", "labels_member") if getattr(self, key)]
        if given and self.labels is None:
            raise ValueError(f"{given[0]}: is of the file labels, which is not named")
        return self


class TablePart(Settings):
    """A table of text with a label and features that are numbers; a column row.names, as R writes it, is left out."""

    table: Locations
    hash: Hashes = Field(default=[])
    member: Member | None = Field(default=None, description=IN_ARCHIVE)
    header: bool = Field(default=True, description="false: the first line is a row, and columns are called 1, 2, …")
    label: ColumnName = Field(default="y", description="column of the label")
    part: str | None = Field(default=None, min_length=1, description="a name for these rows, as train or test")
    parts: Locations | None = Field(default=None, description="in place of part: a file with a value for each row")
    parts_hash: Hashes = Field(default=[])
    part_names: PartNames | None = Field(
        default=None, description="what the values in parts mean, as {0: train, 1: test}; default as they are"
    )

    @model_validator(mode="after")
    def _part_or_parts(self) -> "TablePart":
        for key in ("parts_hash", "part_names"):
            if getattr(self, key) and self.parts is None:
                raise ValueError(f"{key}: is of the file parts, which is not named")
        if self.part is not None and self.parts is not None:
            raise ValueError("part and parts exclude each other; allowed: one name for all rows, or a file")
        return self


class DatasetSettings(Settings):
    """Where the rows of a data set come from: exactly one of builtin, idx, csv, binary, tables, reader, transpose_of."""

    builtin: Literal["digits", "font_digits", "font_letters"] | None = Field(
        default=None, description="comes with the packages that are installed anyway"
    )
    idx: Annotated[list[IdxPart], Field(min_length=1)] | None = Field(
        default=None, description="IDX files, one entry per part; the rows follow in this order"
    )
    csv: Locations | None = Field(default=None, description="a CSV file with the columns predefined.set, y, 0, 1, …")
    hash: Hashes = Field(default=[])
    binary: Annotated[list[BinaryPart], Field(min_length=1)] | None = Field(
        default=None, description="files of images as bytes, one entry per file; the rows follow in this order"
    )
    tables: Annotated[list[TablePart], Field(min_length=1)] | None = Field(
        default=None,
        description="tables separated by commas, tabs, semicolons or blanks, one entry per file; the rows follow in "
        "this order",
    )
    shape: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=2, max_length=3)] | None = Field(
        default=None,
        description="of the images of binary or tables: [height, width] or [channels, height, width]",
    )
    by_column: bool = Field(
        default=False, description="the bytes of binary go down the columns of an image, not along its rows"
    )
    reader: str | None = Field(
        default=None,
        description="import path of a function of one's own: function(path of file) gives images or rows as an array, "
        "their labels and, if there are any, their parts",
    )
    file: Locations | None = Field(default=None, description="what reader reads: URL or path, or a list of mirrors")
    transpose_of: str | None = Field(default=None, description="name of a data set whose pixels (i, j) become (j, i)")
    rows: int | None = Field(default=None, ge=1, description="the first rows only")

    @model_validator(mode="after")
    def _one_source(self) -> "DatasetSettings":
        kinds = ("builtin", "idx", "csv", "binary", "tables", "reader", "transpose_of")
        given = [kind for kind in kinds if getattr(self, kind) is not None]
        if len(given) != 1:
            what = f"{' and '.join(given)} exclude each other" if given else "nothing says where the rows come from"
            raise ValueError(f"{what}; allowed: exactly one of {', '.join(kinds)}")
        if self.hash and self.csv is None and self.reader is None:
            raise ValueError("hash: only a csv has it; each entry of idx, binary and tables has its own")
        if (self.file is None) != (self.reader is None):
            raise ValueError("reader and file go together: a function, and the file that it reads")
        if self.shape is None and self.binary is not None:
            raise ValueError("shape: binary needs it: [height, width] or [channels, height, width]")
        if self.shape is not None and self.binary is None and self.tables is None:
            raise ValueError(f"shape: is for binary and tables; {given[0]} tells it")
        if self.by_column and self.binary is None:
            raise ValueError("by_column: is for binary only; transpose_of turns other images")
        return self

    def sources(self) -> dict[str, Source]:
        """The raw files by name, each once: an archive of which several members are meant has the name of the first."""
        found: dict[str, Source] = {}
        for name, source in self.files().items():
            if source not in found.values():
                found[name] = source
        return found

    def files(self) -> dict[str, Source]:
        """A name for each file that is needed, with where it comes from."""
        found: dict[str, Source] = {}
        entries: Sequence[IdxPart | BinaryPart] = self.idx or self.binary or []
        for number, part in enumerate(entries, start=1):
            found[f"images_{number}"] = Source(tuple(part.images), tuple(part.images_hash))
            if part.labels is not None:
                found[f"labels_{number}"] = Source(tuple(part.labels), tuple(part.labels_hash))
        for number, table in enumerate(self.tables or [], start=1):
            found[f"table_{number}"] = Source(tuple(table.table), tuple(table.hash))
            if table.parts is not None:
                found[f"parts_{number}"] = Source(tuple(table.parts), tuple(table.parts_hash))
        if self.csv is not None:
            found["csv"] = Source(tuple(self.csv), tuple(self.hash))
        if self.file is not None:
            found["file"] = Source(tuple(self.file), tuple(self.hash))
        return found


def check_datasets(datasets: Mapping[str, DatasetSettings], named: Collection[str] | None = None) -> list[Problem]:
    """Everything that is wrong between data sets: names, transposes of nothing or in a circle.

    ``named`` are the names that exist, also those of data sets whose settings are wrong.
    """
    known = datasets if named is None else named
    problems: list[Problem] = [(("datasets", name), message) for name in datasets if (message := check_name(name))]
    problems += same_but_for_case("datasets", datasets)
    for name, settings in datasets.items():
        source = settings.transpose_of
        key = ("datasets", name, "transpose_of")
        if source is not None and source not in known:
            problems.append((key, f"there is no data set {source!r}; {nearest(source, known)}"))
        elif source is not None and name in (circle := _ancestors(name, datasets)):
            problems.append((key, f"{' -> '.join([name, *circle])} is a circle; one of them needs rows of its own"))
    return problems


def _ancestors(name: str, datasets: Mapping[str, DatasetSettings]) -> list[str]:
    """The data sets that one is a transpose of, up to one with rows of its own or one that comes again."""
    seen: list[str] = []
    source = datasets[name].transpose_of
    while source is not None and source in datasets and source not in seen:
        seen.append(source)
        source = datasets[source].transpose_of
    return seen
