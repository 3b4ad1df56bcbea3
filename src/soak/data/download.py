"""Raw files: from mirrors or local paths, checked, through a cache that all configs share.

What pooch and Snakemake's storage plugins lack is needed here: mirrors, resuming half a file, checksums of the
decompressed bytes, and a cache that several jobs share. The cache holds the bytes; a destination is a hard link to
them, or a copy where the disk allows no link.
"""

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from soak.data.fetch import Patience, discard, fetch
from soak.data.sources import Source, file_name, is_remote, local_path
from soak.data.streams import check_readable, open_bytes
from soak.errors import SoakError, Unreadable, without_secrets
from soak.files import atomic, reporting_disk_errors

_SMALL = 2**16  # bytes: pages that tell of an error are smaller, and are quickly fetched again


def download(
    sources: Sequence[str], hashes: Sequence[str], destination: str | Path, patience: Patience | None = None
) -> None:
    """Get a file from the first of its sources that has it.

    Parameters
    ----------
    sources : sequence of str
        URLs (http, https, file) and paths, tried in order.
    hashes : sequence of str
        Checksums of which any is right. Without any, the sha256 of the last download is kept beside the cached file,
        and a download that differs is reported.
    destination : path
        Appears whole or not at all.
    patience : Patience, optional

    Raises
    ------
    SoakError
        No source has the file; says what was wrong with each.
    """
    failures = []
    for location in sources:
        label = without_secrets(location)
        try:
            if is_remote(location):
                _link(_cached(location, hashes, patience or Patience()), Path(destination))
            else:
                _copy_local(location, hashes, Path(destination))
            return
        except SoakError as error:
            failures.append(f"{label}: {str(error).removeprefix(f'{label}: ')}")
    if len(failures) > 1:
        numbered = "; ".join(f"({number}) {failure}" for number, failure in enumerate(failures, start=1))
        name = "/".join(Path(destination).parts[-2:])  # of the data set or task, and of the file
        raise SoakError(f"{name}: none of its {len(failures)} sources has it: {numbered}")
    raise SoakError(failures[0])


def cache_folder() -> Path:
    """Where downloads are kept: $SOAK_DATA, else soak/ below $XDG_CACHE_HOME, else ~/.cache/soak."""
    own = os.environ.get("SOAK_DATA")
    if own:
        return Path(own).expanduser()
    common = os.environ.get("XDG_CACHE_HOME")
    return (Path(common) if common else Path.home() / ".cache") / "soak"


def cached_file(url: str) -> Path:
    """The place of a URL's bytes in the cache."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", file_name(url))[-80:]
    return cache_folder() / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}-{name}"


def _cached(url: str, hashes: Sequence[str], patience: Patience) -> Path:
    """The URL's file in the cache, downloaded if it is not there or not right; by one job at a time."""
    entry = cached_file(url)
    with reporting_disk_errors(f"{entry.parent} (SOAK_DATA names another place)"):
        entry.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{entry}.lock"):
            noted = _note_of(entry)
            last = _noted(noted)
            if not entry.exists() or _mismatch(entry, hashes or last):
                _fetch_checked(url, hashes, entry, patience)
                found = _checksum(entry, "sha256")
                if last and found not in last and not hashes:
                    print(
                        f"soak: warning: {without_secrets(url)} has changed: its checksum was {last[0]} at the last "
                        f"download and is {found} now; a hash in the config decides which version is right",
                        file=sys.stderr,
                    )
                _note(noted, found)
            elif not last:  # of a run that ended before it was noted
                _note(noted, _checksum(entry, "sha256"))
    return entry


def _note_of(entry: Path) -> Path:
    """Beside a cached file: its checksum."""
    return Path(f"{entry}.sha256")


def _noted(note: Path) -> list[str]:
    """The recorded checksum; none if there is no record, or it is damaged."""
    text = note.read_text(encoding="utf-8", errors="replace").strip() if note.exists() else ""
    return [text] if re.fullmatch("sha256:[0-9a-f]{64}", text) else []


