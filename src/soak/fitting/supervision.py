"""Fits in a process that may crash, hang or leak: the fit under way fails with the reason, and all others go on.

The fits of a pack share one process, which costs a fork. Once a learner has crashed it, each further fit has its own. The pack is
written by the process that watches, in which no learner runs.
"""

import contextlib
import ctypes
import mmap
import os
import resource
import select
import signal
import stat
import struct
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from soak.errors import SoakError
from soak.files import disk_problem
from soak.fitting.record import read_fit
from soak.fitting.run import Job, keep_fit, kept_file, reason_of, run_pack
from soak.job import report_error

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # of Linux, prctl(2)
_INTERRUPTED = 130  # exit code of a process whose code raises KeyboardInterrupt
_POLL = 0.05  # seconds between looks at a process where there is a limit of time or memory
_SHARE_OF_MEMORY = 0.9  # of a job's memory: at all of it the job may be ended as a whole
_TRIES, _SLURM_JOB = "SOAK_TRIES", "SOAK_SLURM_JOB"  # variables of the environment
_LONGEST_OUTPUT = 2**20  # bytes of what a fit prints that the log keeps


@dataclass(frozen=True)
class Limits:
    """What a fit may take.

    Attributes
    ----------
    seconds : float, or None for no limit
        The longest time that a fit and its predictions may take.
    megabytes : float, or None for no limit
        Memory of the whole job, which would be killed beyond: a fit that gets there is ended before.
    is_last_try : bool
        False: where a fit is killed for memory, the job ends, and its next try asks for more.
    """

    seconds: float | None = None
    megabytes: float | None = None
    is_last_try: bool = True

    @property
    def too_long(self) -> str:
        return f"it took longer than {self.seconds / 60:g} minutes (execution.fit_minutes)" if self.seconds else ""

    @property
    def too_large(self) -> str:
        return f"it reached the {self.megabytes:.0f} MB that its job asked for" if self.megabytes else ""


@dataclass(frozen=True)
class _Crash:
    """The number of a fit that ended its process, why, and whether it was the first fit there, and was killed as for memory."""

    number: int
    reason: str
    is_first: bool
    is_killed: bool


class _Board:
    """What a process of fits shows to the one that watches it, in memory that both share."""

    # Number of the fit under way (0: none), fits begun, when it began, length of the reason
    _FORMAT = struct.Struct("qqdq")
    _LONGEST = 4000  # bytes of the reason

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, self._FORMAT.size + self._LONGEST)

    def begin(self, number: int) -> None:
        self._show(number, self.begun + 1, time.monotonic())

    def end(self) -> None:
        self._show(0, self.begun, 0.0)

    def fail(self, reason: str) -> None:
        """Why the fit under way cannot go on."""
        text = reason.encode("utf-8", "replace")[: self._LONGEST]
        self._memory[self._FORMAT.size : self._FORMAT.size + len(text)] = text
        self._show(self.number, self.begun, self.since, len(text))

    number = property(lambda self: self._read()[0])
    begun = property(lambda self: self._read()[1])
    since = property(lambda self: self._read()[2])

    @property
    def reason(self) -> str:
        text = self._memory[self._FORMAT.size : self._FORMAT.size + self._read()[3]]
        return text.decode("utf-8", "replace")

    def _read(self) -> tuple[int, int, float, int]:
        return self._FORMAT.unpack(self._memory[: self._FORMAT.size])

    def _show(self, number: int, begun: int, since: float, length: int = 0) -> None:
        self._memory[: self._FORMAT.size] = self._FORMAT.pack(number, begun, since, length)


