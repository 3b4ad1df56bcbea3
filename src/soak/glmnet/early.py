"""Cross-validation with ``path: early``: all paths side by side, left once the curve has clearly turned.

R fits eleven whole paths before it looks at the curve. Here they go down together, one penalty after the other
(`soak.glmnet.kernels`), and stop when the last `_STEPS` points of the curve are all more than `_MARGIN` standard
errors above its lowest point. That is a rule, not a proof: a curve may come back from further up. Where it does not,
lambda.min and lambda.1se are R's. It pays where the curve turns well before its end.
"""

import numpy as np
from numpy.typing import NDArray

from soak.errors import FitFailed
from soak.glmnet.cross_validation import CrossValidation, Curve, TrainRows, average_in_folds, curve_of_parts, row_losses
from soak.glmnet.kernels import Penalty, State, solve
from soak.glmnet.path import Floats, GlmnetPath, PathSettings, check_response, finite_first_lambda, interpolation, mix
from soak.glmnet.solver import CONTROL, not_converged
from soak.tasks.task import TaskRows

_STEPS = 3
_MARGIN = 2.0


def cross_validate(settings: PathSettings, train: TrainRows) -> CrossValidation:
    """The path on all rows and the curve, both as far as they were needed, for three or more classes.

    Raises
    ------
    FitFailed
        Where R's cv.glmnet stops with an error.
    """
    x = stored_features(train.rows)
    path = _GrowingPath(settings, train, x, np.zeros(len(train.rows), np.bool_))
    folds = range(1, int(train.fold.max()) + 1)
    inner = {number: _GrowingPath(settings, train, x, train.fold == number) for number in folds}
    values: list[Floats] = []  # of the measure in each fold, at each penalty
    while True:
        for _ in range(1 if values else 3):  # the third penalty says where the first is
            path.advance()
        lambdas = path.lambdas
        for other in inner.values():
            other.reach(lambdas)
        if any(not other.links for other in inner.values()) or not len(lambdas):
            raise FitFailed(f"no penalty converged within maxit: {settings.maxit}; raise it or thresh")
        new = lambdas[len(values) :]
        if len(new):
            means, weight = _measured(train, inner, new)
            values.extend(means.T)
        curve = curve_of_parts(lambdas, np.column_stack(values), weight, train.measure)
        if path.ended or _turned(curve):
            warnings = [f"inner fold {number}: {other.problem}" for number, other in inner.items() if other.problem]
            return CrossValidation(path.whole(), curve, warnings)


class _GrowingPath:
    """A path that goes on by one penalty at a time.

    Attributes
    ----------
    problem : str
        Why it ended before it should have.
    ended : bool
    links : list of arrays of shape (n_held_out, K)
        Linear predictors of the held-out rows at each penalty.
    """

    def __init__(
        self, settings: PathSettings, train: TrainRows, x: NDArray[np.generic], held_out: NDArray[np.bool_]
    ) -> None:
        check_response("multinomial", train.response[~held_out])
        weights = np.where(held_out, 0.0, train.weights)
        self._settings = settings
        self._scale = train.rows.task.scale if train.rows.preparation is None else 1.0  # of `stored_features`
        self._state = _start(x, train.response, weights / weights.sum(), ~held_out)
        ratio = 0.01 if (~held_out).sum() < len(x) else 1e-4  # of the last to the first penalty, as R has it
        self._factor = ratio ** (1 / (settings.nlambda - 1))
        self._held_out = held_out
        self._null = self._deviance()
        self._explained: list[float] = []
        self._lambdas: list[float] = []
        self._points: list[tuple[Floats, Floats]] = []
        self.links: list[Floats] = []
        self.problem = ""
        self.ended = False

    @property
    def lambdas(self) -> Floats:
        """Penalties so far; the first is infinite, and from the third on is put where R puts it."""
        return finite_first_lambda(np.array(self._lambdas))

    def reach(self, lambdas: Floats) -> None:
        """Go on until the path holds the last of some penalties, or ends."""
        while not self.ended and (len(self.links) < 3 or self.lambdas[-1] > lambdas[-1]):
            self.advance()

    def advance(self) -> None:
        """Fit the next penalty, or end."""
        if self.ended:
            return
        s = self._state
        lambda_, penalty = self._next_penalty()
        if not solve(s, penalty):
            self.problem = not_converged(len(self._lambdas) + 1, self._settings)
            self.ended = True
            return
        self._lambdas.append(lambda_)
        self._points.append((s.b * (self._scale / s.sd), s.b0 - s.b @ (s.mean / s.sd)))
        self.links.append(s.eta[:, self._held_out].T.copy())
        self._explained.append(1 - self._deviance() / self._null)
        self.ended = len(self._lambdas) == self._settings.nlambda or self._saturated()

    def _next_penalty(self) -> tuple[float, Penalty]:
        """The next lambda and its penalty; features that may get a coefficient there are let in.

        The first lambda is infinite, the second follows on that at which all coefficients become 0,
        max |gradient| / alpha. A feature comes in by the strong rule: |gradient| > alpha (2 lambda - the one before).
        """
        s, alpha, done = self._state, self._settings.alpha, len(self._lambdas)
        gradient = np.where(s.usable, (s.gradient + (s.drift[:, None] - s.seen)).max(axis=0), 0.0)
        before = self._lambdas[-1] if done > 1 else float(gradient.max()) / max(alpha, 1e-3)
        lambda_ = CONTROL["big"] if done == 0 else before * self._factor
        s.strong[:] |= s.usable & (gradient > alpha * (2 * lambda_ - (before if done else 0.0)))
        penalty = Penalty(
            l1=lambda_ * alpha,
            l2=lambda_ * (1 - alpha),
            alpha=alpha,
            tolerance=self._settings.thresh * self._null,
            maxit=self._settings.maxit,
            next_rule=alpha * (2 * lambda_ * self._factor - lambda_) if done else -1.0,
        )
        return lambda_, penalty

    def _saturated(self) -> bool:
        """glmnet's ends of a path: nearly all is explained, or hardly more than at the penalty before."""
        if len(self._lambdas) < min(CONTROL["mnlam"], self._settings.nlambda):
            return False
        last, before = self._explained[-1], self._explained[-2]
        return last > CONTROL["devmax"] or last - before < CONTROL["fdev"]

    def _deviance(self) -> float:
        s = self._state
        truth = s.y.argmax(axis=0)
        of_truth = np.take_along_axis(s.q, truth[None, :], axis=0)[0] / s.total
        return float(-(s.w * np.log(of_truth)).sum())

    def link_at(self, penalties: Floats) -> Floats:
        """Linear predictors of the held-out rows, (n_held_out, n_penalties, K), interpolated as R does."""
        left, right, share = interpolation(self.lambdas, penalties)
        first = int(left.min())
        links = np.stack(self.links[first : int(right.max()) + 1], axis=1)
        return mix(links, left - first, right - first, share, axis=1)

    def whole(self) -> GlmnetPath:
        """The path so far, as a path of glmnet's solver."""
        coefficients = np.stack([point[0] for point in self._points])
        intercepts = np.stack([point[1] for point in self._points])
        used = self._state.order[: self._state.counts[0]].astype(np.intp)
        return GlmnetPath(
            lambdas=self.lambdas,
            used=used,
            coefficients=coefficients[:, :, used],
            intercepts=intercepts - intercepts.mean(axis=1, keepdims=True),
            problem=self.problem,
        )


