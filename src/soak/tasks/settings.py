"""Settings of a task: its rows, and the roles that their columns take."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from soak.data.settings import Columns, Hashes, as_list, check_location
from soak.data.sources import Source
from soak.names import repeated
from soak.settings import Settings

BUILTIN_TABLES = ("diabetes",)
BUILTIN_PREFIX = "builtin:"


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

    def sources(self) -> dict[str, Source]:
        """The raw file of the table; none for data sets and built-in tables."""
        if self.table is None or self.table.startswith(BUILTIN_PREFIX):
            return {}
        return {"table": Source((self.table,), tuple(self.hash))}
