"""Fixtures of runs of the whole workflow."""

import copy
import shutil

import pytest
from small_runs import SMALL, Workflow, copy_project, write_trees


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A finished run of the small config, from a copy of the project; not to be changed."""
    project = copy_project(tmp_path_factory.mktemp("project"))
    folder = tmp_path_factory.mktemp("finished")
    write_trees(folder / "trees.csv")
    run = Workflow(folder, copy.deepcopy(SMALL), project)
    run.run()
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
