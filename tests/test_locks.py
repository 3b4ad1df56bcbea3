"""The locked packages: all of the short lists, with hashes, and nothing of this machine."""

import importlib.metadata
import re
import subprocess
import tomllib

import pytest
from small_runs import ROOT

LISTS = {
    "lock.txt": ["requirements.txt"],
    "lock-cpu.txt": ["requirements.txt"],
    "lock-dev.txt": ["requirements.txt", "dev.txt"],
}
WITH_TORCH = "lock.txt"  # the others are for builds of torch from another index, with other hashes
OF_TORCH = ("torch", "nvidia-", "triton", "cuda-")
EXTRA = re.compile(r"^[a-z0-9.-]+\[[a-z0-9,-]+\]", flags=re.M)
PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[\w,]+\])?==([\w.+]+)", flags=re.M)


def pins(name):
    return {pin.lower().replace("_", "-"): version for pin, version in PIN.findall((ROOT / "envs" / name).read_text())}


@pytest.mark.parametrize("name", LISTS)
def test_a_lock_has_all_of_its_lists_with_their_versions(name):
    asked = {
        key: value for part in LISTS[name] for key, value in pins(part).items() if name == WITH_TORCH or key != "torch"
    }
    assert asked.items() <= pins(name).items(), "run make lock"


@pytest.mark.parametrize("name", LISTS)
def test_every_package_has_hashes_and_no_line_names_a_place(name):
    text = (ROOT / "envs" / name).read_text()
    assert not re.search(r"^\s*(-|--)(i|f|e|index|extra|find|no-index|trusted)|://|@ ", text, flags=re.M)
    packages = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M)[1:]
    assert len(packages) > 90
    assert all("--hash=sha256:" in package for package in packages)
    assert any(package.startswith(OF_TORCH) for package in packages) == (name == WITH_TORCH)


@pytest.mark.parametrize("name", LISTS)
def test_a_lock_names_the_extras_that_its_packages_ask_for(name):
    """Else pip asks for the newest release of the package, and fails as soon as that is newer than the lock."""
    lines = (ROOT / "envs" / name).read_text().lower().replace("_", "-")
    asked = [
        extra
        for package in pins(name)
        for extra in EXTRA.findall("\n".join(requirements(package)).lower().replace("_", "-"))
    ]
    assert [extra for extra in asked if f"\n{extra}==" not in lines] == []
    assert name != "lock-dev.txt" or "coverage[toml]" in asked


def requirements(package):
    """What an installed package always needs."""
    try:
        return [one for one in importlib.metadata.requires(package) or [] if "extra ==" not in one]
    except importlib.metadata.PackageNotFoundError:  # of another system
        return []


def test_all_locks_have_one_version_of_each_package_and_differ_in_torch_alone():
    cuda, cpu, dev = map(pins, LISTS)
    assert cpu.items() <= cuda.items()
    assert cpu.items() <= dev.items()
    assert {name for name in cuda if name not in cpu} == {name for name in cuda if name.startswith(OF_TORCH)}
    assert "torch" in cuda


@pytest.mark.parametrize(
    ("asked", "lock", "index_of_torch"),
    [("", "lock-cpu.txt", None), ("TORCH=cpu", "lock-cpu.txt", "own"), ("TORCH=cuda", "lock.txt", None)],
)
def test_make_setup_and_the_container_install_the_lock_of_their_torch(asked, lock, index_of_torch, tmp_path):
    words = ["make", "-n", "-B", *asked.split(), f"VENV={tmp_path}", "setup"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    pip = [line.partition(" install ")[2] for line in done.stdout.splitlines() if " -m pip install " in line]
    locks = [line.rpartition("-r ")[2] for line in pip if "--require-hashes" in line]
    of_torch = [line for line in pip if "torch==" in line]
    container = (ROOT / "Containerfile").read_text()
    index = re.search(r"^ARG TORCH_INDEX=(\S+)$", container, flags=re.M)[1]
    assert locks == [f"envs/{lock}"]
    assert len(of_torch) == (lock == "lock-cpu.txt")
    assert all((f"--no-deps --index-url {index} " in line) == bool(index_of_torch) for line in of_torch)
    for name in ("lock.txt", "lock-cpu.txt", "requirements.txt"):
        assert f"envs/{name}" in re.search(r"^COPY (envs/.*) envs/$", container, flags=re.M)[1].split()


def test_the_container_has_all_parts_that_a_run_needs():
    copied = {
        part
        for line in re.findall(r"^COPY (.*)$", (ROOT / "Containerfile").read_text(), flags=re.M)
        for part in line.split()[:-1]
    }
    assert {"Snakefile", "rules", "scripts", "src", "config", "profiles", "pyproject.toml"} <= copied
    for part in copied:
        assert (ROOT / part).exists(), part
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["readme"] in copied  # the build backend reads it
