"""The verdict's rule and its words."""

import numpy as np
import pandas as pd
import pytest

from soak.errors import SoakError
from soak.scores.settings import VerdictSettings
from soak.scores.summaries import pvalues, stats
from soak.scores.verdicts import NO_DIFFERENCE, WORSE, problems, summary, verdicts
from soak.tables import TABLES

SPREAD = np.array([-1, 0.5, 1, -0.5])


def table_of(
    means: dict[tuple[str, str, str], float], measure: str = "zero_one_loss", scale: float = 0.001
) -> pd.DataFrame:
    """Scores over four folds around the mean of each (test subset, train subsets, algorithm)."""
    rows = []
    for number, ((subset, train, algorithm), mean) in enumerate(means.items()):
        for fold, shift in enumerate(np.roll(SPREAD, number), start=1):
            split = ("T", subset, train, fold, 1, 9, 9, fold, algorithm, 9, 9)
            rows.append((*split, mean + scale * shift))
    return pd.DataFrame(rows, columns=[*TABLES["scores"].columns, measure])


MEANS = {
    ("Digits", "same", "featureless"): 0.01,
    ("Digits", "other", "featureless"): 0.01,
    ("Digits", "all", "featureless"): 0.01,
    ("Digits", "same", "linear"): 0.056,
    ("Digits", "other", "linear"): 0.412,
    ("Digits", "all", "linear"): 0.0561,
    ("Digits", "same", "deep"): 0.07,
    ("Digits", "other", "deep"): 0.5,
    ("Digits", "all", "deep"): 0.03,
    ("Rot", "same", "linear"): 0.2,
    ("Rot", "other", "linear"): 0.1,
    ("Rot", "all", "linear"): 0.1,
}


def judge(scores: pd.DataFrame, **settings: object) -> pd.DataFrame:
    return verdicts(pvalues(scores), stats(scores), VerdictSettings(**settings), references=("featureless",))


def test_best_algorithm_decides_and_others_are_named() -> None:
    table = judge(table_of(MEANS))
    assert list(table.columns) == list(TABLES["verdicts"].columns)
    assert table["test_subset"].tolist() == ["Digits", "Digits", "Rot", "Rot"]
    assert table["comparison"].tolist() == ["other-same", "all-same"] * 2
    assert table["algorithm"].tolist() == ["linear"] * 4  # featureless has a lower error and is not asked
    assert table["verdict"].tolist() == ["worse", "no difference seen", "better", "better"]
    text = table["text"].tolist()
    assert text[0].startswith(
        "Digits: training on Rot is worse than on Digits itself: 41.2 % against 5.6 % error, corrected P < 0.0001"
    )
    assert "adding Rot to Digits changes nothing seen: 5.6 % against 5.6 % error" in text[1]
    assert text[1].endswith("but better by deep")
    assert "but" not in text[0]
    assert summary(table)[0].startswith("T, Digits: training on Rot is worse")


def test_holm_runs_over_the_comparisons_of_the_task() -> None:
    scores = table_of(MEANS, scale=0.05)
    table = judge(scores)
    p = pvalues(scores).query("algorithm == 'linear'").set_index(["test_subset", "comparison"])["p_paired"]
    smallest = p.idxmin()
    row = table.set_index(["test_subset", "comparison"]).loc[smallest]
    assert row["p_holm"] == pytest.approx(4 * p.min())


def test_greater_is_better_turns_best_and_verdict() -> None:
    means = {
        ("A", "same", "x"): 0.8,
        ("A", "other", "x"): 0.6,
        ("B", "same", "x"): 0.8,
        ("B", "other", "x"): 0.9,
        ("A", "same", "y"): 0.7,
        ("A", "other", "y"): 0.6,
        ("B", "same", "y"): 0.9,
        ("B", "other", "y"): 0.9,
    }
    table = judge(table_of(means, measure="accuracy"))
    assert table["algorithm"].tolist() == ["x", "y"]
    assert table["verdict"].tolist() == ["worse", "no difference seen"]
    assert "60.0 % against 80.0 % accuracy" in table["text"][0]


