"""Fits in a process that may crash, hang or leak: the fit under way fails with the reason, and all others go on.

The fits of a pack share one process, which costs a fork. Once a learner has crashed it, each further fit has its own.
"""

import contextlib
import ctypes
import mmap
import os
import select
import signal
import struct
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from soak.fitting.record import read_fit, write_fit
from soak.fitting.run import Job, UnderWay, fit_train_set, kept_file, run_pack
from soak.job import report_error

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # of Linux, prctl(2)
_INTERRUPTED = 130  # exit code of a process whose code raises KeyboardInterrupt
_POLL = 0.05  # seconds between looks at a process where there is a limit of time


@dataclass(frozen=True)
class _Crash:
    """The number of a fit that ended its process, why, and whether it was the first fit there."""

    number: int
    reason: str
    is_first: bool


class _Board(UnderWay):
    """What a process of fits shows to the one that watches it, in memory that both share."""

    _FORMAT = struct.Struct("qqd")  # number of the fit under way (0: none), fits begun, when the last one began

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, self._FORMAT.size)

    def begin(self, number: int) -> None:
        _, begun, _ = self.read()
        self._memory[:] = self._FORMAT.pack(number, begun + 1, time.monotonic())

    def end(self) -> None:
        """What the fit has left behind ends with it, but helpers that the next fit uses too."""
        end_children(_is_helper)
        _, begun, _ = self.read()
        self._memory[:] = self._FORMAT.pack(0, begun, 0.0)

    def read(self) -> tuple[int, int, float]:
        number, begun, since = self._FORMAT.unpack(self._memory[:])
        return number, begun, since


def run_supervised(
    job: Job, train_sets: Iterable[tuple[str, str]], folder: str | Path, seconds: float | None = None
) -> None:
    """`soak.fitting.run.run_pack` in a process of its own.

    A fit that ends its process is tried again in one of its own if others ran before it, which may be to blame: what comes of
    a fit does not depend on the fits with which it shares a pack.

    Parameters
    ----------
    job, train_sets, folder
        As of `run_pack`.
    seconds : float, optional
        The longest time that a fit and its predictions may take.
    """
    train_sets = list(train_sets)
    crash = _watched(partial(_fit_all, job, train_sets, folder), seconds)
    if crash is None:
        return
    crashed = train_sets[crash.number - 1][0]
    failed = {crashed: crash.reason} if crash.is_first else {}
    print(f"{crashed}: {crash.reason}; from here on each fit has a process of its own", flush=True)
    _load(job)  # the processes share what is imported here
    for name, digest in train_sets:
        file = kept_file(job, name, digest, folder)
        if name not in failed and read_fit(file) is None:
            crash = _watched(partial(_fit_alone, job, name, file), seconds)
            if crash is not None:
                failed[name] = crash.reason
    run_pack(job, train_sets, folder, failed=failed)


def _fit_all(job: Job, train_sets: Sequence[tuple[str, str]], folder: str | Path, board: _Board) -> None:
    _load(job)
    run_pack(job, train_sets, folder, under_way=board)


def _load(job: Job) -> None:
    """Import libraries outside of the time of the first fit; what cannot be imported is the fit's to say."""
    with contextlib.suppress(Exception):
        job.settings.load()


def _fit_alone(job: Job, train_set: str, file: Path, board: _Board) -> None:
    board.begin(1)
    record = fit_train_set(job, train_set)
    board.end()
    write_fit(file, record)


def _watched(work: Callable[[_Board], None], seconds: float | None) -> _Crash | None:
    """Do some work in a process; None if all was done.

    Raises
    ------
    SystemExit
        If the work failed for another reason than a fit; its message is printed then.
    """
    board, own = _Board(), set(_children())
    _adopt_orphans()
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process == 0:
        _work(work, board)
    try:
        with contextlib.suppress(OSError):
            os.setpgid(process, process)
        late = _wait(process, board, seconds)
        status = os.waitpid(process, 0)[1]
    except BaseException:
        _kill(process)
        raise
    finally:
        _end_group(process, own)
    number, begun, _ = board.read()
    code = os.waitstatus_to_exitcode(status)
    if code == 0 and not number:
        return None
    if not number:
        sys.exit(1)
    reason = (
        f"it took longer than {seconds / 60:g} minutes (execution.fit_minutes)" if late and seconds else _reason(code)
    )
    return _Crash(number, reason, begun == 1)


def _work(work: Callable[[_Board], None], board: _Board) -> None:
    """What the process does; it ends without what is registered for the end of the interpreter, by a learner perhaps."""
    code = 1
    try:
        _prepare()
        work(board)
        code = 0
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except BaseException as error:
        report_error(error)
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _prepare() -> None:
    """A group of its own, which is killed with its parent and first of all if memory is short, and reads no terminal."""
    os.setpgid(0, 0)
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500", encoding="utf-8")
    _adopt_orphans()


def _wait(process: int, board: _Board, seconds: float | None) -> bool:
    """Wait until a process ends; whether it was killed since its fit took longer than so many seconds."""
    with _end_of(process) as has_ended:
        while not has_ended(None if seconds is None else min(_POLL, seconds)):
            number, _, since = board.read()
            if number and seconds is not None and time.monotonic() - since > seconds:
                _kill(process)
                return True
    return False


@contextlib.contextmanager
def _end_of(process: int) -> Iterator[Callable[[float | None], bool]]:
    """A function that waits for the end of a process, for some seconds at most (None: as long as it takes)."""
    if not hasattr(os, "pidfd_open"):
        yield lambda seconds: _looked(process, _POLL if seconds is None else seconds)
        return
    number = os.pidfd_open(process)
    try:
        yield lambda seconds: bool(select.select([number], [], [], seconds)[0])
    finally:
        os.close(number)


def _looked(process: int, seconds: float) -> bool:
    time.sleep(seconds)
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def _end_group(process: int, spared: Collection[int]) -> None:
    """End what a process of fits has left behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)
    end_children(spared.__contains__)


def end_children(spared: Callable[[int], bool] = lambda process: False) -> None:
    """On Linux, end the children of this process, and theirs, which become its own; nothing elsewhere."""
    while found := [child for child in _children() if not spared(child)]:
        for child in found:
            _kill(child)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)


def _children() -> list[int]:
    files = Path("/proc/self/task").glob("*/children")
    return [int(number) for file in files for number in file.read_text(encoding="ascii").split()]


def _is_helper(process: int) -> bool:
    """Whether a process is one of those that joblib and multiprocessing keep from one call to the next."""
    try:
        command = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False
    return b"loky" in command or b"multiprocessing" in command


def _adopt_orphans() -> None:
    """On Linux, make this process the parent of what its children leave behind, so that it can end that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _reason(code: int) -> str:
    if code == _INTERRUPTED:
        return "KeyboardInterrupt, or exit code 130"
    if code >= 0:
        return f"it ended its process with exit code {code}"
    name = signal.Signals(-code).name if -code in signal.valid_signals() else f"signal {-code}"
    hint = ", as the kernel does when memory runs out" if -code == signal.SIGKILL else ""
    return f"its process was ended by {name}{hint}"
