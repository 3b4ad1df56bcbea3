"""The columns of a table that have a role: which they are, whether their values suit it, and the values themselves."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from soak.errors import SoakError
from soak.names import listed, nearest
from soak.tasks.columns import MAX_LEVELS, Column, sort_labels, to_numbers, to_text
from soak.tasks.settings import SINGLE_ROLES, TaskSettings
from soak.tasks.task import TaskType


@dataclass(frozen=True)
class RoleColumns:
    """Names of the columns with each role; None or empty if a task has no such role."""

    target: str
    subset: str | None
    group: str | None
    fold: str | None
    weights: str | None
    strata: tuple[str, ...]
    features: tuple[str, ...]

    @property
    def single(self) -> dict[str, str]:
        """Role to column, of the roles that one column has."""
        return {role: column for role in SINGLE_ROLES if (column := getattr(self, role)) is not None}

    @property
    def names(self) -> list[str]:
        """All columns with a role, each once."""
        return list(dict.fromkeys([*self.single.values(), *self.strata, *self.features]))


# Which columns they are: known before a value is read


def find_roles(task: str, settings: TaskSettings, names: Sequence[str], label: str) -> RoleColumns:
    """Find the columns that a task's settings name.

    Parameters
    ----------
    task : str
        Name of the task, for messages.
    settings : TaskSettings
        Of a task with a table.
    names : sequence of str
        The table's columns.
    label : str
        What messages call the table.

    Raises
    ------
    SoakError
        With a message for each column that the table does not have.
    """
    strata = tuple(settings.stratum or ())
    features = settings.features if isinstance(settings.features, list) else []
    single = {role: column for role in SINGLE_ROLES if (column := getattr(settings, role)) is not None}
    given = list(single.items())
    given += [(f"stratum[{index}]", column) for index, column in enumerate(strata)]
    given += [(f"features[{index}]", column) for index, column in enumerate(features)]
    unknown = [
        f"tasks.{task}.{key}: {label} has no column {column!r}; {nearest(column, names, 'its columns')}"
        for key, column in given
        if column not in names
    ]
    if unknown:
        raise SoakError(*unknown)
    if isinstance(settings.features, str):
        features = _matching(f"tasks.{task}.features", settings.features, names, set(single.values()), label)
    elif not features:
        features = [name for name in names if name not in single.values() and name not in strata]
        if not features:
            raise SoakError(f"tasks.{task}: {label} has no column left for the features; its columns: {listed(names)}")
    return RoleColumns(
        target=settings.target or "",
        subset=settings.subset,
        group=settings.group,
        fold=settings.fold,
        weights=settings.weights,
        strata=strata,
        features=tuple(features),
    )


def _matching(key: str, expression: str, names: Sequence[str], taken: set[str], label: str) -> list[str]:
    """Columns without another role that match a regular expression."""
    pattern = re.compile(expression)
    matching = [name for name in names if pattern.search(name)]
    features = [name for name in matching if name not in taken]
    if not features:
        columns = f"only columns of {label} that have another role ({listed(matching)})"
        free = [name for name in names if name not in taken]
        raise SoakError(
            f"{key}: {expression!r} matches {columns if matching else f'no column of {label}'}; "
            f"its columns without a role: {listed(free) or 'none'}"
        )
    spelled = [name for name in names if name in expression.split("|") and name not in matching]
    if spelled:  # as "Height (m)"
        raise SoakError(
            f"{key}: the regular expression {expression!r} does not match {listed(spelled)}, since characters such as "
            f"( ) [ ] are special in it; use a list of names: [{', '.join(map(repr, spelled))}, …]"
        )
    return features


# Whether their values suit the roles


def find_type(task: str, target: Column, given: TaskType | None) -> TaskType:
    """Type of the task: as the config says, or by the type of the target; a target that does not suit it is an error."""
    if given is None:
        target.check_not_mixed()
        if target.type == "integer":
            raise SoakError(
                f"{target.place()}: the target holds whole numbers, which may be classes or amounts; set "
                f"tasks.{task}.type to classification or regression"
            )
        if target.type == "date":
            raise SoakError(f"{target.place()}: expected classes or numbers, got dates")
        given = "regression" if target.type == "number" else "classification"
    if given == "regression":
        _check_amounts(task, target)
    else:
        _check_classes(task, target)
    return given


def _check_classes(task: str, target: Column) -> None:
    if target.levels is None:
        raise SoakError(
            f"{target.place()}: expected at most {MAX_LEVELS} classes, got more; if the target is an amount, set "
            f"tasks.{task}.type to regression"
        )
    if len(target.levels) < 2:
        raise SoakError(f"{target.place()}: expected at least two classes, got only {next(iter(target.levels))!r}")


def _check_amounts(task: str, target: Column) -> None:
    if not target.is_numeric:
        target.check_not_mixed()
        row, value = target.first_text or (1, "")
        raise SoakError(f"{target.place(row)}: expected a number, since tasks.{task}.type is regression, got {value!r}")
    if target.first_infinite is not None:
        raise SoakError(f"{target.place(target.first_infinite)}: expected a finite target, got an infinite one")
    if target.low == target.high:
        raise SoakError(f"{target.place()}: expected a target that varies, got {target.low:g} in all rows")


def check_roles(task: str, roles: RoleColumns, columns: Mapping[str, Column]) -> None:
    """Raise if a column with a role lacks a value, or holds values that the role cannot have."""
    with_values = [*roles.single.items(), *(("stratum", name) for name in roles.strata)]
    missing = [
        f"{column.place(column.first_missing)}: the {role} is missing (in {column.missing} of {column.count} rows); "
        "fill it in, or leave the rows out of the table"
        for role, name in with_values
        if (column := columns[name]).missing
    ]
    if missing:
        raise SoakError(*missing)
    if roles.fold is not None:
        _check_folds(columns[roles.fold])
    if roles.weights is not None:
        _check_weights(columns[roles.weights])
    for name in roles.strata:
        if columns[name].type == "number":
            raise SoakError(
                f"tasks.{task}.stratum: expected text, whole numbers or booleans, but column {name!r} of "
                f"{columns[name].label} holds numbers with decimals, each of which would be a stratum of its own"
            )


def _check_folds(column: Column) -> None:
    if column.type != "integer" or column.low < 1 or column.high > column.count:
        raise SoakError(f"{column.place()}: expected folds 1, 2, …, got {_example(column)}")
    if column.low == column.high:
        raise SoakError(f"{column.place()}: expected at least two folds, got only fold {column.low:g}")


def _check_weights(column: Column) -> None:
    if not column.is_numeric or column.low < 0 or column.first_infinite is not None:
        raise SoakError(f"{column.place()}: expected finite weights of at least 0, got {_example(column)}")
    if column.high == 0:
        raise SoakError(f"{column.place()}: expected weights above 0, got only 0")


def _example(column: Column) -> str:
    return repr(column.first_text[1]) if column.first_text else f"{column.low:g} to {column.high:g}"


# The values


class RoleValues:
    """Values of the roles, gathered block by block; of text each distinct value is kept once.

    Parameters
    ----------
    roles : RoleColumns
    type : "classification" or "regression"
    columns : mapping of str to Column

    Attributes
    ----------
    classes : tuple of str
        Labels in order; empty for regression.
    """

    def __init__(self, roles: RoleColumns, type: TaskType, columns: Mapping[str, Column]) -> None:
        self._roles = roles
        is_classification = type == "classification"
        self.classes = tuple(sort_labels(columns[roles.target].levels or ())) if is_classification else ()
        numbers = [roles.fold, roles.weights, None if is_classification else roles.target]
        texts = [roles.subset, roles.group, *roles.strata, roles.target if is_classification else None]
        self._numbers: dict[str, list[NDArray[np.float64]]] = {name: [] for name in numbers if name}
        self._texts: dict[str, list[Any]] = {name: [] for name in texts if name}

    def append(self, columns: Mapping[str, Any], kept: NDArray[np.bool_]) -> None:
        """Add the kept rows of a block, given as Arrow arrays by name of column."""
        for name, blocks in self._numbers.items():
            blocks.append(to_numbers(columns[name])[0][kept])
        for name, text_blocks in self._texts.items():
            text_blocks.append(to_text(columns[name]).filter(pa.array(kept)).dictionary_encode())

    @property
    def target(self) -> NDArray[Any]:
        """int32 codes into ``classes``, or float64 values: shape (n_rows,)."""
        if not self.classes:
            return self.numbers(self._roles.target)
        codes = [
            pc.index_in(block.dictionary, pa.array(self.classes)).to_numpy(zero_copy_only=False)[block.indices]
            for block in self._texts[self._roles.target]
        ]
        return np.concatenate(codes).astype(np.int32)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Values of a column of numbers: shape (n_rows,)."""
        return np.concatenate(self._numbers[name])

    def text(self, name: str) -> NDArray[Any]:
        """Values of a column of text: shape (n_rows,), one object for each distinct text."""
        blocks = pa.chunked_array(self._texts[name]).unify_dictionaries().combine_chunks()
        words = np.array(blocks.dictionary.to_pylist(), dtype=object)
        return np.asarray(words[blocks.indices.to_numpy()])
