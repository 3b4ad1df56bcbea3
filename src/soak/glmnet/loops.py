"""The loops over rows that `soak.glmnet.descent` is made of, compiled by numba.

Two kinds. What decides or is kept is computed in the order of operations of R's glmnet, so that it has R's bits on every
processor: sums as `soak.glmnet.lanes` adds them, all else element by element, nothing fused. What only bounds a number
(`_loose`) may be added up in any order, since each bound is given more room than rounding needs.

Arrays over rows are padded, so that loops over whole vectors need no end of their own: in the padding weights, residuals and
features are 0, and all else is some finite number. ``n`` is the number of rows, where it matters.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from soak.compiled import code_folder, with_kept_code
from soak.glmnet import lanes

# R's glmnet.control(pmin=, exmx=): the least probability of a class, and the largest exponent
PMIN, EXMX = 1e-9, 250.0
MORE = 1 + 1e-9  # bounds have this much room for rounding
ODDS = PMIN / (1 - PMIN)
CERTAIN_LOW, CERTAIN_HIGH = (1 + PMIN) * PMIN, (1 - PMIN) * (1 - PMIN)  # p beyond these counts as 0 or 1
# no feature, the first of two rows, not yet; as literals they would have types of their own, and all be compiled twice
NONE, FIRST = np.int64(-1), np.int64(0)
NOT_YET: Any = np.bool_(False)
BLOCK = 1024  # rows whose integers are added in 32 bits
LARGEST_SUM = (2**31 - 2**20) / 255  # sum |q| with which no sum of bytes times q overflows them


CODE = code_folder(
    Path(__file__).with_name(name) for name in ("lanes.py", "loops.py", "columns.py", "screening.py", "descent.py")
)


def compiled(function: Callable[..., Any], **more: Any) -> Any:
    """Compile for this processor; the machine code of these modules is kept in one folder, which their text names."""
    # without reference counts, which cost more than many a loop: nothing is allocated in compiled code
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False} | more
    return with_kept_code(function, CODE, **options)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile as a part of each function that calls it: to hand on tuples of many arrays takes longer to compile than most do."""
    return compiled(function, inline="always")


def _loose(function: Callable[..., Any]) -> Any:
    return compiled(function, fastmath={"reassoc", "contract", "nsz", "arcp"})


@compiled
def products(r, v, z, k, n):  # type: ignore[no-untyped-def]
    """sum_i r_i z_ki and sum_i v_i z_ki^2"""
    n4 = n - (n & 3)
    a, b, c, e = lanes.products(r, v, z, k, n4)
    return _with_rest(a, b, r, z, k, n4, n), _squares_with_rest(c, e, v, z, k, n4, n)


@compiled
def product(r, z, k, n):  # type: ignore[no-untyped-def]
    """sum_i r_i z_ki"""
    return products(r, r, z, k, n)[0]


@compiled
def curvature(v, z, k, n):  # type: ignore[no-untyped-def]
    """sum_i v_i z_ki^2"""
    return products(v, v, z, k, n)[1]


@compiled
def step_and_products(r, v, z, moved, d, k, ahead, n):  # type: ignore[no-untyped-def]
    """r_i -= d v_i z_mi for the feature m that has moved by d; then sum_i r_i z_ki and sum_i v_i z_ki^2 of another feature."""
    n4 = n - (n & 3)
    a, b, c, e = lanes.step_and_products(r, v, z, moved, d, k, ahead, n4)
    for i in range(n4, n):
        r[i] -= d * (v[i] * z[moved, i])
    return _with_rest(a, b, r, z, k, n4, n), _squares_with_rest(c, e, v, z, k, n4, n)


