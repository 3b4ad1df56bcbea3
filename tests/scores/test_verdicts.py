"""The rule of the verdicts: which algorithm speaks, what is tested, and what follows."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t, ttest_rel
from verdict_cases import around, judge, score_table

from soak.errors import SoakError
from soak.scores.notes import problems
from soak.scores.settings import VerdictSettings
from soak.scores.ttests import row_error, smallest_seen
from soak.scores.verdicts import holm_by_algorithm, verdicts
from soak.tables import TABLES

GUESS = around(0.9, 0.01, -0.01, 0.02, -0.02)
SAME = around(0.05, 0.01, -0.005, 0.0, -0.005)
SPREAD = np.array([0.02, -0.01, -0.02, 0.01])


def two(other=SAME + 0.3 + SPREAD, all_=SAME + SPREAD / 20, same=SAME, guess=GUESS, **more):
    """Scores of subset A with one algorithm and the reference, and what keywords of `score_table` say."""
    scores = {
        ("A", "same", "m"): same,
        ("A", "other", "m"): other,
        ("A", "all", "m"): all_,
        ("A", "same", "featureless"): guess,
    }
    scores = {key: values for key, values in scores.items() if values is not None}
    table = score_table(scores, **more)
    b = table[["test_subset"]].assign(test_subset="B").join(table.drop(columns="test_subset"))
    return pd.concat([table, b[table.columns]], ignore_index=True)


def first(table: pd.DataFrame, comparison: str = "other-same") -> pd.Series:
    return table[(table["test_subset"] == "A") & (table["comparison"] == comparison)].iloc[0]


def test_every_number_of_a_row_by_hand() -> None:
    table = judge(two())
    assert list(table.columns) == list(TABLES["verdicts"].columns)
    assert table["comparison"].tolist() == ["other-same", "all-same"] * 2
    row, other = first(table), SAME + 0.3 + SPREAD
    theirs = ttest_rel(other, SAME)
    assert row["n"] == 4
    assert row["n_seeds"] == 1
    assert row["same_mean"] == pytest.approx(SAME.mean())
    assert row["compare_mean"] == pytest.approx(other.mean())
    assert row["reference_mean"] == pytest.approx(GUESS.mean())
    assert row["same_skill"] == pytest.approx(1 - SAME.mean() / GUESS.mean())
    assert row["compare_skill"] == pytest.approx(1 - other.mean() / GUESS.mean())
    assert row["mean_diff"] == pytest.approx(0.3)
    interval = theirs.confidence_interval()
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((interval.low, interval.high))
    assert row["p_paired"] == pytest.approx(theirs.pvalue)
    assert row["p_holm"] == pytest.approx(4 * theirs.pvalue)  # the smallest of four comparisons
    assert row["p_reference"] == pytest.approx(ttest_rel(SAME, GUESS, alternative="less").pvalue)
    assert row["detectable"] == pytest.approx(smallest_seen(4, 0.05) * np.std(SPREAD, ddof=1) / 2)
    assert row["verdict"] == "worse"
    assert (row["cause"], row["decide"]) == ("", "")
    assert row[["mean_diff_equal", "p_equal"]].isna().all()


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        (SAME + 0.3 + SPREAD, "worse"),
        (SAME - 0.04 + SPREAD / 20, "better"),
        (SAME + 0.01 + SPREAD, "similar"),  # -0.019 to 0.039 within 0.085
        (SAME + 0.07 + SPREAD, "worse"),  # shown, and beyond the margin in part
        (SAME + 0.03 + 4 * SPREAD, "undecided"),
    ],
)
def test_the_verdict_of_a_difference(other, verdict) -> None:
    assert first(judge(two(other)))["verdict"] == verdict


def test_a_margin_of_none_is_never_similar() -> None:
    assert first(judge(two(SAME + 0.01 + SPREAD), margin=0))["verdict"] == "undecided"
    assert first(judge(two(SAME + 0.03 + 4 * SPREAD), margin=0.9))["verdict"] == "similar"


def test_p_must_be_below_alpha() -> None:
    scores = two(SAME + 0.03 + SPREAD)
    p = first(judge(scores))["p_holm"]
    assert first(judge(scores, alpha=p * 1.001, margin=0))["verdict"] == "worse"
    assert first(judge(scores, alpha=p, margin=0))["verdict"] == "undecided"


def test_nothing_learned_where_neither_beats_guessing() -> None:
    noise = GUESS + 2 * SPREAD
    row = first(judge(two(same=noise, other=noise[::-1], all_=noise + SPREAD)))
    assert row["verdict"] == "nothing learned"
    assert row["text"].startswith("A: nothing learned: 90.0 % error when trained on A itself and 90.0 % on B")
    # same does not learn, and the other one does: the comparison means something
    row = first(judge(two(same=noise, other=SAME)))
    assert row["verdict"] == "better"
    assert row["text"].startswith("A: its own model is not shown to beat guessing; train on B instead")


def test_never_similar_where_same_is_not_shown_to_learn() -> None:
    same = around(0.75, 0.2, -0.2, 0.1, -0.1)  # a skill of 0.17 that is not significant
    row = first(judge(two(same=same, other=same)))
    assert (row["p_paired"], row["ci_low"], row["ci_high"]) == (1, 0, 0)
    assert row["verdict"] == "undecided"
    assert first(judge(two(same=SAME, other=SAME)))["verdict"] == "similar"


def test_where_guessing_is_perfect_nothing_can_be_learned() -> None:
    zero = np.zeros(4)
    row = first(judge(two(same=zero, other=zero, all_=zero, guess=zero)))
    assert row["verdict"] == "nothing learned"
    assert np.isnan(row["same_skill"])


def test_without_a_reference_there_is_neither_skill_nor_similar() -> None:
    table = judge(two(SAME + 0.01 + SPREAD, guess=None))
    row = first(table)
    assert row["verdict"] == "undecided"
    assert row[["reference_mean", "same_skill", "compare_skill", "p_reference"]].isna().all()
    assert "guessing" not in row["text"]
    reference = pd.DataFrame({"task_id": "T", "test_subset": "A", "test_fold": [1, 2, 3, 4], "zero_one_loss": GUESS})
    row = first(judge(two(SAME + 0.01 + SPREAD, guess=None), reference=reference))
    assert row["verdict"] == "similar"
    assert row["reference_mean"] == pytest.approx(GUESS.mean())


def test_one_fold_is_undecided_and_says_so() -> None:
    scores = two()
    row = first(judge(scores[scores["test_fold"] == 1]))
    assert row["verdict"] == "undecided"
    assert row[["p_paired", "p_holm", "ci_low", "detectable"]].isna().all()
    assert "there is one fold only, and so no test" in row["text"]
    assert row["decide"] == "10 folds" if row["n"] * 30 >= 50 else "5 folds"


def test_the_same_difference_in_every_fold_needs_the_losses_of_rows() -> None:
    scores = two(same=np.zeros(4), other=np.ones(4))
    row = first(judge(scores))
    assert row["verdict"] == "undecided"
    assert "the differences are the same in every fold" in row["text"]
    error = row_error(np.ones(120))
    keys = [("A", "other-same", error), ("B", "other-same", error)]
    errors = pd.DataFrame(keys, columns=["test_subset", "comparison", "row_error"])
    errors = errors.assign(task_id="T", algorithm="m", measure="zero_one_loss")
    row = first(judge(scores, row_errors=errors))
    assert row["verdict"] == "worse"
    assert row["p_paired"] == pytest.approx(2 * t.sf(1 / error, 3))
    assert row["ci_high"] == 1
    assert "100.0 % error against 0.0 % (+100.0 points" in row["text"]


def test_seeds_are_no_new_evidence() -> None:
    one, many = judge(two()), judge(two(seeds=20))
    pd.testing.assert_frame_equal(one.drop(columns="n_seeds"), many.drop(columns="n_seeds"))
    assert set(many["n_seeds"]) == {20}


def test_scores_of_which_more_is_better() -> None:
    scores = two().rename(columns={"zero_one_loss": "accuracy"})
    scores["accuracy"] = 1 - scores["accuracy"]
    losses, table = judge(two()), judge(scores)
    for name in ("same_skill", "compare_skill", "p_holm", "p_reference", "detectable"):
        np.testing.assert_allclose(losses[name], table[name])
    assert losses["verdict"].tolist() == table["verdict"].tolist()
    assert first(table)["mean_diff"] == pytest.approx(-0.3)
    assert first(table)["text"].startswith("A: do not train on B instead: 65.0 % accuracy against 95.0 % (-30.0 points")


def test_skill_of_regression_and_of_a_measure_of_unknown_best_value() -> None:
    scores = two().rename(columns={"zero_one_loss": "r2"})
    scores["r2"] = 1 - scores["r2"]
    assert first(judge(scores))["same_skill"] == pytest.approx((0.95 - 0.1) / (1 - 0.1))
    row = first(judge(two().rename(columns={"zero_one_loss": "regret"})))
    assert np.isnan(row["same_skill"])
    assert row["verdict"] == "worse"


# Which algorithm speaks


def several(**means: tuple[float, float, float]) -> pd.DataFrame:
    """Scores of algorithms with these means of same, other and all."""
    scores = {
        (subset, train, name): around(mean, *np.roll(SPREAD, len(name) + len(train)) / 10)
        for name, three in means.items()
        for train, mean in zip(("same", "other", "all"), three, strict=True)
        for subset in ("A", "B")
    }
    return score_table(scores | {(subset, "same", "featureless"): GUESS for subset in ("A", "B")})


def test_the_best_of_same_other_and_all_together_speaks() -> None:
    table = judge(several(winner=(0.10, 0.20, 0.10), lucky=(0.05, 0.40, 0.10), featureless=(0.0, 0.0, 0.0)))
    assert set(table["algorithm"]) == {"winner"}  # not lucky, which has the best same
    assert set(judge(several(a=(0.1, 0.1, 0.1), bb=(0.1, 0.1, 0.1)))["algorithm"]) == {"a"}  # the first of equals


def test_of_scores_the_highest_is_best() -> None:
    scores = several(low=(0.6, 0.6, 0.6), high=(0.8, 0.8, 0.8)).rename(columns={"zero_one_loss": "accuracy"})
    assert set(judge(scores)["algorithm"]) == {"high"}


def test_an_algorithm_without_all_scores_is_passed_over_and_the_text_says_so() -> None:
    scores = several(winner=(0.1, 0.1, 0.1), second=(0.2, 0.2, 0.2))
    gone = (scores["algorithm"] == "winner") & (scores["train_subsets"] == "other") & (scores["test_subset"] == "A")
    scores.loc[gone & (scores["test_fold"] == 2), "zero_one_loss"] = np.nan
    table = judge(scores)
    assert table["algorithm"].tolist() == ["second"] * 2 + ["winner"] * 2
    assert first(table)["text"].endswith("second speaks, since scores of winner are missing.")
    assert "missing" not in table["text"].iloc[2]
    assert "missing" not in judge(scores, algorithm="winner")["text"].iloc[0]
    assert first(judge(scores, algorithm="winner"))["n"] == 3


def test_a_fold_that_nobody_has_is_left_out() -> None:
    scores = several(winner=(0.1, 0.1, 0.1), second=(0.2, 0.2, 0.2))
    scores.loc[scores["test_fold"] == 2, "zero_one_loss"] = np.nan
    table = judge(scores)
    assert set(table["algorithm"]) == {"winner"}
    assert set(table["n"]) == {3}


def test_what_others_would_say_is_said() -> None:
    scores = several(winner=(0.05, 0.05, 0.05), second=(0.06, 0.30, 0.06))
    row = first(judge(scores))
    assert row["verdict"] == "similar"
    assert row["text"].endswith("Judged alone, second would say worse.")


def test_algorithm_and_measure_are_settings() -> None:
    scores = several(winner=(0.1, 0.1, 0.1), deep=(0.2, 0.2, 0.2))
    assert set(judge(scores, algorithm="deep")["algorithm"]) == {"deep"}
    assert set(judge(scores, algorithm="featureless")["algorithm"]) == set()  # has no other
    with pytest.raises(SoakError, match=r"verdict\.algorithm.*'deap'.*deep"):
        judge(scores, algorithm="deap")
    with pytest.raises(SoakError, match=r"verdict\.measure.*'auc'"):
        judge(scores, measure="auc")
    both = scores.assign(log_loss=10 * scores["zero_one_loss"])
    assert set(judge(both, measure="log_loss")["measure"]) == {"log_loss"}


def test_a_reference_is_one_whatever_its_name() -> None:
    scores = several(winner=(0.1, 0.1, 0.1)).replace({"algorithm": {"featureless": "base"}})
    table = verdicts(scores, VerdictSettings(), references=("base",))
    assert set(table["algorithm"]) == {"winner"}
    assert table["same_skill"].notna().all()


def test_an_algorithm_whose_fits_all_failed_may_be_named_and_has_no_verdict() -> None:
    scores = several(winner=(0.1, 0.1, 0.1), deep=(0.2, 0.2, 0.2))
    scores.loc[scores["algorithm"] == "deep", "zero_one_loss"] = np.nan
    assert judge(scores, algorithm="deep").empty
    assert "T: no score of deep, which verdict.algorithm names, so there is no verdict." in problems(scores, "deep")


def test_scores_of_references_alone_have_no_verdict() -> None:
    scores = score_table({("A", train, "featureless"): GUESS for train in ("same", "other", "all")})
    text = "T: only scores of models that use no features, so there is no verdict."
    assert judge(scores).empty
    assert text in problems(scores, references=("featureless",))
    assert text not in problems(several(a=(0.1, 0.1, 0.1)), references=("featureless",))
    assert text not in problems(scores, "featureless", references=("featureless",))


def test_no_comparison_gives_an_empty_table() -> None:
    table = judge(two(other=None, all_=None))
    assert table.empty
    assert list(table.columns) == list(TABLES["verdicts"].columns)


def test_without_all_other_alone_is_judged() -> None:
    table = judge(two(all_=None))
    assert table["comparison"].tolist() == ["other-same"] * 2


# Fewer rows, or another pattern

FEWER = {"same": 120, "other": 60, "all": 180}
MORE = {"same": 60, "other": 120, "all": 180}


def sized(full, equal, groups, same=SAME) -> pd.DataFrame:
    """Scores whose differences, other - same, are these at full and at equal size."""
    if groups["other"] < groups["same"]:  # then it is same that is down-sampled
        return two(same + full, groups=groups, equal={("A", "same", "m"): same + full - equal}, same=same)
    return two(same + full, groups=groups, equal={("A", "other", "m"): same + equal}, same=same)


@pytest.mark.parametrize(
    ("full", "equal", "groups", "verdict", "cause"),
    [
        (0.3 + SPREAD, 0.28 + SPREAD[::-1], FEWER, "worse", "another pattern"),
        (0.3 + SPREAD, 0.01 + SPREAD[::-1], FEWER, "worse", "fewer rows"),  # within the margin
        (0.3 + SPREAD, 0.1 + 5 * SPREAD[::-1], FEWER, "worse", "fewer rows"),  # smaller, and not significant
        (0.3 + SPREAD, 0.1 + 16 * SPREAD[::-1], FEWER, "worse", "unclear"),
        (0.3 + SPREAD, -0.02 + SPREAD / 20, FEWER, "worse", "fewer rows"),  # with equally many rows it is better
        (0.3 + SPREAD, 0.01 + SPREAD[::-1], MORE, "worse", "unclear"),  # it has more rows
        (-0.04 + SPREAD / 20, SPREAD / 10, MORE, "better", "more rows"),
        (-0.04 + SPREAD / 20, -0.03 + SPREAD / 20, MORE, "better", "another pattern"),
        (-0.04 + SPREAD / 20, SPREAD / 10, FEWER, "better", "unclear"),
        (SPREAD / 20, SPREAD / 10, MORE, "similar", ""),
    ],
)
def test_the_cause_of_a_difference(full, equal, groups, verdict, cause) -> None:
    row = first(judge(sized(full, equal, groups, SAME + 0.1)))
    assert (row["verdict"], row["cause"]) == (verdict, cause)
    assert row["mean_diff_equal"] == pytest.approx(equal.mean())
    assert row["p_equal"] == pytest.approx(ttest_rel(equal, 0 * equal).pvalue)
    assert ("with equally many rows the difference is" in row["text"]) == bool(cause)


def test_down_sampled_scores_do_not_reach_the_verdict() -> None:
    plain = judge(two(groups=MORE))
    others = judge(sized(0.3 + SPREAD, SPREAD[::-1], MORE))
    columns = ["p_holm", "mean_diff", "same_mean", "verdict", "algorithm", "n"]
    pd.testing.assert_frame_equal(plain[columns], others[columns])


def test_train_sets_that_differ_much_in_size_name_the_key() -> None:
    assert "times as many rows, and `resampling: {sizes: 0}`" not in first(judge(two(groups=MORE)))["text"]
    text = first(judge(two(groups=FEWER)))["text"]
    assert text.endswith(
        "its own train set has 2.0 times as many rows, and `resampling: {sizes: 0}` tells whether fewer rows or another pattern is the reason."
    )
    text = first(judge(two(SAME - 0.04 + SPREAD / 20, groups=MORE)))["text"]
    assert (
        "the other train set has 2.0 times as many rows, and `resampling: {sizes: 0}` tells whether more rows or"
        in text
    )


# What would decide


@pytest.mark.parametrize(
    ("shift", "spread", "n_test", "decide"),
    [
        # t = 3.29 and Holm's factor 4: the quantile at 1 - 0.05 / 8 is 4.32 with 5 folds and 3.12 with 10
        (0.06, 2, 30, "10 folds"),
        (0.06, 2, 10, "2 times as many rows in 5 folds"),  # of 40 rows; 3.29 times the root of 2 exceeds 4.32
        (0.0, 30, 30, "200 times as many rows in 20 folds"),  # 2.09 * 0.274 / sqrt(200) < 0.0425, the margin
    ],
)
def test_what_would_decide(shift, spread, n_test, decide) -> None:
    row = first(judge(two(SAME + shift + spread * SPREAD, n_test=n_test), margin=0.05))
    assert row["verdict"] == "undecided"
    assert row["decide"] == decide
    assert f"{decide} would decide" in row["text"]


def test_holm_runs_over_each_algorithm_and_measure() -> None:
    tests = pd.DataFrame({"task_id": "T", "algorithm": ["a", "a", "b"], "measure": "x", "p_paired": [0.01, 0.04, 0.03]})
    assert holm_by_algorithm(tests).tolist() == [0.02, 0.04, 0.03]
