"""One file from one URL: again after failures, and on from where it stopped."""

import json
import random
import socket
import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests
import urllib3

from soak.data.sources import file_name
from soak.data.streams import looks_like_html
from soak.job import terminal

_CHUNK = 2**16
_MAX_REDIRECTS = 10
_TEMPORARY = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for.

    Attributes
    ----------
    attempts : int
        Failures in a row without a new byte before giving up.
    pause, longest_pause : float
        Seconds after the first failure, doubled after each; and the most of it.
    connect_timeout, read_timeout : float
        Seconds without any answer.
    slowest : float
        Bytes per second, over `read_timeout`, below which a server counts as silent.
    """

    attempts: int = 5
    pause: float = 1.0
    longest_pause: float = 60.0
    connect_timeout: float = 15.0
    read_timeout: float = 60.0
    slowest: float = 100.0


class FetchError(Exception):
    """The file is not to be had from this URL; the text says why, without the URL."""


class _TemporaryError(Exception):
    """Something that may be better in a while."""

    def __init__(self, text: str, wait: float = 0.0) -> None:
        super().__init__(text)
        self.wait = wait


def fetch(url: str, part: Path, patience: Patience) -> bool:
    """Download a URL to the file ``part``, which may hold the beginning already.

    Parameters
    ----------
    url : str
        http:// or https://. Proxies and passwords come from the environment and ~/.netrc, as requests reads them.
    part : path
        What an earlier attempt left here is kept if the server says that it is still the same file.
    patience : Patience

    Returns
    -------
    bool
        Whether bytes of an earlier run were kept: then a wrong checksum may be due to them.

    Raises
    ------
    FetchError
    """
    resumed = part.exists() and part.stat().st_size > 0 and bool(_read_validator(part))
    failures, most = 0, part.stat().st_size if part.exists() else 0
    with requests.Session() as session:
        session.max_redirects = _MAX_REDIRECTS
        while True:
            try:
                _fetch_rest(session, url, part, patience)
                break
            except _TemporaryError as error:
                size = part.stat().st_size if part.exists() else 0
                failures = 1 if size > most else failures + 1
                most = max(most, size)
                if failures >= patience.attempts:
                    raise FetchError(f"{error} ({patience.attempts} attempts)") from None
                wait = max(min(error.wait, patience.longest_pause), patience.pause * 2 ** (failures - 1))
                time.sleep(min(wait, patience.longest_pause) * random.uniform(0.75, 1.25))
    with part.open("rb") as file:
        head = file.read(512)
    if looks_like_html(head):
        raise FetchError("the server sent an HTML page instead of data")
    if not head:
        raise FetchError("the server sent an empty file")
    _validator_file(part).unlink(missing_ok=True)
    return resumed


def discard(part: Path) -> None:
    """Forget what was downloaded of a file."""
    part.unlink(missing_ok=True)
    _validator_file(part).unlink(missing_ok=True)


def _fetch_rest(session: requests.Session, url: str, part: Path, patience: Patience) -> None:
    """Ask for what is not there yet, once."""
    validator = _read_validator(part)
    have = part.stat().st_size if part.exists() and validator else 0
    headers = {"Accept-Encoding": "identity", "User-Agent": "soak"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": validator}
    with _answer(session, url, headers, patience) as response:
        _check_status(response, url, part, have)
        goes_on = response.status_code == HTTPStatus.PARTIAL_CONTENT
        packed = response.headers.get("Content-Encoding", "identity").lower()
        # Some servers call a .gz file an encoding of what is in it; its checksum is of the file as it is.
        unpack = packed not in ("", "identity") and not file_name(url).endswith((".gz", ".tgz"))
        if not goes_on:
            _write_validator(part, "" if unpack else _validator(response))
        total = None if unpack else _total(response, have if goes_on else 0)
        with part.open("ab" if goes_on else "wb") as file:
            _copy(response, file, unpack, patience, _Progress(file_name(url), have if goes_on else 0, total))


def _answer(session: requests.Session, url: str, headers: dict[str, str], patience: Patience) -> requests.Response:
    """Send the request; each kind of failure in words that name no password."""
    timeout = (patience.connect_timeout, patience.read_timeout)
    try:
        return session.get(url, headers=headers, stream=True, timeout=timeout)
    except requests.TooManyRedirects:
        raise FetchError(f"it redirects more than {_MAX_REDIRECTS} times, perhaps in a circle") from None
    except requests.exceptions.SSLError as error:
        raise FetchError(f"no trusted TLS connection: {_reason(error)}") from None
    except requests.exceptions.ProxyError as error:
        raise _TemporaryError(f"the proxy does not answer: {_reason(error)}") from None
    except requests.ConnectTimeout:
        raise _TemporaryError(f"no connection within {patience.connect_timeout:g} s") from None
    except requests.ReadTimeout:
        raise _TemporaryError(f"no answer within {patience.read_timeout:g} s") from None
    except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema):
        raise FetchError("it is, or redirects to, something that is not an http URL") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError, UnicodeError) as error:
        raise _TemporaryError(f"no connection: {_reason(error)}") from None


def _check_status(response: requests.Response, url: str, part: Path, have: int) -> None:
    status = response.status_code
    said = f"the server says {status} {response.reason or ''}".rstrip()
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        discard(part)  # longer than the file is by now: start anew
        raise _TemporaryError(said)
    if status in _TEMPORARY:
        wait = response.headers.get("Retry-After", "")
        raise _TemporaryError(said, float(wait) if wait.isdigit() else 0.0)
    if status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        raise FetchError(said)
    kind = response.headers.get("Content-Type", "").lower()
    if kind.startswith(("text/html", "application/xhtml")) and not file_name(url).endswith((".html", ".htm")):
        raise FetchError("the server sent an HTML page instead of data")
    start = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    if status == HTTPStatus.PARTIAL_CONTENT and start != str(have):
        discard(part)
        raise _TemporaryError("the server sent another piece of the file than was asked for")


def _copy(response: requests.Response, file: Any, unpack: bool, patience: Patience, progress: "_Progress") -> None:
    since, count = time.monotonic(), 0
    try:
        # read1 gives what has come so far; read would lose it when the connection breaks off.
        while chunk := response.raw.read1(_CHUNK, decode_content=unpack):
            file.write(chunk)
            progress.add(len(chunk))
            count += len(chunk)
            seconds = time.monotonic() - since
            if seconds > patience.read_timeout:
                if count < seconds * patience.slowest:
                    raise _TemporaryError(f"slower than {patience.slowest:g} bytes a second")
                since, count = time.monotonic(), 0
    except urllib3.exceptions.ReadTimeoutError:
        raise _TemporaryError(f"nothing more came for {patience.read_timeout:g} s") from None
    except urllib3.exceptions.DecodeError:
        raise _TemporaryError("the server's compression is damaged") from None
    except (urllib3.exceptions.HTTPError, requests.RequestException, ConnectionError, TimeoutError) as error:
        raise _TemporaryError(f"the connection broke off after {file.tell()} bytes: {_reason(error)}") from None
    finally:
        progress.end()


def _reason(error: BaseException) -> str:
    """The innermost cause that is in plain words: never a URL, which may hold a password."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, socket.gaierror):
            return "the name of the server is not known"
        inner = getattr(error, "reason", None) or error.__cause__ or error.__context__
        if not isinstance(inner, BaseException):
            inner = next((arg for arg in error.args if isinstance(arg, BaseException)), None)
        if inner is None:
            break
        error = inner
    verify = getattr(error, "verify_message", None)
    if verify:
        return str(verify)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


