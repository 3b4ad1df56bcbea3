"""The loops of `scans` for numba, operation by operation; imported only where there are many groups."""

import numpy as np

from soak.compiled import compiled


@compiled
def rss(kinds, start, stratum, rows, stratum_rows, n_folds):  # type: ignore[no-untyped-def]
    """`soak.resampling.scans.rss`, compiled."""
    n_strata = len(stratum_rows)
    ideal = stratum_rows / n_folds
    already = np.zeros((n_folds, n_strata))
    group_rows = np.zeros(n_strata)
    folds = np.empty(len(kinds), dtype=np.int32)
    for position in range(len(kinds)):
        first, last = start[kinds[position]], start[kinds[position] + 1]
        for entry in range(first, last):
            group_rows[stratum[entry]] = rows[entry]
        best, best_overlap, best_excess = 0, np.inf, np.inf
        for fold in range(n_folds):
            overlap = 0.0
            for entry in range(first, last):
                overlap += rows[entry] * already[fold, stratum[entry]]
            if overlap <= best_overlap:
                excess = 0.0
                for s in range(n_strata):
                    excess += max(0.0, group_rows[s] + (already[fold, s] - ideal[s]))
                if overlap < best_overlap or excess < best_excess:
                    best, best_overlap, best_excess = fold, overlap, excess
        for entry in range(first, last):
            group_rows[stratum[entry]] = 0
            already[best, stratum[entry]] += rows[entry]
        folds[position] = best
    return folds


@compiled
def _deviation(values):  # type: ignore[no-untyped-def]
    """SD in Armadillo's order of operations."""
    n = len(values)
    even, odd = 0.0, 0.0
    for i in range(0, n - 1, 2):
        even += values[i]
        odd += values[i + 1]
    if n % 2:
        even += values[n - 1]
    mean = (even + odd) / n
    squares, total = 0.0, 0.0
    for i in range(0, n - 1, 2):
        a, b = mean - values[i], mean - values[i + 1]
        squares += a * a + b * b
        total += a + b
    if n % 2:
        a = mean - values[n - 1]
        squares += a * a
        total += a
    return np.sqrt((squares - total * total / n) / (n - 1))


@compiled
def spread(kinds, start, stratum, rows, stratum_rows, n_folds):  # type: ignore[no-untyped-def]
    """`soak.resampling.scans.spread`, compiled."""
    n_strata = len(stratum_rows)
    already = np.zeros((n_strata, n_folds))
    deviation = np.zeros(n_strata)
    tried = np.zeros(n_strata)
    shares = np.zeros(n_folds)
    fold_rows = np.zeros(n_folds)
    folds = np.empty(len(kinds), dtype=np.int32)
    for position in range(len(kinds)):
        first, last = start[kinds[position]], start[kinds[position] + 1]
        best, best_mean, best_rows = 0, np.inf, np.inf
        tried[:] = deviation
        for fold in range(n_folds):
            for entry in range(first, last):
                s = stratum[entry]
                for other in range(n_folds):
                    shares[other] = (already[s, other] + (rows[entry] if other == fold else 0)) / stratum_rows[s]
                tried[s] = _deviation(shares)
            even, odd = 0.0, 0.0
            for s in range(0, n_strata - 1, 2):
                even += tried[s]
                odd += tried[s + 1]
            if n_strata % 2:
                even += tried[n_strata - 1]
            mean = (even + odd) / n_strata
            if mean < best_mean or (abs(mean - best_mean) < 1e-3 and fold_rows[fold] < best_rows):
                best, best_mean, best_rows = fold, mean, fold_rows[fold]
        for entry in range(first, last):
            s = stratum[entry]
            already[s, best] += rows[entry]
            fold_rows[best] += rows[entry]
            for other in range(n_folds):
                shares[other] = already[s, other] / stratum_rows[s]
            deviation[s] = _deviation(shares)
        folds[position] = best
    return folds
