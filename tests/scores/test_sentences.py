"""What the answer says, in words and on the terminal."""

import numpy as np
import pandas as pd
import pytest
from verdict_cases import around, judge, score_table

from soak.measures import measure
from soak.scores.sentences import WIDTH, aligned, difference_text, interval_texts, names_of, task_sentence, terminal
from soak.tables import TABLES

GUESS = around(0.9, 0.01, -0.01, 0.02, -0.02)
SAME = around(0.05, 0.01, -0.005, 0.0, -0.005)
SPREAD = np.array([0.02, -0.01, -0.02, 0.01])


def text_of(other: np.ndarray, all_: np.ndarray = SAME, same: np.ndarray = SAME, **more: object) -> list[str]:
    """The sentences, other-same and all-same, for the subset Digits, of which the other is Letters."""
    scores = {
        (subset, train, name): values
        for subset in ("Digits", "Letters")
        for train, name, values in (
            ("same", "m", same),
            ("other", "m", other),
            ("all", "m", all_),
            ("same", "featureless", GUESS),
        )
    }
    return judge(score_table(scores, **more))["text"].tolist()[:2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            text_of(SAME + 0.3 + SPREAD)[0],
            "Digits: do not train on Letters instead: 35.0 % error against 5.0 % (+30.0 points, 95 % CI 27.1 to 32.9; "
            "guessing 90.0 %): it keeps 65 % of the skill.",
        ),
        (
            text_of(SAME + 0.9 + SPREAD)[0],
            "Digits: do not train on Letters instead: 95.0 % error against 5.0 % (+90.0 points, 95 % CI 87.1 to 92.9; "
            "guessing 90.0 %): it is worse than guessing.",
        ),
        (
            text_of(SAME + 0.86 + SPREAD)[0],
            "Digits: do not train on Letters instead: 91.0 % error against 5.0 % (+86.0 points, 95 % CI 83.1 to 88.9; "
            "guessing 90.0 %): on average it is worse than guessing.",
        ),
        (
            text_of(SAME + 0.84 + SPREAD)[0],
            "Digits: do not train on Letters instead: 89.0 % error against 5.0 % (+84.0 points, 95 % CI 81.1 to 86.9; "
            "guessing 90.0 %): it is not shown to beat guessing.",
        ),
        (
            text_of(SAME - 0.03 + SPREAD / 10)[0],
            "Digits: train on Letters instead: 2.0 % error against 5.0 % (-3.0 points, 95 % CI -3.3 to -2.7; guessing 90.0 %).",
        ),
        (
            text_of(SAME + 0.01 + SPREAD)[0],
            "Digits: Letters can stand in for it: 6.0 % error against 5.0 % (+1.0 points, 95 % CI -1.9 to 3.9; guessing "
            "90.0 %): within the margin of 8.5 points.",
        ),
        (
            text_of(SAME, SAME + 0.3 + SPREAD)[1],
            "Digits: do not add Letters to its own rows: 35.0 % error against 5.0 % (+30.0 points, 95 % CI 27.1 to 32.9; "
            "guessing 90.0 %): together they keep 65 % of the skill.",
        ),
        (
            text_of(SAME, SAME - 0.03 + SPREAD / 10)[1],
            "Digits: add Letters to its own rows: 2.0 % error against 5.0 % (-3.0 points, 95 % CI -3.3 to -2.7; guessing 90.0 %).",
        ),
        (
            text_of(SAME, SAME + 0.01 + SPREAD)[1],
            "Digits: adding Letters makes little difference: 6.0 % error against 5.0 % (+1.0 points, 95 % CI -1.9 to 3.9; "
            "guessing 90.0 %): within the margin of 8.5 points.",
        ),
    ],
)
def test_a_sentence_says_what_to_do_and_how_sure_it_is(text: str, expected: str) -> None:
    assert text == expected


def test_undecided_says_what_would_have_been_seen_and_what_would_decide() -> None:
    text = text_of(SAME + 0.06 + 4 * SPREAD)[0]
    assert text.startswith(
        "Digits: whether Letters can stand in for it is undecided: 11.0 % error against 5.0 % (+6 points, 95 % CI -6 to 18; "
        "guessing 90.0 %): its own model beats guessing (P < 0.0001); 4 folds with this spread show a difference of "
    )
    assert "points or more in four of five cases; " in text
    assert text.endswith(" would decide.")


def test_a_difference_that_holm_does_not_pass_is_explained() -> None:
    text = text_of(SAME + 0.1 + 2.5 * SPREAD, SAME + 0.1 + 3 * SPREAD)[0]
    assert "alone is 0." in text
    assert "when corrected for the task's comparisons" in text


