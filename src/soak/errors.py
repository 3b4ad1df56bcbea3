"""The exceptions that a user is meant to read, and text that may be shown on a terminal."""

import re

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


class SoakError(Exception):
    """A user's mistake, or data that cannot be used; of several mistakes found at once, a message for each.

    A message is one line: what is wrong, where (file, row, column or config key path), and what is allowed.
    Scripts print it as ``soak: TEXT`` and exit with 1; nobody ever sees a traceback for it.

    Examples
    --------
    >>> print("soak:", SoakError("a.csv: the file is empty", "b.csv: the file is empty"))
    soak: a.csv: the file is empty
    soak: b.csv: the file is empty
    """

    def __str__(self) -> str:
        return "\nsoak: ".join(map(str, self.args))


class FitFailed(Exception):
    """A fit gives no model (it diverged, a class has too few rows): its reason stands in fits.csv, the other fits go on."""
