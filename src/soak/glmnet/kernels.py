"""glmnet's multinomial coordinate descent, one penalty at a time, so that a path can be left where it is.

The algorithm is that of Friedman, Hastie and Tibshirani (J. Stat. Software 33(1), 2010) with the sequential strong
rule of Tibshirani et al. (J. R. Stat. Soc. B 74, 2012), step for step as glmnet runs it: same order of coordinates,
same tolerances, same screening. Its coefficients are glmnet's but for rounding. It is faster because

- features stay in the type in which they are stored (bytes for pixels) and are standardized while they are read;
- all paths of a cross-validation share one matrix: rows that are held out have the weight 0, and their linear
  predictors come along for nothing;
- a coefficient that is 0 is not visited when a bound on its gradient (Cauchy and Schwarz) says that it stays 0;
- curvatures are computed where a step needs them only.

Notation: classes c, features k, rows i; w_i weights that add up to 1; z_ik = (x_ik - mean_k) / sd_k the standardized
features; eta_ic = b0_c + sum_k z_ik b_ck; q_ic = exp(eta_ic); p_ic = q_ic / sum_c q_ic. Minimized is

    - sum_i w_i log p_(i, y_i)  +  l1 * sum_ck |b_ck|  +  l2 / 2 * sum_ck b_ck^2,    l1 = lambda alpha,
                                                                                    l2 = lambda (1 - alpha),

class after class, each by the quadratic approximation of the loss at the current eta, whose residuals and weights are

    r_i = w_i (y_ic - p_ic),    v_i = w_i p_ic (1 - p_ic).

All loops are compiled for the processor that runs them, and sums may be reordered: the last bits differ between
processors, and between the process that compiles the loops and those that read them from the cache.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# R's glmnet.control(pmin=, exmx=): the least probability of a class, and the largest exponent
_PMIN, _EXMX = 1e-9, 250.0
_ODDS = _PMIN / (1 - _PMIN)
_CERTAIN_LOW, _CERTAIN_HIGH = (1 + _PMIN) * _PMIN, (1 - _PMIN) ** 2  # p beyond these counts as 0 or 1
_SLACK = 1 - 1e-9  # a bound must hold by more than its rounding
_HARDLY_MOVED, _MOVED, _FLAT, _OUT_OF_PASSES = 0, 1, 2, 3


class State(NamedTuple):
    """A path between two penalties; K classes, p features, n rows.

    Attributes
    ----------
    x : array of shape (p, n), any numeric type
        Features as they are stored, all rows.
    mean, sd : arrays of shape (p,)
        Of the train rows; sd is 1 where features are not standardized or are constant.
    y : array of shape (K, n)
        One-hot.
    w : array of shape (n,)
        Weights that add up to 1; 0 for held-out rows.
    b, b0 : arrays of shape (K, p) and (K,)
        Coefficients of the standardized features, and intercepts.
    eta, q, total : arrays of shape (K, n), (K, n), (n,)
        Linear predictors, their exponentials (clipped), and the sum of these over the classes.
    residual : array of shape (K, n)
        Of each class, weighted, as of when the gradients were computed last.
    gradient, seen, drift : arrays of shape (K, p), (K, p), (K,)
        Absolute gradients |sum_i r_i z_ik| when they were computed last, and the length of the way that the class's
        residual had come by then, and has come by now. The length of a step dr is sqrt(sum_i dr_i^2 / w_i), and by
        Cauchy and Schwarz |sum_i dr_i z_ik| is at most that, since sum_i w_i z_ik^2 = 1: a gradient has grown by no
        more than drift - seen.
    strong, usable : bool arrays of shape (p,)
        Features that the strong rule lets in; features that are not constant.
    ever, order : arrays of shape (p,)
        Features that have ever had a coefficient, and the order in which they got it.
    counts : int array: features in ``order``, passes
    """

    x: NDArray[Any]
    mean: Floats
    sd: Floats
    y: Floats
    w: Floats
    b: Floats
    b0: Floats
    eta: Floats
    q: Floats
    total: Floats
    residual: Floats
    gradient: Floats
    seen: Floats
    drift: Floats
    strong: NDArray[np.bool_]
    usable: NDArray[np.bool_]
    ever: NDArray[np.bool_]
    order: NDArray[np.int64]
    counts: NDArray[np.int64]


class Penalty(NamedTuple):
    """A penalty, and when its fit is good enough.

    Attributes
    ----------
    l1, l2 : float
        lambda alpha and lambda (1 - alpha); computed outside of the compiled loops, which may round them otherwise.
    alpha : float
    tolerance : float
        A change of the loss that counts as none: thresh times the null deviance.
    maxit : int
        Passes, all penalties of the path together.
    next_rule : float
        Above which a gradient lets a feature in at the next penalty (the strong rule).
    """

    l1: float
    l2: float
    alpha: float
    tolerance: float
    maxit: int
    next_rule: float


class _Class(NamedTuple):
    """The quadratic approximation of one class's loss while its coefficients are fitted.

    Attributes
    ----------
    c : int
    v : array of shape (n,)
        Weights of the rows in the approximation.
    move : array of shape (n,)
        How far the linear predictor has moved since the approximation was made.
    curvature, known : arrays of shape (p,)
        sum_i v_i z_ik^2, and for which features it is computed.
    sum_v, bound : float
        Sum of v, and the square root of the largest v_i / w_i: a step d of coefficient k moves the residual by no
        more than |d| sqrt(curvature_k) bound.
    """

    c: int
    v: Floats
    move: Floats
    curvature: Floats
    known: NDArray[np.bool_]
    sum_v: float
    bound: float


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile for this processor; the machine code is kept beside the source where that can be written."""
    options: dict[str, Any] = {
        "nogil": True,
        "fastmath": {"reassoc", "contract", "nsz", "arcp"},
        "error_model": "numpy",
    }
    try:
        made: Callable[..., Any] = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder for the cache
        made = numba.njit(**options)(function)
    return made


