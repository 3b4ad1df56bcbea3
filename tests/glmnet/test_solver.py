"""Paths of glmnet's solver: those of glmstar's own classes, weights, reading between penalties, and its messages."""

import importlib
import re
import types

import glmnet
import numpy as np
import pytest
from glmnet_cases import make_task

from soak.errors import SoakError
from soak.glmnet import solver
from soak.glmnet.path import PathSettings, interpolation
from soak.glmnet.solver import fatal_error, fit_path, warning


@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_a_path_is_that_of_glmstars_own_classes(n_classes):
    task = make_task(n_classes=n_classes)
    if n_classes == 0:
        family, response, theirs = "gaussian", task.target, glmnet.GaussNet()
    else:
        family, response = "binomial" if n_classes == 2 else "multinomial", np.eye(n_classes)[task.target]
        theirs = glmnet.LogNet() if n_classes == 2 else glmnet.MultiClassNet()
    settings = PathSettings()
    path = fit_path(settings, family, np.array(task.features, order="F"), response)
    theirs.fit(task.features, task.target)
    np.testing.assert_allclose(path.lambdas, theirs.lambda_values_, rtol=1e-12)
    coefficients = np.zeros((len(path.lambdas), path.coefficients.shape[1], 5))
    coefficients[:, :, path.used] = path.coefficients
    expected = theirs.coefs_[:, None, :] if n_classes < 3 else np.moveaxis(theirs.coefs_, 1, 2)
    np.testing.assert_allclose(coefficients, expected, rtol=1e-10, atol=1e-12)
    intercepts = theirs.intercepts_.reshape(len(path.lambdas), -1)
    np.testing.assert_allclose(path.intercepts, intercepts, rtol=1e-10, atol=1e-12)


def test_a_path_is_read_between_its_lambdas_and_at_its_ends():
    lambdas = np.array([8.0, 4.0, 2.0, 1.0])
    values = np.array([1.0, 5.0, -3.0, 2.0])
    penalties = np.array([20.0, 8.0, 7.0, 4.0, 3.9, 1.5, 1.0, 0.1])
    left, right, share = interpolation(lambdas, penalties)
    got = values[left] * share + values[right] * (1 - share)
    np.testing.assert_allclose(got, np.interp(penalties, lambdas[::-1], values[::-1]))
    one = interpolation(lambdas[:1], penalties)
    assert (one[0] == 0).all()
    assert (one[1] == 0).all()


@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_weight_two_is_a_row_twice(n_classes):
    task = make_task(n_classes=n_classes)
    weights = np.where(np.arange(90) < 30, 2.0, 1.0)
    response = task.target if n_classes == 0 else np.eye(n_classes)[task.target]
    family = {0: "gaussian", 2: "binomial", 3: "multinomial"}[n_classes]
    settings = PathSettings(thresh=1e-14)
    once = fit_path(settings, family, np.array(task.features, order="F"), response, weights)
    rows = np.r_[0:90, 0:30]
    twice = fit_path(settings, family, np.array(task.features[rows], order="F"), response[rows])
    np.testing.assert_allclose(once.lambdas, twice.lambdas[: len(once.lambdas)], rtol=1e-9)
    difference = once.link(task.features) - twice.link(task.features)[:, : len(once.lambdas)]
    assert np.abs(difference).max() < 1e-4


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
    assert fatal_error(code) == message


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (0, ""),
        (-7, "not converged at lambda 7 of 100 after maxit: 100000 passes"),
        (-20007, "fitted probabilities too close to 0 or 1 at lambda 7 of 100"),
    ],
)
def test_warnings(code, message):
    assert warning(code, PathSettings()) == message


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    solver._extension.cache_clear()
    task = make_task(n_classes=0)
    with pytest.raises(SoakError, match="pip install glmstar"):
        fit_path(PathSettings(), "gaussian", np.array(task.features, order="F"), task.target)


@pytest.mark.parametrize(("family", "name"), [("gaussian", "gaussnet"), ("multinomial", "lognet")])
def test_glmstars_private_functions_take_what_they_are_called_with(family, name, monkeypatch):
    """If this fails, another version of glmstar has changed them: soak/glmnet/solver.py calls them as 0.6 has them."""
    given = {}
    real = getattr(importlib.import_module(f"glmnet._{name}"), name)

    def spy(**arguments):
        given.update(arguments)
        return real(**arguments)

    monkeypatch.setattr(solver, "_extension", lambda module: types.SimpleNamespace(**{name: spy}))
    task = make_task(n_classes=0 if family == "gaussian" else 3)
    response = task.target if family == "gaussian" else np.eye(3)[task.target]
    fit_path(PathSettings(), family, np.array(task.features, order="F"), response)
    signature = real.__doc__.partition(" -> ")[0]
    assert sorted(given) == sorted(re.findall(r"[(,] ?(\w+): ", signature))
