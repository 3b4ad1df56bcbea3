"""Settings of training that all networks share. Importing it does not import torch."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from soak.settings import Settings

# Functions of torch.nn.functional that can train for each type of task; the first one is the default.
LOSSES: Mapping[str, tuple[str, ...]] = {
    "classification": ("cross_entropy", "multi_margin_loss"),
    "regression": ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"),
}


def _no_arguments(value: Any) -> Any:
    """Read ``{adam: }`` as adam without arguments."""
    if isinstance(value, dict):
        return {name: {} if arguments is None else arguments for name, arguments in value.items()}
    return value


def _name_alone(value: Any) -> Any:
    """Read ``adam`` as adam without arguments."""
    return {value: {}} if isinstance(value, str) else _no_arguments(value)


# A name in torch and its arguments: {sgd: {lr: 0.1}}
Named = Annotated[dict[str, dict[str, Any]], BeforeValidator(_no_arguments)]
NameOrNamed = Annotated[
    dict[str, dict[str, Any]],
    BeforeValidator(_name_alone, json_schema_input_type=str | dict[str, dict[str, Any]]),
]


class TorchSettings(Settings):
    """Settings of the training loop."""

    epochs: int = Field(default=1000, ge=1, description="largest number of epochs")
    patience: int | None = Field(
        default=None, ge=1, description="stop after this many epochs without a better one; default: epochs"
    )
    min_delta: float = Field(
        default=0,
        ge=0,
        description="an epoch is better if its validation loss is lower than the lowest so far by more than this",
    )
    batch_size: int = Field(default=500, ge=1, description="rows per step; the last batch of an epoch may be smaller")
    optimizer: NameOrNamed = Field(
        default={"sgd": {"lr": 0.1}},
        description="a class of torch.optim, in any case, and its arguments; the name alone takes torch's defaults",
        examples=[{"adam": {"lr": 0.01}}],
    )
    scheduler: NameOrNamed | None = Field(
        default=None,
        description="a class of torch.optim.lr_scheduler and its arguments; it sets the learning rate after each epoch",
        examples=[{"step_lr": {"step_size": 10, "gamma": 0.5}}],
    )
    loss: str | Named | None = Field(
        default=None,
        description="cross_entropy (default) or multi_margin_loss; for regression mse_loss (default), l1_loss, "
        "smooth_l1_loss or huber_loss; or one of these and its arguments",
        examples=[{"huber_loss": {"delta": 0.5}}],
    )
    class_weights: Literal["balanced"] | dict[str, Annotated[float, Field(ge=0)]] | None = Field(
        default=None,
        description="weight of each class in the loss, 1 for classes that are not listed; balanced: as if all classes were "
        "equally frequent",
        examples=[{"oak": 2, "fir": 0.5}],
    )
    validate_: Annotated[float, Field(gt=0, lt=1)] | Annotated[int, Field(ge=2)] | None = Field(
        default=0.5,
        alias="validate",
        description="validation set that chooses the number of epochs: a share of the train set, or a number of folds, of which "
        "one validates; "
        "null for none: train for all epochs",
    )

    scale: Literal["none", "standard"] = Field(
        default="none",
        description="standard: scale each feature to zero mean and unit variance, as computed on the train rows",
    )

    @field_validator("class_weights", mode="before")
    @classmethod
    def _labels_are_text(cls, value: Any) -> Any:
        """YAML reads the label 3 as a number."""
        return {str(label): weight for label, weight in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _one_name(self) -> "TorchSettings":
        for key in ("optimizer", "scheduler", "loss", "activation"):
            value = getattr(self, key, None)
            if isinstance(value, dict) and len(value) != 1:
                raise ValueError(f"{key}: expected one name with its arguments, got {len(value)} names")
        return self

    @property
    def validation_share(self) -> float | None:
        """Share of the train set that chooses the number of epochs; None if all epochs are trained."""
        if self.validate_ is None or self.validate_ < 1:
            return self.validate_
        return 1 / self.validate_
