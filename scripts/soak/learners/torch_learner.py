"""The torch learners: epochs chosen on a validation set, then a fresh network on the whole train set."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from soak.config.learners import TorchSettings
from soak.learners.base import Fit, Prediction, TrainData, argmax_response
from soak.learners.torch_data import Rows, choose_device, ordered, read_rows
from soak.learners.torch_epochs import Curves, Trainer, run_epochs
from soak.learners.torch_halves import split_halves
from soak.learners.torch_loop import EVALUATED_ROWS, NetworkTrainer, outputs_of
from soak.learners.torch_networks import Ends, Shape, make_network, printed_network
from soak.learners.torch_objective import Objective, make_objective
from soak.learners.torch_optimizer import make_optimizer
from soak.learners.torch_seeds import generator, named_seed, one_thread
from soak.tasks.task import Task, TaskRows


def fit(settings: TorchSettings, name: str, data: TrainData) -> Fit:
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
    with one_thread():
        network, curves = _train(settings, data)
    return Fit(
        predict={name: _predictor(network, data.rows.task, choose_device(data.device))},
        info={"selected_epochs": curves.best},
        history=curves.history(),
    )


def describe(settings: TorchSettings, type: str, n_features: int, image_shape: Shape | None, n_outputs: int) -> str:
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
    make_optimizer(settings, [nn.Parameter(torch.zeros(1, 1))])
    return printed_network(settings, Ends(n_features, n_outputs, image_shape))


def _train(settings: TorchSettings, data: TrainData) -> tuple[nn.Module, Curves]:
    """The trained network, and the curves that chose its number of epochs."""
    task, device = data.rows.task, choose_device(data.device)
    objective = make_objective(settings.loss, task.type)

    def start(purpose: str, rows: Rows, validation: Rows | None) -> tuple[nn.Module, Trainer]:
        torch.manual_seed(named_seed(data.torch_seed, purpose))
        network = make_network(settings, Ends(task.features.shape[1], task.n_outputs, task.image_shape)).to(device)
        return network, _trainer(
            settings, objective, network, rows, validation, generator(data.torch_seed, f"{purpose} batches")
        )

    if settings.validate_ is None:
        whole = read_rows(data.rows, device, settings.class_weights)
        network, trainer = start("all epochs", whole, None)
        return network, run_epochs(trainer, settings.epochs)
    share = settings.validate_ if settings.validate_ < 1 else 1 / settings.validate_
    subtrain, validation = split_halves(len(data.rows), share, data.rows.strata, data.rows.group, data.torch_seed)
    positions = ordered(task, data.rows.rows[subtrain], data.rows.rows[validation])
    whole = read_rows(positions, device, settings.class_weights)
    n_subtrain = len(subtrain)
    _, trainer = start("selection", whole.part(0, n_subtrain), whole.part(n_subtrain, len(whole)))
    curves = run_epochs(trainer, settings.epochs, settings.patience, settings.min_delta)
    network, trainer = start("refit", whole, None)
    run_epochs(trainer, curves.best)
    return network, curves


def _trainer(
    settings: TorchSettings,
    objective: Objective,
    network: nn.Module,
    rows: Rows,
    validation: Rows | None,
    shuffles: torch.Generator,
) -> Trainer:
    optimizer, scheduler = make_optimizer(settings, network.parameters())
    return NetworkTrainer(network, rows, validation, objective, optimizer, scheduler, settings.batch_size, shuffles)


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
