"""What every script of a rule runs in: its log, and one line for a user's mistake."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from soak.errors import SoakError
from soak.failures import INTERRUPTED

_terminal: TextIO | None = None


def terminal() -> TextIO | None:
    """Where progress may be shown: standard error if it is a terminal, also while `job` sends it to the log."""
    if _terminal is not None:
        return _terminal
    return sys.stderr if sys.stderr.isatty() else None


@contextmanager
def job(log: Sequence[str]) -> Iterator[None]:
    """Send all output of the process to the rule's log; print a SoakError as ``soak: TEXT`` and exit with 1.

    The file descriptors themselves are redirected, so that what compiled libraries print is logged too.
    """
    global _terminal
    if sys.stderr.isatty():
        _terminal = os.fdopen(os.dup(sys.stderr.fileno()), "w")
    path = Path(log[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield
        except SoakError as error:
            print(f"soak: {error}", file=sys.stderr, flush=True)
            sys.exit(1)
        except KeyboardInterrupt:
            print(INTERRUPTED, file=sys.stderr, flush=True)
            sys.exit(130)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
