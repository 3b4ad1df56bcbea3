"""Reading a config: every mistake at once, each with file, line, key path and what is allowed."""

import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from soak.config.workflow import Config
from soak.errors import SoakError
from soak.names import KeyPath, Problem, nearest

_ELSEWHERE: dict[
    KeyPath, str
] = {  # keys that people look for in the wrong place: what is said instead of the nearest name
    ("resampling", "seed"): "folds and draws start from seed.resampling, as in seed: {resampling: 2}",
}
_NO_MAPPING = ("model_type", "dict_type", "model_attributes_type")
_WRONG_FORM = (*_NO_MAPPING, "list_type", "string_type")


class ConfigError(SoakError):
    """All that is wrong with a config, a line each."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__(*messages)
        self.messages = list(messages)


def parse(raw: Mapping[str, Any]) -> tuple[Config | None, list[Problem]]:
    """Validate a config part by part.

    Returns
    -------
    config : Config or None
        Without the parts that are wrong, so that the others can be checked against each other.
    problems : list of (key path, message)
    """
    try:
        return Config.model_validate(raw), []
    except ValidationError as error:
        problems = _explain(error, raw)
    rest = {key: dict(value) if isinstance(value, Mapping) else value for key, value in raw.items()}
    for path, _ in problems:
        part = rest.get(str(path[0])) if path else None
        if len(path) > 1 and isinstance(part, dict):
            part.pop(path[1], None)
        elif path:
            rest.pop(str(path[0]), None)
    try:
        return Config.model_validate(rest), problems
    except ValidationError:
        return None, problems


def dotted(path: KeyPath) -> str:
    """A key path as people write it: ``tasks.Trees.features[2]``."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}"
    return text.removeprefix(".") or "config"


def _explain(error: ValidationError, raw: Mapping[str, Any]) -> list[Problem]:
    """One message per key path: alternatives of a union are joined by 'or'; a wrong form has an example behind it."""
    found: dict[KeyPath, list[str]] = {}
    examples: dict[KeyPath, str] = {}
    for one in error.errors():
        path, value = _path_in(raw, one["loc"], missing=one["type"] == "missing")
        message = _message(dict(one), path, value)
        messages = found.setdefault(path, [])
        if message not in messages:
            messages.append(message)
        if one["type"] in _WRONG_FORM:
            examples[path] = _example(path, one["loc"])
    return [(path, "; or ".join(messages) + examples.get(path, "")) for path, messages in found.items()]


def _message(error: dict[str, Any], path: KeyPath, value: Any) -> str:
    if error["type"] == "extra_forbidden":
        known = _known_keys(error["loc"][:-1])
        elsewhere = _ELSEWHERE.get(tuple(path[-2:]))
        return f"unknown key; {elsewhere or nearest(str(error['loc'][-1]), known)}"
    if error["type"] == "missing":
        return "is missing"
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        allowed = error["ctx"].get("expected_tags", "").replace("'", "") if "ctx" in error else ""
        given = value.get("type") if isinstance(value, dict) else value
        allowed = allowed or ", ".join(sorted(_tags()))
        if given is None:
            return f"type is missing; allowed: {allowed}"
        return f"there is no type '{given}'; {nearest(str(given), allowed.split(', '))}"
    if isinstance(value, bool) and error["type"] in ("int_parsing", "float_parsing"):
        return f"must be a number, got {str(value).lower()} (which YAML also reads from yes, no, on, off)"
    if error["type"] in _NO_MAPPING:
        return f"must be a mapping of keys to values, got {_short(value)}"
    if error["type"] == "too_short":
        return "must not be empty"
    text: str = error["msg"].removeprefix("Value error, ")
    text = (text[0].lower() + text[1:]).replace("input should be", "must be")
    if error["type"] == "value_error":
        return text
    return f"{text.replace('a valid list', 'a list')}, got {_short(value)}"


def _tags() -> list[str]:
    learner = typing.get_args(Config.model_fields["learners"].annotation)[1]
    models = typing.get_args(typing.get_args(learner)[0])
    return [tag for model in models for tag in typing.get_args(model.model_fields["type"].annotation)]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _path_in(raw: Any, loc: Sequence[str | int], missing: bool) -> tuple[KeyPath, Any]:
    """The part of pydantic's location that the user wrote (it names alternatives of unions too), and the value."""
    path: list[str | int] = []
    node = raw
    for number, key in enumerate(loc):
        inside_mapping = isinstance(node, Mapping) and key in node
        inside_list = isinstance(node, list) and isinstance(key, int) and key < len(node)
        if inside_mapping or inside_list:
            path.append(key)
            node = node[key]
        elif missing and number == len(loc) - 1:
            path.append(key)
            node = None
    return tuple(path), node


