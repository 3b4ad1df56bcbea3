"""The trainers: against torch's own loop, and against each other."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy
from torch_cases import fashion_task, regression_task

from soak.errors import FitFailed
from soak.networks.linear import InnerProductTrainer, LinearTrainer, fastest_trainer
from soak.networks.optimization import make_objective
from soak.networks.rows import Batches, Rows, read_rows
from soak.networks.seeds import one_thread
from soak.networks.training import Curves, NetworkTrainer, run_epochs
from soak.tasks.task import TaskRows

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _alone():
    """Compute in one thread and leave nothing behind, as a fit does."""
    with one_thread():
        yield


def fashion_halves(n_subtrain=300, n_validation=300, class_weights=None):
    rows = read_rows(TaskRows(fashion_task(), np.arange(n_subtrain + n_validation)), CPU, class_weights)
    return rows.part(0, n_subtrain), rows.part(n_subtrain, n_subtrain + n_validation)


def make_trainer(kind, layer, rows, validation, batch_size=500, lr=0.1, task_type="classification"):
    batches = Batches(rows, batch_size, torch.Generator().manual_seed(5))
    if kind is NetworkTrainer:
        optimizer = torch.optim.SGD(layer.parameters(), lr=lr)
        return NetworkTrainer(layer, batches, validation, make_objective(None, task_type), optimizer, None)
    return kind(layer, batches, validation, task_type, lr)


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
        run_epochs(make_trainer(trainer, layer, subtrain, validation, batch_size, 0.05, "regression"), 20)
        for trainer, layer in zip((NetworkTrainer, kind), layers, strict=True)
    ]
    np.testing.assert_allclose(curves[0].validation, curves[1].validation, rtol=1e-5)
    np.testing.assert_allclose(curves[0].subtrain, curves[1].subtrain, rtol=1e-5)


def test_inner_products_keep_what_distinguishes_rows_far_from_the_origin():
    """With lr 1e-9 and features near 3000, inner products summed in float32 would be off by 1e-2."""
    rows, validation = fashion_halves(300, 100)
    far, far_validation = Rows(rows.X.double() + 3000, rows.y), Rows(validation.X.double() + 3000, validation.y)
    curves = run_epochs(make_trainer(NetworkTrainer, start().double(), far, far_validation, lr=1e-9), 100)
    far, far_validation = Rows(rows.X + 3000, rows.y), Rows(validation.X + 3000, validation.y)
    fast = run_epochs(make_trainer(InnerProductTrainer, start(), far, far_validation, lr=1e-9), 100)
    np.testing.assert_allclose(np.array(fast.validation)[:, 0], np.array(curves.validation)[:, 0], rtol=1e-6)


def test_history_is_of_each_batch_before_its_step():
    """One epoch in three batches: the loss of the first one is that of the weights at the start."""
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


def test_a_measure_that_is_not_finite_fails_the_fit():
    with pytest.raises(FitFailed, match=r"diverged: validation log_loss is nan at epoch 3"):
        run_epochs(Script([5, 4, float("nan"), 3]), 4)


def test_history_columns():
    curves = Curves(("log_loss", "zero_one_loss"), [[2.0, 0.5]], [[3.0, 0.25]], 1)
    assert curves.history().to_numpy().tolist() == [
        [1, "subtrain", "log_loss", 2.0],
        [1, "subtrain", "zero_one_loss", 0.5],
        [1, "validation", "log_loss", 3.0],
        [1, "validation", "zero_one_loss", 0.25],
    ]


def test_inner_products_need_few_rows_and_many_epochs():
    assert fastest_trainer(333, 334, 784, 10, 1000) is InnerProductTrainer
    assert fastest_trainer(2000, 2000, 784, 10, 1000) is LinearTrainer
    assert fastest_trainer(333, 334, 784, 10, 5) is LinearTrainer
