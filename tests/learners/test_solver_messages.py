"""What the solver's error numbers mean."""

import pytest

from soak.errors import SoakError
from soak.glmnet import path as glmnet_solver
from soak.learners.cv_glmnet import CvGlmnet


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (7777, "all features are constant in the train rows"),
        (8002, "class 2 of the fit is too rare (probability below 1e-5)"),
        (9001, "class 1 of the fit is nearly all rows (probability above 1 - 1e-5)"),
        (10000, "the solver gave up with error 10000 (out of memory?)"),
    ],
)
def test_fatal_errors(code, message):
    assert glmnet_solver._fatal(code) == message


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (0, ""),
        (-7, "not converged at lambda 7 of 100 after maxit: 100000 passes"),
        (-20007, "fitted probabilities too close to 0 or 1 at lambda 7 of 100"),
    ],
)
def test_warnings(code, message):
    assert glmnet_solver._problem(code, CvGlmnet(type="cv_glmnet")) == message


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SoakError, match="pip install glmstar"):
        glmnet_solver._extension.__wrapped__("no_such_extension")


def test_an_extension_that_the_package_lacks():
    with pytest.raises(SoakError, match="pip install glmstar"):
        glmnet_solver._extension.__wrapped__("no_such_extension")
