"""Figures of images and of training curves."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from figure_cases import checked

from soak.data.dataset import Dataset
from soak.figures.images import Images, first_examples
from soak.figures.training import History, Training
from soak.fitting.record import FitRecord, write_pack


def make_images(name: str, labels: list[Any], shape: tuple[int, ...] | None = (2, 3)) -> Dataset:
    pixels = np.arange(len(labels) * int(np.prod(shape or 6)), dtype=np.uint8).reshape(len(labels), -1)
    return Dataset(name, pixels, 255, np.array(labels), image_shape=shape)


def test_first_examples_are_sorted_by_value() -> None:
    assert first_examples(make_images("x", ["10", "9", "10", "2"])) == [("2", 3), ("9", 1), ("10", 0)]
    assert first_examples(make_images("x", ["b", "a", "b"])) == [("a", 1), ("b", 0)]


@pytest.mark.parametrize("name", ["images", "images_rot"])
def test_images_show_the_pixels_as_stored(name: str) -> None:
    digits = make_images("digits", [3, 1, 3])
    alphabet = make_images("an alphabet with a long name", list("abcdefghijklmnopqrstuvwxyz"))
    long = make_images("rgb", ["a long name of a class", "T-shirt/top"], (3, 2, 2))
    drawn = checked(name, Images([digits, make_images("table", [0, 1], None), alphabet, long]))
    assert len(drawn.figure.axes) == 2 + 26 + 2
    np.testing.assert_allclose(drawn.figure.axes[0].images[0].get_array(), digits.features[1].reshape(2, 3) / 255)
    assert drawn.figure.axes[0].images[0].cmap.name == "gray_r"
    pixels = drawn.data[(drawn.data["dataset"] == "digits") & (drawn.data["label"] == 1)]
    rows = pixels[["row", "i", "j", "value"]].to_numpy().tolist()
    assert rows[:4] == [[1, 0, 0, 6], [1, 0, 1, 7], [1, 0, 2, 8], [1, 1, 0, 9]]


def test_a_transposed_data_set_takes_the_place_of_its_original(tmp_path: Path) -> None:
    files = []
    for name in ("Letters", "Letters_rot", "Digits"):
        files.append(tmp_path / f"{name}.arrow")
        make_images(name, [0, 1]).write(files[-1])
    images = Images.read(files, {"Letters_rot": "Letters"})
    assert list(checked("images", images).data["dataset"].unique()) == ["Letters", "Digits"]
    assert list(checked("images_rot", images).data["dataset"].unique()) == ["Letters_rot", "Digits"]


def test_no_images_are_said_to_be_none() -> None:
    data = checked("images", Images([make_images("table", [0, 1], None)])).data
    assert data["nothing_to_draw"].item() == "no data set holds images."


def curve(measures: tuple[str, str]) -> pd.DataFrame:
    epoch = np.arange(1, 51)
    parts = [
        pd.DataFrame({"epoch": epoch, "set": name, "measure": measure, "value": low + 1 / epoch + slope * epoch})
        for measure in measures
        for name, low, slope in (("validation", 0.3, 0.001), ("subtrain", 0.1, 0))
    ]
    return pd.concat(parts, ignore_index=True)


def test_torch_loop_marks_the_minima_and_keeps_its_table() -> None:
    table = curve(("error_percent", "loss"))
    figure, data = checked("torch_loop", Training(torch_loop=table, dataset="FashionMNIST"))
    pd.testing.assert_frame_equal(data, table)
    rows = table[(table["measure"] == "loss") & (table["set"] == "validation")]
    best = rows.loc[rows["value"].idxmin()]
    marked = [(line.get_xdata()[0], line.get_ydata()[0]) for line in figure.axes[1].lines if len(line.get_xdata()) == 1]
    assert (best["epoch"], best["value"]) in marked


def test_glmnet_path() -> None:
    penalty = np.geomspace(0.1, 0.001, 20)
    parts = [
        pd.DataFrame({"set": name, "penalty": penalty, "complexity": -np.log10(penalty), "error_percent": error})
        for name, error in (("validation", np.linspace(90, 23, 20)), ("subtrain", np.linspace(90, 0, 20)))
    ]
    table = pd.concat(parts, ignore_index=True)
    pd.testing.assert_frame_equal(checked("glmnet_path", Training(glmnet_path=table)).data, table)


@pytest.mark.parametrize("name", ["history_mlp", "history_graph", "history_selected"])
@pytest.mark.parametrize("selected", [30, None])
def test_history_shows_percent_and_the_selected_epochs(name: str, selected: int | None) -> None:
    fit = "a_network_with_a_long_name, Digits_font_digits_rot"
    history = History(curve(("log_loss", "zero_one_loss")), selected, fit)
    figure, data = checked(name, Training(histories={name: history}))
    assert "percent error" in [text.get_text() for text in figure.axes[1].texts]
    assert max(figure.axes[1].lines[0].get_ydata()) == pytest.approx(130.1)
    vertical = [line for line in figure.axes[0].lines if list(line.get_xdata()) == [selected, selected]]
    assert len(vertical) == (selected is not None)
    assert data["value"].max() == pytest.approx(1.301)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("torch_loop", "no torch loop was fitted."),
        ("glmnet_path", "glmnet refused these rows; results/logs/fit_glmnet_path.log says why."),
        ("history_mlp", "the fit failed, and left no history."),
        ("history_selected", "no fit of the benchmark left a history."),
    ],
)
def test_fits_that_left_nothing(name: str, reason: str) -> None:
    assert checked(name, Training()).data["nothing_to_draw"].item() == reason


def test_training_is_read_from_the_files_of_the_fits(tmp_path: Path) -> None:
    columns = ["epoch", "set", "measure", "value"]
    curves = curve(("log_loss", "zero_one_loss"))
    benchmark = pd.concat(
        curves.assign(task_id=task, train_set=train_set, algorithm=algorithm, value=curves["value"] + shift)
        for shift, (task, train_set, algorithm) in enumerate(
            [("T", "all.fold1", "net"), ("T", "all.fold2", "net"), ("T", "all.fold1", "graph"), ("U", "x", "graph")]
        )
    )
    benchmark.to_parquet(tmp_path / "history.parquet")
    fits = benchmark[["task_id", "train_set", "algorithm"]].drop_duplicates().rename(columns={"algorithm": "learner"})
    fits.assign(selected_epochs=pd.array([1, 2, 3, None], dtype="Int64")).to_parquet(tmp_path / "fits.parquet")
    curves.to_parquet(tmp_path / "torch_loop.parquet")
    tables = {"history": pa.Table.from_pandas(curves, preserve_index=False)}
    record = FitRecord("T", "whole task", "net", 100, "ok", info={"selected_epochs": 7}, tables=tables)
    write_pack(tmp_path / "history_mlp", [record])
    write_pack(tmp_path / "history_graph", [FitRecord("T", "whole task", "graph", 100, "failed")])

    def read(learner: str | None) -> Training:
        return Training.read(
            torch_loop=tmp_path / "torch_loop.parquet",
            glmnet_path=None,
            dataset="Digits",
            histories=[tmp_path / "history_mlp", tmp_path / "history_graph"],
            history=tmp_path / "history.parquet",
            fits=tmp_path / "fits.parquet",
            learner=learner,
        )

    training = read("graph")
    pd.testing.assert_frame_equal(training.torch_loop, curves)
    assert set(training.histories) == {"history_mlp", "history_selected"}
    assert training.histories["history_mlp"].selected_epochs == 7
    assert training.histories["history_mlp"].fit == "net, T"
    selected = training.histories["history_selected"]
    assert (selected.selected_epochs, selected.fit) == (3, "graph, T, all.fold1")
    pd.testing.assert_frame_equal(
        selected.curves.reset_index(drop=True), curves[columns].assign(value=curves["value"] + 2)
    )
    assert read("boosting").histories.keys() == {"history_mlp"}
    assert read(None).histories.keys() == {"history_mlp"}
