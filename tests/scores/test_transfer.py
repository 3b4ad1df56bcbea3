"""The transfer map: each subset's own model on every subset, and the sentence about it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from soak.fitting.record import write_pack
from soak.fitting.run import Job, fit_train_set
from soak.learners.base import FitFailed, Prediction
from soak.learners.featureless import Featureless
from soak.measures import measure
from soak.resampling.split_task import write_splits
from soak.resampling.splitter import SameOtherSizesCV
from soak.resampling.store import StoredSplits
from soak.scores.scoring import OWN_COLUMNS, score_task
from soak.scores.summaries import stats
from soak.scores.transfer import map_of, sentences, transfer
from soak.tables import TABLES
from soak.tasks.task import Task

NO_VERDICTS = pd.DataFrame(columns=["task_id", "test_subset", "algorithm"])


def task_of(subset):
    random = np.random.default_rng(2)
    n = len(subset)
    target = random.normal(size=n) + (np.asarray(subset) == "C") * 5
    return Task("T", "regression", random.normal(size=(n, 2)), ("x", "z"), 1.0, target, (), np.asarray(subset), {})


@pytest.fixture
def scored(tmp_path):
    """A function of subsets that trains featureless on all train sets of a task, and scores it."""

    def run(subset, change=lambda fit: fit, **chosen):
        task = task_of(subset)
        files = [tmp_path / name for name in ("folds.parquet", "splits.csv", "train_sets.csv", "rows.parquet")]
        write_splits(SameOtherSizesCV(**chosen).instantiate(task.subset), "T", *files)
        splits = StoredSplits.open(files[0], files[1], files[3])
        job = Job(task, "m", change(Featureless(type="featureless")), seed=1, splits=splits)
        records = [fit_train_set(job, name) for name in splits.table["train_set"].drop_duplicates()]
        assert {record.status for record in records} == {"ok"}
        write_pack(tmp_path / "pack", records)
        measures = [measure("mean_squared_error"), measure("mean_absolute_error")]
        return score_task(task, splits, {"m": ["m"]}, {"m": [tmp_path / "pack"]}, measures, tmp_path / "out")

    return run


@pytest.mark.parametrize("chosen", [{}, {"sizes": 0}, {"subsets": "S"}])
def test_the_diagonal_is_same_bit_for_bit(scored, chosen):
    done = scored(["A", "B", "C"] * 20, **chosen)
    table = transfer(done.own, ["m"])
    assert TABLES["transfer"].checked(table).equals(table)
    assert len(table) == 3 * 3 * 2
    full = done.scores[done.scores["n_train_groups"] == done.scores["groups"]]
    same = stats(full).query("train_subsets == 'same'")
    diagonal = table[table["test_subset"] == table["train_subset"]]
    keys = ["test_subset", "measure"]
    both = diagonal.merge(same, on=keys, suffixes=("", "_same"))
    assert len(both) == 6
    for name in ("mean", "sd", "n"):
        assert (both[name] == both[f"{name}_same"]).all()
    assert (diagonal["skill"] == 0).all()  # the reference itself


def test_with_two_subsets_the_rest_is_other(scored):
    done = scored(["A", "B"] * 20)
    table = transfer(done.own, ["m"])
    other = stats(done.scores).query("train_subsets == 'other'").merge(table, on=["test_subset", "measure"])
    other = other[other["train_subset"] != other["test_subset"]]
    assert len(other) == 4
    assert (other["mean_x"] == other["mean_y"]).all()


def test_seeds_repeat_nothing(scored):
    once, twice = scored(["A", "B"] * 20, sizes=0), scored(["A", "B"] * 20, sizes=0, seeds=2)
    assert transfer(once.own, ["m"]).equals(transfer(twice.own, ["m"]))


def test_predictions_of_splits_hold_no_row_of_the_map(scored, tmp_path):
    done = scored(["A", "B", "C"] * 20)
    table = pd.read_parquet(tmp_path / "out/m.parquet")
    assert len(table) == done.scores["n_test"].sum()
    assert set(table["iteration"]) == set(done.scores["iteration"])


@pytest.mark.parametrize("chosen", [{"subsets": "OA"}, {"ignore_subset": True}])
def test_no_rows_without_own_models_of_several_subsets(scored, chosen):
    assert transfer(scored(["A", "B", "C"] * 20, **chosen).own, ["m"]).empty


def test_a_model_that_fails_on_other_subsets_alone_keeps_its_scores(scored, capsys):
    class Narrow(Featureless):
        def fit(self, name, data):
            fit = super().fit(name, data)
            own = set(data.rows.task.subset[data.rows.rows])

            def predict(rows):
                if len(own) == 1 and set(rows.task.subset[rows.rows]) != own:
                    raise FitFailed("no such subset")
                return Prediction(np.zeros(len(rows)))

            return type(fit)(predict={name: predict})

    done = scored(["A", "B", "C"] * 20, change=lambda fit: Narrow(type="featureless"))
    assert done.scores["mean_squared_error"].notna().all()
    assert set(done.own["test_subset"] + done.own["train_subset"]) == {"AA", "BB", "CC"}
    assert "no predictions for the transfer map: no such subset" in capsys.readouterr().out


def own_scores(values, reference=0.5, measure="zero_one_loss"):
    """Scores of a map {(train, test): loss} over three folds, and those of featureless."""
    rows = [
        ("Trees", test, train, fold, algorithm, value)
        for (train, test), loss in values.items()
        for fold in (1, 2, 3)
        for algorithm, value in (("featureless", reference), ("m", loss))
    ]
    return pd.DataFrame(rows, columns=[*OWN_COLUMNS, measure])


ISLAND = {
    **{(a, b): 0.1 if a == b else 0.12 for a in ("north", "south") for b in ("north", "south")},
    **{(a, "island"): 0.7 for a in ("north", "south")},
    **{("island", b): 0.6 for b in ("north", "south")},
    ("island", "island"): 0.1,
}


def test_skill_is_against_the_reference_of_the_subset_tested():
    table = transfer(own_scores(ISLAND), ["featureless"]).query("algorithm == 'm'")
    one = table.query("test_subset == 'north' and train_subset == 'south'")
    assert one["skill"].item() == pytest.approx(1 - 0.12 / 0.5)
    assert transfer(own_scores(ISLAND), [])["skill"].isna().all()


def test_the_reference_may_come_apart():
    own = own_scores(ISLAND)
    of_m = own[own["algorithm"] == "m"]
    guesses = own[(own["algorithm"] != "m") & (own["train_subset"] == own["test_subset"])]
    reference = guesses[["task_id", "test_subset", "test_fold", "zero_one_loss"]]
    expected = transfer(own, ["featureless"]).query("algorithm == 'm'").reset_index(drop=True)
    pd.testing.assert_frame_equal(transfer(of_m, reference=reference), expected)


def test_the_sentence_names_donors_and_hermits():
    table = transfer(own_scores(ISLAND), ["featureless"])
    assert sentences(table, NO_VERDICTS, ["featureless"]) == {
        "Trees": "north and south serve each other within 2.0 points; island stands alone: it serves nobody, and "
        "nobody serves it; for 4 of the 6 pairs the model is no better than guessing (serves: keeps at least 75 % of the "
        "skill of same; m)."
    }


def test_the_sentence_of_one_sided_service():
    values = {(a, b): 0.1 for a in "ABC" for b in "ABC"} | {("C", "A"): 0.4, ("C", "B"): 0.4}
    text = sentences(transfer(own_scores(values), ["featureless"]), NO_VERDICTS, ["featureless"])["Trees"]
    assert text.startswith("A and B serve each other within 0.0 points; A also serves C; B also serves C; C serves")
    values = {(a, b): 0.1 for a in "ABC" for b in "ABC"}
    text = sentences(transfer(own_scores(values), ["featureless"]), NO_VERDICTS, ["featureless"])["Trees"]
    assert text.startswith("all 3 subsets serve each other within 0.0 points (")
    values = {(a, b): 0.1 if a == b else 0.4 for a in "ABC" for b in "ABC"}
    text = sentences(transfer(own_scores(values), ["featureless"]), NO_VERDICTS, ["featureless"])["Trees"]
    assert text.startswith("each of the 3 subsets stands alone: none serves another (")


def test_the_sentence_of_many_one_sided_services_counts_them():
    """Of eight subsets A to D serve all, and E to H nobody but themselves: pairs in a group are named, others counted."""
    values = {(a, b): 0.1 if a in "ABCD" or a == b else 0.4 for a in "ABCDEFGH" for b in "ABCDEFGH"}
    text = sentences(transfer(own_scores(values), ["featureless"]), NO_VERDICTS, ["featureless"])["Trees"]
    assert text.startswith(
        "A, B, C and D serve each other within 0.0 points; beyond these, a model serves another subset for 16 of the 56 pairs, "
        "most often (4 times each) that of A, B, C and D; E, F, G and H serve nobody"
    )
    once = {"AE", "BF", "CG", "DH"}
    values = {(a, b): 0.1 if a + b in once or a == b else 0.4 for a in "ABCDEFGH" for b in "ABCDEFGH"}
    text = sentences(transfer(own_scores(values), ["featureless"]), NO_VERDICTS, ["featureless"])["Trees"]
    assert text.startswith("a model serves another subset for 4 of the 56 pairs: those of A, B, C and D once each; ")


def test_no_sentence_of_two_subsets_or_without_a_reference():
    two = {(a, b): 0.1 for a in "AB" for b in "AB"}
    assert not sentences(transfer(own_scores(two), ["featureless"]), NO_VERDICTS, ["featureless"])
    assert not sentences(transfer(own_scores(ISLAND), []), NO_VERDICTS, ["featureless"])


def test_the_algorithm_is_that_of_most_verdicts_or_the_most_skilful():
    better = own_scores({key: loss / 2 for key, loss in ISLAND.items()}).replace({"algorithm": {"m": "best"}})
    table = transfer(pd.concat([own_scores(ISLAND), better.query("algorithm == 'best'")]), ["featureless"])
    assert set(map_of(table, NO_VERDICTS, ["featureless"])["algorithm"]) == {"best"}
    verdicts = pd.DataFrame({"task_id": "Trees", "test_subset": ["north", "south"], "algorithm": "m"})
    assert set(map_of(table, verdicts, ["featureless"])["algorithm"]) == {"m"}


def test_failed_fits_leave_an_empty_table(scored):
    done = scored(["A", "B", "C"] * 20)
    table = transfer(done.own.iloc[:0], ["m"])
    assert table.empty
    TABLES["transfer"].checked(table)


def test_a_learner_whose_fits_all_failed_has_no_rows(tmp_path):
    task, files = task_of(["A", "B"] * 20), [tmp_path / name for name in ("f.parquet", "s.csv", "t.csv", "r.parquet")]
    write_splits(SameOtherSizesCV().instantiate(task.subset), "T", *files)
    splits = StoredSplits.open(files[0], files[1], files[3])
    job = Job(task, "m", Featureless(type="featureless"), seed=1, splits=splits)
    records = [fit_train_set(job, name) for name in splits.table["train_set"].drop_duplicates()]
    write_pack(tmp_path / "m", records)
    failed = [replace(record, learner="wild", status="failed", tables={}) for record in records]
    write_pack(tmp_path / "wild", failed)
    packs = {"m": [tmp_path / "m"], "wild": [tmp_path / "wild"]}
    names = {name: [name] for name in packs}
    done = score_task(task, splits, names, packs, [measure("mean_squared_error")], tmp_path / "out")
    table = TABLES["transfer"].checked(transfer(done.own, ["m"]))
    assert set(table["algorithm"]) == {"m"}
