"""A learner, a measure, a format and a figure from outside: files beside the config, named by import path."""

import numpy as np
import pandas as pd
import pytest
from small_runs import job_counts, write_trees

from soak.config.check import load_config
from soak.data.base import decode
from soak.data.catalog import dataset
from soak.data.dataset import Dataset
from soak.errors import SoakError
from soak.measures import column_measure, measure

# Some are called as scripts of rules are: those must not hide them.
FILES = {
    "my_networks": """
import torch

class Small(torch.nn.Module):
    def __init__(self, n_features, n_outputs, width=4):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(n_features, width), torch.nn.Tanh(), torch.nn.Linear(width, n_outputs)
        )

    def forward(self, x):
        return self.layers(x)
""",
    "fit": """
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

class Nearest(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.means_ = np.array([X[y == label].mean(axis=0) for label in self.classes_])
        return self

    def predict(self, X):
        distances = ((X[:, None, :] - self.means_) ** 2).sum(axis=2)
        return self.classes_[distances.argmin(axis=1)]
""",
    "scores": """
import numpy as np
from soak.measures import Measure

def misses(target, response, n_classes):
    return float((target != response).sum())

count = Measure("count", "classification", False, False, misses)
hits = Measure("hits", "classification", False, True, lambda target, response, n: float((target == response).sum()))
not_one = 3
""",
    "my_formats": """
import numpy as np

def read_npz(path):
    with np.load(path) as file:
        return file["images"], file["labels"], file["parts"]
""",
    "draw_own": """
from matplotlib.figure import Figure

def folds(tables):
    scores = tables["scores"]
    figure = Figure(figsize=(4, 3))
    axes = figure.add_subplot()
    for name, of in scores.groupby("algorithm"):
        axes.plot(of["scores.count"], label=name)
    axes.legend()
    return figure, scores[["algorithm", "test_fold", "scores.count"]]
""",
}
CONFIG = {
    "datasets": {"Mine": {"reader": "my_formats.read_npz", "file": "mine.npz", "rows": 100}},
    "tasks": {
        "Images": {"datasets": ["Mine"], "subset": "part", "learners": ["small"]},
        "Trees": {"table": "trees.csv", "target": "y", "subset": "region", "learners": ["nearest"]},
    },
    "learners": {
        "small": {"type": "torch_module", "class": "my_networks.Small", "params": {"width": 3}, "epochs": 2},
        "nearest": {"type": "estimator", "class": "fit.Nearest"},
    },
    "resampling": {"folds": 2},
    "measures": ["zero_one_loss", "scores.count"],
    "verdict": {"measure": "scores.count"},
    "figures": {"formats": ["png"], "own": ["draw_own.folds"]},
}


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A run's folder with the files from outside, as the working directory."""
    for name, text in FILES.items():
        (tmp_path / f"{name}.py").write_text(text)
    draw = np.random.default_rng(1)
    np.savez(
        tmp_path / "mine.npz",
        images=draw.integers(0, 255, (120, 5, 5), dtype=np.uint8),
        labels=np.arange(120) % 2,
        parts=np.array(["left", "right", "right"] * 40),
    )
    write_trees(tmp_path / "trees.csv")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    import sys

    for name in FILES:
        sys.modules.pop(name, None)
    from soak.measures import _own

    _own.cache_clear()


@pytest.mark.workflow
def test_all_from_outside(workflow, outside):
    run = workflow(CONFIG)
    run.run()
    scores = pd.read_csv(run / "tables/scores.csv")
    assert set(scores["algorithm"]) == {"small", "nearest"}
    expected = (scores["zero_one_loss"] * scores["n_test"]).round()
    assert scores["scores.count"].tolist() == expected.tolist()
    assert set(scores[scores["task_id"] == "Images"]["test_subset"]) == {"left", "right"}
    assert set(pd.read_csv(run / "tables/verdicts.csv")["measure"]) == {"scores.count"}
    drawn = pd.read_csv(run / "figures/own/folds.csv")
    assert drawn["scores.count"].tolist() == scores["scores.count"].tolist()
    assert (run / "figures/own/folds.png").read_bytes().startswith(b"\x89PNG")
    assert "folds" in (run / "report.html").read_text()

    file = outside / "draw_own.py"  # another figure: nothing is fitted or scored again
    file.write_text(file.read_text().replace("(4, 3)", "(5, 3)"))
    again = job_counts(run.run("-n").stdout)
    assert again.pop("draw_own") == 1
    assert set(again) <= {"report", "outcome"}


