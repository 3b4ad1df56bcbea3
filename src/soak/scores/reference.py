"""The reference: what guessing gets, by which the skill of all others is measured.

It is featureless, trained on the same rows as *same*. A task whose config names no such learner gets it all the same, under
the name `REFERENCE`: in the tables fits and times, not in scores or P values.
"""

from collections.abc import Collection

import pandas as pd

from soak.fitting.record import FitRecord
from soak.fitting.run import Job, fit_train_set
from soak.learners.featureless import Featureless
from soak.resampling.names import subset_labels
from soak.resampling.store import StoredSplits
from soak.scores.summaries import measure_columns
from soak.tasks.task import Task

REFERENCE = ".reference"
KEYS = ["task_id", "test_subset", "test_fold"]


def same_splits(splits: StoredSplits) -> pd.DataFrame:
    """Of each test subset and fold the split *same* at its full size, also where ``resampling.subsets`` lacks S."""
    table = splits.table
    full = table[(table["train_subsets"] == "same") & (table["n_train_groups"] == table["groups"])]
    if len(full):
        return full.drop_duplicates(KEYS, ignore_index=True)
    tests = table.drop_duplicates(KEYS, ignore_index=True)
    labels = dict(zip(splits.subsets, subset_labels(splits.subsets), strict=True))
    names = [f"{labels[test.test_subset]}.fold{test.test_fold}" for test in tests.itertuples()]
    return tests.assign(train_subsets="same", groups=0, n_train_groups=0, train_set=names)


def fit_reference(task: Task, splits: StoredSplits, seed: int) -> list[FitRecord]:
    """Fit the reference on the train rows of *same* of each test subset and fold, and predict the test rows."""
    same = splits.with_table(same_splits(splits))
    job = Job(task, REFERENCE, Featureless(type="featureless"), seed, splits=same)
    return [fit_train_set(job, train_set) for train_set in same.table["train_set"].drop_duplicates()]


def reference_scores(scores: pd.DataFrame, references: Collection[str]) -> pd.DataFrame:
    """Scores of the reference that a score table has itself.

    Parameters
    ----------
    scores : DataFrame
        The table scores.
    references : collection of str
        Algorithms that use no feature; of several the first in the table counts.

    Returns
    -------
    DataFrame
        Columns task_id, test_subset, test_fold and one per measure: seeds averaged, of *same* at its full size.
    """
    same = (scores["train_subsets"] == "same") & (scores["n_train_groups"] == scores["groups"])
    rows = scores[same & scores["algorithm"].isin(references)]
    rows = rows[rows["algorithm"] == rows.groupby("task_id")["algorithm"].transform("first")]
    return rows.groupby(KEYS, sort=False)[measure_columns(scores)].mean().reset_index()
