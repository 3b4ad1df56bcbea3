"""Tables of statistics: their columns and order, and what they do with what is missing."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind, ttest_rel

from soak.scores.notes import problems
from soak.scores.summaries import (
    first_measures,
    format_p,
    pvalues,
    pvalues_downsample,
    stats,
    undefined_reason,
)
from soak.tables import TABLES

FULL = {"same": 20, "other": 40, "all": 60}


def make_scores(
    subsets: tuple[str, ...] = ("A", "B"), folds: int = 4, seeds: int = 1, sizes: tuple[int, ...] = (), seed: int = 0
) -> pd.DataFrame:
    """Scores of two algorithms, every split at its full size and at the given smaller ones."""
    random = np.random.default_rng(seed)
    rows = []
    splits = [
        (train, fold, subset, number, size)
        for train in ("all", "other", "same")
        for fold in range(1, folds + 1)
        for subset in subsets
        for number in range(1, seeds + 1)
        for size in (*[size for size in sizes if size < FULL[train]], FULL[train])
    ]
    for iteration, (train, fold, subset, number, size) in enumerate(splits, start=1):
        for algorithm in ("featureless", "linear"):
            split = ("T", subset, train, fold, number, FULL[train], size, iteration, algorithm, size, 10)
            rows.append((*split, random.uniform(), random.uniform()))
    return pd.DataFrame(rows, columns=[*TABLES["scores"].columns, "zero_one_loss", "log_loss"])


def test_stats_columns_order_and_values() -> None:
    scores = make_scores(seeds=2)
    table = stats(scores)
    assert list(table.columns) == list(TABLES["stats"].columns)
    assert table["measure"].tolist()[:4] == ["zero_one_loss", "log_loss"] * 2
    first_seen = scores[["train_subsets", "test_subset", "algorithm"]].drop_duplicates()
    assert (table[["train_subsets", "test_subset", "algorithm"]].iloc[::2].to_numpy() == first_seen.to_numpy()).all()
    row = table[(table["test_subset"] == "B") & (table["train_subsets"] == "same") & (table["algorithm"] == "linear")]
    values = scores.query("test_subset == 'B' and train_subsets == 'same' and algorithm == 'linear'")["log_loss"]
    assert row["n"].tolist() == [8, 8]
    assert row["mean"].iloc[1] == pytest.approx(values.mean(), rel=1e-14)
    assert row["sd"].iloc[1] == pytest.approx(np.std(values, ddof=1), rel=1e-14)


def test_pvalues_pair_folds_and_seeds_whatever_the_row_order() -> None:
    scores = make_scores(seeds=2)
    table = pvalues(scores)
    assert list(table.columns) == list(TABLES["pvalues"].columns)
    key = ["test_fold", "seed"]
    linear = scores.query("test_subset == 'A' and algorithm == 'linear'").set_index(key).sort_index()
    same, other = (linear.loc[linear["train_subsets"] == name, "zero_one_loss"] for name in ("same", "other"))
    row = table.query("test_subset == 'A' and algorithm == 'linear' and comparison == 'other-same'").iloc[0]
    assert row["measure"] == "zero_one_loss"
    assert row["n"] == 8
    assert row["p_paired"] == pytest.approx(ttest_rel(other, same).pvalue, rel=1e-12)
    assert row["p_unpaired"] == pytest.approx(ttest_ind(other, same, equal_var=False).pvalue, rel=1e-12)
    assert row["n_folds"] == 4
    assert row["sd_diff"] == pytest.approx(np.std(other.to_numpy() - same.to_numpy(), ddof=1))
    for alpha in (0.05, 0.2):
        interval = ttest_rel(other, same).confidence_interval(1 - alpha)
        limits = pvalues(scores, alpha).loc[row.name, ["ci_low", "ci_high"]]
        assert limits.tolist() == pytest.approx([interval.low, interval.high], rel=1e-12)
    shuffled = pvalues(scores.sample(frac=1, random_state=1))
    keys = ["test_subset", "algorithm", "comparison", "measure"]
    pd.testing.assert_frame_equal(
        table.sort_values(keys, ignore_index=True), shuffled.sort_values(keys, ignore_index=True), rtol=1e-12
    )


def test_pvalues_use_full_sizes_only() -> None:
    scores = make_scores(sizes=(10,))
    full = scores[scores["n_train_groups"] == scores["groups"]]
    pd.testing.assert_frame_equal(pvalues(scores), pvalues(full))


def test_downsample_compares_at_full_and_at_equal_size() -> None:
    scores = make_scores(sizes=(20,))
    table = pvalues_downsample(scores)
    assert tuple(table.columns) == (*list(TABLES["pvalues"].columns), "n_train_groups")
    full = table[table["n_train_groups"].isna()]
    keys = ["test_subset", "algorithm", "comparison", "measure"]
    pd.testing.assert_frame_equal(
        full[list(TABLES["pvalues"].columns)].sort_values(keys, ignore_index=True),
        pvalues(scores).sort_values(keys, ignore_index=True),
    )
    equal = table[table["n_train_groups"] == 20]
    assert len(equal) == len(full) == 2 * 2 * 2 * 2
    at_20 = scores[scores["n_train_groups"] == 20]
    expected = pvalues(at_20.assign(groups=20)).sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(equal[list(TABLES["pvalues"].columns)].sort_values(keys, ignore_index=True), expected)


def test_downsample_of_full_sizes_only_is_empty() -> None:
    table = pvalues_downsample(make_scores())
    assert table.empty
    assert tuple(table.columns) == (*list(TABLES["pvalues"].columns), "n_train_groups")


def test_one_fold_has_no_p_value_but_means() -> None:
    scores = make_scores(folds=1)
    assert stats(scores)["sd"].isna().all()
    table = pvalues(scores)
    assert table["p_paired"].isna().all()
    assert table["p_unpaired"].isna().all()
    assert table["mean_diff"].notna().all()
    assert "one fold only" in " ".join(problems(scores))


def test_missing_scores_leave_their_pair_out() -> None:
    scores = make_scores()
    gone = (scores["test_fold"] == 2) & (scores["train_subsets"] == "same") & (scores["algorithm"] == "linear")
    scores.loc[gone, ["zero_one_loss", "log_loss"]] = np.nan
    table = pvalues(scores)
    kept = pvalues(scores[scores["test_fold"] != 2])
    linear = table["algorithm"] == "linear"
    assert table.loc[linear, "n"].eq(3).all()
    assert table.loc[~linear, "n"].eq(4).all()
    of_all = ["compare_mean", "p_unpaired"]  # as in R, over all scores that there are
    pd.testing.assert_frame_equal(
        table[linear].drop(columns=of_all).reset_index(drop=True),
        kept[kept["algorithm"] == "linear"].drop(columns=of_all).reset_index(drop=True),
    )
    assert table["compare_mean"].equals(pvalues(make_scores())["compare_mean"])
    told = "2 of 48 scores of zero_one_loss and of log_loss are empty (linear), since fits failed (see the table fits): means"
    assert any(told in text for text in problems(scores))


def test_each_reason_of_empty_scores_is_given_once() -> None:
    scores = make_scores()
    of_linear, other = scores["algorithm"] == "linear", scores["train_subsets"] == "other"
    scores.loc[of_linear, "log_loss"] = np.nan
    scores.loc[~of_linear & (scores["test_fold"] == 1), "log_loss"] = np.nan
    scores.loc[other & (scores["test_fold"] == 2), ["n_train", "zero_one_loss", "log_loss"]] = [0, np.nan, np.nan]
    texts = [text.partition("are empty")[2] for text in problems(scores) if "are empty" in text]
    assert len(texts) == len(set(texts)) == 3
    for reason in ("since it needs probabilities", "since it is undefined there", "since the train sets have no rows"):
        assert any(reason in text for text in texts)


def test_a_measure_alone_that_is_undefined_on_a_fold_is_no_failed_fit() -> None:
    """Test rows of one class have no area under the curve, whatever the model."""
    scores = make_scores().drop(columns="log_loss").rename(columns={"zero_one_loss": "roc_auc"})
    scores.loc[scores["test_fold"] == 1, "roc_auc"] = np.nan
    (text,) = [text for text in problems(scores) if "are empty" in text]
    assert "since it is undefined there (the test rows lack a class" in text
    assert "failed" not in text


def test_a_task_without_any_score_is_told() -> None:
    scores = make_scores()
    failed = scores.assign(task_id="Gone", zero_one_loss=np.nan, log_loss=np.nan)
    both = pd.concat([scores, failed], ignore_index=True)
    assert first_measures(both) == {"T": "zero_one_loss"}
    assert set(stats(both)["task_id"]) == {"T"}
    assert [text for text in problems(both) if text.startswith("Gone: no score")]


def test_one_subset_is_told_and_has_no_comparison() -> None:
    scores = make_scores(subsets=("A",)).query("train_subsets == 'same'")
    assert pvalues(scores).empty
    assert any("one subset only (A)" in text for text in problems(scores))


def test_why_a_p_value_is_undefined():
    assert undefined_reason(1) == "one fold only"
    assert undefined_reason(2) == "no variation between the folds"


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.00031, "P = 0.00031"),
        (0.0004, "P = 0.0004"),
        (0.4, "P = 0.4"),
        (1, "P = 1"),
        (9e-5, "P < 0.0001"),
        (np.nan, "P undefined"),
    ],
)
def test_p_is_written_plainly(p: float, text: str) -> None:
    assert format_p(p) == text
