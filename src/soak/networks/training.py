"""How a network is trained, from the whole fit down to a step.

`fit` chooses the number of epochs on a validation set and then trains a fresh network on the whole train set
(`_Training.select_epochs`, `refit`), as mlr3torch in mlr3tuning's AutoTuner does. Both run `run_epochs`, whose epochs
are `NetworkTrainer.train_epoch`, a `train_step` per batch. Linear models with plain SGD take the same steps faster, by
`soak.networks.linear`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from soak.errors import FitFailed
from soak.networks.linear import fastest_trainer, linear_layer
from soak.networks.optimization import (
    Objective,
    end_epoch,
    make_objective,
    make_optimizer,
    mean_loss,
    plain_sgd_rate,
)
from soak.networks.rows import Batches, Rows, check_class_weights, choose_device, read_rows, split_halves
from soak.networks.seeds import generator, named_seed, one_thread
from soak.networks.settings import TorchSettings
from soak.tasks.task import Task, TaskRows

ROWS_AT_ONCE = 1000  # rows of a forward pass outside training: bounds the memory that a network's layers take
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)

Values = list[float]  # one per measure


def check_training(settings: TorchSettings, task: Task) -> None:
    """Try the loss, the class weights, the optimizer and the schedule of a learner.

    Raises
    ------
    SoakError
        One of them does not suit the task, or torch does not take it. The message begins with its key, such as
        ``optimizer: adam: …``.
    """
    make_objective(settings.loss, task.type)
    if isinstance(settings.class_weights, Mapping):
        check_class_weights(settings.class_weights, task.classes)
    # torch's optimizers import its compiler, which takes a second: not where `LinearTrainer` does their work
    if plain_sgd_rate(settings.optimizer, settings.scheduler) is None:
        make_optimizer(settings.optimizer, settings.scheduler, [nn.Parameter(torch.zeros(1, 1))])


def fit(
    settings: TorchSettings, make_network: Callable[[], nn.Module], rows: TaskRows, seed: int, device: str = "auto"
) -> "TrainedNetwork":
    """Choose the number of epochs on a validation set, then train a fresh network on all rows.

    Parameters
    ----------
    settings : TorchSettings
    make_network : function
        Makes the untrained network, its weights drawn from torch's global generator.
    rows : TaskRows
        The train set.
    seed : int
        All random numbers come from it: the validation set, the weights at the start, the batches, dropout.
    device : "auto", "cpu" or "cuda"

    Raises
    ------
    FitFailed
        Training diverged, or the train set cannot be split.
    SoakError
        Settings that do not suit the task, or a device that is not there.
    """
    with one_thread(), np.errstate(all="ignore"):  # an overflow is reported as divergence
        return _Training(settings, make_network, rows, seed, choose_device(device)).run()


class _Training:
    """The trainings of one fit; see `fit`."""

    def __init__(
        self,
        settings: TorchSettings,
        make_network: Callable[[], nn.Module],
        rows: TaskRows,
        seed: int,
        device: torch.device,
    ) -> None:
        self.settings = settings
        self.make_network = make_network
        self.rows = rows
        self.seed = seed
        self.device = device
        self.objective = make_objective(settings.loss, rows.task.type)

    def run(self) -> "TrainedNetwork":
        settings, rows = self.settings, self.rows
        if settings.validation_share is None:
            network, curves = self.train("all epochs", self.on_device(rows), None, settings.epochs)
            return TrainedNetwork(network, self.device, curves)
        subtrain, validation = split_halves(len(rows), settings.validation_share, rows.strata, rows.group, self.seed)
        # the rows of both sets in one matrix, so that each set is a view of it
        whole = self.on_device(rows.part(np.concatenate([subtrain, validation])))
        curves = self.select_epochs(whole.part(0, len(subtrain)), whole.part(len(subtrain), len(whole)))
        return TrainedNetwork(self.refit(whole, curves.best), self.device, curves)

    def on_device(self, rows: TaskRows) -> Rows:
        return read_rows(rows, self.device, self.settings.class_weights)

    def select_epochs(self, subtrain: Rows, validation: Rows) -> "Curves":
        """Train on one set and measure both at each epoch."""
        _, curves = self.train("selection", subtrain, validation, self.settings.epochs, self.settings.patience)
        return curves

    def refit(self, whole: Rows, epochs: int) -> nn.Module:
        """Train a fresh network on all rows for the number of epochs that was selected."""
        network, _ = self.train("refit", whole, None, epochs)
        return network

    def train(
        self, purpose: str, rows: Rows, validation: Rows | None, epochs: int, patience: int | None = None
    ) -> tuple[nn.Module, "Curves"]:
        """Train a fresh network; ``purpose`` names its random numbers (see `named_seed`)."""
        torch.manual_seed(named_seed(self.seed, purpose))
        network = self.make_network().to(self.device)
        batches = Batches(rows, self.settings.batch_size, generator(self.seed, f"{purpose} batches"))
        trainer = self.trainer(network, batches, validation, epochs)
        curves = run_epochs(trainer, epochs, patience, self.settings.min_delta)
        trainer.finish()
        return network, curves

    def trainer(self, network: nn.Module, batches: Batches, validation: Rows | None, epochs: int) -> "Trainer":
        """The fastest of the trainers that take the same steps."""
        settings = self.settings
        layer, rate = linear_layer(network), plain_sgd_rate(settings.optimizer, settings.scheduler)
        if layer is not None and rate is not None and self.objective.loss_is_measure and self.device.type == "cpu":
            n_validation = 0 if validation is None else len(validation)
            trainer = fastest_trainer(len(batches.rows), n_validation, layer.in_features, layer.out_features, epochs)
            return trainer(layer, batches, validation, self.rows.task.type, rate)
        optimizer, schedule = make_optimizer(settings.optimizer, settings.scheduler, network.parameters())
        return NetworkTrainer(network, batches, validation, self.objective, optimizer, schedule)


class Trainer(Protocol):
    """A model that can be trained for an epoch: a network, or a linear model by its formulas."""

    measures: tuple[str, ...]

    def train_epoch(self) -> Values:
        """Train for an epoch; each measure of the train rows, of each batch as it was before its step."""

    def validate(self) -> Values | None:
        """Each measure of the validation rows with the model as it is now; None without validation rows."""

    def finish(self) -> None:
        """Write what was learned into the network."""


@dataclass
class Curves:
    """Measures of each epoch, and the best epoch.

    Attributes
    ----------
    measures : tuple of str
    subtrain, validation : list of lists of float
        For each epoch each measure; the latter is empty without validation rows.
    best : int
        The first epoch (from 1) whose first validation measure was lower than all before by more than ``min_delta``;
        the last epoch without validation rows.
    """

    measures: tuple[str, ...]
    subtrain: list[Values] = field(default_factory=list)
    validation: list[Values] = field(default_factory=list)
    best: int = 0

    def history(self) -> pd.DataFrame:
        """The curves as a table with columns epoch, set, measure, value."""
        rows = [
            (epoch, name, measure, value)
            for epoch in range(1, len(self.subtrain) + 1)
            for name, curve in (("subtrain", self.subtrain), ("validation", self.validation))
            if curve
            for measure, value in zip(self.measures, curve[epoch - 1], strict=True)
        ]
        return pd.DataFrame(rows, columns=["epoch", "set", "measure", "value"])


def run_epochs(trainer: Trainer, epochs: int, patience: int | None = None, min_delta: float = 0) -> Curves:
    """Train for ``epochs``, or until ``patience`` epochs have passed without a better one.

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


