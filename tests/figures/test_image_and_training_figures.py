"""Figures of images, of training curves, and of what models got wrong."""

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from docutils.core import publish_parts
from figure_cases import kept

from soak.figures.captions import TITLES, caption, caption_file, title
from soak.figures.images import first_examples, images, images_rot
from soak.figures.predictions import confusion, weights, worst_images
from soak.figures.style import Style
from soak.figures.training import glmnet_path, history, torch_loop


@dataclass
class Images:
    name: str
    features: np.ndarray
    label: Any
    image_shape: tuple[int, ...] | None = (2, 3)
    scale: float = 255


def make_images(name: str, labels: list[Any], shape: tuple[int, ...] = (2, 3)) -> Images:
    pixels = np.arange(len(labels) * int(np.prod(shape)), dtype=np.uint8).reshape(len(labels), -1)
    return Images(name, pixels, np.array(labels), shape)


def test_first_examples_are_sorted_by_value() -> None:
    assert first_examples(make_images("x", ["10", "9", "10", "2"])) == [("2", 3), ("9", 1), ("10", 0)]
    assert first_examples(make_images("x", ["b", "a", "b"])) == [("a", 1), ("b", 0)]


@pytest.mark.parametrize("draw", [images, images_rot])
def test_images_show_the_pixels_as_stored(draw: Any, tmp_path: Path) -> None:
    folder = kept(tmp_path)
    digits = make_images("digits", [3, 1, 3])
    alphabet = make_images("an alphabet with a long name", list("abcdefghijklmnopqrstuvwxyz"))
    table = Images("table", np.zeros((2, 6)), [0, 1], None)
    draw([digits, table, alphabet, make_images("rgb", [0, 1], (3, 2, 2))], folder)
    figure, data = folder.kept[draw.__name__]
    assert len(figure.axes) == 2 + 26 + 2
    np.testing.assert_allclose(figure.axes[0].images[0].get_array(), digits.features[1].reshape(2, 3) / 255)
    assert figure.axes[0].images[0].cmap.name == "gray_r"
    ones = data[(data["dataset"] == "digits") & (data["label"] == 1)]
    assert ones[["row", "i", "j", "value"]].to_numpy().tolist()[:4] == [
        [1, 0, 0, 6],
        [1, 0, 1, 7],
        [1, 0, 2, 8],
        [1, 1, 0, 9],
    ]


def test_no_images_nothing_drawn(tmp_path: Path) -> None:
    assert images([Images("table", np.zeros((2, 6)), [0, 1], None)], kept(tmp_path)) == []


def curve(measures: tuple[str, str]) -> pd.DataFrame:
    epoch = np.arange(1, 51)
    parts = [
        pd.DataFrame({"epoch": epoch, "set": name, "measure": measure, "value": low + 1 / epoch + slope * epoch})
        for measure in measures
        for name, low, slope in (("validation", 0.3, 0.001), ("subtrain", 0.1, 0))
    ]
    return pd.concat(parts, ignore_index=True)


def test_torch_loop_marks_the_minima_and_keeps_its_table(tmp_path: Path) -> None:
    folder = kept(tmp_path)
    table = curve(("error_percent", "loss"))
    torch_loop(table, folder, "FashionMNIST")
    figure, data = folder.kept["torch_loop"]
    pd.testing.assert_frame_equal(data, table)
    rows = table[(table["measure"] == "loss") & (table["set"] == "validation")]
    best = rows.loc[rows["value"].idxmin()]
    marked = [(line.get_xdata()[0], line.get_ydata()[0]) for line in figure.axes[1].lines if len(line.get_xdata()) == 1]
    assert (best["epoch"], best["value"]) in marked


def test_glmnet_path(tmp_path: Path) -> None:
    folder = kept(tmp_path)
    penalty = np.geomspace(0.1, 0.001, 20)
    parts = [
        pd.DataFrame({"set": name, "penalty": penalty, "complexity": -np.log10(penalty), "error_percent": error})
        for name, error in (("validation", np.linspace(90, 23, 20)), ("subtrain", np.linspace(90, 0, 20)))
    ]
    table = pd.concat(parts, ignore_index=True)
    glmnet_path(table, folder)
    pd.testing.assert_frame_equal(folder.kept["glmnet_path"][1], table)


