"""Cross-validation with ``path: checked``: all paths side by side, left once the curve has turned and the rest is checked.

R fits eleven whole paths before it looks at the curve. Here they go down together, one penalty after the other, with the
bits of whole paths. Where the last `_STEPS` points of the curve are all more than `_MARGIN` standard errors above its lowest
point, the rest of the curve is looked at roughly: every `_EVERY`-th penalty, with a tolerance `_LOOSER` times as wide. If it
stays `_CLEAR` standard errors above the lowest point, the paths end there; if not, or if it cannot be had in `_PASSES` passes,
they go on as R's do, and are looked at again `_AGAIN` penalties later.
That is a rule, not a proof: benchmarks/bench_checked.py counts how often another penalty is chosen.
"""

import numpy as np
from numpy.typing import NDArray

from soak.glmnet.columns import Stored
from soak.glmnet.cross_validation import CrossValidation, Curve, TrainRows, average_in_folds, curve_of_parts, row_losses
from soak.glmnet.multinomial import Path
from soak.glmnet.path import CROWDED, Floats, PathSettings, check_response, interpolation

_STEPS, _MARGIN = 5, 3.0
_EVERY, _LOOSER, _CLEAR = 3, 100.0, 0.5  # with wider gaps a rough look may lead away from the solution
_PASSES = 1000  # of a rough look at one penalty, which takes 10 to 50
_AGAIN = 10


def cross_validate(settings: PathSettings, train: TrainRows, stored: Stored) -> CrossValidation:
    """The path on all rows and the curve, both as far as they were needed, for three or more classes.

    Raises
    ------
    FitFailed
        Where R's cv.glmnet stops with an error.
    """
    folds = int(train.fold.max())
    crowded = 8 * len(train.rows) * len(stored.low) * (folds + 1) > CROWDED
    path = _path(settings, train, stored, np.ones(len(train.rows), np.bool_), crowded)
    inner = {number: _path(settings, train, stored, train.fold != number, crowded) for number in range(1, folds + 1)}
    values: list[Floats] = []  # of the measure in each fold, at each penalty
    looked_at = 0  # how long the curve must be to be looked at
    while True:
        for _ in range(3):  # the third penalty says where the first is, and it saves looking at the curve each time
            path.advance()
        path.rest()
        lambdas = path.lambdas
        if not len(lambdas):
            path.whole()
        for other in inner.values():
            _reach(other, lambdas[-1])
            other.rest()
        new = lambdas[len(values) :]
        if len(new):
            means, weight = _measured(train, inner, new)
            values.extend(means.T)
        curve = curve_of_parts(lambdas, np.column_stack(values), weight, train.measure)
        if not path.ended and len(values) >= looked_at and _turned(curve):
            path.ended = _stays_up(settings, train, inner, curve)
            looked_at = len(values) + _AGAIN
        if path.ended:
            warnings = [f"inner fold {number}: {other.problem}" for number, other in inner.items() if other.problem]
            return CrossValidation(path.whole(), curve, warnings)


def _path(settings: PathSettings, train: TrainRows, stored: Stored, kept: NDArray[np.bool_], crowded: bool) -> Path:
    rows = np.flatnonzero(kept)
    response = train.response[rows]
    check_response("multinomial", response, settings.intercept)
    weights = None if train.rows.weights is None else train.rows.weights[rows]
    path = Path(settings, stored, rows, response, weights, frugal=crowded)
    path.rest()
    return path


def _reach(path: Path, penalty: float) -> None:
    """Go on until a path holds a penalty, or ends."""
    while not path.ended and (len(path.lambdas) < 3 or path.lambdas[-1] > penalty):
        path.advance()
    if not len(path.lambdas):
        path.whole()  # says why


def _turned(curve: Curve) -> bool:
    best = int(curve.mean.argmin())
    limit = curve.mean[best] + _MARGIN * curve.sd[best]
    return len(curve.mean) - best > _STEPS and bool((curve.mean[-_STEPS:] > limit).all())


def _measured(train: TrainRows, inner: dict[int, Path], lambdas: Floats) -> tuple[Floats, Floats]:
    """The measure in each inner fold at some penalties, and the folds' weights."""
    losses = np.empty((len(train.rows), len(lambdas)))
    for number, path in inner.items():
        held_out = np.flatnonzero(train.fold == number)
        left, right, _ = interpolation(path.lambdas, lambdas)
        part = path.part(int(left.min()), int(right.max()) + 1)
        link = part.link_at(train.part(held_out).features(np.float64), lambdas)
        losses[held_out] = row_losses("multinomial", train.measure, link, train.response[held_out])
    return average_in_folds(losses, train.fold, train.weights, train.measure)


def _stays_up(settings: PathSettings, train: TrainRows, inner: dict[int, Path], curve: Curve) -> bool:
    """Whether the rest of the curve stays above its lowest point, as far as a rough look shows.

    The paths are left as they were.
    """
    lambdas = curve.lambdas
    factor = lambdas[-1] / lambdas[-2]
    rest = lambdas[-1] * factor ** np.arange(1, settings.n_penalties - len(lambdas) + 1)
    rest = rest[_EVERY - 1 :: _EVERY] if len(rest) >= _EVERY else rest[-1:]
    losses = np.empty((len(train.rows), len(rest)))
    for number, path in inner.items():
        held_out = np.flatnonzero(train.fold == number)
        features = train.part(held_out).features(np.float64)
        state = path.kept()
        for place, penalty in enumerate(rest):
            seen = path.probe(float(penalty), _LOOSER, _PASSES)
            if seen is None:
                break
            coefficients, intercepts = seen
            link = (features @ coefficients + intercepts)[:, None]
            losses[held_out, place] = row_losses("multinomial", train.measure, link, train.response[held_out])[:, 0]
        path.bring_back(state)
        path.rest()
        if seen is None:
            return False
    means, weight = average_in_folds(losses, train.fold, train.weights, train.measure)
    best = int(curve.mean.argmin())
    found = curve_of_parts(rest, means, weight, train.measure)
    return bool((found.mean > curve.mean[best] + _CLEAR * curve.sd[best]).all())
