"""False alarms and coverage of the verdicts where two subsets are of one distribution and size."""

import numpy as np
import pandas as pd
import pytest
from verdict_cases import judge, score_table

N_TABLES, FOLDS, ROWS, FEATURES = 300, 5, 100, 5
PENALTIES = {"weak": 0.01, "strong": 100.0}  # ridge regression of a class coded as -1, 1


def simulated(number: int) -> pd.DataFrame:
    """Scores of one table: two subsets of one linear model."""
    rng = np.random.default_rng([7, number])
    x = rng.normal(size=(2 * ROWS, FEATURES))
    y = np.where(x @ rng.normal(size=FEATURES) + rng.normal(size=2 * ROWS) > 0, 1.0, -1.0)
    subset = np.repeat(["A", "B"], ROWS)
    fold = np.concatenate([rng.permutation(np.arange(ROWS) % FOLDS) for _ in range(2)])
    scores: dict[tuple[str, str, str], list[float]] = {}
    for name in ("A", "B"):
        for k in range(FOLDS):
            test = (subset == name) & (fold == k)
            for train, rows in (("same", subset == name), ("other", subset != name), ("all", fold >= 0)):
                used = rows & (fold != k)
                for algorithm, penalty in PENALTIES.items():
                    gram = x[used].T @ x[used] + penalty * np.eye(FEATURES)
                    weights = np.linalg.solve(gram, x[used].T @ y[used])
                    error = np.mean(np.sign(x[test] @ weights) != y[test])
                    scores.setdefault((name, train, algorithm), []).append(error)
            common = 1.0 if y[(subset == name) & (fold != k)].mean() >= 0 else -1.0
            scores.setdefault((name, "same", "featureless"), []).append(np.mean(common != y[test]))
    return score_table(scores, n_test=ROWS // FOLDS, task=f"T{number}")


@pytest.fixture(scope="module")
def verdicts() -> pd.DataFrame:
    """The verdicts on the first subset of each table."""
    table = judge(pd.concat([simulated(number) for number in range(N_TABLES)], ignore_index=True))
    return table[(table["comparison"] == "other-same") & (table["test_subset"] == "A")]


def test_false_alarms_and_coverage(verdicts: pd.DataFrame) -> None:
    assert len(verdicts) == N_TABLES
    assert 0.03 <= (verdicts["p_paired"] < 0.05).mean() <= 0.08
    assert 0.92 <= ((verdicts["ci_low"] <= 0) & (verdicts["ci_high"] >= 0)).mean() <= 0.97
    assert verdicts["verdict"].isin(["better", "worse"]).mean() < 0.05  # after Holm


def test_the_chosen_algorithm_is_not_flattered(verdicts: pd.DataFrame) -> None:
    assert abs(100 * verdicts["mean_diff"].mean()) < 1


def test_a_small_true_difference_with_few_rows_is_undecided_and_no_difference_in_many_is_similar() -> None:
    rng = np.random.default_rng(1)

    def verdict(shift: float, spread: float) -> str:
        same, guess = 0.1 + spread * rng.normal(size=10), 0.5 + 0.01 * rng.normal(size=10)
        other = same + shift + spread * rng.normal(size=10)
        scores = {("A", "same", "m"): same, ("A", "other", "m"): other, ("A", "same", "featureless"): guess}
        return judge(score_table(scores))["verdict"].item()

    assert verdict(0.03, 0.06) == "undecided"
    assert verdict(0.0, 0.01) == "similar"
