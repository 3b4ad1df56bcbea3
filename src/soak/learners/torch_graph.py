"""Type torch_graph: a network as a list of operations."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from soak.learners.torch_base import TorchLearner
from soak.tasks.task import Task

if TYPE_CHECKING:
    from torch import nn


class TorchGraph(TorchLearner):
    """A network as a list of operations by their torch.nn names; ``head`` adds the output layer."""

    type: Literal["torch_graph"]
    graph: list[str | dict[str, Any]] = Field(
        min_length=1,
        description="operations in order: a name, or a name with its first argument or a mapping of all arguments",
        examples=[[{"linear": 50}, "relu", {"dropout": {"p": 0.2}}, "head"]],
    )

    @model_validator(mode="after")
    def _one_operation(self) -> "TorchGraph":
        for position, operation in enumerate(self.graph, start=1):
            if isinstance(operation, dict) and len(operation) != 1:
                raise ValueError(
                    f"graph: operation {position} has {len(operation)} names; each operation is an entry of its own in the list"
                )
        return self

    history_figure: ClassVar[str] = "history_graph"

    @property
    def needs_even_scales(self) -> bool:
        first = self.graph[0] if isinstance(self.graph[0], str) else next(iter(self.graph[0]))
        return super().needs_even_scales and "batch_norm" not in first and "batchnorm" not in first.lower()

    def times_linear(self, n_features: int, n_outputs: int) -> float:
        return 1 if self.graph == ["head"] else super().times_linear(n_features, n_outputs)

    def network(self, task: Task) -> "nn.Module":
        from torch import channels_last, nn

        from soak.networks.layers import Shape, check_output, make_layer, shape_after

        layers: list[nn.Module] = []
        shape: Shape = (task.features.shape[1],)
        for position, operation in enumerate(self.graph, start=1):
            name, value = (operation, None) if isinstance(operation, str) else next(iter(operation.items()))
            key = f"graph: operation {position} ({name})"
            layers.append(make_layer(key, name, value, shape, task.n_outputs))
            shape = shape_after(layers[-1], shape, key)
        check_output("graph", shape, task.n_outputs)
        network = nn.Sequential(*layers)
        return network.to(memory_format=channels_last)  # type: ignore[call-overload,no-any-return]  # images: a fifth quicker
