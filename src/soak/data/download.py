"""Raw files: from mirrors or local paths, checked, through a cache that all configs share.

Why requests, and not pooch or Snakemake's storage plugin: a mirror list, resuming half a file, checksums of the
decompressed bytes, and several jobs sharing one cache are needed, of which pooch has none (it starts anew, knows one
URL, and locks nothing) and the storage plugin neither (it has no checksums, and its cache ends with the job). requests
brings what is hard: TLS, proxies, redirects, .netrc; what is added here is small and tested against a faulty server.

The cache holds the bytes; the destination is a hard link to them, or a copy where the disk allows no link.
"""

import fcntl
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from soak.data.checksums import checksum, mismatch
from soak.data.fetch import FetchError, Patience, discard, fetch
from soak.data.sources import file_name, is_remote, local_path, without_secrets
from soak.data.streams import check_readable
from soak.errors import SoakError
from soak.files import atomic, reporting_disk_errors


def download(
    sources: Sequence[str],
    hashes: Sequence[str],
    destination: str | Path,
    patience: Patience | None = None,
) -> None:
    """Get a file from the first of its sources that has it.

    Parameters
    ----------
    sources : sequence of str
        URLs (http, https, file) and paths, tried in order.
    hashes : sequence of str
        Checksums of which any is right. Without any, the sha256 first seen is kept beside the cached file, and a
        later download that differs is told.
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
        try:
            if is_remote(location):
                _link(_cached(location, hashes, patience or Patience()), Path(destination))
            else:
                _copy_local(location, hashes, Path(destination))
            return
        except (FetchError, SoakError) as error:
            failures.append(f"{without_secrets(location)}: {str(error).removeprefix(f'{without_secrets(location)}: ')}")
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
    """The URL's file in the cache, downloaded if it is not there or not right; one job at a time."""
    entry = cached_file(url)
    with reporting_disk_errors(f"{entry.parent} (SOAK_DATA names another place)"):
        entry.parent.mkdir(parents=True, exist_ok=True)
        with _locked(entry.with_name(entry.name + ".lock")):
            seen = _seen(entry)
            if not entry.exists() or mismatch(entry, hashes or seen[-1:]):
                _fetch_checked(url, hashes, entry, patience)
                _note_seen(entry, url, seen, warn=not hashes)
    return entry


def _fetch_checked(url: str, hashes: Sequence[str], entry: Path, patience: Patience) -> None:
    """Download to a name of its own, check, rename."""
    part = entry.with_name(entry.name + ".part")
    while True:
        resumed = fetch(url, part, patience)
        wrong = mismatch(part, hashes)
        if wrong is None:
            break
        discard(part)
        if not resumed:  # else the half from an earlier run may be to blame: once more, from the start
            raise FetchError(wrong)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(entry)


def _seen(entry: Path) -> list[str]:
    """Checksums of what has been downloaded from a URL, the first one first."""
    try:
        return entry.with_name(entry.name + ".sha256").read_text().split()
    except OSError:
        return []


def _note_seen(entry: Path, url: str, seen: list[str], warn: bool) -> None:
    found = checksum(entry, "sha256")
    if warn and seen and found != seen[0]:
        print(
            f"soak: warning: {without_secrets(url)} has changed: it was {seen[0]} when it was first seen, now it is {found}; "
            "a hash in the config would tell which one is meant",
            file=sys.stderr,
        )
    if found not in seen[-1:]:
        with atomic(entry.with_name(entry.name + ".sha256")) as temporary:
            temporary.write_text("\n".join([*seen, found]) + "\n")


def _copy_local(location: str, hashes: Sequence[str], destination: Path) -> None:
    """Copy, not link: the user may go on editing the file."""
    path = local_path(location)
    check_readable(path, location)
    wrong = mismatch(path, hashes)
    if wrong is not None:
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


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time in; the lock of a process that died is free."""
    with path.open("w") as file:
        with suppress(OSError):  # a disk without locks: two jobs may then download the same file
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
