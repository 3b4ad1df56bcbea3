"""Fixtures of runs of the whole workflow."""

import copy
import fcntl
import os
import shutil

import pytest
from small_runs import SMALL, Workflow, copy_project, write_trees


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A copy of the project's code that tests may change; each process of pytest-xdist has its own."""
    return copy_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def finished(tmp_path_factory, project):
    """A finished run of the small config, not to be changed; processes of pytest-xdist share it."""
    root = tmp_path_factory.getbasetemp()
    folder = (root.parent if "PYTEST_XDIST_WORKER" in os.environ else root) / "finished"
    run = Workflow(folder, copy.deepcopy(SMALL), project)
    with open(folder.with_name("finished.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = Workflow(folder.with_name("unfinished"), run.config, project)
            unfinished.folder.mkdir()
            write_trees(unfinished.folder / "trees.csv")
            unfinished.run()
            unfinished.folder.rename(folder)
    return run


@pytest.fixture
def again(finished, tmp_path):
    """A copy of the finished run, times and all, with a config to change."""
    folder = tmp_path / "again"
    shutil.copytree(finished.folder, folder, symlinks=True)  # copytree keeps the times of files, as cp -a does
    return Workflow(folder, copy.deepcopy(SMALL), finished.project)


@pytest.fixture
def workflow(tmp_path):
    """A function that makes a workflow of a config."""
    return lambda config: Workflow(tmp_path, config)