@_compiled
def _product(r, x, mean, sd):  # type: ignore[no-untyped-def]
    """Gradient of a coefficient: sum_i r_i z_i."""
    result = 0.0
    for i in range(len(r)):
        result += r[i] * (np.float64(x[i]) - mean)
    return result / sd


@_compiled
def _product_and_curvature(r, v, x, mean, sd):  # type: ignore[no-untyped-def]
    """Gradient and curvature of a coefficient: sum_i r_i z_i and sum_i v_i z_i^2."""
    product = 0.0
    curvature = 0.0
    for i in range(len(r)):
        value = np.float64(x[i]) - mean
        product += r[i] * value
        curvature += v[i] * value * value
    return product / sd, curvature / (sd * sd)


@_compiled
def _step(r, v, move, x, mean, sd, by):  # type: ignore[no-untyped-def]
    """Change a coefficient by d: eta_i grows by d z_i, and r_i falls by v_i d z_i."""
    by = by / sd
    for i in range(len(r)):
        change = by * (np.float64(x[i]) - mean)
        move[i] += change
        r[i] -= v[i] * change


@_compiled
def _step_intercept(r, v, move, sum_v):  # type: ignore[no-untyped-def]
    """Newton's step d = sum_i r_i / sum_i v_i of the intercept; returns d."""
    by = 0.0
    for i in range(len(r)):
        by += r[i]
    by = by / sum_v
    if by != 0.0:
        for i in range(len(r)):
            move[i] += by
            r[i] -= v[i] * by
    return by


@_compiled
def _approximate(q, total, w, y, r, v):  # type: ignore[no-untyped-def]
    """Write residuals r and weights v of a class's quadratic approximation.

    Returns the sum of the weights, the largest of them relative to w, and how far the residual has moved.
    """
    curvature = 0.0
    largest = 0.0
    moved = 0.0
    for i in range(len(q)):
        if w[i] == 0.0:
            continue
        p = q[i] / total[i]
        weight = w[i] * p * (1 - p)
        if p < _CERTAIN_LOW:
            p = 0.0
            weight = 0.0
        elif p > _CERTAIN_HIGH:
            p = 1.0
            weight = 0.0
        now = w[i] * (y[i] - p)
        moved += (now - r[i]) * (now - r[i]) / w[i]
        curvature += weight
        largest = max(largest, weight / w[i])
        v[i] = weight
        r[i] = now
    return curvature, largest, np.sqrt(moved)


