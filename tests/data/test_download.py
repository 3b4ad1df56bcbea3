"""Downloads through a server that fails."""

import gzip
import hashlib
import io
import os
import pty
import random
import re
import socket
import ssl
import stat
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from faulty_server import FaultyServer, Page

from soak.data.download import cache_folder, cached_file, download, forgetting_unreadable
from soak.data.fetch import Patience
from soak.data.sources import Source
from soak.errors import SoakError, Unreadable

QUICK = Patience(attempts=4, pause=0.001, longest_pause=0.01, connect_timeout=1, read_timeout=0.4)
BODY = bytes(range(256)) * 400
TLS = Path(__file__).parents[1] / "files" / "tls"


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def md5(data):
    return "md5:" + hashlib.md5(data).hexdigest()


def leftovers(folder):
    return [path.name for path in folder.iterdir() if path.name.endswith(".part")]


def test_file_arrives_whole_and_cached(server, tmp_path):
    url = server.url("a.bin", Page(BODY))
    for name in ("one", "two"):
        download([url], [md5(BODY)], tmp_path / "raw" / name, QUICK)
        assert (tmp_path / "raw" / name).read_bytes() == BODY
    assert server.requests["/a.bin"] == [None]
    assert os.path.samefile(tmp_path / "raw" / "one", cached_file(url))
    assert leftovers(tmp_path / "cache") == []


def test_goes_on_from_the_middle(server, tmp_path):
    faults = [("drop", 50_000), ("reset", 20_000), ("stall", 1_000), ("status", 500), ("status", 503)]
    url = server.url("a.bin", Page(BODY, faults))
    download([url], [sha256(BODY)], tmp_path / "a", QUICK)
    assert (tmp_path / "a").read_bytes() == BODY
    ranges = server.requests["/a.bin"]
    assert ranges[:2] == [None, "bytes=50000-"]
    assert int(ranges[-1].removeprefix("bytes=").rstrip("-")) > 50_000


def test_half_file_of_a_killed_run_is_taken_up(server, tmp_path):
    url = server.url("a.bin", Page(BODY, always=("drop", 1000)))
    impatient = Patience(attempts=1, pause=0, longest_pause=0)
    with pytest.raises(SoakError, match="the connection broke off after 1000 bytes"):
        download([url], [], tmp_path / "a", impatient)
    assert not (tmp_path / "a").exists()
    server.pages["/a.bin"].always = None
    download([url], [], tmp_path / "a", QUICK)
    assert server.requests["/a.bin"] == [None, "bytes=1000-"]
    assert (tmp_path / "a").read_bytes() == BODY


def test_half_file_of_another_version_is_not_mixed_in(server, tmp_path):
    url = server.url("a.bin", Page(BODY, always=("drop", 1000)))
    with pytest.raises(SoakError):
        download([url], [], tmp_path / "a", Patience(attempts=1))
    server.pages["/a.bin"] = Page(BODY[::-1])
    download([url], [], tmp_path / "a", QUICK)
    assert (tmp_path / "a").read_bytes() == BODY[::-1]


def test_damaged_half_file_is_downloaded_anew(server, tmp_path):
    url = server.url("a.bin", Page(BODY, always=("drop", 1000)))
    with pytest.raises(SoakError):
        download([url], [sha256(BODY)], tmp_path / "a", Patience(attempts=1))
    part = cached_file(url).with_name(cached_file(url).name + ".part")
    part.write_bytes(b"x" * 1000)
    server.pages["/a.bin"].always = None
    download([url], [sha256(BODY)], tmp_path / "a", QUICK)
    assert (tmp_path / "a").read_bytes() == BODY


def test_server_without_ranges(server, tmp_path):
    url = server.url("a.bin", Page(BODY, [("drop", 50_000), ("drop", 60_000)], ranges=False))
    download([url], [sha256(BODY)], tmp_path / "a", QUICK)
    assert (tmp_path / "a").read_bytes() == BODY


def test_slow_trickle_arrives(server, tmp_path):
    url = server.url("a.bin", Page(BODY, trickle=0.1))
    download([url], [sha256(BODY)], tmp_path / "a", QUICK)
    assert (tmp_path / "a").read_bytes() == BODY


