"""A web server on 127.0.0.1 that fails in the ways that networks and servers do."""

import gzip
import socket
import struct
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Page:
    """What one path answers.

    Attributes
    ----------
    body : bytes
    faults : list of tuples, one per request, then the body whole
        ("drop", n): close after n bytes of what was asked for; ("reset", n): the same with a TCP reset;
        ("status", code); ("hang",): no answer; ("stall", n): silence after n bytes; ("html",): a web page;
        ("part", n): the first n bytes, as a part of the file that nobody has asked for;
        ("wrong",): other bytes of the same length; ("empty",): nothing.
    always : tuple, optional
        A fault of all requests.
    ranges, etag : bool
        Whether the server can go on from the middle, and says which version it has.
    headers : dict
    """

    body: bytes
    faults: list[tuple[Any, ...]] = field(default_factory=list)
    always: tuple[Any, ...] | None = None
    ranges: bool = True
    etag: bool = True
    redirect: str | None = None
    encoding: str | None = None
    trickle: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    goes_on: dict[str, str] | None = None  # headers of any request for the rest, whatever version it asks for


class FaultyServer:
    """Serves pages from a thread of its own; ``requests`` keeps (path, Range header) of each request."""

    def __init__(self, tls: Any = None) -> None:
        self.pages: dict[str, Page] = {}
        self.requests: dict[str, list[str | None]] = defaultdict(list)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "http" if tls is None else "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def url(self, path: str, page: Page | None = None) -> str:
        if page is not None:
            self.pages[f"/{path}"] = page
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}/{path}"

    def __enter__(self) -> "FaultyServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(server: FaultyServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ConnectionError, TimeoutError):
                self.close_connection = True

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            server.requests[path].append(self.headers.get("Range"))
            page = server.pages.get(path)
            if page is None:
                self._send(404, b"gone", {})
            elif page.redirect is not None:
                self._send(302, b"", {"Location": page.redirect})
            else:
                self._answer(page)

        def _answer(self, page: Page) -> None:
            fault = page.always or (page.faults.pop(0) if page.faults else ("none",))
            if fault[0] == "status":
                self._send(fault[1], b"no", page.headers)
            elif fault[0] == "hang":
                time.sleep(1)
                self.close_connection = True
            elif fault[0] == "html":
                self._send(200, b"<!DOCTYPE html><html>Please log in</html>", {"Content-Type": "text/html"})
            elif fault[0] == "empty":
                self._send(200, b"", {})
            else:
                body = bytes(255 - byte for byte in page.body) if fault[0] == "wrong" else page.body
                self._send_body(page, body, fault)

        def _send_body(self, page: Page, body: bytes, fault: tuple[Any, ...]) -> None:
            headers = dict(page.headers)
            status, tag = 200, f'"{hash(body)}"'
            if page.encoding:
                headers["Content-Encoding"] = page.encoding
                body = gzip.compress(body)
            if page.etag:
                headers["ETag"] = tag
            asked = self.headers.get("Range")
            if page.ranges and asked and self.headers.get("If-Range") == tag:
                start = int(asked.removeprefix("bytes=").rstrip("-"))
                headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
                status, body = 206, body[start:]
            if asked and page.goes_on is not None:
                start, status = int(asked.removeprefix("bytes=").rstrip("-")), 206
                page.goes_on, headers, body = None, page.goes_on, body[start:]
            if fault[0] == "part":
                headers["Content-Range"] = f"bytes 0-{fault[1] - 1}/{len(body)}"
                status, body = 206, body[: fault[1]]
            cut = min(fault[1], len(body)) if fault[0] in ("drop", "reset", "stall") else len(body)
            self._send(status, body[:cut], headers, len(body), page.trickle)
            if fault[0] == "stall":
                self.wfile.flush()
                time.sleep(1)
            if fault[0] == "reset":
                self.wfile.flush()
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            self.close_connection = cut < len(body) or self.close_connection

        def _send(
            self, status: int, body: bytes, headers: dict[str, str], length: int | None = None, trickle: float = 0
        ) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            step = max(1, len(body) // 5) if trickle else max(1, len(body))
            for start in range(0, len(body), step):
                self.wfile.write(body[start : start + step])
                time.sleep(trickle)

    return Handler
