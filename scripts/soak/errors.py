"""The one exception that a user is meant to read."""


class SoakError(Exception):
    """A user's mistake, or data that cannot be used.

    Its text is one line: what is wrong, where (file, row, column or config key path), and what is allowed.
    Scripts print it as ``soak: TEXT`` and exit with 1; nobody ever sees a traceback for it.
    """
