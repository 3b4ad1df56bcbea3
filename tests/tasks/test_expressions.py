"""Regular expressions of the config that cannot be compiled or matched."""

import warnings

import pytest

from soak.errors import SoakError
from soak.tasks.expressions import check_expression, matching


@pytest.mark.parametrize("expression", ["a{99999999999}", "(" * 5000 + ")" * 5000, "(?<=a+)b", "\\", "["])
def test_what_python_cannot_compile_is_a_mistake_in_one_line(expression):
    with pytest.raises(ValueError, match=r"^features: expected a regular expression, got '") as caught:
        check_expression("features", expression)
    assert len(str(caught.value)) < 400


def test_brackets_within_brackets_are_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_expression("features", "[[:alpha:]]")


def test_an_expression_for_python_alone_is_stopped():
    with pytest.raises(SoakError, match=r"^exclude: .* needs more than 5 s to be matched with 1 names"):
        matching("exclude", r"^(a+)+(?=b)$", ["a" * 60])
