"""Values as people write them: which texts are one value, and how that value is written.

1, 1.0 and +1 are one number, TRUE and true one boolean; blanks around a text do not count, nor how its accents are
composed. 007 is a code, not the number 7.
"""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Context, Decimal
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

Spelling = Literal["number", "boolean", "text"]

MISSING = ("", "NA", "N/A", "#N/A", "n/a", "NaN", "nan", "NULL", "null", "<NA>")
NUMBER = r"^\s*[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|(?i:inf|infinity|nan))\s*$"
CODE = r"^0\d+$"  # 007: a number would lose its zeros
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)", re.ASCII)
_PLAIN = r"^(0|-?[1-9]\d{0,14})$"  # is written shortest as it is
_MOST_DIGITS = 21  # of a number that is written without an exponent
# All that Unicode calls a space, and what does not show: zero-width space and joiners, byte order mark
BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + "\u180e\u200b\u200c\u200d\u2060\ufeff"


def written(values: Any) -> Any:
    """An Arrow array as text: times without zeros that say nothing, as 2020-01-31 in place of 2020-01-31 00:00:00.000."""
    texts = values.cast(pa.string())
    if pa.types.is_timestamp(values.type) or pa.types.is_time(values.type):
        texts = pc.replace_substring_regex(texts, r"(?:\.|(\.\d*[1-9]))0+(\D|$)", r"\1\2")
    return pc.replace_substring_regex(texts, r" 00:00:00$", "") if pa.types.is_timestamp(values.type) else texts


def clean(text: Any) -> Any:
    """An Arrow array of text without blanks around it and in normal form C; null if nothing is left."""
    trimmed = pc.utf8_trim(text.cast(pa.string()), characters=BLANKS)
    if not pc.all(pc.string_is_ascii(trimmed), min_count=0).as_py():
        trimmed = pc.utf8_normalize(trimmed, "NFC")
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def clean_word(text: str) -> str:
    """The same of one text."""
    return str(clean(pa.array([text]))[0].as_py() or "")


def shortest(number: str) -> str:
    """A number as it is written shortest.

    Examples
    --------
    >>> [shortest(text) for text in ("+1", "1.0", "1e3", "-0.0", ".50", "12345678901234567890")]
    ['1', '1', '1000', '0', '0.5', '12345678901234567890']
    """
    value = Decimal(number)
    if not value.is_finite():
        return str(float(value))
    value = value.normalize(Context(prec=max(28, len(number)))) if value else Decimal(0)
    plain = format(value, "f")
    return plain if len(plain) <= _MOST_DIGITS else f"{value:e}"


def is_code(word: str) -> bool:
    """Whether a text is of digits only, two or more, the first of them 0."""
    return re.fullmatch(CODE[1:-1], word, re.ASCII) is not None


def composed(text: str) -> str:
    """A text in normal form C, in which the same letters are the same signs: macOS takes some apart."""
    return unicodedata.normalize("NFC", text)


def clean_name(name: str) -> str:
    """The name of a column without blanks around it, in normal form C."""
    return composed(name.strip(BLANKS))


def value_label(value: object) -> str:
    """What one value of the config or of a table is compared by, whatever column it is in.

    Examples
    --------
    >>> [value_label(value) for value in (1.0, "+1", "007", True, "true", " N ")]
    ['1', '1', '007', 'TRUE', 'TRUE', 'N']
    """
    word = clean_word(str(value))
    if word.lower() in ("true", "false"):
        return word.upper()
    return shortest(word) if _NUMBER.fullmatch(word) and not is_code(word) else word


def labels(words: Any, spelling: Spelling) -> Any:
    """Distinct texts, trimmed and normalized, as the values that they stand for.

    Parameters
    ----------
    words : Arrow array of text
    spelling : "number", "boolean" or "text"
        What the texts of their column are.
    """
    if spelling == "text":
        return words
    if spelling == "boolean":
        return pc.utf8_upper(words)
    if pc.all(pc.match_substring_regex(words, _PLAIN), min_count=0).as_py():
        return words
    return pa.array([_number_label(word) for word in words.to_pylist()], pa.string())


def _number_label(word: str | None) -> str | None:
    if word is None or word.lower() == "nan":
        return None
    try:
        return shortest(word)
    except ArithmeticError:  # no number: it stands in a row that is left out
        return word


def sort_labels(names: Iterable[str]) -> list[str]:
    """Labels in order: by value if all are numbers, else by code point.

    Examples
    --------
    >>> sort_labels({"10", "9", "-1"}), sort_labels({"10", "9", "a"})
    (['-1', '9', '10'], ['10', '9', 'a'])
    """
    by_code_point = sorted(names)
    try:
        return sorted(by_code_point, key=Decimal)
    except ArithmeticError:
        return by_code_point
