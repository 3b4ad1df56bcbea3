"""The bytes inside a file, however it is compressed: gzip, xz, bzip2, zstd, or a member of a zip or tar.

The first bytes of a file say how it is compressed, not its name. Members are read, never unpacked to disk, so that
no name in an archive can lead anywhere.
"""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa

from soak.errors import SoakError, Unreadable
from soak.names import listed, nearest, nearest_name

_BOMB_RATIO = 100  # gzip can reach 1032; the published images and tables stay below 40
_BOMB_BYTES = 256 * 2**20  # less does no harm
_CHUNK = 2**20
_ZIP = b"PK\x03\x04"
_TAR = slice(257, 262)
_LFS = b"version https://git-lfs.github.com/spec/"
_MAGIC = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\x00": "xz", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd"}


def open_bytes(path: str | Path, label: str, member: str | None = None) -> BinaryIO:
    """Open a file for reading its innermost bytes.

    Parameters
    ----------
    path : path
    label : str
        What messages call the file: the name or URL that the user gave.
    member : str, optional
        File in a zip or tar archive; may be left out for a zip of a single file.

    Raises
    ------
    SoakError
        Here or while reading: no such file, empty, damaged, truncated, an HTML page, a decompression bomb.
    """
    check_readable(path, label)
    stream: io.BufferedReader = Path(path).open("rb")  # noqa: SIM115
    size = Path(path).stat().st_size
    is_archive = stream.peek(4).startswith(_ZIP)
    if is_archive:
        found, size, label = _zip_member(stream, label, member)
        stream = _guarded(found, "zip", size, label)
    head = stream.peek(6)
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            stream = _guarded(_decompressed(stream, kind), kind, size, label)
    if not is_archive and stream.peek(_TAR.stop)[_TAR] == b"ustar":
        is_archive = True
        found, label = _tar_member(stream, label, member)
        stream = _guarded(found, "tar", None, label)
    if member is not None and not is_archive:
        raise SoakError(
            f"{label}: expected a zip or tar archive with the member {member!r}, got another file; leave the member out"
        )
    if not stream.peek(1):
        raise Unreadable(f"{label}: the file is empty after decompression")
    if looks_like_html(stream.peek(512)[:512]):
        raise Unreadable(
            f"{label}: expected data, got an HTML page; open it in a browser to see what the server answered"
        )
    if stream.peek(len(_LFS)).startswith(_LFS):
        raise Unreadable(f"{label}: expected data, got a pointer of Git LFS in their place; git lfs pull fetches them")
    return cast(BinaryIO, stream)


def check_readable(path: str | Path, label: str) -> None:
    """Raise unless the path is a file with at least one byte that may be read."""
    try:
        if Path(path).is_dir():
            raise SoakError(f"{label}: expected a file, got a folder")
        if Path(path).exists() and not Path(path).is_file():  # reading it may wait, or never end
            raise SoakError(f"{label}: expected a file, got a pipe or a device")
        with Path(path).open("rb") as file:
            if not file.read(1):
                raise SoakError(f"{label}: the file is empty")
    except FileNotFoundError:
        raise SoakError(f"{label}: no such file{_looked_in(label, Path(path))}{_beside(Path(path))}") from None
    except PermissionError:
        raise SoakError(f"{label}: no permission to read it") from None
    except OSError as error:
        raise SoakError(f"{label}: cannot be read: {error.strerror}") from None