class NetworkTrainer:
    """Trains any network by an optimizer of torch.

    Parameters
    ----------
    network : torch.nn.Module
        Trained in place.
    batches : Batches
        Of the rows to train on.
    validation : Rows or None
    objective : Objective
    optimizer : torch.optim.Optimizer
    schedule : LRScheduler or None
        Sets the learning rate after each epoch.

    Raises
    ------
    FitFailed
        The last batch has a single row and the network has a batch norm, whose variance needs two.
    """

    def __init__(
        self,
        network: nn.Module,
        batches: Batches,
        validation: Rows | None,
        objective: Objective,
        optimizer: Optimizer,
        schedule: LRScheduler | None,
    ) -> None:
        self.network = network
        self.batches, self.rows = batches, batches.rows
        self.validation = validation
        self.objective = objective
        self.measures = objective.measures
        self.optimizer = optimizer
        self.schedule = schedule
        if batches.last == 1 and any(isinstance(layer, BATCH_NORMS) for layer in network.modules()):
            raise FitFailed(
                f"batch_norm cannot train on one row, and {len(self.rows)} rows in batches of {batches.size} leave a "
                "last batch of one; use another batch_size"
            )

    def train_epoch(self) -> Values:
        self.network.train()
        sums = self._zeros()
        for batch in self.batches:
            sums += self.train_step(batch)
        means: Values = (sums / len(self.rows)).tolist()
        end_epoch(self.schedule, means[0])
        return means

    def train_step(self, batch: Rows) -> Tensor:
        """A step of the optimizer; the sum of each measure over the batch before it."""
        outputs = self.network(batch.X)
        losses = self.objective.losses(outputs, batch.y)
        self.optimizer.zero_grad()
        torch.autograd.backward(mean_loss(losses, batch.weights))
        self.optimizer.step()
        return self.objective.measure_sums(outputs.detach(), batch.y, losses.detach())

    def validate(self) -> Values | None:
        if self.validation is None:
            return None
        sums = self._zeros()
        for start in range(0, len(self.validation), ROWS_AT_ONCE):
            part = self.validation.part(start, start + ROWS_AT_ONCE)
            sums += self.objective.measure_sums(outputs_of(self.network, part.X), part.y)
        means: Values = (sums / len(self.validation)).tolist()
        return means

    def finish(self) -> None:
        """Nothing to do: the weights are the network's own."""

    def _zeros(self) -> Tensor:
        return torch.zeros(len(self.measures), dtype=torch.float64, device=self.rows.y.device)


