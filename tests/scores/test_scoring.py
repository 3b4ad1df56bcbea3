"""Scores from predictions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from soak.fitting.record import FitRecord, write_pack
from soak.measures import measure
from soak.scores.scoring import fits_table, history_table, score_task, times_table
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

    def scored(records, splits=SPLITS, task=TASK):
        for number, one in enumerate(records):
            write_pack(tmp_path / one.learner / str(number), [one])
        learners = {one.learner: [one.learner] for one in records}
        packs = {learner: sorted((tmp_path / learner).iterdir()) for learner in learners}
        done = score_task(task, splits, learners, packs, MEASURES, tmp_path / "predictions")
        return done.scores, done.fits

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
    scores, _ = score([record(tables={"predictions": table})], splits)
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
