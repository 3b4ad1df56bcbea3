"""Networks from settings: a perceptron's sizes, a list of operations, or a class of the user's own."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from soak.errors import SoakError
from soak.networks.names import LAYERS, build, find, named, one_line
from soak.plugins import find_class

if TYPE_CHECKING:
    from soak.learners.torch_base import TorchLearner
    from soak.learners.torch_graph import TorchGraph
    from soak.learners.torch_mlp import TorchMlp
    from soak.learners.torch_module import TorchModule

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Ends:
    """What a network must fit: feature vectors going in, one output per class (1 for regression) coming out."""

    n_features: int
    n_outputs: int
    image_shape: Shape | None = None


class Reshape(nn.Module):
    """Gives each row another shape, for instance a picture's (channels, height, width)."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, rows: Tensor) -> Tensor:
        return rows.reshape(len(rows), *self.shape)

    def extra_repr(self) -> str:
        return ", ".join(map(str, self.shape))


def printed_network(settings: "TorchLearner", ends: Ends) -> str:
    """The network as torch prints it, and its number of parameters."""
    network = settings.network(ends)
    n_parameters = sum(parameter.numel() for parameter in network.parameters())
    return f"{network}\n{n_parameters:,} parameters"


def perceptron(settings: "TorchMlp", ends: Ends) -> nn.Module:
    layers: list[nn.Module] = []
    width = ends.n_features
    for neurons in settings.neurons:
        layers.append(nn.Linear(width, neurons))
        if settings.batch_norm:
            layers.append(nn.BatchNorm1d(neurons))
        name, arguments = named(settings.activation)
        layers.append(build(f"activation: {name}", find(name, LAYERS, "activation"), arguments))
        if settings.dropout:
            layers.append(nn.Dropout(settings.dropout))
        width = neurons
    layers.append(nn.Linear(width, ends.n_outputs))
    network = nn.Sequential(*layers)
    _check_output("activation", _shape_after(network, (ends.n_features,), "activation"), ends)
    return network


def graph(settings: "TorchGraph", ends: Ends) -> nn.Module:
    layers: list[nn.Module] = []
    shape: Shape = (ends.n_features,)
    for position, operation in enumerate(settings.graph, start=1):
        name, value = (operation, None) if isinstance(operation, str) else next(iter(operation.items()))
        key = f"graph: operation {position} ({name})"
        layer = _operation(key, name, value, shape, ends)
        shape = _shape_after(layer, shape, key)
        layers.append(layer)
    _check_output("graph", shape, ends)
    return nn.Sequential(*layers)


def _operation(key: str, name: str, value: Any, shape: Shape, ends: Ends) -> nn.Module:
    """A layer by its name, with what the shape that reaches it tells of its arguments."""
    plain = name.replace("_", "").casefold()
    if plain == "head":
        if value not in (None, {}):
            raise SoakError(f"{key}: takes no arguments, its size comes from the task")
        _check_flat(key, shape)
        return nn.Linear(shape[0], ends.n_outputs)
    if plain in ("reshape", "view"):
        return Reshape(*_new_shape(key, value, shape))
    if plain == "batchnorm":
        plain = {1: "batchnorm1d", 2: "batchnorm1d", 3: "batchnorm2d", 4: "batchnorm3d"}.get(len(shape), plain)
    if plain not in _known_layers():
        find(name, {**LAYERS, "head": None, "reshape": None, "batch_norm": None}, key)
    layer = _known_layers()[plain]
    inferred = _inferred(plain, shape)
    given = _arguments(key, layer, value, inferred)
    built = build(key + _reached(shape), layer, {**inferred, **given})
    assert isinstance(built, nn.Module)
    return built


def _known_layers() -> dict[str, Callable[..., nn.Module]]:
    return {name.casefold(): layer for name, layer in LAYERS.items()}


