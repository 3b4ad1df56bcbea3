"""Plain SGD of a linear model on the CPU by its formulas: the steps of the general loop, without autograd.

A model with weights W, of shape (n_outputs, n_features), and bias b gives the rows X, of shape (n, n_features),
the scores

    S = W X' + b 1'                                   of shape (n_outputs, n).

For a batch of rows x_i with weights w_i the loss is sum_i w_i l_i / sum_i w_i. With g_i the gradient of l_i with
respect to the scores of row i, and the step sizes h_i = rate * w_i / sum_i w_i, a step of SGD is

    W <- W - A X,    b <- b - A 1,    where column i of A is h_i g_i.

`LinearTrainer` computes just that. `InnerProductTrainer` needs fewer multiplications where there are few rows: a step
changes the score of any row z by -A (X z + 1), so that the inner products of all rows, computed once, are all that
the steps need.

Scores have one row per output, so that sums over outputs run along contiguous memory. torch multiplies matrices;
NumPy does the rest on the same memory, since its calls take a third of the time of torch's on arrays this small.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from soak.networks.rows import Batches, Rows

Array = NDArray[Any]

COLUMNS_AT_ONCE = 128  # columns of X that are float64 at a time: bounds the memory of the exact sums
_ALL = slice(None)


def linear_layer(network: nn.Module) -> nn.Linear | None:
    """The single layer of a network that is a linear model with a bias, or None for any other network."""
    layers = list(network) if type(network) is nn.Sequential else [network]
    layers = [layer for layer in layers if type(layer) not in (nn.Flatten, nn.Identity)]
    if len(layers) == 1 and type(layers[0]) is nn.Linear and layers[0].bias is not None:
        return layers[0]
    return None


class RowLosses:
    """Formulas of a loss, for rows whose targets are ``y``."""

    measures: tuple[str, ...]

    def __init__(self, y: Tensor) -> None:
        raise NotImplementedError

    def measure(self, scores: Array) -> list[Array]:
        """Each measure of each row; overwrites ``scores``, of shape (n_outputs, n), with what `step` needs."""
        raise NotImplementedError

    def step(self, scores: Array, step_sizes: Array) -> Array:
        """Matrix A of the step: the gradient of each row's loss times its step size.

        Parameters
        ----------
        scores : array of shape (n_outputs, n)
            As `measure` left it; overwritten with the result.
        step_sizes : array of shape (n,)
        """
        raise NotImplementedError


class CrossEntropy(RowLosses):
    """l_i = log(sum_c exp(s_ci)) - s_yi and g_i = softmax(s_i) - e_y, for the class y of row i."""

    measures = ("log_loss", "zero_one_loss")

    def __init__(self, y: Tensor) -> None:
        codes = y.numpy()
        self.true = codes * len(codes) + np.arange(len(codes))  # position of each row's class in the flat scores

    def measure(self, scores: Array) -> list[Array]:
        scores -= scores.max(0)  # exp cannot overflow, and the true class is predicted where its score is 0
        true_scores = scores.ravel()[self.true]
        np.exp(scores, out=scores)
        self.totals = scores.sum(0)
        return [np.log(self.totals) - true_scores, true_scores < 0]

    def step(self, scores: Array, step_sizes: Array) -> Array:
        scores *= step_sizes / self.totals  # h_i softmax(s_i)
        scores.reshape(-1)[self.true] -= step_sizes  # - h_i e_y
        return scores


class SquaredError(RowLosses):
    """l_i = (s_i - y_i)^2 and g_i = 2 (s_i - y_i)."""

    measures = ("mean_squared_error",)

    def __init__(self, y: Tensor) -> None:
        self.y = y.numpy()

    def measure(self, scores: Array) -> list[Array]:
        scores -= self.y
        return [np.square(scores[0])]

    def step(self, scores: Array, step_sizes: Array) -> Array:
        scores *= 2 * step_sizes
        return scores


LOSSES: Mapping[str, type[RowLosses]] = {"classification": CrossEntropy, "regression": SquaredError}


class LinearTrainer:
    """Two matrix products a step: one for the scores, one for the gradient.

    Parameters
    ----------
    layer : torch.nn.Linear
        The weights at the start; trained in place.
    batches : Batches
        Of the rows to train on; the same as `soak.networks.training.NetworkTrainer` would see.
    validation : Rows or None
    task_type : "classification" or "regression"
        Decides the loss: cross entropy or squared error.
    rate : float
        Learning rate.
    """

    def __init__(
        self, layer: nn.Linear, batches: Batches, validation: Rows | None, task_type: str, rate: float
    ) -> None:
        self.weight, self.bias = layer.weight.detach(), layer.bias.detach()
        self.batches, self.rows = batches, batches.rows
        self.validation = validation
        self.rate = rate
        self.loss = LOSSES[task_type]
        self.measures = self.loss.measures
        self.validation_loss = None if validation is None else self.loss(validation.y)

    def train_epoch(self) -> list[float]:
        sums = np.zeros(len(self.measures))
        for batch in self.batches:
            sums += self._train_step(batch)
        return _means(sums, len(self.rows))

    def _train_step(self, batch: Rows) -> list[float]:
        """Sum of each measure over the batch, before the step."""
        loss = self.loss(batch.y)
        scores = self._scores(batch.X).numpy()
        sums = _sums(loss.measure(scores))
        step = torch.from_numpy(loss.step(scores, _step_sizes(self.rate, batch)))
        self.weight.addmm_(step, batch.X, alpha=-1)  # W <- W - A X
        self.bias.sub_(step.sum(1))  # b <- b - A 1
        return sums

    def validate(self) -> list[float] | None:
        if self.validation is None:
            return None
        return self._validation_measures(self._scores(self.validation.X).numpy())

    def finish(self) -> None:
        """Nothing to do: the weights are the layer's own."""

    def _validation_measures(self, scores: Array) -> list[float]:
        assert self.validation_loss is not None
        return _means(_sums(self.validation_loss.measure(scores)), scores.shape[1])

    def _scores(self, X: Tensor) -> Tensor:
        return torch.addmm(self.bias[:, None], self.weight, X.T)


