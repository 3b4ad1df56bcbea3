"""cv_glmnet with ``path: early``: all paths side by side, left once the curve has clearly turned.

R fits eleven whole paths before it looks at the curve. Here they go down together, one penalty after the other
(`soak.glmnet.multinomial_solver`), and stop when the last `_STEPS` points of the curve are all more than
`_MARGIN` standard errors above its lowest point. That is a rule, not a proof: a curve may come back from further
up. Where it does not, lambda.min and lambda.1se are R's. It pays where the curve turns well before its end.
"""

import numpy as np
from numpy.typing import NDArray

from soak.errors import FitFailed
from soak.glmnet import cross_validation as glmnet_cv
from soak.glmnet.multinomial_solver import State, solve
from soak.glmnet.path import CONTROL, Floats, GlmnetPath, check_response, interpolation, mix
from soak.learners.cv_glmnet import CvGlmnet
from soak.tasks.task import TaskRows

_STEPS = 3
_MARGIN = 2.0


class _Path:
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
        self,
        settings: CvGlmnet,
        x: NDArray[np.generic],
        scale: float,
        one_hot: Floats,
        weights: Floats,
        held_out: NDArray[np.bool_],
    ) -> None:
        check_response("multinomial", one_hot[~held_out])
        train = np.where(held_out, 0.0, weights)
        self._settings, self._scale = settings, scale
        self._state = _start(x, one_hot, train / train.sum(), ~held_out)
        ratio = 0.01 if (~held_out).sum() < len(x) else 1e-4
        self._factor = ratio ** (1 / (settings.nlambda - 1))
        self._held_out = held_out
        self._null = self._deviance()
        self._explained: list[float] = []
        self._penalties: list[float] = []
        self._points: list[tuple[Floats, Floats]] = []
        self.links: list[Floats] = []
        self.problem = ""
        self.ended = False

    @property
    def lambdas(self) -> Floats:
        """Penalties so far; the first is infinite, and from the third on is put where R puts it."""
        found = np.array(self._penalties)
        if len(found) > 2:
            found[0] = np.exp(2 * np.log(found[1]) - np.log(found[2]))
        return found

    def advance(self) -> None:
        """Fit the next penalty, or end."""
        if self.ended:
            return
        s, alpha, done = self._state, self._settings.alpha, len(self._penalties)
        gradient = np.where(s.usable, (s.gradient + (s.drift[:, None] - s.seen)).max(axis=0), 0.0)
        before = self._penalties[-1] if done > 1 else gradient.max() / max(alpha, 1e-3)
        penalty = CONTROL["big"] if done == 0 else before * self._factor
        rule = alpha * (2 * penalty - (before if done else 0.0))
        s.strong[:] |= s.usable & (gradient > rule)
        next_rule = alpha * (2 * penalty * self._factor - penalty) if done else -1.0
        if not solve(s, penalty, next_rule, alpha, self._settings.thresh * self._null, self._settings.maxit):
            self.problem = f"not converged at lambda {done + 1} of {self._settings.nlambda} after maxit: {self._settings.maxit} passes"
            self.ended = True
            return
        self._penalties.append(penalty)
        self._points.append((s.b * (self._scale / s.sd), s.b0 - s.b @ (s.mean / s.sd)))
        self.links.append(s.eta[:, self._held_out].T.copy())
        self._explained.append(1 - self._deviance() / self._null)
        self.ended = len(self._penalties) == self._settings.nlambda or self._saturated()

    def _saturated(self) -> bool:
        """glmnet's ends of a path: nearly all is explained, or hardly more than at the penalty before."""
        if len(self._penalties) < min(CONTROL["mnlam"], self._settings.nlambda):
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


def cross_validate(
    settings: CvGlmnet, rows: TaskRows, one_hot: Floats, fold: NDArray[np.int64], measure: glmnet_cv.TypeMeasure
) -> tuple[GlmnetPath, glmnet_cv.Curve, list[str]]:
    """The path on all rows and the curve, both as far as they were needed, and what the inner paths complained of.

    Parameters
    ----------
    fold : int array of shape (n,)
        Inner fold of each row, from 1.
    """
    weights = np.ones(len(rows)) if rows.weights is None else rows.weights
    x = _stored(rows)
    scale = rows.task.scale
    master = _Path(settings, x, scale, one_hot, weights, np.zeros(len(rows), np.bool_))
    inner = [_Path(settings, x, scale, one_hot, weights, fold == number) for number in range(1, settings.folds + 1)]
    columns: list[Floats] = []
    while True:
        for _ in range(1 if columns else 3):  # the third penalty says where the first is
            master.advance()
        lambdas = master.lambdas
        for path in inner:
            while not path.ended and (len(path.links) < 3 or path.lambdas[-1] > lambdas[-1]):
                path.advance()
        if any(not path.links for path in inner) or not len(lambdas):
            raise FitFailed(f"no penalty converged within maxit: {settings.maxit}; raise it or thresh")
        new = lambdas[len(columns) :]
        if len(new):
            losses = np.empty((len(rows), len(new)))
            for number, path in enumerate(inner, start=1):
                held_out = fold == number
                truth = one_hot[held_out]
                losses[held_out] = glmnet_cv.row_losses("multinomial", measure, path.link_at(new), truth)
            values, weight = glmnet_cv.average_in_folds(losses, fold, weights, measure)
            columns.extend(values.T)
        curve = glmnet_cv.curve_of_parts(lambdas, np.column_stack(columns), weight, measure)
        if master.ended or _turned(curve):
            problems = [f"inner fold {number}: {path.problem}" for number, path in enumerate(inner, 1) if path.problem]
            return master.whole(), curve, problems


def _turned(curve: glmnet_cv.Curve) -> bool:
    best = int(curve.mean.argmin())
    limit = curve.mean[best] + _MARGIN * curve.sd[best]
    return len(curve.mean) - best > _STEPS and bool((curve.mean[-_STEPS:] > limit).all())


def _stored(rows: TaskRows) -> NDArray[np.generic]:
    """Features of the rows, one feature after the other: bytes as they are, the rest as float64.

    Each type that the solver is called with is compiled once, which takes longer than many a fit.
    """
    x = rows.task.features[rows.rows].T
    if x.dtype in (np.uint8, np.bool_):
        return np.ascontiguousarray(x).view(np.uint8)
    values = np.ascontiguousarray(x, np.float64)
    if not np.isfinite(values.sum()):
        raise FitFailed("the features have missing or infinite values")
    return values
