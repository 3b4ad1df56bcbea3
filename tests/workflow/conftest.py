"""Runs of the whole workflow, on tables small enough for a test."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@dataclass
class Workflow:
    """A folder in which the workflow runs with a config of its own."""

    folder: Path
    config: dict

    def run(self, *arguments, cores=2, check=True):
        """Run Snakemake; returns the finished process, its output and errors in one text."""
        file = self.folder / "config.yaml"
        file.write_text(yaml.safe_dump(self.config, sort_keys=False))
        command = [str(Path(sys.executable).parent / "snakemake"), "--cores", str(cores)]
        command += ["--configfile", str(file), "--directory", str(self.folder), *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | {"NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if check:
            assert done.returncode == 0, done.stdout
        return done

    def planned(self, *arguments):
        """Jobs that Snakemake would run: rule name to number."""
        return job_counts(self.run("-n", *arguments).stdout)

    def __truediv__(self, name):
        return self.folder / "results" / name


def job_counts(output):
    """The last table 'Job stats' of Snakemake's output, without its total and the target rules."""
    table = output.rsplit("Job stats:", 1)
    rows = re.findall(r"^(\w+) +(\d+)$", table[1].split("\n\n")[0], flags=re.M) if len(table) == 2 else []
    return {rule: int(count) for rule, count in rows if rule not in ("total", "all", "tables", "figures", "splits_only")}


@pytest.fixture
def workflow(tmp_path):
    """A function that makes a workflow of a config."""
    return lambda config: Workflow(tmp_path, config)
