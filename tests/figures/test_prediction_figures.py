"""Figures of what models predict, from the records of fits on."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from figure_cases import checked

from soak.figures.predictions import Predictions, deciding_algorithm, first_split
from soak.fitting.record import FitRecord, write_pack
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
        "iteration": [1, 2, 3, 4],
        "groups": [4, 4, 2, 2],
        "n_train_groups": [4, 4, 2, 1],
        "train_set": ["all_1", "all_1", "A_1", "A_1_small"],
    }
)


def record(train_set: str, **tables: dict[str, list[object]]) -> FitRecord:
    return FitRecord(
        "T", train_set, "net", 4, "ok", tables={name: pa.table(columns) for name, columns in tables.items()}
    )


def read(
    folder: Path, task: Task, predictions: Mapping[str, pd.DataFrame], records: Sequence[FitRecord] = ()
) -> Predictions:
    """The inputs of the figures of algorithm net, through the files of a run."""
    task.write(folder / "T.arrow")
    SPLITS.to_csv(folder / "T.splits.csv", index=False)
    (folder / "predictions").mkdir()
    for learner, table in predictions.items():
        table.to_parquet(folder / f"predictions/{learner}.parquet")
    packs = []
    for number, one in enumerate(records):
        packs.append(folder / str(number))
        write_pack(packs[-1], [one])
    pd.DataFrame({"task_id": ["T"], "algorithm": ["net"]}).to_parquet(folder / "verdicts.parquet")
    pd.DataFrame({"task_id": ["T"], "algorithm": ["other"]}).to_parquet(folder / "scores.parquet")
    files = (folder / name for name in ("verdicts.parquet", "scores.parquet"))
    return Predictions.read(folder / "T.arrow", folder / "T.splits.csv", folder / "predictions", packs, *files)


def test_predictions_are_matched_to_their_splits(tmp_path: Path) -> None:
    net = pd.DataFrame(
        {
            "iteration": [1, 1, 2, 3, 4],
            "algorithm": ["net", "net_2", "net", "net", "net"],
            "row": [2, 2, 5, 0, 1],
            "response": pd.Categorical(["1", "0", "2", "1", "1"]),
            "prob.0": [0.1, 1.0, 0.2, 0.3, 0.0],
            "prob.1": [0.7, 0.0, 0.1, 0.6, 1.0],
            "prob.2": [0.2, 0.0, 0.7, 0.1, 0.0],
        }
    )
    other = pd.DataFrame({"iteration": [1], "algorithm": ["other"], "row": [2], "response": ["0"]})
    table = read(tmp_path, make_task(), {"another": other, "net": net}).predictions
    assert table["train_subsets"].tolist() == ["all", "all", "same"]
    assert table["test_subset"].tolist() == ["A", "B", "A"]
    assert table["row"].tolist() == [2, 5, 0]
    assert table["label"].tolist() == ["1", "0", "0"]
    assert table["response"].tolist() == ["1", "2", "1"]
    assert table["label_probability"].tolist() == [0.7, 0.2, 0.3]
    assert table["response_probability"].tolist() == [0.7, 0.7, 0.6]


def test_a_model_without_probabilities(tmp_path: Path) -> None:
    net = pd.DataFrame({"iteration": [3, 3], "algorithm": "net", "row": [0, 1], "response": ["0", "0"]})
    inputs = read(tmp_path, make_task(), {"net": net})
    assert inputs.predictions["response"].tolist() == ["0", "0"]
    assert inputs.predictions["label_probability"].isna().all()
    assert "no model gives" in checked("worst_images", inputs, "T").data["nothing_to_draw"].item()


def test_no_fit_leaves_nothing_to_draw(tmp_path: Path) -> None:
    empty = pd.DataFrame({"iteration": [], "algorithm": [], "row": [], "response": []}).astype({"algorithm": str})
    inputs = read(tmp_path, make_task(), {"net": empty}, [FitRecord("T", "all_1", "net", 2, "failed")])
    assert inputs.predictions.empty
    for name in ("confusion", "weights"):
        assert "no fit" in checked(name, inputs, "T").data["nothing_to_draw"].item()
    assert "no image" in checked("worst_images", inputs, "T").data["nothing_to_draw"].item()


def test_weights_have_a_row_per_class(tmp_path: Path) -> None:
    table = {
        "s": ["min", "min", "min", "1se"],
        "class": ["2", "0", "0", "1"],
        "feature": ["p3", "(Intercept)", "p0", "p1"],
        "value": [0.5, 9.0, -1.0, 2.0],
    }
    records = [record("all_1", coefficients=table), record("A_1", coefficients=table)]
    models = read(tmp_path, make_task(), {}, records).weights
    assert list(models) == ["net_min", "net_1se"]
    np.testing.assert_array_equal(models["net_min"], [[-1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0.5]])


@pytest.mark.parametrize(("label", "expected"), [("yes", 2.0), ("no", -2.0)])
def test_one_logit_is_of_the_second_class(label: str, expected: float, tmp_path: Path) -> None:
    table = {"class": [label], "feature": ["p1"], "value": [2.0]}
    models = read(tmp_path, make_task(("no", "yes")), {}, [record("all_1", coefficients=table)]).weights
    np.testing.assert_array_equal(models["net"], [[0, expected, 0, 0]])


def test_which_algorithm_and_which_train_set() -> None:
    verdicts = pd.DataFrame({"task_id": ["T", "T", "T", "U"], "algorithm": ["a", "b", "b", "a"]})
    scores = pd.DataFrame({"task_id": ["T", "V"], "algorithm": ["x", "y"]})
    assert deciding_algorithm(verdicts, scores, "T") == "b"
    assert deciding_algorithm(verdicts, scores, "V") == "y"
    assert first_split(SPLITS)["train_set"] == "all_1"
    assert first_split(SPLITS.iloc[2:])["train_set"] == "A_1"


def make_predictions(n: int = 60, classes: tuple[str, ...] = ("0", "1", "2")) -> pd.DataFrame:
    random = np.random.default_rng(0)
    parts = []
    for train in ("same", "other"):
        for number, subset in enumerate(("digits", "font_digits_rot")):
            label, response = random.choice(classes, n), random.choice(classes, n)
            parts.append(
                pd.DataFrame(
                    {
                        "test_subset": subset,
                        "train_subsets": train,
                        "row": np.arange(number * n, (number + 1) * n),
                        "label": label,
                        "response": response,
                        "label_probability": random.uniform(0, 0.5, n),
                        "response_probability": random.uniform(0.5, 1, n),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def inputs_of(
    predictions: pd.DataFrame, classes: Sequence[str], weights: Mapping[str, np.ndarray] | None = None
) -> Predictions:
    """Inputs of the figures for a task of 120 images of 2 x 3 pixels."""
    task = Task(
        name="Digits",
        type="classification",
        features=np.random.default_rng(0).integers(0, 255, (120, 6)).astype(np.uint8),
        feature_names=tuple("abcdef"),
        scale=255,
        target=np.zeros(120, dtype=np.int32),
        classes=tuple(classes),
        subset=np.array(["digits"] * 120),
        strata={},
        image_shape=(2, 3),
    )
    return Predictions(task, "linear_mlp", predictions, weights or {})


def test_confusion_counts_every_test_row() -> None:
    predictions = make_predictions()
    data = checked("confusion", inputs_of(predictions, ["0", "1", "2", "9"]), "Digits").data
    assert data["count"].sum() == len(predictions)
    cell = data.query("test_subset == 'digits' and train_subsets == 'same' and label == '1' and response == '2'")
    rows = predictions.query("test_subset == 'digits' and train_subsets == 'same' and label == '1'")
    assert cell["count"].item() == (rows["response"] == "2").sum()
    assert cell["percent"].item() == pytest.approx(100 * (rows["response"] == "2").mean())
    assert data.query("label == '9'")["percent"].isna().all()


@pytest.mark.parametrize(
    "classes",
    [[f"class number {number}" for number in range(40)], ["a rather long name of a class", "short", "T-shirt/top"]],
)
def test_confusion_of_many_and_long_classes(classes: list[str]) -> None:
    assert (
        len(checked("confusion", inputs_of(make_predictions(400, tuple(classes)), classes), "Digits").figure.axes) == 4
    )


def test_confusion_of_many_subsets_with_long_names() -> None:
    predictions = make_predictions()
    names = [f"Region number {number} of the long river valley" for number in range(6)]
    predictions = pd.concat(predictions.assign(test_subset=name) for name in names)
    drawn = checked("confusion", inputs_of(predictions, ["0", "1", "2"]), "A_task_with_a_really_long_name_of_its_own")
    assert len(drawn.figure.axes) == 12
    checked("worst_images", inputs_of(predictions, ["0", "1", "2"]), "A_task_with_a_really_long_name_of_its_own")


def test_worst_images_are_wrong_and_least_probable() -> None:
    predictions = make_predictions()
    inputs = inputs_of(predictions, ["0", "1", "2"])
    figure, data = checked("worst_images", inputs, "Digits")
    assert len(data) == 24
    wrong = predictions.query("train_subsets == 'same' and test_subset == 'digits' and label != response")
    first = wrong.loc[wrong["label_probability"].idxmin()]
    assert data["row"].iloc[0] == first["row"]
    picture = inputs.task.features[first["row"]].reshape(2, 3) / 255
    np.testing.assert_allclose(figure.axes[0].images[0].get_array(), picture)


def test_weights_of_many_and_of_two_classes() -> None:
    random = np.random.default_rng(0)
    models = {"linear_mlp": random.normal(size=(15, 6)), "cv_glmnet_min": random.normal(size=(15, 6))}
    many = inputs_of(make_predictions(), [f"c{number}" for number in range(15)], models)
    assert len(checked("weights", many, "Digits").figure.axes) == 30
    two = inputs_of(make_predictions(), ["no", "yes"], {"linear": models["linear_mlp"][:1]})
    data = checked("weights", two, "Digits").data
    np.testing.assert_allclose(
        data.query("label == 'no'")["weight"], -data.query("label == 'yes'")["weight"].to_numpy()
    )


def test_one_large_weight_does_not_leave_all_others_white() -> None:
    weights = np.random.default_rng(0).normal(size=(10, 6))
    assert shown_scale(weights)[0] == f"{np.abs(weights).max():.2g}"
    weights[3, 2] = 370
    high, middle, low = shown_scale(weights)
    assert (high[:2], middle, low[:3]) == ("≥ ", "0", "≤ -")
    assert float(high[2:]) < 4
    assert shown_scale(np.zeros((10, 6))) == ["1", "0", "-1"]


def shown_scale(weights: np.ndarray) -> list[str]:
    inputs = inputs_of(make_predictions(), [f"c{number}" for number in range(10)], {"linear_mlp": weights})
    axes = checked("weights", inputs, "Digits").figure.axes
    return [text.get_text() for part in axes for child in part.child_axes for text in child.texts]