def _example(path: KeyPath, loc: Sequence[str | int]) -> str:
    """The right form of what stands at a key path, as the examples of its field show it; nothing if there is none."""
    annotation: Any = Config
    example: Any = None
    for key in path:
        models = list(_models(annotation))
        tagged = [model for model in models if set(typing.get_args(_type_annotation(model))) & set(loc)]
        field = next((field for model in tagged or models for field in _fields(model, key)), None)
        if field is not None:
            annotation, example = field.annotation, (field.examples or [None])[0]
        else:  # a name of the user's own, or a position
            annotation = _inside(annotation, key)
            example = next(iter(example.values() if isinstance(example, dict) else example or []), None)
    return "" if example is None else f"; for instance {in_yaml(example)}"


def _fields(model: type[BaseModel], key: str | int) -> list[FieldInfo]:
    return [field for name, field in model.model_fields.items() if key in (name, field.alias)]


def in_yaml(value: Any) -> str:
    """A value in one line of YAML."""
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=1000)
    return text.partition("\n")[0]


def _known_keys(loc: Sequence[str | int]) -> list[str]:
    """Keys of the model that stands at pydantic's location."""
    annotation: Any = Config
    for key in loc:
        annotation = _inside(annotation, key)
    models = list(_models(annotation))
    return list(dict.fromkeys(field.alias or name for m in models for name, field in m.model_fields.items()))


def _inside(annotation: Any, key: str | int) -> Any:
    models = list(_models(annotation))
    for model in models:
        for name, field in model.model_fields.items():
            if key in (name, field.alias):
                return field.annotation
    if models:  # a tag of a union: the model that has it, or as it is
        tagged = [m for m in models if key == m.__name__ or key in typing.get_args(_type_annotation(m))]
        return tagged[0] if tagged else annotation
    arguments = [one for one in typing.get_args(annotation) if one is not types.NoneType]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, typing.Annotated):  # that which holds others
        return next((_inside(one, key) for one in arguments if typing.get_args(one)), annotation)
    return arguments[-1] if arguments else annotation


def _type_annotation(model: type[BaseModel]) -> Any:
    field = model.model_fields.get("type")
    return field.annotation if field else None


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Models that an annotation allows directly (not inside a list or dict)."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif typing.get_origin(annotation) in (typing.Union, types.UnionType, typing.Annotated):
        for argument in typing.get_args(annotation):
            yield from _models(argument)


class Places:
    """Where each key stands in the files, and which keys stand twice."""

    def __init__(self, files: Sequence[str | Path]) -> None:
        self.lines: dict[KeyPath, str] = {}
        self.twice: list[tuple[KeyPath, int]] = []
        for file in files:
            if Path(file).suffix in (".yaml", ".yml", ".json") and Path(file).is_file():
                node = yaml.compose(Path(file).read_text(), Loader=yaml.SafeLoader)
                if node is not None:
                    self._walk(node, (), str(file))

    def _walk(self, node: yaml.Node, path: KeyPath, file: str) -> None:
        if isinstance(node, yaml.MappingNode):
            seen: dict[str, int] = {}
            for key, value in node.value:
                line = key.start_mark.line + 1
                inner = (*path, key.value)
                if key.value in seen:
                    self.twice.append((inner, seen[key.value]))
                seen[key.value] = line
                self.lines[inner] = f"{file}:{line}: "
                self._walk(value, inner, file)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self.lines[(*path, index)] = f"{file}:{value.start_mark.line + 1}: "
                self._walk(value, (*path, index), file)

    def repeated(self) -> list[Problem]:
        """Keys that stand twice in their mapping: the second one would silently win."""
        return [(path, f"stands twice (first in line {line}); remove one of them") for path, line in self.twice]

    def tell(self, path: KeyPath, message: str) -> str:
        """A problem in one line: file and line (of the key, or the nearest around it), key path, message."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        return f"{self.lines.get(known, '')}{dotted(path)}: {message}"
