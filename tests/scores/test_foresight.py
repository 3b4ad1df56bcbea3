"""What a run will be able to see, from a trial of one fold."""

import math

import numpy as np
import pandas as pd
import pytest
from verdict_cases import score_table

from soak.scores.foresight import foresight
from soak.scores.reference import reference_scores
from soak.scores.settings import VerdictSettings
from soak.scores.ttests import row_error, smallest_seen

M, N = 50, 150  # rows of the trial's fold, and of the subset
SD = 0.3


@pytest.fixture
def trial() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores of one fold, and row errors of differences with a standard deviation of SD."""
    scores = score_table(
        {
            ("A", "same", "m"): [0.1],
            ("A", "other", "m"): [0.3],
            ("A", "all", "m"): [0.1],
            ("A", "same", "featureless"): [0.5],
        },
        n_test=M,
    )
    errors = pd.DataFrame({"comparison": ["other-same", "all-same"], "row_error": [SD / math.sqrt(M + 2), 0.0]})
    return scores, errors.assign(task_id="T", test_subset="A", algorithm="m", measure="zero_one_loss")


def text_of(trial, *, rows=N, folds=3, **settings) -> str:
    scores, errors = trial
    reference = reference_scores(scores, ["featureless"])
    values = VerdictSettings(**settings)
    return foresight(scores, reference, errors, {("T", "A"): rows}, {"T": folds}, values, ["featureless"])


def test_the_least_difference_is_that_of_the_rows_of_the_whole_subset(trial):
    heading, task, header, line, *_ = text_of(trial).splitlines()
    assert "four of five cases, at the level 0.05" in heading
    assert task == "T (percent error, 3 folds, m)"
    assert header.split()[-4:] == ["margin", "to", "see", "it"]
    error = 100 * SD / math.sqrt(N)
    three, ten = smallest_seen(3, 0.05) * error, smallest_seen(10, 0.05) * error
    assert line.split()[:4] == ["A", "150", f"{three:.1f}", f"{ten:.1f}"]  # all - same: no row differs
    twenty = smallest_seen(20, 0.05) * error
    factor = (twenty / 4) ** 2  # the margin is a tenth of 50 - 10 %
    assert line.endswith(f"4.0     {math.ceil(2 * factor) / 2:g} times as many rows in 20 folds")


@pytest.mark.parametrize(
    ("rows", "folds", "margin", "end"),
    [
        (N, 3, 0.99, "39.6    as planned"),
        (N, 3, 0.3, "12.0    5 folds"),
        (20, 3, 0.9, "36.0    1.5 times as many rows"),  # 5 folds would have fewer than 5 test rows
        (N, 10, 0.1, "4.0     3.5 times as many rows in 20 folds"),
    ],
)
def test_what_it_takes_to_see_the_margin(trial, rows, folds, margin, end):
    line = text_of(trial, rows=rows, folds=folds, margin=margin).splitlines()[3]
    assert line.endswith(end)


def test_a_column_without_a_number_is_left_out(trial):
    """With 10 folds planned there is no need to say what 10 folds would see."""
    assert "10 folds" in text_of(trial, folds=3).splitlines()[2]
    assert "10 folds" not in text_of(trial, folds=10).splitlines()[2]


def test_the_estimate_is_near_the_error_of_the_folds():
    """Where rows differ alone, the standard error over the folds is that of the rows; two rows more make it cautious."""
    random = np.random.default_rng(1)
    losses = random.normal(size=(2000, 10, 30))  # tables, folds, rows: differences of losses
    by_folds = losses.mean(axis=2).std(axis=1, ddof=1) / math.sqrt(10)
    one_fold = np.array([row_error(table[0]) for table in losses]) * math.sqrt(32 / 300)
    assert 1 < one_fold.mean() / by_folds.mean() < 1.2


def test_without_losses_of_rows_nothing_is_foreseen(trial):
    scores, errors = trial
    assert text_of((scores, errors.iloc[:0])) == ""
    assert text_of((scores, errors.assign(row_error=0.0))) == ""
