"""What every script of a rule runs in: its log, and one line for a user's mistake."""

import ctypes
import io
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from soak import written
from soak.errors import SoakError, without_secrets
from soak.files import disk_problem
from soak.run_log import INTERRUPTED

_PR_SET_PDEATHSIG = 1  # of Linux, prctl(2): the signal that a process gets when its parent ends
_terminal: TextIO | None = None


def terminal() -> TextIO | None:
    """Where progress may be shown: standard error if it is a terminal, also while `job` sends it to the log."""
    if _terminal is not None:
        return _terminal
    return sys.stderr if sys.stderr.isatty() else None


@contextmanager
def job(log: Sequence[str], given: Sequence[str] = (), made: Sequence[str] = ()) -> Iterator[None]:
    """Send all output of the process to the rule's log; print a SoakError as ``soak: TEXT`` and exit with 1.

    The file descriptors themselves are redirected, so that what compiled libraries print is logged too.

    Parameters
    ----------
    log : sequence of one path
    given : sequence of paths
        Inputs of the rule, which must be what was written (see `soak.written`).
    made : sequence of paths
        Outputs of the rule, of which records are kept when the block ends well.
    """
    global _terminal
    if sys.stderr.isatty():
        _terminal = os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="replace")
    _end_with_snakemake()
    path = Path(log[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # the log is UTF-8 whatever the locale
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")
        try:
            written.check(given)
            written.forget(made)
            yield
            written.note(made)
        except Exception as error:
            report_error(error)
            sys.exit(1)
        except KeyboardInterrupt:
            print(INTERRUPTED, file=sys.stderr, flush=True)
            sys.exit(130)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()


def report_error(error: BaseException) -> None:
    """Print a user's mistake, or a disk that cannot be written, as ``soak: TEXT``, and any other error with its traceback."""
    if isinstance(error, SoakError):
        text = f"soak: {error}"
    elif isinstance(error, OSError) and (problem := disk_problem(error)):
        text = f"soak: {problem}"
    else:  # a fault of ours, or of a package; it may quote a URL
        text = without_secrets("".join(traceback.format_exception(error)))
    print(text, file=sys.stderr, flush=True)


def _end_with_snakemake() -> None:
    """On Linux, interrupt this job when the Snakemake that started it is killed; elsewhere it would go on to its end.

    Its successor starts the job again: two would only take each other's time, since what they write gets its name at the end.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
