"""What several tests of data need."""

import pytest
from faulty_server import FaultyServer


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server on 127.0.0.1, asked without a proxy; the cache of downloads is the test's own."""
    monkeypatch.setenv("SOAK_DATA", str(tmp_path / "cache"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with FaultyServer() as running:
        yield running
