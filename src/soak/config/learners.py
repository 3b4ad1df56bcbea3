"""Settings of the learners, one model per type."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from soak.config.import_paths import ClassPath, EstimatorPath
from soak.settings import Settings


def _no_arguments(value: Any) -> Any:
    """``{adam: }`` has no arguments."""
    if isinstance(value, dict):
        return {name: {} if arguments is None else arguments for name, arguments in value.items()}
    return value


def _name_alone(value: Any) -> Any:
    """``adam`` alone has no arguments."""
    return {value: {}} if isinstance(value, str) else _no_arguments(value)


# One entry: a name of torch and its arguments
Named = Annotated[dict[str, dict[str, Any]], BeforeValidator(_no_arguments)]
NameOrNamed = Annotated[
    dict[str, dict[str, Any]],
    BeforeValidator(_name_alone, json_schema_input_type=str | dict[str, dict[str, Any]]),
]


class Featureless(Settings):
    """Predicts the most frequent class, with the class frequencies as probabilities; the mean for regression."""

    type: Literal["featureless"]


class CvGlmnet(Settings):
    """L1- or elastic-net-regularized linear model, its penalty chosen by cross-validation, as R's cv.glmnet."""

    type: Literal["cv_glmnet"]
    s: list[Literal["min", "1se"] | Annotated[float, Field(ge=0)]] = Field(
        default=["min", "1se"],
        min_length=1,
        description="penalties to predict at, one or a list; each is an algorithm of its own",
        examples=[["min", 0.01]],
    )
    folds: int = Field(default=10, ge=3, description="inner folds")
    alpha: float = Field(default=1.0, ge=0, le=1, description="1: lasso, 0: ridge")
    nlambda: int = Field(default=100, ge=2, description="penalties on the path")
    thresh: float = Field(default=1e-7, gt=0, description="convergence threshold of coordinate descent")
    maxit: int = Field(default=100_000, ge=1, description="passes over the data, all penalties together")
    type_measure: Literal["deviance", "class", "auc", "mse", "mae"] = Field(
        default="deviance", description="what the inner folds measure"
    )
    type_logistic: Literal["Newton", "modified.Newton"] = Field(
        default="Newton", description="exact or bounded Hessian in logistic fits"
    )
    standardize: bool = Field(default=True, description="scale the features to unit variance before fitting")
    path: Literal["full", "early"] = Field(
        default="full",
        description="full: R's very result; early, for three or more classes: 2 to 3 times faster, paths end once the "
        "curve has clearly turned",
    )

    @field_validator("s", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return value if isinstance(value, list | tuple) else [value]

    @model_validator(mode="after")
    def _different(self) -> "CvGlmnet":
        if len(set(self.suffixes)) < len(self.s):
            raise ValueError("s: each penalty may be named once")
        return self

    @property
    def suffixes(self) -> tuple[str, ...]:
        """What each penalty adds to the learner's name: min, 1se, or the number."""
        return tuple(s if isinstance(s, str) else f"{s:g}" for s in self.s)


class TorchSettings(Settings):
    """What all torch learners share: the training loop's settings."""

    epochs: int = Field(default=1000, ge=1, description="the most epochs that are tried")
    patience: int | None = Field(
        default=None, ge=1, description="stop after so many epochs without a better one; default: epochs"
    )
    min_delta: float = Field(default=0, ge=0, description="by how much a better epoch must be better")
    batch_size: int = Field(default=500, ge=1, description="rows of a step; the last batch of an epoch is smaller")
    optimizer: NameOrNamed = Field(
        default={"sgd": {"lr": 0.1}},
        description="a name of torch.optim, in any case, and its arguments; a name alone: with torch's defaults",
        examples=[{"adam": {"lr": 0.01}}],
    )
    scheduler: NameOrNamed | None = Field(
        default=None,
        description="a name of torch.optim.lr_scheduler and its arguments; steps once per epoch",
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
        description="weight of each class in the loss, 1 for those not named; balanced: as if all were equally frequent",
        examples=[{"oak": 2, "fir": 0.5}],
    )
    validate_: Annotated[float, Field(gt=0, lt=1)] | Annotated[int, Field(ge=2)] | None = Field(
        default=0.5,
        alias="validate",
        description="what chooses the number of epochs: a share of the train set, or one of so many folds of it; "
        "null: nothing does, train for all epochs",
    )

    @field_validator("class_weights", mode="before")
    @classmethod
    def _labels(cls, value: Any) -> Any:
        """YAML reads the label 3 as a number; labels are text."""
        return {str(label): weight for label, weight in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _one_name(self) -> "TorchSettings":
        for key in ("optimizer", "scheduler", "loss", "activation"):
            value = getattr(self, key, None)
            if isinstance(value, dict) and len(value) != 1:
                raise ValueError(f"{key}: exactly one name with its arguments is allowed, got {len(value)}")
        return self


class TorchMlp(TorchSettings):
    """A multilayer perceptron; without hidden layers a linear model.

    Like all torch learners it takes the features as they are (pixels of 8 bits from 0 to 1): scale those of a table
    before, or put batch_norm first in a torch_graph.
    """

    type: Literal["torch_mlp"]
    neurons: list[Annotated[int, Field(ge=1)]] = Field(
        default=[], description="sizes of the hidden layers, from the first on", examples=[[10]]
    )
    activation: str | Named = Field(
        default="relu",
        description="a name of torch.nn, in snake_case or as it is, or one and its arguments",
        examples=[{"leaky_relu": {"negative_slope": 0.1}}],
    )
    batch_norm: bool = Field(default=False, description="before each activation")
    dropout: float = Field(default=0, ge=0, lt=1, description="after each hidden layer")


class TorchGraph(TorchSettings):
    """A network as a list of operations by their torch.nn names; ``head`` adds the output layer."""

    type: Literal["torch_graph"]
    graph: list[str | dict[str, Any]] = Field(
        min_length=1,
        description="operations, in order: a name, or a name and its first argument or all of them",
        examples=[[{"linear": 50}, "relu", {"dropout": {"p": 0.2}}, "head"]],
    )

    @model_validator(mode="after")
    def _one_operation(self) -> "TorchGraph":
        for position, operation in enumerate(self.graph, start=1):
            if isinstance(operation, dict) and len(operation) != 1:
                raise ValueError(
                    f"graph: operation {position} has {len(operation)} names; each is a list entry of its own"
                )
        return self


class TorchModule(TorchSettings):
    """A torch.nn.Module of the user's own, built as ``Class(n_features, n_outputs, **params)``."""

    type: Literal["torch_module"]
    class_: ClassPath = Field(
        alias="class", description="import path of the class, found from DIR or installed", examples=["my_nets.Deep"]
    )
    params: dict[str, Any] = Field(default={}, description="further arguments of the class", examples=[{"width": 50}])


class Estimator(Settings):
    """Any class with scikit-learn's API."""

    type: Literal["estimator"]
    class_: EstimatorPath = Field(
        alias="class",
        description="import path of the class, found from DIR or installed",
        examples=["sklearn.ensemble.RandomForestClassifier"],
    )
    params: dict[str, Any] = Field(default={}, description="arguments of the class", examples=[{"n_estimators": 500}])
    tune: dict[str, Annotated[list[Any], Field(min_length=1)]] = Field(
        default={},
        description="values to try by cross-validation on the train set",
        examples=[{"max_depth": [2, 4, 8]}],
    )
    scale: Literal["none", "standard"] = Field(default="none", description="standard: zero mean, unit variance")


LearnerSettings = Annotated[
    Featureless | CvGlmnet | TorchMlp | TorchGraph | TorchModule | Estimator, Field(discriminator="type")
]
