"""What a name in the config means in torch, and whether torch takes the arguments that come with it.

Names are accepted in any case and with or without underscores: ``max_pool2d`` is ``torch.nn.MaxPool2d``.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from soak.errors import SoakError
from soak.names import nearest
from soak.plugins import check_arguments


def _public_classes(module: Any, base: type, excluded: tuple[str, ...] = ()) -> dict[str, type]:
    """Public subclasses of ``base`` in a module of torch, by name."""
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, base) and value is not base
        if not name.startswith("_") and name not in excluded
    }


# LBFGS evaluates the loss many times a step and SparseAdam needs sparse gradients: neither fits a loop over batches.
OPTIMIZERS = _public_classes(torch.optim, torch.optim.Optimizer, excluded=("LBFGS", "SparseAdam"))
SCHEDULERS = _public_classes(
    torch.optim.lr_scheduler,
    torch.optim.lr_scheduler.LRScheduler,
    # their arguments are functions or other schedulers, which YAML cannot hold
    excluded=("LambdaLR", "MultiplicativeLR", "SequentialLR", "ChainedScheduler"),
)
LAYERS = {
    name: layer
    for name, layer in _public_classes(nn, nn.Module).items()
    if not name.startswith(("Lazy", "Sequential", "Container")) and "Loss" not in name
}


def name_and_arguments(value: str | Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Split ``name`` or ``{name: {argument: value}}`` into the name and its arguments.

    Examples
    --------
    >>> name_and_arguments({"sgd": {"lr": 0.1}})
    ('sgd', {'lr': 0.1})
    """
    if isinstance(value, str):
        return value, {}
    ((name, arguments),) = value.items()
    return str(name), dict(arguments or {})


def find(name: str, candidates: Mapping[str, Any], kind: str) -> Any:
    """Return the candidate with this name.

    Raises
    ------
    SoakError
        No candidate has the name; the message begins with ``kind`` and suggests the nearest name.
    """
    by_folded_name = {folded(candidate): value for candidate, value in candidates.items()}
    if folded(name) in by_folded_name:
        return by_folded_name[folded(name)]
    raise SoakError(f"{kind}: there is no '{name}'; {nearest(name, [snake_case(known) for known in candidates])}")


def folded(name: str) -> str:
    """Name without what does not count: case and underscores.

    Examples
    --------
    >>> folded("max_pool2d") == folded("MaxPool2d")
    True
    """
    return name.replace("_", "").casefold()


def snake_case(name: str) -> str:
    """Name of a class as the config's documentation writes it.

    Examples
    --------
    >>> [snake_case(name) for name in ("MaxPool2d", "ReLU", "StepLR")]
    ['max_pool2d', 'relu', 'step_lr']
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z]|LR)", "_", name).lower()


def build(key: str, function: Callable[..., Any], arguments: Mapping[str, Any], *positional: Any) -> Any:
    """Call ``function(*positional, **arguments)``, where the arguments come from the config.

    Parameters
    ----------
    key : str
        The config key that messages begin with.

    Raises
    ------
    SoakError
        The function does not have such an argument, or does not take its value.
    """
    check_arguments(function, arguments, len(positional), key)
    if function.__module__.startswith("torch."):  # some of torch's classes take text and fail only when they are used
        check_numbers(key, function, arguments)
    try:
        return function(*positional, **arguments)
    except (TypeError, ValueError, RuntimeError, AttributeError, AssertionError, ZeroDivisionError) as error:
        check_numbers(key, function, arguments)
        raise SoakError(f"{key}: {one_line(error)}") from None


def check_numbers(key: str, function: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    """Raise a SoakError for an argument that is text although ``function`` expects a number."""
    parameters = inspect.signature(function).parameters
    for name, value in arguments.items():
        default = parameters[name].default if name in parameters else None
        if not isinstance(value, str) or isinstance(default, str):
            continue
        if _is_number(value):
            raise SoakError(f"{key}: {name}: expected a number, got the text '{value}'; write {value} without quotes")
        if isinstance(default, int | float) and not isinstance(default, bool):
            raise SoakError(f"{key}: {name}: expected a number such as {default}, got '{value}'")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def one_line(error: Exception) -> str:
    """Message of an exception without line breaks."""
    return " ".join(str(error).split()) or type(error).__name__
