"""Optimizers and learning-rate schedules by their names in torch.optim."""

from collections.abc import Iterable

import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from soak.networks.names import OPTIMIZERS, SCHEDULERS, build, find, named
from soak.networks.settings import TorchSettings


def make_optimizer(
    settings: TorchSettings, parameters: Iterable[nn.Parameter]
) -> tuple[torch.optim.Optimizer, LRScheduler | None]:
    """The optimizer and the schedule of settings, for a network's parameters.

    Raises
    ------
    SoakError
        A name that torch.optim does not have, or an argument that it refuses.
    """
    name, arguments = named(settings.optimizer)
    optimizer = build(f"optimizer: {name}", find(name, OPTIMIZERS, "optimizer"), arguments, list(parameters))
    assert isinstance(optimizer, torch.optim.Optimizer)
    if settings.scheduler is None:
        return optimizer, None
    name, arguments = named(settings.scheduler)
    scheduler = build(f"scheduler: {name}", find(name, SCHEDULERS, "scheduler"), arguments, optimizer)
    assert isinstance(scheduler, LRScheduler)
    return optimizer, scheduler


def end_epoch(scheduler: LRScheduler | None, loss: float) -> None:
    """Move the learning rate on; a plateau is one of the epoch's own loss, which a refit has too."""
    if isinstance(scheduler, ReduceLROnPlateau):
        scheduler.step(loss)
    elif scheduler is not None:
        scheduler.step()


def plain_sgd_rate(settings: TorchSettings) -> float | None:
    """The learning rate if a step is ``weight -= lr * gradient`` and no more, else None.

    None too for a rate that torch refuses: ``make_optimizer`` tells why.
    """
    name, arguments = named(settings.optimizer)
    rate = arguments.get("lr")
    if name.lower() != "sgd" or settings.scheduler is not None or set(arguments) != {"lr"}:
        return None
    return float(rate) if isinstance(rate, int | float) and rate >= 0 else None
