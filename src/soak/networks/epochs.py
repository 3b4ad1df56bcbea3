"""Epochs: what is recorded of them, which is the best, and when it is enough."""

import math
from dataclasses import dataclass, field
from typing import Protocol

import pandas as pd

from soak.errors import FitFailed

Values = list[float]


class Trainer(Protocol):
    """Something that can be trained for an epoch: a network of any kind, or a linear model by its formulas."""

    measures: tuple[str, ...]

    def train_epoch(self) -> Values:
        """Train for an epoch; each measure of the train rows, from each batch before its step."""

    def validate(self) -> Values | None:
        """Each measure of the validation rows as the model is now; None without such rows."""

    def finish(self) -> None:
        """Put what was learned into the network."""


@dataclass
class Curves:
    """Measures of each epoch, and the best one.

    Attributes
    ----------
    best : int
        The first epoch (from 1) whose first validation measure was lower than all before by more than min_delta;
        the last epoch without validation rows.
    """

    measures: tuple[str, ...]
    subtrain: list[Values] = field(default_factory=list)
    validation: list[Values] = field(default_factory=list)
    best: int = 0

    def history(self) -> pd.DataFrame:
        """One row per epoch, set and measure."""
        sets = {"subtrain": self.subtrain, "validation": self.validation}
        rows = [
            (epoch, name, measure, value)
            for epoch in range(1, len(self.subtrain) + 1)
            for name, curve in sets.items()
            if curve
            for measure, value in zip(self.measures, curve[epoch - 1], strict=True)
        ]
        return pd.DataFrame(rows, columns=["epoch", "set", "measure", "value"])


def run_epochs(trainer: Trainer, epochs: int, patience: int | None = None, min_delta: float = 0) -> Curves:
    """Train until ``epochs`` are done or ``patience`` of them brought no better one.

    Raises
    ------
    FitFailed
        A measure is not a finite number: training diverged.
    """
    curves = Curves(trainer.measures)
    lowest = math.inf
    for epoch in range(1, epochs + 1):
        curves.subtrain.append(_finite("subtrain", epoch, trainer.train_epoch(), curves.measures))
        values = trainer.validate()
        if values is None:
            curves.best = epoch
            continue
        curves.validation.append(_finite("validation", epoch, values, curves.measures))
        if values[0] < lowest - min_delta:
            lowest, curves.best = values[0], epoch
        elif patience is not None and epoch - curves.best >= patience:
            break
    return curves


def _finite(name: str, epoch: int, values: Values, measures: tuple[str, ...]) -> Values:
    for measure, value in zip(measures, values, strict=True):
        if not math.isfinite(value):
            raise FitFailed(f"diverged: {name} {measure} is {value} at epoch {epoch}; try a lower learning rate")
    return values