def _note(note: Path, checksum: str) -> None:
    with atomic(note) as temporary:
        temporary.write_text(f"{checksum}\n", encoding="utf-8")


@contextmanager
def forgetting_unreadable(sources: Mapping[Path, Source]) -> Iterator[None]:
    """Add to a mistake in the block where what was downloaded is kept; forget it where the server may be to blame.

    A page that says "try again later" comes as if it were the file. What is damaged or small is asked for again by the next
    run; what is larger stays, since the config is the likelier cause.

    Parameters
    ----------
    sources : mapping of path to Source
        Raw files that the block reads, and where they are from.
    """
    try:
        yield
    except SoakError as error:
        hints = [hint for path, source in sources.items() if (hint := _kept(path, source, error))]
        if not hints or len(error.args) > 1:
            raise
        raise type(error)(f"{error.args[0]}; {'; '.join(hints)}") from None


def _kept(path: Path, source: Source, error: SoakError) -> str | None:
    """What becomes of a raw file of a URL, in words; None for other files, and for those with a checksum in the config."""
    entries = [cached_file(url) for url in source.urls if is_remote(url)]
    entry = next((one for one in entries if one.exists() and path.exists() and os.path.samefile(one, path)), None)
    if entry is None or source.hashes:
        return None
    if isinstance(error, Unreadable) or path.stat().st_size <= _SMALL:
        for file in (entry, _note_of(entry), path):
            file.unlink(missing_ok=True)
        return f"what was downloaded is not kept (in {entry.parent}, SOAK_DATA names another place): run again to fetch it anew"
    return f"the download is kept as {entry}: delete it and {path} to fetch it anew"


def _fetch_checked(url: str, hashes: Sequence[str], entry: Path, patience: Patience) -> None:
    """Download to another name, check, rename."""
    part = entry.with_name(f"{entry.name}.part")
    resumed = fetch(url, part, patience)
    wrong = _mismatch(part, hashes)
    if wrong and resumed:  # the half from an earlier run may be to blame: again from the start
        discard(part)
        fetch(url, part, patience)
        wrong = _mismatch(part, hashes)
    if wrong:
        discard(part)
        raise SoakError(wrong)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(entry)


def _mismatch(path: Path, hashes: Sequence[str]) -> str | None:
    """None if any of the checksums is right or there are none to check, else what was expected and what it is."""
    found = []
    for kind in dict.fromkeys(expected.partition(":")[0] for expected in hashes):
        found.append(_checksum(path, kind))
        if found[-1] in hashes:
            return None
    return f"wrong checksum: expected {' or '.join(hashes)}, got {', '.join(found)}" if hashes else None


def _checksum(path: Path, kind: str) -> str:
    """The checksum of a file as the config writes it: ``kind`` is md5, sha256 or raw-sha256 (of decompressed bytes)."""
    try:
        with open_bytes(path, str(path)) if kind == "raw-sha256" else path.open("rb") as stream:
            digest = hashlib.new(kind.removeprefix("raw-"), usedforsecurity=False)
            while chunk := stream.read(2**20):
                digest.update(chunk)
    except SoakError as error:
        return f"{kind}: none, as it cannot be decompressed ({str(error).removeprefix(f'{path}: ')})"
    return f"{kind}:{digest.hexdigest()}"


def _copy_local(location: str, hashes: Sequence[str], destination: Path) -> None:
    """Copy, not link: the user may go on editing the file."""
    path = local_path(location)
    check_readable(path, location)
    wrong = _mismatch(path, hashes)
    if wrong:
        raise SoakError(wrong)
    with reporting_disk_errors(destination), atomic(destination) as temporary:
        shutil.copyfile(path, temporary)


def _link(entry: Path, destination: Path) -> None:
    with reporting_disk_errors(destination), atomic(destination) as temporary:
        temporary.unlink()
        try:
            os.link(entry, temporary)
        except OSError:
            shutil.copyfile(entry, temporary)
