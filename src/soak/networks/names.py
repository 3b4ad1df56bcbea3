"""Names of the config that stand for something in torch, and their arguments, checked before they are used."""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from soak.errors import SoakError
from soak.names import nearest


def snake_case(name: str) -> str:
    """``MaxPool2d`` as ``max_pool2d``, ``ReLU`` as ``relu``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z]|LR)", "_", name).lower()


def _folded(name: str) -> str:
    return name.replace("_", "").casefold()


def classes_of(module: Any, base: type, without: tuple[str, ...] = ()) -> dict[str, type]:
    """Public classes of a module of torch that derive from ``base``, by name."""
    found = {name: value for name, value in vars(module).items() if inspect.isclass(value)}
    return {
        name: value
        for name, value in found.items()
        if issubclass(value, base) and value is not base and not name.startswith("_") and name not in without
    }


# LBFGS calls the loss many times a step, SparseAdam wants sparse gradients: neither fits a loop over batches.
OPTIMIZERS = classes_of(torch.optim, torch.optim.Optimizer, without=("LBFGS", "SparseAdam"))
SCHEDULERS = classes_of(
    torch.optim.lr_scheduler,
    torch.optim.lr_scheduler.LRScheduler,
    without=("LambdaLR", "MultiplicativeLR", "SequentialLR", "ChainedScheduler"),  # made of functions or schedulers
)
LAYERS = {
    name: value
    for name, value in classes_of(nn, nn.Module).items()
    if not name.startswith(("Lazy", "Sequential", "Container")) and "Loss" not in name
}


def find(name: str, known: Mapping[str, Any], key: str) -> Any:
    """The value of a name in any case, with or without underscores; a SoakError that names near ones."""
    folded = {_folded(one): value for one, value in known.items()}
    if _folded(name) in folded:
        return folded[_folded(name)]
    raise SoakError(f"{key}: there is no '{name}'; {nearest(name, [snake_case(one) for one in known])}")


def build(key: str, function: Callable[..., Any], given: Mapping[str, Any], *fixed: Any) -> Any:
    """Call ``function(*fixed, **given)``, with a SoakError for an argument that it does not take or refuses."""
    check_arguments(key, function, given, len(fixed))
    is_of_torch = function.__module__.startswith("torch.")  # which takes some texts, and fails in a fit
    if is_of_torch and (told := text_for_number(function, given)):
        raise SoakError(f"{key}: {told}")
    try:
        return function(*fixed, **given)
    except (TypeError, ValueError, RuntimeError, AttributeError, AssertionError, ZeroDivisionError) as error:
        raise SoakError(f"{key}: {text_for_number(function, given) or one_line(error)}") from None


def text_for_number(function: Callable[..., Any], given: Mapping[str, Any]) -> str | None:
    """Which argument is a text where a number is due; None if none is."""
    parameters = inspect.signature(function).parameters
    for name, value in given.items():
        default = parameters[name].default if name in parameters else None
        if not isinstance(value, str) or isinstance(default, str):
            continue
        if _is_number(value):
            return f"{name}: {value!r} is text; write {value}"
        if isinstance(default, int | float) and not isinstance(default, bool):
            return f"{name}: {value!r} is text; needed is a number, for instance {default}"
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def check_arguments(key: str, function: Callable[..., Any], given: Mapping[str, Any], n_fixed: int = 0) -> None:
    """Refuse arguments that ``function`` does not have; the first ``n_fixed`` are not the config's to give."""
    parameters = inspect.signature(function).parameters.values()
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return
    allowed = [one.name for one in parameters if one.kind is not one.VAR_POSITIONAL][n_fixed:]
    for name in given:
        if name not in allowed:
            raise SoakError(f"{key}: there is no argument '{name}'; {nearest(str(name), allowed)}")


def named(value: str | Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The name and arguments of ``name`` or ``{name: {argument: value}}``."""
    if isinstance(value, str):
        return value, {}
    ((name, arguments),) = value.items()
    return str(name), dict(arguments or {})


def one_line(error: Exception) -> str:
    """What torch says, without line breaks."""
    return " ".join(str(error).split()) or type(error).__name__
