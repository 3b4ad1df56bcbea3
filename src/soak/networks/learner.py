"""The torch learners: epochs chosen on a validation set, then a fresh network on the whole train set."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch import nn

from soak.learners.base import Fit, Prediction, TrainData, argmax_response
from soak.networks.data import Rows, choose_device, read_rows
from soak.networks.epochs import Curves, Trainer, run_epochs
from soak.networks.halves import split_halves
from soak.networks.linear import InnerProductTrainer, LinearTrainer, inner_products_pay, linear_layer
from soak.networks.loop import EVALUATED_ROWS, NetworkTrainer, outputs_of
from soak.networks.networks import Ends, Shape, printed_network
from soak.networks.objective import Objective, make_objective
from soak.networks.optimizer import make_optimizer, plain_sgd_rate
from soak.networks.seeds import generator, named_seed, one_thread
from soak.tasks.task import Task, TaskRows

if TYPE_CHECKING:
    from soak.learners.torch_base import TorchLearner


def fit(settings: "TorchLearner", name: str, data: TrainData) -> Fit:
    """Train a network as mlr3torch in mlr3tuning's AutoTuner does.

    The number of epochs is the one with the lowest validation loss; then a fresh network is trained on the whole
    train set for as many. With ``validate: null`` one network is trained for all epochs.

    Parameters
    ----------
    name : str
        The learner's name in the config: the one algorithm that it reports as.

    Raises
    ------
    FitFailed
        Training diverged, or the train set cannot be split.
    SoakError
        Settings that do not fit the task, or an unknown device.
    """
    with one_thread(), np.errstate(all="ignore"):  # what overflows is told as divergence
        network, curves = _train(settings, data)
    return Fit(
        predict={name: _predictor(network, data.rows.task, choose_device(data.device))},
        info={"selected_epochs": curves.best},
        history=curves.history(),
        tables=_coefficients(network, data.rows.task),
    )


def describe(settings: "TorchLearner", type: str, n_features: int, image_shape: Shape | None, n_outputs: int) -> str:
    """The network as torch prints it, with its number of parameters; all settings are checked on the way.

    Parameters
    ----------
    type : "classification" or "regression"
        Of the task.

    Raises
    ------
    SoakError
        Its text begins with the key below the learner (``graph: operation 3 (linear), …``, ``optimizer: …``).
    """
    make_objective(settings.loss, type)
    if plain_sgd_rate(settings) is None:  # else there is nothing to refuse, and torch's optimizers take 1 s to import
        make_optimizer(settings, [nn.Parameter(torch.zeros(1, 1))])
    return printed_network(settings, Ends(n_features, n_outputs, image_shape))


def _coefficients(network: nn.Module, task: Task) -> dict[str, pd.DataFrame]:
    """Intercept and weights of each output of a linear model, as cv_glmnet's table has them; nothing of others."""
    layer = linear_layer(network)
    if layer is None:
        return {}
    weights = layer.weight.detach().cpu().double().numpy()
    bias = np.zeros(len(weights)) if layer.bias is None else layer.bias.detach().cpu().double().numpy()
    labels = task.classes or ("",)
    table = pd.DataFrame(
        {
            "class": np.repeat(labels, weights.shape[1] + 1),
            "feature": ["(Intercept)", *task.feature_names] * len(labels),
            "value": np.column_stack([bias, weights]).ravel(),
        }
    )
    return {"coefficients": table}


def _train(settings: "TorchLearner", data: TrainData) -> tuple[nn.Module, Curves]:
    """The trained network, and the curves that chose its number of epochs."""
    device, rows = choose_device(data.device), data.rows
    training = _Training(settings, rows.task, make_objective(settings.loss, rows.task.type), data.torch_seed, device)
    if settings.validate_ is None:
        return training.run("all epochs", read_rows(rows, device, settings.class_weights), None, settings.epochs)
    share = settings.validate_ if settings.validate_ < 1 else 1 / settings.validate_
    subtrain, validation = split_halves(len(rows), share, rows.strata, rows.group, data.torch_seed)
    halves = TaskRows(rows.task, rows.rows[np.concatenate([subtrain, validation])])
    whole = read_rows(halves, device, settings.class_weights)  # each half is a slice of it
    middle = len(subtrain)
    _, curves = training.run(
        "selection", whole.part(0, middle), whole.part(middle, len(whole)), settings.epochs, settings.patience
    )
    network, _ = training.run("refit", whole, None, curves.best)
    return network, curves


@dataclass(frozen=True)
class _Training:
    """What the trainings of one fit share."""

    settings: "TorchLearner"
    task: Task
    objective: Objective
    seed: int
    device: torch.device

    def run(
        self, purpose: str, rows: Rows, validation: Rows | None, epochs: int, patience: int | None = None
    ) -> tuple[nn.Module, Curves]:
        """Train a fresh network; ``purpose`` names its random numbers."""
        torch.manual_seed(named_seed(self.seed, purpose))
        ends = Ends(self.task.features.shape[1], self.task.n_outputs, self.task.image_shape)
        network = self.settings.network(ends).to(self.device)
        trainer = self._trainer(network, rows, validation, epochs, generator(self.seed, f"{purpose} batches"))
        curves = run_epochs(trainer, epochs, patience, self.settings.min_delta)
        trainer.finish()
        return network, curves

    def _trainer(
        self, network: nn.Module, rows: Rows, validation: Rows | None, epochs: int, shuffles: torch.Generator
    ) -> Trainer:
        """The fastest of the trainers that do the same steps."""
        size = self.settings.batch_size
        layer, rate = linear_layer(network), plain_sgd_rate(self.settings)
        if layer is None or rate is None or not self.objective.is_measure or self.device.type != "cpu":
            optimizer, scheduler = make_optimizer(self.settings, network.parameters())
            return NetworkTrainer(network, rows, validation, self.objective, optimizer, scheduler, size, shuffles)
        work = len(rows), 0 if validation is None else len(validation), layer.in_features, layer.out_features, epochs
        kind = InnerProductTrainer if inner_products_pay(*work) else LinearTrainer
        return kind(layer, rows, validation, self.objective, rate, size, shuffles)


def _predictor(network: nn.Module, task: Task, device: torch.device) -> Callable[[TaskRows], Prediction]:
    def predict(rows: TaskRows) -> Prediction:
        parts = []
        with one_thread():
            for start in range(0, len(rows), EVALUATED_ROWS):
                part = TaskRows(rows.task, rows.rows[start : start + EVALUATED_ROWS])
                outputs = outputs_of(network, torch.from_numpy(part.features(np.float32)).to(device))
                parts.append(outputs.softmax(1) if task.classes else outputs.squeeze(1))
        values = torch.cat(parts).cpu().numpy() if parts else np.empty((0, task.n_outputs), np.float32)
        if not task.classes:
            return Prediction(values.astype(np.float64).ravel())
        return Prediction(argmax_response(values), values)

    return predict
