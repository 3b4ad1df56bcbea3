"""Coordinate descent for several classes at one penalty, with the bits of R's glmnet.

The algorithm is that of Friedman, Hastie and Tibshirani (J. Stat. Software 33(1), 2010) with the sequential strong
rule of Tibshirani et al. (J. R. Stat. Soc. B 74, 2012). Notation: classes c, features k, rows i; w_i weights that add up
to 1; z_ik standardized features; eta_ic = b0_c + sum_k z_ik b_ck; q_ic = exp(eta_ic); p_ic = q_ic / sum_c q_ic. Minimized is

    - sum_i w_i log p_(i, y_i)  +  l1 * sum_ck |b_ck|  +  l2 / 2 * sum_ck b_ck^2,    l1 = lambda alpha,
                                                                                    l2 = lambda (1 - alpha),

class after class, each by the quadratic approximation of the loss at the current eta, whose residuals and weights are

    r_i = w_i (y_ic - p_ic),    v_i = w_i p_ic (1 - p_ic).

A coefficient with gradient g_k = sum_i r_i z_ik and curvature h_k = sum_i v_i z_ik^2 becomes

    S(g_k + h_k b_k, l1) / (h_k + l2),    S(t, l) = sign(t) max(|t| - l, 0),

and its step d takes d v_i z_ik off r_i. A coefficient that is 0 and has |g_k| <= l1 stays 0: nine of ten visits do nothing.

**Which visits are skipped.** For any positive u_i, by Cauchy and Schwarz, a change dr of the residual changes g_k by at most

    |dr| reach_k,    |dr|^2 = sum_i dr_i^2 / u_i,    reach_k^2 = sum_i u_i z_ik^2,

which is tightest for u near the v of the steps, dr_i = - d v_i z_ij. With a bound m_k of |g_k| somewhere, the feature need not be
looked at until the residual has gone further from there than its *slack*, (l1 - m_k) / reach_k. The way that a class's residual
has gone since its *anchor* is counted, |d| sqrt(h_j) sqrt(max_i v_i / u_i) for each step; slacks are kept as the length
of this way at which they are used up, so that one comparison decides. The anchor is where the fit began, and moves on after
each pass: its distance from the new one is computed, and often is far less than the way. Bounds are the smallest of

- that at the anchor before + the distance between the two anchors * reach_k;
- at the beginning of a fit |a0 G0_k + a1 G1_k| + |r - a0 s0 - a1 s1| reach_k, where s0 and s1 are the class's residuals at the
  end of the last two penalties, with known gradients G0, G1, and a0, a1 are those of least squares;
- what integers say: with q_i the integer next to r_i / s, sum_i x_ik q_i is exact on the stored bytes, and gives g_k
  but for s / 2 sqrt(sum_i 1 / w_i) norm_k, norm_k^2 = sum_i w_i z_ik^2. The next few features are screened like that at once,
  where the residual is; it costs a tenth of their products;
- a product that had to be computed.

A visit is skipped if the bound is below l1 by more than rounding. All others, and all that decides or is kept, is computed in
R's order of operations (`soak.glmnet.loops`), so that the result has the bits that it has without bounds.

The intercept is handled as one more feature, whose z is 1: its step is sum_i r_i / sum_i v_i.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from soak.glmnet import loops
from soak.glmnet.loops import CERTAIN_LOW, EXMX, LARGEST_SUM, PMIN, compiled, inlined

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_RESTS, _MOVED, _FLAT, _NO_PASSES = 0, 1, 2, 3
_FLAT_SUM = CERTAIN_LOW * (1 - PMIN)  # a sum of weights that counts as none
_MORE = 1 + 1e-9  # bounds have this much room for rounding
_FEW = 3  # fewer features than this are not worth being screened with integers
# no feature, the first of two rows, not yet; as literals they would have types of their own, and all be compiled twice
_NONE, _FIRST = np.int64(-1), np.int64(0)
_NOT_YET: Any = np.bool_(False)
_AHEAD = 24  # how far is looked for them


class Columns(NamedTuple):
    """The features of a path: p of them, n rows, stride n rounded up.

    Attributes
    ----------
    n : int
    planes, n_planes : uint8 array of shape (p * n_planes, n + padding), and 1 or 2
        x_ik = low_k + unit_k * byte for one plane; for two unit_k * (256 * first byte + second byte).
    z : array of shape (p + 1, stride)
        Standardized features; the last is 1 in each row, for the intercept. Filled in where `ready`.
    values : array of shape (256,)
        x of each byte, if there is one plane.
    mean, sd, norm : arrays of shape (p,)
        sd is 1 where features are not standardized; norm_k^2 = sum_i w_i z_ik^2.
    low, unit, gap : arrays of shape (p,)
        See planes; gap_k is the norm of z_k less what the planes say, and room for rounding.
    usable, ready : bool arrays of shape (p,)
        Features that are not constant.
    w, inverse_w : arrays of shape (stride,)
        Weights, and 1 / w_i, 0 where w_i is 0.
    slope, offset : arrays of shape (p,)
        z_ik = slope_k * (what the planes say) + offset_k
    spread : float
        sqrt(sum_i 1 / w_i)
    code : int array of shape (stride,)
        Class of each row, -1 in the padding.
    looks_up : bool
        Whether z is looked up in tables rather than read, where it is read again and again.
    tables : array of shape (p, 256), or (1, 256) if not looked up
        z of each byte, where `ready`.
    one : array of shape (1, stride)
        Room to work in.
    """

    n: int
    planes: NDArray[np.uint8]
    n_planes: int
    z: Floats
    values: Floats
    mean: Floats
    sd: Floats
    norm: Floats
    low: Floats
    unit: Floats
    gap: Floats
    usable: NDArray[np.bool_]
    ready: NDArray[np.bool_]
    w: Floats
    inverse_w: Floats
    slope: Floats
    offset: Floats
    spread: float
    code: Integers
    looks_up: bool
    tables: Floats
    one: Floats


class State(NamedTuple):
    """A path between two penalties; K classes.

    Attributes
    ----------
    b, b0 : arrays of shape (K, p) and (K,)
        Coefficients of the standardized features, and intercepts.
    q, total : arrays of shape (K, stride) and (stride,)
    r : array of shape (K, stride)
        Residuals, as they were left.
    key : array of shape (K, p)
        Bounds of the gradients at the anchor, between two fits of a class.
    reach, inverse_reach : arrays of shape (K, p)
    anchor, u, inverse_u : arrays of shape (K, stride)
    strong, ever : bool arrays of shape (p,)
        Features that the strong rule has let in; features that have ever had a coefficient.
    order : int array of shape (p,)
        The latter, in the order in which they got it.
    largest : array of shape (p,)
        The largest gradient over the classes of features that are not strong, or a bound of it that decides as it does.
    s, gradient, error : arrays of shape (2, K, stride), (2, K, p), (2, K, 3)
        Residuals of the last two penalties, their gradients, and what these may be off by: the lengths that norm, gap and
        the rounding of a column are multiplied by.
    counts : int array
        Features in `order`, passes, which of the two residuals s is newer, how many there are, penalties.
    """

    b: Floats
    b0: Floats
    q: Floats
    total: Floats
    r: Floats
    key: Floats
    anchor: Floats
    u: Floats
    inverse_u: Floats
    reach: Floats
    inverse_reach: Floats
    strong: NDArray[np.bool_]
    ever: NDArray[np.bool_]
    order: Integers
    largest: Floats
    s: Floats
    gradient: Floats
    error: Floats
    counts: Integers


class Room(NamedTuple):
    """Arrays to work in.

    Attributes
    ----------
    looked_up : array of shape (2, stride)
        z of the last two features that were looked up.
    v, eta, e, bits : arrays of shape (stride,)
        Weights of the class's approximation; linear predictors; their exponentials; powers of two.
    q : int16 array of shape (K, n + padding)
        The residuals as integers.
    curvature : array of shape (p,)
        h_k, of features that have moved.
    before, touched : arrays of shape (p,)
        Coefficients before the fit, of the features that have moved in it.
    screened : int array of shape (p,)
        The screening in which a feature was looked at last.
    chosen, factors : arrays of shape (p,) and (p,)
        A list of features and numbers.
    slack, near : arrays of shape (p,)
        How long the way from the anchor may be before a feature of the class has to be looked at, and how far from it the
        residual may be; minus infinity if the feature has a coefficient.
    related : array of shape (K, 3)
        Scalar products of the residuals s0 and s1: s0 s0, s0 s1, s1 s1.
    scale, total : arrays of shape (K,)
        Of the integers of each class: what they are multiplied by, and their sums.
    products, of_classes, ordered : arrays
    strong, weighed : arrays of shape (p,) and (p,)
        Features that are visited; those of the penalty before.
    """

    looked_up: Floats
    v: Floats
    eta: Floats
    e: Floats
    bits: Integers
    q: NDArray[np.int16]
    curvature: Floats
    before: Floats
    touched: NDArray[np.bool_]
    screened: Integers
    chosen: Integers
    factors: Floats
    slack: Floats
    near: Floats
    related: Floats
    scale: Floats
    total: Floats
    products: Floats
    of_classes: Floats
    strong: Integers
    weighed: NDArray[np.bool_]
    ordered: Floats


class Penalty(NamedTuple):
    """A penalty, and when its fit is good enough.

    Attributes
    ----------
    l1, l2, alpha : float
        lambda alpha and lambda (1 - alpha).
    tolerance : float
        A change of the loss that counts as none: thresh times the null deviance.
    maxit : int
        Passes, all penalties of the path together.
    bounded : bool
        type_logistic: modified.Newton, whose curvatures are those of v_i = w_i / 4, and given.
    next_rule : float
        Above which a gradient lets a feature in at the next penalty (the strong rule). If it hangs on the
        largest gradient, as for the first two penalties, minus its share of that.
    """

    l1: float
    l2: float
    alpha: float
    tolerance: float
    maxit: int
    bounded: bool
    next_rule: float


@compiled
def _make_ready(t, k):  # type: ignore[no-untyped-def]
    """Standardize a feature of bytes: (x - mean) / sd, computed for each of 256 values."""
    if t.ready[k]:
        return
    x, z = t.planes[k], t.z[k]
    table = t.tables[k if t.looks_up else 0]
    for value in range(256):
        table[value] = (t.values[value] - t.mean[k]) / t.sd[k]
    for i in range(t.n):
        z[i] = table[x[i]]
    t.ready[k] = True


@compiled
def _integers(r, room, c):  # type: ignore[no-untyped-def]
    """Choose s, and write q_i, the integer next to r_i / s, of a class.

    s is as small as 16 bits of q_i, and 32 of a block's sum of bytes times q_i, allow.
    """
    scale = max(loops.largest(r) / 32000.0, loops.largest_sum(r) * 1.05 / LARGEST_SUM)
    room.scale[c] = scale if 0.0 < scale < np.inf else 1.0
    loops.quantize(r, room.scale[c], room.q[c])
    room.total[c], _, _ = loops.sum_integers(room.q[c])


@inlined
def _step_and_integers(t, r, room, c, step):  # type: ignore[no-untyped-def]
    """`_integers` after the step of a feature; s stays what it was, unless the integers would be too large."""
    moved, by, slot = step
    if moved < 0:
        loops.quantize(r, room.scale[c], room.q[c])
    else:
        z, row = (room.looked_up, slot) if t.looks_up else (t.z, moved)
        loops.step_and_quantize(r, room.v, z, row, by, room.scale[c], room.q[c])
    room.total[c], most, largest = loops.sum_integers(room.q[c])
    if most > LARGEST_SUM or largest >= 32767:
        _integers(r, room, c)


@inlined
def _length(t, r):  # type: ignore[no-untyped-def]
    """sqrt(sum_i r_i^2 / w_i)"""
    return np.sqrt(loops.scalar_product(r, r, t.inverse_w)) * _MORE


@inlined
def _errors(t, scale, length):  # type: ignore[no-untyped-def]
    """What norm_k and gap_k are multiplied by: sum_i |r_i - s q_i|^2 / w_i is at most s^2 / 4 sum_i 1 / w_i."""
    off = 0.5 * scale * t.spread * _MORE
    return (off, off + length) if length < np.inf else (np.inf, 0.0)


@compiled
def _screened(planes, n_planes, k, q):  # type: ignore[no-untyped-def]
    """sum_i q_i times what the planes say of a feature."""
    if n_planes == 1:
        return loops.byte_product(planes, k, q)
    return 256.0 * loops.byte_product(planes, 2 * k, q) + loops.byte_product(planes, 2 * k + 1, q)


@inlined
def _set_anchor(t, s, room, c, limit):  # type: ignore[no-untyped-def]
    """Make the residual the class's anchor: keys, bounds of the gradients there, follow, and slacks from them."""
    p = len(t.norm)
    r, anchor, key, inverse_u, reach = s.r[c], s.anchor[c], s.key[c], s.inverse_u[c], s.reach[c]
    new = s.counts[2]
    old = 1 - new if s.counts[3] == 2 else new
    s0, s1 = s.s[new, c], s.s[old, c]
    squares, a0r, a1r = loops.relations(r, anchor, s0, s1, inverse_u)
    way = np.sqrt(squares) * _MORE
    for i in range(len(r)):
        anchor[i] = r[i]
    a00, a01, a11 = room.related[c, 0], room.related[c, 1], room.related[c, 2]
    if a00 > 0.0:
        determinant = a00 * a11 - a01 * a01
        if determinant > 1e-9 * a00 * a11:
            f0, f1 = (a0r * a11 - a1r * a01) / determinant, (a1r * a00 - a0r * a01) / determinant
        else:
            f0, f1 = a0r / a00, 0.0
        left = np.sqrt(loops.rest(r, s0, s1, f0, f1, inverse_u)) * _MORE
        of_norm = abs(f0) * s.error[new, c, 0] + abs(f1) * s.error[old, c, 0]
        of_gap = abs(f0) * s.error[new, c, 1] + abs(f1) * s.error[old, c, 1]
        g0, g1, norm, gap = s.gradient[new, c], s.gradient[old, c], t.norm, t.gap
        for k in range(p):
            bound = abs(f0 * g0[k] + f1 * g1[k]) + left * reach[k] + of_norm * norm[k] + of_gap * gap[k]
            moved = key[k] + way * reach[k]
            key[k] = bound if bound < moved else moved
    else:
        for k in range(p):
            key[k] += way * reach[k]
    b, slack, near, inverse_reach = s.b[c], room.slack, room.near, s.inverse_reach[c]
    for k in range(p):
        near[k] = slack[k] = (limit - key[k]) * inverse_reach[k] if b[k] == 0.0 else -np.inf


