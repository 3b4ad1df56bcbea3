"""Figures of further measures: the answer by that measure, with verdicts of its own."""

import numpy as np
import pytest
from figure_cases import checked, make_scores, results

from soak.figures.results import Results


@pytest.fixture(scope="module")
def by_log_loss() -> Results:
    """Two tasks, by log loss instead of error: of the first it says the contrary."""
    scores = make_scores(["T1", "T2"], ["East", "West"], folds=5, sizes=(15,))
    error = scores["zero_one_loss"]
    worse = np.where((scores["task_id"] == "T1") & (scores["train_subsets"] == "other"), 2.0, 0.0)
    scores["log_loss"] = np.where(scores["algorithm"] == "featureless", 4.0, 2 * error + worse)
    return results(scores).of_measure("log_loss")


def test_verdicts_are_those_of_the_measure(by_log_loss: Results) -> None:
    verdicts = by_log_loss.verdicts
    assert set(verdicts["measure"]) == {"log_loss"}
    assert set(verdicts["task_id"]) == {"T1", "T2"}
    other = verdicts[(verdicts["task_id"] == "T1") & (verdicts["comparison"] == "other-same")]
    assert set(other["verdict"]) == {"worse"}
    assert np.allclose(verdicts["reference_mean"], 4.0)


@pytest.mark.parametrize("name", ["differences", "overview"])
def test_the_figures_show_them(by_log_loss: Results, name: str) -> None:
    rows = checked(name, by_log_loss, "log_loss").data
    judged = rows[rows["verdict"].fillna("") != ""]
    assert set(judged["verdict"]) == set(by_log_loss.verdicts["verdict"])
    assert set(judged["measure"]) == {"log_loss"}


def test_a_measure_that_is_first_everywhere_has_no_further_figures() -> None:
    shown = results(make_scores(["T1"], ["East", "West"], folds=3)).of_measure("zero_one_loss")
    assert shown.scores.empty
    assert shown.verdicts.empty