def run_supervised(
    job: Job, train_sets: Iterable[tuple[str, str]], folder: str | Path, limits: Limits | None = None
) -> None:
    """`soak.fitting.run.run_pack` with fits in a process of their own.

    A fit that ends its process is tried again in one of its own if others ran before it, which may be to blame, and so is one
    of code that is not this library's own if it fails: what comes of a fit does not depend on the fits with which it shares a
    pack.

    Parameters
    ----------
    job, train_sets, folder
        As of `run_pack`.
    limits : Limits, optional

    Raises
    ------
    SystemExit
        If the job cannot go on, or ends so that its next try has more memory. The reason is printed.
    """
    train_sets, limits = list(train_sets), limits or Limits()
    folder = Path(folder).absolute()  # wherever a learner goes
    files = {name: kept_file(job, name, digest, folder) for name, digest in train_sets}
    left = [name for name, file in files.items() if read_fit(file, tables=False) is None]
    failed: dict[str, str] = {}
    together = True
    while left:
        now = left if together else left[:1]
        crash = _watched(partial(_fit, job, {name: files[name] for name in now}), limits)
        done = {name for name in now if read_fit(files[name], tables=False) is not None}
        if crash is not None and crash.is_first and (name := now[crash.number - 1]) not in done:
            _end_for_more_memory(name, crash, limits)
            failed[name] = crash.reason
        elif not (done or together):
            failed[now[0]] = "its process left no result"
        if together and (crash is not None or not done):
            _load(job)  # the processes share what is imported here
            reason = f"{now[crash.number - 1]}: {crash.reason}; " if crash is not None else ""
            print(f"{reason}from here on each fit has a process of its own", flush=True)
            together = False
        left = [name for name in left if name not in done | failed.keys()]
    run_pack(job, train_sets, folder, failed)


def limits_of_job(seconds: float, megabytes: float, attempt: int) -> Limits:
    """Limits of the job that this process is, from what its rule asks for and what `tell_jobs` has said where Snakemake runs.

    What it asks for is a limit in a job of Slurm's that Snakemake has submitted. Slurm counts a job as failed in which anything was
    killed for memory; elsewhere the kernel ends the fit alone.

    Parameters
    ----------
    seconds, megabytes : float
        Of a fit (0: no limit), and of the job.
    attempt : int
        From 1.
    """
    slurm = os.environ.get("SLURM_JOB_ID")
    is_limit = slurm is not None and slurm != os.environ.get(_SLURM_JOB, slurm)
    return Limits(seconds or None, megabytes if is_limit else None, attempt >= int(os.environ.get(_TRIES, 1)))


def tell_jobs(retries: int) -> None:
    """Say to the jobs that this process will start how often each is tried again, and in which job of Slurm's it is itself."""
    os.environ[_TRIES] = str(1 + retries)
    os.environ[_SLURM_JOB] = os.environ.get("SLURM_JOB_ID", "")


def _end_for_more_memory(train_set: str, crash: _Crash, limits: Limits) -> None:
    if crash.is_killed and not limits.is_last_try:
        sys.exit(
            f"soak: {train_set}: {crash.reason}; the next try of its job asks for more memory, and has what is finished"
        )


def _fit(job: Job, files: Mapping[str, Path], board: _Board) -> None:
    """Fit on train sets and keep the records, until all is done or the rest needs another process."""
    _load(job)
    file_size = resource.getrlimit(resource.RLIMIT_FSIZE)
    for number, (name, file) in enumerate(files.items(), start=1):
        threads, printed = set(threading.enumerate()), _log_size()
        board.begin(number)
        try:
            record = keep_fit(job, name, file)
        except Exception as error:
            cannot_write = isinstance(error, SoakError) or (isinstance(error, OSError) and disk_problem(error))
            if cannot_write and resource.getrlimit(resource.RLIMIT_FSIZE) == file_size:
                board.end()  # the fit is not to blame
            raise
        if record.status == "failed" and job.settings.runs_other_code and board.begun > 1:
            file.unlink()
            board.fail(record.reason)
            return
        end_children(_is_helper)  # what the fit has left behind ends with it
        _shorten_log(printed)
        has_threads = any(map(_is_left_behind, set(threading.enumerate()) - threads))
        board.end()
        if has_threads:
            return