def test_a_reader_of_ones_own(outside):
    settings = dataset({"reader": "my_formats.read_npz", "file": "mine.npz", "rows": 100})
    decode("Mine", settings, {"file": outside / "mine.npz"}, outside / "a.arrow")
    made = Dataset.open(outside / "a.arrow")
    assert (made.features.shape, made.scale, made.image_shape) == ((100, 25), 255.0, (5, 5))
    assert made.label.tolist() == [0, 1] * 50
    assert made.part.tolist()[:3] == ["left", "right", "right"]


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("None", "mine.npz: expected bad.read to return (features, labels) or (features, labels, parts), got None"),
        (
            "(np.ones((3, 2)), [1, 2])",
            "mine.npz: expected bad.read to return a label for each of the 3 rows, got shape (2,)",
        ),
        (
            "(np.ones(3), [1, 2, 3])",
            "mine.npz: expected bad.read to return numeric features of shape (n, n_features), (n, height, width) or "
            "(n, channels, height, width), got type float64 and shape (3,)",
        ),
        (
            "(np.array([[1.0], [np.nan]]), ['a', 'b'])",
            "mine.npz: expected bad.read to return finite features, got a missing or infinite value in row 2",
        ),
        ("1 / 0", "mine.npz: bad.read fails: ZeroDivisionError: division by zero"),
    ],
)
def test_what_a_reader_may_not_give(outside, returned, message, monkeypatch):
    (outside / "bad.py").write_text(f"import numpy as np\n\ndef read(path):\n    return {returned}\n")
    monkeypatch.delitem(__import__("sys").modules, "bad", raising=False)
    settings = dataset({"reader": "bad.read", "file": "mine.npz"})
    with pytest.raises(SoakError) as caught:
        decode("Mine", settings, {"file": outside / "mine.npz"}, outside / "a.arrow")
    assert str(caught.value) == message
    assert not (outside / "a.arrow").exists()


def test_measures_of_ones_own_say_what_is_better(outside):
    assert not column_measure("scores.count").greater_is_better
    assert column_measure("scores.hits").greater_is_better
    assert not column_measure("no_such.measure").greater_is_better
    assert column_measure("scores.count").label == "count"
    assert measure("scores.hits").name == "scores.hits"


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        (
            {"measures": ["scores.cuont"]},
            ["measures[0]: measure: 'scores.cuont': scores has no 'cuont'; did you mean 'count'?"],
        ),
        (
            {"measures": ["scores.not_one"]},
            ["measures[0]: measure: expected 'scores.not_one' to be a soak.measures.Measure, got int"],
        ),
        (
            {"figures": {"own": ["my_figure.folds"]}},
            [
                "figures.own[0]: figure: 'my_figure.folds': the package 'my_figure' is not installed, and there is no "
                "my_figure.py in the run's directory; install it with: pip install my_figure"
            ],
        ),
        (
            {"figures": {"own": ["draw_own.folds", "draw_own.folds"]}},
            ["figures.own: two figures are called 'folds'; rename one of the functions"],
        ),
        (
            {"figures": {"own": ["folds"]}},
            ["figures.own[0]: figure: 'folds' is not an import path; expected module.folds"],
        ),
        (
            {"datasets": {"Mine": {"reader": "scores.not_one", "file": "mine.npz"}}},
            ["datasets.Mine.reader: reader: expected 'scores.not_one' to be a function, got 3"],
        ),
        (
            {"datasets": {"Mine": {"reader": "my_formats.read_npz"}}},
            ["datasets.Mine.file: is missing"],
        ),
    ],
)
def test_mistakes_are_told_while_the_config_is_read(outside, change, messages):
    with pytest.raises(SoakError) as caught:
        load_config(CONFIG | {"verdict": {}} | change)
    assert list(caught.value.args) == messages


def test_a_module_with_the_name_of_another_is_refused(outside):
    (outside / "random.py").write_text("x = 1\n")
    with pytest.raises(SoakError) as caught:
        load_config(CONFIG | {"verdict": {}, "measures": ["random.x"]})
    (message,) = caught.value.args
    assert message == (
        "measures[0]: measure: 'random.x': rename random.py: Python's standard library has a module of that name"
    )


def test_a_module_that_cannot_be_imported(outside, monkeypatch):
    (outside / "broken.py").write_text("def count(:\n")
    with pytest.raises(
        SoakError, match=r"^measure: 'broken.count': broken cannot be imported: SyntaxError: invalid syntax"
    ):
        measure("broken.count")


def test_what_a_figure_may_not_do(outside, monkeypatch):
    from soak.figures.own import draw_own
    from soak.figures.settings import FigureSettings

    (outside / "odd.py").write_text("def nothing(tables):\n    return 1\n\ndef fails(tables):\n    tables['x']\n")
    settings = FigureSettings()
    with pytest.raises(SoakError, match=r"expected odd.nothing to return a matplotlib figure and a DataFrame, got 1"):
        draw_own("odd.nothing", {}, outside, settings)
    with pytest.raises(SoakError, match=r"odd.fails fails: KeyError: 'x'"):
        draw_own("odd.fails", {}, outside, settings)