@inlined
def _move_anchor(t, s, room, c, away):  # type: ignore[no-untyped-def]
    """Make the residual the class's anchor, whose way from the anchor before is ``away`` long; returns its length (`_length`)."""
    r, anchor, near, slack = s.r[c], s.anchor[c], room.near, room.slack
    way = np.sqrt(loops.distance(r, anchor, s.inverse_u[c])) * _MORE
    for i in range(len(r)):
        anchor[i] = r[i]
    for k in range(len(near)):
        near[k] = slack[k] = max(near[k] - way, slack[k] - away)
    return _length(t, r)


@compiled
def _worth_screening(b, slack, ks, position, stop, away):  # type: ignore[no-untyped-def]
    """Whether enough of the features between two positions of a list are undecided."""
    found = 0
    for j in range(position, stop):
        k = ks[j]
        if not away < slack[k] and b[k] == 0.0:
            found += 1
            if found == _FEW:
                return True
    return False


@inlined
def _screen(t, s, room, c, ks, position, stop, away, bounds, mark):  # type: ignore[no-untyped-def]
    """Bound the gradients of the undecided features between two positions of a list with integers."""
    b, slack, inverse_reach = s.b[c], room.slack, s.inverse_reach[c]
    screened, planes, slope, offset, norm, gap, q = room.screened, t.planes, t.slope, t.offset, t.norm, t.gap, room.q[c]
    scale, total = room.scale[c], room.total[c]
    limit, length = bounds
    of_norm, of_gap = _errors(t, scale, length + away)  # u_i < w_i
    for j in range(position, stop):
        k = ks[j]
        if away < slack[k] or b[k] != 0.0:
            continue
        g = abs(scale * (slope[k] * _screened(planes, t.n_planes, k, q) + offset[k] * total))
        bound = g + of_norm * norm[k] + of_gap * gap[k]
        slack[k] = away + (limit - bound) * inverse_reach[k]
        screened[k] = mark