def _start(x: NDArray[np.generic], one_hot: Floats, w: Floats, rows: NDArray[np.bool_]) -> State:
    """The state of a path before its first penalty: intercepts only."""
    n_features, n = x.shape
    n_classes = one_hot.shape[1]
    mean, sd = np.empty(n_features), np.empty(n_features)
    usable = np.empty(n_features, np.bool_)
    for k in range(n_features):
        values = x[k].astype(np.float64)
        mean[k] = values @ w
        sd[k] = np.sqrt((values - mean[k]) ** 2 @ w)
        usable[k] = np.ptp(values[rows]) > 0
    if not usable.any():
        raise FitFailed("all features are constant in the train rows")
    sd[~usable] = 1.0
    y = np.ascontiguousarray(one_hot.T)
    b0 = np.log(y @ w)
    b0 -= b0.mean()
    q = np.repeat(np.exp(b0)[:, None], n, axis=1)
    total = q.sum(axis=0)
    residual = w * (y - q / total)
    gradient = np.stack([residual @ ((x[k] - mean[k]) / sd[k]) for k in range(n_features)], axis=1)
    return State(
        x=x, mean=mean, sd=sd, y=y, w=w,
        b=np.zeros((n_classes, n_features)), b0=b0, eta=np.repeat(b0[:, None], n, axis=1), q=q, total=total,
        residual=residual, gradient=np.ascontiguousarray(np.abs(gradient)),
        seen=np.zeros((n_classes, n_features)), drift=np.zeros(n_classes),
        strong=np.zeros(n_features, np.bool_), usable=usable, ever=np.zeros(n_features, np.bool_),
        order=np.zeros(n_features, np.int64), counts=np.zeros(2, np.int64),
    )  # fmt: skip


def _measured(train: TrainRows, inner: dict[int, _GrowingPath], lambdas: Floats) -> tuple[Floats, Floats]:
    """The measure in each inner fold at some penalties, and the folds' weights."""
    losses = np.empty((len(train.rows), len(lambdas)))
    for number, path in inner.items():
        held_out = train.fold == number
        losses[held_out] = row_losses("multinomial", train.measure, path.link_at(lambdas), train.response[held_out])
    return average_in_folds(losses, train.fold, train.weights, train.measure)


def _turned(curve: Curve) -> bool:
    best = int(curve.mean.argmin())
    limit = curve.mean[best] + _MARGIN * curve.sd[best]
    return len(curve.mean) - best > _STEPS and bool((curve.mean[-_STEPS:] > limit).all())


def stored_features(rows: TaskRows) -> NDArray[np.generic]:
    """Features of the rows, one feature after the other: bytes as they are, all other types as float64.

    Each type that the kernels are called with is compiled once, which takes longer than many a fit.

    Returns
    -------
    array of shape (n_features, n), of uint8 or float64
    """
    x = (rows.task.features[rows.rows] if rows.preparation is None else rows.features()).T
    if x.dtype in (np.uint8, np.bool_):
        return np.ascontiguousarray(x).view(np.uint8)
    values = np.ascontiguousarray(x, np.float64)
    if not np.isfinite(values.sum()):
        raise FitFailed("the features have missing or infinite values")
    return values
