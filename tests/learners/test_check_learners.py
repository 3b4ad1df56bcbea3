"""What the check of a learner finds before the first fit."""

import numpy as np
import pytest

from soak.errors import SoakError
from soak.learners.cv_glmnet import CvGlmnet
from soak.learners.estimator import Estimator
from soak.learners.featureless import Featureless
from soak.learners.torch_graph import TorchGraph
from soak.learners.torch_mlp import TorchMlp
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
    assert Featureless(type="featureless").check(images()) == {}
    assert CvGlmnet(type="cv_glmnet").check(images()) == {}
    knn = Estimator(**{"type": "estimator", "class": "sklearn.neighbors.KNeighborsClassifier"})
    assert knn.check(images()) == {}
    described = TorchMlp(type="torch_mlp", neurons=[3]).check(images())
    assert "Linear(in_features=16, out_features=3" in described["network"]


def test_the_operation_that_does_not_fit_is_named():
    graph = TorchGraph(type="torch_graph", graph=[{"reshape": [1, 5, 5]}, "flatten", "head"])
    with pytest.raises(SoakError, match="reshape"):
        graph.check(images())


def test_an_estimator_for_the_other_type_of_task():
    wrong = Estimator(**{"type": "estimator", "class": "sklearn.linear_model.Ridge"})
    with pytest.raises(SoakError) as caught:
        wrong.check(images())
    assert str(caught.value) == "cannot do classification: class: sklearn.linear_model.Ridge is for regression"


def test_a_classifier_for_regression():
    mlp = TorchMlp(type="torch_mlp", loss="cross_entropy")
    with pytest.raises(SoakError) as caught:
        mlp.check(images("regression"))
    assert str(caught.value) == (
        "cannot do regression: loss: cross_entropy is for classification; "
        "for regression there are mse_loss, l1_loss, smooth_l1_loss, huber_loss"
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"optimizer": "adamm"}, "optimizer: there is no 'adamm'; did you mean 'adam'?"),
        (
            {"optimizer": {"adam": {"lr": "0.01"}}},
            "optimizer: adam: lr: expected a number, got the text '0.01'; write 0.01 without quotes",
        ),
        (
            {"optimizer": {"sgd": {"lr": "0.01"}}},
            "optimizer: sgd: lr: expected a number, got the text '0.01'; write 0.01 without quotes",
        ),
        (
            {"optimizer": {"adam": {"lr": "fast"}}},
            "optimizer: adam: lr: expected a number such as 0.001, got 'fast'",
        ),
        (
            {"scheduler": {"step_lr": {"step_size": "5"}}},
            "scheduler: step_lr: step_size: expected a number, got the text '5'; write 5 without quotes",
        ),
        (
            {"loss": {"cross_entropy": {"label_smoothing": "0.1"}}},
            "loss: cross_entropy: label_smoothing: expected a number, got the text '0.1'; write 0.1 without quotes",
        ),
        (
            {"neurons": [3], "activation": {"leaky_relu": {"negative_slope": "0.1"}}},
            "activation: leaky_relu: negative_slope: expected a number, got the text '0.1'; write 0.1 without quotes",
        ),
    ],
)
def test_text_where_torch_wants_a_number(given, message):
    with pytest.raises(SoakError) as caught:
        TorchMlp(type="torch_mlp", **given).check(images())
    assert str(caught.value) == message


def test_an_optimizer_by_its_name_alone():
    described = TorchMlp(type="torch_mlp", optimizer="adam", scheduler=None).check(images())
    assert "Linear" in described["network"]


def test_what_scikit_learn_refuses_in_a_fit_is_refused_before():
    forest = Estimator(
        **{
            "type": "estimator",
            "class": "sklearn.ensemble.RandomForestClassifier",
            "params": {"n_estimators": "50"},
        }
    )
    with pytest.raises(SoakError) as caught:
        forest.check(images())
    assert str(caught.value) == (
        "params: RandomForestClassifier: The 'n_estimators' parameter of RandomForestClassifier "
        "must be an int in the range [1, inf). Got '50' instead."
    )
