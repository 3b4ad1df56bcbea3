"""Snakemake's own report of a finished run: it is made without network, and has captions, categories and headings."""

import json
import re

import pytest

from soak.figures.catalog import find_figure

pytestmark = pytest.mark.workflow


def part(page, name):
    """What the page's script of this id holds: ``var NAME = {…};``."""
    start = re.search(rf'<script id="{name}">\s*var {name} = ', page).end()
    return json.JSONDecoder().raw_decode(page, start)[0]


def test_report_of_a_finished_run(finished, monkeypatch, tmp_path):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nothing is fetched
    figures = sorted(file.stem for file in (finished / "figures").glob("*.png"))
    finished.run("--report", str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text()
    results = part(page, "results").values()
    shown = {result["name"]: result for result in results}
    assert sorted(name[:-4] for name in shown if name.endswith(".png")) == figures
    for name in figures:
        result = shown[f"{name}.png"]
        figure, of = find_figure(name)  # a task, or a measure by its name
        assert result["labels"] == {"figure": f"{figure.title}: {of}" if of else figure.title}
        text = re.sub(r"<[^>]+>|\s+", " ", result["caption"])
        assert figure.caption.split()[:5] == text.split()[:5]
        assert re.match(r"data:image/png;.*base64,", result["data_uri"])
    assert {name for name in shown if name.endswith(".csv")} == {
        "data.csv",
        "data_notes.csv",
        "scores.csv",
        "stats.csv",
        "pvalues.csv",
        "verdicts.csv",
        "fits.csv",
        "transfer.csv",
        "datasets.csv",
        "summary.csv",
    }
    assert set(part(page, "categories")) == {"Data", "Learning curves", "Results", "Predictions", "Tables"}
    assert str(finished.folder) not in json.dumps(list(results))


def test_what_the_report_shows_makes_nothing_run_again(finished):
    assert finished.planned() == {}