@pytest.mark.parametrize("selected", [30, None])
def test_history_shows_percent_and_the_selected_epochs(selected: int | None, tmp_path: Path) -> None:
    folder = kept(tmp_path)
    history(curve(("log_loss", "zero_one_loss")), selected, "history_mlp", folder, "Digits_font_digits_rot")
    figure, data = folder.kept["history_mlp"]
    assert figure.axes[1].get_ylabel() == "percent error"
    assert max(figure.axes[1].lines[0].get_ydata()) == pytest.approx(130.1)
    vertical = [line for line in figure.axes[0].lines if list(line.get_xdata()) == [selected, selected]]
    assert len(vertical) == (selected is not None)
    assert data["value"].max() == pytest.approx(1.301)


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


def test_confusion_counts_every_test_row(tmp_path: Path) -> None:
    folder = kept(tmp_path)
    predictions = make_predictions()
    confusion(predictions, ["0", "1", "2", "9"], "Digits", "linear_mlp", folder)
    data = folder.kept["confusion_Digits"][1]
    assert data["count"].sum() == len(predictions)
    cell = data.query("test_subset == 'digits' and train_subsets == 'same' and label == '1' and response == '2'")
    rows = predictions.query("test_subset == 'digits' and train_subsets == 'same' and label == '1'")
    assert cell["count"].item() == (rows["response"] == "2").sum()
    assert cell["percent"].item() == pytest.approx(100 * (rows["response"] == "2").mean())
    assert data.query("label == '9'")["percent"].isna().all()


def test_confusion_of_many_and_long_classes(tmp_path: Path) -> None:
    classes = tuple(f"class number {number}" for number in range(40))
    confusion(make_predictions(400, classes), classes, "Many", "linear_mlp", kept(tmp_path))
    long = ("a rather long name of a class", "short", "T-shirt/top")
    confusion(make_predictions(60, long), long, "Long", "linear_mlp", kept(tmp_path))


def test_worst_images_are_wrong_and_least_probable(tmp_path: Path) -> None:
    folder = kept(tmp_path)
    predictions = make_predictions()
    features = np.random.default_rng(0).integers(0, 255, (120, 6)).astype(np.uint8)
    worst_images(predictions, features, (2, 3), 255, "Digits", "linear_mlp", folder)
    figure, data = folder.kept["worst_images_Digits"]
    assert len(data) == 24
    wrong = predictions.query("train_subsets == 'same' and test_subset == 'digits' and label != response")
    first = wrong.loc[wrong["label_probability"].idxmin()]
    assert data["row"].iloc[0] == first["row"]
    np.testing.assert_allclose(figure.axes[0].images[0].get_array(), features[first["row"]].reshape(2, 3) / 255)


def test_weights_of_many_and_of_two_classes(tmp_path: Path) -> None:
    folder = kept(tmp_path)
    random = np.random.default_rng(0)
    models = {"linear_mlp": random.normal(size=(15, 6)), "cv_glmnet_min": random.normal(size=(15, 6))}
    weights(models, [f"c{number}" for number in range(15)], (2, 3), "Digits", folder)
    assert len(folder.kept["weights_Digits"][0].axes) == 30
    weights({"linear": models["linear_mlp"][:1]}, ["no", "yes"], (2, 3), "Two", folder)
    data = folder.kept["weights_Two"][1]
    np.testing.assert_allclose(
        data.query("label == 'no'")["weight"], -data.query("label == 'yes'")["weight"].to_numpy()
    )


def test_every_figure_has_a_title_and_a_caption() -> None:
    assert {file.stem for file in caption_file("overview").parent.iterdir()} == set(TITLES)
    assert all(caption(name).endswith(".") for name in TITLES)
    assert title("confusion_A_task") == "What was confused: A_task"
    assert caption("worst_images_A_task") == caption("worst_images")


def test_captions_are_plain_text_for_snakemake() -> None:
    for name in TITLES:
        told = publish_parts(caption(name), writer="html", settings_overrides={"halt_level": 2})["body"]
        assert html.unescape(told).strip() == f"<p>{caption(name)}</p>"


@pytest.mark.parametrize("text", ["one two three four five six", "a_very_long_name_without_any_space", "x" * 200])
def test_wrapped_text_is_no_wider_than_asked_and_whole(text: str) -> None:
    style = Style()
    wrapped = style.wrap(text, 1.0)
    assert style.text_width(wrapped) <= 1.0
    assert wrapped.replace("\n", "").replace(" ", "") == text.replace(" ", "")
