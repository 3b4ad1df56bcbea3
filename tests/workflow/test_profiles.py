"""What the cluster's profiles ask of Slurm, read from what sbatch is called with; tests/cluster has a real Slurm."""

import os
import re
import subprocess

import pytest

pytestmark = pytest.mark.workflow

COMMANDS = {
    "sbatch": 'echo "$@" >> "$(dirname "$0")/asked"; exit 1',
    "sinfo": "echo 'main*'",  # the default partition
    "scontrol": "echo 'MinJobAge = 300 sec'",
    "squeue": "",
    "sacct": "",
    "scancel": "",
    "sacctmgr": "",
    "srun": "exit 1",
}
SOON = ["--slurm-init-seconds-before-status-checks", "1"]


@pytest.fixture
def asked(again, tmp_path):
    """A function that runs a profile and gives the calls of sbatch, which all fail."""

    def run(profile, **environment):
        folder = tmp_path / "bin"
        folder.mkdir()
        for name, line in COMMANDS.items():
            (folder / name).write_text(f"#!/bin/sh\n{line}\n")
            (folder / name).chmod(0o755)
        command, how = again.command(
            "--workflow-profile", f"profiles/{profile}", "--retries", "0", *SOON, "--", "tables"
        )
        command = [command[0], *command[3:]]
        path = {"PATH": f"{folder}:{os.environ['PATH']}"}
        done = subprocess.run(command, **(how | {"env": how["env"] | path | environment}), timeout=300)
        assert done.returncode != 0
        return [call.split(" --wrap=")[0] for call in (folder / "asked").read_text().splitlines()]

    return run


def test_a_gpu_for_networks_only(again, asked):
    """execution.device changes for torch learners alone; another learner is changed to see what it asks for."""
    again.config["learners"]["cv_glmnet"]["nlambda"] = 60
    calls = asked("slurm-gpu")
    networks = [call for call in calls if "linear_mlp" in call]
    others = [call for call in calls if "cv_glmnet" in call]
    assert len(networks) == len(others) == 2
    assert all(" --gpus=1" in call and " -p main " in call for call in networks)
    assert not any("--gpu" in call or "--gres" in call for call in others)


def test_requests_are_those_of_the_rules_and_of_slurms_own_variables(again, asked):
    again.config["learners"]["cv_glmnet"]["nlambda"] = 60
    calls = asked("slurm", SBATCH_PARTITION="max", SBATCH_ACCOUNT="")
    assert len(calls) == 2
    for call in calls:
        assert " -p max " in call  # a name that is a function of Python's too
        assert re.search(r"--mem 60\d ", call)
        assert " -t 10 " in call
        assert "--cpus-per-task=1" in call
        assert " -A " not in call