def test_too_slow_counts_as_silent(server, tmp_path):
    url = server.url("a.bin", Page(b"0123456789", trickle=0.2, ranges=False))
    with pytest.raises(SoakError, match="slower than 100 bytes per second"):
        download([url], [], tmp_path / "a", Patience(attempts=2, pause=0.001, read_timeout=0.3))


def test_wrong_checksum_names_all_and_tries_the_next_mirror(server, tmp_path):
    bad = server.url("bad.bin", Page(BODY, always=("wrong",)))
    good = server.url("good.bin", Page(BODY))
    download([bad, good], [sha256(BODY)], tmp_path / "a", QUICK)
    assert (tmp_path / "a").read_bytes() == BODY
    wrong = bytes(255 - byte for byte in BODY)
    with pytest.raises(SoakError) as caught:
        download([bad], [sha256(BODY)], tmp_path / "b", QUICK)
    assert str(caught.value) == f"{bad}: wrong checksum: expected {sha256(BODY)}, got {sha256(wrong)}"
    assert not (tmp_path / "b").exists()
    assert not cached_file(bad).exists()


def test_all_mirrors_fail(server, tmp_path):
    urls = [server.url("none.bin"), server.url("b.bin", Page(BODY, always=("status", 500)))]
    with pytest.raises(SoakError) as caught:
        download(urls, [], tmp_path / "raw" / "MNIST" / "images_1", QUICK)
    assert str(caught.value) == (
        f"MNIST/images_1: none of its 2 sources has it: (1) {urls[0]}: the server answered 404 Not Found; "
        f"(2) {urls[1]}: the server answered 500 Internal Server Error (4 attempts)"
    )
    assert len(server.requests["/none.bin"]) == 1
    assert len(server.requests["/b.bin"]) == 4


def test_any_of_several_checksums(server, tmp_path):
    url = server.url("a.bin", Page(BODY))
    download([url], ["md5:" + "0" * 32, sha256(BODY)], tmp_path / "a", QUICK)
    assert (tmp_path / "a").read_bytes() == BODY


@pytest.mark.parametrize("compress", [gzip.compress, lambda data: zip_of({"only.bin": data}), lambda data: data])
def test_checksum_of_decompressed_bytes(server, tmp_path, compress):
    packed = compress(BODY)  # once: gzip writes the time into it
    url = server.url("a.pack", Page(packed))
    raw = "raw-" + sha256(BODY)
    download([url], [raw], tmp_path / "a", QUICK)
    assert (tmp_path / "a").read_bytes() == packed
    with pytest.raises(SoakError, match=f"expected raw-sha256:{'1' * 64}, got {raw}"):
        download([url], ["raw-sha256:" + "1" * 64], tmp_path / "b", QUICK)


def test_content_encoding(server, tmp_path):
    """A .gz that the server calls an encoding is kept as it is; a plain file that is compressed on the way is decompressed."""
    plain = server.url("a.bin", Page(BODY, encoding="gzip"))
    download([plain], [sha256(BODY)], tmp_path / "a", QUICK)
    packed = server.url("a.bin.gz", Page(BODY, encoding="gzip"))
    download([packed], ["raw-" + sha256(BODY)], tmp_path / "b", QUICK)
    assert gzip.decompress((tmp_path / "b").read_bytes()) == BODY


def test_pauses_double_up_to_the_longest_and_heed_the_server(server, tmp_path, monkeypatch):
    pauses = []
    monkeypatch.setattr("time.sleep", lambda seconds: seconds and pauses.append(seconds))
    patience = Patience(attempts=7, pause=1, longest_pause=10)
    page = Page(BODY, always=("status", 503))
    with pytest.raises(SoakError, match=r"the server answered 503 Service Unavailable \(7 attempts\)$"):
        download([server.url("a.bin", page)], [], tmp_path / "a", patience)
    assert pauses == [2, 4, 8, 10, 10]  # the first attempt after a failure is at once
    pauses.clear()
    page = Page(BODY, [("status", 429), ("drop", 1000), ("drop", 1000), ("status", 500)], headers={"Retry-After": "5"})
    download([server.url("b.bin", page)], [sha256(BODY)], tmp_path / "b", patience)
    assert pauses == [5, 5]  # new bytes between failures: they are not in a row


