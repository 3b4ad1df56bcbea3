"""The loops of the torch learners: against torch's own, and against each other."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy
from torch_cases import CONV, DENSE, fashion_task, regression_task, settings, train_data

from soak.learners.base import FitFailed
from soak.networks import learner as torch_learner
from soak.networks.data import Rows, read_rows
from soak.networks.epochs import Curves, run_epochs
from soak.networks.learner import fit
from soak.networks.linear import InnerProductTrainer, LinearTrainer, inner_products_pay
from soak.networks.loop import NetworkTrainer
from soak.networks.objective import make_objective
from soak.networks.seeds import one_thread
from soak.tasks.task import TaskRows

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _alone():
    """As in a fit: one thread, and nothing left behind."""
    with one_thread():
        yield


def fashion_halves(n_subtrain=300, n_validation=300, class_weights=None):
    rows = read_rows(TaskRows(fashion_task(), np.arange(n_subtrain + n_validation)), CPU, class_weights)
    return rows.part(0, n_subtrain), rows.part(n_subtrain, n_subtrain + n_validation)


def make_trainer(kind, layer, rows, validation, batch_size=500, lr=0.1, task_type="classification"):
    objective, shuffles = make_objective(None, task_type), torch.Generator().manual_seed(5)
    if kind is NetworkTrainer:
        optimizer = torch.optim.SGD(layer.parameters(), lr=lr)
        return NetworkTrainer(layer, rows, validation, objective, optimizer, None, batch_size, shuffles)
    return kind(layer, rows, validation, objective, lr, batch_size, shuffles)


def start(n_features=784, n_outputs=10):
    torch.manual_seed(1)
    return torch.nn.Linear(n_features, n_outputs)


def plain_loop(layer, rows, validation, epochs):
    """Losses and errors of both sets, with nothing but torch."""
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    subtrain, valid = [], []
    for _ in range(epochs):
        scores = layer(rows.X)
        loss = cross_entropy(scores, rows.y)
        subtrain.append((loss.item(), (scores.argmax(1) != rows.y).float().mean().item()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            scores = layer(validation.X)
            valid.append(
                (cross_entropy(scores, validation.y).item(), (scores.argmax(1) != validation.y).float().mean().item())
            )
    return np.array(subtrain), np.array(valid)


@pytest.mark.parametrize("kind", [NetworkTrainer, LinearTrainer, InnerProductTrainer])
def test_full_batches_agree_with_plain_torch_at_every_epoch(kind):
    rows, validation = fashion_halves()
    subtrain, valid = plain_loop(start(), rows, validation, 500)
    curves = run_epochs(make_trainer(kind, start(), rows, validation), 500)
    np.testing.assert_allclose(np.array(curves.subtrain)[:, 0], subtrain[:, 0], atol=1e-5, rtol=0)
    np.testing.assert_allclose(np.array(curves.validation)[:, 0], valid[:, 0], atol=1e-5, rtol=0)
    assert (np.abs(np.array(curves.subtrain)[:, 1] - subtrain[:, 1]) > 1e-6).mean() < 0.01
    assert (np.abs(np.array(curves.validation)[:, 1] - valid[:, 1]) > 1e-6).mean() < 0.01


@pytest.mark.parametrize(
    ("kind", "batch_size"),
    [(kind, batch_size) for kind in (InnerProductTrainer, LinearTrainer) for batch_size in (300, 200, 77)],
)
@pytest.mark.parametrize("class_weights", [None, "balanced", {"3": 5, "0": 0.1}])
def test_formulas_agree_with_the_general_loop(kind, batch_size, class_weights):
    rows, validation = fashion_halves(class_weights=class_weights)
    network, layer = start(), start()
    general = run_epochs(make_trainer(NetworkTrainer, network, rows, validation, batch_size), 100)
    trainer = make_trainer(kind, layer, rows, validation, batch_size)
    formulas = run_epochs(trainer, 100)
    trainer.finish()
    for name in ("subtrain", "validation"):
        np.testing.assert_allclose(
            np.array(getattr(formulas, name))[:, 0], np.array(getattr(general, name))[:, 0], atol=1e-5, rtol=0
        )
    assert formulas.best == general.best
    test = read_rows(TaskRows(fashion_task(), np.arange(600, 1000)), CPU, None).X
    with torch.no_grad():
        torch.testing.assert_close(layer(test), network(test), atol=2e-5, rtol=0)
        assert ((layer(test).argmax(1) != network(test).argmax(1)).sum()) == 0


@pytest.mark.parametrize(
    ("kind", "batch_size"), [(LinearTrainer, 30), (InnerProductTrainer, 30), (InnerProductTrainer, 80)]
)
def test_formulas_agree_for_regression(kind, batch_size):
    rows = read_rows(TaskRows(regression_task(), np.arange(120)), CPU, None)
    subtrain, validation = rows.part(0, 80), rows.part(80, 120)
    layers = start(5, 1), start(5, 1)
    curves = [
        run_epochs(make_trainer(one, layer, subtrain, validation, batch_size, 0.05, "regression"), 20)
        for one, layer in zip((NetworkTrainer, kind), layers, strict=True)
    ]
    np.testing.assert_allclose(curves[0].validation, curves[1].validation, rtol=1e-5)
    np.testing.assert_allclose(curves[0].subtrain, curves[1].subtrain, rtol=1e-5)


def test_inner_products_keep_what_distinguishes_rows_far_from_the_origin():
    """At lr 1e-9 and features about 3000 float32 inner products would be off by 1e-2."""
    rows, validation = fashion_halves(300, 100)
    far, far_validation = Rows(rows.X.double() + 3000, rows.y), Rows(validation.X.double() + 3000, validation.y)
    curves = run_epochs(make_trainer(NetworkTrainer, start().double(), far, far_validation, lr=1e-9), 100)
    far, far_validation = Rows(rows.X + 3000, rows.y), Rows(validation.X + 3000, validation.y)
    fast = run_epochs(make_trainer(InnerProductTrainer, start(), far, far_validation, lr=1e-9), 100)
    np.testing.assert_allclose(np.array(fast.validation)[:, 0], np.array(curves.validation)[:, 0], rtol=1e-6)


def test_history_is_of_each_batch_before_its_step():
    """One epoch in three batches: the first loss is the start's, not the end's."""
    rows, validation = fashion_halves(30, 30)
    layer = start()
    trainer = make_trainer(NetworkTrainer, layer, rows, validation, batch_size=10)
    index = torch.randperm(30, generator=torch.Generator().manual_seed(5)).split(10)
    expected, copy = 0.0, start()
    optimizer = torch.optim.SGD(copy.parameters(), lr=0.1)
    for batch in index:
        loss = cross_entropy(copy(rows.X[batch]), rows.y[batch])
        expected += loss.item() * 10 / 30
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert trainer.train_epoch()[0] == pytest.approx(expected, rel=1e-6)
    assert trainer.validate()[0] == pytest.approx(cross_entropy(copy(validation.X), validation.y).item(), rel=1e-6)


class Script:
    """A trainer whose validation losses are given."""

    measures = ("log_loss",)

    def __init__(self, losses):
        self.losses = iter(losses)

    def train_epoch(self):
        return [0.5]

    def validate(self):
        return [next(self.losses)]


@pytest.mark.parametrize(
    ("losses", "patience", "min_delta", "best", "done"),
    [
        ([5, 4, 3, 3, 3], None, 0, 3, 5),
        ([5, 4, 4.5, 4.2, 3], 2, 0, 2, 4),
        ([5, 4, 4.5, 3.9, 3], 2, 0, 5, 5),
        ([5, 4.95, 4.85, 4.8, 4.7], None, 0.1, 5, 5),
        ([5, 4.95, 4.91, 4.905, 4.9], 4, 0.1, 1, 5),
        ([5, 6, 7], 1, 0, 1, 2),
    ],
)
def test_best_epoch_and_patience(losses, patience, min_delta, best, done):
    curves = run_epochs(Script(losses), len(losses), patience, min_delta)
    assert (curves.best, len(curves.validation)) == (best, done)


def test_no_number_is_a_failed_fit():
    with pytest.raises(FitFailed, match=r"diverged: validation log_loss is nan at epoch 3"):
        run_epochs(Script([5, 4, float("nan"), 3]), 4)


@pytest.mark.parametrize("network", [{"neurons": []}, {"neurons": [20]}])
def test_divergence_of_a_fit_is_told(network):
    task = regression_task()
    with pytest.raises(
        FitFailed, match=r"diverged: (subtrain|validation) mean_squared_error is (nan|inf) at epoch \d+"
    ):
        fit(settings(optimizer={"sgd": {"lr": 100}}, epochs=200, **network), "m", train_data(task))


def test_history_columns():
    curves = Curves(("log_loss", "zero_one_loss"), [[2.0, 0.5]], [[3.0, 0.25]], 1)
    assert curves.history().to_numpy().tolist() == [
        [1, "subtrain", "log_loss", 2.0],
        [1, "subtrain", "zero_one_loss", 0.5],
        [1, "validation", "log_loss", 3.0],
        [1, "validation", "zero_one_loss", 0.25],
    ]


def test_linear_models_take_the_formulas_and_agree_as_whole_fits(monkeypatch):
    """The same fit with the formulas and, plain SGD denied, by the general loop."""
    task, some = fashion_task(), settings(epochs=150, batch_size=400)
    used = []
    monkeypatch.setattr(
        torch_learner, "run_epochs", lambda trainer, *rest: used.append(type(trainer)) or run_epochs(trainer, *rest)
    )
    train, test = np.arange(600), TaskRows(task, np.arange(600, 1000))
    fast = fit(some, "m", train_data(task, train))
    assert used == [InnerProductTrainer, InnerProductTrainer]
    monkeypatch.setattr(torch_learner, "plain_sgd_rate", lambda settings: None)
    general = fit(some, "m", train_data(task, train))
    assert used[2:] == [NetworkTrainer, NetworkTrainer]
    assert fast.info == general.info
    np.testing.assert_allclose(fast.history.value, general.history.value, atol=1e-5)
    ours, other = fast.predict["m"](test), general.predict["m"](test)
    np.testing.assert_allclose(ours.probabilities, other.probabilities, atol=1e-5)
    assert (ours.response == other.response).all()


def test_inner_products_pay_only_with_few_rows_and_many_epochs():
    assert inner_products_pay(333, 334, 784, 10, 1000)
    assert not inner_products_pay(2000, 2000, 784, 10, 1000)
    assert not inner_products_pay(333, 334, 784, 10, 5)


@pytest.mark.parametrize("graph", [CONV, DENSE])
def test_networks_of_the_blog_train(graph):
    task = fashion_task()
    train, test = np.arange(0, 1000, 2), TaskRows(task, np.arange(1, 1000, 2))
    trained = fit(settings("torch_graph", graph=graph, epochs=15, batch_size=25), "g", train_data(task, train))
    loss = trained.history.query("set == 'validation' and measure == 'log_loss'").value
    assert loss.iloc[0] > loss.min() + 0.3
    prediction = trained.predict["g"](test)
    assert (prediction.response != test.target).mean() < 0.35
    assert prediction.probabilities.dtype == np.float32
    np.testing.assert_allclose(prediction.probabilities.sum(1), 1, atol=1e-5)
