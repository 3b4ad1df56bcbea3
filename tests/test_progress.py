"""How long the fits that are left take, and how durations are written."""

import pytest

from soak.progress import Progress, duration, seconds_left, unknown


def test_time_left_is_scaled_by_what_finished_fits_took():
    fast = Progress("T", "fast", 4, 2, seconds=20, estimated=10, left=10)
    new = Progress("T", "new", 2, 0, left=5)
    assert seconds_left([fast, new]) == 2 * 10
    assert seconds_left([fast, new], 2) == 10
    assert unknown([fast, new]) == ["new"]


def test_one_finished_fit_tells_nothing_yet():
    """The first of a process also imports."""
    first = Progress("T", "first", 4, 1, seconds=9, estimated=1, left=3)
    assert (unknown([first]), seconds_left([first])) == (["first"], 0)


def test_a_learner_is_known_from_all_its_tasks():
    tasks = [Progress(task, "fast", 2, 1, seconds=3, estimated=1, left=1) for task in "AB"]
    assert (unknown(tasks), seconds_left(tasks)) == ([], 6)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.4, "59 s"), (90, "2 min"), (4000, "1 h 07 min"), (200_000, "2 d 7 h")]
)
def test_durations_as_people_write_them(seconds, text):
    assert duration(seconds) == text