def test_redirects(server, tmp_path):
    server.url("real.bin", Page(BODY))
    url = server.url("moved.bin", Page(b"", redirect="/real.bin"))
    download([url], [sha256(BODY)], tmp_path / "a", QUICK)
    assert (tmp_path / "a").read_bytes() == BODY
    loop = server.url("loop.bin", Page(b"", redirect="/loop.bin"))
    with pytest.raises(SoakError, match=r"loop.bin: redirects more than 10 times, perhaps in a circle$"):
        download([loop], [], tmp_path / "b", QUICK)


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (Page(BODY, always=("html",)), "expected data, got an HTML page"),
        (Page(b"  <html><body>Log in"), "expected data, got an HTML page"),
        (Page(BODY, always=("empty",)), "expected data, got an empty file"),
        (Page(BODY, always=("hang",)), "no answer from the server: timed out after 0.4 s (4 attempts)"),
        (
            Page(BODY, always=("stall", 0)),
            "the connection broke off after 0 bytes: timed out after 0.4 s (4 attempts)",
        ),
        (Page(BODY, always=("status", 403)), "the server answered 403 Forbidden"),
        (Page(BODY, always=("drop", 10), ranges=False), "the connection broke off after 10 bytes"),
        (Page(b"", redirect="ftp://elsewhere/x"), "expected an http or https URL, also after redirects"),
    ],
)
def test_failures_in_one_line(server, tmp_path, page, message):
    url = server.url("a.bin", page)
    with pytest.raises(SoakError) as caught:
        download([url], [], tmp_path / "a", QUICK)
    assert str(caught.value).startswith(f"{url}: {message}")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "a").exists()
    assert not cached_file(url).exists()


def test_no_server_and_no_name(tmp_path, monkeypatch):
    monkeypatch.setenv("SOAK_DATA", str(tmp_path / "cache"))
    with pytest.raises(
        SoakError, match=r"^http://127.0.0.1:9/x: no answer from the server: Connection refused \(4 attempts\)$"
    ):
        download(["http://127.0.0.1:9/x"], [], tmp_path / "a", QUICK)
    with pytest.raises(SoakError, match=r"^http://nowhere.invalid/x: no answer from the server: "):
        download(["http://nowhere.invalid/x"], [], tmp_path / "a", QUICK)


