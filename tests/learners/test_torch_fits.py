"""Whole fits of the torch learners."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch_cases import CONV, DENSE, fashion_task, regression_task, settings, train_data

from soak.errors import FitFailed, SoakError
from soak.tasks.task import TaskRows

EVERYTHING = {
    "neurons": [16],
    "batch_norm": True,
    "dropout": 0.2,
    "epochs": 8,
    "batch_size": 40,
    "optimizer": {"adam": {"lr": 0.01, "weight_decay": 0.001}},
    "scheduler": {"step_lr": {"step_size": 3}},
    "class_weights": "balanced",
}


def bytes_of(trained, test):
    prediction = trained.predict["m"](test)
    return prediction.probabilities.tobytes(), trained.history.to_csv(), trained.info


@pytest.mark.parametrize(
    "some",
    [
        {"epochs": 30, "batch_size": 60},
        EVERYTHING,
        {"type": "torch_graph", "graph": CONV, "epochs": 2, "batch_size": 50},
    ],
)
def test_same_bytes_on_any_number_of_threads(some):
    task = fashion_task(300)
    train, test, before = np.arange(200), TaskRows(task, np.arange(200, 300)), torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            torch.manual_seed(threads)
            np.random.seed(threads)
            results.append(bytes_of(settings(**some).fit("m", train_data(task, train)), test))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert results[0] == results[1]
    other = bytes_of(settings(**some).fit("m", train_data(task, train, torch_seed=12)), test)
    assert other[0] != results[0][0]


def test_fit_leaves_the_global_random_numbers_alone():
    task, state = fashion_task(100), torch.get_rng_state()
    settings(**EVERYTHING).fit("m", train_data(task))
    assert torch.equal(torch.get_rng_state(), state)


def test_history_and_selected_epochs():
    trained = settings(epochs=40, patience=3, optimizer={"sgd": {"lr": 1}}).fit("m", train_data(fashion_task(200)))
    history = trained.history
    assert list(history.columns) == ["epoch", "set", "measure", "value"]
    assert set(history["set"]) == {"subtrain", "validation"}
    assert set(history.measure) == {"log_loss", "zero_one_loss"}
    loss = history.query("set == 'validation' and measure == 'log_loss'").set_index("epoch").value
    best = trained.info["selected_epochs"]
    assert loss.idxmin() == best
    assert len(loss) == min(best + 3, 40)
    assert len(loss) < 40


def test_without_validation_all_epochs_are_trained():
    trained = settings(epochs=7, validate=None).fit("m", train_data(fashion_task(100)))
    assert trained.info == {"selected_epochs": 7}
    assert set(trained.history["set"]) == {"subtrain"}
    assert trained.history.epoch.max() == 7


def test_validate_as_one_of_so_many_folds():
    task = fashion_task(100)
    folds = settings(epochs=5, validate=4).fit("m", train_data(task))
    share = settings(epochs=5, validate=0.25).fit("m", train_data(task))
    assert folds.history.equals(share.history)


def test_regression():
    task = regression_task(300)
    test = TaskRows(task, np.arange(200, 300))
    for some in ({}, {"neurons": [20], "loss": "huber_loss"}, {"loss": {"smooth_l1_loss": {"beta": 2}}}):
        trained = settings(epochs=300, batch_size=50, optimizer={"sgd": {"lr": 0.02}}, **some).fit(
            "m",
            train_data(task, np.arange(200)),
        )
        prediction = trained.predict["m"](test)
        assert prediction.probabilities is None
        assert prediction.response.dtype == np.float64
        assert np.corrcoef(prediction.response, test.target)[0, 1] > 0.99
        assert set(trained.history.measure) == {"mean_squared_error"}


def test_two_classes():
    fashion = fashion_task()
    chosen = np.flatnonzero(np.isin(fashion.target, [0, 9]))
    binary = replace(
        fashion, features=fashion.features[chosen], target=(fashion.target[chosen] == 9).astype(np.int32),
        classes=("boot", "shirt"), subset=fashion.subset[chosen], strata={},
    )  # fmt: skip
    trained = settings(epochs=50).fit("m", train_data(binary, np.arange(0, len(chosen), 2)))
    test = TaskRows(binary, np.arange(1, len(chosen), 2))
    prediction = trained.predict["m"](test)
    assert prediction.probabilities.shape == (len(test), 2)
    assert (prediction.response == test.target).mean() > 0.97


def test_groups_are_not_in_both_halves(monkeypatch):
    """The rows that reach the two halves, seen through the split itself."""
    from soak.networks import training

    group = np.arange(300) // 7
    seen = []
    real = training.split_halves

    def spy(n_rows, share, strata, groups, seed):
        seen.append((groups, *real(n_rows, share, strata, groups, seed)))
        return seen[-1][1:]

    monkeypatch.setattr(training, "split_halves", spy)
    task = fashion_task(300, group=group)
    settings(epochs=2).fit("m", train_data(task, np.arange(10, 300)))
    ((groups, subtrain, validation),) = seen
    assert np.array_equal(groups, group[10:])
    assert not set(groups[subtrain]) & set(groups[validation])


def test_weights_of_classes_and_rows_change_the_fit_alike():
    task = fashion_task(200)
    weighted = replace(task, weights=np.where(task.target == 3, 10.0, 1.0))
    test = TaskRows(task, np.arange(150, 200))
    some = {"epochs": 10, "validate": None}
    by_class = settings(class_weights={3: 10}, **some).fit("m", train_data(task, np.arange(150)))
    by_row = settings(**some).fit("m", train_data(weighted, np.arange(150)))
    plain = settings(**some).fit("m", train_data(task, np.arange(150)))
    ours = by_class.predict["m"](test).probabilities
    assert np.array_equal(ours, by_row.predict["m"](test).probabilities)
    assert ours[:, 3].mean() > plain.predict["m"](test).probabilities[:, 3].mean() + 0.05


def test_weight_of_an_unknown_class():
    with pytest.raises(SoakError, match="class_weights: there is no class '33'"):
        settings(class_weights={"33": 1}).fit("m", train_data(fashion_task(50)))


def test_batch_norm_cannot_train_on_a_last_batch_of_one_row():
    with pytest.raises(FitFailed, match="last batch of one"):
        settings(neurons=[5], batch_norm=True, batch_size=10, validate=None).fit("m", train_data(fashion_task(21)))


def test_cuda_without_a_gpu():
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA GPU")
    data = replace(train_data(fashion_task(50)), device="cuda")
    with pytest.raises(SoakError, match="finds no CUDA GPU"):
        settings().fit("m", data)


def test_a_users_network_trains(tmp_path, monkeypatch):
    (tmp_path / "trained_networks.py").write_text(
        "import torch\n"
        "class Wide(torch.nn.Sequential):\n"
        "    def __init__(self, n_features, n_outputs, width):\n"
        "        super().__init__(torch.nn.Linear(n_features, width), torch.nn.ReLU(), torch.nn.Linear(width, n_outputs))\n"
    )
    monkeypatch.chdir(tmp_path)
    task = fashion_task(400)
    own = settings("torch_module", epochs=60, **{"class": "trained_networks.Wide", "params": {"width": 30}})
    trained = own.fit("m", train_data(task, np.arange(300)))
    test = TaskRows(task, np.arange(300, 400))
    assert (trained.predict["m"](test).response == test.target).mean() > 0.6
    same = settings(neurons=[30], epochs=60).fit("m", train_data(task, np.arange(300)))
    assert np.array_equal(
        same.predict["m"](test).probabilities, trained.predict["m"](test).probabilities
    )  # the same layers, drawn in the same order


def test_a_linear_model_leaves_its_weights_and_they_give_its_predictions():
    task = fashion_task(200)
    test = TaskRows(task, np.arange(100, 200))
    trained = settings(epochs=3).fit("m", train_data(task, np.arange(100)))
    table = trained.tables["coefficients"]
    wide = table.pivot(index="class", columns="feature", values="value").loc[list(task.classes)]
    outputs = test.features() @ wide[list(task.feature_names)].to_numpy().T + wide["(Intercept)"].to_numpy()
    np.testing.assert_array_equal(outputs.argmax(axis=1), trained.predict["m"](test).response)


def test_a_network_with_hidden_layers_leaves_no_table_of_weights():
    task = fashion_task(100)
    assert "coefficients" not in settings(epochs=1, neurons=[4]).fit("m", train_data(task)).tables


@pytest.mark.parametrize("network", [{"neurons": []}, {"neurons": [20]}])
def test_a_fit_that_diverges_fails_with_the_epoch(network):
    task = regression_task()
    with pytest.raises(
        FitFailed, match=r"diverged: (subtrain|validation) mean_squared_error is (nan|inf) at epoch \d+"
    ):
        settings(optimizer={"sgd": {"lr": 100}}, epochs=200, **network).fit("m", train_data(task))


def test_formulas_of_a_linear_model_agree_with_the_general_loop_as_whole_fits():
    """SGD with ``momentum: 0`` takes the same steps as plain SGD, which has its own trainers."""
    task = fashion_task()
    train, test = np.arange(600), TaskRows(task, np.arange(600, 1000))
    trained = [
        settings(epochs=150, batch_size=400, optimizer={"sgd": sgd}).fit("m", train_data(task, train))
        for sgd in ({"lr": 0.1}, {"lr": 0.1, "momentum": 0})
    ]
    assert trained[0].info == trained[1].info
    np.testing.assert_allclose(trained[0].history.value, trained[1].history.value, atol=1e-5)
    fast, general = (fit.predict["m"](test) for fit in trained)
    np.testing.assert_allclose(fast.probabilities, general.probabilities, atol=1e-5)
    assert (fast.response == general.response).all()


def test_plain_sgd_does_not_import_torchs_compiler():
    """It would take a second in each process that fits."""
    code = (
        "import sys; from torch_cases import *; task = fashion_task(100); mlp = settings(epochs=2);"
        "mlp.check(task); mlp.fit('m', train_data(task)); print([m for m in sys.modules if m.startswith('torch._dynamo')])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("graph", [CONV, DENSE])
def test_networks_of_the_blog_train(graph):
    task = fashion_task()
    train, test = np.arange(0, 1000, 2), TaskRows(task, np.arange(1, 1000, 2))
    trained = settings("torch_graph", graph=graph, epochs=15, batch_size=25).fit("g", train_data(task, train))
    loss = trained.history.query("set == 'validation' and measure == 'log_loss'").value
    assert loss.iloc[0] > loss.min() + 0.3
    prediction = trained.predict["g"](test)
    assert (prediction.response != test.target).mean() < 0.35
    assert prediction.probabilities.dtype == np.float32
    np.testing.assert_allclose(prediction.probabilities.sum(1), 1, atol=1e-5)
