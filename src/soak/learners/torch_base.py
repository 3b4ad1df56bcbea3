"""What the types of torch learners share; a base class, no type of its own."""

from typing import TYPE_CHECKING, Any, ClassVar

from soak.learners.base import Fit, FitSize, LearnerType, TrainData
from soak.networks.settings import TorchSettings
from soak.tasks.task import Task

if TYPE_CHECKING:
    from torch import nn

    from soak.networks.networks import Ends

LOSSES = {
    "classification": ("cross_entropy", "multi_margin_loss"),
    "regression": ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"),
}
_SMALLER_EPOCHS = 3


class TorchLearner(LearnerType, TorchSettings):
    """A network of torch: its epochs chosen on a validation set, then a fresh one trained on the whole train set."""

    packages: ClassVar[tuple[str, ...]] = ("torch", "numpy")
    uses_gpu: ClassVar[bool] = True
    needs_check: ClassVar[bool] = True

    def network(self, ends: "Ends") -> "nn.Module":
        """The network, its weights drawn from torch's global generator."""
        raise NotImplementedError

    def times_linear(self, n_features: int, n_outputs: int) -> float:
        """How many times the work of a linear model the network does."""
        return 30

    def only_for(self) -> tuple[str, str] | None:
        loss = next(iter(self.loss)) if isinstance(self.loss, dict) else self.loss
        for task_type, losses in LOSSES.items():
            if loss in losses:
                (other,) = LOSSES.keys() - {task_type}
                return task_type, f"loss: {loss} is for {task_type}; for {other} there are {', '.join(LOSSES[other])}"
        return ("classification", "class_weights: are for classification") if self.class_weights else None

    def seconds(self, size: FitSize) -> float:
        work = size.train_cells * self.epochs * self.times_linear(size.n_features, size.n_outputs)
        return 3e-10 * work

    def memory_mb(self, size: FitSize) -> int:
        """Copies of the matrix in float32; torch itself takes 400 MB."""
        return int(1000 + 4 * size.matrix_mb * 3)

    def smaller(self) -> dict[str, Any]:
        epochs = min(_SMALLER_EPOCHS, self.epochs)
        return {"epochs": epochs, "patience": epochs}

    def work_ratio(self) -> float:
        return self.epochs / min(_SMALLER_EPOCHS, self.epochs)

    def load(self) -> None:
        import soak.networks.learner  # noqa: F401

    def check(self, task: Task) -> dict[str, str]:
        from soak.networks.learner import describe

        super().check(task)
        return {"network": describe(self, task.type, task.features.shape[1], task.image_shape, task.n_outputs)}

    def fit(self, name: str, data: TrainData) -> Fit:
        from soak.networks.learner import fit

        return fit(self, name, data)
