"""Scores from predictions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from soak.fitting.record import FitRecord, write_pack
from soak.measures import measure
from soak.resampling.cells import Cells
from soak.resampling.store import StoredSplits
from soak.scores.reference import REFERENCE, reference_scores
from soak.scores.scoring import first_measures_first, fits_table, history_table, score_task, times_table
from soak.scores.summaries import first_measures
from soak.scores.ttests import row_error
from soak.tables import PREDICTIONS, TABLES
from soak.tasks.task import Task

TASK = Task(
    name="T",
    type="classification",
    features=np.zeros((4, 1)),
    feature_names=("x",),
    scale=1.0,
    target=np.array([0, 1, 1, 0], dtype=np.int32),
    classes=("no", "yes"),
    subset=np.array(["A", "A", "B", "B"]),
    strata={},
)
SPLITS = pd.DataFrame(
    {
        "task_id": "T",
        "test_subset": ["A", "B"],
        "train_subsets": ["same", "other"],
        "test_fold": 1,
        "seed": 1,
        "groups": 2,
        "n_train_groups": 2,
        "iteration": [1, 2],
        "train_set": "A.fold1",
        "n_train": 2,
        "n_test": 2,
    }
)
TABLE = pa.table(
    {
        "algorithm": pa.array(["m"] * 4).dictionary_encode(),
        "test_subset": ["A", "A", "B", "B"],
        "test_fold": [1] * 4,
        "row": [0, 1, 2, 3],
        "response": pa.array([0, 1, 1, 1], pa.int32()),
        "prob.no": [0.9, 0.2, 0.4, 0.3],
        "prob.yes": [0.1, 0.8, 0.6, 0.7],
    }
)
MEASURES = [measure("zero_one_loss"), measure("log_loss")]


def record(**values):
    fields = {"task": "T", "train_set": "A.fold1", "learner": "m", "n_train": 2, "status": "ok"}
    return FitRecord(**(fields | {"tables": {"predictions": TABLE}} | values))


@pytest.fixture
def score(tmp_path):
    """A function of the records of a task's learners and of its splits: scores, and fits."""
    all_scores = make_scorer(tmp_path)

    def scored(records, splits=SPLITS, task=TASK, folds=(1, 1, 1, 1)):
        found = all_scores(records, splits, task, folds)
        return found.scores, [fit for fit in found.fits if fit.learner != REFERENCE]

    return scored


def make_scorer(folder):
    """A function of the records of a task's learners and of its splits that gives a `TaskScores`."""

    def scored(records, splits, task, folds=(1, 1, 1, 1), references=()):
        for number, one in enumerate(records):
            write_pack(folder / one.learner / str(number), [one])
        learners = {one.learner: [one.learner] for one in records}
        packs = {learner: sorted((folder / learner).iterdir()) for learner in learners}
        cells = Cells(np.array([0, 0, 1, 1]), np.array(folds), 2)
        stored = StoredSplits(["A", "B"], cells, splits, pa.table({}))
        return score_task(task, stored, learners, packs, MEASURES, folder / "predictions", references)

    return scored


def test_one_fit_serves_all_test_subsets_that_ask(score):
    scores, _ = score([record()])
    assert list(scores["test_subset"]) == ["A", "B"]
    np.testing.assert_allclose(scores["zero_one_loss"], [0, 0.5])
    np.testing.assert_allclose(scores["log_loss"], [-np.log([0.9, 0.8]).mean(), -np.log([0.6, 0.3]).mean()])


def test_one_fit_serves_several_folds_of_a_subset(score):
    """Where the other subset has no rows in two folds, other trains on the same rows in both."""
    splits = SPLITS.assign(test_subset="A", train_subsets="other", test_fold=[1, 2])
    table = TABLE.set_column(1, "test_subset", [["A"] * 4]).set_column(2, "test_fold", [[1, 1, 2, 2]])
    scores, _ = score([record(tables={"predictions": table})], splits, folds=(1, 2, 1, 2))
    np.testing.assert_allclose(scores["zero_one_loss"], [0, 0.5])


