"""Which rows of a train set choose the number of epochs, and which are trained on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from soak.errors import FitFailed
from soak.networks.seeds import generator

Rows = NDArray[np.int64]


def split_halves(
    n_rows: int, share: float, strata: Sequence[NDArray[Any]], group: NDArray[Any] | None, seed: int
) -> tuple[Rows, Rows]:
    """Draw a validation set, stratified, groups kept together.

    Parameters
    ----------
    n_rows : int
        Rows of the train set.
    share : float
        Share of the rows that validate; both sets get at least one row, or one group.
    strata : sequence of arrays of shape (n_rows,)
        Each combination of their values is a stratum; without any, all rows are one.
    group : array of shape (n_rows,), or None
        Rows of one group stay in one set.

    Returns
    -------
    subtrain, validation : arrays of int
        Ascending 0-based positions in the train set.
    """
    stratum = _numbered(strata) if strata else np.zeros(n_rows, np.int64)
    unit = np.arange(n_rows) if group is None else _numbered([group])
    n_units = int(unit.max()) + 1 if n_rows else 0
    if n_units < 2:
        kind = "row" if group is None else "group"
        raise FitFailed(f"the train set has {n_units} {kind}, a validation set needs a second one; or validate: null")
    draws = generator(seed, "validation set")
    chosen = _rows(stratum, share, draws) if group is None else _groups(unit, stratum, n_units, share, draws)
    validates = chosen[unit]
    return np.flatnonzero(~validates), np.flatnonzero(validates)


def _numbered(columns: Sequence[NDArray[Any]]) -> Rows:
    """A number for each combination of values, by first appearance."""
    numbers: dict[tuple[Any, ...], int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in zip(*columns, strict=True)], np.int64)


def _rows(stratum: Rows, share: float, draws: torch.Generator) -> NDArray[np.bool_]:
    """Every k-th row of a random order that is sorted by stratum: each stratum gets its share, up or down by less than a row."""
    n_rows = len(stratum)
    order = torch.randperm(n_rows, generator=draws).numpy()
    order = order[np.argsort(stratum[order], kind="stable")]
    n_chosen = min(max(int(n_rows * share + 0.5), 1), n_rows - 1)
    start = torch.rand((), generator=draws, dtype=torch.float64).item()
    chosen = np.zeros(n_rows, bool)
    chosen[order[((np.arange(n_chosen) + start) * n_rows / n_chosen).astype(np.int64)]] = True
    return chosen


def _groups(unit: Rows, stratum: Rows, n_units: int, share: float, draws: torch.Generator) -> NDArray[np.bool_]:
    """Large groups first, in random order: each validates if that keeps the strata nearer to their share so far."""
    counts = np.zeros((n_units, int(stratum.max()) + 1))
    np.add.at(counts, (unit, stratum), 1)
    order = torch.randperm(n_units, generator=draws).numpy()
    order = order[np.argsort(-counts.sum(axis=1)[order], kind="stable")]
    coins = torch.rand(n_units, generator=draws, dtype=torch.float64).numpy() < share
    chosen = np.zeros(n_units, bool)
    seen, validating = np.zeros(counts.shape[1]), np.zeros(counts.shape[1])
    for one in order:
        seen += counts[one]
        with_it = ((validating + counts[one] - share * seen) ** 2).sum()
        without = ((validating - share * seen) ** 2).sum()
        chosen[one] = coins[one] if with_it == without else with_it < without
        validating += counts[one] * chosen[one]
    if chosen.all() or not chosen.any():
        chosen[order[-1]] = not chosen[order[-1]]
    return chosen
