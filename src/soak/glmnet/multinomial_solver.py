"""glmnet's multinomial coordinate descent, one penalty at a time, so that a path can be left where it is.

The algorithm is that of Friedman, Hastie and Tibshirani (J. Stat. Software 33(1), 2010) with the sequential strong
rule of Tibshirani et al. (J. R. Stat. Soc. B 74, 2012), step for step as glmnet runs it: same order of coordinates,
same tolerances, same screening. Its coefficients are glmnet's but for rounding. It is faster because

- features stay in the type in which they are stored (bytes for pixels) and are standardized while they are read;
- all paths of a cross-validation share one matrix: rows that are held out have the weight 0, and their linear
  predictors come along for nothing;
- a coefficient that is 0 is not visited when a bound on its gradient (Cauchy and Schwarz) says that it stays 0;
- curvatures are computed where a step needs them only.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from soak.glmnet.multinomial_loops import (
    CERTAIN_LOW,
    PMIN,
    approximate,
    center_of,
    compiled_fast,
    product,
    product_and_curvature,
    step,
    step_intercept,
)

Floats = NDArray[np.float64]

_EXMX = 250.0  # R's glmnet.control(exmx=)
_SLACK = 1 - 1e-9  # a bound must hold by more than its rounding
_ODDS = PMIN / (1 - PMIN)


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
        Absolute gradients when they were computed last, and a length of the way that the class's residual has
        come, then and now: a gradient has changed by no more than the difference.
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


@compiled_fast
def _pass(s, c, chosen, n_chosen, v, move, curvature, known, sums, bound, l1, l2, drift):  # type: ignore[no-untyped-def]
    """Visit coefficients of a class once, in the order of ``chosen``, then the intercept.

    Returns the largest change (curvature times its square) and the class's drift.
    """
    r = s.residual[c]
    b = s.b[c]
    gradient = s.gradient[c]
    seen = s.seen[c]
    change = 0.0
    for index in range(n_chosen):
        k = chosen[index]
        old = b[k]
        if old == 0.0 and gradient[k] + (drift - seen[k]) < l1 * _SLACK:
            continue
        x = s.x[k]
        if known[k]:
            g = product(r, x, s.mean[k], s.sd[k])
        elif old == 0.0:
            g = product(r, x, s.mean[k], s.sd[k])
            if abs(g) > l1:
                g, curvature[k] = product_and_curvature(r, v, x, s.mean[k], s.sd[k])
                known[k] = True
        else:
            g, curvature[k] = product_and_curvature(r, v, x, s.mean[k], s.sd[k])
            known[k] = True
        gradient[k] = abs(g)
        seen[k] = drift
        if not known[k]:
            continue
        target = g + curvature[k] * old
        beyond = abs(target) - l1
        new = np.sign(target) * beyond / (curvature[k] + l2) if beyond > 0.0 else 0.0
        by = new - old
        if by == 0.0:
            continue
        b[k] = new
        step(r, v, move, x, s.mean[k], s.sd[k], by)
        drift += abs(by) * np.sqrt(curvature[k]) * bound
        change = max(change, curvature[k] * by * by)
        if not s.ever[k]:
            s.ever[k] = True
            s.order[s.counts[0]] = k
            s.counts[0] += 1
    by = step_intercept(r, v, move, sums)
    s.b0[c] += by
    s.counts[1] += 1
    return max(change, sums * by * by), drift + abs(by) * np.sqrt(sums) * bound


@compiled_fast
def _fit_class(s, c, strong, l1, l2, tolerance, maxit, v, move, curvature, known):  # type: ignore[no-untyped-def]
    """Minimize one class's quadratic approximation; 0: hardly moved, 1: moved, 2: flat, 3: out of passes."""
    sums, largest, moved = approximate(s.q[c], s.total, s.w, s.y[c], s.residual[c], v)
    drift = s.drift[c] + moved
    s.drift[c] = drift
    if sums <= CERTAIN_LOW * (1 - PMIN):
        return 2
    bound = np.sqrt(largest)
    old = s.b[c].copy()
    old_intercept = s.b0[c]
    known[:] = False
    move[:] = 0.0
    while True:
        change, drift = _pass(s, c, strong, len(strong), v, move, curvature, known, sums, bound, l1, l2, drift)
        if change < tolerance:
            break
        if s.counts[1] > maxit:
            return 3
        while True:
            change, drift = _pass(s, c, s.order, s.counts[0], v, move, curvature, known, sums, bound, l1, l2, drift)
            if change < tolerance:
                break
            if s.counts[1] > maxit:
                return 3
    s.drift[c] = drift
    result = 1 if sums * (s.b0[c] - old_intercept) ** 2 > tolerance else 0
    for k in range(len(old)):
        by = s.b[c, k] - old[k]
        if by != 0.0 and curvature[k] * by * by > tolerance:
            result = 1
            break
    for i in range(len(move)):
        eta = s.eta[c, i] + move[i]
        others = s.total[i] - s.q[c, i]
        q = min(max(_ODDS * others, np.exp(min(max(-_EXMX, eta), _EXMX))), others / _ODDS)
        s.eta[c, i] = eta
        s.q[c, i] = q
        s.total[i] = others + q
    return result


@compiled_fast
def _center(s, alpha, move):  # type: ignore[no-untyped-def]
    """Center intercepts and coefficients over the classes."""
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


@compiled_fast
def _let_in(s, l1, needed):  # type: ignore[no-untyped-def]
    """Let in features that violate the optimality conditions; whether there was one.

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
            s.gradient[c, k] = abs(product(r, s.x[k], s.mean[k], s.sd[k]))
            s.seen[c, k] = s.drift[c]
            largest[k] = max(largest[k], s.gradient[c, k])
    found = False
    for k in range(len(largest)):
        if largest[k] > l1:
            s.strong[k] = True
            found = True
    return found


@compiled_fast
def solve(s, penalty, next_rule, alpha, tolerance, maxit):  # type: ignore[no-untyped-def]
    """Bring a path's state to a penalty; False if it took too many passes.

    Parameters
    ----------
    s : State
        Changed in place.
    penalty : float
        lambda.
    next_rule : float
        Above which a gradient lets a feature in at the next penalty.
    tolerance : float
        thresh times the null deviance.
    maxit : int
        Passes, all penalties of the path together.
    """
    l1 = penalty * alpha
    l2 = penalty * (1 - alpha)
    n_classes, n = s.q.shape
    v = np.zeros(n)
    move = np.zeros(n)
    curvature = np.zeros(len(s.strong))
    known = np.zeros(len(s.strong), np.bool_)
    while True:
        strong = np.flatnonzero(s.strong)
        moved = False
        flat = 0
        for c in range(n_classes):
            result = _fit_class(s, c, strong, l1, l2, tolerance, maxit, v, move, curvature, known)
            if result == 3:
                return False
            moved = moved or result == 1
            flat += result == 2
        _center(s, alpha, move)
        if flat == n_classes or (not moved and not _let_in(s, l1, next_rule)):
            return True
