"""The columns beside the features: what is predicted, and how rows belong together."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from soak.errors import SoakError
from soak.tasks.columns import MAX_LEVELS, ColumnScan, sort_labels, to_numbers, to_text
from soak.tasks.roles import Roles
from soak.tasks.task import TaskType


def target_type(task: str, found: ColumnScan, given: TaskType | None) -> TaskType:
    """Whether the target is a class or a number: as the config says, or by the target's own type."""
    place = f"{found.where}, column {found.name!r}"
    if found.type == "empty":
        raise SoakError(f"{place}: the target has no value in any row")
    if given is None:
        found.check_not_mixed()
        if found.type == "integer":
            raise SoakError(
                f"{place}: the target holds whole numbers, which may be classes or amounts; "
                f"tasks.{task}.type must say classification or regression"
            )
        if found.type == "date":
            raise SoakError(f"{place}: the target holds dates; allowed: classes or numbers")
        given = "regression" if found.type == "number" else "classification"
    if given == "regression":
        _check_regression(task, found)
    elif found.levels is None:
        raise SoakError(
            f"{place}: the target has more than {MAX_LEVELS} different values, too many to be classes; "
            f"if it is an amount, tasks.{task}.type is regression"
        )
    elif len(found.levels) < 2:
        only = next(iter(found.levels))
        raise SoakError(f"{place}: the target has one class only, {only!r}; at least two are needed")
    return given


def _check_regression(task: str, found: ColumnScan) -> None:
    if found.type not in ("integer", "number"):
        row, value = found.first_text or (1, "")
        found.check_not_mixed()
        raise SoakError(
            f"{found.where}, row {row}, column {found.name!r}: the target {value!r} is not a number; "
            f"tasks.{task}.type: regression needs numbers"
        )
    if found.first_infinite is not None:
        raise SoakError(f"{found.where}, row {found.first_infinite}, column {found.name!r}: the target is infinite")
    if found.low == found.high:
        raise SoakError(f"{found.where}, column {found.name!r}: the target is {found.low:g} in all rows")


def check_roles(task: str, roles: Roles, scans: Mapping[str, ColumnScan]) -> None:
    """Raise where a role's column lacks a value, or holds what the role cannot use."""
    named = [(role, getattr(roles, role)) for role in ("target", "subset", "group", "fold", "weights")]
    missing = [
        f"{found.where}, row {found.first_missing}, column {column!r}: the {role} is missing (in {found.missing} of "
        f"{found.count} rows); each row needs one: fill it in, or leave the row out of the table"
        for role, column in [*named, *(("stratum", name) for name in roles.strata)]
        if column is not None and (found := scans[column]).missing
    ]
    if missing:
        raise SoakError(*missing)
    if roles.fold is not None:
        _check_fold(scans[roles.fold])
    if roles.weights is not None:
        _check_weights(scans[roles.weights])
    for name in roles.strata:
        if scans[name].type == "number":
            raise SoakError(
                f"tasks.{task}.stratum: column {name!r} of {scans[name].where} holds numbers with decimals, each of "
                "which would be a stratum of its own; allowed: text, whole numbers, booleans"
            )


def _check_fold(found: ColumnScan) -> None:
    if found.type != "integer" or found.low < 1 or found.high > found.count:
        shown = found.first_text[1] if found.first_text else f"{found.low:g} to {found.high:g}"
        raise SoakError(f"{found.where}, column {found.name!r}: folds are whole numbers 1, 2, …; it holds {shown}")
    if found.low == found.high:
        raise SoakError(
            f"{found.where}, column {found.name!r}: all rows are in fold {found.low:g}; at least two are needed"
        )


def _check_weights(found: ColumnScan) -> None:
    if found.type not in ("integer", "number") or found.low < 0 or found.first_infinite is not None:
        shown = repr(found.first_text[1]) if found.first_text else f"{found.low:g} to {found.high:g}"
        raise SoakError(f"{found.where}, column {found.name!r}: weights are numbers from 0 on; it holds {shown}")
    if found.high == 0:
        raise SoakError(f"{found.where}, column {found.name!r}: all weights are 0")


class RoleValues:
    """Values of the roles, gathered block by block; texts are kept once."""

    def __init__(self, roles: Roles, type_: TaskType, scans: Mapping[str, ColumnScan]) -> None:
        self._roles, self._type = roles, type_
        self.classes = tuple(sort_labels(scans[roles.target].levels)) if type_ == "classification" else ()
        numbers = [roles.fold, roles.weights, roles.target if type_ == "regression" else None]
        self._numbers: dict[str, list[NDArray[np.float64]]] = {name: [] for name in numbers if name}
        texts = [roles.subset, roles.group, *roles.strata, roles.target if type_ == "classification" else None]
        self._texts: dict[str, list[Any]] = {name: [] for name in texts if name}

    def append(self, columns: Mapping[str, Any], kept: NDArray[np.bool_]) -> None:
        """Add the rows of a block that are kept."""
        for name, chunks in self._numbers.items():
            chunks.append(to_numbers(columns[name])[0][kept])
        for name, text in self._texts.items():
            text.append(to_text(columns[name]).filter(pa.array(kept)).dictionary_encode())

    @property
    def target(self) -> NDArray[Any]:
        """Class codes, or values."""
        if self._type == "regression":
            return self.numbers(self._roles.target)
        codes = [
            pc.index_in(chunk.dictionary, pa.array(self.classes)).to_numpy(zero_copy_only=False)[chunk.indices]
            for chunk in self._texts[self._roles.target]
        ]
        return np.concatenate(codes).astype(np.int32)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Values of a column of numbers."""
        return np.concatenate(self._numbers[name])

    def text(self, name: str) -> NDArray[Any]:
        """Values of a column of text: shape (n_rows,), one object per different text."""
        chunks = pa.chunked_array(self._texts[name]).unify_dictionaries().combine_chunks()
        words = np.array(chunks.dictionary.to_pylist(), dtype=object)
        return np.asarray(words[chunks.indices.to_numpy()])
