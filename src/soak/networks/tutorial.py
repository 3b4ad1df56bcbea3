"""The blog post's plain torch loop: a linear model by full-batch gradient descent, both halves measured at each epoch.

The post's printed numbers are in tests/reference/seed_tutorial.csv.
"""

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from soak.networks.seeds import one_thread

SETS = ("validation", "subtrain")


def torch_loop(
    features: NDArray[np.float32],
    target: NDArray[np.int32],
    n_classes: int,
    image_shape: tuple[int, ...] | None,
    seed: int,
    epochs: int = 1000,
    lr: float = 0.1,
) -> pd.DataFrame:
    """Train a linear model on the 2nd, 4th, … rows; the 1st, 3rd, … rows are the validation set.

    R's ``array(X, c(n, 1, 28, 28))`` fills column by column, so that the post's images are transposed before they are
    flattened. That is only another order of the pixels, but with the same weights at the start another model.

    The weights at the start are float32 and so are the losses, as in the post; the steps are float64. The post's
    minimum of the validation loss (epoch 874) is lower than its neighbour by 5e-9, a tenth of a rounding of
    float32: with float32 steps it is at epoch 874 or 875, as the processor adds; with float64 steps it is at 874.

    Parameters
    ----------
    features : array of shape (n, p)
        Intensities in [0, 1], each image row by row.
    target : array of shape (n,)
        Class codes below ``n_classes``.
    n_classes : int
    image_shape : (height, width) or (channels, height, width), or None
        None takes the features in their own order.
    seed : int
        For ``torch.manual_seed`` before the layer is made.
    epochs : int
    lr : float
        Learning rate.

    Returns
    -------
    DataFrame with columns epoch (from 1), set, measure, value
        ``error_percent`` and ``loss`` (mean cross entropy) of both sets before the epoch's step, validation first.
    """
    columns = _column_order(features.shape[1], image_shape)
    curves: dict[str, list[tuple[Tensor, Tensor]]] = {name: [] for name in SETS}
    with one_thread():
        halves = {name: _half(features[first::2, columns], target[first::2]) for first, name in enumerate(SETS)}
        torch.manual_seed(seed)
        model = torch.nn.Linear(features.shape[1], n_classes).double()
        optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        for _ in range(epochs):
            for name in SETS:
                X_set, y_set = halves[name]
                scores = model(X_set)
                curves[name].append(((scores.argmax(1) != y_set).sum(), cross_entropy(scores.float(), y_set).detach()))
            optimizer.zero_grad()  # the subtrain set comes last: its scores give the step
            torch.autograd.backward(cross_entropy(scores, y_set))
            optimizer.step()
    return _table(curves, {name: len(halves[name][1]) for name in SETS})


def _half(features: NDArray[np.float32], target: NDArray[np.int32]) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(features.astype(np.float64, order="C")), torch.from_numpy(target.astype(np.int64))


def _column_order(n_features: int, image_shape: tuple[int, ...] | None) -> NDArray[np.int64]:
    order = np.arange(n_features)
    return order if image_shape is None else order.reshape(image_shape).swapaxes(-1, -2).ravel()


def _table(curves: dict[str, list[tuple[Tensor, Tensor]]], sizes: dict[str, int]) -> pd.DataFrame:
    rows = []
    for epoch, pair in enumerate(zip(*curves.values(), strict=True), start=1):
        for name, (errors, loss) in zip(curves, pair, strict=True):
            rows.append((epoch, name, "error_percent", 100 * errors.item() / sizes[name]))
            rows.append((epoch, name, "loss", loss.item()))
    return pd.DataFrame(rows, columns=["epoch", "set", "measure", "value"])
