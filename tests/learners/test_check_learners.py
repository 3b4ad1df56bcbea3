"""What is told of learners before the first fit."""

import numpy as np
import pytest

from soak.config.learners import CvGlmnet, Estimator, Featureless, TorchGraph, TorchMlp
from soak.errors import SoakError
from soak.learners.check import check_learners
from soak.tasks.task import Task


def images(kind="classification", size=4):
    n_rows = 12
    target = np.arange(n_rows, dtype=np.int32) % 2 if kind == "classification" else np.arange(n_rows, dtype=np.float64)
    classes = ("a", "b") if kind == "classification" else ()
    names = tuple(str(column) for column in range(size * size))
    features = np.zeros((n_rows, size * size), dtype=np.uint8)
    return Task(
        "T", kind, features, names, 255.0, target, classes, np.repeat("A", n_rows), {}, image_shape=(size, size)
    )


def test_networks_are_shown():
    told = check_learners(
        images(),
        {
            "featureless": Featureless(type="featureless"),
            "cv_glmnet": CvGlmnet(type="cv_glmnet"),
            "mlp": TorchMlp(type="torch_mlp", neurons=[3]),
            "knn": Estimator(**{"type": "estimator", "class": "sklearn.neighbors.KNeighborsClassifier"}),
        },
    )
    assert list(told) == ["featureless", "cv_glmnet", "mlp", "knn"]
    assert "Linear(in_features=16, out_features=3" in told["mlp"]["network"]
    assert told["knn"] == {"type": "estimator"}


def test_all_that_do_not_fit_are_told_at_once():
    graph = TorchGraph(type="torch_graph", graph=[{"reshape": [1, 5, 5]}, "flatten", "head"])
    wrong = Estimator(**{"type": "estimator", "class": "sklearn.linear_model.Ridge"})
    with pytest.raises(SoakError) as caught:
        check_learners(images(), {"net": graph, "ridge": wrong, "fine": Featureless(type="featureless")})
    first, second = str(caught.value).split("\nsoak: ")
    assert first.startswith("learners.net: ")
    assert "reshape" in first
    assert first.endswith("(task T)")
    assert second == "learners.ridge: a estimator with these settings cannot do classification (task T)"


def test_a_classifier_for_regression():
    mlp = TorchMlp(type="torch_mlp", loss="cross_entropy")
    with pytest.raises(SoakError, match=r"learners.mlp: .* cannot do regression \(task T\)"):
        check_learners(images("regression"), {"mlp": mlp})