@compiled
def _screen_ahead(t, s, room, c, ks, position, count, away, bounds, mark, fresh, step):  # type: ignore[no-untyped-def]
    """Screen the next features of a list, if their integers are those of the residual, or if making them so is worth it.

    Parameters
    ----------
    ks, position, count
        The list, where in it the pass is, and its end.
    away : float
        The length of the way from the anchor.
    bounds : (float, float)
        What a gradient must not reach, and the length of the residual at the anchor.
    mark, fresh
        As returned, before.
    step : (int, float, int)
        The feature that has moved last, by how much, and the row of `looked_up` that it has.

    Returns
    -------
    fresh : bool
        Whether the integers are those of the residual; it has the last step then.
    mark : int
        The number of the last screening.
    """
    stop = min(count, position + _AHEAD)
    if not fresh and _worth_screening(s.b[c], room.slack, ks, position, stop, away):
        mark += 1
        _step_and_integers(t, s.r[c], room, c, step)
        fresh = True
    if fresh:
        _screen(t, s, room, c, ks, position, stop, away, bounds, mark)
    return fresh, mark


@inlined
def _next_visit(slack, ks, position, count, away):  # type: ignore[no-untyped-def]
    """The next feature of a list that will be visited, as far as can be told, or the intercept."""
    for j in range(position + 1, count):
        if not away < slack[ks[j]]:
            return ks[j]
    return len(slack)


