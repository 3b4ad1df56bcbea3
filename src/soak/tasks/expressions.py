"""Regular expressions of the config: matched in bounded time."""

import json
import re
import subprocess
import sys
import warnings
from collections.abc import Sequence

from soak.errors import SoakError

_SECONDS = 5
_SEARCH = (
    "import json, re, sys; given = json.load(sys.stdin); "
    "json.dump([re.search(given['expression'], name) is not None for name in given['names']], sys.stdout)"
)
# Classes that RE2 knows for ASCII only
_BY_ALPHABET = re.compile(r"\\[wWdDsSbB]|\(\?[a-zA-Z]*i")


def check_expression(key: str, expression: str) -> None:
    """Raise a ValueError unless a text is a regular expression of Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of brackets within brackets, which may be meant
            re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{key}: expected a regular expression, got {expression!r:.200}: {error}") from None


def matching(key: str, expression: str, names: Sequence[str]) -> list[str]:
    """Names in which a regular expression is found.

    RE2 needs time in proportion to the names, whatever the expression. What it does not know (look-ahead,
    back-references, letters beyond ASCII in \\w) is left to Python's own, which may backtrack for longer than anyone
    waits, in a process that is ended then.

    Parameters
    ----------
    key : str
        Of the config, for messages.
    expression : str
    names : sequence of str
    """
    import re2

    if all(map(str.isascii, names)) or not _BY_ALPHABET.search(expression):
        options = re2.Options()
        options.log_errors = False
        try:
            pattern = re2.compile(expression, options)
        except re2.error:
            pass
        else:
            return [name for name in names if pattern.search(name)]
    return _matching_in_process(key, expression, names)


def _matching_in_process(key: str, expression: str, names: Sequence[str]) -> list[str]:
    given = json.dumps({"expression": expression, "names": list(names)})
    command = [sys.executable, "-I", "-S", "-c", _SEARCH]
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, encoding="utf-8", timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise SoakError(
            f"{key}: {expression!r:.200} needs more than {_SECONDS} s to be matched with {len(names)} names, since it can "
            "match in too many ways; write it without nested repetition, or use a list of names"
        ) from None
    if done.returncode:
        why = (done.stderr.splitlines() or ["it crashed"])[-1]
        raise SoakError(f"{key}: {expression!r:.200} cannot be matched with {len(names)} names: {why}")
    return [name for name, found in zip(names, json.loads(done.stdout), strict=True) if found]
