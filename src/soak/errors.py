"""The one exception that a user is meant to read."""


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
