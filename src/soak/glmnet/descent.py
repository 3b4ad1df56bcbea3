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

A visit is skipped if |g_k| is below l1 by more than rounding, by one of the bounds of `soak.glmnet.screening`. All others, and all
that decides or is kept, is computed in R's order of operations (`soak.glmnet.loops`), so that the result has the bits that it
has without bounds.

The intercept is handled as one more feature, whose z is 1: its step is sum_i r_i / sum_i v_i.
"""

import math

import numpy as np

from soak.glmnet import loops
from soak.glmnet.columns import make_ready
from soak.glmnet.loops import CERTAIN_LOW, EXMX, FIRST, MORE, NONE, NOT_YET, PMIN, compiled, inlined
from soak.glmnet.screening import error_of, length_of, move_anchor, refer, relate, screen_ahead, set_anchor, weigh

_RESTS, _MOVED, _FLAT, _NO_PASSES = 0, 1, 2, 3
_FLAT_SUM = CERTAIN_LOW * (1 - PMIN)  # a sum of weights that counts as none


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
    g, _ = _look_at(t, s.r[c], room, np.uint32(intercept), (moved, by, FIRST), ahead)
    by = g / sum_v
    if by != 0.0:
        s.b0[c] += by
        away += abs(by) * np.sqrt(sum_v) * ratio * MORE
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
    limit = penalty.l1 / MORE
    r, b, slack, inverse_reach = s.r[c], s.b[c], room.slack, s.inverse_reach[c]
    away, change = 0.0, 0.0
    moved, by, slot = NONE, 0.0, FIRST  # the last step, which r does not have yet
    fresh = NOT_YET  # whether the integers are those of r
    for j in range(count):
        k = ks[j]
        if away < slack[k]:
            continue
        old = b[k]
        if old == 0.0 and not (fresh and room.screened[k] == mark):
            bounds = (limit, length, away)
            mark, fresh = screen_ahead(t, s, room, c, (ks, j, count), bounds, (mark, fresh), (moved, by, slot))
            if fresh:
                moved, by = NONE, 0.0
            if away < slack[k]:
                continue
        g, h = _look_at(t, r, room, k, (moved, by, slot), _next_visit(slack, ks, j, count, away))
        slot = 1 - slot
        h = room.curvature[k] if penalty.bounded else h
        target = g + h * old
        new = _threshold(target, penalty.l1, h + penalty.l2)
        moved, by = NONE, new - old
        if by != 0.0:
            moved, fresh = k, False
            _take(s, room, c, k, old, new, h)
            gain = h * by * by
            change = change if gain <= change else gain  # NaN stays
            away += abs(by) * np.sqrt(h) * ratio * MORE
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
    set_anchor(t, s, room, c, penalty.l1 / MORE)
    length = length_of(t, r)
    room.touched[:] = False
    ratio = np.sqrt(loops.largest_ratio(room.v, s.inverse_u[c])) * MORE
    old_intercept = s.b0[c]
    whole = True
    while True:
        ks, count = (strong, n_strong) if whole else (s.order, s.counts[0])
        change, away, mark = _pass(t, s, room, penalty, c, ks, count, (sum_v, ratio, length, mark))
        length = move_anchor(t, s, room, c, away)
        if change < penalty.tolerance:
            if whole:
                break
            whole = True
            continue
        if s.counts[1] > penalty.maxit:
            return _NO_PASSES, mark
        whole = False
    for k in range(len(t.norm)):
        s.key[c, k] = penalty.l1 / MORE - room.near[k] * s.reach[c, k] if s.b[c, k] == 0.0 else np.inf
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
    loops.exponentials(room.eta, FIRST, n, room.bits, room.e)
    loops.scale_classes(s.q, s.total, room.e)


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
    least = refer(t, s, room, slot)  # of the largest gradient
    # where the rule hangs on the largest gradient, that has to be exact, too
    needed = min(l1, next_rule) if next_rule >= 0.0 else least * min(1.0, -next_rule)
    found = False
    for k in range(p):
        if s.strong[k] or not t.usable[k] or s.largest[k] < needed / MORE:
            continue
        s.largest[k] = _largest_gradient(t, s, room, k, slot, needed / MORE)
        if s.largest[k] > l1:
            s.strong[k] = True
            found = True
    return found


@inlined
def _largest_gradient(t, s, room, k, slot, needed):  # type: ignore[no-untyped-def]
    """The largest gradient of a feature over the classes, if it exceeds what is needed."""
    make_ready(t, k)
    most = 0.0
    for c in range(len(s.q)):
        if not abs(s.gradient[slot, c, k]) + error_of(t, s.error[slot, c], k) < needed:
            g = abs(loops.product(s.r[c], t.z, k, t.n))
            s.key[c, k] = min(s.key[c, k], g)
            most = max(most, g)
    return most


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
            make_ready(t, k)
    weigh(t, s, room)
    relate(t, s, room)
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
            relate(t, s, room)
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
