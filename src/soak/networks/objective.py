"""What a step makes smaller, and what an epoch is judged by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from soak.errors import SoakError
from soak.networks.names import check_arguments, find, named, one_line, text_for_number

Losses = Callable[..., Tensor]

LOSSES: Mapping[str, Mapping[str, Losses]] = {
    "classification": {
        "cross_entropy": functional.cross_entropy,
        "multi_margin_loss": functional.multi_margin_loss,
    },
    "regression": {
        "mse_loss": functional.mse_loss,
        "l1_loss": functional.l1_loss,
        "smooth_l1_loss": functional.smooth_l1_loss,
        "huber_loss": functional.huber_loss,
    },
}
DEFAULT_LOSS = {"classification": "cross_entropy", "regression": "mse_loss"}
MEASURES = {"classification": ("log_loss", "zero_one_loss"), "regression": ("mean_squared_error",)}


@dataclass(frozen=True)
class Objective:
    """A loss by name, and the measures of the history.

    Attributes
    ----------
    task_type : "classification" or "regression"
    name : str
        Of torch.nn.functional.
    arguments : mapping
        Of the loss, besides the row's own weight.
    """

    task_type: str
    name: str
    arguments: Mapping[str, Any]

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the measures of an epoch; the first one chooses the best epoch."""
        return MEASURES[self.task_type]

    @property
    def is_measure(self) -> bool:
        """Whether the loss of a row is its share of the first measure."""
        return self.name == DEFAULT_LOSS[self.task_type] and not self.arguments

    def losses(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Loss of each row, from outputs of shape (n, n_outputs)."""
        function = LOSSES[self.task_type][self.name]
        if self.task_type == "regression":
            outputs = outputs.squeeze(1)
        return function(outputs, y, reduction="none", **self.arguments)

    def sums(self, outputs: Tensor, y: Tensor, losses: Tensor | None = None) -> Tensor:
        """Sum over rows of each measure (float64): divided by the rows of a whole set they are the measures.

        Parameters
        ----------
        losses : tensor of shape (n,), or None
            Of these rows, where they are known.
        """
        with torch.no_grad():
            if losses is None or not self.is_measure:
                default = LOSSES[self.task_type][DEFAULT_LOSS[self.task_type]]
                losses = default(
                    outputs if self.task_type == "classification" else outputs.squeeze(1), y, reduction="none"
                )
            if self.task_type == "regression":
                return losses.sum(dtype=torch.float64)[None]
            wrong = outputs.argmax(1) != y
            return torch.stack([losses.sum(dtype=torch.float64), wrong.sum(dtype=torch.float64)])


def make_objective(loss: str | Mapping[str, Any] | None, task_type: str) -> Objective:
    """The objective of settings, its name and arguments checked.

    Raises
    ------
    SoakError
        A loss that the task's type does not have, or an argument that it does not take.
    """
    name, arguments = named(DEFAULT_LOSS[task_type] if loss is None else loss)
    known = LOSSES[task_type]
    function = find(name, known, f"loss for {task_type}")
    name = next(one for one, value in known.items() if value is function)
    key = f"loss: {name}"
    for argument in arguments:
        if argument in ("input", "target", "weight", "reduction", "size_average", "reduce", "ignore_index"):
            raise SoakError(f"{key}: argument '{argument}' is not the config's to give (weights: class_weights)")
    check_arguments(key, function, arguments)
    objective = Objective(task_type, name, arguments)
    y = torch.zeros(2, dtype=torch.int64 if task_type == "classification" else torch.float32)
    try:
        objective.losses(torch.zeros(2, 2 if task_type == "classification" else 1), y)
    except (RuntimeError, TypeError, ValueError) as error:
        raise SoakError(f"{key}: {text_for_number(function, arguments) or one_line(error)}") from None
    return objective
