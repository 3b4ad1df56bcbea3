"""Bounds of gradients: which coefficients need not be looked at.

Notation as in `soak.glmnet.descent`. For any positive u_i, by Cauchy and Schwarz, a change dr of the residual changes g_k by at most

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
"""

import numpy as np

from soak.glmnet import loops
from soak.glmnet.loops import LARGEST_SUM, MORE, compiled, inlined

_FEW = 3  # fewer features than this are not worth being screened with integers
_AHEAD = 24  # how far is looked for them


@inlined
def length_of(t, r):  # type: ignore[no-untyped-def]
    """sqrt(sum_i r_i^2 / w_i)"""
    return np.sqrt(loops.scalar_product(r, r, t.inverse_w)) * MORE


@inlined
def _errors(t, scale, length):  # type: ignore[no-untyped-def]
    """What norm_k and gap_k are multiplied by: sum_i |r_i - s q_i|^2 / w_i is at most s^2 / 4 sum_i 1 / w_i."""
    off = 0.5 * scale * t.spread * MORE
    return (off, off + length) if length < np.inf else (np.inf, 0.0)


@compiled
def _screened(planes, n_planes, k, q):  # type: ignore[no-untyped-def]
    """sum_i q_i times what the planes say of a feature."""
    if n_planes == 1:
        return loops.byte_product(planes, k, q)
    return 256.0 * loops.byte_product(planes, 2 * k, q) + loops.byte_product(planes, 2 * k + 1, q)


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
def set_anchor(t, s, room, c, limit):  # type: ignore[no-untyped-def]
    """Make the residual the class's anchor: keys, bounds of the gradients there, follow, and slacks from them."""
    p = len(t.norm)
    r, anchor, key, inverse_u, reach = s.r[c], s.anchor[c], s.key[c], s.inverse_u[c], s.reach[c]
    new = s.counts[2]
    old = 1 - new if s.counts[3] == 2 else new
    s0, s1 = s.s[new, c], s.s[old, c]
    squares, a0r, a1r = loops.relations(r, anchor, s0, s1, inverse_u)
    way = np.sqrt(squares) * MORE
    for i in range(len(r)):
        anchor[i] = r[i]
    a00, a01, a11 = room.related[c, 0], room.related[c, 1], room.related[c, 2]
    if a00 > 0.0:
        determinant = a00 * a11 - a01 * a01
        if determinant > 1e-9 * a00 * a11:
            f0, f1 = (a0r * a11 - a1r * a01) / determinant, (a1r * a00 - a0r * a01) / determinant
        else:
            f0, f1 = a0r / a00, 0.0
        left = np.sqrt(loops.rest(r, s0, s1, f0, f1, inverse_u)) * MORE
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
def move_anchor(t, s, room, c, away):  # type: ignore[no-untyped-def]
    """Make the residual the class's anchor, whose way from the anchor before is ``away`` long; returns its length (`length_of`)."""
    r, anchor, near, slack = s.r[c], s.anchor[c], room.near, room.slack
    way = np.sqrt(loops.distance(r, anchor, s.inverse_u[c])) * MORE
    for i in range(len(r)):
        anchor[i] = r[i]
    for k in range(len(near)):
        near[k] = slack[k] = max(near[k] - way, slack[k] - away)
    return length_of(t, r)


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
def _screen(t, s, room, c, place, bounds, mark):  # type: ignore[no-untyped-def]
    """Bound the gradients of the undecided features between two positions of a list with integers; see `screen_ahead`."""
    b, slack, inverse_reach = s.b[c], room.slack, s.inverse_reach[c]
    screened, planes, slope, offset, norm, gap, q = room.screened, t.planes, t.slope, t.offset, t.norm, t.gap, room.q[c]
    scale, total = room.scale[c], room.total[c]
    ks, position, stop = place
    limit, length, away = bounds
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
def screen_ahead(t, s, room, c, place, bounds, screening, step):  # type: ignore[no-untyped-def]
    """Screen the next features of a list, if their integers are those of the residual, or if making them so is worth it.

    Parameters
    ----------
    place : (int array, int, int)
        The list, where in it the pass is, and its end.
    bounds : (float, float, float)
        What a gradient must not reach, the length of the residual at the anchor, and that of the way from there.
    screening : (int, bool)
        As returned, before.
    step : (int, float, int)
        The feature that has moved last, by how much, and the row of `looked_up` that it has.

    Returns
    -------
    mark : int
        The number of the last screening.
    fresh : bool
        Whether the integers are those of the residual; it has the last step then.
    """
    ks, position, count = place
    mark, fresh = screening
    stop = min(count, position + _AHEAD)
    if not fresh and _worth_screening(s.b[c], room.slack, ks, position, stop, bounds[2]):
        mark += 1
        _step_and_integers(t, s.r[c], room, c, step)
        fresh = True
    if fresh:
        _screen(t, s, room, c, (ks, position, stop), bounds, mark)
    return mark, fresh


