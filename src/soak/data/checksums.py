"""Checksums of files, as the config writes them: md5:…, sha256:…, raw-sha256:… (of the decompressed bytes)."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from soak.data.streams import open_bytes
from soak.errors import SoakError

_CHUNK = 2**20


def checksum(path: str | Path, kind: str) -> str:
    """The checksum of a file, read in pieces: ``kind`` is md5, sha256 or raw-sha256."""
    if kind == "raw-sha256":
        try:
            with open_bytes(path, str(path)) as stream:
                return f"{kind}:{_hex(stream, 'sha256')}"
        except SoakError as error:
            return f"{kind}: none, as it cannot be unpacked ({str(error).removeprefix(f'{path}: ')})"
    with Path(path).open("rb") as file:
        return f"{kind}:{_hex(file, kind)}"


def mismatch(path: str | Path, hashes: Sequence[str]) -> str | None:
    """None if any of the checksums is right (or there are none to check), else what was expected and what it is."""
    kinds = list(dict.fromkeys(one.partition(":")[0] for one in hashes))
    found = []
    for kind in kinds:
        found.append(checksum(path, kind))
        if found[-1] in hashes:
            return None
    if not hashes:
        return None
    return f"its checksum is wrong: expected {' or '.join(hashes)}, got {', '.join(found)}"


def _hex(stream: BinaryIO, kind: str) -> str:
    digest = hashlib.new(kind, usedforsecurity=False)
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
