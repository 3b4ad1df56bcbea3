"""The recipes of docs/ARCHITECTURE.md, followed to the letter on a copy of the project: one file for each new thing."""

import os
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from documents import blocks
from small_runs import ROOT, Workflow, copy_project

pytestmark = pytest.mark.workflow
DOCUMENT = ROOT / "docs/ARCHITECTURE.md"


def write_files(project):
    """Write the files that the recipes show into a project."""
    for block in blocks(DOCUMENT, "python"):
        name = re.match(r"# (src/soak/\S+\.py)\n", block.text)[1]
        assert not (project / name).exists()
        (project / name).write_text(block.text)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with everything that the recipes add."""
    folder = copy_project(tmp_path_factory.mktemp("recipes") / "soak", "docs", "pyproject.toml")
    write_files(folder)
    (record,) = (block.text for block in blocks(DOCUMENT, "text") if block.kind == "record")
    measures = folder / "src/soak/measures.py"
    text = measures.read_text()
    assert text.count("_RECORDS = (\n") == 1
    measures.write_text(text.replace("_RECORDS = (\n", f"_RECORDS = (\n{record}"))
    return folder


@pytest.fixture(scope="module")
def run(project, tmp_path_factory):
    """A run that uses all of it."""
    folder = tmp_path_factory.mktemp("run")
    draw = np.random.default_rng(1)
    for name in ("First", "Second"):
        labels = np.repeat(["a", "b", "c"], 20)
        np.savez(folder / f"{name}.npz", x=draw.normal(size=(60, 4)) + np.repeat(np.arange(3), 20)[:, None], y=labels)
    config = {
        "datasets": {name: {"npz": f"{name}.npz"} for name in ("First", "Second")},
        "tasks": {"Both": {"datasets": ["First", "Second"]}},
        "learners": {"featureless": {"type": "featureless"}, "means": {"type": "nearest_mean", "power": 1}},
        "measures": ["mean_rank_error", "zero_one_loss"],
        "figures": {"formats": ["png"]},
    }
    workflow = Workflow(folder, config, project)
    workflow.run()
    return workflow


def test_all_that_was_added_is_used(run):
    scores = pd.read_csv(run / "tables/scores.csv")
    errors = scores.groupby("algorithm")["mean_rank_error"].mean()
    assert errors["means"] < 0.5 < errors["featureless"]
    assert pd.read_csv(run / "figures/fold_errors.csv").columns.tolist() == ["test_fold", "value"]
    report = (run / "report.html").read_text()
    assert "Scores of each fold" in report
    assert "A fold that is far from the others" in report


def test_the_documents_show_what_was_added(project):
    command = [sys.executable, "-m", "soak.config.document"]
    subprocess.run(command, cwd=project, env=os.environ | {"PYTHONPATH": str(project / "src")}, check=True)
    readme = (project / "config/README.md").read_text()
    assert "### learners.NAME with type: nearest_mean\n" in readme
    assert "### datasets.NAME with npz\n" in readme
    assert "mean_rank_error" in readme


def test_a_new_learner_type_format_or_figure_runs_nothing_again(tmp_path):
    project = copy_project(tmp_path / "soak", "pyproject.toml")
    config = {
        "datasets": {"Digits": {"builtin": "digits", "rows": 60}, "Fonts": {"builtin": "font_digits", "rows": 60}},
        "tasks": {"Both": {"datasets": ["Digits", "Fonts"]}},
        "learners": {"featureless": {"type": "featureless"}},
        "figures": {"formats": ["png"]},
    }
    (tmp_path / "run").mkdir()
    workflow = Workflow(tmp_path / "run", config, project)
    workflow.run("--", "tables")
    write_files(project)
    assert workflow.planned("--", "tables") == {}
