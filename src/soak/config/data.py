"""Settings of data sets, and of the roles that a table's columns take in a task."""

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from soak.config.locations import (
    IN_ARCHIVE,
    ColumnName,
    Columns,
    Hashes,
    Locations,
    Member,
    PartNames,
    as_list,
    check_location,
)
from soak.names import Problem, check_name, nearest, repeated, same_but_for_case
from soak.settings import Settings

BUILTIN_TABLES = ("diabetes",)
BUILTIN_PREFIX = "builtin:"


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


class TaskSettings(Settings):
    """A task's rows and the roles of their columns.

    The rows come from ``datasets`` (stacked in this order) or from one ``table``.
    """

    datasets: (
        Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str]), Field(min_length=1)]
        | None
    ) = Field(default=None, description="names of data sets", examples=[["Letters", "Digits"]])
    table: str | None = Field(
        default=None,
        min_length=1,
        description="path or URL of a CSV, TSV, Parquet or Arrow file, or builtin:diabetes",
    )
    hash: Hashes = Field(default=[])
    target: str | None = Field(default=None, description="column to predict; of data sets: label")
    subset: str | None = Field(default=None, description="column of subsets; of data sets: dataset (default) or part")
    group: str | None = Field(default=None, description="column; rows of one group stay in one fold")
    fold: str | None = Field(default=None, description="column of given folds, 1, 2, …")
    stratum: Columns | None = Field(
        default=None, description="columns kept proportional over folds", examples=[["species"]]
    )
    weights: str | None = Field(default=None, description="column of row weights")
    features: str | list[str] | None = Field(
        default=None,
        description="regular expression or list of columns, in that order; default: all without a role",
        examples=[["height", "width"]],
    )
    type: Literal["classification", "regression"] | None = Field(
        default=None,
        description="default by the target: classification for text, regression for numbers with fractions; a "
        "target of whole numbers may be classes or amounts, so it needs this key",
    )
    impute: Literal["error", "mean", "median", "drop_rows"] = Field(
        default="error",
        description="what to do with missing feature values; mean and median are those of the column over all rows of "
        "the table, test rows too",
    )

    @model_validator(mode="after")
    def _consistent(self) -> "TaskSettings":
        if (self.datasets is None) == (self.table is None):
            what = (
                "nothing says where the rows come from"
                if self.table is None
                else "datasets and table exclude each other"
            )
            raise ValueError(f"{what}; allowed: exactly one of datasets, table")
        if self.datasets is None:
            self._check_table()
        else:
            self._check_of_datasets()
        return self

    def _check_of_datasets(self) -> None:
        for key in ("hash", "group", "fold", "weights", "features", "type"):
            value = getattr(self, key)
            if value and not (key == "type" and value == "classification"):
                raise ValueError(f"{key}: {value!r} is for a table; data sets have the columns label, part, dataset")
        if self.impute != "error":
            raise ValueError("impute: data sets have no missing values; allowed: for a table")
        if self.target not in (None, "label"):
            raise ValueError(f"target: {self.target!r} is not a column of data sets; allowed: label")
        if self.subset not in (None, "dataset", "part"):
            raise ValueError(f"subset: {self.subset!r} is not a column of data sets; allowed: dataset, part")
        for name in self.stratum or []:
            if name not in ("label", "part", "dataset"):
                raise ValueError(f"stratum: {name!r} is not a column of data sets; allowed: label, part, dataset")
        again = repeated(self.datasets or [])
        if again:
            raise ValueError(f"datasets: {again!r} is named twice; each data set once")

    def _check_table(self) -> None:
        table = self.table or ""
        if table.startswith(BUILTIN_PREFIX):
            name = table.removeprefix(BUILTIN_PREFIX)
            tables = [BUILTIN_PREFIX + known for known in BUILTIN_TABLES]
            if name not in BUILTIN_TABLES:
                raise ValueError(f"table: there is no {table!r}; allowed: {', '.join(tables)}")
            if self.hash:
                raise ValueError(f"hash: {table} is not a file, it has none")
        else:
            try:
                check_location(table)
            except ValueError as error:
                raise ValueError(f"table: {error}") from None
        if self.target is None:
            raise ValueError("target: a table needs one: the name of the column to predict")
        if isinstance(self.features, str):
            try:
                re.compile(self.features)
            except re.error as error:
                raise ValueError(f"features: {self.features!r} is not a regular expression: {error}") from None
        self._check_roles()

    def _check_roles(self) -> None:
        roles: dict[str, str] = {}
        for role in ("target", "subset", "group", "fold", "weights"):
            column = getattr(self, role)
            if column is not None and column in roles:
                raise ValueError(f"{role}: column {column!r} is already the {roles[column]}; they exclude each other")
            if column is not None:
                roles[column] = role
        listed = self.features if isinstance(self.features, list) else []
        for column in listed:
            if column in roles:
                raise ValueError(
                    f"features: column {column!r} is already the {roles[column]}; a feature has no other role"
                )
        for key, columns in (("features", listed), ("stratum", self.stratum or [])):
            again = repeated(columns)
            if again:
                raise ValueError(f"{key}: column {again!r} is named twice")
        if isinstance(self.features, list) and not listed:
            raise ValueError("features: the list is empty; leave the key out for all columns without a role")
        for column in self.stratum or []:
            if roles.get(column) in ("group", "fold", "weights"):
                raise ValueError(
                    f"stratum: column {column!r} is already the {roles[column]}; "
                    "allowed: the target, the subset, or a column without a role"
                )


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
