"""The inner loops of glmnet's multinomial coordinate descent, compiled for the processor that runs them."""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

_FASTMATH = {"reassoc", "contract", "nsz", "arcp"}
PMIN = 1e-9  # R's glmnet.control(pmin=)
CERTAIN_LOW, CERTAIN_HIGH = (1 + PMIN) * PMIN, (1 - PMIN) ** 2


def compiled_fast(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile for this processor; the machine code is kept beside the source where that can be written."""
    options: dict[str, Any] = {"nogil": True, "fastmath": _FASTMATH, "error_model": "numpy"}
    try:
        made: Callable[..., Any] = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder for the cache
        made = numba.njit(**options)(function)
    return made


@compiled_fast
def product(r, x, mean, sd):  # type: ignore[no-untyped-def]
    """r'x of a standardized feature."""
    result = 0.0
    for i in range(len(r)):
        result += r[i] * (np.float64(x[i]) - mean)
    return result / sd


@compiled_fast
def product_and_curvature(r, v, x, mean, sd):  # type: ignore[no-untyped-def]
    """r'x and x'Vx of a standardized feature."""
    product = 0.0
    curvature = 0.0
    for i in range(len(r)):
        value = np.float64(x[i]) - mean
        product += r[i] * value
        curvature += v[i] * value * value
    return product / sd, curvature / (sd * sd)


@compiled_fast
def step(r, v, move, x, mean, sd, by):  # type: ignore[no-untyped-def]
    """Change a coefficient: the linear predictor moves along x, and the residual follows."""
    by = by / sd
    for i in range(len(r)):
        change = by * (np.float64(x[i]) - mean)
        move[i] += change
        r[i] -= v[i] * change


@compiled_fast
def step_intercept(r, v, move, curvature):  # type: ignore[no-untyped-def]
    """Newton's step of the intercept; how far it was."""
    by = 0.0
    for i in range(len(r)):
        by += r[i]
    by = by / curvature
    if by != 0.0:
        for i in range(len(r)):
            move[i] += by
            r[i] -= v[i] * by
    return by


@compiled_fast
def approximate(q, total, w, y, r, v):  # type: ignore[no-untyped-def]
    """Residuals and weights of a class's quadratic approximation.

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
        if p < CERTAIN_LOW:
            p = 0.0
            weight = 0.0
        elif p > CERTAIN_HIGH:
            p = 1.0
            weight = 0.0
        now = w[i] * (y[i] - p)
        moved += (now - r[i]) * (now - r[i]) / w[i]
        curvature += weight
        largest = max(largest, weight / w[i])
        v[i] = weight
        r[i] = now
    return curvature, largest, np.sqrt(moved)


@compiled_fast
def center_of(values, alpha):  # type: ignore[no-untyped-def]
    """What to subtract from a feature's coefficients so that their penalty is least: probabilities stay the same."""
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
