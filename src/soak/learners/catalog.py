"""The types of learners: every module of this package that has a subclass of `LearnerType`."""

import functools
import importlib
import operator
import pkgutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

import soak.learners
from soak.learners.base import LearnerType

if TYPE_CHECKING:  # made when they are asked for, by __getattr__
    LEARNER_TYPES: dict[str, type[LearnerType]]
    AnyLearner = LearnerType


def learner(raw: Mapping[str, Any]) -> LearnerType:
    """The learner of a valid ``learners.NAME`` of the config; no module of another type is imported."""
    (kind,) = _types_in(raw["type"])
    return kind.model_validate(raw)


def __getattr__(name: str) -> Any:
    """LEARNER_TYPES, by their names in alphabetical order; AnyLearner, their union for pydantic."""
    if name == "LEARNER_TYPES":
        return _all_types()
    if name == "AnyLearner":
        return Annotated[functools.reduce(operator.or_, _all_types().values()), Field(discriminator="type")]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@functools.cache
def _all_types() -> dict[str, type[LearnerType]]:
    modules = sorted(module.name for module in pkgutil.iter_modules(soak.learners.__path__))
    return {module: kind for module in modules for kind in _types_in(module)}


def _types_in(module: str) -> list[type[LearnerType]]:
    """The one learner type of a module of this package; none in a module that only others use."""
    found = vars(importlib.import_module(f"{soak.learners.__name__}.{module}")).values()
    kinds = [value for value in found if isinstance(value, type) and issubclass(value, LearnerType)]
    return [kind for kind in kinds if _name(kind) == module]


def _name(kind: type[LearnerType]) -> str:
    """The one value that the field ``type`` of a learner type may have; "" in a base class."""
    allowed = getattr(kind.model_fields["type"].annotation, "__args__", ("",))
    return str(allowed[0])
