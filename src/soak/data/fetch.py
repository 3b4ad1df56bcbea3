"""A file over HTTP: retried after failures, and resumed where it stopped.

requests brings TLS, proxies, redirects and ~/.netrc; urllib3 decides when to try again and how long to wait.
"""

import contextlib
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    TimeoutError,
)
from urllib3.util import Retry

from soak.data.sources import file_name
from soak.data.streams import bomb_limit, looks_like_html
from soak.errors import SoakError
from soak.job import terminal

_CHUNK = 2**16  # bytes
_SLOWEST = 100  # bytes per second, over the read timeout; a server below that counts as silent
_MAX_REDIRECTS = 10
_TEMPORARY = {408, 425, 429, 500, 502, 503, 504}  # HTTP statuses that may change in a while


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server.

    Attributes
    ----------
    attempts : int
        Failures in a row without a new byte before giving up.
    pause, longest_pause : float
        Seconds between attempts: none after the first failure, then twice ``pause``, doubled up to ``longest_pause``;
        where the server asks for a pause (Retry-After) that one, but not longer either.
    connect_timeout, read_timeout : float
        Seconds without any answer.
    """

    attempts: int = 5
    pause: float = 1.0
    longest_pause: float = 60.0
    connect_timeout: float = 15.0
    read_timeout: float = 60.0

    def retry(self) -> Retry:
        """All attempts but the first."""
        return Retry(
            total=self.attempts - 1,
            other=0,  # such as a certificate that is not trusted: it will not be in a minute
            status_forcelist=_TEMPORARY,
            raise_on_status=False,
            backoff_factor=self.pause,
            backoff_max=self.longest_pause,
            retry_after_max=self.longest_pause,  # type: ignore[arg-type]  # any number will do
        )


class _Interrupted(ProtocolError):
    """The body did not come whole, and what came is kept. To `Retry` it is a failure while reading."""


def fetch(url: str, part: Path, patience: Patience) -> bool:
    """Download a URL to the file ``part``, which may already hold the beginning.

    Parameters
    ----------
    url : str
        http:// or https://. Proxies and passwords come from the environment and ~/.netrc, as requests reads them.
    part : path
        What an earlier run left here is kept if the server confirms that the file is still the same.
    patience : Patience

    Returns
    -------
    bool
        Whether there were bytes of an earlier run: a wrong checksum may be due to them.

    Raises
    ------
    SoakError
        The URL does not give the file; the message says why, without the URL.
    """
    resumed, most, retry = bool(_version(part)["if_range"]), _size(part), patience.retry()
    with requests.Session() as session:
        session.max_redirects = _MAX_REDIRECTS
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry))
        while True:
            try:
                _fetch_rest(session, url, part, patience)
                break
            except _Interrupted as error:
                if _size(part) > most:
                    retry, most = patience.retry(), _size(part)
                try:
                    retry = retry.increment("GET", url, error=error)
                except MaxRetryError:
                    raise SoakError(f"{error} ({patience.attempts} attempts)") from None
                retry.sleep()
            except (
                requests.RequestException,
                HTTPError,
                HTTPException,
                ValueError,
            ) as error:  # ValueError: bad headers
                raise SoakError(_no_response(error, patience)) from None
    with part.open("rb") as file:
        head = file.read(512)
    if not head or looks_like_html(head):
        raise SoakError(f"expected data, got {'an HTML page' if head else 'an empty file'}")
    _version_file(part).unlink(missing_ok=True)
    return resumed


def discard(part: Path) -> None:
    """Forget what was downloaded of a file."""
    part.unlink(missing_ok=True)
    _version_file(part).unlink(missing_ok=True)


def _fetch_rest(session: requests.Session, url: str, part: Path, patience: Patience) -> None:
    """Ask for what is not there yet, and append it."""
    version = _version(part)
    have = _size(part) if version["if_range"] else 0
    headers = {"Accept-Encoding": "identity", "User-Agent": "soak"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": version["if_range"]}
    timeout = (patience.connect_timeout, patience.read_timeout)
    with session.get(url, headers=headers, stream=True, timeout=timeout) as response:
        _check_response(response, url, part, have, patience)
        # Some servers call a .gz file an encoding of what is in it; its checksum is that of the file as it is.
        encoded = response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity")
        decode = encoded and not file_name(url).endswith((".gz", ".tgz"))
        if have and response.status_code == HTTPStatus.PARTIAL_CONTENT:
            _check_version(response, version, part)
        else:
            discard(part)
            have = 0
            version = _version_of(response, decode)
            _version_file(part).write_text(json.dumps(version), encoding="utf-8")
        total = int(version["total"]) if version["total"] else None
        with part.open("ab") as file:
            _copy(response, file, decode, patience, _Progress(file_name(url), total))
        if total is not None and _size(part) != total:
            found = _size(part)
            discard(part)
            raise _Interrupted(f"{found} bytes came of a file of {total}")


def _version_of(response: requests.Response, decode: bool) -> dict[str, str]:
    """What tells the versions of a file apart: a response's headers, its length, and what a request to go on can name."""
    etag, modified = response.headers.get("ETag", ""), response.headers.get("Last-Modified", "")
    of_range = _total_of_range(response)  # of a part that nobody has asked for
    total = of_range or ("" if decode else _digits(response.headers.get("Content-Length", "")))
    if_range = "" if decode else modified if etag.startswith("W/") or not etag else etag
    return {"if_range": if_range, "etag": etag, "modified": modified, "total": total}


