"""The state of the process around a learner's code: seeded before it runs, and as it was afterwards.

A learner may draw from any generator, print, change folder or settings: none of it may reach the next fit.
"""

import contextlib
import fcntl
import gc
import importlib.util
import locale
import os
import random
import resource
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import numpy as np

from soak.files import umask

_Setting = tuple[Callable[[], Any], Callable[[Any], Any]]  # reads a value, and sets it
_ABOVE = 500  # of file descriptors: those below may be closed by code that closes all that it did not open
_LIMITS = (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_AS, resource.RLIMIT_CPU)
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD)


@contextlib.contextmanager
def own_state(seed: int) -> Iterator[None]:
    """Seed the global generators of random, NumPy and torch; afterwards restore them and the settings of the process.

    (A generator that a learner makes itself without a seed, as by ``numpy.random.default_rng()``, is beyond reach.)

    Restored are: working directory, umask, environment, standard output and error, signal handlers and alarms, limits of
    resources, warnings, locale, ``sys.path``, tracing, and global settings of Python, NumPy, scikit-learn and torch. A thread other than the main one
    leaves all of it alone, since others run beside it.

    Parameters
    ----------
    seed : int
        At least 0.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    process = os.getpid()
    with contextlib.ExitStack() as undo:
        _keep_settings(undo)
        _keep_output(undo)
        undo.enter_context(warnings.catch_warnings())
        undo.enter_context(seeded(seed))
        try:
            yield
        finally:
            if os.getpid() != process:  # a copy of this process, which the learner has made by a fork
                os._exit(0)


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the global generators of random, NumPy and torch, and restore them afterwards."""
    with contextlib.ExitStack() as undo:
        _seed(undo, seed)
        yield


def _seed(undo: contextlib.ExitStack, seed: int) -> None:
    undo.callback(random.setstate, random.getstate())
    undo.callback(np.random.set_state, np.random.get_state(legacy=False))
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch = sys.modules.get("torch")
    if torch is None:
        finder = _SeedTorch(seed)
        sys.meta_path.insert(0, finder)
        undo.callback(finder.remove)
        return
    undo.callback(torch.set_rng_state, torch.get_rng_state())
    if torch.cuda.is_initialized():
        undo.callback(torch.cuda.set_rng_state_all, torch.cuda.get_rng_state_all())
    seed_torch = (
        torch.manual_seed if torch.backends.cuda.is_built() else torch.default_generator.manual_seed
    )  # 30x quicker
    seed_torch(seed)


class _SeedTorch(MetaPathFinder):
    """Seeds torch when a learner imports it: importing it for those that do not takes seconds."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def remove(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "torch":
            return None
        self.remove()
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_and_seed(module: ModuleType) -> None:
                run(module)
                module.manual_seed(self._seed)

            spec.loader.exec_module = run_and_seed  # type: ignore[method-assign]
        return spec


def _keep_settings(undo: contextlib.ExitStack) -> None:
    """Restore what has changed; each by itself, so that one that fails spares the others."""
    kept = []
    for read, put in _settings():
        with contextlib.suppress(Exception):
            kept.append((read, put, read()))

    def restore() -> None:
        for read, put, value in kept:
            with contextlib.suppress(Exception):
                if _differs(read, value):
                    put(value)

    undo.callback(restore)


def _differs(read: Callable[[], Any], value: Any) -> bool:
    try:
        return bool(read() != value)
    except Exception:  # such as a working directory that was deleted
        return True


def _settings() -> Iterator[_Setting]:
    yield os.getcwd, os.chdir
    yield umask, os.umask
    yield lambda: dict(os.environ), _set_environment
    yield lambda: list(sys.path), lambda paths: sys.path.__setitem__(slice(None), paths)
    yield sys.getrecursionlimit, sys.setrecursionlimit
    yield gc.isenabled, lambda enabled: gc.enable() if enabled else gc.disable()
    yield lambda: locale.setlocale(locale.LC_ALL), lambda name: locale.setlocale(locale.LC_ALL, name)
    yield np.geterr, lambda errors: np.seterr(**errors)
    for number in _SIGNALS:
        yield partial(signal.getsignal, number), partial(signal.signal, number)
    yield partial(signal.pthread_sigmask, signal.SIG_BLOCK, ()), partial(signal.pthread_sigmask, signal.SIG_SETMASK)
    for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
        yield partial(_is_set, timer), partial(_stop, timer)  # no alarm of a learner goes off later
    for limit in _LIMITS:
        yield partial(resource.getrlimit, limit), partial(_set_limit, limit)
    yield sys.gettrace, sys.settrace
    yield sys.getprofile, sys.setprofile
    if sklearn := sys.modules.get("sklearn"):
        yield sklearn.get_config, lambda config: sklearn.set_config(**config)
    if torch := sys.modules.get("torch"):
        yield torch.get_num_threads, torch.set_num_threads
        yield torch.get_default_dtype, torch.set_default_dtype
        yield torch.get_default_device, torch.set_default_device
        yield torch.is_grad_enabled, torch.set_grad_enabled
        yield torch.get_float32_matmul_precision, torch.set_float32_matmul_precision
        yield torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode


def _is_set(timer: int) -> bool:
    return signal.getitimer(timer)[0] > 0


def _stop(timer: int, _: bool) -> None:
    signal.setitimer(timer, 0)


def _set_limit(limit: int, values: tuple[int, int]) -> None:
    """A hard limit that was lowered stays so, unless this is root."""
    try:
        resource.setrlimit(limit, values)
    except ValueError:
        resource.setrlimit(limit, (min(values[0], resource.getrlimit(limit)[1]), resource.getrlimit(limit)[1]))


def _set_environment(values: dict[str, str]) -> None:
    for name in os.environ.keys() - values.keys():
        del os.environ[name]
    os.environ.update(values)


def _keep_output(undo: contextlib.ExitStack) -> None:
    """Standard output and error, which a learner may close or replace, go where they went."""
    streams = sys.stdout, sys.stderr
    saved = {}
    for stream in streams:
        with contextlib.suppress(Exception):  # notebooks have streams without a file
            stream.flush()
            number = stream.fileno()
            saved[number] = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, _ABOVE)

    def restore() -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        for number, copy in saved.items():
            try:
                os.dup2(copy, number)
                os.close(copy)
            except OSError:  # the learner has closed the copy too
                os.dup2(os.open(os.devnull, os.O_WRONLY), number)
        sys.stdout, sys.stderr = (_reopened(stream, number) for stream, number in zip(streams, (1, 2), strict=True))

    undo.callback(restore)


def _reopened(stream: Any, number: int) -> Any:
    return os.fdopen(number, "w", encoding="utf-8", errors="replace", closefd=False) if stream.closed else stream
