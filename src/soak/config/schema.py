"""The JSON schema of the config, and what it allows at a place of a config.

The one walk over the models of the config: `check` takes from it what an error message expects, `document` the tables
of config/README.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import yaml
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from soak.config.workflow import Config
from soak.names import KeyPath

Node = Mapping[str, Any]  # a schema, or a part of one


class _InGivenOrder(GenerateJsonSchema):
    """Keys of defaults and examples stay in the order in which the models have them."""

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        return value


@cache
def schema() -> dict[str, Any]:
    """The JSON schema of a config as its author writes it."""
    return Config.model_json_schema(by_alias=True, schema_generator=_InGivenOrder)


class Place(NamedTuple):
    """A place in a config.

    Attributes
    ----------
    path : tuple
        The keys and list positions that lead there, as the user wrote them.
    value
        The value there; None if there is none.
    nodes : list of mappings
        What the schema allows there; see `alternatives`.
    example
        What could stand there; None if the models give no example.
    """

    path: KeyPath
    value: Any
    nodes: list[Node]
    example: Any


def locate(config: Any, location: Sequence[str | int], missing: bool = False) -> Place:
    """Find the place of an error of pydantic, whose location also names the alternatives of a union.

    Parameters
    ----------
    config : mapping
        The config as it was validated.
    location : sequence of keys, list positions and names of alternatives
    missing : bool
        Whether the last key is one that should be there and is not.
    """
    place = Place((), config, [schema()], None)
    tags = 0  # names of alternatives to skip: a tagged union always adds one
    for number, key in enumerate(location):
        if tags:
            tags -= 1
        elif _holds(place.value, key) or (missing and number == len(location) - 1):
            place = _inside(place, key)
            tags = sum("oneOf" in _resolved(node) for node in place.nodes)
    return place


def alternatives(place: Place, like_value: bool = True) -> list[Node]:
    """Schemas of what a place allows; of several mappings only those that its value is most like, or all."""
    nodes = [option for node in place.nodes for option in _flat(node)]
    if not isinstance(place.value, Mapping) or not like_value:
        return nodes
    likeness = [_likeness(node, place.value) for node in nodes]
    return [node for node, like in zip(nodes, likeness, strict=True) if like == max(likeness)]


def children(place: Place) -> Iterator[Place]:
    """Places of the values inside a mapping or list."""
    if isinstance(place.value, Mapping):
        yield from (_inside(place, key) for key in place.value)
    elif isinstance(place.value, list):
        yield from (_inside(place, index) for index in range(len(place.value)))


def allows(nodes: Sequence[Node], *kinds: str) -> bool:
    """Whether a place allows one of JSON's types; "any" is a value of which the schema says nothing."""
    given = {node.get("type", "any") for node in nodes if not {"const", "enum"} & node.keys()}
    return bool(given & set(kinds))


def keys(nodes: Sequence[Node]) -> list[str]:
    """Keys that a mapping may have at a place."""
    names = [name for node in nodes for name in node.get("properties", node.get("propertyNames", {}).get("enum", ()))]
    return list(dict.fromkeys(names))


def tag(nodes: Sequence[Node]) -> tuple[str, list[str]]:
    """The key whose value chooses among mappings, such as a learner's type, and the values that it may have."""
    fixed = [(key, inner["const"]) for node in nodes for key, inner in node["properties"].items() if "const" in inner]
    return fixed[0][0], sorted(value for _, value in fixed)


def expected(nodes: Sequence[Node], example: Any = None) -> str:
    """What a place allows, in words.

    Examples
    --------
    >>> expected([{"const": "auto"}, {"type": "integer", "minimum": 1}])
    "'auto' or an integer of at least 1"
    >>> expected([{"type": "array"}], ["png", "svg"])
    'a list such as [png, svg]'
    """
    names = list(dict.fromkeys(name for node in nodes for name in _names(node)))
    if not names:
        return "another value"
    text = " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    if example is None:
        return text
    return f"{text}{',' if len(names) > 1 else ''} such as {in_yaml(example)}"


