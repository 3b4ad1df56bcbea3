"""One regularization path of glmnet's C++ solver, and predictions anywhere on it.

The solver is the one inside glmstar (import name ``glmnet``), the same C++ as in R's glmnet 4.1. Its extension
modules are called directly: importing the package around them costs more time than many a fit (it imports
scikit-learn and statsmodels), and its classes copy the feature matrix three times.
"""

import importlib.machinery
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from soak.errors import FitFailed, SoakError
from soak.learners.cv_glmnet import CvGlmnet

Floats = NDArray[np.float64]
Family = Literal["gaussian", "binomial", "multinomial"]

# R's glmnet.control(): what every path is called with
CONTROL: dict[str, float] = {
    "fdev": 1e-5,
    "eps": 1e-6,
    "big": 9.9e35,
    "mnlam": 5,
    "devmax": 0.999,
    "pmin": 1e-9,
    "exmx": 250.0,
    "prec": 1e-10,
    "mxit": 100,
    "epsnr": 1e-6,
    "mxitnr": 25,
}


@dataclass(frozen=True)
class GlmnetPath:
    """Coefficients at each penalty of a path; only the features that are ever used are kept.

    Attributes
    ----------
    lambdas : array of shape (n_lambda,), descending
    used : int array of shape (n_used,)
        Features with a nonzero coefficient somewhere, in the order in which they entered.
    coefficients : array of shape (n_lambda, n_outputs, n_used)
        n_outputs is the number of classes for multinomial, else 1.
    intercepts : array of shape (n_lambda, n_outputs)
    problem : str
        Why the solver ended the path before it should have ("" if it did not): glmnet's warning.
    """

    lambdas: Floats
    used: NDArray[np.intp]
    coefficients: Floats
    intercepts: Floats
    problem: str

    def link(self, features: Floats) -> Floats:
        """Linear predictors at every lambda of the path, in one product.

        Parameters
        ----------
        features : array of shape (n, n_features)

        Returns
        -------
        array of shape (n, n_lambda, n_outputs)
        """
        n_lambda, n_outputs, n_used = self.coefficients.shape
        flat = self.coefficients.reshape(n_lambda * n_outputs, n_used)
        product = features[:, self.used] @ flat.T
        return product.reshape(len(features), n_lambda, n_outputs) + self.intercepts

    def at(self, penalty: float) -> "GlmnetPath":
        """The path's one point at this penalty, interpolated linearly as R's ``predict(s=)`` does."""
        left, right, share = interpolation(self.lambdas, np.array([penalty]))
        return GlmnetPath(
            lambdas=np.array([penalty]),
            used=self.used,
            coefficients=mix(self.coefficients, left, right, share, axis=0),
            intercepts=mix(self.intercepts, left, right, share, axis=0),
            problem=self.problem,
        )

    def link_at(self, features: Floats, penalties: Floats) -> Floats:
        """Linear predictors of shape (n, n_penalties, n_outputs), interpolated between the path's lambdas."""
        return mix(self.link(features), *interpolation(self.lambdas, penalties), axis=1)


