"""What figures show beside scores: times of training, sizes of data sets and subsets, kinds of subsets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from soak.scores.datasets import SUBSET_ROWS
from soak.scores.training_times import COLUMNS
from soak.tables import TABLES


@dataclass(frozen=True)
class Facts:
    """Tables beside the scores; empty where nothing is known.

    Attributes
    ----------
    times : DataFrame
        task_id, learner, train_subsets, seconds: see `soak.scores.training_times.of_fits`.
    datasets : DataFrame
        The table datasets.
    subset_rows : DataFrame
        task_id, subset, rows.
    subset_types : mapping of task to the kind of its subsets
    comparisons : sequence of str
        Those that a figure of one comparison is to show (all-same, other-same); default: its own choice.
    """

    times: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLUMNS))
    datasets: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(TABLES["datasets"].columns)))
    subset_rows: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=SUBSET_ROWS))
    subset_types: Mapping[str, str] = field(default_factory=dict)
    comparisons: Sequence[str] = ()

    def rows_of(self, task: str, subset: str) -> int | None:
        """Rows of a subset; None where they are unknown."""
        table = self.subset_rows
        found = table.loc[(table["task_id"] == task) & (table["subset"] == subset), "rows"]
        return int(found.iloc[0]) if len(found) and pd.notna(found.iloc[0]) else None
