"""A real Slurm, one controller and two nodes on this host: the same tables, and what goes wrong costs only time.

Skipped where Slurm is not installed or this is not root; with CI_CLUSTER=1 that is a failure.
"""

import copy
import os
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
from small_runs import SMALL, Workflow, copy_project, write_trees

pytestmark = pytest.mark.cluster

HERE = Path(__file__).parent
SLURM = ["--workflow-profile", "profiles/slurm", "--slurm-init-seconds-before-status-checks", "2"]


def cannot():
    """Why there can be no cluster here; empty if there can."""
    if os.getuid() != 0:
        return "slurmd starts jobs as their users, so that only root can bring it up"
    if not os.environ.get("CI_CLUSTER") and not (shutil.which("slurmctld") and shutil.which("munged")):
        return "Slurm is not installed (tests/cluster/up.sh installs it; CI_CLUSTER=1 lets it)"
    return ""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Environment of Slurm's commands, of a cluster that lives as long as these tests."""
    reason = cannot()
    if reason and os.environ.get("CI_CLUSTER"):
        pytest.fail(f"CI_CLUSTER is set, but {reason}")
    if reason:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("slurm")
    try:
        up = subprocess.run([HERE / "up.sh", folder], capture_output=True, text=True)
        assert up.returncode == 0, up.stderr
        told = dict(word.split("=", 1) for word in up.stdout.split()[1:])
        yield os.environ | {"SLURM_CONF": told["SLURM_CONF"], "PATH": f"{folder}/bin:{os.environ['PATH']}"}
    finally:
        subprocess.run([HERE / "down.sh", folder], check=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("project"))


def make(folder, project):
    write_trees(folder / "trees.csv")
    config = copy.deepcopy(SMALL) | {"execution": {"fits_per_job": 5}}
    del config["datasets"], config["tasks"]["Images"], config["tutorial"]
    return Workflow(folder, config, project)


@pytest.fixture(scope="module")
def local(tmp_path_factory, project):
    """Tables of runs on this machine with one core and with two, which are the same."""
    runs = []
    for cores in (1, 2):
        run = make(tmp_path_factory.mktemp(f"cores{cores}"), project)
        run.run("--", "tables", cores=cores)
        runs.append(run.tables())
    assert runs[0] == runs[1]
    return runs[0]


def on_cluster(run, cluster, *arguments, code=0):
    """Run a workflow on the cluster, which ends with this exit code; its output."""
    command, how = run.command(*SLURM, *arguments)
    without_cores = [command[0], *command[3:]]  # --cores would bound the jobs of the cluster
    environment = cluster | {name: how["env"][name] for name in ("NO_COLOR", "PYTHONPATH")}
    done = subprocess.run(without_cores, **(how | {"env": environment}))
    assert done.returncode == code, done.stdout[-5000:]
    return done.stdout


def take_down(cluster, told):
    """Set the node down that is the first to run a fit, and bring it back once its job has left it."""
    squeue = ["squeue", "--noheader", "--states=running", "--format=%N|%k"]
    for _ in range(1200):
        found = subprocess.run(squeue, env=cluster, capture_output=True, text=True).stdout
        nodes = [line.split("|")[0] for line in found.splitlines() if line.split("|")[1].startswith("rule_fit_")]
        if nodes:
            break
        time.sleep(0.25)
    else:
        return
    for state in ("down", "resume"):
        update = ["scontrol", "update", f"nodename={nodes[0]}", f"state={state}", "reason=test"]
        done = subprocess.run(update, env=cluster, capture_output=True, text=True)
        told.append((nodes[0], state, done.stderr))
        time.sleep(10)


def test_a_node_that_goes_down_costs_only_time(cluster, project, local, tmp_path):
    run = make(tmp_path, project)
    told = []
    watcher = threading.Thread(target=take_down, args=(cluster, told), daemon=True)
    watcher.start()
    on_cluster(run, cluster, "--", "tables")
    watcher.join(timeout=60)
    assert [(state, error) for _, state, error in told] == [("down", ""), ("resume", "")]
    assert run.tables() == local


# Classes that take more memory than their job has at first, and than any has, on train sets of one subset
HUNGRY = """
import time

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

class Hungry(KNeighborsClassifier):
    megabytes = 500

    def fit(self, X, y):
        taken = []
        while len(X) < 40 and len(taken) < self.megabytes:
            taken.append(np.ones(10**6 // 8))
            time.sleep(0.002)
        return super().fit(X, y)

class Starving(Hungry):
    megabytes = 10**6
"""


def test_a_fit_killed_for_memory_gets_more_and_fails_only_in_the_last_try(cluster, project, tmp_path):
    """The fits of its pack that were finished are kept, and all others count."""
    run = make(tmp_path, project)
    (tmp_path / "hungry.py").write_text(HUNGRY)
    classes = {name: {"type": "estimator", "class": f"hungry.{name}"} for name in ("Hungry", "Starving")}
    run.config["learners"] = {"featureless": {"type": "featureless"}, **classes}
    run.config["resampling"] = {"folds": 2}
    run.config["execution"] = {"fits_per_job": 6}
    output = on_cluster(run, cluster, "--retries", "1", "--", "tables", code=1)
    assert output.count("Trying to restart job") >= 2  # a pack of each class; Slurm may be the first to see it
    fits = pd.read_csv(run / "tables/fits.csv", keep_default_na=False)
    failed = fits[fits["status"] == "failed"]
    assert set(failed["learner"]) == {"Starving"}
    assert len(failed) == 4
    assert set(failed["reason"]) == {"it reached the 1400 MB that its job asked for"}
    assert "soak: 4 of 18 fits failed; their scores are empty" in output


def test_a_job_killed_for_memory_is_tried_again_with_more(cluster, project, tmp_path):
    """The first try asks for less than Python itself needs, the third for enough."""
    run = make(tmp_path, project)
    output = on_cluster(run, cluster, "--set-resources", "build_task:mem_mb=170*attempt", "--", "splits")
    killed = list((tmp_path / ".snakemake/slurm_logs").rglob("*.log"))
    assert any("exceeded memory limit" in file.read_text() for file in killed)
    assert re.search(r"Trying to restart job \d+", output)
    assert (run / "tasks/index.json").exists()
