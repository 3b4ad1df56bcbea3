"""A task made of a table or of data sets, and written to a file."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from soak.data.dataset import Dataset
from soak.data.form import Reading
from soak.data.values import sort_labels
from soak.errors import SoakError, together
from soak.files import reporting_disk_errors
from soak.matrix import RowsFile, row_blocks
from soak.names import FULL, listed
from soak.tasks.columns import Column, kept_rows, read_columns
from soak.tasks.conditions import meets
from soak.tasks.features import (
    Encoding,
    describe_features,
    describe_missing,
    dtype_of,
    encode_rows,
    incomplete_features,
    plan_features,
)
from soak.tasks.kept import KeptNumbers
from soak.tasks.roles import RoleColumns, RoleValues, check_roles, find_roles, find_type, leave_out, stratum_notes
from soak.tasks.settings import Condition, TaskSettings
from soak.tasks.table import Table, open_table
from soak.tasks.task import Note, Task, TaskType


def build_task(
    name: str,
    settings: TaskSettings,
    rows: Mapping[str, str | Path] | str | Path | None,
    path: str | Path,
) -> None:
    """Build a task and write it.

    Parameters
    ----------
    name : str
        Of the task.
    settings : TaskSettings
    rows : mapping of str to path, path, or None
        The Arrow file of each data set by its name; or the file of the table; None for a built-in table.
    path : path
        The task's file, see `soak.tasks.task.Task`. The same input gives the same bytes.

    Raises
    ------
    SoakError
        If the data cannot be a task. Nothing is written then.
    """
    path = Path(path)
    with reporting_disk_errors(path):
        if isinstance(rows, Mapping):
            _build_from_datasets(name, settings, rows, path)
        else:
            _build_from_table(name, settings, rows, path)


# Of a table: read first for what its columns hold, then for its rows


@dataclass(frozen=True)
class _Rows:
    """Rows of the table that the task has.

    Attributes
    ----------
    kept : array of bool, shape (n_rows,), or None
        None for all.
    notes : list of Note
        How many were left out, and why.
    """

    kept: NDArray[np.bool_] | None
    notes: list[Note]


def _build_from_table(name: str, settings: TaskSettings, file: str | Path | None, path: Path) -> None:
    location = settings.table or ""
    label = location if file is None else settings.sources()["table"].label(file)
    with ExitStack() as stack:
        table = stack.enter_context(open_table(location, file, label, Reading.of(settings)))
        table = replace(table, categories=table.categories | {*settings.categorical}).without(settings.missing)
        roles = find_roles(name, settings, table.names, label)
        rows = _meeting(name, settings, table)
        numbers = stack.enter_context(KeptNumbers(path.parent, roles.features))
        columns = read_columns(table, roles.names, rows.kept, numbers.append)
        roles, notes = leave_out(name, roles, columns, table.index)
        if settings.impute == "drop_rows":
            rows, columns = _complete(name, table, roles, columns, rows, numbers)
        _, task_type, plan = together(
            lambda: check_roles(name, roles, columns),
            lambda: find_type(name, columns[roles.target], settings.type),
            lambda: plan_features(name, table, columns, roles.features, settings.impute),
        )
        values = RoleValues(roles, task_type, columns)
        features = _read_rows(table, values, plan, numbers, rows.kept, stack.enter_context(_matrix_file(plan, path)))
        notes = [
            *describe_features(plan),
            *notes,
            *rows.notes,
            *describe_missing(plan, settings.impute),
            *stratum_notes(roles, columns),
        ]
        feature_names = tuple(feature for encoding in plan for feature in encoding.feature_names)
        task = _task_of_table(name, label, task_type, roles, values, features, feature_names, rows.kept, notes)
        replace(task, incomplete=incomplete_features(plan, settings.impute)).write(path)


def _matrix_file(plan: Sequence[Encoding], path: Path) -> RowsFile:
    return RowsFile(path.parent, sum(len(encoding.feature_names) for encoding in plan), dtype_of(plan))


def _read_rows(
    table: Table,
    values: RoleValues,
    plan: Sequence[Encoding],
    numbers: KeptNumbers,
    kept: NDArray[np.bool_] | None,
    matrix: RowsFile,
) -> NDArray[Any]:
    """Read what is still to be read, the roles and the features that are not numbers, and give all features."""
    known = numbers.matrix()
    place = {name: number for number, name in enumerate(numbers.names)}
    left = [encoding.column for encoding in plan if not (encoding.is_number and encoding.column in place)]
    is_matrix = [encoding.column for encoding in plan] == numbers.names and not left and known.dtype == matrix.dtype
    names = list(dict.fromkeys([*values.names, *left]))
    start = 0
    for batch, block in kept_rows(table.read(names), kept):
        arrays = dict(zip(names, batch.columns, strict=True))
        values.append(arrays, block)
        if is_matrix:
            continue
        if block is not None:
            arrays = {column: array.filter(pa.array(block)) for column, array in arrays.items()}
        n_rows = len(batch) if block is None else int(block.sum())
        rows = known[start : start + n_rows]
        arrays |= {column: rows[:, number] for column, number in place.items() if column not in left}
        matrix.append(encode_rows(plan, arrays, n_rows, matrix.dtype))
        start += n_rows
    return known if is_matrix else matrix.matrix()


def _meeting(task: str, settings: TaskSettings, table: Table) -> _Rows:
    """Rows that meet the conditions of the config."""
    names = list(settings.where)
    if not names:
        return _Rows(None, [])
    columns = read_columns(table, names)
    blocks = []
    for batch in table.read(names):
        met = [
            meets(columns[name], values, settings.where[name])
            for name, values in zip(names, batch.columns, strict=True)
        ]
        blocks.append(np.array(met))
    conditions = np.concatenate(blocks, axis=1)
    kept = np.asarray(conditions.all(axis=0))
    if not kept.any():
        raise SoakError(f"tasks.{task}.where: no row of {table.label} meets {_conditions(settings.where)}")
    first = np.argmin(conditions, axis=0)[~kept]  # the first condition that a row does not meet
    counts = np.bincount(first, minlength=len(names))
    notes = [
        Note("dropped", name, f"{_rows(count)} left out by where: {_condition(settings.where[name])}")
        for name, count in zip(names, counts.tolist(), strict=True)
        if count
    ]
    return _Rows(kept, notes)


def _conditions(where: Mapping[str, Condition]) -> str:
    return " and ".join(f"{name}: {_condition(condition)}" for name, condition in where.items())


def _condition(condition: Condition) -> str:
    return f"[{', '.join(map(str, condition))}]" if isinstance(condition, list) else str(condition)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _complete(
    task: str, table: Table, roles: RoleColumns, columns: dict[str, Column], rows: _Rows, numbers: KeptNumbers
) -> tuple[_Rows, dict[str, Column]]:
    """Rows that have a value in each column of the task, and what the columns hold in these rows."""
    names = [name for name in roles.names if columns[name].missing]
    if not names:
        return rows, columns
    counts = dict.fromkeys(names, 0)
    blocks = []
    for batch, kept in kept_rows(table.read(names), rows.kept):
        complete = np.ones(len(batch), dtype=bool) if kept is None else kept.copy()
        for name, values in zip(names, batch.columns, strict=True):
            is_missing = columns[name].is_missing(values) & complete
            counts[name] += int(is_missing.sum())
            complete &= ~is_missing
        blocks.append(complete)
    kept = np.concatenate(blocks)
    if not kept.any():
        raise SoakError(
            f"tasks.{task}.impute: drop_rows leaves no row of {table.label}; each of them lacks a value of "
            f"{listed([name for name, count in counts.items() if count])}"
        )
    notes = [Note("dropped", name, f"{_rows(count)} without a value") for name, count in counts.items() if count]
    numbers.restart()
    left = read_columns(table, roles.names, kept, numbers.append)
    lost = sorted({*(columns[roles.target].labels or ())} - {*(left[roles.target].labels or ())})
    if left[roles.target].type in ("text", "boolean") and lost:
        notes.append(Note("class", roles.target, f"no row of {listed(lost)} is left by drop_rows"))
    return _Rows(kept, rows.notes + notes), left


def _task_of_table(
    name: str,
    label: str,
    task_type: TaskType,
    roles: RoleColumns,
    values: RoleValues,
    features: NDArray[Any],
    feature_names: tuple[str, ...],
    kept: NDArray[np.bool_] | None,
    notes: Sequence[Note],
) -> Task:
    target = values.target
    subset = values.text(roles.subset) if roles.subset else np.full(len(target), FULL, dtype=object)
    return Task(
        name=name,
        type=task_type,
        features=features,
        feature_names=feature_names,
        scale=1.0,
        target=target,
        classes=values.classes,
        subset=subset,
        strata={column: values.text(column) for column in roles.strata},
        group=values.text(roles.group) if roles.group else None,
        fold=values.numbers(roles.fold).astype(np.int64) if roles.fold else None,
        weights=values.numbers(roles.weights) if roles.weights else None,
        subsets=values.subsets if roles.subset else (FULL,),
        row=None if kept is None or kept.all() else np.flatnonzero(kept),
        rows_read=values.rows_read if roles.subset else {FULL: len(target) if kept is None else len(kept)},
        source=label,
        notes=tuple(notes),
    )


# Of data sets: their rows stacked in the order of the config


def _build_from_datasets(name: str, settings: TaskSettings, files: Mapping[str, str | Path], path: Path) -> None:
    datasets = [Dataset.open(files[dataset]) for dataset in settings.datasets or []]
    _check_shapes(name, datasets)
    columns = _columns(name, settings, datasets)
    labels = columns["label"]
    classes = tuple(sort_labels(set(labels.tolist())))
    if len(classes) < 2:
        raise SoakError(f"tasks.{name}: expected at least two classes, got only the label {classes[0]!r}")
    code = {label: code for code, label in enumerate(classes)}
    first = datasets[0]
    same_scale = all(
        (dataset.features.dtype, dataset.scale) == (first.features.dtype, first.scale) for dataset in datasets
    )
    dtype = first.features.dtype if same_scale else np.dtype(np.float64)
    with RowsFile(path.parent, first.features.shape[1], dtype) as matrix:
        features = first.features
        if len(datasets) > 1:  # stacked on disk, so that they are never in memory as a whole
            for dataset in datasets:
                for block in row_blocks(dataset.features):
                    matrix.append(block if same_scale else block / dataset.scale)
            features = matrix.matrix()
        subset = columns[settings.subset or "dataset"]
        Task(
            name=name,
            type="classification",
            features=features,
            feature_names=tuple(str(pixel) for pixel in range(features.shape[1])),
            scale=first.scale if same_scale else 1.0,
            target=np.array([code[label] for label in labels], dtype=np.int32),
            classes=classes,
            subset=subset,
            strata={column: columns[column] for column in settings.stratum or ["label"]},
            image_shape=first.image_shape,
            subsets=tuple(sort_labels(set(subset.tolist()))),
            rows_read={
                str(part): int(count) for part, count in zip(*np.unique(subset, return_counts=True), strict=True)
            },
            notes=(Note("features", "", _pixels(first)),),
        ).write(path)


def _check_shapes(task: str, datasets: Sequence[Dataset]) -> None:
    first = datasets[0]
    for dataset in datasets[1:]:
        if dataset.image_shape != first.image_shape or dataset.features.shape[1] != first.features.shape[1]:
            raise SoakError(
                f"tasks.{task}.datasets: expected images of the same shape, got {_shape(first)} pixels ({first.name}) "
                f"and {_shape(dataset)} ({dataset.name})"
            )


def _pixels(dataset: Dataset) -> str:
    n_features = dataset.features.shape[1]
    return f"{n_features} features: " + (
        f"pixels of {_shape(dataset)}" if dataset.image_shape else "as in the data sets"
    )


def _shape(dataset: Dataset) -> str:
    return " x ".join(str(size) for size in dataset.image_shape or dataset.features.shape[1:])


def _columns(task: str, settings: TaskSettings, datasets: Sequence[Dataset]) -> dict[str, NDArray[Any]]:
    """The columns dataset, label, and part (if it is used), as text."""
    names = [dataset.name for dataset in datasets]
    sizes = [len(dataset.label) for dataset in datasets]
    columns = {
        "dataset": np.repeat(np.array(names, dtype=object), sizes),
        "label": np.concatenate([dataset.label.astype(str).astype(object) for dataset in datasets]),
    }
    if "part" in (settings.subset, *(settings.stratum or [])):
        columns["part"] = np.concatenate([_parts(task, dataset) for dataset in datasets])
    return columns


def _parts(task: str, dataset: Dataset) -> NDArray[Any]:
    if dataset.part is None or (dataset.part == "").any():
        raise SoakError(
            f"tasks.{task}: expected a part for each row of {dataset.name}, got none for some; give its entries "
            "part: NAME, or its CSV file the column predefined.set"
        )
    return dataset.part
