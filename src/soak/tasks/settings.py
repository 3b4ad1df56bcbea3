"""Settings of a task: its rows, and the roles that their columns take."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from soak.data.settings import (
    IN_ARCHIVE,
    Codes,
    ColumnName,
    Columns,
    Composed,
    Decimal,
    Delimiter,
    Encoding,
    Hashes,
    Header,
    Member,
    Sheet,
    Thousands,
    as_list,
    check_location,
)
from soak.data.sources import Source
from soak.names import repeated
from soak.settings import Settings
from soak.tasks.expressions import check_expression

BUILTIN_TABLES = ("diabetes", "soaked_different", "soaked_iid_easy")
BUILTIN_PREFIX = "builtin:"
READING_KEYS = ("member", "header", "delimiter", "decimal", "thousands", "encoding", "sheet", "missing")
TABLE_KEYS = ("exclude", "categorical", "where", *READING_KEYS)
COMPARISON = re.compile(r"\s*(>=|<=|!=|==|=|<|>)\s*(\S.*)", re.DOTALL)
SINGLE_ROLES = ("target", "subset", "group", "fold", "weights")  # which one column each can have

Value = bool | int | float | date | str
Condition = Value | Annotated[list[Value], Field(min_length=1)]


def _check_condition(condition: Condition) -> None:
    """Raise a ValueError unless a condition can be understood."""
    if isinstance(condition, str) and re.fullmatch(r"\s*[<>=!]=?\s*", condition):
        raise ValueError(f"expected a value after {condition.strip()}, as in '>= 2015'")


class TaskSettings(Settings):
    """A task's rows and the roles of their columns.

    The rows come from ``datasets`` (stacked in this order) or from one ``table``.
    """

    datasets: (
        Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str]), Field(min_length=1)]
        | None
    ) = Field(
        default=None,
        description="names of the data sets whose rows it has, in this order",
        examples=[["Letters", "Digits"]],
    )
    table: str | None = Field(
        default=None,
        min_length=1,
        description="path or URL of a CSV, TSV, Excel (.xlsx, .xls), OpenDocument (.ods), Parquet or Arrow file, or "
        "builtin:diabetes (also soaked_different, soaked_iid_easy)",
    )
    hash: Hashes = Field(default=[])
    member: Member | None = Field(default=None, description=IN_ARCHIVE)
    header: Header = True
    delimiter: Delimiter = "auto"
    decimal: Decimal = "auto"
    thousands: Thousands | None = None
    encoding: Encoding = "utf-8"
    sheet: Sheet | None = None
    missing: Codes = []
    target: Composed | None = Field(default=None, description="column to predict; for data sets: label")
    subset: Composed | None = Field(
        default=None, description="column that names the subset of each row; for data sets: dataset (default) or part"
    )
    group: Composed | None = Field(
        default=None, description="column that names the group of each row; a group stays in one fold"
    )
    fold: Composed | None = Field(
        default=None, description="column with the fold of each row, 1, 2, …, if the folds are given"
    )
    stratum: Columns | None = Field(
        default=None, description="columns whose values are kept proportional over the folds", examples=[["species"]]
    )
    weights: Composed | None = Field(default=None, description="column with the weight of each row")
    features: Composed | list[Composed] | None = Field(
        default=None,
        description="regular expression, or list of columns in the order to use; default: all columns without a role, "
        "but not those that count the rows, dates, and text that differs in every row",
        examples=[["height", "width"]],
    )
    exclude: Columns = Field(
        default=[],
        description="columns that are not features: names, or regular expressions; this wins over features",
        examples=[["Id", "^note_"]],
    )
    categorical: Annotated[list[ColumnName], BeforeValidator(as_list, json_schema_input_type=str | list[str])] = Field(
        default=[], description="columns of numbers that are codes of categories", examples=[["cp"]]
    )
    where: dict[ColumnName, Condition] = Field(
        default={},
        description="rows to keep, those that meet all conditions: a value or a list of values, '!= W', a comparison "
        "of numbers or dates, known or missing",
        examples=[{"year": ">= 2015", "region": ["N", "S"], "sex": "known"}],
    )
    type: Literal["classification", "regression"] | None = Field(
        default=None,
        description="default: by the target, classification for text and regression for numbers with fractions; "
        "whole numbers may be classes or amounts, so such a target needs this key",
    )
    positive: bool | int | float | str | None = Field(
        default=None,
        description="class that f1_score, jaccard_score, precision_score, recall_score and average_precision_score are of, "
        "in a task with two classes; default: the first in order, as in mlr3",
        examples=["yes"],
    )
    impute: Literal["error", "none", "mean", "median", "most_frequent", "level", "drop_rows"] = Field(
        default="error",
        description="what to do about missing values of features: mean and median of numbers (missing text becomes a "
        "category of its own), the most frequent value of both, each time of the train rows of the fit; level: missing "
        "text is a category, missing numbers are an error; none: they are left to learners that take missing values; "
        "drop_rows: rows that lack a feature, the target or another role are left out",
    )

    @model_validator(mode="after")
    def _consistent(self) -> "TaskSettings":
        if (self.datasets is None) == (self.table is None):
            given = "none" if self.table is None else "both"
            raise ValueError(f"expected exactly one of the keys datasets and table, got {given}")
        if self.datasets is not None:
            self._check_datasets(self.datasets)
        else:
            self._check_table()
            self._check_features()
            self._check_roles()
        return self

    def _check_datasets(self, datasets: list[str]) -> None:
        for key in ("hash", "group", "fold", "weights", "features", "type", "impute", *TABLE_KEYS):
            value = getattr(self, key)
            if value != type(self).model_fields[key].default and (key, value) != ("type", "classification"):
                raise ValueError(f"{key}: is a key of table, not of datasets (their columns: label, part, dataset)")
        if self.target not in (None, "label"):
            raise ValueError(f"target: expected label, the column of data sets to predict, got {self.target!r}")
        if self.subset not in (None, "dataset", "part"):
            raise ValueError(f"subset: expected dataset or part, columns of data sets, got {self.subset!r}")
        for name in self.stratum or []:
            if name not in ("label", "part", "dataset"):
                raise ValueError(f"stratum: expected label, part or dataset, columns of data sets, got {name!r}")
        _check_once("datasets", "data set", datasets)

    def _check_table(self) -> None:
        table = self.table or ""
        if table.startswith(BUILTIN_PREFIX):
            tables = [BUILTIN_PREFIX + name for name in BUILTIN_TABLES]
            if table not in tables:
                raise ValueError(f"table: expected {', '.join(tables[:-1])} or {tables[-1]}, got {table!r}")
            if self.hash:
                raise ValueError(f"hash: {table} is not a file, and has no checksum")
        else:
            try:
                check_location(table)
            except ValueError as error:
                raise ValueError(f"table: {error}") from None
        if self.target is None:
            raise ValueError("target: expected the name of the column to predict, got none")

    def _check_features(self) -> None:
        if isinstance(self.features, list):
            if not self.features:
                raise ValueError(
                    "features: expected at least one column, got an empty list; without this key all columns without "
                    "a role are features"
                )
            _check_once("features", "column", self.features)
        elif self.features is not None:
            check_expression("features", self.features)
        for name in self.exclude:
            check_expression("exclude", name)
        for name, condition in self.where.items():
            try:
                _check_condition(condition)
            except ValueError as error:
                raise ValueError(f"where: {name}: {error}") from None

    def _check_roles(self) -> None:
        role_of: dict[str, str] = {}
        for role in SINGLE_ROLES:
            column = getattr(self, role)
            if column in role_of:
                raise ValueError(f"{role}: expected a column without a role, but {column!r} is the {role_of[column]}")
            if column is not None:
                role_of[column] = role
        for column in self.features if isinstance(self.features, list) else []:
            if column in role_of:
                raise ValueError(f"features: expected columns without a role, but {column!r} is the {role_of[column]}")
        _check_once("stratum", "column", self.stratum or [])
        for column in self.stratum or []:
            if role_of.get(column) in ("group", "fold", "weights"):
                raise ValueError(
                    f"stratum: expected the target, the subset, or columns without a role, but {column!r} is the "
                    f"{role_of[column]}"
                )

    def sources(self) -> dict[str, Source]:
        """The raw file of the table; none for data sets and built-in tables."""
        if self.table is None or self.table.startswith(BUILTIN_PREFIX):
            return {}
        return {"table": Source((self.table,), tuple(self.hash))}


def _check_once(key: str, kind: str, names: list[str]) -> None:
    if (name := repeated(names)) is not None:
        raise ValueError(f"{key}: expected each {kind} once, got {name!r} twice")
