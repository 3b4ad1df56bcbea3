"""Runs of the whole workflow, on tables small enough for a test."""

import os
import random
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
SNAKEMAKE = str(Path(sys.executable).parent / "snakemake")

TARGETS = ("total", "all", "tables", "figures", "data", "tasks")

# Every kind of task and learner, as small as can be
SMALL = {
    "datasets": {"Digits": {"builtin": "digits", "rows": 200}, "Fonts": {"builtin": "font_digits", "rows": 200}},
    "tasks": {
        "Images": {"datasets": ["Digits", "Fonts"]},
        "Trees": {"table": "trees.csv", "target": "y", "subset": "region"},
    },
    "learners": {
        "featureless": {"type": "featureless"},
        "cv_glmnet": {"type": "cv_glmnet", "nlambda": 50, "folds": 3, "thresh": 1e-3},
        "linear_mlp": {"type": "torch_mlp", "epochs": 3},
    },
    "tutorial": {"dataset": "Digits"},
    "figures": {"formats": ["png"]},
    "execution": {"fits_per_job": 9},
}


@dataclass
class Workflow:
    """A folder in which the workflow runs with a config of its own."""

    folder: Path
    config: dict
    project: Path = ROOT

    def command(self, *arguments, cores=2):
        """Write the config; the command that runs Snakemake, and what it is to be started with."""
        file = self.folder / "config.yaml"
        file.write_text(yaml.safe_dump(self.config, sort_keys=False))
        words = [SNAKEMAKE, "--cores", str(cores), "--configfile", str(file), "--directory", str(self.folder)]
        environment = os.environ | {"NO_COLOR": "1", "PYTHONPATH": str(self.project / "src")}
        how = {"cwd": self.project, "env": environment, "text": True}
        return [*words, *arguments], how | {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}

    def run(self, *arguments, cores=2, check=True):
        """Run Snakemake; returns the finished process, its output and errors in one text."""
        command, how = self.command(*arguments, cores=cores)
        done = subprocess.run(command, **how)
        if check:
            assert done.returncode == 0, done.stdout
        return done

    def planned(self, *arguments):
        """Jobs that Snakemake would run: rule name to number."""
        return job_counts(self.run("-n", *arguments).stdout)

    def __truediv__(self, name):
        return self.folder / "results" / name

    def tables(self):
        """Bytes of all tables but times, which differ from run to run."""
        files = sorted((self / "tables").glob("*"))
        return {file.name: file.read_bytes() for file in files if file.stem != "times"}


def write_trees(path, seed=1):
    """A table of two regions that a line divides into two classes."""
    draw = random.Random(seed)
    rows = [(region, draw.gauss(0, 1), draw.gauss(0, 1)) for region in ["north", "south"] * 60]
    lines = [f"{region},{a:.4f},{b:.4f},{'yes' if a + b > 0 else 'no'}" for region, a, b in rows]
    path.write_text("\n".join(["region,a,b,y", *lines]) + "\n")


def copy_project(folder, *more):
    """A copy of the project's code and ``more`` of it, to be changed by a test, and not by anyone else meanwhile."""
    folder.mkdir(exist_ok=True)
    for name in ("Snakefile", "rules", "scripts", "src", "config", "profiles", "README.md", *more):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    return folder


def job_counts(output):
    """The last table 'Job stats' of Snakemake's output, without its total and the target rules."""
    table = output.rsplit("Job stats:", 1)
    rows = re.findall(r"^(\w+) +(\d+)$", table[1].split("\n\n")[0], flags=re.M) if len(table) == 2 else []
    return {rule: int(count) for rule, count in rows if rule not in TARGETS}