def in_yaml(value: Any) -> str:
    """A value in one line of YAML."""
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=1000)
    return text.partition("\n")[0]


def definition(node: Node) -> tuple[str, Node] | None:
    """Name and schema of the model that a node is a reference to; None if it is not a reference."""
    name = node.get("$ref", "").removeprefix("#/$defs/")
    return (name, schema()["$defs"][name]) if name else None


def _resolved(node: Node) -> Node:
    found = definition(node)
    return found[1] if found else node


def _flat(node: Node) -> list[Node]:
    """The alternatives of a schema, without references."""
    node = _resolved(node)
    parts = node.get("anyOf") or node.get("oneOf")
    return [option for part in parts for option in _flat(part)] if parts else [node]


def _likeness(node: Node, value: Mapping[str, Any]) -> tuple[bool, bool, int]:
    """How much a mapping is like a schema: the type, the values that must be these, the number of keys it knows."""
    known: Mapping[str, Node] = node.get("properties", {})
    fixed = all(value.get(key) == inner["const"] for key, inner in known.items() if "const" in inner)
    return node.get("type") == "object", fixed, len(known.keys() & value.keys())


def _holds(value: Any, key: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(key, int) and key < len(value)
    return isinstance(value, Mapping) and _own_key(value, key) in value


def _own_key(value: Mapping[Any, Any], key: str | int) -> Any:
    """A key as a mapping has it: pydantic names a number or date that YAML read as a key by its representation."""
    return next((own for own in value if own == key or (not isinstance(own, str) and repr(own) == key)), key)


def _inside(place: Place, key: str | int) -> Place:
    """The place below a key or list position."""
    nodes: list[Node] = []
    is_property = False
    for node in alternatives(place):
        if key in node.get("properties", ()):
            is_property = True
            nodes.append(node["properties"][key])
        elif node.get("type") in ("array", "object", None):
            below = node.get("items" if node.get("type") == "array" else "additionalProperties", {})
            nodes += [{} if below is True else below] if below is not False else []
    own = _own_key(place.value, key) if isinstance(place.value, Mapping) else key
    value = place.value[own] if _holds(place.value, key) else None
    examples = [example for node in nodes for example in node.get("examples", ())]
    example = examples[0] if examples else _part(place.example, key, is_property)
    if isinstance(place.value, Mapping):  # YAML also reads numbers and truth values as keys: True == 1
        key = str(own)
    return Place((*place.path, key), value, nodes, example)


def _part(example: Any, key: str | int, is_property: bool) -> Any:
    """The part of an example that shows a value below a key: any part if the key is a name of the user's own."""
    if isinstance(example, Mapping):
        return example.get(key) if is_property else next(iter(example.values()), None)
    return next(iter(example), None) if isinstance(example, list) else None


def _names(node: Node) -> Iterator[str]:
    """Words for what a schema allows, a single value or a kind of values; none for null."""
    kind = node.get("type")
    if "const" in node or "enum" in node:
        yield from (repr(value) for value in node.get("enum", [node.get("const")]))
    elif kind in ("integer", "number"):
        yield ("an integer" if kind == "integer" else "a number") + _bounds(node)
    elif kind == "array":
        least, most = node.get("minItems", 0), node.get("maxItems")
        yield f"a list of {least} to {most} values" if most else "a non-empty list" if least else "a list"
    elif kind in _KINDS:
        yield "non-empty text" if node.get("minLength") else _KINDS[kind]


_KINDS = {"string": "text", "boolean": "true or false", "object": "a mapping of keys to values"}
_BOUNDS = {
    "minimum": "of at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "of at most {}",
    "exclusiveMaximum": "below {}",
}


def _bounds(node: Node) -> str:
    if "minimum" in node and "maximum" in node:
        return f" from {node['minimum']} to {node['maximum']}"
    bounds = [words.format(node[key]) for key, words in _BOUNDS.items() if key in node]
    return " " + " and ".join(bounds) if bounds else ""
