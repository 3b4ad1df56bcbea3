"""The training loop of every network: batches by index, one buffer, nothing between torch's own steps."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from soak.errors import FitFailed
from soak.networks.data import Rows
from soak.networks.objective import Objective
from soak.networks.optimizer import end_epoch

EVALUATED_ROWS = 1000  # rows of a forward pass that trains nothing: bounds the memory of a network's layers


class NetworkTrainer:
    """Trains a network by its optimizer on shuffled batches.

    Parameters
    ----------
    network : torch.nn.Module
        Trained in place.
    rows, validation : Rows, the latter may be None
    shuffles : torch.Generator
        Of each epoch's order of the rows (drawn on the CPU). A single batch is not shuffled.
    """

    def __init__(
        self,
        network: nn.Module,
        rows: Rows,
        validation: Rows | None,
        objective: Objective,
        optimizer: Optimizer,
        scheduler: LRScheduler | None,
        batch_size: int,
        shuffles: torch.Generator,
    ) -> None:
        self.network = network
        self.rows = rows
        self.validation = validation
        self.objective = objective
        self.optimizer = optimizer
        self.scheduler = scheduler
        self.batches = Batches(rows, batch_size, shuffles)
        self.measures = objective.measures
        if self.batches.last == 1 and any(
            isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in network.modules()
        ):
            raise FitFailed(
                f"batch_norm cannot train on one row, and {len(rows)} rows in batches of {batch_size} leave a last "
                f"batch of one; use another batch_size"
            )

    def train_epoch(self) -> list[float]:
        self.network.train()
        sums = torch.zeros(len(self.measures), dtype=torch.float64, device=self.rows.y.device)
        for batch in self.batches:
            outputs = self.network(batch.X)
            losses = self.objective.losses(outputs, batch.y)
            self.optimizer.zero_grad()
            torch.autograd.backward(_mean(losses, batch.weights))
            self.optimizer.step()
            sums += self.objective.sums(outputs.detach(), batch.y, losses.detach())
        values: list[float] = (sums / len(self.rows)).tolist()
        end_epoch(self.scheduler, values[0])
        return values

    def validate(self) -> list[float] | None:
        if self.validation is None:
            return None
        sums = torch.zeros(len(self.measures), dtype=torch.float64, device=self.rows.y.device)
        for start in range(0, len(self.validation), EVALUATED_ROWS):
            part = self.validation.part(start, start + EVALUATED_ROWS)
            sums += self.objective.sums(outputs_of(self.network, part.X), part.y)
        values: list[float] = (sums / len(self.validation)).tolist()
        return values

    def finish(self) -> None:
        pass  # the weights are the network's own


class Batches:
    """The rows of an epoch in batches of ``size``, the last one smaller, in a new random order each time.

    The features of a batch are gathered into one buffer that the next batch overwrites. Rows that fit one batch
    are given as they are: their order makes no difference to a full-batch step.
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


def _mean(losses: Tensor, weights: Tensor | None) -> Tensor:
    """The mean, weighted as torch weights classes: divided by the batch's sum of weights."""
    if weights is None:
        return losses.mean()
    return torch.dot(losses, weights) / weights.sum()


def outputs_of(network: nn.Module, X: Tensor) -> Tensor:
    """A forward pass that trains nothing: dropout off, batch norm by its running means."""
    network.eval()
    with torch.no_grad():
        outputs = network(X)
    assert isinstance(outputs, Tensor)
    return outputs
