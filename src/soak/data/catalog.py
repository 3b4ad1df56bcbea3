"""The formats of data sets: every module of `soak.data.formats`, and what the config's ``datasets`` may hold."""

import importlib
import pkgutil
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import BeforeValidator, Discriminator, Tag, TypeAdapter
from pydantic_core import PydanticKnownError

from soak.data import formats
from soak.data.base import DataFormat
from soak.names import Problem, check_name, nearest, same_but_for_case


def _format(key: str) -> type[DataFormat]:
    """The format in a module of `soak.data.formats`."""
    module = importlib.import_module(f"{formats.__name__}.{key}")
    classes = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, DataFormat)]
    (found,) = (kind for kind in classes if kind.key == key and key in _keys(kind))
    return found


def _keys(kind: type[DataFormat]) -> list[str]:
    return [field.alias or name for name, field in kind.model_fields.items()]


FORMATS: dict[str, type[DataFormat]] = {
    module.name: _format(module.name) for module in pkgutil.iter_modules(formats.__path__)
}


def dataset(settings: Mapping[str, Any]) -> DataFormat:
    """A data set from its settings, as the config or a job's params hold them.

    Raises
    ------
    pydantic.ValidationError
        Not the settings of a data set.
    """
    return _ANY.validate_python(settings)


def _given(settings: Mapping[str, Any]) -> list[str]:
    """The keys of formats that some settings have."""
    return [key for key in FORMATS if settings.get(key) is not None]


def _check_keys(value: Any) -> Any:
    """Raise unless settings have the key of exactly one format, and none that only others know."""
    if isinstance(value, DataFormat):
        return value
    if not isinstance(value, dict):
        raise PydanticKnownError("dict_type")
    given = _given(value)
    if len(given) != 1:
        raise ValueError(f"expected exactly one of the keys {', '.join(FORMATS)}; got {' and '.join(given) or 'none'}")
    kind = FORMATS[given[0]]
    others = {key for other in FORMATS.values() for key in _keys(other)}.difference(_keys(kind))
    for key in value:
        if key in others and value[key] is not None:
            raise ValueError(f"{key}: {kind.elsewhere.get(key) or _belongs(key, kind)}")
    return {key: inner for key, inner in value.items() if key not in others}


def _belongs(key: str, kind: type[DataFormat]) -> str:
    """Which formats have a key."""
    owners = [name for name, other in FORMATS.items() if key in _keys(other)]
    return f"is a key of {' and '.join(owners)}, not of {kind.key}"


def _tag(value: Any) -> str:
    """The tag of a format in the union: no key of the config, since pydantic puts it into the place of an error."""
    return f"<{value.key if isinstance(value, DataFormat) else _given(value)[0]}>"


if TYPE_CHECKING:
    AnyDataset = DataFormat
else:
    AnyDataset = Annotated[
        Union[tuple(Annotated[kind, Tag(f"<{key}>")] for key, kind in FORMATS.items())],  # noqa: UP007
        Discriminator(_tag),
        BeforeValidator(_check_keys),
    ]
_ANY: TypeAdapter[DataFormat] = TypeAdapter(AnyDataset)


def check_datasets(datasets: Mapping[str, DataFormat], names: Collection[str] | None = None) -> list[Problem]:
    """What is wrong between data sets: names, transposes of unknown data sets, transposes in a circle.

    Parameters
    ----------
    datasets : mapping
        Those whose settings are valid, by name.
    names : collection of str, optional
        Of all data sets, also of those whose settings are not valid; default those of ``datasets``.
    """
    known = datasets if names is None else names
    problems: list[Problem] = [(("datasets", name), message) for name in datasets if (message := check_name(name))]
    problems += same_but_for_case("datasets", datasets)
    for name, settings in datasets.items():
        source = settings.transpose_of
        key = ("datasets", name, "transpose_of")
        if source is not None and source not in known:
            problems.append((key, f"there is no data set {source!r}; {nearest(source, known)}"))
        elif source is not None and name in (origins := _origins(name, datasets)):
            circle = " -> ".join([name, *origins])
            problems.append((key, f"{circle} is a circle; expected one of them to have rows of its own"))
    return problems


def _origins(name: str, datasets: Mapping[str, DataFormat]) -> list[str]:
    """The data sets that ``name`` is made of, up to the one with rows of its own or the first that comes again."""
    seen: list[str] = []
    source = datasets[name].transpose_of
    while source is not None and source in datasets and source not in seen:
        seen.append(source)
        source = datasets[source].transpose_of
    return seen
