"""Fewer rows, or another pattern? The simulation of the paper's author, each seed as a run of its own.

`soaked_seeds.csv.gz` holds the first ten of the 100 seeds of figure-SOAKED-seeds-data.csv, which the author publishes beside the
paper (github.com/tdhock/cv-same-other-paper), errors to six digits; at full size all seeds have the scores of seed 1, which stand
there once. Subsets of `iid_easy` are of one distribution, 80 and 40 rows; those of `different` have the same sine curve, 400 rows
with little noise (large) and 200 with much (small). SOAK_PAPER=folder runs the test on the author's whole file there.
"""

import os
from pathlib import Path

import pandas as pd
import pytest

from soak.scores.published import read_scores
from soak.scores.settings import VerdictSettings
from soak.scores.verdicts import verdicts

EXCERPT = Path(__file__).parents[1] / "reference/paper/soaked_seeds.csv.gz"
WHOLE = Path(os.environ.get("SOAK_PAPER", ""), "figure-SOAKED-seeds-data.csv.gz")


def _verdicts_of_each_seed(file: Path) -> pd.DataFrame:
    scores = read_scores(file)
    full = scores[(scores["n_train_groups"] == scores["groups"]) & (scores["seed"] == 1)]
    parts = []
    for seed, rows in scores.groupby("seed"):
        reduced = rows[rows["n_train_groups"] < rows["groups"]]
        one = pd.concat([full.assign(seed=seed), reduced])
        parts.append(verdicts(one, VerdictSettings()).assign(seed=seed))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(EXCERPT, id="10 seeds"),
        pytest.param(WHOLE, id="100 seeds", marks=pytest.mark.skipif(not WHOLE.is_file(), reason="SOAK_PAPER=folder")),
    ],
)
def judged(request) -> pd.DataFrame:
    """A verdict per seed, task, test subset and comparison."""
    return _verdicts_of_each_seed(request.param)


def _rows(judged: pd.DataFrame, task: str, subset: str, comparison: str) -> pd.DataFrame:
    keys = (judged["task_id"] == task) & (judged["test_subset"] == subset) & (judged["comparison"] == comparison)
    return judged[keys]


@pytest.mark.parametrize("comparison", ["other-same", "all-same"])
def test_rows_of_much_noise_harm_the_subset_of_little_noise(judged, comparison):
    rows = _rows(judged, "different", "large", comparison)
    assert set(rows["verdict"]) == {"worse"}
    assert (rows["cause"] == "another pattern").mean() >= 0.95


def test_rows_of_little_noise_are_better_at_both_sizes_and_not_since_they_are_more(judged):
    rows = _rows(judged, "different", "small", "other-same")
    assert set(rows["verdict"]) == {"better"}
    assert set(rows["cause"]) == {"another pattern"}
    assert (rows["mean_diff_equal"] < 0).all()
    rows = _rows(judged, "different", "small", "all-same")
    assert set(rows["verdict"]) == {"better"}
    assert (rows["cause"] == "another pattern").mean() >= 0.9
    assert (rows["cause"] == "more rows").mean() <= 0.01  # one of the author's 100 seeds


def test_subsets_of_one_distribution_differ_by_their_rows(judged):
    rows = judged[judged["task_id"] == "iid_easy"]
    assert (rows["cause"] == "another pattern").groupby([rows["test_subset"], rows["comparison"]]).mean().max() <= 0.05
    assert (_rows(judged, "iid_easy", "large", "other-same")["cause"] == "fewer rows").mean() >= 0.8
    assert (_rows(judged, "iid_easy", "small", "other-same")["cause"] == "more rows").mean() >= 0.95


def test_the_verdict_does_not_depend_on_the_seed(judged):
    assert judged.groupby(["task_id", "test_subset", "comparison"])["verdict"].nunique().max() == 1


def test_all_seeds_in_one_run_give_the_verdicts_of_one(judged):
    scores = read_scores(EXCERPT)
    full = scores[scores["n_train_groups"] == scores["groups"]]
    one = verdicts(full, VerdictSettings())
    many = verdicts(pd.concat([full.assign(seed=seed) for seed in range(1, 21)]), VerdictSettings())
    assert set(many["n_seeds"]) == {20}
    pd.testing.assert_frame_equal(one.drop(columns="n_seeds"), many.drop(columns="n_seeds"))
    reduced = [
        pd.concat([full.assign(seed=seed), rows[rows["n_train_groups"] < rows["groups"]]])
        for seed, rows in scores.groupby("seed")
    ]
    together = verdicts(pd.concat(reduced), VerdictSettings())
    assert together["verdict"].tolist() == one["verdict"].tolist()
    causes = dict(
        zip(together["task_id"] + together["test_subset"] + together["comparison"], together["cause"], strict=True)
    )
    assert causes["iid_easylargeother-same"] == "fewer rows"
    assert causes["differentlargeother-same"] == "another pattern"
