"""snakemake --lint has one complaint left, which CONTRIBUTING.md explains."""

import re
import subprocess

import pytest
from small_runs import ROOT, SNAKEMAKE

pytestmark = pytest.mark.workflow


def test_lint(tmp_path):
    done = subprocess.run(
        [SNAKEMAKE, "--lint", "--directory", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    complaints = set(re.findall(r"^    \* (.*)$", done.stdout + done.stderr, flags=re.M))
    assert complaints <= {"Specify a conda environment or container for each rule.:"}
