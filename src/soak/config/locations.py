"""What the config says of a file: where it can be had, its checksum, what of it is meant."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_DIGITS = {"md5": 32, "sha256": 64, "raw-sha256": 64}
_HASH_FORMS = '"md5:…" (32 hex digits), "sha256:…" (64), or "raw-sha256:…" (64, of the decompressed bytes)'


IN_ARCHIVE = "name of the file in a zip or tar archive"


def as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _number_as_text(value: Any) -> Any:
    """YAML reads the name 58 as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _keys_as_text(value: Any) -> Any:
    return {_number_as_text(key): name for key, name in value.items()} if isinstance(value, dict) else value


def _check_hash(value: str) -> str:
    kind, _, digits = value.partition(":")
    if kind not in _DIGITS or not re.fullmatch(f"[0-9a-fA-F]{{{_DIGITS[kind]}}}", digits):
        raise ValueError(f"{value!r} is not a checksum; allowed: {_HASH_FORMS}")
    return f"{kind}:{digits.lower()}"


def check_location(value: str) -> str:
    if not value.strip():
        raise ValueError("an empty text is not a URL or path")
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", value)
    if scheme and scheme[1].lower() not in ("http", "https", "file"):
        raise ValueError(f"{scheme[1]}:// is not known; allowed: http://, https://, file:// or a path")
    return value


def _check_member(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value or not path.parts:
        raise ValueError(
            f"{value!r} leads out of its archive; allowed: the name of a file in it, as its listing gives it"
        )
    return value


Locations = Annotated[
    list[Annotated[str, BeforeValidator(lambda value: check_location(value) if isinstance(value, str) else value)]],
    BeforeValidator(as_list, json_schema_input_type=str | list[str]),
    Field(min_length=1, description="URL or path, or a list of mirrors, tried in order"),
]
Hashes = Annotated[
    list[Annotated[str, BeforeValidator(lambda value: _check_hash(value) if isinstance(value, str) else value)]],
    BeforeValidator(as_list, json_schema_input_type=str | list[str]),
    Field(description=f"checksum, or a list of which any is right: {_HASH_FORMS}"),
]
Member = Annotated[
    str,
    BeforeValidator(lambda value: _check_member(value) if isinstance(value, str) else value),
    Field(description=IN_ARCHIVE),
]
Columns = Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str])]
ColumnName = Annotated[str, BeforeValidator(_number_as_text, json_schema_input_type=str | int)]
PartNames = Annotated[
    dict[ColumnName, Annotated[str, Field(min_length=1)]],
    BeforeValidator(_keys_as_text, json_schema_input_type=dict[str, str]),
]
