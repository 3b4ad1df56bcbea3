"""Verdicts, sentences and notes of score tables in which much is missing, constant, huge or tiny."""

import numpy as np
import pandas as pd
import pytest
from verdict_cases import judge, score_table

from soak.measures import column_measure
from soak.scores.notes import notes_on, problems
from soak.scores.sentences import SIMILAR, UNDECIDED, WIDTH, terminal

MEASURES = ("zero_one_loss", "accuracy", "mean_squared_error", "r2", "roc_auc", "regret")
NAMES = (["A", "B"], ["north {x}", "50 %", "süd\u00a0ost"], ["1", "01", "a" * 120, "NA"])


def odd_table(number: int) -> tuple[pd.DataFrame, str]:
    """A score table made by chance."""
    random = np.random.default_rng(number)
    measure = MEASURES[number % len(MEASURES)]
    subsets = NAMES[random.integers(len(NAMES))]
    folds, seeds = int(random.integers(1, 12)), int(random.integers(1, 4))
    kinds = [("same", "other", "all"), ("same", "other"), ("same", "all"), ("other", "all")][random.integers(4)]
    algorithms = ["m", "featureless"][: 1 + random.integers(2)] + ["n"] * random.integers(2)
    scale = 1.0 if measure in ("zero_one_loss", "accuracy", "r2", "roc_auc") else 10.0 ** random.integers(-9, 10)
    scores = {}
    for subset in subsets:
        for train in kinds:
            for algorithm in algorithms:
                values = random.uniform(size=folds)
                shape = random.integers(5)
                values = {0: np.zeros(folds), 1: np.full(folds, values[0]), 2: values.round(1)}.get(shape, values)
                scores[subset, train, algorithm] = scale * values
    equal = None
    if random.integers(2):
        equal = {key: values + 0.01 * scale for key, values in scores.items()}
    groups = {"same": 60, "other": int(random.integers(10, 200)), "all": 260}
    table = score_table(scores, measure, n_test=int(random.integers(1, 30)), seeds=seeds, groups=groups, equal=equal)
    table.loc[random.uniform(size=len(table)) < random.choice([0, 0.1, 0.7]), measure] = np.nan
    if random.integers(4) == 0:
        table["n_test"] = pd.NA
    return table.sample(frac=1, random_state=number), measure


@pytest.mark.parametrize("start", range(0, 120, 20))
def test_whatever_the_scores_the_answer_makes_sense(start: int) -> None:
    for number in range(start, start + 20):
        table, measure = odd_table(number)
        verdicts = judge(table)
        notes = [*problems(table, references=("featureless",)), *notes_on(verdicts, table)]
        shown = terminal(verdicts, table) if len(verdicts) else ""
        for text in [*verdicts["text"], *notes, shown]:
            words = text.replace("(", " ").replace(")", " ").replace(";", " ").split()
            assert not {"nan", "inf", "None", "+nan", "-inf", "+inf", "-0", "-0.0"} & set(words), (number, text)
        assert all(len(line) <= max(WIDTH, 140) for line in shown.splitlines()), number
        for row in verdicts.itertuples():
            assert 0 <= row.n <= 11
            assert np.isnan(row.p_holm) or row.p_paired <= row.p_holm <= 1
            if not np.isnan(row.ci_low):
                assert row.ci_low <= row.mean_diff <= row.ci_high
                assert (row.ci_low <= 0 <= row.ci_high) == (row.p_paired >= 0.05), (number, row)
            if row.verdict in ("better", "worse"):
                is_better = (row.mean_diff > 0) == column_measure(measure).greater_is_better
                assert (row.verdict == "better") == is_better
                assert row.p_holm < 0.05
            if row.verdict == SIMILAR:
                margin = 0.1 * abs(row.reference_mean - row.same_mean)
                assert -margin <= row.ci_low <= row.ci_high <= margin
                assert row.p_reference < 0.05
            assert bool(row.decide) <= (row.verdict == UNDECIDED)
            assert bool(row.cause) <= (row.verdict in ("better", "worse"))


def test_the_order_of_the_rows_changes_nothing_but_the_order() -> None:
    table, _ = odd_table(2)
    keys = ["test_subset", "comparison"]
    first = judge(table.sort_values(["test_subset", "iteration"])).sort_values(keys, ignore_index=True)
    again = judge(table.sample(frac=1, random_state=1)).sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(first.drop(columns="text"), again.drop(columns="text"))