def _total_of_range(response: requests.Response) -> str:
    """Length of the whole file, where a response says that it is a part of it."""
    return _digits(response.headers.get("Content-Range", "").rpartition("/")[2])


def _digits(text: str) -> str:
    return text if text.isascii() and text.isdigit() else ""


def _check_version(response: requests.Response, version: Mapping[str, str], part: Path) -> None:
    """Begin anew if the rest of a file is not of the version of which the beginning is there."""
    headers = response.headers
    etag, modified = headers.get("ETag", ""), headers.get("Last-Modified", "")
    now = {"etag": etag, "modified": modified, "total": _total_of_range(response)}
    if any(version[name] and now[name] and version[name] != now[name] for name in now):
        discard(part)
        raise _Interrupted("the file on the server has changed meanwhile")


def _check_response(response: requests.Response, url: str, part: Path, have: int, patience: Patience) -> None:
    """Raise unless the response is a file, or the rest of it."""
    status = response.status_code
    answer = f"the server answered {status} {response.reason or ''}".rstrip()
    start = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:  # the file is shorter by now
        discard(part)
        raise _Interrupted(answer)
    if status == HTTPStatus.PARTIAL_CONTENT and start != str(have):
        discard(part)
        raise _Interrupted("the server sent another piece of the file than was asked for")
    if status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        raise SoakError(answer + (f" ({patience.attempts} attempts)" if status in _TEMPORARY else ""))
    kind = response.headers.get("Content-Type", "").lower()
    if kind.startswith(("text/html", "application/xhtml")) and not file_name(url).endswith((".html", ".htm")):
        raise SoakError("expected data, got an HTML page")


def _copy(response: requests.Response, file: BinaryIO, decode: bool, patience: Patience, show: "_Progress") -> None:
    since, before = time.monotonic(), file.tell()
    try:
        # read1 returns what has come so far; read would lose it when the connection breaks off.
        while chunk := response.raw.read1(_CHUNK, decode_content=decode):
            file.write(chunk)
            show(file.tell())
            if decode and file.tell() > (limit := bomb_limit(response.raw.tell())):
                raise SoakError(
                    f"its Content-Encoding expands to more than {limit // 2**20} MB, as decompression bombs do"
                )
            seconds = time.monotonic() - since
            if seconds > patience.read_timeout:
                if file.tell() - before < seconds * _SLOWEST:
                    raise _Interrupted(f"slower than {_SLOWEST} bytes per second")
                since, before = time.monotonic(), file.tell()
    except _Interrupted:
        raise
    except (HTTPError, ConnectionError) as error:
        raise _Interrupted(f"the connection broke off after {file.tell()} bytes: {_cause(error, patience)}") from None
    finally:
        show(file.tell(), end="\n")


def _no_response(error: Exception, patience: Patience) -> str:
    """Why there is no response, in words without a URL, which may hold a password."""
    if isinstance(error, requests.TooManyRedirects):
        return f"redirects more than {_MAX_REDIRECTS} times, perhaps in a circle"
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return "expected an http or https URL, also after redirects"
    cause = _cause(error, patience)
    if isinstance(error, requests.exceptions.SSLError):
        return f"no trusted TLS connection: {cause}"
    peer = "proxy" if isinstance(error, requests.exceptions.ProxyError) else "server"
    return f"no answer from the {peer}: {cause} ({patience.attempts} attempts)"


def _cause(error: BaseException, patience: Patience) -> str:
    """The innermost cause of an error of requests or urllib3, in plain words."""
    if isinstance(error, TimeoutError) and not isinstance(error, NewConnectionError):
        is_connect = isinstance(error, ConnectTimeoutError)
        return f"timed out after {patience.connect_timeout if is_connect else patience.read_timeout:g} s"
    names = ("reason", "original_error", "__cause__", "__context__")
    inside = [getattr(error, name, None) for name in names] + list(error.args)
    inner = next((other for other in inside if isinstance(other, BaseException)), None)
    if inner is not None:
        return _cause(inner, patience)
    if isinstance(error, socket.gaierror):
        return "its name is unknown"
    return getattr(error, "verify_message", None) or getattr(error, "strerror", None) or type(error).__name__


def _version_file(part: Path) -> Path:
    """Beside an incomplete file: what shows that the server's is still the same, a strong ETag or the last change."""
    return part.with_name(f"{part.name}.version")


def _version(part: Path) -> dict[str, str]:
    """The version of the file of which ``part`` is the beginning (see `_version_of`); empty if that cannot be resumed."""
    version = dict.fromkeys(("if_range", "etag", "modified", "total"), "")
    with contextlib.suppress(OSError, ValueError):  # missing, or damaged
        found = json.loads(_version_file(part).read_text(encoding="utf-8")) if _size(part) else {}
        version |= {name: str(found[name]) for name in version.keys() & found.keys()}
    return version


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


class _Progress:
    """Bytes so far, on a terminal only, a few times per second."""

    def __init__(self, name: str, total: int | None) -> None:
        self._name, self._total = name, f" of {total / 1e6:.1f}" if total else ""
        self._terminal, self._shown = terminal(), 0.0

    def __call__(self, count: int, end: str = "") -> None:
        if self._terminal is not None and (end or time.monotonic() - self._shown > 0.2):
            self._shown = time.monotonic()
            self._terminal.write(f"\r{self._name}: {count / 1e6:.1f}{self._total} MB{end}")
            self._terminal.flush()