def outputs_of(network: nn.Module, X: Tensor) -> Tensor:
    """Outputs of shape (n, n_outputs) outside training: no dropout, batch norm by its running means."""
    network.eval()
    with torch.no_grad():
        outputs = network(X)
    assert isinstance(outputs, Tensor)
    return outputs


@dataclass(frozen=True)
class TrainedNetwork:
    """What a fit gives.

    Attributes
    ----------
    network : torch.nn.Module
    device : torch.device
        Where the network is.
    curves : Curves
        Of the training that chose the number of epochs.
    """

    network: nn.Module
    device: torch.device
    curves: Curves

    def predict(self, rows: TaskRows) -> NDArray[Any]:
        """Probabilities, float32 of shape (n, n_classes), or for regression values, float64 of shape (n,)."""
        task, parts = rows.task, []
        with one_thread():
            for start in range(0, len(rows), ROWS_AT_ONCE):
                part = rows.part(slice(start, start + ROWS_AT_ONCE))
                outputs = outputs_of(self.network, torch.from_numpy(part.features(np.float32)).to(self.device))
                parts.append(outputs.softmax(1) if task.classes else outputs)
        values = torch.cat(parts).cpu().numpy() if parts else np.empty((0, task.n_outputs), np.float32)
        return values if task.classes else values.astype(np.float64).ravel()

    def coefficients(self) -> NDArray[np.float64] | None:
        """Of a linear model, shape (n_outputs, 1 + n_features), the intercept first; None of another network."""
        layer = linear_layer(self.network)
        if layer is None:
            return None
        return np.column_stack([value.detach().cpu().double().numpy() for value in (layer.bias, layer.weight)])
