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
    check_response(family, response, settings.intercept)
    n_rows, n_features = features.shape
    if family == "gaussian":
        call = _gaussian(settings, n_features, response, weights)
    else:
        call = _logistic(settings, family, n_features, response, weights)
    common = _common_arguments(settings, n_rows, n_features)
    control = CONTROL | ({"fdev": 0.0} if (common["cl"] == 0).any() else {})  # R: such limits may end a path at once
    return _path(settings, call.solve(x=features, **common, **call.arguments, **control), call)


def _most_features(settings: PathSettings, n_features: int) -> int:
    """The most features that may have a coefficient on the whole path: R's ``pmax``."""
    return n_features if settings.dfmax is None else min(2 * settings.dfmax + 20, n_features)


def _common_arguments(settings: PathSettings, n_rows: int, n_features: int) -> dict[str, Any]:
    """What the solvers of all families are called with, in glmnet's names; the last are filled in by the solver."""
    ratio = settings.lambda_min_ratio or (0.01 if n_rows < n_features else 1e-4)
    most = _most_features(settings, n_features)
    factor = np.array(settings.penalty_factor or np.ones(n_features))
    factor[list(settings.exclude)] = 1
    limits = [
        np.clip(given or np.full(n_features, big), -CONTROL["big"], CONTROL["big"])
        for given, big in ((settings.lower_limits, -np.inf), (settings.upper_limits, np.inf))
    ]
    return {
        "no": n_rows,
        "ni": n_features,
        "parm": settings.alpha,
        "nlam": settings.n_penalties,
        "flmin": 1.0 if settings.lambdas else ratio,  # the last penalty, as a share of the first
        "ulam": np.array(sorted(settings.lambdas or [0.0], reverse=True)).reshape(-1, 1),  # penalties of the user's
        "thr": settings.thresh,
        "isd": int(settings.standardize),
        "intr": int(settings.intercept),
        "maxit": settings.maxit,
        # features to leave out, from 1, after their number
        "jd": np.array([len(settings.exclude), *(np.array(settings.exclude) + 1)], np.int32).reshape(-1, 1),
        "vp": factor.reshape(-1, 1),  # each feature's share of the penalty
        "cl": np.asfortranarray(limits),  # of the coefficients
        "ne": n_features + 1
        if settings.dfmax is None
        else settings.dfmax,  # most features with a coefficient at a penalty
        "nx": most,  # and on the whole path
        "pb": None,  # progress
        "itrace": 0,
        "ia": np.zeros((most, 1), np.int32),  # features in the order in which they entered, from 1
        "nin": np.zeros((settings.n_penalties, 1), np.int32),  # how many of them have entered at each penalty
        "alm": np.zeros((settings.n_penalties, 1)),  # the penalties
        "lmu": 0,  # how many penalties there are
        "nlp": 0,  # passes
        "jerr": 0,  # the error code
    }


def _gaussian(settings: PathSettings, n_features: int, response: Floats, weights: Floats | None) -> _Call:
    n_lambda = settings.n_penalties
    arguments = {
        "ka": 1 if n_features < 500 else 2,  # covariance or naive updates, R's type.gaussian
        "y": response.reshape(-1, 1).copy(),  # the solver scales it
        "w": np.ones((len(response), 1)) if weights is None else weights.reshape(-1, 1).copy(),
        "rsq": np.zeros((n_lambda, 1)),
        "a0": np.zeros((n_lambda, 1)),
        "ca": np.zeros((_most_features(settings, n_features), n_lambda), order="F"),
    }
    return _Call(_extension("_gaussnet").gaussnet, 1, arguments)


def _logistic(
    settings: PathSettings, family: Family, n_features: int, response: Floats, weights: Floats | None
) -> _Call:
    target = response if weights is None else response * weights[:, None]
    if family == "binomial":
        target = target[:, ::-1]  # the solver models its first column
    outputs = 1 if family == "binomial" else response.shape[1]
    n_lambda = settings.n_penalties
    kind = 0 if settings.type_logistic == "Newton" else 1
    arguments = {
        "y": np.array(target, order="F"),
        "g": np.zeros((len(response), outputs), order="F"),  # offsets
        "kopt": 2 if settings.grouped and outputs > 1 else kind,
        "nulldev": 0.0,
        "dev": np.zeros((n_lambda, 1)),
        "a0": np.zeros((outputs, n_lambda), order="F"),
        "ca": np.zeros((_most_features(settings, n_features) * outputs * n_lambda, 1)),
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
    blocks = call.arguments["ca"].ravel(order="F").reshape(settings.n_penalties, call.outputs, -1)
    intercepts = np.asarray(solution["a0"]).reshape((call.outputs, -1), order="F")[:, :count].T
    if call.outputs > 1:  # any constant gives the same probabilities
        intercepts = intercepts - intercepts.mean(axis=1, keepdims=True)
    lambdas = solution["alm"][:count].ravel().copy()
    return GlmnetPath(
        lambdas=lambdas if settings.lambdas else finite_first_lambda(lambdas),
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
        return f"fitted probabilities too close to 0 or 1 at lambda {-code - 20000} of {settings.n_penalties}"
    if code < -10000:
        most = 2 * (settings.dfmax or 0) + 20
        return (
            f"more than {most} features had a coefficient by lambda {-code - 10000} of {settings.n_penalties} (dfmax)"
        )
    return not_converged(-code, settings)


def not_converged(number: int, settings: PathSettings) -> str:
    """The warning that a penalty was not reached within maxit."""
    return f"not converged at lambda {number} of {settings.n_penalties} after maxit: {settings.maxit} passes"


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
