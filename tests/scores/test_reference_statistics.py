"""The R package's means, standard deviations and t tests, from its own scores (tests/reference/README.md)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from soak.scores.published import read_scores
from soak.scores.summaries import pvalues, stats

REFERENCE = Path(__file__).parents[1] / "reference"
CASES = [
    ("diabetes", "regr.mae", "mean_absolute_error"),
    ("diabetes", "regr.mse", "mean_squared_error"),
    ("diabetes", "regr.rsq", "r2"),
    ("digits", "classif.ce", "zero_one_loss"),
    ("digits", "classif.logloss", "log_loss"),
    ("threeeight", "classif.auc", "roc_auc"),
    ("threeeight", "classif.ce", "zero_one_loss"),
    ("threeeight", "classif.logloss", "log_loss"),
]


@pytest.mark.parametrize(("task", "r_measure", "measure"), CASES)
def test_stats_are_those_of_r(task: str, r_measure: str, measure: str) -> None:
    expected = pd.read_csv(REFERENCE / f"pvalue_stats_{task}_{r_measure}.csv")
    expected = expected.rename(
        columns={"Train_subsets": "train_subsets", "value_mean": "mean", "value_sd": "sd", "value_length": "n"}
    )
    table = stats(read_scores(REFERENCE / f"scores_{task}.csv"))
    keys = ["task_id", "test_subset", "train_subsets", "algorithm"]
    both = expected.merge(table[table["measure"] == measure], on=keys, suffixes=("_r", ""), validate="one_to_one")
    assert len(both) == len(expected) > 0
    for column in ("n_train_groups", "mean", "sd", "n"):
        np.testing.assert_allclose(both[column], both[f"{column}_r"], rtol=1e-10, atol=1e-14, err_msg=column)


@pytest.mark.parametrize(("task", "r_measure", "measure"), CASES)
def test_pvalues_are_those_of_r(task: str, r_measure: str, measure: str) -> None:
    expected = pd.read_csv(REFERENCE / f"pvalue_tests_{task}_{r_measure}.csv")
    expected = expected.rename(columns={"N": "n"})
    table = pvalues(read_scores(REFERENCE / f"scores_{task}.csv"))
    keys = ["task_id", "test_subset", "algorithm", "comparison"]
    both = expected.merge(table[table["measure"] == measure], on=keys, suffixes=("_r", ""), validate="one_to_one")
    assert len(both) == len(expected) > 0
    for column in ("mean_diff", "p_paired", "p_unpaired", "same_mean", "compare_mean", "n"):
        np.testing.assert_allclose(both[column], both[f"{column}_r"], rtol=1e-10, atol=1e-14, err_msg=column)