@inlined
def error_of(t, error, k):  # type: ignore[no-untyped-def]
    """How far a screened gradient may be off."""
    return error[0] * t.norm[k] + error[1] * t.gap[k]


@inlined
def refer(t, s, room, slot):  # type: ignore[no-untyped-def]
    """Make each class's residual a reference, with all its gradients; returns how large the largest is at least."""
    p = len(t.norm)
    for c in range(len(s.q)):
        r, anchor, reference, error = s.r[c], s.anchor[c], s.s[slot, c], s.error[slot, c]
        loops.residual(s.q[c], s.total, t.w, t.code, c, r)
        for i in range(len(r)):
            anchor[i] = reference[i] = r[i]
        _integers(r, room, c)
        error[0], error[1] = _errors(t, room.scale[c], length_of(t, r))
    loops.byte_products(t.planes, room.q, room.products)
    least = 0.0
    for c in range(len(s.q)):
        gradient, error = s.gradient[slot, c], s.error[slot, c]
        key, largest, products = s.key[c], s.largest, room.products[c]
        if t.n_planes == 2:
            for k in range(p):
                products[k] = 256.0 * products[2 * k] + products[2 * k + 1]
        for k in range(p):
            gradient[k] = room.scale[c] * (t.slope[k] * products[k] + t.offset[k] * room.total[c])
            off = error_of(t, error, k)
            key[k] = abs(gradient[k]) + off
            largest[k] = key[k] if key[k] > largest[k] and not s.strong[k] else largest[k]
            least = max(least, abs(gradient[k]) - off)
    return least


@inlined
def weigh(t, s, room):  # type: ignore[no-untyped-def]
    """Weights u near the curvatures' v, and the lengths sqrt(sum_i u_i z_ik^2) of the features in them."""
    n_classes = len(s.q)
    anew = s.counts[4] % 5 == 0
    s.counts[4] += 1
    if anew:
        for c in range(n_classes):
            loops.rough_weights(s.q[c], s.total, t.w, s.u[c], s.inverse_u[c])
            most = np.sqrt(loops.largest_ratio(s.u[c], t.inverse_w)) * MORE
            for k in range(len(t.norm)):
                s.reach[c, k] = most * t.norm[k]
    for k in range(len(t.norm)):
        if s.strong[k] and (anew or not room.weighed[k]):
            for c in range(n_classes):
                s.reach[c, k] = np.sqrt(loops.square(s.u[c], t.z, k)) * MORE
        room.weighed[k] = s.strong[k]
    for c in range(n_classes):
        for k in range(len(t.norm)):
            s.inverse_reach[c, k] = 1.0 / s.reach[c, k]


@inlined
def relate(t, s, room):  # type: ignore[no-untyped-def]
    """The scalar products of each class's two residuals whose gradients are known."""
    new = s.counts[2]
    old = 1 - new if s.counts[3] == 2 else new
    for c in range(len(s.q)):
        s0, s1, inverse_u, related = s.s[new, c], s.s[old, c], s.inverse_u[c], room.related[c]
        related[0] = loops.scalar_product(s0, s0, inverse_u) if s.counts[3] else 0.0
        related[1] = loops.scalar_product(s0, s1, inverse_u)
        related[2] = loops.scalar_product(s1, s1, inverse_u)
