"""Where the bytes of a file can be had: URLs and paths, in the order in which they are tried."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import url2pathname


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


def without_secrets(location: str) -> str:
    """A location as messages and logs may show it: without user, password and the values of a query.

    Examples
    --------
    >>> without_secrets("https://me:secret@example.org/a.csv?token=hidden")
    'https://example.org/a.csv?token=…'
    """
    if not is_remote(location):
        return location
    parts = urlsplit(location)
    query = re.sub(r"=[^&]*", "=…", parts.query)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))
