"""One run at a time in a folder.

Snakemake's own lock is a file that stays behind when Snakemake is killed, and must then be removed by hand. This one is held
by the process itself: the kernel frees it however the process ends (``nolock: true`` in the profiles).
"""

import os
from pathlib import Path

from filelock import FileLock, Timeout

from soak.errors import SoakError

LOCK = Path("results/.lock")
_held: list[FileLock] = []  # until the process ends


def hold(folder: Path) -> None:
    """Hold the folder of this run until the process ends.

    Raises
    ------
    SoakError
        If another run holds it.
    """
    lock = _try(folder)
    if lock is None:
        process = (folder / LOCK).read_text(encoding="utf-8").strip()
        number = f" (process {process})" if process else ""
        raise SoakError(f"another run is at work in {folder}{number}; wait until it ends, or stop it")
    (folder / LOCK).write_text(f"{os.getpid()}\n", encoding="utf-8")
    _held.append(lock)


def is_held(folder: Path) -> bool:
    """Whether a run is at work in a folder."""
    if not (folder / LOCK).exists():
        return False
    lock = _try(folder)
    if lock is not None:
        lock.release()
    return lock is None


def _try(folder: Path) -> FileLock | None:
    """The lock of a folder, acquired; None if another process has it."""
    path = folder / LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return None
    return lock
