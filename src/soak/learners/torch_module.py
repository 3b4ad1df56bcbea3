"""Type torch_module: a network of the user's own."""

import inspect
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from soak.learners.torch_base import TorchLearner
from soak.plugins import ClassPath, find_class
from soak.tasks.task import Task

if TYPE_CHECKING:
    from torch import nn


class TorchModule(TorchLearner):
    """A torch.nn.Module of the user's own, built as ``Class(n_features, n_outputs, **params)``."""

    type: Literal["torch_module"]
    class_: ClassPath = Field(
        alias="class",
        description="import path of the class, which is installed or in a file in DIR",
        examples=["my_nets.Deep"],
    )
    params: dict[str, Any] = Field(default={}, description="further arguments of the class", examples=[{"width": 50}])

    runs_other_code: ClassVar[bool] = True

    def import_paths(self) -> tuple[str, ...]:
        return (self.class_,)

    def network(self, task: Task) -> "nn.Module":
        from torch import nn

        from soak.networks.layers import check_two_rows
        from soak.networks.names import build

        key = f"class: {self.class_}"
        made = find_class(self.class_, nn.Module)
        params = dict(self.params)
        if "image_shape" in inspect.signature(made).parameters:
            params.setdefault("image_shape", task.image_shape)
        n_features = task.features.shape[1]
        network: nn.Module = build(key, made, params, n_features, task.n_outputs)
        check_two_rows(key, network, n_features, task.n_outputs)
        return network
