"""Networks from settings, and the messages for settings that give none."""

import numpy as np
import pytest
from torch_cases import CONV, settings

from soak.errors import SoakError
from soak.tasks.task import Task


def empty_task(n_features=784, image_shape=(28, 28), n_outputs=10):
    """A task without rows, for regression if it has one output."""
    classes = tuple(str(code) for code in range(n_outputs)) if n_outputs > 1 else ()
    names = tuple(f"p{column}" for column in range(n_features))
    task_type = "classification" if classes else "regression"
    target, subset = np.empty(0, np.int32), np.empty(0, str)
    return Task(
        "T",
        task_type,
        np.empty((0, n_features)),
        names,
        1.0,
        target,
        classes,
        subset,
        {},
        None,
        None,
        None,
        image_shape,
    )


def described(learner, *task):
    return learner.check(empty_task(*task))["network"]


def message(type="torch_graph", **values):
    with pytest.raises(SoakError) as error:
        described(settings(type, **values))
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("values", [{"type": "torch_mlp"}, {"type": "torch_graph", "graph": ["head"]}])
def test_linear_model_has_7850_parameters(values):
    printed = described(settings(**values))
    assert "Linear(in_features=784, out_features=10, bias=True)" in printed
    assert printed.endswith("7,850 parameters")


def test_shapes_of_the_convolutional_network_are_inferred():
    printed = described(settings("torch_graph", graph=CONV))
    assert "Conv2d(1, 20, kernel_size=(6, 6), stride=(1, 1))" in printed
    assert "Linear(in_features=500, out_features=50, bias=True)" in printed
    n_parameters = (36 * 20 + 20) + (500 * 50 + 50) + (50 * 10 + 10)
    assert printed.endswith(f"{n_parameters:,} parameters")


def test_perceptron_with_everything():
    activation = {"leaky_relu": {"negative_slope": 0.2}}
    mlp = settings(neurons=[30, 20], batch_norm=True, activation=activation, dropout=0.3)
    printed = described(mlp, 784, None, 1)
    layers = [line.split(": ")[1].split("(")[0] for line in printed.splitlines() if ": " in line]
    assert layers == ["Linear", "BatchNorm1d", "LeakyReLU", "Dropout"] * 2 + ["Linear"]


def test_names_may_be_torchs_own_and_one_value_is_the_first_argument():
    graph = [{"Reshape": [1, 28, 28]}, "BatchNorm2d", "batch_norm", {"MaxPool2d": 4}, "Flatten", {"linear": 7}, "head"]
    printed = described(settings("torch_graph", graph=graph), 784, None, 3)
    assert "Linear(in_features=49, out_features=7" in printed


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
    conv = {"conv2d": {"out_channels": 4, "kernel_size": 2}}
    graph = settings("torch_graph", graph=[{"reshape": [1, 4, 4]}, conv, layer, "flatten", "head"])
    assert shown in described(graph, 16, (4, 4), 2)


@pytest.mark.parametrize(
    ("graph", "parts"),
    [
        (CONV[1:], ["operation 1 (conv2d)", "shape (784)"]),
        ([*CONV[:4], "head"], ["operation 5 (head)", "(20, 5, 5)", "flatten"]),
        (CONV[:5], ["(500)", "the task needs (10)", "head"]),
        ([{"reshape": [1, 27, 28]}, "head"], ["operation 1 (reshape)", "[1, 27, 28]", "(784)"]),
        ([{"reshape": "square"}, "head"], ["operation 1 (reshape)", "[1, 28, 28]", "'square'"]),
        ([CONV[0], {"max_pool2d": 40}, "flatten", "head"], ["operation 2 (max_pool2d)", "(1, 28, 28)"]),
        ([CONV[0], {"conv2d": {"out_chanels": 2}}], ["operation 2 (conv2d)", "did you mean 'out_channels'?"]),
        ([CONV[0], {"conv2d": {"out_channels": 2}}], ["operation 2 (conv2d)", "kernel_size"]),
        ([{"lineer": 3}, "head"], ["operation 1 (lineer)", "did you mean 'linear'?"]),
        ([{"dropout": 2}, "head"], ["operation 1 (dropout)", "between 0 and 1"]),
        ([{"lstm": {"input_size": 784, "hidden_size": 3}}, "head"], ["operation 1 (lstm)", "one array"]),
        ([{"head": 3}], ["operation 1 (head)", "takes no arguments"]),
        ([{"reshape": [1, 7, 7, 4, 4]}, "batch_norm"], ["operation 2 (batch_norm)", "(1, 7, 7, 4, 4)"]),
        ([{"flatten": {"start_dim": 0}}, {"linear": 2}], ["operation 1 (flatten)", "one array of numbers per row"]),
        ([{"linear": 1}, {"flatten": {"start_dim": 0}}, "head"], ["operation 2 (flatten)", "per row"]),
    ],
)
def test_an_operation_that_does_not_fit_is_named(graph, parts):
    text = message(graph=graph)
    assert all(part in text for part in parts), text


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        ({"optimizer": {"sdg": {"lr": 1}}}, ["optimizer", "did you mean 'sgd'?"]),
        ({"optimizer": {"sgd": {"learning_rate": 1}}}, ["optimizer: sgd", "'learning_rate'"]),
        ({"optimizer": {"adam": {"lr": -1}}}, ["optimizer: adam", "Invalid learning rate"]),
        ({"optimizer": {"adam": {"lr": "fast"}}}, ["optimizer: adam"]),
        ({"optimizer": {"lbfgs": {}}}, ["optimizer", "lbfgs"]),
        ({"scheduler": {"step_lr": {}}}, ["scheduler: step_lr", "step_size"]),
        ({"scheduler": {"stepper": {}}}, ["scheduler", "stepper"]),
        ({"loss": "cros_entropy"}, ["loss", "did you mean 'cross_entropy'?"]),
        ({"loss": {"cross_entropy": {"reduction": "sum"}}}, ["loss: cross_entropy", "reduction"]),
        ({"loss": {"cross_entropy": {"label_smoothing": 7}}}, ["loss: cross_entropy", "label_smoothing"]),
        ({"loss": "mse_loss"}, ["loss: mse_loss is for regression", "cross_entropy"]),
        ({"neurons": [3], "activation": "rel"}, ["activation", "did you mean 'relu'?"]),
        ({"neurons": [3], "activation": {"relu": {"slope": 1}}}, ["activation: relu", "slope"]),
        ({"neurons": [4], "activation": "glu"}, ["activation"]),
    ],
)
def test_a_setting_that_torch_does_not_take_is_named(values, parts):
    text = message("torch_mlp", **values)
    assert all(part in text for part in parts), text


