"""Notes beside the verdicts: what few folds, few rows, repeated seeds and unequal train sets mean."""

import numpy as np
from verdict_cases import around, judge, score_table

from soak.scores.notes import notes_on
from soak.scores.sentences import WIDTH, wrapped_note
from soak.scores.ttests import smallest_seen

SAME = around(0.05, 0.01, -0.005, -0.005)
SPREAD = np.array([0.02, -0.01, -0.01])


def notes(other=SAME + 0.03 + 4 * SPREAD, **more):
    scores = {
        (subset, train, name): values
        for subset in ("A", "B")
        for train, name, values in (
            ("same", "m", SAME),
            ("other", "m", other),
            ("same", "featureless", around(0.9, 0.01, -0.01, 0)),
        )
    }
    table = score_table(scores, **more)
    return notes_on(judge(table), table)


def test_nothing_to_note() -> None:
    assert notes(SAME + 0.5 + SPREAD) == []
    assert notes(SAME) == []  # similar


def test_few_folds_cannot_see_small_differences() -> None:
    (note,) = notes()
    error = 4 * np.std(SPREAD, ddof=1) / np.sqrt(3)
    now, then = (100 * smallest_seen(n, 0.05) * error for n in (3, 10))
    assert (
        f"3 folds show differences of at least {now:.1f} points in four of five cases; 10 folds with the same spread would "
        f"show {then:.1f} points" in note
    )


def test_few_test_rows() -> None:
    (note,) = notes(SAME, n_test=4)
    assert note == "T: A and B have fewer than 5 test rows in some fold: choose fewer folds, or join subsets."
    assert notes(SAME, n_test=5) == []


def test_seeds_that_draw_nothing_anew() -> None:
    (note,) = notes(SAME, seeds=20)
    assert note.startswith("T: the 20 seeds draw nothing anew")
    sized = {"same": 60, "other": 90, "all": 150}
    assert notes(SAME, seeds=20, groups=sized, equal={("A", "other", "m"): SAME}) == []


def test_train_sets_of_unequal_size_name_the_key() -> None:
    (note,) = notes(SAME, groups={"same": 60, "other": 100, "all": 160})
    assert note.startswith("T: other has 1.7 times the train rows of same (A and B): resampling: {sizes: 0}")
    assert notes(SAME, groups={"same": 60, "other": 90, "all": 150}) == []
    assert notes(SAME, groups={"same": 0, "other": 100, "all": 100}) == []


def test_intervals_that_exclude_zero_where_the_corrected_p_decides_nothing_are_explained() -> None:
    random = np.random.default_rng(3)
    same = random.uniform(0.1, 0.2, size=5)
    spread = np.array([0.02, -0.02, 0.01, -0.01, 0.0])
    scores = {
        (subset, train, "m"): same + shift * (subset == "A") + spread * (train != "same")
        for subset in "AB"
        for train, shift in (("same", 0.0), ("other", 0.022), ("all", 0.0))
    }
    scores |= {(subset, "same", "featureless"): same + 0.5 for subset in "AB"}
    table = score_table(scores)
    verdicts = judge(table, margin=0)
    row = verdicts.iloc[0]
    assert row["p_paired"] < 0.05 < row["p_holm"]
    assert row["ci_low"] > 0
    (note,) = [text for text in notes_on(verdicts, table) if "intervals are for one comparison alone" in text]
    assert "corrected for 4 comparisons, decides nothing (other - same of A: P = 0.0" in note
    assert not [text for text in notes_on(verdicts.iloc[1:], table) if "intervals" in text]


def test_notes_are_wrapped_and_paths_stay_whole() -> None:
    path = "/".join(["folder"] * 30)
    lines = wrapped_note(f"{path}: {'word ' * 60}").splitlines()
    assert lines[0] == f"{path}:"
    assert max(map(len, lines[1:])) <= WIDTH
    assert all(line.startswith("  ") for line in lines[1:])
