"""glmnet's C++ solver: one whole path.

The solver is that of the package glmstar (import name ``glmnet``), the same C++ as in R's glmnet 4.1. Its extension
modules, which are private to that package, are called here and nowhere else: importing the package around them costs
more time than many a fit (it imports scikit-learn and statsmodels), and its classes copy the feature matrix three
times. A test compares paths with those of the package's public classes.
"""

import importlib.machinery
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from soak.errors import FitFailed, SoakError
from soak.glmnet.path import Family, Floats, GlmnetPath, PathSettings, check_response, finite_first_lambda

# R's glmnet.control(): what every path is called with
CONTROL: dict[str, float] = {
    "fdev": 1e-5,  # a path ends where a penalty explains less than this share of the deviance more than the one before
    "eps": 1e-6,  # the smallest ratio of the last to the first penalty
    "big": 9.9e35,  # infinity
    "mnlam": 5,  # the fewest penalties of a path
    "devmax": 0.999,  # a path ends where this share of the deviance is explained
    "pmin": 1e-9,  # the least probability of a class
    "exmx": 250.0,  # the largest exponent
    "prec": 1e-10,  # these four are for models that are not fitted here
    "mxit": 100,
    "epsnr": 1e-6,
    "mxitnr": 25,
}


@dataclass(frozen=True)
class _Call:
    """The solver of a family, its number of outputs, and the arguments that other families do not have."""

    solve: Callable[..., dict[str, Any]]
    outputs: int
    arguments: dict[str, Any]


def fit_path(
    settings: PathSettings, family: Family, features: Floats, response: Floats, weights: Floats | None = None
) -> GlmnetPath:
    """Fit a path with penalties of its own, as R's ``glmnet(x, y, family)`` does.

    Parameters
    ----------
    features : array of shape (n, n_features), Fortran order
        Overwritten: the solver standardizes it in place.
    response : array of shape (n,) for gaussian, else one-hot of shape (n, n_classes)
        With two classes the second column is the positive class, as R's second factor level is.
    weights : array of shape (n,)
        None counts each row once.

    Raises
    ------
    FitFailed
        Where R's glmnet stops with an error.
    """
    if not np.isfinite(features.sum()):
        raise FitFailed("the features have missing or infinite values")
    check_response(family, response)
    n_rows, n_features = features.shape
    if family == "gaussian":
        call = _gaussian(settings.nlambda, n_features, response, weights)
    else:
        call = _logistic(settings, family, n_features, response, weights)
    solution = call.solve(x=features, **_common_arguments(settings, n_rows, n_features), **call.arguments, **CONTROL)
    return _path(settings, solution, call)


def _common_arguments(settings: PathSettings, n_rows: int, n_features: int) -> dict[str, Any]:
    """What the solvers of all families are called with, in glmnet's names; the last are filled in by the solver."""
    return {
        "no": n_rows,
        "ni": n_features,
        "parm": settings.alpha,
        "nlam": settings.nlambda,
        "flmin": 0.01 if n_rows < n_features else 1e-4,  # the last penalty, as a share of the first
        "ulam": np.zeros((1, 1)),  # penalties of the user's: none
        "thr": settings.thresh,
        "isd": int(settings.standardize),
        "intr": 1,  # with an intercept
        "maxit": settings.maxit,
        "jd": np.zeros((1, 1), np.int32),  # features to leave out: none
        "vp": np.ones((n_features, 1)),  # each feature's share of the penalty
        "cl": np.asfortranarray(np.outer([-CONTROL["big"], CONTROL["big"]], np.ones(n_features))),  # limits
        "ne": n_features + 1,  # the most features with a coefficient at a penalty
        "nx": n_features,  # and on the whole path
        "pb": None,  # progress
        "itrace": 0,
        "ia": np.zeros((n_features, 1), np.int32),  # features in the order in which they entered, from 1
        "nin": np.zeros((settings.nlambda, 1), np.int32),  # how many of them have entered at each penalty
        "alm": np.zeros((settings.nlambda, 1)),  # the penalties
        "lmu": 0,  # how many penalties there are
        "nlp": 0,  # passes
        "jerr": 0,  # the error code
    }


