"""Limits that mutation testing found unguarded (docs/mutation.md)."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from soak.measures import column_measure
from soak.scores.published import read_scores
from soak.scores.settings import VerdictSettings
from soak.scores.summaries import undefined_reason, welch_p
from soak.scores.verdicts import NO_DIFFERENCE, WORSE, verdicts


@pytest.mark.parametrize(
    ("name", "label"),
    [("r2", "R²"), ("roc_auc", "area under the ROC curve"), ("log_loss", "log loss"), ("f1_score", "f1 score")],
)
def test_labels_of_measures(name, label):
    assert column_measure(name).label == label


def test_two_values_are_enough_for_a_welch_test():
    for x, y in (([1.0, 2.0], [4.0, 5.0, 7.0]), ([4.0, 5.0, 7.0], [1.0, 2.0])):
        ours = welch_p(np.mean(x), np.std(x, ddof=1), len(x), np.mean(y), np.std(y, ddof=1), len(y))
        assert ours == pytest.approx(stats.ttest_ind(x, y, equal_var=False).pvalue)
        assert np.isnan(welch_p(1.0, np.nan, 1, np.mean(y), np.std(y, ddof=1), len(y)))


HEAD = "task_id,test_subset,train_subsets,test_fold,seed,algorithm,zero_one_loss"
SIZES = [
    ("T", "A", "same", 4),
    ("T", "A", "same", 8),
    ("T", "B", "same", 2),
    ("T", "A", "all", 12),
    ("T", "B", "all", 6),
]


def test_without_full_sizes_the_largest_of_each_subset_and_kind_is_taken(tmp_path):
    file = tmp_path / "scores.csv"
    rows = [f"{task},{subset},{kind},1,1,a,0.5,{size}" for task, subset, kind, size in SIZES]
    file.write_text("\n".join([f"{HEAD},n_train_groups", *rows]) + "\n")
    scores = read_scores(file)
    assert scores["n_train_groups"].tolist() == [4, 8, 2, 12, 6]
    assert scores["groups"].tolist() == [8, 8, 2, 12, 6]


def test_full_sizes_alone_say_that_nothing_is_down_sampled(tmp_path):
    file = tmp_path / "scores.csv"
    file.write_text(f"{HEAD},groups\nT,A,same,1,1,a,0.5,8\n")
    scores = read_scores(file)
    assert scores[["groups", "n_train_groups"]].to_numpy().tolist() == [[8, 8]]


def test_an_iteration_of_the_file_is_kept(tmp_path):
    file = tmp_path / "scores.csv"
    file.write_text(f"{HEAD},iteration\nT,A,same,1,1,a,0.5,7\nT,A,all,1,1,a,0.5,9\n")
    assert read_scores(file)["iteration"].tolist() == [7, 9]


def test_why_a_p_value_is_undefined():
    assert undefined_reason(1) == "one fold only"
    assert undefined_reason(2) == "no variation between the folds"


def test_p_must_be_below_alpha():
    shared = {"task_id": "T", "test_subset": "A", "algorithm": "m", "measure": "zero_one_loss", "n_train_groups": 9}
    means = pd.DataFrame([shared | {"train_subsets": "same", "mean": 0.1, "sd": 0.1, "n": 3}])
    test = shared | {"comparison": "other-same", "mean_diff": 0.1, "same_mean": 0.1, "compare_mean": 0.2, "n": 3}
    for p, verdict in ((0.05, NO_DIFFERENCE), (0.0499, WORSE)):
        table = verdicts(pd.DataFrame([test | {"p_paired": p}]), means, VerdictSettings(alpha=0.05))
        assert table["verdict"].tolist() == [verdict]