def test_a_failed_fit_has_empty_scores(score, tmp_path):
    scores, _ = score([record(status="failed", reason="it diverged", tables={})])
    assert len(scores) == 2
    assert scores["zero_one_loss"].isna().all()
    table = pd.read_parquet(tmp_path / "predictions/m.parquet")
    assert table.empty
    assert list(table.columns) == list(PREDICTIONS.columns)


def test_log_loss_is_empty_without_probabilities(score):
    scores, _ = score([record(tables={"predictions": TABLE.drop_columns(["prob.no", "prob.yes"])})])
    assert scores["zero_one_loss"].notna().all()
    assert scores["log_loss"].isna().all()


def test_predictions_are_written_for_each_split_with_classes_by_name(score, tmp_path):
    score([record()], pd.concat([SPLITS, SPLITS.iloc[:1].assign(iteration=3)]))
    table = pd.read_parquet(tmp_path / "predictions/m.parquet")
    assert list(table.columns) == [*PREDICTIONS.columns, "prob.no", "prob.yes"]
    assert table[["iteration", "row", "response"]].to_numpy().tolist() == [
        [1, 0, "no"],
        [1, 1, "yes"],
        [2, 2, "yes"],
        [2, 3, "yes"],
        [3, 0, "no"],
        [3, 1, "yes"],
    ]
    assert table["prob.yes"].tolist() == [0.1, 0.8, 0.6, 0.7, 0.1, 0.8]


def test_predictions_of_numbers_stay_numbers(score, tmp_path):
    task = replace(TASK, type="regression", classes=(), target=np.zeros(4))
    table = TABLE.drop_columns(["prob.no", "prob.yes"]).set_column(4, "response", [[0.5, 1.5, 2.5, 3.5]])
    score([record(tables={"predictions": table})], task=task)
    assert pd.read_parquet(tmp_path / "predictions/m.parquet")["response"].tolist() == [0.5, 1.5, 2.5, 3.5]


def test_fits_are_ordered_by_train_set_and_learner(score):
    records = [
        record(learner="a", status="failed", reason="it diverged"),
        record(learner="b", train_set="B.fold1", info={"selected_epochs": 7}),
        record(learner="b", seconds=1.23456),
    ]
    _, fits = score(records, pd.concat([SPLITS, SPLITS.assign(train_set="B.fold1", iteration=[3, 4])]))
    table = fits_table(fits)
    assert table[["train_set", "learner"]].to_numpy().tolist() == [["A.fold1", "a"], ["A.fold1", "b"], ["B.fold1", "b"]]
    assert table["reason"].tolist() == ["it diverged", "", ""]
    assert table["selected_epochs"].tolist() == [pd.NA, pd.NA, 7]
    assert times_table(fits)["seconds"].tolist() == [0, 1.235, 0]
    assert not any("predictions" in fit.tables for fit in fits)


FOLDS = (1, 2, 1, 2)
SAME = pd.DataFrame(
    {
        "task_id": "T",
        "test_subset": ["A", "A", "B", "B"],
        "train_subsets": "same",
        "test_fold": [1, 2, 1, 2],
        "seed": 1,
        "groups": 1,
        "n_train_groups": 1,
        "iteration": [1, 2, 3, 4],
        "train_set": ["A.fold1", "A.fold2", "B.fold1", "B.fold2"],
        "n_train": 1,
        "n_test": 1,
    }
)


def pieces(learner, responses):
    """A fit per train set of `SAME` and of other with these predictions, by train set."""
    records = []
    for name, tests in responses.items():
        rows = [("A", 1, 0), ("A", 2, 1), ("B", 1, 2), ("B", 2, 3)]
        subset, fold, row = rows[tests[0]]
        table = {"algorithm": pa.array([learner]).dictionary_encode(), "test_subset": [subset], "test_fold": [fold]}
        table |= {"row": [row], "response": pa.array([tests[1]], pa.int32())}
        records.append(record(learner=learner, train_set=name, tables={"predictions": pa.table(table)}))
    return records


RIGHT = {"A.fold1": (0, 0), "A.fold2": (1, 1), "B.fold1": (2, 1), "B.fold2": (3, 0)}


