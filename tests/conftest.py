"""Settings of all tests."""

import os

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

# The same examples each time, so that a test tells of the change that was made; make stress looks for new ones
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("new", deadline=None)
settings.load_profile("new" if os.environ.get("SOAK_STRESS") else "same")

# Tests that share a finished run
SHARED_RUN = tuple(
    f"tests/workflow/test_{name}.py"
    for name in (
        "damage",
        "kills",
        "profiles",
        "redraw",
        "rerun",
        "scores_from_elsewhere",
        "snakemake_report",
        "whole_run",
    )
)
LONG = (
    "tests/cluster/",
    SHARED_RUN,
    "tests/workflow/",
    "tests/commands/test_smoke.py",
    "tests/test_readme.py",
    "tests/glmnet/",
    "tests/test_gallery.py",
    "tests/fitting/test_supervision.py",
)


def pytest_collection_modifyitems(items):
    """The long tests begin first."""
    items.sort(key=lambda item: next((n for n, start in enumerate(LONG) if item.nodeid.startswith(start)), len(LONG)))


class ByKind(LoadScopeScheduling):
    """Gives tests that share something slow to one process, and other files to whichever is free."""

    def _split_scope(self, nodeid):
        return "shared run" if nodeid.startswith(SHARED_RUN) else nodeid.split("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """For make test, which runs several processes."""
    return ByKind(config, log)
