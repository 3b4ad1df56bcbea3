"""Where the inputs of an archive are looked for."""

from pathlib import Path

from soak.commands import archive
from soak.data.download import cached_file
from soak.data.sources import Source


def test_files_of_urls_are_where_the_cache_has_them(tmp_path: Path) -> None:
    url = "https://example.org/a.csv"
    moved: dict[str, str] = {}
    place = archive._place(Source(("/mirror/a.csv", url)), "T", "table", url, tmp_path, moved)
    assert place == f"inputs/cache/{cached_file(url).name}"
    assert moved == {}


def test_files_beside_the_config_stay_and_others_move(tmp_path: Path) -> None:
    moved: dict[str, str] = {}
    assert archive._local_place("data/t.csv", "T/table", tmp_path, moved) == "data/t.csv"
    for location in ("/home/me/t.csv", "../t.csv"):
        assert archive._local_place(location, "T/table", tmp_path, moved) == "inputs/T/table/t.csv"
    config = {"tasks": {"T": {"table": "../t.csv", "where": ["/home/me/t.csv", 1]}}}
    assert archive._replaced(config, moved) == {
        "tasks": {"T": {"table": "inputs/T/table/t.csv", "where": ["inputs/T/table/t.csv", 1]}}
    }
