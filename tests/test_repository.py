"""What holds for every file of the repository."""

import re
import subprocess
import tomllib

import pytest
import yaml
from small_runs import ROOT

# Hosts of the default indexes of pip, conda, R, npm and cargo, without the dots: this file must not name them either
REGISTRIES = ("pypi org", "pythonhosted org", "anaconda com", "anaconda org", "r-project org", "npmjs org", "crates io")


def test_no_file_names_a_package_registry():
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git repository")
    files = [ROOT / name for name in done.stdout.split("\0") if name]
    address = re.compile("|".join(host.replace(" ", r"\.") for host in REGISTRIES).encode())
    assert [str(file) for file in files if file.is_file() and address.search(file.read_bytes())] == []


def test_one_version_with_one_date():
    """That of pyproject.toml, which the changelog and the citation repeat."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    first = re.search(r"^## (\S+)(?: \((.+)\))?$", (ROOT / "CHANGELOG.md").read_text(), flags=re.M)
    assert citation["version"] == first[1] == version
    assert str(citation.get("date-released")) == first[2]
