"""What training minimizes and how: the loss, the measures of an epoch, the optimizer, the learning-rate schedule."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from soak.errors import SoakError
from soak.networks.names import (
    OPTIMIZERS,
    SCHEDULERS,
    build,
    check_numbers,
    find,
    name_and_arguments,
    one_line,
)
from soak.networks.settings import LOSSES
from soak.plugins import check_arguments

NameOrMapping = str | Mapping[str, Any]  # adam, or {adam: {lr: 0.01}}

MEASURES = {"classification": ("log_loss", "zero_one_loss"), "regression": ("mean_squared_error",)}
# Arguments of a loss that the training loop sets (weights are the task's and class_weights), or that torch deprecates
RESERVED_ARGUMENTS = ("input", "target", "weight", "reduction", "size_average", "reduce", "ignore_index")


class Objective:
    """A loss for training, and the measures that judge an epoch.

    Parameters
    ----------
    task_type : "classification" or "regression"
    loss : str
        Name of a function in torch.nn.functional.
    arguments : mapping
        Arguments of the loss, from the config.

    Attributes
    ----------
    measures : tuple of str
        The first one, the default loss, chooses the best epoch.
    loss_is_measure : bool
        Whether the mean loss is the first measure.
    """

    def __init__(self, task_type: str, loss: str, arguments: Mapping[str, Any]) -> None:
        default = LOSSES[task_type][0]
        self.task_type = task_type
        self.measures = MEASURES[task_type]
        self.loss_is_measure = loss == default and not arguments
        self._loss = partial(getattr(functional, loss), reduction="none", **arguments)
        self._measured_loss = partial(getattr(functional, default), reduction="none")

    def losses(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Loss of each row, shape (n,), from outputs of shape (n, n_outputs)."""
        losses: Tensor = self._loss(self._loss_input(outputs), y)
        return losses

    def measure_sums(self, outputs: Tensor, y: Tensor, losses: Tensor | None = None) -> Tensor:
        """Sum of each measure over rows; divided by the number of rows of a whole set it is the measure.

        Parameters
        ----------
        outputs : tensor of shape (n, n_outputs)
        y : tensor of shape (n,)
        losses : tensor of shape (n,), or None
            What `losses` returned for these rows, which saves computing it again.

        Returns
        -------
        float64 tensor of shape (n_measures,)
        """
        with torch.no_grad():
            if losses is None or not self.loss_is_measure:
                losses = self._measured_loss(self._loss_input(outputs), y)
            sums = [losses.sum(dtype=torch.float64)]
            if self.task_type == "classification":
                sums.append((outputs.argmax(1) != y).sum(dtype=torch.float64))
            return torch.stack(sums)

    def _loss_input(self, outputs: Tensor) -> Tensor:
        return outputs if self.task_type == "classification" else outputs.squeeze(1)


def make_objective(loss: NameOrMapping | None, task_type: str) -> Objective:
    """Objective of a learner, with its loss tried on two rows.

    Parameters
    ----------
    loss : str, {name: arguments}, or None for the default
    task_type : "classification" or "regression"

    Raises
    ------
    SoakError
        The task type does not have this loss, or the loss does not take the arguments.
    """
    name, arguments = name_and_arguments(LOSSES[task_type][0] if loss is None else loss)
    name = find(name, {known: known for known in LOSSES[task_type]}, f"loss for {task_type}")
    function = getattr(functional, name)
    key = f"loss: {name}"
    for argument in arguments:
        if argument in RESERVED_ARGUMENTS:
            raise SoakError(f"{key}: argument '{argument}' cannot be set here (for weights there is class_weights)")
    check_arguments(function, arguments, key=key)
    objective = Objective(task_type, name, arguments)
    y = torch.zeros(2, dtype=torch.int64 if task_type == "classification" else torch.float32)
    try:
        objective.losses(torch.zeros(2, 2 if task_type == "classification" else 1), y)
    except (RuntimeError, TypeError, ValueError) as error:
        check_numbers(key, function, arguments)
        raise SoakError(f"{key}: {one_line(error)}") from None
    return objective


def mean_loss(losses: Tensor, weights: Tensor | None) -> Tensor:
    """Loss of a batch, as torch weights classes: sum(w_i l_i) / sum(w_i), the mean without weights."""
    if weights is None:
        return losses.mean()
    return torch.dot(losses, weights) / weights.sum()


def make_optimizer(
    optimizer: NameOrMapping, scheduler: NameOrMapping | None, parameters: Iterable[nn.Parameter]
) -> tuple[Optimizer, LRScheduler | None]:
    """Optimizer and schedule of a learner, for the parameters of a network.

    Raises
    ------
    SoakError
        A name that torch.optim does not have, or arguments that it does not take.
    """
    name, arguments = name_and_arguments(optimizer)
    made = build(f"optimizer: {name}", find(name, OPTIMIZERS, "optimizer"), arguments, list(parameters))
    assert isinstance(made, Optimizer)
    if scheduler is None:
        return made, None
    name, arguments = name_and_arguments(scheduler)
    schedule = build(f"scheduler: {name}", find(name, SCHEDULERS, "scheduler"), arguments, made)
    assert isinstance(schedule, LRScheduler)
    return made, schedule


def end_epoch(schedule: LRScheduler | None, measure: float) -> None:
    """Let the schedule set the next epoch's learning rate.

    Parameters
    ----------
    measure : float
        What ReduceLROnPlateau watches: the first measure on the rows that were trained on, which a refit without a
        validation set has too.
    """
    if isinstance(schedule, ReduceLROnPlateau):
        schedule.step(measure)
    elif schedule is not None:
        schedule.step()


def plain_sgd_rate(optimizer: NameOrMapping, scheduler: NameOrMapping | None) -> float | None:
    """Learning rate if each step is weight <- weight - rate * gradient and nothing else, or None.

    It is None too for a rate that torch does not take: `make_optimizer` says why.
    """
    name, arguments = name_and_arguments(optimizer)
    rate = arguments.get("lr")
    if name.lower() != "sgd" or scheduler is not None or set(arguments) != {"lr"}:
        return None
    return float(rate) if isinstance(rate, int | float) and rate >= 0 else None