@_compiled
def center_of(values, alpha):  # type: ignore[no-untyped-def]
    """The t that minimizes sum_c (1 - alpha) / 2 (b_c - t)^2 + alpha |b_c - t|.

    Taken off the coefficients b of a feature it leaves all probabilities as they are, and makes their penalty least:
    the median for the lasso, the mean for ridge. Between two neighbouring b, with m of the K below it, the derivative
    is 0 at t = mean(b) + alpha / ((1 - alpha) K) (K - 2 m).
    """
    n = len(values)
    ordered = np.sort(values)
    if ordered[0] == ordered[-1]:
        return ordered[0]
    if alpha == 1.0:
        return ordered[n // 2] if n % 2 else 0.5 * (ordered[n // 2] + ordered[n // 2 - 1])
    mean = ordered.mean()
    for below in range(n + 1):
        center = mean + alpha / ((1 - alpha) * n) * (n - 2 * below)
        if below > 0 and center < ordered[below - 1]:
            return ordered[below - 1]
        if below == n or center <= ordered[below]:
            return center
    return mean


@_compiled
def _gradient(s, a, k, l1):  # type: ignore[no-untyped-def]
    """Gradient of a coefficient; its curvature is computed too if the coefficient may not stay 0."""
    x = s.x[k]
    if a.known[k]:
        return _product(s.residual[a.c], x, s.mean[k], s.sd[k])
    if s.b[a.c, k] == 0.0:
        g = _product(s.residual[a.c], x, s.mean[k], s.sd[k])
        if abs(g) <= l1:
            return g
    g, a.curvature[k] = _product_and_curvature(s.residual[a.c], a.v, x, s.mean[k], s.sd[k])
    a.known[k] = True
    return g


@_compiled
def _pass(s, a, chosen, penalty, drift):  # type: ignore[no-untyped-def]
    """Visit coefficients of a class once, in the order of ``chosen``, then the intercept.

    With gradient g, curvature h and soft threshold S(t, l) = sign(t) max(|t| - l, 0) a coefficient becomes
    S(g + h b, l1) / (h + l2).

    Returns the largest change of the loss (h d^2 of a step d) and the class's drift.
    """
    l1 = penalty.l1
    b = s.b[a.c]
    gradient = s.gradient[a.c]
    seen = s.seen[a.c]
    change = 0.0
    for index in range(len(chosen)):
        k = chosen[index]
        old = b[k]
        if old == 0.0 and gradient[k] + (drift - seen[k]) < l1 * _SLACK:  # it stays 0
            continue
        g = _gradient(s, a, k, l1)
        gradient[k] = abs(g)
        seen[k] = drift
        if not a.known[k]:
            continue
        h = a.curvature[k]
        target = g + h * old
        beyond = abs(target) - l1
        new = np.sign(target) * beyond / (h + penalty.l2) if beyond > 0.0 else 0.0
        by = new - old
        if by == 0.0:
            continue
        b[k] = new
        _step(s.residual[a.c], a.v, a.move, s.x[k], s.mean[k], s.sd[k], by)
        drift += abs(by) * np.sqrt(h) * a.bound
        change = max(change, h * by * by)
        if not s.ever[k]:
            s.ever[k] = True
            s.order[s.counts[0]] = k
            s.counts[0] += 1
    by = _step_intercept(s.residual[a.c], a.v, a.move, a.sum_v)
    s.b0[a.c] += by
    s.counts[1] += 1
    return max(change, a.sum_v * by * by), drift + abs(by) * np.sqrt(a.sum_v) * a.bound


@_compiled
def _minimize(s, a, strong, penalty, drift):  # type: ignore[no-untyped-def]
    """Passes over all ``strong`` features and, until these rest, over those in use; the drift, or -1 after maxit."""
    while True:
        change, drift = _pass(s, a, strong, penalty, drift)
        if change < penalty.tolerance:
            return drift
        if s.counts[1] > penalty.maxit:
            return -1.0
        while True:
            change, drift = _pass(s, a, s.order[: s.counts[0]], penalty, drift)
            if change < penalty.tolerance:
                break
            if s.counts[1] > penalty.maxit:
                return -1.0


@_compiled
def _has_moved(s, a, old, old_intercept, tolerance):  # type: ignore[no-untyped-def]
    """Whether a coefficient of the class has changed the loss by more than the tolerance."""
    if a.sum_v * (s.b0[a.c] - old_intercept) ** 2 > tolerance:
        return True
    for k in range(len(old)):
        by = s.b[a.c, k] - old[k]
        if by != 0.0 and a.curvature[k] * by * by > tolerance:
            return True
    return False


@_compiled
def _follow(s, a):  # type: ignore[no-untyped-def]
    """Bring eta, q and total up to date; q is kept where _PMIN <= p <= 1 - _PMIN, as glmnet does."""
    c = a.c
    for i in range(len(a.move)):
        eta = s.eta[c, i] + a.move[i]
        others = s.total[i] - s.q[c, i]
        q = min(max(_ODDS * others, np.exp(min(max(-_EXMX, eta), _EXMX))), others / _ODDS)
        s.eta[c, i] = eta
        s.q[c, i] = q
        s.total[i] = others + q


@_compiled
def _fit_class(s, c, strong, penalty, room):  # type: ignore[no-untyped-def]
    """Minimize one class's quadratic approximation.

    ``room`` are the arrays v, move, curvature, known of `_Class`. Returns _MOVED or _HARDLY_MOVED; _FLAT if all
    probabilities of the class are 0 or 1; _OUT_OF_PASSES.
    """
    v, move, curvature, known = room
    sum_v, largest, moved = _approximate(s.q[c], s.total, s.w, s.y[c], s.residual[c], v)
    s.drift[c] += moved
    if sum_v <= _CERTAIN_LOW * (1 - _PMIN):
        return _FLAT
    a = _Class(c, v, move, curvature, known, sum_v, np.sqrt(largest))
    known[:] = False
    move[:] = 0.0
    old, old_intercept = s.b[c].copy(), s.b0[c]
    drift = _minimize(s, a, strong, penalty, s.drift[c])
    if drift < 0.0:
        return _OUT_OF_PASSES
    s.drift[c] = drift
    _follow(s, a)
    return _MOVED if _has_moved(s, a, old, old_intercept, penalty.tolerance) else _HARDLY_MOVED


@_compiled
def _center(s, alpha, move):  # type: ignore[no-untyped-def]
    """Center intercepts and coefficients over the classes: b_ck -= t_k (`center_of`), eta_ic -= sum_k t_k z_ik."""
    n_classes, n = s.q.shape
    shift = s.b0.mean()
    s.b0[:] -= shift
    move[:] = -shift
    for index in range(s.counts[0]):
        k = s.order[index]
        center = center_of(s.b[:, k], alpha)
        if center != 0.0:
            s.b[:, k] -= center
            by = center / s.sd[k]
            for i in range(n):
                move[i] -= by * (np.float64(s.x[k, i]) - s.mean[k])
    for i in range(n):
        factor = np.exp(move[i])
        s.total[i] *= factor
        for c in range(n_classes):
            s.eta[c, i] += move[i]
            s.q[c, i] *= factor


@_compiled
def _let_in(s, l1, needed):  # type: ignore[no-untyped-def]
    """Let in features that violate the optimality condition |gradient| <= l1 of b = 0; whether there was one.

    Gradients are brought up to date where they may exceed ``needed``, the next penalty's strong rule.
    """
    n_classes, n = s.q.shape
    largest = np.zeros(len(s.strong))
    for c in range(n_classes):
        r = s.residual[c]
        moved = 0.0
        for i in range(n):
            if s.w[i] > 0.0:
                now = s.w[i] * (s.y[c, i] - s.q[c, i] / s.total[i])
                moved += (now - r[i]) * (now - r[i]) / s.w[i]
                r[i] = now
        s.drift[c] += np.sqrt(moved)
        for k in range(len(largest)):
            if not s.usable[k] or s.strong[k]:
                continue
            if s.gradient[c, k] + (s.drift[c] - s.seen[c, k]) < needed * _SLACK:
                continue
            s.gradient[c, k] = abs(_product(r, s.x[k], s.mean[k], s.sd[k]))
            s.seen[c, k] = s.drift[c]
            largest[k] = max(largest[k], s.gradient[c, k])
    found = False
    for k in range(len(largest)):
        if largest[k] > l1:
            s.strong[k] = True
            found = True
    return found


@_compiled
def solve(s, penalty):  # type: ignore[no-untyped-def]
    """Bring a path's state to a penalty.

    Parameters
    ----------
    s : State
        Changed in place.
    penalty : Penalty

    Returns
    -------
    bool
        False if it took too many passes.
    """
    n_classes, n = s.q.shape
    move = np.zeros(n)
    room = (np.zeros(n), move, np.zeros(len(s.strong)), np.zeros(len(s.strong), np.bool_))
    while True:
        strong = np.flatnonzero(s.strong)
        moved = False
        flat = 0
        for c in range(n_classes):
            result = _fit_class(s, c, strong, penalty, room)
            if result == _OUT_OF_PASSES:
                return False
            moved = moved or result == _MOVED
            flat += result == _FLAT
        _center(s, penalty.alpha, move)
        if flat == n_classes or (not moved and not _let_in(s, penalty.l1, penalty.next_rule)):
            return True
