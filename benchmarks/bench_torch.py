"""CPU seconds of whole fits of torch models, against other ways to do the same work.

Run as ``OMP_NUM_THREADS=1 python benchmarks/bench_torch.py``, with envs/bench.txt installed.
All are measured in one run and one thread, in turns because machines are noisy, and the fastest repetition counts.
The first table is of a linear model, the second of the paper's kinds of dense and convolutional networks beside the same
operations in a bare loop; the third says what memory a fit on 70,000 images takes beside its matrix.
The data are Fashion-MNIST's first 667 images of tests/files: 784 features, 10 classes, batches of at
most 500, 1000 epochs of selection on half of them and a refit on all. The learning rate is 0.02, so that the best
epoch is among the last and the refit as long as the selection.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import skorch
import torch
from numpy.typing import NDArray
from skorch.callbacks import EpochScoring
from skorch.helper import predefined_split
from stand_ins import images
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from soak.learners.base import Fit, TrainData
from soak.learners.torch_graph import TorchGraph
from soak.learners.torch_mlp import TorchMlp
from soak.networks.rows import split_halves
from soak.tasks.task import Task, TaskRows

N_ROWS, EPOCHS, BATCH, RATE, SEED = 667, 1000, 500, 0.02, 1
REPEATS = {"skorch": 2}  # of the others 5
GOALS = {
    "plain torch loop": "goal: ours at least 2.5 times less",
    "skorch": "goal: ours at least 8 times less",
    "matrix products": "goal: ours at most 1.5 times as much",
}


# The paper's kinds of networks, with fewer epochs
NETWORKS: dict[str, list[Any]] = {
    "dense": [{"linear": 500}, "relu", {"linear": 100}, "relu", "head"],
    "convolutional": [
        {"reshape": [1, 28, 28]}, {"conv2d": {"out_channels": 20, "kernel_size": 6}}, "relu", {"max_pool2d": 4},
        "flatten", {"linear": 50}, "relu", "head",
    ],
}  # fmt: skip
NETWORK_EPOCHS = 10
LARGE = 70_000  # rows, of which memory is measured


def fashion_rows(n_rows: int = N_ROWS) -> TaskRows:
    """The first images as the train set of a task; more than 1,000 are the same ones again."""
    pixels, labels = images()
    y = labels.astype(np.int32)
    if n_rows > len(y):
        pixels, y = np.tile(pixels, (n_rows // 1000, 1)), np.tile(y, n_rows // 1000)
    names = tuple(f"p{i}" for i in range(784))
    classes = tuple(map(str, range(10)))
    subset = np.full(len(y), "train")
    task = Task("Fashion", "classification", pixels, names, 255.0, y, classes, subset, {"y": y.astype(str)})
    return TaskRows(task, np.arange(n_rows))


def our_fit(rows: TaskRows) -> Fit:
    learner = TorchMlp(type="torch_mlp", epochs=EPOCHS, batch_size=BATCH, optimizer={"sgd": {"lr": RATE}})
    return learner.fit("linear", TrainData(rows, SEED, SEED, "cpu"))


def plain_loop(X: Tensor, y: Tensor, validation: tuple[Tensor, Tensor] | None, epochs: int) -> list[tuple[float, ...]]:
    """The loop that torch's tutorials show: shuffled batches, loss and error of both sets at each epoch."""
    model = nn.Linear(784, 10)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    history = []
    for _ in range(epochs):
        loss_sum, errors = 0.0, 0
        for index in torch.randperm(len(y)).split(BATCH):
            scores = model(X[index])
            loss = cross_entropy(scores, y[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(index)
            errors += (scores.argmax(1) != y[index]).sum().item()
        row = [loss_sum / len(y), errors / len(y)]
        if validation is not None:
            with torch.no_grad():
                scores = model(validation[0])
                row += [
                    cross_entropy(scores, validation[1]).item(),
                    (scores.argmax(1) != validation[1]).float().mean().item(),
                ]
        history.append(tuple(row))
    return history


def skorch_fit(
    X: NDArray[np.float32], y: NDArray[np.int64], validation: tuple[object, object] | None, epochs: int
) -> None:
    """The same with skorch, which measures the losses by itself and the errors by a callback."""
    split = predefined_split(skorch.dataset.Dataset(*validation)) if validation is not None else None
    callbacks = [EpochScoring("accuracy", name="train_acc", on_train=True, lower_is_better=False)]
    net = skorch.NeuralNetClassifier(
        nn.Linear,
        module__in_features=784,
        module__out_features=10,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.SGD,
        lr=RATE,
        batch_size=BATCH,
        max_epochs=epochs,
        iterator_train__shuffle=True,
        train_split=split,
        callbacks=callbacks,
        verbose=0,
    )
    net.fit(X, y)


def matrix_products(X: Tensor, validation: Tensor | None, epochs: int) -> None:
    """Only the matrix products of these epochs: scores and gradient of each batch, scores of the validation rows."""
    weight = torch.randn(784, 10)
    gradient = torch.empty_like(weight)
    batches = [(rows, torch.empty(len(rows), 10)) for rows in X.split(BATCH)]
    scores = None if validation is None else torch.empty(len(validation), 10)
    for _ in range(epochs):
        for rows, outputs in batches:
            torch.mm(rows, weight, out=outputs)
            torch.mm(rows.T, outputs, out=gradient)
        if validation is not None:
            torch.mm(validation, weight, out=scores)


def graph_learner(name: str, epochs: int) -> TorchGraph:
    optimizer = {"sgd": {"lr": RATE}}
    return TorchGraph(type="torch_graph", graph=NETWORKS[name], epochs=epochs, batch_size=BATCH, optimizer=optimizer)


def bare_loop(network: nn.Module, X: Tensor, y: Tensor, validation: tuple[Tensor, Tensor] | None, epochs: int) -> None:
    """The steps of a network and an evaluation after each epoch, and nothing else: no history, no choice of the best."""
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE)
    for _ in range(epochs):
        network.train()
        for index in torch.randperm(len(y)).split(BATCH):
            loss = cross_entropy(network(X[index]), y[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if validation is not None:
            network.eval()
            with torch.no_grad():
                cross_entropy(network(validation[0]), validation[1]).item()


def compare_network(name: str) -> None:
    """A network of torch_graph beside the bare loop over the same network."""
    rows = fashion_rows()
    learner = graph_learner(name, NETWORK_EPOCHS)
    subtrain, valid = split_halves(len(rows), 0.5, rows.strata, None, SEED)
    X, y = torch.from_numpy(rows.features(np.float32)), torch.from_numpy(rows.target.astype(np.int64))
    halves = X[subtrain], y[subtrain], (X[valid], y[valid])
    selected = learner.fit(name, TrainData(rows, SEED, SEED, "cpu")).info["selected_epochs"]

    def bare() -> None:
        bare_loop(learner.network(rows.task), *halves, NETWORK_EPOCHS)
        bare_loop(learner.network(rows.task), X, y, None, selected)

    taken = measure({"ours": lambda: learner.fit(name, TrainData(rows, SEED, SEED, "cpu")), "bare": bare})
    print(
        f"{name:18} {taken['ours']:7.2f}   bare loop {taken['bare']:7.2f}   ours {taken['ours'] / taken['bare']:5.2f} times "
        "it   goal: at most 1.3 times"
    )


def memory_of(name: str) -> None:
    """Print what a fit on many images takes beside their matrix in float32, in this process."""
    rows = fashion_rows(LARGE)
    learner = graph_learner(name, 1)
    learner.fit(name, TrainData(TaskRows(rows.task, rows.rows[:1000]), SEED, SEED, "cpu"))  # torch's own memory
    before = _megabytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # Linux: begins the peak anew
    start = time.process_time()
    learner.fit(name, TrainData(rows, SEED, SEED, "cpu"))
    matrix = LARGE * 784 * 4 / 2**20
    print(
        f"{name:18} {_megabytes('VmHWM') - before:7.0f} MB, of which the matrix is {matrix:.0f} MB; "
        f"{time.process_time() - start:.0f} CPU s for an epoch of selection and one of refit"
    )


def _megabytes(kind: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind)) / 1024


def main() -> None:
    torch.set_num_threads(1)
    if len(sys.argv) > 1:
        memory_of(sys.argv[1])
        return
    compare_linear()
    print(
        f"Networks, {N_ROWS} x 784, batches of {BATCH}: {NETWORK_EPOCHS} epochs of selection and a refit; CPU seconds"
    )
    for name in NETWORKS:
        compare_network(name)
    print(f"Memory of a fit on {LARGE} x 784 pixels, beside what the process has before", flush=True)
    for name in NETWORKS:
        subprocess.run([sys.executable, __file__, name], check=True)


def compare_linear() -> None:
    rows = fashion_rows()
    selected = our_fit(rows).info["selected_epochs"]
    subtrain, valid = split_halves(len(rows), 0.5, rows.strata, None, SEED)
    features, codes = rows.features(np.float32), rows.target.astype(np.int64)
    X, y = torch.from_numpy(features), torch.from_numpy(codes)
    halves = X[subtrain], y[subtrain], (X[valid], y[valid])

    def plain() -> None:
        plain_loop(*halves, EPOCHS)
        plain_loop(X, y, None, selected)

    def by_skorch() -> None:
        skorch_fit(features[subtrain], codes[subtrain], (features[valid], codes[valid]), EPOCHS)
        skorch_fit(features, codes, None, selected)

    def products() -> None:
        matrix_products(X[subtrain], X[valid], EPOCHS)
        matrix_products(X, None, selected)

    ways: dict[str, Callable[[], object]] = {
        "soak, whole fit": lambda: our_fit(rows),
        "plain torch loop": plain,
        "matrix products": products,
        "skorch": by_skorch,
    }
    print_table(measure(ways), selected)


def measure(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """CPU seconds of each way, the lowest of several turns."""
    fewest: dict[str, float] = {}
    for turn in range(5):
        for name, way in ways.items():
            if turn < REPEATS.get(name, 5):
                start = time.process_time()
                way()
                seconds = time.process_time() - start
                fewest[name] = min(seconds, fewest.get(name, seconds))
    return fewest


def print_table(seconds: dict[str, float], selected: int) -> None:
    ours = seconds["soak, whole fit"]
    print(f"Linear model, {N_ROWS} x 784, 10 classes: {EPOCHS} epochs of selection, {selected} of refit; CPU seconds")
    for name, value in seconds.items():
        ratio = f"{value / ours:6.2f} times ours, ours {ours / value:5.2f} times it"
        print(f"{name:18} {value:7.2f}   {ratio}   {GOALS.get(name, '')}".rstrip())


if __name__ == "__main__":
    main()