@inlined
def _look_at(t, r, room, k, step, ahead):  # type: ignore[no-untyped-def]
    """The gradient of a feature after the step of another, and its curvature."""
    moved, by, slot = step
    v = room.v
    if t.looks_up and k < len(t.norm):
        return loops.step_and_look_up(r, v, room.looked_up, slot, by, t.tables, t.planes, k, t.n)
    if moved < 0:
        return loops.products(r, v, t.z, k, t.n)
    return loops.step_and_products(r, v, t.z, moved, by, k, ahead, t.n)


@inlined
def _take(s, room, c, k, old, new, curvature):  # type: ignore[no-untyped-def]
    """Give a feature its new coefficient."""
    if not room.touched[k]:
        room.touched[k] = True
        room.before[k] = old
    s.b[c, k] = new
    room.curvature[k] = curvature
    if not s.ever[k]:
        s.ever[k] = True
        s.order[s.counts[0]] = k
        s.counts[0] += 1


@inlined
def _threshold(target, l1, curvature):  # type: ignore[no-untyped-def]
    """S(target, l1) / curvature"""
    beyond = abs(target) - l1
    return 0.0 if beyond <= 0.0 else (beyond if target > 0.0 else -beyond) / curvature


@inlined
def _step_intercept(t, s, room, c, step, fit, ahead):  # type: ignore[no-untyped-def]
    """Newton's step sum_i r_i / sum_i v_i of the intercept, after the last of the features.

    Returns
    -------
    The step, and the length of the way from the anchor.
    """
    moved, by, away = step
    sum_v, ratio = fit
    intercept = len(t.norm)
    g, _ = _look_at(t, s.r[c], room, np.uint32(intercept), (moved, by, _FIRST), ahead)
    by = g / sum_v
    if by != 0.0:
        s.b0[c] += by
        away += abs(by) * np.sqrt(sum_v) * ratio * _MORE
        loops.step(s.r[c], room.v, t.z, intercept, by)
    return by, away


