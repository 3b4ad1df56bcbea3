"""Writing a file or a folder so that nobody ever sees half of it, and a full or closed disk is reported in one line."""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from soak.errors import SoakError

_LARGE = 2**26  # bytes of a file whose checksum is worth keeping
_DISK_ERRORS = {
    errno.ENOSPC: "no space is left on its disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "its disk is read-only",
    errno.EACCES: "no permission to write there",
    errno.EPERM: "no permission to write there",
    errno.EFBIG: "the file would be larger than is allowed",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
}


@contextmanager
def atomic(path: str | Path, *, sync: bool = True) -> Iterator[Path]:
    """Yield a temporary name beside ``path``; when the block ends well, rename it to ``path``.

    A crash, an error in the block or a full disk leaves ``path`` as it was, and no temporary file of a block
    that raised. The rename is atomic, so that an orphaned writer and its successor cannot mix their bytes.
    With ``sync=False`` a power cut may leave an incomplete file: for what is checked when it is read.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        if sync:
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
        temporary.chmod(0o666 & ~umask())
        temporary.replace(path)
    except OSError as error:
        raise _named(error, path) from None
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``path``; when the block ends well, rename it to ``path``.

    As `atomic`, for a folder of files; an older folder of that name is replaced.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        yield temporary
        for file in temporary.iterdir():
            with file.open("rb") as written:
                os.fsync(written.fileno())
        temporary.chmod(0o777 & ~umask())
        shutil.rmtree(path, ignore_errors=True)
        temporary.replace(path)
    except OSError as error:
        raise _named(error, path) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _named(error: OSError, path: Path) -> OSError | SoakError:
    """The error of a block that writes a file, with its name where the disk is full: the error itself has none."""
    if error.filename is None and error.errno in _DISK_ERRORS:
        return SoakError(disk_problem(error, path) or "")
    return error


def sha256(path: str | Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal digits.

    A large file is read once in a process as long as it stays the same file with the same size and times. (Small ones are quicker
    to read than a change takes to show in the times.)
    """
    path = Path(path)
    found = path.stat()
    if found.st_size < _LARGE:
        return _sha256(path)
    return _of_large_file(path, (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns))


@cache
def _of_large_file(path: Path, _: tuple[int, ...]) -> str:
    return _sha256(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def folder_problem(folder: Path) -> str | None:
    """Why results/ cannot be written in a folder; None if it can."""
    results = folder / "results"
    if os.path.lexists(results) and not results.is_dir():
        got = f"a link to {results.readlink()}, which is not a folder" if results.is_symlink() else "a file"
        return f"{results}: expected a folder, got {got}"
    closed = next((path for path in (folder, results) if path.exists() and not os.access(path, os.W_OK)), None)
    return None if closed is None else f"{closed}: no permission to write there"


def umask() -> int:
    """The permissions that new files of the process do not get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def reporting_disk_errors(path: str | Path) -> Iterator[None]:
    """Raise a SoakError that names ``path`` for a full, read-only or forbidden disk."""
    try:
        yield
    except OSError as error:
        if problem := disk_problem(error, path):
            raise SoakError(problem) from None
        raise


def disk_problem(error: OSError, path: str | Path | None = None) -> str | None:
    """Why a file could not be written, in one line; None for other errors.

    Parameters
    ----------
    path : path, optional
        What the message names; default: the file of the error.
    """
    if error.errno == errno.ENOENT and "temporary directory" in str(error):  # of tempfile
        return f"no folder for temporary files is writable; set TMPDIR to one that is ({error.strerror})"
    if error.errno not in _DISK_ERRORS:
        return None
    named = path or error.filename2 or error.filename or "a file"
    if path is None and error.errno in (errno.EACCES, errno.EPERM):  # to read it, or to write it
        return f"{named}: no permission for it"
    return f"{named}: cannot be written: {_DISK_ERRORS[error.errno]}"
