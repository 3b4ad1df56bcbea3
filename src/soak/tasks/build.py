"""A task made of a table or of data sets, and written to a file."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soak.data.dataset import Dataset
from soak.errors import SoakError
from soak.files import reporting_disk_errors
from soak.matrix import RowsFile, row_blocks
from soak.tasks.columns import read_columns, sort_labels
from soak.tasks.features import encode_rows, plan_features, smallest_dtype
from soak.tasks.roles import RoleColumns, RoleValues, check_roles, find_roles, find_type
from soak.tasks.settings import TaskSettings
from soak.tasks.table import open_table
from soak.tasks.task import Task, TaskType


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


# Of a table: read twice, first what its columns hold, then its rows


def _build_from_table(name: str, settings: TaskSettings, file: str | Path | None, path: Path) -> None:
    location = settings.table or ""
    label = location if file is None else settings.sources()["table"].label(file)
    with ExitStack() as stack:
        table = stack.enter_context(open_table(location, file, label))
        roles = find_roles(name, settings, table.names, label)
        columns = read_columns(table, roles.names)
        check_roles(name, roles, columns)
        task_type = find_type(name, columns[roles.target], settings.type)
        plan = plan_features(name, table, columns, roles.features, settings.impute)
        feature_names = tuple(feature for encoding in plan for feature in encoding.feature_names)
        matrix = stack.enter_context(RowsFile(path.parent, len(feature_names), smallest_dtype(plan, columns)))

        values, n_rows, n_dropped = RoleValues(roles, task_type, columns), 0, 0
        for batch in table.read(roles.names):
            arrays = dict(zip(roles.names, batch.columns, strict=True))
            features, is_incomplete = encode_rows(plan, arrays, len(batch), matrix.dtype)
            values.append(arrays, ~is_incomplete)
            matrix.append(features[~is_incomplete] if is_incomplete.any() else features)
            n_rows += len(batch)
            n_dropped += int(is_incomplete.sum())
        task = _task_of_table(name, task_type, roles, values, matrix.matrix(), feature_names)
        if n_dropped:
            _check_dropped(task, label, n_rows, n_dropped)
        task.write(path)


def _task_of_table(
    name: str,
    task_type: TaskType,
    roles: RoleColumns,
    values: RoleValues,
    features: NDArray[Any],
    feature_names: tuple[str, ...],
) -> Task:
    target = values.target
    return Task(
        name=name,
        type=task_type,
        features=features,
        feature_names=feature_names,
        scale=1.0,
        target=target,
        classes=values.classes,
        subset=values.text(roles.subset) if roles.subset else np.full(len(target), name, dtype=object),
        strata={column: values.text(column) for column in roles.strata},
        group=values.text(roles.group) if roles.group else None,
        fold=values.numbers(roles.fold).astype(np.int64) if roles.fold else None,
        weights=values.numbers(roles.weights) if roles.weights else None,
    )


def _check_dropped(task: Task, label: str, n_rows: int, n_dropped: int) -> None:
    key = f"tasks.{task.name}.impute"
    if n_dropped == n_rows:
        raise SoakError(f"{key}: drop_rows leaves no row of {label}; each of them lacks a feature value")
    present = np.unique(task.target)
    if task.classes and len(present) < len(task.classes):
        lost = next(label for code, label in enumerate(task.classes) if code not in present)
        raise SoakError(
            f"{key}: drop_rows leaves no row of class {lost!r} of {label} ({n_dropped} of {n_rows} rows are dropped)"
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
        Task(
            name=name,
            type="classification",
            features=features,
            feature_names=tuple(str(pixel) for pixel in range(features.shape[1])),
            scale=first.scale if same_scale else 1.0,
            target=np.array([code[label] for label in labels], dtype=np.int32),
            classes=classes,
            subset=columns[settings.subset or "dataset"],
            strata={column: columns[column] for column in settings.stratum or ["label"]},
            image_shape=first.image_shape,
        ).write(path)


def _check_shapes(task: str, datasets: Sequence[Dataset]) -> None:
    first = datasets[0]
    for dataset in datasets[1:]:
        if dataset.image_shape != first.image_shape or dataset.features.shape[1] != first.features.shape[1]:
            raise SoakError(
                f"tasks.{task}.datasets: expected images of the same shape, got {_shape(first)} pixels ({first.name}) "
                f"and {_shape(dataset)} ({dataset.name})"
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
