"""Secrets of addresses, control characters and formulas in data: none reaches a terminal, or a file that is kept."""

import base64
import functools
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pandas as pd
import pytest

pytestmark = pytest.mark.workflow

USER, PASSWORD, TOKEN = "mesmith", "hunter2secret", "sesame1234open"


class Handler(BaseHTTPRequestHandler):
    """Serves a table to those who have the password and the token."""

    def __init__(self, table, *arguments):
        self.table = table
        super().__init__(*arguments)

    def log_message(self, *_):
        pass

    def do_GET(self):
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        known = self.headers["Authorization"] == expected and self.path == f"/trees.csv?key={TOKEN}"
        self.send_response(200 if known else 403)
        self.end_headers()
        if known:
            self.wfile.write(self.table)


@pytest.fixture
def address(monkeypatch, tmp_path):
    monkeypatch.setenv("SOAK_DATA", str(tmp_path / "cache"))
    rows = [f"{region},{i % 7},{'ja' if i % 3 else '=1+1'}" for i in range(30) for region in ("north", "so\x1b[31muth")]
    table = "\n".join(["region,a,y", *rows, ""]).encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, table))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}/trees.csv"
    server.shutdown()


def config(url, **more):
    return {
        "tasks": {"Trees": {"table": url, "target": "y", "subset": "region", "features": ["a"]}},
        "resampling": {"folds": 3},
        "learners": {"glmnet": {"type": "cv_glmnet", "folds": 3, "nlambda": 20}},
        "figures": {"formats": ["png"], "csv_safe": True},
        **more,
    }


def in_files(folder, *words):
    """Files of a run, but its config, that hold a word."""
    files = [file for file in folder.rglob("*") if file.is_file() and file != folder / "config.yaml"]
    assert len(files) > 50 or len(words) == 2
    return [file for file in files if any(word.encode() in file.read_bytes() for word in words)]


def test_no_file_of_a_run_holds_a_secret_and_no_text_a_control_character(workflow, address):
    run = workflow(config(f"http://{USER}:{PASSWORD}@{address}?key={TOKEN}"))
    done = run.run()
    assert in_files(run.folder, PASSWORD, TOKEN) == []
    assert not {PASSWORD, TOKEN, "\x1b"} & {word for word in (PASSWORD, TOKEN, "\x1b") if word in done.stdout}
    for name in ("tables/data.txt", "tables/verdicts.txt", "logs/outcome.txt"):
        text = (run / name).read_text(encoding="utf-8")
        assert "\x1b" not in text
        assert r"so\x1b[31muth" in text
    data = pd.read_csv(run / "tables/data_notes.csv")
    assert not any(str(text).startswith(("=", "+", "-", "@")) for text in data.to_numpy().ravel())
    again = run.run("-n")
    assert "Nothing to be done" in again.stdout


def test_a_run_that_fails_tells_no_secret(workflow, address):
    run = workflow(config(f"http://{USER}:wrong{PASSWORD}@{address}?key={TOKEN}"))
    done = run.run("--", "tables", check=False)
    assert done.returncode == 1
    assert f"http://{address}?key=…: the server answered 403" in done.stdout
    assert PASSWORD not in done.stdout
    assert TOKEN not in done.stdout
    assert in_files(run.folder, PASSWORD, TOKEN) == []


def test_a_mistake_in_the_config_is_shown_without_secrets(workflow):
    wrong = config([f"http://{USER}:{PASSWORD}@example.org/a.csv"])
    done = workflow(wrong).run("-n", check=False)
    assert done.returncode == 1
    assert "tasks.Trees.table: expected non-empty text such as my.csv, got ['http://example.org/a.csv']" in done.stdout
    assert PASSWORD not in done.stdout
