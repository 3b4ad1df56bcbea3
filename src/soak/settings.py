"""What all parts of the config share: unknown keys are errors, values do not change, and numbers are numbers."""

import re
import typing
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

# A number with a fraction or an exponent as YAML 1.2 knows it
_NUMBER = re.compile(r"(?=.*[.eE])[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


class Settings(BaseModel):
    """A part of the config."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _numbers(cls, given: Any) -> Any:
        """Truth values are no numbers (pydantic takes true for 1); what PyYAML leaves as text becomes a number."""
        if not isinstance(given, dict):
            return given
        read = dict(given)
        for key, kinds in _kinds(cls).items():
            if key in read and kinds & {int, float}:
                read[key] = _without_truth(read[key])
            elif key in read and Any in kinds:
                read[key] = with_numbers(read[key])
        return read


@cache
def _kinds(model: type[BaseModel]) -> dict[str, set[Any]]:
    """Types that each key's values are made of, as int and str of ``dict[str, list[int]]``."""
    return {
        key: set(_parts(field.annotation))
        for name, field in model.model_fields.items()
        for key in {name, field.alias or name}
    }


def _parts(annotation: Any) -> Iterator[Any]:
    arguments = () if typing.get_origin(annotation) is typing.Literal else typing.get_args(annotation)
    if not arguments:
        yield typing.get_origin(annotation) or annotation
    for argument in arguments if typing.get_origin(annotation) is not typing.Annotated else arguments[:1]:
        yield from _parts(argument)


def _without_truth(value: Any) -> Any:
    """Values with a text, which is no number, in place of each truth value."""
    if isinstance(value, dict):
        return {key: _without_truth(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_truth(inner) for inner in value]
    return str(value).lower() if isinstance(value, bool) else value


def with_numbers(value: Any) -> Any:
    """Values with numbers in place of texts such as 1e-3, which YAML 1.2 reads as a number and PyYAML does not.

    A text such as "0.01", which was put in quotes, stays one.

    Examples
    --------
    >>> with_numbers({"lr": "1e-3", "betas": ["0.9", "1.5e3"], "name": "e5"})
    {'lr': 0.001, 'betas': ['0.9', 1500.0], 'name': 'e5'}
    """
    if isinstance(value, dict):
        return {key: with_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_numbers(inner) for inner in value]
    if isinstance(value, str) and _NUMBER.fullmatch(value) and isinstance(yaml.safe_load(value), str):
        return float(value)
    return value
