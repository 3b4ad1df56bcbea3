"""A path of elastic nets: what decides it, its coefficients at each penalty, and predictions anywhere on it.

For penalties lambda from large to small glmnet minimizes over intercepts b0 and coefficients b

    sum_i w_i loss(y_i, b0 + x_i'b) / sum_i w_i  +  lambda * [ (1 - alpha) / 2 * |b|_2^2 + alpha * |b|_1 ]

where the loss is half the squared error (gaussian), or minus the log-likelihood (binomial, multinomial).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from soak.errors import FitFailed

Floats = NDArray[np.float64]
Family = Literal["gaussian", "binomial", "multinomial"]
# Bytes of the standardized features of paths side by side, beyond which only the path that goes on has its own
CROWDED = 2**29


@dataclass(frozen=True)
class PathSettings:
    """Arguments of R's ``glmnet``, called as there; the defaults are R's.

    Attributes
    ----------
    alpha : float
        1 for the lasso, 0 for ridge.
    nlambda : int
        Penalties on a path.
    thresh : float
        A pass over the coefficients that changes the loss by less than this share of the null deviance is the last.
    maxit : int
        Passes of a whole path.
    standardize : bool
    type_logistic : "Newton" or "modified.Newton"
        Exact or bounded Hessian of binomial and multinomial.
    lambdas : tuple of float
        The penalties; none: a path of its own.
    lambda_min_ratio : float or None
        The last penalty as a share of the first; None: 0.01 with fewer rows than features, else 1e-4.
    penalty_factor, lower_limits, upper_limits : tuples of float, of length n_features
        Each feature's share of the penalty, and bounds of its coefficient; none: 1, -inf, inf for all.
    intercept : bool
    grouped : bool
        Multinomial: a feature has coefficients for all classes or for none.
    dfmax : int or None
        A path ends where more features have a coefficient.
    exclude : tuple of int
        Features that are left out.
    """

    alpha: float = 1.0
    nlambda: int = 100
    thresh: float = 1e-7
    maxit: int = 100_000
    standardize: bool = True
    type_logistic: Literal["Newton", "modified.Newton"] = "Newton"
    lambdas: tuple[float, ...] = ()
    lambda_min_ratio: float | None = None
    penalty_factor: tuple[float, ...] = ()
    lower_limits: tuple[float, ...] = ()
    upper_limits: tuple[float, ...] = ()
    intercept: bool = True
    grouped: bool = False
    dfmax: int | None = None
    exclude: tuple[int, ...] = ()

    @property
    def n_penalties(self) -> int:
        """Penalties that are tried."""
        return len(self.lambdas) or self.nlambda

    @property
    def are_own(self) -> bool:
        """Whether the solver of several classes knows all that differs from the defaults; glmstar's knows everything."""
        unknown = ("penalty_factor", "lower_limits", "upper_limits", "intercept", "grouped", "dfmax", "exclude")
        return all(getattr(self, name) == getattr(PathSettings, name) for name in unknown)


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

    def link_at(self, features: Floats, penalties: Floats) -> Floats:
        """Linear predictors of shape (n, n_penalties, n_outputs), interpolated between the path's lambdas."""
        return mix(self.link(features), *interpolation(self.lambdas, penalties), axis=1)

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


def interpolation(lambdas: Floats, penalties: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """The neighbours of penalties on a path, and the left one's share of the mixture (R's ``lambda.interp``).

    A penalty beyond an end of the path is taken as that end.

    Parameters
    ----------
    lambdas : array of shape (n_lambda,), descending
    penalties : array of shape (n,)

    Returns
    -------
    left, right : int arrays of shape (n,)
    share : array of shape (n,)
    """
    inside = np.clip(penalties, lambdas[-1], lambdas[0])
    right = np.searchsorted(-lambdas, -inside, side="left")
    left = np.where(lambdas[right] == inside, right, right - 1)
    width = lambdas[left] - lambdas[right]
    share = np.divide(inside - lambdas[right], width, out=np.ones_like(inside), where=width > 0)
    return left, right, share


def mix(values: Floats, left: NDArray[np.intp], right: NDArray[np.intp], share: Floats, axis: int) -> Floats:
    """Values between neighbours along an axis, which `interpolation` has found."""
    shape = [1] * values.ndim
    shape[axis] = len(share)
    weight = share.reshape(shape)
    mixed: Floats = values.take(left, axis) * weight + values.take(right, axis) * (1 - weight)
    return mixed


def finite_first_lambda(lambdas: Floats) -> Floats:
    """The path's penalties with a number in place of the first, which the solver calls infinite (R's ``fix.lam``).

    NaN where the others are 0: no feature is correlated with the target.
    """
    if len(lambdas) > 2:
        with np.errstate(divide="ignore", invalid="ignore"):
            lambdas[0] = np.exp(2 * np.log(lambdas[1]) - np.log(lambdas[2]))
    return lambdas


def check_response(family: Family, response: Floats, intercept: bool = True) -> None:
    """Refuse a target that R's glmnet refuses: without an intercept a constant is one only if it is 0.

    Raises
    ------
    FitFailed
    """
    if family == "gaussian":
        if response.min() == response.max() and (intercept or not response.any()):
            raise FitFailed("the target is constant in the train rows")
        return
    counts = response.sum(axis=0)
    if counts.min() <= 1:
        raise FitFailed(
            f"a class has {int(counts.min())} rows in the train set or in the rest of an inner fold; "
            "at least 2 are needed: give it more rows, make the target a stratum, or leave the class out"
        )