@pytest.mark.parametrize("optimizer", ["SGD", "adam", "AdamW", "RMSprop", "rmsprop", "adagrad"])
@pytest.mark.parametrize("scheduler", [None, {"step_lr": {"step_size": 5}}, {"ReduceLROnPlateau": {"patience": 2}}])
def test_names_of_optimizers_and_schedulers(optimizer, scheduler):
    described(settings(optimizer={optimizer: {"lr": 0.1}}, scheduler=scheduler), 4, None, 2)


@pytest.fixture
def user_module(tmp_path, monkeypatch):
    """A user's file beside the config: the working directory."""
    (tmp_path / "users_networks.py").write_text(
        "import torch\n"
        "class Small(torch.nn.Module):\n"
        "    def __init__(self, n_features, n_outputs, width=3):\n"
        "        super().__init__()\n"
        "        self.layers = torch.nn.Sequential(\n"
        "            torch.nn.Linear(n_features, width), torch.nn.Tanh(), torch.nn.Linear(width, n_outputs))\n"
        "    def forward(self, x):\n"
        "        return self.layers(x)\n"
        "class Picture(torch.nn.Module):\n"
        "    def __init__(self, n_features, n_outputs, image_shape):\n"
        "        super().__init__()\n"
        "        self.image_shape = image_shape\n"
        "        self.head = torch.nn.Linear(image_shape[0], n_outputs)\n"
        "    def forward(self, x):\n"
        "        return self.head(x.reshape(-1, *self.image_shape).mean(2))\n"
        "class Wrong(Small):\n"
        "    def forward(self, x):\n"
        "        return self.layers(x)[:, :1]\n"
        "class Broken(Small):\n"
        "    def forward(self, x):\n"
        "        raise KeyError('not today')\n"
    )
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("user_module")
def test_a_class_of_the_users_own():
    small = settings("torch_module", **{"class": "users_networks.Small", "params": {"width": 5}})
    assert described(small).endswith(f"{784 * 5 + 5 + 60:,} parameters")
    picture = settings("torch_module", **{"class": "users_networks.Picture"})
    assert described(picture).endswith("290 parameters")


@pytest.mark.usefixtures("user_module")
@pytest.mark.parametrize(
    ("path", "params", "parts"),
    [
        ("users_networks.Smal", {}, ["did you mean 'Small'?"]),
        ("users_network.Small", {}, ["no users_network.py"]),
        ("users_networks.torch", {}, ["to be a class that derives from torch.nn"]),
        ("users_networks.Small", {"widht": 3}, ["did you mean 'width'?"]),
        ("users_networks.Wrong", {}, ["(2, 1)", "(2, 10)"]),
        ("users_networks.Broken", {}, ["forward fails", "not today"]),
        ("decimal.Decimal", {}, ["derives from torch.nn"]),
    ],
)
def test_a_class_that_cannot_be_used(path, params, parts):
    text = message("torch_module", **{"class": path, "params": params})
    assert all(part in text for part in parts), text
