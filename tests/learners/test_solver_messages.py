"""What the solver's error numbers mean, and layers whose sizes follow from the shape that reaches them."""

import numpy as np
import pytest

from soak.errors import SoakError
from soak.glmnet import path as glmnet_solver
from soak.learners.cv_glmnet import CvGlmnet
from soak.learners.torch_graph import TorchGraph
from soak.tasks.task import Task


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (7777, "all features are constant in the train rows"),
        (8002, "class 2 of the fit is too rare (probability below 1e-5)"),
        (9001, "class 1 of the fit is nearly all rows (probability above 1 - 1e-5)"),
        (10000, "the solver gave up with error 10000 (out of memory?)"),
    ],
)
def test_fatal_errors(code, message):
    assert glmnet_solver._fatal(code) == message


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (0, ""),
        (-7, "not converged at lambda 7 of 100 after maxit: 100000 passes"),
        (-20007, "fitted probabilities too close to 0 or 1 at lambda 7 of 100"),
    ],
)
def test_warnings(code, message):
    assert glmnet_solver._problem(code, CvGlmnet(type="cv_glmnet")) == message


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SoakError, match="pip install glmstar"):
        glmnet_solver._extension.__wrapped__("no_such_extension")


def test_an_extension_that_the_package_lacks():
    with pytest.raises(SoakError, match="pip install glmstar"):
        glmnet_solver._extension.__wrapped__("no_such_extension")


@pytest.mark.parametrize(
    ("layer", "shown"),
    [
        ({"group_norm": {"num_groups": 2}}, "GroupNorm(2, 4"),
        ("instance_norm2d", "InstanceNorm2d(4"),
        ("batch_norm2d", "BatchNorm2d(4"),
        ("layer_norm", "LayerNorm((4, 3, 3)"),
    ],
)
def test_norms_know_their_size(layer, shown):
    names = tuple(str(column) for column in range(16))
    target = np.arange(8, dtype=np.int32) % 2
    task = Task(
        "T",
        "classification",
        np.zeros((8, 16)),
        names,
        1.0,
        target,
        ("a", "b"),
        np.repeat("A", 8),
        {},
        image_shape=(4, 4),
    )
    conv = {"conv2d": {"out_channels": 4, "kernel_size": 2}}
    graph = TorchGraph(type="torch_graph", graph=[{"reshape": [1, 4, 4]}, conv, layer, "flatten", "head"])
    assert shown in graph.check(task)["network"]