@compiled
def _pass(t, s, room, penalty, c, ks, count, fit):  # type: ignore[no-untyped-def]
    """Visit coefficients of a class once, in the order of ks, then the intercept.

    Parameters
    ----------
    fit : (float, float, float, int)
        sum_i v_i, the square root of the largest v_i / u_i, the length of the residual, and the number of the last screening.

    Returns
    -------
    change : float
        The largest change of the loss: h d^2 of a step d.
    away : float
        The length of the residual's way.
    mark : int
        The number of the last screening.
    """
    sum_v, ratio, length, mark = fit
    limit = penalty.l1 / _MORE
    r, b, slack, inverse_reach = s.r[c], s.b[c], room.slack, s.inverse_reach[c]
    away, change = 0.0, 0.0
    moved, by, slot = _NONE, 0.0, _FIRST  # the last step, which r does not have yet
    fresh = _NOT_YET  # whether the integers are those of r
    for j in range(count):
        k = ks[j]
        if away < slack[k]:
            continue
        old = b[k]
        if old == 0.0 and not (fresh and room.screened[k] == mark):
            fresh, mark = _screen_ahead(
                t, s, room, c, ks, j, count, away, (limit, length), mark, fresh, (moved, by, slot)
            )
            if fresh:
                moved, by = _NONE, 0.0
            if away < slack[k]:
                continue
        g, h = _look_at(t, r, room, k, (moved, by, slot), _next_visit(slack, ks, j, count, away))
        slot = 1 - slot
        h = room.curvature[k] if penalty.bounded else h
        target = g + h * old
        new = _threshold(target, penalty.l1, h + penalty.l2)
        moved, by = _NONE, new - old
        if by != 0.0:
            moved, fresh = k, False
            _take(s, room, c, k, old, new, h)
            gain = h * by * by
            change = change if gain <= change else gain  # NaN stays
            away += abs(by) * np.sqrt(h) * ratio * _MORE
        if new != 0.0:
            room.near[k] = slack[k] = -np.inf
        else:  # without the coefficient its gradient is the target
            slack[k] = away + (limit - abs(target)) * inverse_reach[k]
    by, away = _step_intercept(t, s, room, c, (moved, by, away), (sum_v, ratio), ks[0] if count else len(t.norm))
    gain = sum_v * by * by
    change = change if gain <= change else gain
    s.counts[1] += 1
    return change, away, mark


@inlined
def _nonzero(s, c, room):  # type: ignore[no-untyped-def]
    """Features with a coefficient in the class, in the order of entry: writes them and the coefficients."""
    found = 0
    for j in range(s.counts[0]):
        k = s.order[j]
        value = s.b[c, k]
        if value != 0.0:
            room.chosen[found] = k
            room.factors[found] = value
            found += 1
    return found