def _gaussian(n_lambda: int, n_features: int, response: Floats, weights: Floats | None) -> _Call:
    arguments = {
        "ka": 1 if n_features < 500 else 2,  # covariance or naive updates, R's type.gaussian
        "y": response.reshape(-1, 1).copy(),  # the solver scales it
        "w": np.ones((len(response), 1)) if weights is None else weights.reshape(-1, 1).copy(),
        "rsq": np.zeros((n_lambda, 1)),
        "a0": np.zeros((n_lambda, 1)),
        "ca": np.zeros((n_features, n_lambda), order="F"),
    }
    return _Call(_extension("_gaussnet").gaussnet, 1, arguments)


def _logistic(
    settings: PathSettings, family: Family, n_features: int, response: Floats, weights: Floats | None
) -> _Call:
    target = response if weights is None else response * weights[:, None]
    if family == "binomial":
        target = target[:, ::-1]  # the solver models its first column
    outputs = 1 if family == "binomial" else response.shape[1]
    arguments = {
        "y": np.array(target, order="F"),
        "g": np.zeros((len(response), outputs), order="F"),  # offsets
        "kopt": 0 if settings.type_logistic == "Newton" else 1,
        "nulldev": 0.0,
        "dev": np.zeros((settings.nlambda, 1)),
        "a0": np.zeros((outputs, settings.nlambda), order="F"),
        "ca": np.zeros((n_features * outputs * settings.nlambda, 1)),
    }
    return _Call(_extension("_lognet").lognet, outputs, arguments)


def _path(settings: PathSettings, solution: dict[str, Any], call: _Call) -> GlmnetPath:
    """The path that the solver has left in its arguments (R's ``getcoef``)."""
    code, count = solution["jerr"], solution["lmu"]
    if code > 0:
        raise FitFailed(fatal_error(code))
    if count < 1:
        raise FitFailed(f"no penalty converged within maxit: {settings.maxit}; raise it or thresh")
    n_used = int(solution["nin"][:count].max())
    blocks = call.arguments["ca"].ravel(order="F").reshape(settings.nlambda, call.outputs, -1)
    intercepts = np.asarray(solution["a0"]).reshape((call.outputs, -1), order="F")[:, :count].T
    if call.outputs > 1:  # any constant gives the same probabilities
        intercepts = intercepts - intercepts.mean(axis=1, keepdims=True)
    return GlmnetPath(
        lambdas=finite_first_lambda(solution["alm"][:count].ravel().copy()),
        used=solution["ia"].ravel()[:n_used].astype(np.intp) - 1,
        coefficients=blocks[:count, :, :n_used].copy(),
        intercepts=np.ascontiguousarray(intercepts),
        problem=warning(code, settings),
    )


def fatal_error(code: int) -> str:
    """What glmnet's positive error codes mean (R's ``jerr.lognet`` and ``jerr.elnet``)."""
    if code == 7777:
        return "all features are constant in the train rows"
    if 8000 < code < 9000:
        return f"class {code - 8000} of the fit is too rare (probability below 1e-5)"
    if 9000 < code < 10000:
        return f"class {code - 9000} of the fit is nearly all rows (probability above 1 - 1e-5)"
    return f"the solver gave up with error {code} (out of memory?)"


def warning(code: int, settings: PathSettings) -> str:
    """glmnet's warning: code -k says that the k-th penalty was not reached; "" for 0."""
    if code == 0:
        return ""
    if code < -20000:
        return f"fitted probabilities too close to 0 or 1 at lambda {-code - 20000} of {settings.nlambda}"
    return not_converged(-code, settings)


def not_converged(number: int, settings: PathSettings) -> str:
    """The warning that a penalty was not reached within maxit."""
    return f"not converged at lambda {number} of {settings.nlambda} after maxit: {settings.maxit} passes"


@cache
def _extension(name: str) -> ModuleType:
    """One extension module of glmstar, without the package that would be imported around it."""
    package = importlib.util.find_spec("glmnet")
    for folder in (package and package.submodule_search_locations) or []:
        for suffix in importlib.machinery.EXTENSION_SUFFIXES:
            file = Path(folder) / f"{name}{suffix}"
            if file.exists():
                spec = importlib.util.spec_from_file_location(f"glmnet.{name}", file)
                assert spec is not None
                assert spec.loader is not None
                module = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
                return module
    raise SoakError("cv_glmnet needs the package glmstar; install it with: pip install glmstar")