def _load(job: Job) -> None:
    """Import libraries outside of the time of the first fit; what cannot be imported is the fit's to say."""
    with contextlib.suppress(Exception):
        job.settings.load()


def _is_left_behind(thread: threading.Thread) -> bool:
    """Whether a thread may do something to the next fit; not those with which joblib and others await their helpers."""
    return thread.is_alive() and type(thread) in (threading.Thread, threading.Timer)


def _log_size() -> int:
    """Bytes of the log, to which all that is printed goes; 0 if it goes elsewhere."""
    status = os.fstat(1)
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _shorten_log(before: int) -> None:
    """Cut off what a fit has printed beyond so many bytes; ``before``: size of the log when it began."""
    if (more := _log_size() - before - _LONGEST_OUTPUT) > 0:
        os.ftruncate(1, before + _LONGEST_OUTPUT)
        os.lseek(1, 0, os.SEEK_END)
        print(f"\n… and {more / 1e6:.1f} MB more", flush=True)


def _watched(work: Callable[[_Board], None], limits: Limits) -> _Crash | None:
    """Do some work in a process; None if it ended well, or between two fits.

    Raises
    ------
    SystemExit
        If it failed for another reason than a fit; its message is printed then.
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
        ended = _wait(process, board, limits)
        status = os.waitpid(process, 0)[1]
    except BaseException:
        _kill(process)
        raise
    finally:
        _end_group(process, own)
    code = os.waitstatus_to_exitcode(status)
    if not board.number:
        if code == 1 or (code and not board.begun):
            sys.exit(1)
        return None
    why = ended or board.reason or _reason(code)
    return _Crash(board.number, why, board.begun == 1, code == -signal.SIGKILL and ended != limits.too_long)


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
        if board.number:
            board.fail(reason_of(error))
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


def _wait(process: int, board: _Board, limits: Limits) -> str:
    """Wait until a process ends; why it was killed, if it had to be."""
    pause = None if limits.seconds is None and limits.megabytes is None else min(_POLL, limits.seconds or _POLL)
    with _end_of(process) as has_ended:
        while not has_ended(pause):
            if not board.number:
                continue
            late = limits.seconds is not None and time.monotonic() - board.since > limits.seconds
            if late or (limits.megabytes is not None and _takes_more(process, limits.megabytes)):
                _kill(process)
                return limits.too_long if late else limits.too_large
    return ""


def _takes_more(process: int, megabytes: float) -> bool:
    """Whether a process, its children, this one and the Snakemake that started it take nearly so much memory.

    In control groups that is what only a swap could hold, pages that several processes share counted once. Where Slurm has none,
    it adds up all that is resident.
    """
    processes, limit = [os.getppid(), os.getpid(), *_family(process)], 1024 * _SHARE_OF_MEMORY * megabytes
    if not _is_in_group_of_slurm():
        return sum(_kilobytes(one, "status", "VmRSS") for one in processes) > limit
    if sum(_kilobytes(one, "status", "RssAnon", "RssShmem") for one in processes) < limit:
        return False  # quicker
    return sum(_kilobytes(one, "smaps_rollup", "Pss_Anon", "Pss_Shmem") for one in processes) > limit


@cache
def _is_in_group_of_slurm() -> bool:
    try:
        return "slurm" in Path("/proc/self/cgroup").read_text(encoding="utf-8")
    except OSError:
        return False


def _family(process: int) -> Iterator[int]:
    yield process
    for child in _children(process):
        yield from _family(child)


def _kilobytes(process: int, file: str, *names: str) -> int:
    """Sum of some lines of a file of /proc; 0 for a process that has ended."""
    try:
        lines = Path(f"/proc/{process}/{file}").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.partition(":")[0] in names)


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


def _children(process: int | str = "self") -> list[int]:
    found = []
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread, or the process, that has ended
            found += [int(number) for number in file.read_text(encoding="ascii").split()]
    return found


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
