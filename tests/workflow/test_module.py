"""Inside another workflow: included as a module from another folder; and n jobs on n cores use n cores."""

import json
import os
import subprocess

import pytest
import yaml
from small_runs import ROOT, SNAKEMAKE, write_trees

pytestmark = pytest.mark.workflow

OUTER = f"""
module soak:
    snakefile:
        "{ROOT}/Snakefile"
    config:
        config["soak"]


use rule * from soak as soak_*


rule summary:
    default_target: True
    input:
        "results/tables/verdicts.csv",
    output:
        "summary.txt",
    shell:
        "head -n 1 {{input}} > {{output}}"
"""

RECORDER = """
import json, os
from pathlib import Path

from sklearn.dummy import DummyClassifier
from threadpoolctl import threadpool_info


class RecorderClassifier(DummyClassifier):
    def fit(self, X, y):
        told = {name: value for name, value in os.environ.items() if name.endswith("_NUM_THREADS")}
        told["pools"] = [pool["num_threads"] for pool in threadpool_info()]
        Path("threads.json").write_text(json.dumps(told))
        return super().fit(X, y)
"""


@pytest.fixture(scope="module")
def outer(tmp_path_factory):
    """A workflow of somebody else's, in a folder of its own, that includes this one and has run."""
    folder = tmp_path_factory.mktemp("outer")
    (folder / "Snakefile").write_text(OUTER)
    (folder / "recorder.py").write_text(RECORDER)
    write_trees(folder / "trees.csv")
    soak = {
        "tasks": {"Trees": {"table": "trees.csv", "target": "y", "subset": "region"}},
        "learners": {
            "featureless": {"type": "featureless"},
            "recorder": {"type": "estimator", "class": "recorder.RecorderClassifier"},
        },
    }
    (folder / "config.yaml").write_text(yaml.safe_dump({"soak": soak, "other": 1}))
    return folder, start(folder)


def start(folder, *arguments):
    command = [SNAKEMAKE, "--cores", "2", "--configfile", "config.yaml", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_another_workflow_includes_this_one(outer):
    folder, done = outer
    assert done.returncode == 0, done.stderr
    assert "Rule: soak_fit" in done.stderr + done.stdout
    assert (folder / "summary.txt").read_text().startswith("task_id,test_subset,comparison")
    again = start(folder, "-n")
    assert "Nothing to be done" in again.stderr + again.stdout


def test_a_job_of_one_thread_uses_one(outer):
    folder, done = outer
    assert done.returncode == 0, done.stderr
    told = json.loads((folder / "threads.json").read_text())
    assert told["OMP_NUM_THREADS"] == told["OPENBLAS_NUM_THREADS"] == told["MKL_NUM_THREADS"] == "1"
    assert set(told["pools"]) == {1}