def _inferred(plain: str, shape: Shape) -> dict[str, Any]:
    """Arguments of a layer that follow from the shape of a row that reaches it."""
    if plain == "linear":
        return {"in_features": shape[-1]}
    if plain.startswith("conv"):
        return {"in_channels": shape[0]}
    if plain.startswith(("batchnorm", "instancenorm")):
        return {"num_features": shape[0]}
    if plain == "groupnorm":
        return {"num_channels": shape[0]}
    if plain in ("layernorm", "rmsnorm"):
        return {"normalized_shape": shape}
    return {}


def _arguments(key: str, layer: Callable[..., Any], value: Any, inferred: Mapping[str, Any]) -> dict[str, Any]:
    """``{out_features: 50}`` as it is; ``50`` alone is the first argument that is not inferred."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return {str(name): argument for name, argument in value.items()}
    names = [name for name in inspect.signature(layer).parameters if name not in inferred]
    if not names:
        raise SoakError(f"{key}: takes no arguments, got {value!r}")
    return {names[0]: value}


def _new_shape(key: str, value: Any, shape: Shape) -> Shape:
    if isinstance(value, Mapping):
        value = value.get("shape")
    if not isinstance(value, list) or not value or not all(type(size) is int for size in value):
        raise SoakError(f"{key}: needs a list of whole numbers, for instance [1, 28, 28], got {value!r}")
    try:
        return tuple(torch.empty(shape).reshape(value).shape)
    except RuntimeError:
        raise SoakError(
            f"{key}: {value} does not hold as many values as the shape {_text(shape)} that reaches it"
        ) from None


def _check_flat(key: str, shape: Shape) -> None:
    if len(shape) != 1:
        raise SoakError(f"{key}: needs one dimension, the shape {_text(shape)} reaches it; put flatten before it")


def _check_output(key: str, shape: Shape, ends: Ends) -> None:
    if shape != (ends.n_outputs,):
        raise SoakError(
            f"{key}: the network's output has shape {_text(shape)}, the task needs ({ends.n_outputs}); end it with head"
        )


def _shape_after(layer: nn.Module, shape: Shape, key: str) -> Shape:
    """Shape of a row after a layer, from a forward pass of two rows of zeros.

    A pass without data, on torch's meta device, would load its compiler: a second more for each process that fits.
    """
    try:
        with torch.no_grad():
            output = layer.eval()(torch.zeros(2, *shape))
    except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError, AssertionError) as error:
        raise SoakError(f"{key}{_reached(shape)}: {one_line(error)}") from None
    finally:
        layer.train()
    if not isinstance(output, Tensor) or len(output) != 2:
        raise SoakError(f"{key}{_reached(shape)}: does not give one array of numbers per row, so it has no place here")
    if 0 in output.shape:
        raise SoakError(
            f"{key}{_reached(shape)}: nothing is left after it, its output has shape {_text(output.shape[1:])}"
        )
    return tuple(output.shape[1:])


def _reached(shape: Shape) -> str:
    return f", reached by shape {_text(shape)}"


def _text(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})"


def module(settings: "TorchModule", ends: Ends) -> nn.Module:
    """An instance of the user's class, tried on two rows of zeros."""
    key = f"class: {settings.class_}"
    found = find_class(settings.class_, nn.Module)
    given = dict(settings.params)
    if "image_shape" in inspect.signature(found).parameters:
        given.setdefault("image_shape", ends.image_shape)
    network = build(key, found, given, ends.n_features, ends.n_outputs)
    assert isinstance(network, nn.Module)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        try:
            output = network.eval()(torch.zeros(2, ends.n_features))
        except Exception as error:
            raise SoakError(
                f"{key}: its forward fails on two rows of {ends.n_features} features: {one_line(error)}"
            ) from None
    network.train()
    shape = tuple(output.shape) if isinstance(output, Tensor) else None
    if shape != (2, ends.n_outputs):
        raise SoakError(f"{key}: gives {shape or type(output).__name__} for 2 rows, allowed: (2, {ends.n_outputs})")
    return network