def _validator(response: requests.Response) -> str:
    """What tells that a file is still the same: a strong ETag, or the time of its last change."""
    etag = response.headers.get("ETag", "")
    if etag and not etag.startswith("W/"):
        return str(etag)
    return str(response.headers.get("Last-Modified", ""))


def _validator_file(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _read_validator(part: Path) -> str:
    try:
        return str(json.loads(_validator_file(part).read_text())["if_range"])
    except (OSError, ValueError, KeyError):
        return ""


def _write_validator(part: Path, validator: str) -> None:
    _validator_file(part).write_text(json.dumps({"if_range": validator}))


def _total(response: requests.Response, have: int) -> int | None:
    length = response.headers.get("Content-Length", "")
    return have + int(length) if length.isdigit() else None


class _Progress:
    """Bytes so far, on a terminal only."""

    def __init__(self, name: str, have: int, total: int | None) -> None:
        self._name, self._count, self._total = name, have, total
        self._terminal = terminal()
        self._shown = 0.0

    def add(self, count: int) -> None:
        self._count += count
        if time.monotonic() - self._shown > 0.2:
            self._shown = time.monotonic()
            self._show("")

    def end(self) -> None:
        self._show("\n")

    def _show(self, end: str) -> None:
        if self._terminal is not None:
            of = f" of {self._total / 1e6:.1f}" if self._total else ""
            self._terminal.write(f"\r{self._name}: {self._count / 1e6:.1f}{of} MB{end}")
            self._terminal.flush()
