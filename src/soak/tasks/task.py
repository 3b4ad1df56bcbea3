"""A task: a table with a target, a subset for each row, and the other roles, mapped from one Arrow file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from soak.files import atomic, reporting_disk_errors
from soak.matrix import read_matrix, write_matrix

TaskType = Literal["classification", "regression"]


@dataclass(frozen=True)
class Task:
    """Rows, features and roles of one task.

    Attributes
    ----------
    features : array of shape (n_rows, n_features)
        As stored (uint8 for pixels); what a learner sees is ``features / scale``.
    scale : float
        255 for 8-bit pixels, 1 where the features are stored as they are.
    target : array of shape (n_rows,)
        int32 codes into ``classes`` for classification, float64 for regression.
    classes : tuple of str
        Labels in sorted order (numbers by value, text by code point); empty for regression.
    subset : array of str, shape (n_rows,)
    group, fold, weights : array of shape (n_rows,), or None where the task has no such role
    strata : mapping of column name to array of shape (n_rows,)
    image_shape : (height, width) or (channels, height, width), or None if the rows are not images
    """

    name: str
    type: TaskType
    features: NDArray[Any]
    feature_names: tuple[str, ...]
    scale: float
    target: NDArray[Any]
    classes: tuple[str, ...]
    subset: NDArray[Any]
    strata: Mapping[str, NDArray[Any]]
    group: NDArray[Any] | None = None
    fold: NDArray[Any] | None = None
    weights: NDArray[np.float64] | None = None
    image_shape: tuple[int, ...] | None = None

    @property
    def n_outputs(self) -> int:
        """Outputs of a model: one per class, or 1 for regression."""
        return len(self.classes) or 1

    def write(self, path: str | Path) -> None:
        """Write the task to one Arrow file (see `soak.matrix`)."""
        columns: dict[str, Any] = {"target": self.target, "subset": _strings(self.subset)}
        columns |= {f"stratum:{name}": _strings(values) for name, values in self.strata.items()}
        if self.group is not None:
            columns["group"] = _strings(self.group)
        if self.fold is not None:
            columns["fold"] = pa.array(self.fold)
        if self.weights is not None:
            columns["weights"] = self.weights
        metadata = {
            "name": self.name,
            "type": self.type,
            "feature_names": list(self.feature_names),
            "scale": self.scale,
            "classes": list(self.classes),
            "strata": list(self.strata),
            "image_shape": self.image_shape,
        }
        write_matrix(path, self.features, columns, metadata)

    @classmethod
    def open(cls, path: str | Path) -> "Task":
        """Map a task file: the feature matrix is not read until it is used."""
        features, batch, metadata = read_matrix(path)
        names = set(batch.schema.names)

        def column(name: str) -> NDArray[Any] | None:
            return batch.column(name).to_numpy(zero_copy_only=False) if name in names else None

        shape = metadata["image_shape"]
        target = column("target")
        subset = column("subset")
        assert target is not None
        assert subset is not None
        strata = {name: column(f"stratum:{name}") for name in metadata["strata"]}
        return cls(
            name=metadata["name"],
            type=metadata["type"],
            features=features,
            feature_names=tuple(metadata["feature_names"]),
            scale=metadata["scale"],
            target=target,
            classes=tuple(metadata["classes"]),
            subset=subset,
            strata={name: values for name, values in strata.items() if values is not None},
            group=column("group"),
            fold=column("fold"),
            weights=column("weights"),
            image_shape=None if shape is None else tuple(shape),
        )


@dataclass(frozen=True)
class TaskRows:
    """Some rows of a task, as a learner sees them."""

    task: Task
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def features(self, dtype: DTypeLike = np.float64, order: Literal["C", "F"] = "C") -> NDArray[Any]:
        """Feature values of the rows, scaled: a new array of shape (n, n_features) in the asked type and order."""
        values = np.asarray(self.task.features[self.rows], dtype=dtype, order=order, copy=True)
        if self.task.scale != 1:
            values /= self.task.scale
        return values

    @cached_property
    def target(self) -> NDArray[Any]:
        """Class codes (int32) or target values (float64) of the rows."""
        return self.task.target[self.rows]

    @property
    def weights(self) -> NDArray[np.float64] | None:
        return None if self.task.weights is None else self.task.weights[self.rows]

    @property
    def group(self) -> NDArray[Any] | None:
        return None if self.task.group is None else self.task.group[self.rows]

    @property
    def strata(self) -> list[NDArray[Any]]:
        return [values[self.rows] for values in self.task.strata.values()]


def _strings(values: NDArray[Any]) -> Any:
    """Dictionary-encoded text: a few codes instead of a word per row."""
    return pa.array(values).cast(pa.string()).dictionary_encode()


def counts(values: NDArray[Any]) -> dict[str, int]:
    """How often each value comes, in sorted order."""
    found, number = np.unique(values, return_counts=True)
    return {str(value): int(n) for value, n in zip(found, number, strict=True)}


def write_json(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write a schema: readable, a line for each column."""
    rest = {key: value for key, value in content.items() if key != "columns"}
    text = json.dumps(rest, ensure_ascii=False, indent=1).removesuffix("\n}")
    lines = ",\n  ".join(json.dumps(column, ensure_ascii=False) for column in content.get("columns", []))
    text += f',\n "columns": [\n  {lines}\n ]\n}}\n' if lines else "\n}\n"
    with reporting_disk_errors(path), atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
