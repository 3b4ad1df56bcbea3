"""Settings of all tests."""

import os

import pytest
from hypothesis import settings

# The same examples each time, so that a test tells of the change that was made; make stress looks for new ones
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("new", deadline=None)
settings.load_profile("new" if os.environ.get("SOAK_STRESS") else "same")

LONG = ("cluster", "workflow")  # tests that share a cluster, or a finished run


def pytest_collection_modifyitems(items):
    """Several processes (make test): the long tests begin first, each kind in a process of its own."""

    def kind(item):
        return next((name for name in LONG if item.get_closest_marker(name)), None)

    items.sort(key=lambda item: LONG.index(kind(item)) if kind(item) else len(LONG))
    for item in items:
        if kind(item):
            item.add_marker(pytest.mark.xdist_group(kind(item)))