def interpolation(lambdas: Floats, penalties: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Where penalties lie on a path: left and right neighbours and the left one's share (R's lambda.interp).

    A penalty beyond an end of the path is taken as that end.
    """
    inside = np.clip(penalties, lambdas[-1], lambdas[0])
    right = np.searchsorted(-lambdas, -inside, side="left")
    left = np.where(lambdas[right] == inside, right, right - 1)
    width = lambdas[left] - lambdas[right]
    share = np.divide(inside - lambdas[right], width, out=np.ones_like(inside), where=width > 0)
    return left, right, share


def mix(values: Floats, left: NDArray[np.intp], right: NDArray[np.intp], share: Floats, axis: int) -> Floats:
    """Values between neighbours along an axis, as `interpolation` found them."""
    shape = [1] * values.ndim
    shape[axis] = len(share)
    weight = share.reshape(shape)
    mixed: Floats = values.take(left, axis) * weight + values.take(right, axis) * (1 - weight)
    return mixed


def fit_path(
    settings: CvGlmnet,
    family: Family,
    features: Floats,
    response: Floats,
    weights: Floats | None = None,
) -> GlmnetPath:
    """Fit a path with penalties of its own, as R's ``glmnet(x, y, family)`` does.

    Parameters
    ----------
    settings : CvGlmnet
        alpha, nlambda, thresh, maxit, standardize and type_logistic are used.
    features : array of shape (n, n_features), Fortran order
        Overwritten: the solver standardizes it in place.
    response : array of shape (n,) for gaussian, else of shape (n, n_classes)
        One-hot; with two classes the second column is the positive class, as R's second factor level is.
    weights : array of shape (n,)
        None counts each row once.

    Raises
    ------
    FitFailed
        Where R's glmnet stops with an error.
    """
    _check(family, features, response)
    if family == "gaussian":
        arguments, solve, outputs = _gaussian_arguments(settings, features, response, weights)
    else:
        arguments, solve, outputs = _logistic_arguments(settings, family, response, weights)
    n_rows, n_features = features.shape
    n_lambda = settings.nlambda
    coefficients = np.zeros((n_features * outputs, n_lambda), order="F")
    solution = solve(
        x=features,
        parm=settings.alpha,
        ni=n_features,
        no=n_rows,
        jd=np.zeros((1, 1), np.int32),
        vp=np.ones((n_features, 1)),
        cl=np.asfortranarray(np.outer([-CONTROL["big"], CONTROL["big"]], np.ones(n_features))),
        ne=n_features + 1,
        nx=n_features,
        nlam=n_lambda,
        flmin=0.01 if n_rows < n_features else 1e-4,
        ulam=np.zeros((1, 1)),
        thr=settings.thresh,
        isd=int(settings.standardize),
        intr=1,
        maxit=settings.maxit,
        pb=None,
        itrace=0,
        lmu=0,
        a0=np.zeros((outputs, n_lambda), order="F") if family != "gaussian" else np.zeros((n_lambda, 1)),
        ca=coefficients if family == "gaussian" else coefficients.reshape((-1, 1), order="F"),
        ia=np.zeros((n_features, 1), np.int32),
        nin=np.zeros((n_lambda, 1), np.int32),
        alm=np.zeros((n_lambda, 1)),
        nlp=0,
        jerr=0,
        **arguments,
        **CONTROL,
    )
    return _path(settings, solution, coefficients, outputs)


def _check(family: Family, features: Floats, response: Floats) -> None:
    if not np.isfinite(features.sum()):
        raise FitFailed("the features have missing or infinite values")
    check_response(family, response)


def check_response(family: Family, response: Floats) -> None:
    """Refuse a target that R's glmnet refuses, in words that say what to do.

    Raises
    ------
    FitFailed
    """
    if family == "gaussian":
        if response.min() == response.max():
            raise FitFailed("the target is constant in the train rows")
        return
    counts = response.sum(axis=0)
    if counts.min() <= 1:
        raise FitFailed(
            f"a class has {int(counts.min())} rows in the train set or in the rest of an inner fold; "
            "at least 2 are needed: give it more rows, make the target a stratum, or leave the class out"
        )


def _gaussian_arguments(
    settings: CvGlmnet, features: Floats, response: Floats, weights: Floats | None
) -> tuple[dict[str, Any], Callable[..., dict[str, Any]], int]:
    n_rows, n_features = features.shape
    arguments = {
        "ka": 1 if n_features < 500 else 2,  # covariance or naive updates, R's type.gaussian
        "y": response.reshape(-1, 1).copy(),  # the solver scales it
        "w": np.ones((n_rows, 1)) if weights is None else weights.reshape(-1, 1).copy(),
        "rsq": np.zeros((settings.nlambda, 1)),
    }
    return arguments, _extension("_gaussnet").gaussnet, 1


def _logistic_arguments(
    settings: CvGlmnet, family: Family, response: Floats, weights: Floats | None
) -> tuple[dict[str, Any], Callable[..., dict[str, Any]], int]:
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
    }
    return arguments, _extension("_lognet").lognet, outputs


def _path(settings: CvGlmnet, solution: dict[str, Any], coefficients: Floats, outputs: int) -> GlmnetPath:
    """Read what the solver left, as R's getcoef does."""
    code, count = solution["jerr"], solution["lmu"]
    if code > 0:
        raise FitFailed(_fatal(code))
    if count < 1:
        raise FitFailed(f"no penalty converged within maxit: {settings.maxit}; raise it or thresh")
    n_used = int(solution["nin"][:count].max())
    lambdas = solution["alm"][:count].ravel().copy()
    if count > 2:  # the first is infinity: R's fix.lam
        lambdas[0] = np.exp(2 * np.log(lambdas[1]) - np.log(lambdas[2]))
    blocks = coefficients.T.reshape(settings.nlambda, outputs, -1)
    intercepts = np.asarray(solution["a0"]).reshape((outputs, -1), order="F")[:, :count].T
    if outputs > 1:  # any constant gives the same probabilities
        intercepts = intercepts - intercepts.mean(axis=1, keepdims=True)
    return GlmnetPath(
        lambdas=lambdas,
        used=solution["ia"].ravel()[:n_used].astype(np.intp) - 1,
        coefficients=blocks[:count, :, :n_used].copy(),
        intercepts=np.ascontiguousarray(intercepts),
        problem=_problem(code, settings),
    )


def _fatal(code: int) -> str:
    if code == 7777:
        return "all features are constant in the train rows"
    if 8000 < code < 9000:
        return f"class {code - 8000} of the fit is too rare (probability below 1e-5)"
    if 9000 < code < 10000:
        return f"class {code - 9000} of the fit is nearly all rows (probability above 1 - 1e-5)"
    return f"the solver gave up with error {code} (out of memory?)"


def _problem(code: int, settings: CvGlmnet) -> str:
    """glmnet's warning in R's words; code -k says that the k-th penalty was not reached."""
    if code == 0:
        return ""
    if code < -20000:
        return f"fitted probabilities too close to 0 or 1 at lambda {-code - 20000} of {settings.nlambda}"
    return f"not converged at lambda {-code} of {settings.nlambda} after maxit: {settings.maxit} passes"


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