def looks_like_html(head: bytes) -> bool:
    """Whether the first bytes are those of a web page."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def _looked_in(label: str, path: Path) -> str:
    """Where a relative path of the config was looked for."""
    if Path(label).is_absolute() or path.name != Path(label).name:
        return ""
    return (
        f" in {path.resolve().parent}; relative paths start in the run's folder (make DIR=…, snakemake --directory …)"
    )


def _beside(path: Path) -> str:
    """A hint at a file of a similar name in the same folder."""
    if path.is_symlink():
        return f"; it is a link to {path.readlink()}, which does not exist"
    if not path.parent.is_dir():
        return f", and no folder {path.parent}"
    hint = nearest(path.name, (file.name for file in path.parent.iterdir()))
    return f"; {hint}" if hint.startswith("did you mean") else ""


def _decompressed(stream: BinaryIO, kind: str) -> Any:
    if kind == "zstd":
        return pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd")
    opener: Any = {"gzip": gzip.open, "xz": lzma.open, "bzip2": bz2.open}[kind]
    return opener(stream, "rb")


def _zip_member(stream: BinaryIO, label: str, member: str | None) -> tuple[Any, int, str]:
    """The named member of a zip, or its only one: its stream, its compressed size, and what to call it."""
    try:
        archive = zipfile.ZipFile(stream)
        names = [info.filename for info in archive.infolist() if not info.is_dir() and not _is_beside(info.filename)]
        if "[Content_Types].xml" in names:
            raise SoakError(
                f"{label}: expected delimited text or an archive, got an Excel workbook or the like; save it as CSV"
            )
        if member is None and len(names) != 1:
            raise SoakError(f"{label}: holds {len(names)} files; set member to one of them: {listed(names)}")
        name = names[0] if member is None else member
        if name not in names:
            raise SoakError(f"{label}: has no member {name!r}; {_members(name, names)}")
        return archive.open(name), archive.getinfo(name).compress_size, f"{label}, member {name}"
    except SoakError:
        raise
    except Exception as error:  # zipfile meets damage with whatever breaks first: IndexError, struct.error, …
        raise Unreadable(f"{label}: the zip archive is damaged or truncated ({_first_line(error)})") from None


def _tar_member(stream: BinaryIO, label: str, member: str | None) -> tuple[Any, str]:
    """The named member of a tar, which is read once, from the front: its stream, and what to call it."""
    try:
        archive = tarfile.open(fileobj=stream, mode="r|")  # noqa: SIM115
        names = []
        for info in archive:
            if info.isfile() and info.name == member:
                return archive.extractfile(info), f"{label}, member {info.name}"
            names.append(info.name)
    except SoakError:
        raise
    except Exception as error:  # as for zip
        raise Unreadable(f"{label}: the tar archive is damaged or truncated ({_first_line(error)})") from None
    if member is None:
        raise SoakError(f"{label}: is a tar archive; set member to one of its files: {listed(names)}")
    raise SoakError(f"{label}: has no member {member!r}; {_members(member, names)}")


def _members(name: str, names: list[str]) -> str:
    """What an archive has in the place of a member: the one of the nearest name, and all others."""
    near = nearest_name(name, names)
    others = listed([other for other in names if other != near], 30)
    if near is None:
        return f"it holds {others or 'no file'}"
    return f"did you mean {near!r}?" + (f" it also holds {others}" if others else "")


def _is_beside(name: str) -> bool:
    """Whether macOS put a member beside the real ones."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2] == ".DS_Store"


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _guarded(source: Any, kind: str, compressed_size: int | None, label: str) -> io.BufferedReader:
    return io.BufferedReader(_Guarded(source, kind, compressed_size, label), _CHUNK)


def bomb_limit(compressed_size: int) -> int:
    """Bytes to which so many may expand at most."""
    return max(_BOMB_BYTES, _BOMB_RATIO * compressed_size)


class _Guarded(io.RawIOBase):
    """Reads on, reports damage in one line, and stops a decompression bomb."""

    def __init__(self, source: Any, kind: str, compressed_size: int | None, label: str) -> None:
        self._source, self._kind, self._label = source, kind, label
        self._limit = None if compressed_size is None else bomb_limit(compressed_size)
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._source.read(len(buffer))
        except EOFError:
            raise Unreadable(f"{self._label}: the {self._kind} data end too early: the file is truncated") from None
        except (OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, pa.ArrowInvalid) as error:
            text = _first_line(error)
            if "end-of-stream" in text or "Truncated" in text or "ended before" in text:
                raise Unreadable(f"{self._label}: the {self._kind} data end too early: the file is truncated") from None
            raise Unreadable(f"{self._label}: the {self._kind} data are damaged ({text})") from None
        self._count += len(data)
        if self._limit is not None and self._count > self._limit:
            raise SoakError(
                f"{self._label}: expands to more than {self._limit // 2**20} MB, over {_BOMB_RATIO} times its size, "
                "as decompression bombs do; decompress it yourself if you trust it"
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()
