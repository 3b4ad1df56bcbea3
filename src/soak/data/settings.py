"""Settings that data sets and tasks share: where a file can be had, its checksums, a member of an archive, columns."""

import codecs
import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from soak.data.values import composed

_DIGITS = {"md5": 32, "sha256": 64, "raw-sha256": 64}
_HASH_FORMS = '"md5:…" (32 hex digits), "sha256:…" (64), or "raw-sha256:…" (64, of the decompressed bytes)'
IN_ARCHIVE = "name of the file in a zip or tar archive"


def as_list(value: Any) -> Any:
    """A list that holds a text; anything else as it is."""
    return [value] if isinstance(value, str) else value


def number_as_text(value: Any) -> Any:
    """A whole number as text, since YAML reads the name 58 as a number; anything else as it is."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _check_secrets_can_be_told(url: str) -> None:
    """Raise a ValueError for a URL of which messages could not tell what is a password (`soak.errors.without_secrets`)."""
    if re.search("['\"]", url):
        raise ValueError("expected a URL without quotation marks; %27 and %22 stand for them")
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise ValueError(
            "expected a URL whose port is a number; in a user or password %2F, %3F, %23 and %40 stand for / ? # @"
        ) from None


def check_location(value: str) -> str:
    """Raise a ValueError unless a text can be a path or a URL of a known scheme."""
    if not value.strip():
        raise ValueError("expected a URL or path, got an empty text")
    if "\0" in value:
        raise ValueError("expected a URL or path, got a text with a null character")
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", value)
    if not scheme and (braces := re.search(r"\{\s*\w[^{}]*\}", value)):
        raise ValueError(
            f"expected a path without braces, which Snakemake takes for a wildcard, got {braces[0]}: rename it"
        )
    if scheme and scheme[1].lower() not in ("http", "https", "file"):
        raise ValueError(f"expected http://, https://, file:// or a path, got {scheme[0]}")
    if scheme and scheme[1].lower() != "file" and re.search(r"\s", value):
        raise ValueError("expected a URL without blanks; %20 stands for one")
    if scheme and scheme[1].lower() != "file":
        _check_secrets_can_be_told(value)
    return value


def _check_hash(value: str) -> str:
    kind, _, digits = value.partition(":")
    if kind not in _DIGITS or not re.fullmatch(f"[0-9a-fA-F]{{{_DIGITS[kind]}}}", digits):
        raise ValueError(f"expected a checksum as {_HASH_FORMS}; got {value!r}")
    return f"{kind}:{digits.lower()}"


def _check_member(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value or not path.parts:
        raise ValueError(f"expected the name of a file in the archive, as its listing shows it, got {value!r}")
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


def _check_encoding(value: str) -> str:
    try:
        codecs.lookup(value).incrementaldecoder  # noqa: B018
        "".encode(value)
    except LookupError:
        raise ValueError(
            f"expected the name of an encoding, such as utf-8, latin-1, cp1252 or utf-16, got {value!r}"
        ) from None
    return value


def _check_delimiter(value: str) -> str:
    known = {"tab": "\t", "\\t": "\t", "blanks": " ", "spaces": " ", "blank": " ", "space": " "}
    value = known.get(value, value)
    if value != "auto" and (len(value) != 1 or not value.isascii() or value.isalnum() or value in '"\n\r'):
        raise ValueError(f"expected auto, or one ASCII sign such as ';', '|', tab or ' ' for blanks, got {value!r}")
    return value


def _check_thousands(value: str) -> str:
    if len(value) != 1 or value.isalnum():
        raise ValueError(f"expected one sign such as ',', '.' or ' ', got {value!r}")
    return value


def _text_only(check: Any) -> BeforeValidator:
    return BeforeValidator(lambda value: check(value) if isinstance(value, str) else value)


# Of tables: how their files are read
Delimiter = Annotated[
    str,
    _text_only(_check_delimiter),
    Field(
        description="what separates values: ',', ';', '|', tab, or ' ' for blanks; auto: found in the file",
        examples=[";"],
    ),
]
Decimal = Annotated[
    Literal["auto", ".", ","],
    Field(description="decimal sign; auto: a point, but a comma in files with semicolons and decimal commas"),
]
Thousands = Annotated[
    str, _text_only(_check_thousands), Field(description="sign between thousands, as in 79,532", examples=[","])
]
Encoding = Annotated[
    str,
    _text_only(_check_encoding),
    Field(
        description="encoding of the text: any codec of Python, such as latin-1, cp1252 or utf-16", examples=["latin-1"]
    ),
]
Sheet = Annotated[
    str | Annotated[int, Field(ge=1)],
    Field(
        description="sheet of a workbook, by name or number; default: the only one with values", examples=["Patients"]
    ),
]
Codes = Annotated[
    list[str | int | float],
    BeforeValidator(
        lambda value: value if isinstance(value, list) else [value],
        json_schema_input_type=str | int | float | list[str | int | float],
    ),
    Field(
        description="codes that mean no value, in every column, in addition to empty, NA, N/A, NaN and null",
        examples=[["?", -999]],
    ),
]
Header = Annotated[bool, Field(description="false: the first line is a row, and columns are called 1, 2, …")]
Composed = Annotated[str, AfterValidator(composed)]  # as names of columns are read
Columns = Annotated[list[Composed], BeforeValidator(as_list, json_schema_input_type=str | list[str])]
ColumnName = Annotated[Composed, BeforeValidator(number_as_text, json_schema_input_type=str | int)]
