"""A task made of data sets of images, their rows stacked in the order of the config."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soak.data.dataset import Dataset
from soak.errors import SoakError
from soak.matrix import RowsFile, row_blocks
from soak.tasks.columns import sort_labels
from soak.tasks.settings import TaskSettings
from soak.tasks.task import Task, counts, write_json


def task_from_datasets(
    name: str, settings: TaskSettings, paths: Mapping[str, str | Path], out_arrow: Path, out_schema: Path
) -> None:
    """Stack the rows of data sets to one task and write it.

    Subset is the data set, or its parts; target and stratum are the label.

    Parameters
    ----------
    name : str
    settings : TaskSettings
    paths : mapping of data set name to its Arrow file
    out_arrow, out_schema : path
    """
    datasets = [Dataset.open(paths[dataset]) for dataset in settings.datasets or []]
    _check_alike(name, datasets)
    columns = _columns(name, settings, datasets)
    labels = columns["label"]
    classes = tuple(sort_labels(set(labels.tolist())))
    if len(classes) < 2:
        raise SoakError(f"tasks.{name}: all rows have the label {classes[0]!r}; at least two classes are needed")
    codes = {label: code for code, label in enumerate(classes)}
    alike = len({(dataset.features.dtype, dataset.scale) for dataset in datasets}) == 1
    dtype, scale = (datasets[0].features.dtype, datasets[0].scale) if alike else (np.dtype(np.float64), 1.0)
    with RowsFile(out_arrow.parent, datasets[0].features.shape[1], dtype) as file:
        # One data set is a task as it is; several are stacked on disk, so that they never lie in memory whole.
        features = datasets[0].features
        if len(datasets) > 1:
            for dataset in datasets:
                for block in row_blocks(dataset.features):
                    file.append(block if alike else block / dataset.scale)
            features = file.matrix()
        task = Task(
            name=name,
            type="classification",
            features=features,
            feature_names=tuple(str(pixel) for pixel in range(features.shape[1])),
            scale=scale,
            target=np.array([codes[label] for label in labels], dtype=np.int32),
            classes=classes,
            subset=columns[settings.subset or "dataset"],
            strata={column: columns[column] for column in settings.stratum or ["label"]},
            image_shape=datasets[0].image_shape,
        )
        task.write(out_arrow)
    write_json(out_schema, _summary(task, datasets))


def _check_alike(task: str, datasets: Sequence[Dataset]) -> None:
    first = datasets[0]
    for dataset in datasets[1:]:
        if dataset.image_shape != first.image_shape or dataset.features.shape[1] != first.features.shape[1]:
            raise SoakError(
                f"tasks.{task}.datasets: the images of {first.name} have {_shape(first)} pixels, "
                f"those of {dataset.name} {_shape(dataset)}; they must be alike"
            )


def _columns(task: str, settings: TaskSettings, datasets: Sequence[Dataset]) -> dict[str, NDArray[Any]]:
    """The columns dataset, label, and part (where it is asked for), as text."""
    names = [dataset.name for dataset in datasets]
    sizes = [len(dataset.label) for dataset in datasets]
    columns = {
        "dataset": np.repeat(np.array(names, dtype=object), sizes),
        "label": np.concatenate([dataset.label.astype(str).astype(object) for dataset in datasets]),
    }
    if "part" in (settings.subset, *(settings.stratum or [])):
        parts = []
        for dataset in datasets:
            if dataset.part is None or (dataset.part == "").any():
                raise SoakError(
                    f"tasks.{task}: {dataset.name} has rows without a part; its idx entries need part: NAME, "
                    "its CSV the column predefined.set"
                )
            parts.append(dataset.part)
        columns["part"] = np.concatenate(parts)
    return columns


def _summary(task: Task, datasets: Sequence[Dataset]) -> dict[str, Any]:
    by_class = np.bincount(task.target, minlength=len(task.classes))
    return {
        "name": task.name,
        "datasets": [dataset.name for dataset in datasets],
        "type": task.type,
        "rows": len(task.target),
        "dropped_rows": {"count": 0, "first": []},
        "features": len(task.feature_names),
        "dtype": str(task.features.dtype),
        "scale": task.scale,
        "image_shape": task.image_shape,
        "classes": {label: int(n) for label, n in zip(task.classes, by_class, strict=True)},
        "subsets": counts(task.subset),
        "groups": None,
        "strata": list(task.strata),
        "constant": _constant_pixels(datasets),
    }


def _constant_pixels(datasets: Sequence[Dataset]) -> list[str]:
    """Pixels that are the same in all rows: kept, and told."""
    first = datasets[0].features[0] / datasets[0].scale
    constant = np.ones(len(first), dtype=bool)
    for dataset in datasets:
        for block in row_blocks(dataset.features):
            constant &= (block.max(axis=0) == block.min(axis=0)) & (block[0] / dataset.scale == first)
    return [str(pixel) for pixel in np.flatnonzero(constant)]


def _shape(dataset: Dataset) -> str:
    return " x ".join(str(size) for size in dataset.image_shape or dataset.features.shape[1:])