@inlined
def _fit_class(t, s, room, penalty, c, strong, n_strong, mark):  # type: ignore[no-untyped-def]
    """Minimize one class's quadratic approximation.

    Returns
    -------
    outcome : int
        _MOVED if a coefficient has changed the loss by more than the tolerance, _RESTS if none has; _FLAT if all probabilities
        of the class are 0 or 1; _NO_PASSES if there are none left.
    mark : int
        The number of the last screening.
    """
    n = t.n
    r = s.r[c]
    sum_v = loops.approximate(s.q[c], s.total, t.w, t.code, c, r, room.v, n)
    if sum_v <= _FLAT_SUM:
        return _FLAT, mark
    _set_anchor(t, s, room, c, penalty.l1 / _MORE)
    length = _length(t, r)
    room.touched[:] = False
    ratio = np.sqrt(loops.largest_ratio(room.v, s.inverse_u[c])) * _MORE
    old_intercept = s.b0[c]
    whole = True
    while True:
        ks, count = (strong, n_strong) if whole else (s.order, s.counts[0])
        change, away, mark = _pass(t, s, room, penalty, c, ks, count, (sum_v, ratio, length, mark))
        length = _move_anchor(t, s, room, c, away)
        if change < penalty.tolerance:
            if whole:
                break
            whole = True
            continue
        if s.counts[1] > penalty.maxit:
            return _NO_PASSES, mark
        whole = False
    for k in range(len(t.norm)):
        s.key[c, k] = penalty.l1 / _MORE - room.near[k] * s.reach[c, k] if s.b[c, k] == 0.0 else np.inf
    moved = sum_v * (s.b0[c] - old_intercept) ** 2 > penalty.tolerance
    for j in range(s.counts[0]):
        k = s.order[j]
        if room.touched[k] and room.curvature[k] * (s.b[c, k] - room.before[k]) ** 2 > penalty.tolerance:
            moved = True
    return (_MOVED if moved else _RESTS), mark


@inlined
def _follow(t, s, room, c):  # type: ignore[no-untyped-def]
    """Bring the linear predictor, q and total up to date: eta = b0 + sum_k b_k z_k in the order of entry."""
    n = t.n
    eta = room.eta
    found = _nonzero(s, c, room)
    eta[:] = s.b0[c]
    loops.add_rows(eta, t.z, room.chosen, room.factors, found)
    for i in range(len(eta)):
        eta[i] = min(max(-EXMX, eta[i]), EXMX)
    loops.exponentials(eta, (c * n) & 1, n, room.bits, room.e)
    loops.follow(room.e, s.q[c], s.total)


@compiled
def _mostly_zero(values):  # type: ignore[no-untyped-def]
    """Whether the values in the middle of their order are 0."""
    below, above = 0, 0
    for value in values:
        below += value < 0.0
        above += value > 0.0
    return max(below, above) <= (len(values) - 1) // 2


@compiled
def _sort(values, ordered):  # type: ignore[no-untyped-def]
    for c in range(len(values)):
        place = c
        while place > 0 and ordered[place - 1] > values[c]:
            ordered[place] = ordered[place - 1]
            place -= 1
        ordered[place] = values[c]


