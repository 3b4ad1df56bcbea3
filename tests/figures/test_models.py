"""From the records of fits to what is drawn of them."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from soak.figures.models import deciding_algorithm, first_train_set, predictions_of, weights_of
from soak.fitting.record import FitRecord
from soak.tasks.task import Task


def make_task(classes: tuple[str, ...] = ("0", "1", "2")) -> Task:
    return Task(
        name="T",
        type="classification",
        features=np.arange(24, dtype=np.uint8).reshape(6, 4),
        feature_names=("p0", "p1", "p2", "p3"),
        scale=255,
        target=np.array([0, 1, 1, 0, 1, 0], dtype=np.int32),
        classes=classes,
        subset=np.array(["A", "A", "A", "B", "B", "B"]),
        strata={},
        image_shape=(2, 2),
    )


SPLITS = pd.DataFrame(
    {
        "task_id": "T",
        "test_subset": ["A", "B", "A", "A"],
        "train_subsets": ["all", "all", "same", "same"],
        "test_fold": 1,
        "groups": [4, 4, 2, 2],
        "n_train_groups": [4, 4, 2, 1],
        "train_set": ["all_1", "all_1", "A_1", "A_1_small"],
    }
)


def record(train_set: str, **tables: dict[str, list[object]]) -> FitRecord:
    return FitRecord(
        "T", train_set, "net", 4, "ok", tables={name: pa.table(columns) for name, columns in tables.items()}
    )


def test_predictions_are_matched_to_their_splits() -> None:
    both = record(
        "all_1",
        predictions={
            "algorithm": ["net", "net", "other"],
            "test_subset": ["A", "B", "A"],
            "row": [2, 5, 2],
            "response": [1, 2, 0],
            "prob.0": [0.1, 0.2, 1.0],
            "prob.1": [0.7, 0.1, 0.0],
            "prob.2": [0.2, 0.7, 0.0],
        },
    )
    small = record("A_1_small", predictions={"algorithm": ["net"], "test_subset": ["A"], "row": [1], "response": [1]})
    same = record("A_1", predictions={"algorithm": ["net"], "test_subset": ["A"], "row": [0], "response": [1]})
    failed = FitRecord("T", "A_1", "net", 2, "failed")
    told = predictions_of(make_task(), SPLITS, [small, failed, same, both], "net")
    assert told["train_subsets"].tolist() == ["all", "all", "same"]
    assert told["row"].tolist() == [2, 5, 0]
    assert told["label"].tolist() == ["1", "0", "0"]
    assert told["response"].tolist() == ["1", "2", "1"]
    assert told["label_probability"].tolist()[:2] == [0.7, 0.2]
    assert told["response_probability"].tolist()[:2] == [0.7, 0.7]
    assert np.isnan(told["label_probability"].iloc[2])
    assert predictions_of(make_task(), SPLITS, [], "net").empty


def test_weights_have_a_row_per_class() -> None:
    table = {
        "s": ["min", "min", "min", "1se"],
        "class": ["2", "0", "0", "1"],
        "feature": ["p3", "(Intercept)", "p0", "p1"],
        "value": [0.5, 9.0, -1.0, 2.0],
    }
    models = weights_of(make_task(), [record("all_1", coefficients=table), record("A_1", coefficients=table)], "all_1")
    assert list(models) == ["net_min", "net_1se"]
    np.testing.assert_array_equal(models["net_min"], [[-1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0.5]])


@pytest.mark.parametrize(("label", "expected"), [("yes", 2.0), ("no", -2.0)])
def test_one_logit_is_of_the_second_class(label: str, expected: float) -> None:
    table = {"class": [label], "feature": ["p1"], "value": [2.0]}
    models = weights_of(make_task(("no", "yes")), [record("all_1", coefficients=table)], "all_1")
    np.testing.assert_array_equal(models["net"], [[0, expected, 0, 0]])


def test_which_algorithm_and_which_train_set() -> None:
    verdicts = pd.DataFrame({"task_id": ["T", "T", "T", "U"], "algorithm": ["a", "b", "b", "a"]})
    scores = pd.DataFrame({"task_id": ["T", "V"], "algorithm": ["x", "y"]})
    assert deciding_algorithm(verdicts, scores, "T") == "b"
    assert deciding_algorithm(verdicts, scores, "V") == "y"
    assert first_train_set(SPLITS) == "all_1"
    assert first_train_set(SPLITS.iloc[2:]) == "A_1"
