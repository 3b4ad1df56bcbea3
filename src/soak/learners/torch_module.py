"""torch_module: a torch.nn.Module of the user's own."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from soak.learners.torch_base import TorchLearner
from soak.plugins import ClassPath

if TYPE_CHECKING:
    from torch import nn

    from soak.networks.networks import Ends


class TorchModule(TorchLearner):
    """A torch.nn.Module of the user's own, built as ``Class(n_features, n_outputs, **params)``."""

    type: Literal["torch_module"]
    class_: ClassPath = Field(
        alias="class", description="import path of the class, found from DIR or installed", examples=["my_nets.Deep"]
    )
    params: dict[str, Any] = Field(default={}, description="further arguments of the class", examples=[{"width": 50}])

    def import_paths(self) -> tuple[str, ...]:
        return (self.class_,)

    def network(self, ends: "Ends") -> "nn.Module":
        from soak.networks.networks import module

        return module(self, ends)