def test_tls_name_mismatch(tmp_path, monkeypatch):
    monkeypatch.setenv("SOAK_DATA", str(tmp_path / "cache"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")
    with FaultyServer(context) as server:
        url = server.url("a.bin", Page(BODY))
        with pytest.raises(SoakError, match=f"^{url}: no trusted TLS connection: self-signed certificate$"):
            download([url], [], tmp_path / "a", QUICK)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(TLS / "cert.pem"))
        with pytest.raises(SoakError) as caught:
            download([url], [], tmp_path / "a", QUICK)
        assert str(caught.value).startswith(f"{url}: no trusted TLS connection: ")
        assert "127.0.0.1" in str(caught.value).removeprefix(url)


def test_no_password_in_messages(server, tmp_path):
    url = server.url("none.bin").replace("http://", "http://me:secret@") + "?token=hidden"
    with pytest.raises(SoakError) as caught:
        download([url], [], tmp_path / "a", QUICK)
    assert "secret" not in str(caught.value)
    assert "hidden" not in str(caught.value)
    assert "/none.bin?token=…: the server answered 404" in str(caught.value)
    assert not any("secret" in path.name for path in cache_folder().iterdir())


def test_proxy_is_used(server, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(SoakError, match="no answer from the proxy: Connection refused"):
        download(["http://data.invalid/x"], [], tmp_path / "a", QUICK)


def test_change_without_a_checksum_is_reported(server, tmp_path, capsys):
    url = server.url("a.csv", Page(BODY))
    download([url], [], tmp_path / "a", QUICK)
    assert capsys.readouterr().err == ""
    cached_file(url).unlink()
    server.pages["/a.csv"] = Page(BODY[::-1])
    download([url], [], tmp_path / "b", QUICK)
    warning = capsys.readouterr().err
    assert warning.startswith(f"soak: warning: {url} has changed: its checksum was {sha256(BODY)} at the last download")
    assert sha256(BODY[::-1]) in warning


@pytest.mark.parametrize("note", [None, "", "garbage", "md5:1"])
def test_a_cached_file_without_a_checksum_is_used_and_noted(server, tmp_path, note):
    """A run that is killed at the wrong moment leaves the file without it."""
    url = server.url("a.csv", Page(BODY))
    download([url], [], tmp_path / "a", QUICK)
    noted = Path(f"{cached_file(url)}.sha256")
    noted.unlink() if note is None else noted.write_text(note)
    download([url], [], tmp_path / "b", QUICK)
    assert server.requests["/a.csv"] == [None]
    assert (tmp_path / "b").read_bytes() == BODY
    assert noted.read_text() == f"{sha256(BODY)}\n"


@pytest.mark.parametrize(
    "header",
    [
        {"ETag": '"another"'},
        {"Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"},
        {"Content-Range": "bytes 1000-1999/2000"},
    ],
)
def test_halves_of_two_versions_are_not_joined(server, tmp_path, header):
    """The server goes on with another file, whatever it was asked for."""
    page = Page(
        BODY, [("drop", 1000)], etag=False, headers={"ETag": '"one"', "Last-Modified": "Mon, 07 Nov 1994 08:49:37 GMT"}
    )
    url = server.url("a.bin", page)
    with pytest.raises(SoakError):
        download([url], [], tmp_path / "a", Patience(attempts=1))
    other = BODY[::-1]
    page.body, page.goes_on = (
        other,
        page.headers | {"Content-Range": f"bytes 1000-{len(BODY) - 1}/{len(BODY)}"} | header,
    )
    download([url], [], tmp_path / "a", QUICK)
    assert (tmp_path / "a").read_bytes() == other


def test_a_part_that_was_not_asked_for_is_not_the_file(server, tmp_path):
    url = server.url("a.bin", Page(BODY, [("part", 1000)]))
    download([url], [], tmp_path / "a", QUICK)
    assert (tmp_path / "a").read_bytes() == BODY
    url = server.url("b.bin", Page(BODY, always=("part", 1000)))
    with pytest.raises(SoakError, match=rf"b.bin: 1000 bytes came of a file of {len(BODY)} \(4 attempts\)$"):
        download([url], [], tmp_path / "b", QUICK)


def test_a_damaged_note_of_the_version_begins_anew(server, tmp_path):
    url = server.url("a.bin", Page(BODY, [("drop", 1000)]))
    with pytest.raises(SoakError):
        download([url], [], tmp_path / "a", Patience(attempts=1))
    Path(f"{cached_file(url)}.part.version").write_text('"half')
    download([url], [], tmp_path / "a", QUICK)
    assert server.requests["/a.bin"] == [None, None]
    assert (tmp_path / "a").read_bytes() == BODY


def test_a_bomb_by_content_encoding(server, tmp_path, monkeypatch):
    monkeypatch.setattr("soak.data.streams._BOMB_BYTES", 10_000)
    url = server.url("a.bin", Page(bytes(1_000_000), encoding="gzip"))
    with pytest.raises(SoakError, match="Content-Encoding expands to more than 0 MB, as decompression bombs do"):
        download([url], [], tmp_path / "a", QUICK)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("size", [100, 100_000])
def test_what_cannot_be_read_is_asked_for_again_if_the_server_may_be_to_blame(server, tmp_path, size):
    url = server.url("a.csv", Page(b"Try again later." + b" " * size))
    download([url], [], tmp_path / "raw", QUICK)
    with pytest.raises(SoakError) as caught, forgetting_unreadable({tmp_path / "raw": Source((url,))}):
        raise SoakError("a.csv: has no column y")
    small = size == 100
    assert cached_file(url).exists() == (tmp_path / "raw").exists() == (not small)
    assert str(cache_folder()) in str(caught.value)
    assert ("run again to fetch it anew" in str(caught.value)) == small
    with pytest.raises(Unreadable), forgetting_unreadable({tmp_path / "raw": Source((url,))}):
        raise Unreadable("a.csv: the gzip data are damaged")
    assert not cached_file(url).exists()
    assert not (tmp_path / "raw").exists()


def test_a_local_file_that_cannot_be_read_stays(tmp_path):
    (tmp_path / "raw").write_text("x")
    with (
        pytest.raises(SoakError, match=r"^no column y$"),
        forgetting_unreadable({tmp_path / "raw": Source(("a.csv",))}),
    ):
        raise SoakError("no column y")
    assert (tmp_path / "raw").exists()


HOSTILE = [
    b"",
    b"\x00\xff" * 500,
    b"HTTP/1.1 200 OK\r\nContent-Length: \xc2\xb2\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 9\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999999\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\nabc",
    b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\nabc",
    b"HTTP/1.1 206 Partial\r\nContent-Range: bytes nonsense\r\n\r\nabc",
    b"HTTP/1.1 999999 What\r\n\r\nabc",
    b"HTTP/9.9 200 OK\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: //\xff\xfe:80:90/\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://a b\r\n\r\n",
    b"HTTP/1.1 302 Found\r\n\r\n",
    b"HTTP/1.1 503 Busy\r\nRetry-After: sometime\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nContent-Type: \xff/\xfe; charset=\x01\r\nContent-Length: 3\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nETag: \xc3\xa9\r\nContent-Length: 9\r\n\r\nabc",
]


@pytest.mark.parametrize("answer", HOSTILE, ids=range(len(HOSTILE)))
def test_malformed_answers_are_one_line_or_a_file(tmp_path, monkeypatch, answer):
    monkeypatch.setenv("SOAK_DATA", str(tmp_path / "cache"))
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/a.bin"
    message = ""
    try:
        download([url], [], tmp_path / "a", Patience(attempts=2, pause=0.001, connect_timeout=1, read_timeout=0.4))
    except SoakError as error:
        message = str(error)
    listener.close()
    if message:
        assert message.startswith(f"{url}: ")
        assert "\n" not in message
        assert not (tmp_path / "a").exists()
    else:
        assert (tmp_path / "a").read_bytes() == b"abc"


def test_damaged_cache_is_downloaded_anew(server, tmp_path):
    url = server.url("a.bin", Page(BODY))
    for hashes in ([], [sha256(BODY)]):
        download([url], hashes, tmp_path / "a", QUICK)
        cached_file(url).write_bytes(b"damaged")
        download([url], hashes, tmp_path / "b", QUICK)
        assert (tmp_path / "b").read_bytes() == BODY


def test_local_files(tmp_path):
    source = tmp_path / "my data.csv"
    source.write_bytes(BODY)
    download([str(source)], [md5(BODY)], tmp_path / "raw" / "a")
    download([source.as_uri()], [], tmp_path / "raw" / "b")
    assert (tmp_path / "raw" / "a").read_bytes() == (tmp_path / "raw" / "b").read_bytes() == BODY
    assert not os.path.samefile(source, tmp_path / "raw" / "a")
    with pytest.raises(SoakError, match=r"my dat.csv: no such file; did you mean 'my data.csv'\?$"):
        download([str(tmp_path / "my dat.csv")], [], tmp_path / "raw" / "c")
    with pytest.raises(SoakError, match=r"my data.csv: wrong checksum: expected md5:0"):
        download([str(source)], ["md5:" + "0" * 32], tmp_path / "raw" / "c")


def test_local_path_is_a_mirror(server, tmp_path):
    url = server.url("a.bin", Page(BODY))
    download([str(tmp_path / "missing"), url], [sha256(BODY)], tmp_path / "a", QUICK)
    assert (tmp_path / "a").read_bytes() == BODY


def test_jobs_share_one_download(server, tmp_path):
    url = server.url("a.bin", Page(BODY, trickle=0.02))
    code = "import sys; from soak.data.download import download; download([sys.argv[1]], [], sys.argv[2])"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    jobs = [
        subprocess.Popen([sys.executable, "-c", code, url, str(tmp_path / str(job))], env=environment)
        for job in range(3)
    ]
    assert [job.wait() for job in jobs] == [0, 0, 0]
    assert server.requests["/a.bin"] == [None]
    assert all((tmp_path / str(job)).read_bytes() == BODY for job in range(3))


PROGRESS = """
import sys
from soak.data.download import download
from soak.job import job
with job([sys.argv[2]]):
    print("in the log")
    download([sys.argv[1]], [], sys.argv[3])
"""


def test_bytes_so_far_on_a_terminal_and_not_in_the_log(server, tmp_path):
    url = server.url("a.bin", Page(BODY, trickle=0.1))
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    command = [sys.executable, "-c", PROGRESS, url, str(tmp_path / "log"), str(tmp_path / "a")]
    ours, terminal = pty.openpty()
    subprocess.run(command, env=environment, stderr=terminal, check=True)
    os.close(terminal)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert re.match(r"(\ra.bin: 0.\d of 0.1 MB)+\r\n$", shown)
    assert shown.count("MB") > 2
    assert (tmp_path / "log").read_text() == "in the log\n"


def test_cache_that_cannot_be_written(tmp_path, monkeypatch, server):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SOAK_DATA", str(tmp_path / "file" / "cache"))
    with pytest.raises(SoakError, match="cannot be written: a part of its path is a file"):
        download([server.url("a.bin", Page(BODY))], [], tmp_path / "a", QUICK)


def test_cache_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("SOAK_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "soak"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "soak"


def zip_of(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


@pytest.mark.parametrize("seed", range(100))
def test_seeded_faults(server, tmp_path, seed):
    """A download ends whole if any mirror has it in the end, else with a line that names each mirror."""
    chance = random.Random(seed)
    raw = chance.randbytes(chance.choice([1, 1000, 70_000, 300_000]))
    body = chance.choice([lambda data: data, gzip.compress, lambda data: zip_of({"a": data})])(raw)
    hashes = chance.choice([[sha256(body)], [md5(body)], ["raw-" + sha256(raw)], ["md5:" + "0" * 32, sha256(body)]])
    urls, arrives = [], False
    for mirror in range(chance.randint(1, 3)):
        fate = chance.choice(["whole", "flaky", "flaky", "wrong", "gone", "broken", "loop", "html"])
        page = Page(body, ranges=chance.random() < 0.7, etag=chance.random() < 0.8)
        if fate == "flaky":
            kinds = [("drop", chance.randrange(len(body))), ("reset", chance.randrange(len(body)))]
            kinds += [("status", 500), ("status", 503), ("status", 429)]
            page.faults = [chance.choice(kinds) for _ in range(chance.randint(1, QUICK.attempts - 1))]
            page.headers = {"Retry-After": "1"} if chance.random() < 0.3 else {}
        elif fate in ("wrong", "html"):
            page.always = (fate,)
        elif fate == "broken":
            page.always = chance.choice([("status", 500), ("drop", 0), ("status", 404)])
        elif fate == "loop":
            page.redirect = f"/{mirror}.bin"
        elif chance.random() < 0.3:
            server.url(f"target{mirror}", page)
            page = Page(b"", redirect=f"/target{mirror}")
        urls.append(server.url(f"{mirror}.bin", None if fate == "gone" else page))
        arrives = arrives or fate in ("whole", "flaky")
    destination = tmp_path / "raw" / "file"
    if arrives:
        download(urls, hashes, destination, QUICK)
        assert destination.read_bytes() == body
        assert stat.S_IMODE(destination.stat().st_mode) & 0o400
    else:
        with pytest.raises(SoakError) as caught:
            download(urls, hashes, destination, QUICK)
        assert all(url in str(caught.value) for url in urls)
        assert "\n" not in str(caught.value)
        assert not destination.exists()
    assert not any(path.name.endswith(".part") and path.parent == destination.parent for path in tmp_path.rglob("*"))
