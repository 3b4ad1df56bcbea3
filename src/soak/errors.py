"""The exceptions that a user is meant to read, and text that may be shown on a terminal."""

import re
import sys
from collections.abc import Callable
from typing import Any

# Characters that a terminal obeys instead of showing them (but line breaks and tabs), also those that turn the direction of
# writing, and halves of surrogate pairs, which cannot be written
_RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Text with control characters as escapes, which a terminal shows and does not obey.

    Examples
    --------
    >>> print(printable("a\x1b[31mred"))
    a\x1b[31mred
    """
    return _RAW.sub(lambda found: f"\\x{ord(found[0]):02x}" if found[0] < "\x80" else f"\\u{ord(found[0]):04x}", text)


def show(text: str) -> None:
    """Print text on a terminal that may not know all characters, and is not to obey any."""
    encoding = sys.stdout.encoding or "utf-8"
    print(printable(text).encode(encoding, "backslashreplace").decode(encoding))


_URL = re.compile(
    r"""(?P<scheme>https?://)(?P<authority>[^/?#\s'"]*)(?P<path>[^?#\s'"]*)"""
    r"""(?P<query>\?[^#\s'"]*?(?=[.,:;)]*(?:[\s'"#]|$)))?(?P<fragment>\#[^\s'"]*)?""",  # not with a colon after it
    re.IGNORECASE,
)


def without_secrets(text: str) -> str:
    """Text with its http and https URLs as messages and logs may show them: without user, password, values of a query.

    Examples
    --------
    >>> without_secrets("https://me:secret@example.org/a.csv?token=hidden: not found")
    'https://example.org/a.csv?token=…: not found'
    >>> without_secrets("see https://example.org/a.csv and my.csv")
    'see https://example.org/a.csv and my.csv'
    """
    return _URL.sub(_shown, text)


def _shown(url: re.Match[str]) -> str:
    authority, path = url["authority"].rpartition("@")[2], url["path"]
    port = "" if authority.startswith("[") else authority.partition(":")[2]
    if "@" not in url["authority"] and port and not port.isdigit():  # the beginning of a password with / ? or #
        authority, path = ("", path.rpartition("@")[2]) if "@" in path else ("…", path)
    query = (url["query"] or "")[1:]
    shown = (
        "&".join(f"{part.partition('=')[0]}=…" if "=" in part else "…" for part in query.split("&")) if query else ""
    )
    return f"{url['scheme']}{authority}{path}{'?' if query else ''}{shown}"


class SoakError(Exception):
    """A user's mistake, or data that cannot be used; of several mistakes found at once, a message for each.

    A message is one line: what is wrong, where (file, row, column or config key path), and what is allowed.
    Scripts print it as ``soak: TEXT`` and exit with 1; nobody ever sees a traceback for it. Its text shows no control
    characters, and no secrets of URLs.

    Examples
    --------
    >>> print("soak:", SoakError("a.csv: the file is empty", "b.csv: the file is empty"))
    soak: a.csv: the file is empty
    soak: b.csv: the file is empty
    """

    def __str__(self) -> str:
        return printable(without_secrets("\nsoak: ".join(map(str, self.args))))


def together(*steps: Callable[[], Any]) -> list[Any]:
    """The results of independent steps; what all of them find wrong is raised at once.

    Raises
    ------
    SoakError
        With the messages of all steps.
    """
    results = []
    messages: list[object] = []
    for step in steps:
        try:
            results.append(step())
        except SoakError as error:
            messages += error.args
    if messages:
        raise SoakError(*dict.fromkeys(messages))
    return results


class Unreadable(SoakError):
    """The bytes of a file are damaged, or not those of data: fetched or made again they may be right."""


class FitFailed(Exception):
    """A fit gives no model (it diverged, a class has too few rows): its reason stands in fits.csv, the other fits go on."""
