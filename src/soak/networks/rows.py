"""The rows of a train set as tensors: moved to the device once, in two halves and in batches without further copies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from soak.errors import FitFailed, SoakError
from soak.names import nearest
from soak.networks.seeds import generator
from soak.tasks.task import TaskRows

ClassWeights = Mapping[str, float] | str | None  # weight of each class by its label, or "balanced"
Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """Features, target and weights of some rows.

    Attributes
    ----------
    X : float32 tensor of shape (n, n_features)
    y : tensor of shape (n,)
        int64 class codes, or float32 values for regression.
    weights : float32 tensor of shape (n,), or None if all rows count alike
        Weight of each row in the loss. The measures of the history count all rows alike.
    """

    X: Tensor
    y: Tensor
    weights: Tensor | None = None

    def __len__(self) -> int:
        return int(self.y.shape[0])

    def part(self, start: int, stop: int) -> "Rows":
        """Rows from ``start`` up to ``stop``, as a view."""
        weights = None if self.weights is None else self.weights[start:stop]
        return Rows(self.X[start:stop], self.y[start:stop], weights)

    def without_features(self, index: Tensor) -> "Rows":
        """Target and weights of the rows with these numbers; gathering their features would be the expensive part."""
        return Rows(self.X[:0], self.y[index], None if self.weights is None else self.weights[index])


class Batches:
    """The rows of an epoch in batches of ``size``, the last one smaller, in a new random order each time.

    The features of a batch are gathered into one buffer, which the next batch overwrites. Rows that fit in one batch
    are yielded as they are: the order of rows makes no difference to a full-batch step.

    Parameters
    ----------
    rows : Rows
    size : int
    shuffles : torch.Generator
        On the CPU.

    Attributes
    ----------
    count : int
        Batches of an epoch.
    last : int
        Rows of the last batch.
    """

    def __init__(self, rows: Rows, size: int, shuffles: torch.Generator) -> None:
        self.rows = rows
        self.size = size
        self.shuffles = shuffles
        self.count = -(-len(rows) // size)
        self.last = len(rows) - (self.count - 1) * size
        self.buffer = rows.X.new_empty((size, rows.X.shape[1])) if self.count > 1 else None

    def __iter__(self) -> Iterator[Rows]:
        if self.buffer is None:
            yield self.rows
            return
        for index in self.indices():
            X = torch.index_select(self.rows.X, 0, index, out=self.buffer[: len(index)])
            weights = None if self.rows.weights is None else self.rows.weights[index]
            yield Rows(X, self.rows.y[index], weights)

    def indices(self) -> tuple[Tensor, ...]:
        """Row numbers of each batch of a new epoch."""
        order = torch.randperm(len(self.rows), generator=self.shuffles)
        return torch.split(order.to(self.rows.y.device), self.size)


def choose_device(device: str) -> torch.device:
    """Device to train on.

    Parameters
    ----------
    device : "auto", "cpu" or "cuda"
        ``auto`` is a CUDA GPU where torch finds one, else the CPU.

    Raises
    ------
    SoakError
        ``cuda`` where torch finds no GPU.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise SoakError("execution.device: expected auto or cpu, got cuda, and torch finds no CUDA GPU here")
    return torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")


def read_rows(rows: TaskRows, device: torch.device, class_weights: ClassWeights) -> Rows:
    """Copy rows of a task to a device.

    Raises
    ------
    SoakError
        A class weight is for a class that the task does not have.
    """
    classification = rows.task.type == "classification"
    y = rows.target.astype(np.int64 if classification else np.float32)
    weights = _row_weights(rows, class_weights)
    return Rows(
        torch.from_numpy(rows.features(np.float32)).to(device),
        torch.from_numpy(y).to(device),
        None if weights is None else torch.from_numpy(weights.astype(np.float32)).to(device),
    )


def _row_weights(rows: TaskRows, class_weights: ClassWeights) -> NDArray[Any] | None:
    """Weight of the task's weights column times the weight of the row's class."""
    if class_weights is None:
        return rows.weights
    codes = rows.target
    if class_weights == "balanced":  # n / (n_classes * n_c), as scikit-learn's, of the classes that occur
        counts = np.bincount(codes, minlength=len(rows.task.classes))
        by_class = len(codes) / np.maximum(counts, 1) / max((counts > 0).sum(), 1)
    else:
        assert not isinstance(class_weights, str)
        check_class_weights(class_weights, rows.task.classes)
        by_class = np.array([class_weights.get(label, 1.0) for label in rows.task.classes])
    weights: NDArray[Any] = by_class[codes]
    return weights if rows.weights is None else weights * rows.weights


