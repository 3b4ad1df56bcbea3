"""What a job of fits asks for: time and memory that grow with what it does."""

import pytest

from soak.fitting.plan import TaskIndex, TrainSet, estimate_seconds, minutes
from soak.learners.base import FitSize
from soak.learners.estimator import Estimator
from soak.learners.featureless import Featureless
from soak.learners.torch_graph import TorchGraph
from soak.learners.torch_mlp import TorchMlp

KNN = {"type": "estimator", "class": "sklearn.neighbors.KNeighborsClassifier"}


def test_tuning_takes_a_fit_per_candidate_and_fold():
    plain, tuned = Estimator(**KNN), Estimator(**KNN, tune={"n_neighbors": [1, 5, 9], "p": [1, 2]})
    assert estimate_seconds(tuned, FitSize(10_000, 10_000, 100, 10)) == pytest.approx(
        30 * estimate_seconds(plain, FitSize(10_000, 10_000, 100, 10))
    )


def test_a_graph_with_layers_takes_longer_than_its_head():
    head, deep = (TorchGraph(type="torch_graph", graph=graph) for graph in (["head"], [{"linear": 9}, "relu", "head"]))
    assert estimate_seconds(deep, FitSize(10_000, 10_000, 100, 10)) > estimate_seconds(
        head, FitSize(10_000, 10_000, 100, 10)
    )


@pytest.mark.parametrize(
    ("settings", "least"),
    [
        (Featureless(type="featureless"), 400),
        (Estimator(**KNN), 700 + 8 * 70 * 784 / 1000),
        (TorchMlp(type="torch_mlp"), 1000),
    ],
)
def test_memory_holds_copies_of_the_matrix(settings, least):
    assert settings.memory_mb(FitSize(70_000, 70_000, 784, 10)) >= least
    if settings.type != "featureless":
        assert settings.memory_mb(FitSize(140_000, 140_000, 784, 10)) > settings.memory_mb(
            FitSize(70_000, 70_000, 784, 10)
        )


def test_minutes_are_five_times_the_estimate_and_never_few():
    sets = [TrainSet(str(number), 50_000, "d") for number in range(4)]
    task = TaskIndex("T", "classification", 100_000, 784, 10, tuple(sets))
    mlp = TorchMlp(type="torch_mlp", epochs=2000)
    seconds = 4 * estimate_seconds(mlp, FitSize(50_000, 50_000, 784, 10))
    assert minutes(mlp, task, sets) == pytest.approx(5 * seconds / 60, abs=1)
    assert minutes(Featureless(type="featureless"), task, sets) == 10
