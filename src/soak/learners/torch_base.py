"""What the types of torch learners share; a base class, no type of its own."""

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from soak.learners.base import Fit, FitFailed, FitSize, LearnerType, Prediction, TrainData, argmax_response
from soak.networks.settings import LOSSES, TorchSettings
from soak.tasks.task import Task, TaskRows

if TYPE_CHECKING:
    from torch import nn

    from soak.networks.training import TrainedNetwork

_SMALLER_EPOCHS = 3


class TorchLearner(LearnerType, TorchSettings):
    """A network of torch: its epochs chosen on a validation set, then a fresh one trained on the whole train set.

    A type of torch learner is a subclass that has `network`.
    """

    packages: ClassVar[tuple[str, ...]] = ("torch", "numpy")
    uses_gpu: ClassVar[bool] = True

    @property
    def needs_check(self) -> bool:
        return True

    @property
    def scales(self) -> bool:
        return self.scale == "standard"

    @property
    def needs_even_scales(self) -> bool:
        return not self.scales

    def network(self, task: Task) -> "nn.Module":
        """The untrained network, its weights drawn from torch's global generator.

        It takes a tensor of shape (n, n_features) and returns one of shape (n, n_outputs): a score per class, or one
        value for regression.

        Raises
        ------
        SoakError
            The settings do not give a network for this task. The message begins with their key, as in
            ``graph: operation 3 (linear), …``.
        """
        raise NotImplementedError

    def times_linear(self, n_features: int, n_outputs: int) -> float:
        """How many times as long as a linear model the network trains.

        Unknown for networks in general: the blog post's dense network with 50 neurons takes 4 times as long as a
        linear model of its 784 features and 10 classes, its convolutional network 170 times; this is between them.
        """
        return 30

    def only_for(self) -> tuple[str, str] | None:
        loss = next(iter(self.loss)) if isinstance(self.loss, dict) else self.loss
        for task_type, losses in LOSSES.items():
            if loss in losses:
                (other,) = LOSSES.keys() - {task_type}
                return task_type, f"loss: {loss} is for {task_type}; for {other} there are {', '.join(LOSSES[other])}"
        return ("classification", "class_weights: are for classification") if self.class_weights else None

    def seconds(self, size: FitSize) -> float:
        # Per value of the train rows 1e-8 to read and scale it. Then 3e-10 per weight, of a perceptron, and epoch, the selection
        # and the refit together (1,000 images of 784 pixels, 10 classes, one core); where a value has fewer weights than
        # ten, to gather it takes as long (2.5 million rows of 81 features, 2 classes).
        weights = size.n_outputs * self.times_linear(size.n_features, size.n_outputs)
        return size.n_train * size.n_features * (1e-8 + 3e-10 * self.epochs * max(10, weights))

    def memory_mb(self, size: FitSize) -> int:
        """Copies of the matrix in float32; torch itself takes 400 MB."""
        return int(1000 + 4 * size.matrix_mb * 3)

    def smaller(self) -> dict[str, Any]:
        epochs = min(_SMALLER_EPOCHS, self.epochs)
        return {"epochs": epochs, "patience": epochs}

    def work_ratio(self) -> float:
        return self.epochs / min(_SMALLER_EPOCHS, self.epochs)

    def load(self) -> None:
        import soak.networks.training  # noqa: F401

    def check(self, task: Task) -> dict[str, str]:
        from soak.networks.training import check_training

        super().check(task)
        check_training(self, task)
        network = self.network(task)
        n_parameters = sum(parameter.numel() for parameter in network.parameters())
        return {"network": f"{network}\n{n_parameters:,} parameters"}

    def fit(self, name: str, data: TrainData) -> Fit:
        """Train on the rows of a train set.

        Returns
        -------
        Fit
            With ``selected_epochs``, the history of the training that chose it (of all epochs with ``validate:
            null``), and for a linear model the table "coefficients": class, feature, value, the intercept first.
        """
        from soak.networks.training import fit

        task = data.rows.task
        try:
            trained = fit(self, lambda: self.network(task), data.rows, data.torch_seed, data.device)
        except FitFailed as error:
            if str(error).startswith("diverged") and self.needs_even_scales:
                raise FitFailed(f"{error}, or scale: standard") from None
            raise
        coefficients = trained.coefficients()
        return Fit(
            predict={name: partial(_predict, trained)},
            info={"selected_epochs": trained.curves.best},
            history=trained.curves.history(),
            tables={} if coefficients is None else {"coefficients": _coefficients_table(coefficients, task)},
        )


def _predict(trained: "TrainedNetwork", rows: TaskRows) -> Prediction:
    values = trained.predict(rows)
    if rows.task.type == "regression":
        return Prediction(values)
    return Prediction(argmax_response(values), values)


def _coefficients_table(coefficients: NDArray[np.float64], task: Task) -> pd.DataFrame:
    features = ["(Intercept)", *task.feature_names]
    labels = task.classes or ("",)
    return pd.DataFrame(
        {
            "class": np.repeat(labels, len(features)),
            "feature": features * len(labels),
            "value": coefficients.ravel(),
        }
    )
