"""Where the bytes of a file can be had: URLs and paths, in the order in which they are tried."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from soak.errors import without_secrets


@dataclass(frozen=True)
class Source:
    """One raw file.

    Attributes
    ----------
    urls : tuple of str
        Mirrors: http, https and file URLs, and paths, tried in order.
    hashes : tuple of str
        Checksums, any of which is right; see `soak.data.settings.Hashes`.
    """

    urls: tuple[str, ...]
    hashes: tuple[str, ...] = ()

    def label(self, path: str | Path) -> str:
        """What messages call the downloaded file at ``path``: its only URL, or ``path`` where there are mirrors."""
        return without_secrets(self.urls[0]) if len(self.urls) == 1 else str(path)


def is_remote(location: str) -> bool:
    """Whether a location is to be fetched over the network."""
    return re.match(r"https?://", location, re.IGNORECASE) is not None


def local_path(location: str) -> Path:
    """The path that a plain path or a file:// URL names."""
    if location.lower().startswith("file://"):
        return Path(url2pathname(urlsplit(location).path))
    return Path(location).expanduser()


def file_name(location: str) -> str:
    """The last component of a URL or path.

    Examples
    --------
    >>> file_name("https://example.org/data/my%20table.csv?version=2")
    'my table.csv'
    """
    path = unquote(urlsplit(location).path) if is_remote(location) else str(local_path(location))
    return path.rstrip("/").rpartition("/")[2] or "download"


class SecretText(str):
    """Text that may hold URLs with secrets, for the job that needs them: where it is recorded it has none.

    Snakemake keeps ``repr`` of a rule's params: it shows URLs without secrets, and a digest of the text without users and
    passwords, so that a URL with another query is another one.
    """

    def __repr__(self) -> str:
        shown = without_secrets(self)
        if shown == self:
            return super().__repr__()
        public = re.sub(r"//[^/]*@", "//", self)
        return f"{shown!r} ({hashlib.sha256(public.encode()).hexdigest()[:16]})"


def shown_settings(value: Any, show: Callable[[str], str] = without_secrets) -> Any:
    """Plain values of a config, with URLs as they may be shown; or with another change to each text."""
    if isinstance(value, Mapping):
        return {key: shown_settings(inner, show) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [shown_settings(inner, show) for inner in value]
    return show(value) if isinstance(value, str) else value
