"""Where a file lies: a URL, or a path on this machine."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import url2pathname


def is_remote(location: str) -> bool:
    """Whether a location is to be had over the network."""
    return re.match(r"https?://", location, re.IGNORECASE) is not None


def local_path(location: str) -> Path:
    """The path that a plain path or a file:// URL names."""
    if location.lower().startswith("file://"):
        return Path(url2pathname(urlsplit(location).path))
    return Path(location).expanduser()


def file_name(location: str) -> str:
    """The last part of a URL's or a path's name."""
    path = unquote(urlsplit(location).path) if is_remote(location) else str(local_path(location))
    return path.rstrip("/").rpartition("/")[2] or "download"


def shown(location: str) -> str:
    """A location as messages and logs may show it: without user, password, or the values of a query."""
    if not is_remote(location):
        return location
    parts = urlsplit(location)
    query = re.sub(r"=[^&]*", "=…", parts.query)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))