@compiled
def center_of(values, alpha, ordered):  # type: ignore[no-untyped-def]
    """The t that minimizes sum_c (1 - alpha) / 2 (b_c - t)^2 + alpha |b_c - t|.

    Taken off the coefficients b of a feature it leaves all probabilities as they are, and makes their penalty least:
    the median for the lasso, the mean for ridge. Between two neighbouring b, with m of the K below it, the derivative
    is 0 at t = mean(b) + alpha / ((1 - alpha) K) (K - 2 m). ``ordered`` is room for the sorted values.
    """
    n = len(values)
    if alpha == 1.0 and _mostly_zero(values):
        return 0.0
    _sort(values, ordered)
    if ordered[0] == ordered[n - 1]:
        return ordered[0]
    if alpha == 1.0:
        return ordered[n // 2] if n % 2 else 0.5 * (ordered[n // 2] + ordered[n // 2 - 1])
    total = 0.0
    for value in values:
        total += value
    mean = total / n
    for below in range(n + 1):
        center = mean + alpha / ((1 - alpha) * n) * (n - 2 * below)
        if below > 0 and center < ordered[below - 1]:
            return ordered[below - 1]
        if below == n or center <= ordered[below]:
            return center
    return mean


@inlined
def _center(t, s, room, alpha):  # type: ignore[no-untyped-def]
    """Center intercepts and coefficients over the classes: b_ck -= t_k (`center_of`), eta_ic -= mean(b0) + sum_k t_k z_ik."""
    n, n_classes = t.n, len(s.q)
    mean = 0.0
    for c in range(n_classes):
        mean += s.b0[c]
    mean = mean / n_classes
    for c in range(n_classes):
        s.b0[c] -= mean
    found = np.int64(0)
    for j in range(s.counts[0]):
        k = s.order[j]
        for c in range(n_classes):
            room.of_classes[c] = s.b[c, k]
        center = center_of(room.of_classes, alpha, room.ordered)
        if center != 0.0:
            for c in range(n_classes):
                s.b[c, k] -= center
            room.chosen[found] = k
            room.factors[found] = -center
            found += 1
    room.eta[:] = -mean
    loops.add_rows(room.eta, t.z, room.chosen, room.factors, found)
    loops.exponentials(room.eta, _FIRST, n, room.bits, room.e)
    loops.scale_classes(s.q, s.total, room.e)


@inlined
def _off(t, error, k):  # type: ignore[no-untyped-def]
    """How far a screened gradient may be off."""
    return error[0] * t.norm[k] + error[1] * t.gap[k]


@inlined
def _refer(t, s, room, slot):  # type: ignore[no-untyped-def]
    """Make each class's residual a reference, with all its gradients; returns how large the largest is at least."""
    p = len(t.norm)
    for c in range(len(s.q)):
        r, anchor, reference, error = s.r[c], s.anchor[c], s.s[slot, c], s.error[slot, c]
        loops.residual(s.q[c], s.total, t.w, t.code, c, r)
        for i in range(len(r)):
            anchor[i] = reference[i] = r[i]
        _integers(r, room, c)
        error[0], error[1] = _errors(t, room.scale[c], _length(t, r))
    loops.byte_products(t.planes, room.q, room.products)
    least = 0.0
    for c in range(len(s.q)):
        gradient, key, products, largest, error = (
            s.gradient[slot, c],
            s.key[c],
            room.products[c],
            s.largest,
            s.error[slot, c],
        )
        if t.n_planes == 2:
            for k in range(p):
                products[k] = 256.0 * products[2 * k] + products[2 * k + 1]
        for k in range(p):
            gradient[k] = room.scale[c] * (t.slope[k] * products[k] + t.offset[k] * room.total[c])
            off = _off(t, error, k)
            key[k] = abs(gradient[k]) + off
            largest[k] = key[k] if key[k] > largest[k] and not s.strong[k] else largest[k]
            least = max(least, abs(gradient[k]) - off)
    return least


@compiled
def let_in(t, s, room, l1, next_rule, fresh):  # type: ignore[no-untyped-def]
    """Let in features that violate the optimality condition |gradient| <= l1 of b = 0; whether there was one.

    Gradients of all features are bounded with integers, and computed where they might exceed l1 or the next penalty's
    strong rule. They are the reference of the next penalty.

    Parameters
    ----------
    next_rule : float
        As in `Penalty`.
    fresh : bool
        Whether this is the first call at this penalty: it forgets the older of the two residuals.
    """
    p = len(t.norm)
    if fresh:
        s.counts[2] = 1 - s.counts[2]
        s.counts[3] = min(2, s.counts[3] + 1)
    slot = s.counts[2]
    for k in range(p):
        s.largest[k] = s.largest[k] if s.strong[k] else 0.0
    least = _refer(t, s, room, slot)  # of the largest gradient
    # where the rule hangs on the largest gradient, that has to be exact, too
    needed = min(l1, next_rule) if next_rule >= 0.0 else least * min(1.0, -next_rule)
    found = False
    for k in range(p):
        if s.strong[k] or not t.usable[k] or s.largest[k] < needed / _MORE:
            continue
        s.largest[k] = _largest_gradient(t, s, room, k, slot, needed / _MORE)
        if s.largest[k] > l1:
            s.strong[k] = True
            found = True
    return found


@inlined
def _largest_gradient(t, s, room, k, slot, needed):  # type: ignore[no-untyped-def]
    """The largest gradient of a feature over the classes, if it exceeds what is needed."""
    _make_ready(t, k)
    most = 0.0
    for c in range(len(s.q)):
        if not abs(s.gradient[slot, c, k]) + _off(t, s.error[slot, c], k) < needed:
            g = abs(loops.product(s.r[c], t.z, k, t.n))
            s.key[c, k] = min(s.key[c, k], g)
            most = max(most, g)
    return most


@inlined
def _weigh(t, s, room):  # type: ignore[no-untyped-def]
    """Weights u near the curvatures' v, and the lengths sqrt(sum_i u_i z_ik^2) of the features in them."""
    n_classes = len(s.q)
    anew = s.counts[4] % 5 == 0
    s.counts[4] += 1
    if anew:
        for c in range(n_classes):
            loops.rough_weights(s.q[c], s.total, t.w, s.u[c], s.inverse_u[c])
            most = np.sqrt(loops.largest_ratio(s.u[c], t.inverse_w)) * _MORE
            for k in range(len(t.norm)):
                s.reach[c, k] = most * t.norm[k]
    for k in range(len(t.norm)):
        if s.strong[k] and (anew or not room.weighed[k]):
            for c in range(n_classes):
                s.reach[c, k] = np.sqrt(loops.square(s.u[c], t.z, k)) * _MORE
        room.weighed[k] = s.strong[k]
    for c in range(n_classes):
        for k in range(len(t.norm)):
            s.inverse_reach[c, k] = 1.0 / s.reach[c, k]


@inlined
def _relate(t, s, room):  # type: ignore[no-untyped-def]
    """The scalar products of each class's two residuals whose gradients are known."""
    new = s.counts[2]
    old = 1 - new if s.counts[3] == 2 else new
    for c in range(len(s.q)):
        s0, s1, inverse_u, related = s.s[new, c], s.s[old, c], s.inverse_u[c], room.related[c]
        related[0] = loops.scalar_product(s0, s0, inverse_u) if s.counts[3] else 0.0
        related[1] = loops.scalar_product(s0, s1, inverse_u)
        related[2] = loops.scalar_product(s1, s1, inverse_u)


@inlined
def _list_strong(s, strong):  # type: ignore[no-untyped-def]
    """The strong features, ascending; returns how many there are."""
    count = 0
    for k in range(len(s.strong)):
        if s.strong[k]:
            strong[count] = k
            count += 1
    return count


@inlined
def _fit_classes(t, s, room, penalty, mark):  # type: ignore[no-untyped-def]
    """Fit one class after the other.

    Returns
    -------
    outcome : int
        _MOVED or _RESTS; _FLAT if all probabilities are 0 or 1; _NO_PASSES.
    mark : int
        The number of the last screening.
    """
    n_strong = _list_strong(s, room.strong)
    outcome = _FLAT
    for c in range(len(s.q)):
        result, mark = _fit_class(t, s, room, penalty, c, room.strong, n_strong, mark)
        if result == _NO_PASSES:
            return result, mark
        if result == _FLAT:
            continue
        outcome = _MOVED if _MOVED in (result, outcome) else _RESTS
        _follow(t, s, room, c)
    _center(t, s, room, penalty.alpha)
    return outcome, mark


@compiled
def solve(t, s, room, penalty):  # type: ignore[no-untyped-def]
    """Bring a path's state to a penalty.

    Parameters
    ----------
    t : Columns
    s : State
        Changed in place.
    room : Room
    penalty : Penalty

    Returns
    -------
    bool
        False if there were too few passes.
    """
    for k in range(len(t.norm)):
        room.screened[k] = 0
        if s.strong[k]:
            _make_ready(t, k)
    _weigh(t, s, room)
    _relate(t, s, room)
    calls, mark = np.int64(0), np.int64(0)
    while s.counts[1] <= penalty.maxit:
        outcome, mark = _fit_classes(t, s, room, penalty, mark)
        if outcome == _NO_PASSES:
            return False
        if outcome == _FLAT:
            return True
        if outcome == _RESTS:
            if not let_in(t, s, room, penalty.l1, penalty.next_rule, calls == 0):
                return True
            _relate(t, s, room)
            calls += 1
    return False


@compiled
def deviance(t, s):  # type: ignore[no-untyped-def]
    """sum_i w_i log p_(i, y_i), class after class."""
    total = 0.0
    for c in range(len(s.q)):
        for i in range(t.n):
            if t.code[i] == c:
                total += t.w[i] * math.log(s.q[c, i] / s.total[i])
    return total


@compiled
def standardize(t, standardized, variance):  # type: ignore[no-untyped-def]
    """Means, standard deviations and norms of the features of bytes, on the path's rows.

    x is centered, x - sum_i w_i x_i, and divided by the square root of sum_i w_i x_i^2 of what that leaves.
    """
    n = t.n
    z = t.one
    for k in range(len(t.norm)):
        x = t.planes[k]
        first = x[0]
        constant = True
        for i in range(n):
            byte = x[i]
            constant = constant and byte == first
            z[0, i] = t.values[byte]
        t.usable[k] = not constant
        if constant:
            continue
        t.mean[k] = loops.product(t.w, z, _FIRST, n)
        for i in range(n):
            z[0, i] -= t.mean[k]
        variance[k] = loops.curvature(t.w, z, _FIRST, n)
        size = np.sqrt(variance[k])
        t.sd[k], t.norm[k] = (size, 1.0) if standardized else (1.0, size)


@compiled
def standardize_numbers(t, standardized, variance):  # type: ignore[no-untyped-def]
    """As `standardize`, in place in z; the gap is what the two bytes of each value leave of it."""
    n = t.n
    for k in range(len(t.norm)):
        x = t.z[k]
        first = x[0]
        constant = True
        for i in range(n):
            constant = constant and x[i] == first
        t.usable[k] = not constant
        if constant:
            continue
        t.mean[k] = loops.product(t.w, t.z, k, n)
        for i in range(n):
            x[i] -= t.mean[k]
        variance[k] = loops.curvature(t.w, t.z, k, n)
        size = np.sqrt(variance[k])
        t.sd[k], t.norm[k] = (size, 1.0) if standardized else (1.0, size)
        squares = 0.0
        high, low = t.planes[2 * k], t.planes[2 * k + 1]
        for i in range(n):
            if standardized:
                x[i] /= t.sd[k]
            steps = 256.0 * high[i] + low[i]
            off = x[i] - (t.low[k] + t.unit[k] * steps - t.mean[k]) / t.sd[k]
            squares += t.w[i] * off * off
        t.gap[k] = np.sqrt(squares) * _MORE
        t.ready[k] = True
