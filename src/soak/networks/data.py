"""A train set as tensors: moved to the device once, rows in an order that makes both halves views of one matrix."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soak.errors import SoakError
from soak.names import nearest
from soak.tasks.task import TaskRows


@dataclass(frozen=True)
class Rows:
    """Features, target and weights of some rows.

    Attributes
    ----------
    X : float32 tensor of shape (n, n_features)
    y : int64 tensor of class codes, or float32 tensor of values, of shape (n,)
    weights : float32 tensor of shape (n,), or None if all rows count alike
        Weight of each row in the loss; the measures of the history count all rows alike.
    """

    X: Tensor
    y: Tensor
    weights: Tensor | None = None

    def __len__(self) -> int:
        return int(self.y.shape[0])

    def chosen(self, index: Tensor) -> "Rows":
        """Target and weights of rows by number; their features stay where they are."""
        return Rows(self.X[:0], self.y[index], None if self.weights is None else self.weights[index])

    def part(self, start: int, stop: int) -> "Rows":
        """Rows from ``start`` up to ``stop``, without a copy."""
        weights = None if self.weights is None else self.weights[start:stop]
        return Rows(self.X[start:stop], self.y[start:stop], weights)


def read_rows(rows: TaskRows, device: torch.device, class_weights: Mapping[str, float] | str | None) -> Rows:
    """Rows of a task on a device."""
    classification = rows.task.type == "classification"
    y = rows.target.astype(np.int64 if classification else np.float32)
    weights = _weights(rows, class_weights)
    return Rows(
        torch.from_numpy(rows.features(np.float32)).to(device),
        torch.from_numpy(y).to(device),
        None if weights is None else torch.from_numpy(weights.astype(np.float32)).to(device),
    )


def _weights(rows: TaskRows, class_weights: Mapping[str, float] | str | None) -> NDArray[Any] | None:
    """Product of the task's weights column and of the weights of the classes."""
    if class_weights is None:
        return rows.weights
    codes = rows.target
    if class_weights == "balanced":
        counts = np.bincount(codes, minlength=len(rows.task.classes))
        by_class = len(codes) / np.maximum(counts, 1) / max((counts > 0).sum(), 1)
    else:
        assert not isinstance(class_weights, str)
        check_class_weights(class_weights, rows.task.classes)
        by_class = np.array([class_weights.get(label, 1.0) for label in rows.task.classes])
    weights: NDArray[Any] = by_class[codes]
    return weights if rows.weights is None else weights * rows.weights


def check_class_weights(class_weights: Mapping[str, float], classes: tuple[str, ...]) -> None:
    """Refuse a weight for a class that the task does not have."""
    for label in class_weights:
        if label not in classes:
            raise SoakError(f"class_weights: there is no class '{label}'; {nearest(label, classes)}")


def choose_device(device: Literal["auto", "cpu", "cuda"] | str) -> torch.device:
    """The device to train on: ``auto`` is a CUDA GPU where torch sees one."""
    if device == "cuda" and not torch.cuda.is_available():
        raise SoakError("execution.device: cuda is asked for, but torch sees no CUDA GPU; allowed here: auto, cpu")
    return torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")
