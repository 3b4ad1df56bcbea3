"""The locked packages: all of the short lists, with hashes, and nothing of this machine."""

import re

import pytest
from small_runs import ROOT

LISTS = {"lock.txt": ["requirements.txt"], "lock-dev.txt": ["requirements.txt", "dev.txt"]}
PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[\w,]+\])?==([\w.+]+)", flags=re.M)


def pins(name):
    return {pin.lower().replace("_", "-"): version for pin, version in PIN.findall((ROOT / "envs" / name).read_text())}


@pytest.mark.parametrize("name", LISTS)
def test_a_lock_has_all_of_its_lists_with_their_versions(name):
    asked = {key: value for part in LISTS[name] for key, value in pins(part).items() if key != "torch"}
    assert asked.items() <= pins(name).items(), "run make lock"


@pytest.mark.parametrize("name", LISTS)
def test_every_package_has_hashes_and_no_line_names_a_place(name):
    text = (ROOT / "envs" / name).read_text()
    assert not re.search(r"^\s*(-|--)(i|f|e|index|extra|find|no-index|trusted)|://|@ ", text, flags=re.M)
    packages = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M)[1:]
    assert len(packages) > 90
    assert all("--hash=sha256:" in package for package in packages)
    assert not any(package.startswith(("torch==", "nvidia-", "triton==")) for package in packages)


def test_both_locks_have_one_version_of_each_package():
    assert pins("lock.txt").items() <= pins("lock-dev.txt").items()
