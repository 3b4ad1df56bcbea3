"""Settings of all tests."""

import os

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

# The same examples each time, so that a test tells of the change that was made; make stress looks for new ones
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("new", deadline=None)
settings.load_profile("new" if os.environ.get("SOAK_STRESS") else "same")

LONG = ("tests/cluster/", "tests/workflow/")  # tests that share a cluster, or a finished run


def pytest_collection_modifyitems(items):
    """The long tests begin first."""
    items.sort(key=lambda item: next((place for place, start in enumerate(LONG) if item.nodeid.startswith(start)), 2))


class ByKind(LoadScopeScheduling):
    """Gives each kind of long tests to one process, and other files to whichever is free."""

    def _split_scope(self, nodeid):
        return next((start for start in LONG if nodeid.startswith(start)), nodeid.split("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """For make test, which runs several processes."""
    return ByKind(config, log)