def check_class_weights(class_weights: Mapping[str, float], classes: tuple[str, ...]) -> None:
    """Raise a SoakError for a weight of a class that the task does not have."""
    for label in class_weights:
        if label not in classes:
            raise SoakError(f"class_weights: there is no class '{label}'; {nearest(label, classes)}")


def split_halves(
    n_rows: int, share: float, strata: Sequence[NDArray[Any]], group: NDArray[Any] | None, seed: int
) -> tuple[Positions, Positions]:
    """Draw the validation set of a train set, stratified and with groups kept together.

    Parameters
    ----------
    n_rows : int
        Rows of the train set.
    share : float
        Share of the rows in the validation set. Both sets get at least one row, or one group.
    strata : sequence of arrays of shape (n_rows,)
        Each combination of their values is a stratum; without any, all rows are in one stratum.
    group : array of shape (n_rows,), or None
        Rows of one group stay in one set.
    seed : int

    Returns
    -------
    subtrain, validation : arrays of int
        Ascending 0-based positions in the train set.

    Raises
    ------
    FitFailed
        There are fewer than two rows, or two groups.
    """
    stratum = _numbered(strata) if strata else np.zeros(n_rows, np.int64)
    unit = np.arange(n_rows) if group is None else _numbered([group])
    n_units = int(unit.max()) + 1 if n_rows else 0
    if n_units < 2:
        kind = "row" if group is None else "group"
        raise FitFailed(f"a validation set needs 2 {kind}s or more, the train set has {n_units}; or use validate: null")
    draws = generator(seed, "validation set")
    if group is None:
        validates = _draw_rows(stratum, share, draws)
    else:
        validates = _draw_groups(unit, stratum, n_units, share, draws)[unit]
    return np.flatnonzero(~validates), np.flatnonzero(validates)


def _numbered(columns: Sequence[NDArray[Any]]) -> Positions:
    """Number of each row's combination of values, counted by first appearance."""
    numbers: Positions = pd.factorize(columns[0])[0]
    for column in columns[1:]:
        codes, distinct = pd.factorize(column)
        numbers = pd.factorize(numbers * len(distinct) + codes)[0]
    return numbers


def _draw_rows(stratum: Positions, share: float, draws: torch.Generator) -> NDArray[np.bool_]:
    """Systematic sampling: every (1 / share)-th row of a random order that is sorted by stratum.

    So each stratum has its share of the validation set, up or down by less than one row.
    """
    n_rows = len(stratum)
    order = torch.randperm(n_rows, generator=draws).numpy()
    order = order[np.argsort(stratum[order], kind="stable")]
    n_chosen = min(max(int(n_rows * share + 0.5), 1), n_rows - 1)
    start = torch.rand((), generator=draws, dtype=torch.float64).item()
    validates = np.zeros(n_rows, bool)
    validates[order[((np.arange(n_chosen) + start) * n_rows / n_chosen).astype(np.int64)]] = True
    return validates


def _draw_groups(
    unit: Positions, stratum: Positions, n_units: int, share: float, draws: torch.Generator
) -> NDArray[np.bool_]:
    """Large groups first, in random order: each goes where the strata of the validation set stay nearest to their share.

    Nearness is the sum over strata of (validation rows - share * rows so far) squared; a tie is drawn.
    """
    counts = np.zeros((n_units, int(stratum.max()) + 1))
    np.add.at(counts, (unit, stratum), 1)
    order = torch.randperm(n_units, generator=draws).numpy()
    order = order[np.argsort(-counts.sum(axis=1)[order], kind="stable")]
    coins = torch.rand(n_units, generator=draws, dtype=torch.float64).numpy() < share
    validates = np.zeros(n_units, bool)
    n_seen, n_validation = np.zeros(counts.shape[1]), np.zeros(counts.shape[1])
    for group in order:
        n_seen += counts[group]
        distance_with = ((n_validation + counts[group] - share * n_seen) ** 2).sum()
        distance_without = ((n_validation - share * n_seen) ** 2).sum()
        validates[group] = coins[group] if distance_with == distance_without else distance_with < distance_without
        n_validation += counts[group] * validates[group]
    if validates.all() or not validates.any():  # both sets need a group: the smallest one changes sides
        validates[order[-1]] = not validates[order[-1]]
    return validates