class InnerProductTrainer(LinearTrainer):
    """One product with the matrix of inner products a step.

    For the rows Z, which are the train and then the validation rows, K = X Z' + 1 is computed once, the 1 for the
    bias. The scores of Z are the state: a step is

        S <- S - A K,

    where A has a column for each train row, 0 for those outside the batch. The sum of all A gives the weights in the
    end: W <- W - sum(A) X and b <- b - sum(A) 1.

    Products are float32, as torch's own; sums over steps are float64. So the scores stay as near to those of exact
    steps as in torch's loop, and nearer where features are far from the origin.

    Parameters
    ----------
    See `LinearTrainer`.
    """

    def __init__(
        self, layer: nn.Linear, batches: Batches, validation: Rows | None, task_type: str, rate: float
    ) -> None:
        super().__init__(layer, batches, validation, task_type, rate)
        n_rows = len(self.rows)
        self.products, self.scores = self._at_the_start()
        self.step_sum = np.zeros((len(self.bias), n_rows))
        self.train_loss = self.loss(self.rows.y)
        self.full_step_sizes = _step_sizes(rate, self.rows)
        # buffers: what a step subtracts from the scores, and the rows of K of a batch
        self.change = torch.empty(self.scores.shape)
        self.gathered = torch.empty((n_rows // 2, self.products.shape[1]))

    def _at_the_start(self) -> tuple[Tensor, Array]:
        """K as float32, and the scores at the start as float64."""
        Z = self.rows.X if self.validation is None else torch.cat([self.rows.X, self.validation.X])
        products = torch.ones((len(self.rows), len(Z)), dtype=torch.float64)
        scores = self.bias.double()[:, None].repeat(1, len(Z))
        for columns in _column_blocks(Z.shape[1]):
            block = Z[:, columns].double()
            products += block[: len(self.rows)] @ block.T
            scores += self.weight[:, columns].double() @ block.T
        return products.float(), scores.numpy()

    def train_epoch(self) -> list[float]:
        n_rows = len(self.rows)
        if self.batches.count == 1:
            return _means(self._step_on_all_rows(_ALL, self.full_step_sizes), n_rows)
        sums = np.zeros(len(self.measures))
        for index in self.batches.indices():
            batch = self.rows.without_features(index)
            if 2 * len(batch) < n_rows:
                sums += self._step_on_gathered_rows(index, batch)
            else:  # to gather half of the rows or more takes longer than to multiply all of them
                members = index.numpy()
                step_sizes = np.zeros(n_rows, np.float32)
                step_sizes[members] = _step_sizes(self.rate, batch)
                sums += self._step_on_all_rows(members, step_sizes)
        return _means(sums, n_rows)

    def _step_on_all_rows(self, members: Array | slice, step_sizes: Array) -> list[float]:
        """Step with a column of A for every train row; the sum of each measure over the batch before it.

        Parameters
        ----------
        members : row numbers of the batch
        step_sizes : array of shape (n_train_rows,)
            0 for rows outside the batch.
        """
        scores = self.scores[:, : len(self.rows)].astype(np.float32, order="C")
        measures = self.train_loss.measure(scores)
        step = self.train_loss.step(scores, step_sizes)
        self.step_sum += step
        self.scores -= torch.mm(torch.from_numpy(step), self.products, out=self.change).numpy()
        return _sums([measure[members] for measure in measures])

    def _step_on_gathered_rows(self, index: Tensor, batch: Rows) -> list[float]:
        """Step with the batch's columns of A and rows of K; the sum of each measure over the batch before it."""
        members, loss = index.numpy(), self.loss(batch.y)
        scores = self.scores[:, members].astype(np.float32, order="C")
        measures = loss.measure(scores)
        step = loss.step(scores, _step_sizes(self.rate, batch))
        self.step_sum[:, members] += step
        products = torch.index_select(self.products, 0, index, out=self.gathered[: len(members)])
        self.scores -= torch.mm(torch.from_numpy(step), products, out=self.change).numpy()
        return _sums(measures)

    def validate(self) -> list[float] | None:
        if self.validation is None:
            return None
        return self._validation_measures(self.scores[:, len(self.rows) :].astype(np.float32, order="C"))

    def finish(self) -> None:
        """Turn the sum of the steps into weights."""
        step_sum = torch.from_numpy(self.step_sum)
        for columns in _column_blocks(self.weight.shape[1]):
            self.weight[:, columns] -= step_sum @ self.rows.X[:, columns].double()
        self.bias -= step_sum.sum(1)


def fastest_trainer(
    n_rows: int, n_validation: int, n_features: int, n_outputs: int, epochs: int
) -> type[LinearTrainer]:
    """The trainer with fewer multiplications, `InnerProductTrainer` only if it has clearly fewer.

    Examples
    --------
    >>> fastest_trainer(333, 334, 784, 10, epochs=1000).__name__
    'InnerProductTrainer'
    >>> fastest_trainer(333, 334, 784, 10, epochs=5).__name__
    'LinearTrainer'
    """
    # multiplications, in float64 twice as expensive
    size_of_k = n_rows * (n_rows + n_validation)
    once = 2 * size_of_k * n_features  # K
    epoch_with_k = size_of_k * n_outputs  # A K
    epoch_with_weights = (2 * n_rows + n_validation) * n_features * n_outputs  # W X', A X, W times validation rows
    # The scores are float64 and the rows of K are gathered: per multiplication an epoch takes 0.8 to 1.5 times as long
    # (measured with 300 to 1500 rows of 784 features, 10 classes and batches of 200 and 500).
    return InnerProductTrainer if once + 1.5 * epochs * epoch_with_k < epochs * epoch_with_weights else LinearTrainer


def _column_blocks(n_features: int) -> list[slice]:
    return [slice(start, start + COLUMNS_AT_ONCE) for start in range(0, n_features, COLUMNS_AT_ONCE)]


def _step_sizes(rate: float, rows: Rows) -> Array:
    """h_i = rate * w_i / sum_i w_i, of shape (n,)."""
    if rows.weights is None:
        return np.full(len(rows), rate / len(rows), np.float32)
    weights: Array = rows.weights.numpy()
    return weights * np.float32(rate / weights.sum(dtype=np.float64))


def _sums(measures: Sequence[Array]) -> list[float]:
    return [measure.sum(dtype=np.float64) for measure in measures]


def _means(sums: Array | list[float], n_rows: int) -> list[float]:
    return [float(total) / n_rows for total in sums]
