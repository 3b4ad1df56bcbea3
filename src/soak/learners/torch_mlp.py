"""Type torch_mlp: a multilayer perceptron; without hidden layers a linear model."""

import itertools
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from soak.learners.torch_base import TorchLearner
from soak.networks.settings import Named
from soak.tasks.task import Task

if TYPE_CHECKING:
    from torch import nn


class TorchMlp(TorchLearner):
    """A multilayer perceptron; without hidden layers a linear model.

    Like all torch learners it takes the features as they are (pixels of 8 bits from 0 to 1): for the features of a table
    set ``scale: standard``.
    """

    type: Literal["torch_mlp"]
    neurons: list[Annotated[int, Field(ge=1)]] = Field(
        default=[], description="sizes of the hidden layers, in order", examples=[[10]]
    )
    activation: str | Named = Field(
        default="relu",
        description="a class of torch.nn, as torch writes it or in snake_case, alone or with its arguments",
        examples=[{"leaky_relu": {"negative_slope": 0.1}}],
    )
    batch_norm: bool = Field(default=False, description="whether batch normalization precedes each activation")
    dropout: float = Field(default=0, ge=0, lt=1, description="probability of dropout after each hidden layer")

    history_figure: ClassVar[str] = "history_mlp"

    def times_linear(self, n_features: int, n_outputs: int) -> float:
        sizes = [n_features, *self.neurons, n_outputs]
        n_weights = sum(n_in * n_out for n_in, n_out in itertools.pairwise(sizes))
        return n_weights / (n_features * n_outputs)

    def network(self, task: Task) -> "nn.Module":
        from torch import nn

        from soak.networks.layers import check_output, shape_after
        from soak.networks.names import LAYERS, build, find, name_and_arguments

        n_features = task.features.shape[1]
        name, arguments = name_and_arguments(self.activation)
        layers: list[nn.Module] = []
        width = n_features
        for neurons in self.neurons:
            layers.append(nn.Linear(width, neurons))
            if self.batch_norm:
                layers.append(nn.BatchNorm1d(neurons))
            layers.append(build(f"activation: {name}", find(name, LAYERS, "activation"), arguments))
            if self.dropout:
                layers.append(nn.Dropout(self.dropout))
            width = neurons
        network = nn.Sequential(*layers, nn.Linear(width, task.n_outputs))
        check_output("activation", shape_after(network, (n_features,), "activation"), task.n_outputs)
        return network
