"""Figures 2 to 8 and Table 1 from the paper's published scores, here from the excerpts, and what is asked of that config."""

import html
import re

import pandas as pd
import pytest
import yaml
from small_runs import ROOT

pytestmark = pytest.mark.workflow

EXCERPTS = ROOT / "tests/reference/paper"


def test_all_figures_and_the_table_are_made_from_a_folder(workflow):
    config = yaml.safe_load((ROOT / "config/published.yaml").read_text())
    for one in config["scores"].values():
        del one["hash"]  # of the complete files
    config["figures"]["formats"] = ["png"]
    config["scores_folder"] = str(EXCERPTS)
    run = workflow(config)
    run.run()
    names = [
        "figure_2",
        "figure_3",
        "figure_4",
        "figure_4_again",
        "figure_5",
        "figure_6",
        "figure_7",
        "figure_8",
        "table_1",
    ]
    for name in names:
        assert (run / f"figures/{name}.png").is_file()
        assert len(pd.read_csv(run / f"figures/{name}.csv"))
    assert (run / "tables/datasets.tex").read_text().count("\\\\\n") == 1 + 20
    report = html.unescape((run / "report.html").read_text())
    assert re.findall(r'<figure id="figure-(\w+)"', report) == names
    assert "Figure 5: is training on all subsets better" in report


def test_a_folder_that_is_not_there_is_one_line(workflow):
    run = workflow({"scores": {"published": {"file": "scores.csv"}}, "scores_folder": "nowhere"})
    done = run.run("-n", check=False)
    assert done.returncode
    assert "scores_folder: there is no folder 'nowhere'" in done.stdout
