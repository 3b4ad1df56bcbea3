"""Score tables made of a few numbers, for tests of verdicts."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from soak.scores.settings import VerdictSettings
from soak.scores.verdicts import verdicts
from soak.tables import TABLES


def score_table(
    scores: Mapping[tuple[str, str, str], Sequence[float]],
    measure: str = "zero_one_loss",
    *,
    n_test: int = 30,
    groups: Mapping[str, int] | None = None,
    seeds: int = 1,
    equal: Mapping[tuple[str, str, str], Sequence[float]] | None = None,
    task: str = "T",
) -> pd.DataFrame:
    """Scores of the folds of each (test subset, train subsets, algorithm), repeated for each seed.

    ``groups`` of same, other and all; ``equal``: scores at the smallest of these sizes.
    """
    groups = {"same": 60, "other": 60, "all": 120} if groups is None else groups
    rows = []
    for table, sizes in ((scores, groups), (equal or {}, dict.fromkeys(groups, min(groups.values())))):
        for (subset, train, algorithm), values in table.items():
            for seed in range(1, seeds + 1):
                for fold, value in enumerate(values, start=1):
                    size = sizes[train]
                    rows.append(
                        (task, subset, train, fold, seed, groups[train], size, 1, algorithm, size, n_test, value)
                    )
    return pd.DataFrame(rows, columns=[*TABLES["scores"].columns, measure])


def judge(scores: pd.DataFrame, **settings: object) -> pd.DataFrame:
    """The table verdicts; settings of verdicts() and of the config."""
    own = {name: settings.pop(name) for name in ("reference", "row_errors") if name in settings}
    return verdicts(scores, VerdictSettings(**settings), references=("featureless",), **own)


def around(mean: float, *shifts: float) -> np.ndarray:
    """Scores of folds around a mean."""
    return mean + np.array(shifts)
