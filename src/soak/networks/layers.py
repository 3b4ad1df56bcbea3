"""Layers by name, with the sizes that follow from the shape of the rows that reach them."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from soak.errors import SoakError
from soak.networks.names import LAYERS, build, find, folded, one_line

Shape = tuple[int, ...]  # of one row; torch's tensors have the number of rows before it


class Reshape(nn.Module):
    """Gives each row another shape, for instance an image's (channels, height, width)."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, rows: Tensor) -> Tensor:
        return rows.reshape(len(rows), *self.shape)

    def extra_repr(self) -> str:
        return ", ".join(map(str, self.shape))


def make_layer(key: str, name: str, value: Any, shape: Shape, n_outputs: int) -> nn.Module:
    """Make the layer of an operation in a torch_graph.

    Parameters
    ----------
    key : str
        The config key that messages begin with.
    name : str
        A class of torch.nn, or head (the output layer), reshape, batch_norm (for any number of dimensions).
    value : mapping of arguments, or the first argument alone, or None
    shape : tuple of int
        Of a row that reaches the layer.
    n_outputs : int
        Outputs of the whole network: one per class, 1 for regression.

    Raises
    ------
    SoakError
        torch has no such layer, or does not take its arguments.
    """
    kind = folded(name)
    if kind == "head":
        return _head(key, value, shape, n_outputs)
    if kind in ("reshape", "view"):
        return Reshape(*_new_shape(key, value, shape))
    if kind == "batchnorm":
        name = _batch_norm(key, shape)
    made = find(name, {**LAYERS, "head": None, "reshape": None, "batch_norm": None}, key)
    inferred = _inferred_arguments(folded(name), shape)
    arguments = {**inferred, **_arguments(key, made, value, inferred)}
    layer = build(f"{key}{_reached_by(shape)}", made, arguments)
    assert isinstance(layer, nn.Module)
    return layer


def _head(key: str, value: Any, shape: Shape, n_outputs: int) -> nn.Linear:
    if value not in (None, {}):
        raise SoakError(f"{key}: takes no arguments, its size comes from the task")
    if len(shape) != 1:
        raise SoakError(f"{key}: expected rows of one dimension, got shape {_text(shape)}; put flatten before it")
    return nn.Linear(shape[0], n_outputs)


def _batch_norm(key: str, shape: Shape) -> str:
    """Name of the batch norm for rows of this shape: (features,) or (channels, …) with up to three more dimensions."""
    if not 1 <= len(shape) <= 4:
        raise SoakError(f"{key}: expected rows of 1 to 4 dimensions, got shape {_text(shape)}")
    return ("BatchNorm1d", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d")[len(shape) - 1]


def _new_shape(key: str, value: Any, shape: Shape) -> Shape:
    if isinstance(value, Mapping):
        value = value.get("shape")
    if not isinstance(value, list) or not value or not all(type(size) is int for size in value):
        raise SoakError(f"{key}: expected a list of whole numbers such as [1, 28, 28], got {value!r}")
    try:
        return tuple(torch.empty(shape).reshape(value).shape)
    except RuntimeError:
        raise SoakError(
            f"{key}: {value} does not hold as many values as the shape {_text(shape)} that reaches it"
        ) from None


def _inferred_arguments(kind: str, shape: Shape) -> dict[str, Any]:
    """Arguments of a layer that follow from the shape of a row that reaches it."""
    if kind == "linear":
        return {"in_features": shape[-1]}
    if kind.startswith("conv"):
        return {"in_channels": shape[0]}
    if kind.startswith(("batchnorm", "instancenorm")):
        return {"num_features": shape[0]}
    if kind == "groupnorm":
        return {"num_channels": shape[0]}
    if kind in ("layernorm", "rmsnorm"):
        return {"normalized_shape": shape}
    return {}


def _arguments(key: str, layer: Callable[..., Any], value: Any, inferred: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments in the config: all by name, or one value alone, which is the first that is not inferred."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return {str(name): argument for name, argument in value.items()}
    names = [name for name in inspect.signature(layer).parameters if name not in inferred]
    if not names:
        raise SoakError(f"{key}: takes no arguments, got {value!r}")
    return {names[0]: value}


def shape_after(layer: nn.Module, shape: Shape, key: str) -> Shape:
    """Shape of a row after a layer, from a forward pass of two rows of zeros.

    A pass on torch's meta device would need no memory, but it imports torch's compiler: a second more in each process.

    Raises
    ------
    SoakError
        The layer does not take rows of this shape, or does not return one tensor with a row for each of them.
    """
    try:
        with torch.no_grad():
            output = layer.eval()(torch.zeros(2, *shape))
    except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError, AssertionError) as error:
        raise SoakError(f"{key}{_reached_by(shape)}: {one_line(error)}") from None
    finally:
        layer.train()
    if not isinstance(output, Tensor) or output.ndim < 2 or len(output) != 2:
        raise SoakError(
            f"{key}{_reached_by(shape)}: does not return one array of numbers per row, as a layer must here"
        )
    if 0 in output.shape:
        raise SoakError(f"{key}{_reached_by(shape)}: leaves no values, its output has shape {_text(output.shape[1:])}")
    return tuple(output.shape[1:])


def check_output(key: str, shape: Shape, n_outputs: int) -> None:
    """Raise a SoakError unless a network's output, of this shape per row, is what the task needs."""
    if shape != (n_outputs,):
        raise SoakError(
            f"{key}: the network's output has shape {_text(shape)}, the task needs ({n_outputs}); end it with head"
        )


def check_two_rows(key: str, network: nn.Module, n_features: int, n_outputs: int) -> None:
    """Try a user's network on two rows of zeros; torch's random numbers stay as they are.

    Raises
    ------
    SoakError
        Its forward fails, or does not return a tensor of shape (2, n_outputs).
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        try:
            output = network.eval()(torch.zeros(2, n_features))
        except Exception as error:  # a user's code may raise anything
            raise SoakError(
                f"{key}: its forward fails on two rows of {n_features} features: {one_line(error)}"
            ) from None
    network.train()
    shape = tuple(output.shape) if isinstance(output, Tensor) else None
    if shape != (2, n_outputs):
        raise SoakError(f"{key}: returns {shape or type(output).__name__} for 2 rows, expected shape (2, {n_outputs})")


def _reached_by(shape: Shape) -> str:
    return f", reached by shape {_text(shape)}"


def _text(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})"