@compiled
def step_and_look_up(r, v, z, slot, d, tables, planes, k, n):  # type: ignore[no-untyped-def]
    """`step_and_products` where row ``slot`` of z is the feature that has moved, and the other is looked up and written."""
    n4, into = n - (n & 3), 1 - slot
    a, b, c, e = lanes.step_and_look_up(r, v, z, slot, d, tables, planes, k, into, n4)
    for i in range(n4, n):
        r[i] -= d * (v[i] * z[slot, i])
        z[into, i] = tables[k, planes[k, i]]
    return _with_rest(a, b, r, z, into, n4, n), _squares_with_rest(c, e, v, z, into, n4, n)


@compiled
def _with_rest(a, b, r, z, k, n4, n):  # type: ignore[no-untyped-def]
    """The sum with its last n - n4 elements: a pair to the halves, then the odd one."""
    if n & 2:
        a += r[n4] * z[k, n4]
        b += r[n4 + 1] * z[k, n4 + 1]
    total = a + b
    if n & 1:
        total += r[n - 1] * z[k, n - 1]
    return total


@compiled
def _squares_with_rest(a, b, v, z, k, n4, n):  # type: ignore[no-untyped-def]
    """`_with_rest` of sum_i v_i z_ki^2."""
    if n & 2:
        a += v[n4] * (z[k, n4] * z[k, n4])
        b += v[n4 + 1] * (z[k, n4 + 1] * z[k, n4 + 1])
    total = a + b
    if n & 1:
        total += v[n - 1] * (z[k, n - 1] * z[k, n - 1])
    return total


@compiled
def step(r, v, z, moved, d):  # type: ignore[no-untyped-def]
    """r_i -= d v_i z_mi"""
    row = z[moved]
    for i in range(len(r)):
        r[i] -= d * (v[i] * row[i])


@compiled
def add_rows(eta, z, ks, factors, count):  # type: ignore[no-untyped-def]
    """eta_i += sum_j factor_j z_ki for k = ks_j, added one after the other, in the order of ks."""
    first = 0
    while first + 4 <= count:
        row0, row1, row2, row3 = z[ks[first]], z[ks[first + 1]], z[ks[first + 2]], z[ks[first + 3]]
        f0, f1, f2, f3 = factors[first], factors[first + 1], factors[first + 2], factors[first + 3]
        for i in range(len(eta)):
            eta[i] = (((eta[i] + f0 * row0[i]) + f1 * row1[i]) + f2 * row2[i]) + f3 * row3[i]
        first += 4
    for j in range(first, count):
        row, f = z[ks[j]], factors[j]
        for i in range(len(eta)):
            eta[i] += f * row[i]


@compiled
def exponentials(x, odd, n, bits, out):  # type: ignore[no-untyped-def]
    """out_i = exp(x_i): the rational approximation of Cephes in aligned pairs, libm's function for what is left over.

    exp(x) = 2^m exp(g) with m = floor(x log2(e) + 1/2), and exp(g) = 1 + 2 g P(g^2) / (Q(g^2) - g P(g^2)).

    Parameters
    ----------
    odd : int
        1 if the first element stands alone, because the pairs begin after it.
    bits : int64 array
        Room for the powers of two.
    """
    powers = bits.view(np.float64)
    for i in range(len(out)):
        g = min(max(x[i], -709.436139303), 709.437)
        m = np.floor(1.4426950408889634073599 * g + 0.5)
        power = min(max(m, -1022.0), 1023.0)
        bits[i] = (np.int64(power) + 1023) << 52
        g = g - m * 0.693145751953125
        g = g - m * 1.42860682030941723212e-6
        square = g * g
        p = (1.26177193074810590878e-4 * square + 3.02994407707441961300e-2) * square + 9.99999999999999999910e-1
        p = p * g
        q = (3.00198505138664455042e-6 * square + 2.52448340349684104192e-3) * square + 2.27265548208155028766e-1
        q = q * square + 2.00000000000000000009
        out[i] = (2.0 * (p / (q - p)) + 1.0) * (1.0 if m == power else (2.0 if m > power else 0.5))
    for i in range(len(out)):
        out[i] = out[i] * powers[i]
    if odd:
        out[0] = math.exp(x[0])
    if (n - odd) & 1:
        out[n - 1] = math.exp(x[n - 1])


