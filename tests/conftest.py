"""Settings of all tests."""

import os

from hypothesis import settings

# The same examples each time, so that a test tells of the change that was made; make stress looks for new ones
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("new", deadline=None)
settings.load_profile("new" if os.environ.get("SOAK_STRESS") else "same")

LONG = ("cluster", "workflow")


def pytest_collection_modifyitems(items):
    """The long tests begin first: with several processes (make test) the short ones fill the gaps."""

    def kind(item):
        return next((place for place, name in enumerate(LONG) if item.get_closest_marker(name)), len(LONG))

    items.sort(key=kind)
