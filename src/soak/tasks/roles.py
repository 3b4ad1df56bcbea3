"""The columns of a table that have a role: which they are, whether their values suit it, and the values themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from soak.data.form import ROW_NAMES
from soak.errors import SoakError
from soak.names import listed, nearest
from soak.tasks.columns import MAX_LEVELS, Column, to_numbers
from soak.tasks.expressions import matching
from soak.tasks.settings import SINGLE_ROLES, TaskSettings
from soak.tasks.task import Note, TaskType


@dataclass(frozen=True)
class RoleColumns:
    """Names of the columns with each role; None or empty if a task has no such role.

    Attributes
    ----------
    named : bool
        Whether the config names the features; if not, some columns without a role are left out.
    excluded : tuple of str
        Columns that the config excludes from the features.
    """

    target: str
    subset: str | None
    group: str | None
    fold: str | None
    weights: str | None
    strata: tuple[str, ...]
    features: tuple[str, ...]
    named: bool = False
    excluded: tuple[str, ...] = ()

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
    given += [(f"categorical[{index}]", column) for index, column in enumerate(settings.categorical)]
    given += [(f"where.{column}", column) for column in settings.where]
    unknown = [
        f"tasks.{task}.{key}: {label} has no column {column!r}; {nearest(column, names, 'its columns')}"
        for key, column in given
        if column not in names
    ]
    if unknown:
        raise SoakError(*unknown)
    taken = {*single.values()}
    if isinstance(settings.features, str):
        features = _matching(f"tasks.{task}.features", settings.features, names, taken, label)
    elif not features:
        features = [name for name in names if name not in taken and name not in strata]
    excluded = _excluded(task, settings.exclude, names, label)
    kept = [name for name in features if name not in excluded]
    if not kept:
        left = f"; excluded: {listed(excluded)}" if excluded else ""
        raise SoakError(
            f"tasks.{task}: {label} has no column left for the features; its columns: {listed(names)}{left}"
        )
    return RoleColumns(
        target=settings.target or "",
        subset=settings.subset,
        group=settings.group,
        fold=settings.fold,
        weights=settings.weights,
        strata=strata,
        features=tuple(kept),
        named=settings.features is not None,
        excluded=tuple(name for name in excluded if name not in taken),
    )


def _excluded(task: str, exclude: Sequence[str], names: Sequence[str], label: str) -> list[str]:
    """Columns that the key exclude names: by their names, else by a regular expression."""
    excluded: list[str] = []
    for index, entry in enumerate(exclude):
        key = f"tasks.{task}.exclude[{index}]"
        found = [entry] if entry in names else matching(key, entry, names)
        if not found:
            raise SoakError(
                f"{key}: {entry!r} is not a column of {label} and matches none; {nearest(entry, names, 'its columns')}"
            )
        excluded += found
    return list(dict.fromkeys(excluded))


def _matching(key: str, expression: str, names: Sequence[str], taken: set[str], label: str) -> list[str]:
    """Columns without another role that match a regular expression."""
    found = matching(key, expression, names)
    features = [name for name in found if name not in taken]
    if not features:
        columns = f"only columns of {label} that have another role ({listed(found)})"
        free = [name for name in names if name not in taken]
        raise SoakError(
            f"{key}: {expression!r} matches {columns if found else f'no column of {label}'}; "
            f"its columns without a role: {listed(free) or 'none'}"
        )
    spelled = [name for name in names if name in expression.split("|") and name not in found]
    if spelled:  # as "Height (m)"
        raise SoakError(
            f"{key}: the regular expression {expression!r} does not match {listed(spelled)}, since characters such as "
            f"( ) [ ] are special in it; use a list of names: [{', '.join(map(repr, spelled))}, …]"
        )
    return features


# Which of them are features: known once their values are read


def leave_out(
    task: str, roles: RoleColumns, columns: Mapping[str, Column], index: str | None
) -> tuple[RoleColumns, list[Note]]:
    """Leave out columns that would give a row away, or say nothing of it, unless the config names the features.

    Parameters
    ----------
    task : str
        Name of the task, for messages.
    roles : RoleColumns
    columns : mapping of str to Column
    index : str or None
        A first column without a name, or R's row names.

    Returns
    -------
    roles : RoleColumns
        With the features that are left.
    notes : list of Note
        What is left out or excluded, and why; which columns are constant.
    """
    notes = [Note("excluded", name, "excluded by the config") for name in roles.excluded]
    reasons = {} if roles.named else {name: _reason(columns[name]) for name in roles.features}
    if index == ROW_NAMES and index in reasons:
        reasons[index] = "R's row names"
    kept = tuple(name for name in roles.features if not reasons.get(name))
    if index in kept and index != ROW_NAMES:
        raise SoakError(
            f"{columns[index].label}, line 1: column 1 has no name (row names written by R? use row.names = FALSE; by "
            f"pandas? index=False), and does not count the rows; leave it out with tasks.{task}.exclude: [{index}]"
        )
    notes += [Note("left_out", name, reason) for name, reason in reasons.items() if reason]
    if not kept:
        left = "; ".join(f"{name} {reason}" for name, reason in reasons.items())
        raise SoakError(
            f"tasks.{task}: {next(iter(columns.values())).label} has no column left for the features: {left}; name those "
            f"that are features in tasks.{task}.features"
        )
    notes += [
        Note("constant", name, f"{_one_value(columns[name])} in all rows") for name in kept if columns[name].is_constant
    ]
    return replace(roles, features=kept), notes


def _reason(column: Column) -> str:
    """Why a column is left out of the features; "" if it is not."""
    if column.counts_rows:
        return "counts the rows"
    if column.type == "date":
        return "holds dates"
    return "holds text that differs in every row" if column.all_differ and not column.mixed("") else ""


def _one_value(column: Column) -> str:
    return (column.labels or ("the same value",))[0]


# Whether their values suit the roles


def find_type(task: str, target: Column, given: TaskType | None) -> TaskType:
    """Type of the task: as the config says, or by the type of the target; a target that does not suit it is an error."""
    if given is None:
        target.check_not_mixed(task)
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
    labels = target.labels
    if labels is None:
        raise SoakError(
            f"{target.place()}: expected at most {MAX_LEVELS} classes, got more; if the target is an amount, set "
            f"tasks.{task}.type to regression"
        )
    if len(labels) < 2:
        raise SoakError(f"{target.place()}: expected at least two classes, got only {next(iter(labels), 'none')!r}")


def _check_amounts(task: str, target: Column) -> None:
    if not target.is_numeric:
        target.check_not_mixed(task)
        row = target.first_text[0] if target.first_text else None
        raise SoakError(
            f"{target.place(row)}: expected a number, since tasks.{task}.type is regression, got {target.example}"
        )
    if target.first_infinite is not None:
        raise SoakError(f"{target.place(target.first_infinite)}: expected a finite target, got an infinite one")
    if target.low == target.high:
        raise SoakError(f"{target.place()}: expected a target that varies, got {target.low:g} in all rows")


def check_roles(task: str, roles: RoleColumns, columns: Mapping[str, Column]) -> None:
    """Raise if a column with a role lacks a value, or holds values that the role cannot have."""
    role_of: dict[str, str] = {}  # of a column with several roles the first
    for role, name in [*roles.single.items(), *(("stratum", name) for name in roles.strata)]:
        role_of.setdefault(name, role)
    missing = [
        f"{column.place(column.first_missing)}: the {role.removesuffix('s')} is missing (in {column.missing} of {column.count} rows); fill "
        f"it in, or leave such rows out with tasks.{task}.where: {{{name}: known}} or tasks.{task}.impute: drop_rows"
        for name, role in role_of.items()
        if (column := columns[name]).missing
    ]
    if missing:
        raise SoakError(*missing)
    if roles.fold is not None:
        _check_folds(columns[roles.fold])
    if roles.weights is not None:
        _check_weights(columns[roles.weights])


def stratum_notes(roles: RoleColumns, columns: Mapping[str, Column]) -> list[Note]:
    """Notes on strata that are probably too many: as in R each distinct number is one."""
    return [
        Note("folds", name, f"stratum {name} holds numbers with decimals, each of which is a stratum of its own")
        for name in roles.strata
        if columns[name].type == "number" and not columns[name].is_whole
    ]


def _check_folds(column: Column) -> None:
    if not column.is_numeric or not column.is_whole or column.low < 1 or column.high > column.count:
        raise SoakError(f"{column.place()}: expected folds 1, 2, …, got {column.example}")
    if column.low == column.high:
        raise SoakError(f"{column.place()}: expected at least two folds, got only fold {column.low:g}")


def _check_weights(column: Column) -> None:
    if not column.is_numeric or column.low < 0 or column.first_infinite is not None:
        raise SoakError(f"{column.place()}: expected finite weights of at least 0, got {column.example}")
    if column.high == 0:
        raise SoakError(f"{column.place()}: expected weights above 0, got only 0")


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
    rows_read : dict of str to int
        Rows of each subset in the file, "" for those without one.
    """

    def __init__(self, roles: RoleColumns, type: TaskType, columns: Mapping[str, Column]) -> None:
        self._roles, self._columns = roles, columns
        is_classification = type == "classification"
        self.classes = columns[roles.target].labels or () if is_classification else ()
        numbers = [roles.fold, roles.weights, None if is_classification else roles.target]
        texts = [roles.subset, roles.group, *roles.strata, roles.target if is_classification else None]
        self._numbers: dict[str, list[NDArray[np.float64]]] = {name: [] for name in numbers if name}
        self._texts: dict[str, list[Any]] = {name: [] for name in texts if name}
        self.rows_read: dict[str, int] = {}

    @property
    def names(self) -> list[str]:
        """The columns of the roles."""
        return [*dict.fromkeys([*self._numbers, *self._texts])]

    def append(self, columns: Mapping[str, Any], kept: NDArray[np.bool_] | None) -> None:
        """Add the kept rows of a block, given as Arrow arrays by name of column; None keeps all."""
        for name, blocks in self._numbers.items():
            numbers = to_numbers(columns[name])
            blocks.append(numbers if kept is None else numbers[kept])
        for name, text_blocks in self._texts.items():
            labels = self._columns[name].to_labels(columns[name])
            if name == self._roles.subset:
                self._count(labels)
            text_blocks.append(labels if kept is None else labels.filter(pa.array(kept)))

    def _count(self, labels: Any) -> None:
        codes = labels.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        counts = np.bincount(codes + 1, minlength=len(labels.dictionary) + 1).tolist()
        for name, count in zip(["", *labels.dictionary.to_pylist()], counts, strict=True):
            if count:
                self.rows_read[name] = self.rows_read.get(name, 0) + count

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

    @property
    def subsets(self) -> tuple[str, ...]:
        """The distinct subsets in order."""
        name = self._roles.subset
        if name is None:
            return ()
        distinct = set(pa.chunked_array(self._texts[name]).unique().to_pylist())
        return tuple(self._columns[name].sorted(distinct))

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Values of a column of numbers: shape (n_rows,)."""
        return np.concatenate(self._numbers[name])

    def text(self, name: str) -> NDArray[Any]:
        """Values of a column of text: shape (n_rows,), one object for each distinct text."""
        blocks = pa.chunked_array(self._texts[name]).unify_dictionaries().combine_chunks()
        words = np.array(blocks.dictionary.to_pylist(), dtype=object)
        return np.asarray(words[blocks.indices.to_numpy()])
