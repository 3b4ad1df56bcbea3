"""Checking a config: every mistake at once, each with file, line, key path and what is expected."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from soak.config import schema
from soak.config.schema import Place, expected
from soak.config.workflow import Config
from soak.names import KeyPath, Problem, nearest

# Keys that people look for in the wrong place, with what to say instead of the nearest name
_ELSEWHERE: dict[KeyPath, str] = {
    ("resampling", "seed"): "folds and draws start from seed.resampling, as in seed: {resampling: 2}",
}
# A number with a fraction or an exponent as YAML 1.2 knows it
_NUMBER = re.compile(r"(?=.*[.eE])[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_YAML_TRUTH = "YAML reads yes, no, on and off as true and false"


def parse(raw: Mapping[str, Any]) -> tuple[Config | None, list[Problem]]:
    """Validate a config part by part.

    Parameters
    ----------
    raw : mapping
        The merged config, as YAML gives it.

    Returns
    -------
    config : Config or None
        Without the parts that are wrong, so that the others can be checked against each other.
    problems : list of (key path, message)
    """
    problems: list[Problem] = []
    given = _with_numbers(Place((), raw, [schema.schema()], None), problems)
    try:
        config = Config.model_validate(given)
        if not problems:
            return config, []
    except ValidationError as error:
        known = {path for path, _ in problems}
        problems += [(path, message) for path, message in _explain(error, raw) if path not in known]
    try:
        return Config.model_validate(_without(given, [path for path, _ in problems])), problems
    except ValidationError:
        return None, problems


def _with_numbers(place: Place, problems: list[Problem]) -> Any:
    """The value at a place, with numbers where PyYAML leaves them as text.

    YAML 1.2 reads 1e-3 as a number, PyYAML as text. Where the type is known pydantic converts it; here it is converted
    where any value is allowed, as in arguments of an optimizer. Text that PyYAML would read as a number, such as "0.01",
    was in quotes and stays text. A truth value in the place of a number is a mistake that pydantic takes for 1 or 0.
    """
    value = place.value
    if isinstance(value, Mapping):
        return {inner.path[-1]: _with_numbers(inner, problems) for inner in schema.children(place)}
    if isinstance(value, list):
        return [_with_numbers(inner, problems) for inner in schema.children(place)]
    if isinstance(value, bool):
        nodes = schema.alternatives(place)
        if schema.allows(nodes, "integer", "number") and not schema.allows(nodes, "boolean", "any"):
            problems.append((place.path, f"expected {expected(nodes)}, got {str(value).lower()} ({_YAML_TRUTH})"))
    if isinstance(value, str) and _NUMBER.fullmatch(value) and isinstance(yaml.safe_load(value), str):
        return float(value) if schema.allows(schema.alternatives(place), "any") else value
    return value


def _without(config: dict[str, Any], paths: Iterable[KeyPath]) -> dict[str, Any]:
    """A config without the parts (of ``tasks``: the tasks) in which something is wrong."""
    rest = {key: dict(value) if isinstance(value, Mapping) else value for key, value in config.items()}
    for first, *inner in filter(None, paths):
        part = rest.get(str(first))
        if inner and isinstance(part, dict):
            part.pop(inner[0], None)
        else:
            rest.pop(str(first), None)
    return rest


def _explain(error: ValidationError, raw: Mapping[str, Any]) -> list[Problem]:
    """A message for each place in which something is wrong.

    Pydantic has an error for each alternative of a union: those that lead to one place say the same here, and one for
    a place around another is of an alternative that was not meant.
    """
    found: dict[KeyPath, str] = {}
    for details in error.errors():
        path, message = _problem(details, raw)
        found.setdefault(path, message)
    return [
        (path, message)
        for path, message in found.items()
        if not any(len(other) > len(path) and other[: len(path)] == path for other in found)
    ]


def _problem(error: ErrorDetails, raw: Mapping[str, Any]) -> Problem:
    """Where a mistake is, and what it is in words."""
    kind, location = error["type"], error["loc"]
    is_key = location[-1:] == ("[key]",)
    place = schema.locate(raw, location[:-1] if is_key else location, missing=kind == "missing")
    if is_key and kind == "string_type":
        return place.path, f"names must be text: write '{place.path[-1]}' in quotes"
    if is_key or kind == "extra_forbidden":
        return place.path, _unknown_key(place.path, schema.locate(raw, location[: -2 if is_key else -1]))
    if kind == "missing":
        return place.path, "is missing"
    if kind == "value_error":
        text = error["msg"].removeprefix("Value error, ")
        key, _, rest = text.partition(": ")
        named = key in schema.keys(schema.alternatives(place))
        return ((*place.path, key), rest) if named else (place.path, text)
    if kind.startswith("union_tag") and isinstance(place.value, Mapping):
        return place.path, _no_alternative(place)
    is_form = isinstance(place.value, Mapping | list) or isinstance(place.example, Mapping | list)
    allowed = expected(schema.alternatives(place), place.example if is_form else None)
    return place.path, f"expected {allowed}, got {_short(place.value)}"


def _unknown_key(path: KeyPath, around: Place) -> str:
    elsewhere = _ELSEWHERE.get(path[-2:])
    return f"unknown key; {elsewhere or nearest(str(path[-1]), schema.keys(schema.alternatives(around)))}"


def _no_alternative(place: Place) -> str:
    """That a mapping is none of those that a place allows."""
    nodes = schema.alternatives(place, like_value=False)
    found = schema.tag(nodes)
    if found is None:
        return f"expected exactly one of the keys {', '.join(dict.fromkeys(node['required'][0] for node in nodes))}"
    key, values = found
    if key not in place.value:
        return f"{key} is missing; allowed: {', '.join(sorted(values))}"
    return f"there is no {key} '{place.value[key]}'; {nearest(str(place.value[key]), sorted(values))}"


def _short(value: Any) -> str:
    """A value as an error message shows it, in YAML's words for truth and nothing."""
    text = schema.in_yaml(value) if value is None or isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