@compiled
def approximate(q, total, w, code, c, r, v, n):  # type: ignore[no-untyped-def]
    """Residuals r_i = w_i (y_i - p_i) and weights v_i = w_i p_i (1 - p_i) of a class; returns sum_i v_i."""
    for i in range(len(r)):
        p = q[i] / total[i]
        weight = (w[i] * p) * (1.0 - p)
        weight = 0.0 if (p < CERTAIN_LOW or p > CERTAIN_HIGH) else weight
        p = 0.0 if p < CERTAIN_LOW else (1.0 if p > CERTAIN_HIGH else p)
        v[i] = weight
        r[i] = w[i] * ((1.0 if code[i] == c else 0.0) - p)
    total_v = 0.0
    for i in range(n):  # one after the other, as R's solver adds just this sum
        total_v += v[i]
    return total_v


@compiled
def residual(q, total, w, code, c, r):  # type: ignore[no-untyped-def]
    """r_i = w_i (y_i - p_i) of a class, with the p_i as they are."""
    for i in range(len(r)):
        r[i] = w[i] * ((1.0 if code[i] == c else 0.0) - q[i] / total[i])


@compiled
def rough_weights(q, total, w, u, inverse_u):  # type: ignore[no-untyped-def]
    """u_i = w_i (p_i (1 - p_i) + 1 / 200), and 1 / u_i where w_i is not 0."""
    for i in range(len(u)):
        p = q[i] / total[i]
        u[i] = w[i] * (p * (1.0 - p) + 0.005)
        inverse_u[i] = 1.0 / u[i] if u[i] > 0.0 else 0.0


@compiled
def follow(e, q, total):  # type: ignore[no-untyped-def]
    """Take over q_i = exp(eta_i), kept where PMIN <= p_i <= 1 - PMIN, and the sum over the classes."""
    for i in range(len(q)):
        others = total[i] - q[i]
        new = min(max(ODDS * others, e[i]), (1.0 / ODDS) * others)
        q[i] = new
        total[i] = others + new


@compiled
def scale_classes(q, total, factor):  # type: ignore[no-untyped-def]
    """q_ic *= factor_i, total_i *= factor_i"""
    for i in range(len(total)):
        total[i] *= factor[i]
    for c in range(len(q)):
        row = q[c]
        for i in range(len(total)):
            row[i] *= factor[i]


@_loose
def distance(r, s, inverse_w):  # type: ignore[no-untyped-def]
    """sum_i (r_i - s_i)^2 / w_i, up to rounding."""
    total = 0.0
    for i in range(len(r)):
        total += (r[i] - s[i]) * (r[i] - s[i]) * inverse_w[i]
    return total


@_loose
def scalar_product(r, s, inverse_w):  # type: ignore[no-untyped-def]
    """sum_i r_i s_i / w_i, up to rounding."""
    total = 0.0
    for i in range(len(r)):
        total += r[i] * s[i] * inverse_w[i]
    return total


@_loose
def relations(r, anchor, s0, s1, inverse_w):  # type: ignore[no-untyped-def]
    """sum_i (r_i - anchor_i)^2 / w_i, sum_i r_i s0_i / w_i and sum_i r_i s1_i / w_i, up to rounding."""
    way, with_0, with_1 = 0.0, 0.0, 0.0
    for i in range(len(r)):
        off = r[i] - anchor[i]
        weighted = r[i] * inverse_w[i]
        way += off * off * inverse_w[i]
        with_0 += weighted * s0[i]
        with_1 += weighted * s1[i]
    return way, with_0, with_1


@_loose
def rest(r, s0, s1, a0, a1, inverse_w):  # type: ignore[no-untyped-def]
    """sum_i (r_i - a0 s0_i - a1 s1_i)^2 / w_i, up to rounding."""
    total = 0.0
    for i in range(len(r)):
        left = r[i] - a0 * s0[i] - a1 * s1[i]
        total += left * left * inverse_w[i]
    return total