@pytest.mark.parametrize("subsets", ["same", "other"])
def test_the_reference_is_fitted_where_no_learner_is_one(tmp_path, subsets):
    """Also where no split trains on same. It is in the fits, and not among the scores."""
    splits = SAME.assign(train_subsets=subsets)
    found = make_scorer(tmp_path)(pieces("m", RIGHT), splits, TASK, FOLDS)
    assert set(found.scores["algorithm"]) == {"m"}
    own = [fit for fit in found.fits if fit.learner == REFERENCE]
    assert [(fit.train_set, fit.status, fit.n_train) for fit in own] == [
        (name, "ok", 1) for name in ("A.fold1", "A.fold2", "B.fold1", "B.fold2")
    ]
    # each fold is predicted by the one other row of its subset, which is of the other class
    assert found.reference["zero_one_loss"].tolist() == [1, 1, 1, 1]
    assert found.reference[["test_subset", "test_fold"]].to_numpy().tolist() == [["A", 1], ["A", 2], ["B", 1], ["B", 2]]


def test_a_reference_of_the_config_is_the_reference(tmp_path):
    base = {"A.fold1": (0, 0), "A.fold2": (1, 0), "B.fold1": (2, 1), "B.fold2": (3, 1)}
    found = make_scorer(tmp_path)([*pieces("base", base), *pieces("m", RIGHT)], SAME, TASK, FOLDS, ["base"])
    assert not [fit for fit in found.fits if fit.learner == REFERENCE]
    assert found.reference["zero_one_loss"].tolist() == [0, 1, 0, 1]
    scores = found.scores.assign(seed=1)
    again = pd.concat([scores, scores.assign(seed=2)])  # seeds are averaged
    pd.testing.assert_frame_equal(reference_scores(again, ["base"]), found.reference)


def test_row_errors_are_of_the_losses_of_rows(tmp_path):
    other = SAME.assign(
        train_subsets="other", iteration=[5, 6, 7, 8], train_set=[f"not_{n}" for n in SAME["train_set"]]
    )
    wrong = {f"not_{name}": (place, 1 - response) for name, (place, response) in RIGHT.items()}
    found = make_scorer(tmp_path)([*pieces("m", RIGHT | wrong)], pd.concat([SAME, other]), TASK, FOLDS)
    errors = found.row_errors.set_index(["test_subset", "comparison", "measure"])["row_error"]
    assert errors["A", "other-same", "zero_one_loss"] == pytest.approx(row_error([1, 1]))
    assert errors["A", "same-reference", "zero_one_loss"] == pytest.approx(row_error([-1, -1]))
    assert errors["B", "other-reference", "zero_one_loss"] == 0  # both are wrong in every row
    assert "log_loss" not in found.row_errors["measure"].to_numpy()  # without probabilities


def test_the_history_names_the_fit(score):
    curve = pd.DataFrame({"epoch": [1, 2], "set": "subtrain", "measure": "log_loss", "value": [0.7, 0.5]})
    with_curve = record(tables={"predictions": TABLE, "history": pa.Table.from_pandas(curve)})
    _, fits = score([with_curve, record(learner="featureless")])
    history = history_table(fits)
    assert list(history.columns) == list(TABLES["history"].columns)
    assert history[["task_id", "train_set", "algorithm"]].drop_duplicates().to_numpy().tolist() == [
        ["T", "A.fold1", "m"]
    ]
    assert history["value"].tolist() == [0.7, 0.5]


def test_without_epochs_the_history_is_empty():
    assert history_table([]).columns.tolist() == list(TABLES["history"].columns)


def test_each_task_s_first_measure_is_the_first_of_the_score_table_that_it_has():
    """The verdict goes by the first column with values, and that was the first measure of another task."""
    scores = pd.DataFrame(
        {
            "task_id": ["A", "B"],
            "mse": [1.0, 2.0],
            "mae": [1.0, np.nan],
            "r2": [np.nan, 1.0],
            "max_error": [1.0, np.nan],
        }
    )
    found = first_measures_first(scores, [["mse", "mae", "max_error"], ["r2", "mse"]])
    assert list(found) == ["task_id", "r2", "mse", "mae", "max_error"]
    assert first_measures(found) == {"A": "mse", "B": "r2"}
    assert list(first_measures_first(scores, [["mse", "mae", "max_error"], ["r2"]])) == [
        "task_id",
        "mse",
        "mae",
        "max_error",
        "r2",
    ]