def test_numbers_have_the_decimals_that_the_interval_deserves() -> None:
    error, squared = measure("zero_one_loss"), measure("mean_squared_error")
    assert difference_text(error, 0.3237, 0.284, 0.363) == "+32.4 points"
    assert difference_text(error, 0.3237, 0.20, 0.45) == "+32 points"
    assert difference_text(error, -0.0001, -0.001, 0.0009) == "+0.0 points"
    assert difference_text(squared, 654.41, -231.2, 1540.1) == "+654"
    assert interval_texts(squared, -0.00123, 0.00456) == ("-0.0012", "0.0046")
    assert difference_text(error, 0.1, np.nan, np.nan) == "+10 points"
    assert difference_text(squared, 123456789.0, -54321987.0, 3e8) == "+1.2e8"
    assert interval_texts(squared, 0.0, 31e6) == ("0", "3.1e7")
    assert difference_text(squared, 6.2e-11, -1e-12, 1.2e-10) == "+6e-11"
    assert interval_texts(squared, -1.1e-11, 1.31e-10) == ("-1e-11", "1.3e-10")
    assert difference_text(squared, 0.0, 0.0, 0.0) == "+0.0"
    assert difference_text(error, 1e-7, -1e-7, 3e-7) == "+0.0 points"


def test_many_names_are_counted() -> None:
    assert names_of(["A"]) == "A"
    assert names_of(["A", "B", "C"]) == "A, B and C"
    assert names_of(list("ABCDE")) == "5 subsets"


def verdict_rows(verdicts: dict[tuple[str, str], str]) -> pd.DataFrame:
    rows = [
        {"task_id": "T", "test_subset": subset, "comparison": f"{name}-same", "verdict": verdict}
        for (subset, name), verdict in verdicts.items()
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (
            {("A", "other"): "worse", ("A", "all"): "similar", ("B", "other"): "worse", ("B", "all"): "similar"},
            "T: training on the other subset instead is worse for both subsets; training on all subsets together is as good "
            "for both subsets.",
        ),
        (
            {("A", "other"): "worse", ("B", "other"): "undecided", ("C", "other"): "undecided"},
            "T: training on the other subsets instead is worse for A, undecided for B and C.",
        ),
        (
            {("A", "other"): "nothing learned", ("A", "all"): "nothing learned", ("B", "other"): "better"},
            "T: training on the other subset instead is better for B; nothing was learned of A.",
        ),
    ],
)
def test_a_sentence_for_a_task(verdicts: dict[tuple[str, str], str], expected: str) -> None:
    assert task_sentence(verdict_rows(verdicts)) == expected


@pytest.mark.parametrize("regression", [False, True])
@pytest.mark.parametrize("long", [False, True])
def test_the_terminal_table_is_at_most_100_wide(regression: bool, long: bool) -> None:
    random = np.random.default_rng(0)
    factor = 123456.7 if regression else 1
    subsets = [f"{'a region with a long name of its own ' if long else 'S'}{i}" for i in range(4)]
    algorithms = ["a_convolutional_network_with_dropout", "linear"] if long else ["linear"]
    scores = {
        (subset, train, name): factor * random.uniform(0.1, 0.4, size=5)
        for subset in subsets
        for train in ("same", "other", "all")
        for name in [*algorithms, "featureless"]
    }
    table = score_table(scores, "mean_squared_error" if regression else "zero_one_loss", n_test=25)
    verdicts = judge(table)
    text = terminal(verdicts, table)
    lines = text.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert lines[0].startswith(f"T ({'mean squared error' if regression else 'percent error'}, mean of 5 folds")
    assert sum(" 125 " in line for line in lines) == 4  # rows of each subset: five folds of 25
    assert list(verdicts.columns) == list(TABLES["verdicts"].columns)
    for row in verdicts.itertuples():
        assert row.test_subset.split()[0] in text


def test_what_the_transfer_map_shows_stands_below_the_sentence_of_its_task() -> None:
    scores = {(subset, train, "m"): SAME for subset in "ABC" for train in ("same", "other", "all")}
    table = pd.concat([score_table(scores, task="first"), score_table(scores, task="second")])
    lines = terminal(judge(table), table, {"first": "A and B serve each other within 2.0 points."}).splitlines()
    place = lines.index("  Each subset's own model on the others: A and B serve each other within 2.0 points.")
    assert lines[place - 1].startswith("  subsets together is undecided")
    assert lines[place + 1] == ""
    assert lines[place + 2].startswith("second (")


@pytest.mark.parametrize("length", range(12, 17))
def test_an_interval_that_does_not_fit_is_broken_between_its_numbers(length: int) -> None:
    cell = "-0.011 (-0.028\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}0.006)"
    lines = aligned([["x" * length] * 5 + [cell]], [False] * 6)
    assert " ".join(lines).replace("x", "").split() == ["-0.011", "(-0.028", "to", "0.006)"]
