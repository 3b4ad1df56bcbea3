"""Scores from predictions."""

import numpy as np
import pandas as pd
import pyarrow as pa

from soak.fitting.record import FitRecord
from soak.measures import measure
from soak.scores.scoring import Costs, score_task
from soak.tables import TABLES
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
PREDICTIONS = pa.table(
    {
        "algorithm": ["m"] * 4,
        "test_subset": ["A", "A", "B", "B"],
        "row": [0, 1, 2, 3],
        "response": pa.array([0, 1, 1, 1], pa.int32()),
        "prob.no": [0.9, 0.2, 0.4, 0.3],
        "prob.yes": [0.1, 0.8, 0.6, 0.7],
    }
)
MEASURES = [measure("zero_one_loss"), measure("log_loss")]


def record(**values):
    told = {"task": "T", "train_set": "A.fold1", "learner": "m", "n_train": 2, "status": "ok"}
    return FitRecord(**(told | {"tables": {"predictions": PREDICTIONS}} | values))


def test_one_fit_serves_all_test_subsets_that_ask():
    scores = score_task(TASK, SPLITS, {"m": ["m"]}, [record()], MEASURES)
    assert list(scores["test_subset"]) == ["A", "B"]
    np.testing.assert_allclose(scores["zero_one_loss"], [0, 0.5])
    np.testing.assert_allclose(scores["log_loss"], [-np.log([0.9, 0.8]).mean(), -np.log([0.6, 0.3]).mean()])


def test_a_failed_fit_has_empty_scores():
    failed = record(status="failed", reason="it diverged", tables={})
    scores = score_task(TASK, SPLITS, {"m": ["m"]}, [failed], MEASURES)
    assert len(scores) == 2
    assert scores["zero_one_loss"].isna().all()


def test_log_loss_is_empty_without_probabilities():
    table = PREDICTIONS.drop_columns(["prob.no", "prob.yes"])
    scores = score_task(TASK, SPLITS, {"m": ["m"]}, [record(tables={"predictions": table})], MEASURES)
    assert scores["zero_one_loss"].notna().all()
    assert scores["log_loss"].isna().all()


def test_costs_are_ordered_by_train_set_and_learner():
    records = [
        record(learner="b", train_set="B.fold1", info={"selected_epochs": 7}),
        record(learner="b", seconds=1.23456),
        record(learner="a", status="failed", reason="it diverged"),
    ]
    splits = pd.concat([SPLITS, SPLITS.assign(train_set="B.fold1")])
    costs = Costs()
    assert list(costs.keep(records)) == records
    costs.end_task(splits, ["a", "b"])
    fits = costs.fits()
    assert list(zip(fits["train_set"], fits["learner"], strict=True)) == [
        ("A.fold1", "a"),
        ("A.fold1", "b"),
        ("B.fold1", "b"),
    ]
    assert fits["reason"].tolist() == ["it diverged", "", ""]
    assert fits["selected_epochs"].tolist() == [pd.NA, pd.NA, 7]
    assert costs.times()["seconds"].tolist() == [0, 1.235, 0]


def test_the_history_names_the_fit():
    curve = pd.DataFrame({"epoch": [1, 2], "set": "subtrain", "measure": "log_loss", "value": [0.7, 0.5]})
    costs = Costs()
    with_curve = record(tables={"predictions": PREDICTIONS, "history": pa.Table.from_pandas(curve)})
    list(costs.keep([with_curve, record(learner="featureless")]))
    costs.end_task(SPLITS, ["m", "featureless"])
    history = costs.history()
    assert list(history.columns) == list(TABLES["history"].columns)
    assert history[["task_id", "train_set", "algorithm"]].drop_duplicates().to_numpy().tolist() == [
        ["T", "A.fold1", "m"]
    ]
    assert history["value"].tolist() == [0.7, 0.5]


def test_without_epochs_the_history_is_empty():
    assert Costs().history().columns.tolist() == list(TABLES["history"].columns)