def test_alpha_algorithm_and_measure_are_settings() -> None:
    scores = table_of(MEANS)
    assert set(judge(scores, algorithm="deep")["algorithm"]) == {"deep"}
    assert set(judge(scores, alpha=1e-12)["verdict"]) == {"no difference seen"}
    with pytest.raises(SoakError, match=r"verdict\.algorithm.*'deap'.*deep"):
        judge(scores, algorithm="deap")
    with pytest.raises(SoakError, match=r"verdict\.measure.*'auc'"):
        judge(scores, measure="auc")


def test_undefined_p_is_no_difference_seen_and_says_so() -> None:
    scores = table_of(MEANS)
    table = judge(scores[scores["test_fold"] == 1])
    assert set(table["verdict"]) == {"no difference seen"}
    assert table["text"].str.contains("cannot be tested").all()
    assert table["text"].str.contains("P undefined, one fold only").all()


def test_no_comparison_gives_an_empty_table() -> None:
    scores = table_of(MEANS).query("train_subsets == 'same'")
    table = judge(scores)
    assert table.empty
    assert list(table.columns) == list(TABLES["verdicts"].columns)
    assert summary(table) == []


def test_many_subsets_are_not_listed() -> None:
    means = {(subset, train, "x"): 0.1 for subset in "ABCD" for train in ("same", "other")}
    assert "the other 3 subsets" in judge(table_of(means))["text"][0]


def test_a_reference_is_one_whatever_its_name() -> None:
    scores = table_of(MEANS).replace({"algorithm": {"featureless": "base"}})
    table = verdicts(pvalues(scores), stats(scores), VerdictSettings(), references=("base",))
    assert "base" not in set(table["algorithm"])


def test_featureless_decides_only_if_it_is_named() -> None:
    assert set(judge(table_of(MEANS), algorithm="featureless")["algorithm"]) == {"featureless"}


def test_an_algorithm_whose_fits_all_failed_may_be_asked_for_and_gives_no_verdict() -> None:
    scores = table_of(MEANS)
    scores.loc[scores["algorithm"] == "deep", "zero_one_loss"] = np.nan
    settings = VerdictSettings(algorithm="deep")
    table = verdicts(pvalues(scores), stats(scores), settings, failed={"deep"})
    assert table.empty
    assert "T: no score of deep, which verdict.algorithm names, so there is no verdict." in problems(scores, "deep")
    with pytest.raises(SoakError, match=r"^verdict\.algorithm: no score of 'deap'"):
        verdicts(pvalues(scores), stats(scores), VerdictSettings(algorithm="deap"), failed={"deep"})


def test_scores_of_references_alone_have_no_verdict() -> None:
    scores = table_of({key: mean for key, mean in MEANS.items() if key[2] == "featureless"})
    text = "T: only scores of models that use no features, so there is no verdict."
    assert text in problems(scores, references=("featureless",))
    assert text not in problems(table_of(MEANS), references=("featureless",))
    assert text not in problems(scores, "featureless", references=("featureless",))


def test_p_must_be_below_alpha():
    shared = {"task_id": "T", "test_subset": "A", "algorithm": "m", "measure": "zero_one_loss", "n_train_groups": 9}
    means = pd.DataFrame([shared | {"train_subsets": "same", "mean": 0.1, "sd": 0.1, "n": 3}])
    test = shared | {"comparison": "other-same", "mean_diff": 0.1, "same_mean": 0.1, "compare_mean": 0.2, "n": 3}
    for p, verdict in ((0.05, NO_DIFFERENCE), (0.0499, WORSE)):
        table = verdicts(pd.DataFrame([test | {"p_paired": p}]), means, VerdictSettings(alpha=0.05))
        assert table["verdict"].tolist() == [verdict]