@_loose
def square(u, z, k):  # type: ignore[no-untyped-def]
    """sum_i u_i z_ki^2, up to rounding."""
    total, row = 0.0, z[k]
    for i in range(len(u)):
        total += u[i] * (row[i] * row[i])
    return total


@_loose
def largest_sum(r):  # type: ignore[no-untyped-def]
    """The largest sum |r_i| of a block of rows, up to rounding."""
    most = 0.0
    for first in range(0, len(r), BLOCK):
        r_, total = r[first : first + BLOCK], 0.0
        for i in range(len(r_)):
            total += abs(r_[i])
        most = max(most, total)
    return most


def _largest(r):  # type: ignore[no-untyped-def]
    """max |r_i| of numbers (none of them NaN)."""
    most = 0.0
    for i in range(len(r)):
        most = max(most, abs(r[i]))
    return most


def _largest_ratio(v, inverse_w):  # type: ignore[no-untyped-def]
    """max v_i / w_i"""
    most = 0.0
    for i in range(len(v)):
        most = max(most, v[i] * inverse_w[i])
    return most


largest = compiled(_largest, fastmath={"nnan", "nsz", "reassoc"})
largest_ratio = compiled(_largest_ratio, fastmath={"nnan", "nsz", "reassoc"})


@compiled
def _nearest(value):  # type: ignore[no-untyped-def]
    """The next integer, of 16 bits; for one that does not fit, the largest or the least that does."""
    whole = np.int32(np.int32(value + 40000.5) - np.int32(40000))  # where it fits what is cut off is positive
    return np.int16(min(max(whole, np.int32(-32768)), np.int32(32767)))


@compiled
def quantize(r, scale, q):  # type: ignore[no-untyped-def]
    """q = r / scale to the next integer of 16 bits."""
    inverse = 1.0 / scale
    for i in range(len(r)):
        q[i] = _nearest(r[i] * inverse)


@compiled
def step_and_quantize(r, v, z, moved, d, scale, q):  # type: ignore[no-untyped-def]
    """r_i -= d v_i z_mi, then `quantize`."""
    inverse, row = 1.0 / scale, z[moved]
    for i in range(len(r)):
        r[i] -= d * (v[i] * row[i])
        q[i] = _nearest(r[i] * inverse)


@compiled
def sum_integers(q):  # type: ignore[no-untyped-def]
    """sum q, the largest sum |q| of a block of rows, and the largest |q|."""
    total, most, largest = np.int64(0), np.int64(0), np.int64(0)
    for first in range(0, len(q), BLOCK):
        q_ = q[first : first + BLOCK]
        of_block, size, longest = np.int32(0), np.int32(0), np.int32(0)
        for i in range(len(q_)):
            value = np.int32(q_[i])
            of_block = np.int32(of_block + value)
            size = np.int32(size + np.int32(abs(value)))
            longest = max(longest, np.int32(abs(value)))
        total += np.int64(of_block)
        most = max(most, np.int64(size))
        largest = max(largest, np.int64(longest))
    return total, most, largest


@compiled
def byte_product(planes, row, q):  # type: ignore[no-untyped-def]
    """sum_i x_i q_i of a row of bytes; of no block of rows it exceeds 32 bits."""
    x = planes[row]
    total = 0.0
    for first in range(0, len(q), BLOCK):
        x_, q_ = x[first : first + BLOCK], q[first : first + BLOCK]
        of_block: Any = np.int32(0)
        for i in range(len(x_)):
            of_block = np.int32(of_block + np.int32(np.int32(x_[i]) * np.int32(q_[i])))  # each cast keeps it in vectors
        total += of_block
    return total


@compiled
def byte_products(planes, q, out):  # type: ignore[no-untyped-def]
    """`byte_product` of each row with each of K arrays of integers: out of shape (K, rows). Reads the bytes only once."""
    for row in range(len(planes)):
        for c in range(len(q)):
            out[c, row] = byte_product(planes, row, q[c])
