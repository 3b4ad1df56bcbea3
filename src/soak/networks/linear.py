"""Linear models by their formulas: the same steps as the general loop, without autograd between the products.

Scores and what is made of them lie with one output per row, (n_outputs, n), so that what is done over the outputs
runs along contiguous memory. Torch multiplies matrices; NumPy, on the same memory, does the rest: its calls
take a third of the time of torch's on arrays this small.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from soak.networks.data import Rows
from soak.networks.loop import Batches
from soak.networks.objective import Objective

Array = NDArray[Any]

FEATURES_AT_ONCE = 128  # columns of X that are float64 at a time


def linear_layer(network: nn.Module) -> nn.Linear | None:
    """The one layer of a network that is a linear model with a bias, else None."""
    layers = list(network) if type(network) is nn.Sequential else [network]
    layers = [layer for layer in layers if type(layer) not in (nn.Flatten, nn.Identity)]
    if len(layers) == 1 and type(layers[0]) is nn.Linear and layers[0].bias is not None:
        return layers[0]
    return None


def inner_products_pay(n_rows: int, n_validation: int, n_features: int, n_outputs: int, epochs: int) -> bool:
    """Whether `InnerProductTrainer` has clearly less to multiply than `LinearTrainer`."""
    inner_products = n_rows * (n_rows + n_validation)
    once = 2 * inner_products * n_features  # in float64, which counts twice
    epoch = inner_products * n_outputs
    epoch_of_weights = (2 * n_rows + n_validation) * n_features * n_outputs
    return once + 1.5 * epochs * epoch < epochs * epoch_of_weights


class CrossEntropy:
    """Measures and gradient of the cross entropy, from scores of shape (n_classes, n)."""

    def __init__(self, y: Tensor) -> None:
        codes = y.numpy()
        self.true = codes * len(codes) + np.arange(len(codes))  # where a row's true class is in the flat scores

    def measured(self, scores: Array) -> list[Array]:
        """Log loss and error of each row; ``scores`` are made exp(score - highest score of the row)."""
        scores -= scores.max(0)
        true = scores.ravel()[self.true]
        np.exp(scores, out=scores)
        self.total = scores.sum(0)
        return [np.log(self.total) - true, true < 0]

    def step(self, scores: Array, sizes: Array) -> Array:
        """Gradient of each row's loss times its step size, in place of what `measured` made of the scores."""
        scores *= sizes / self.total
        scores.reshape(-1)[self.true] -= sizes
        return scores


class SquaredError:
    """Measure and gradient of the squared error, from scores of shape (1, n)."""

    def __init__(self, y: Tensor) -> None:
        self.y = y.numpy()

    def measured(self, scores: Array) -> list[Array]:
        """Squared error of each row; ``scores`` are made residuals."""
        scores -= self.y
        return [np.square(scores[0])]

    def step(self, scores: Array, sizes: Array) -> Array:
        """Gradient of each row's loss times its step size, in place of the residuals."""
        scores *= 2 * sizes
        return scores


class LinearTrainer:
    """Plain SGD of a linear model on the CPU: two products a step, one for the scores and one for the gradient.

    Parameters
    ----------
    layer : torch.nn.Linear
        Where the weights start; trained in place.
    rows, validation : Rows, the latter may be None
    rate : float
        Learning rate.
    shuffles : torch.Generator
        As of `soak.networks.loop.NetworkTrainer`: the batches are the same.
    """

    def __init__(
        self,
        layer: nn.Linear,
        rows: Rows,
        validation: Rows | None,
        objective: Objective,
        rate: float,
        batch_size: int,
        shuffles: torch.Generator,
    ) -> None:
        self.weight, self.bias = layer.weight.detach(), layer.bias.detach()
        self.rows, self.validation = rows, validation
        self.rate = rate
        self.batches = Batches(rows, batch_size, shuffles)
        self.measures = objective.measures
        self.formula = CrossEntropy if objective.task_type == "classification" else SquaredError
        if validation is not None:
            self.validation_formula = self.formula(validation.y)

    def train_epoch(self) -> list[float]:
        sums = np.zeros(len(self.measures))
        for batch in self.batches:
            formula = self.formula(batch.y)
            scores = self._scores(batch.X).numpy()
            sums += _sums(formula.measured(scores))
            step = torch.from_numpy(formula.step(scores, _step_sizes(self.rate, batch)))
            self.weight.addmm_(step, batch.X, alpha=-1)
            self.bias.sub_(step.sum(1))
        return _means(sums, self.rows)

    def validate(self) -> list[float] | None:
        if self.validation is None:
            return None
        return self._measures_of(self._scores(self.validation.X).numpy(), self.validation)

    def finish(self) -> None:
        pass  # the weights are the layer's own

    def _measures_of(self, scores: Array, validation: Rows) -> list[float]:
        return _means(_sums(self.validation_formula.measured(scores)), validation)

    def _scores(self, X: Tensor) -> Tensor:
        return torch.addmm(self.bias[:, None], self.weight, X.T)


class InnerProductTrainer(LinearTrainer):
    """Plain SGD of a linear model with few rows beside features: one product of inner products a step.

    A step subtracts A X from the weights, X the rows and A of shape (n_outputs, n) their shares in it, 0 outside the
    batch. So it subtracts A (X Z' + 1) from the scores of any rows Z, the 1 for the bias. The inner products X Z',
    for Z the train and the validation rows, are computed once; the scores are the state, and the sum of all steps
    gives the weights in the end.

    Products are float32 as torch's own, sums over the steps float64: so the scores stay as near to those of the exact steps
    as with torch's loop, and nearer where features are far from the origin.

    Parameters
    ----------
    See `LinearTrainer`.
    """

    def __init__(
        self,
        layer: nn.Linear,
        rows: Rows,
        validation: Rows | None,
        objective: Objective,
        rate: float,
        batch_size: int,
        shuffles: torch.Generator,
    ) -> None:
        super().__init__(layer, rows, validation, objective, rate, batch_size, shuffles)
        self.products, self.scores = self._against(rows if validation is None else both(rows, validation))
        self.steps = np.zeros((len(self.bias), len(rows)))
        self.train_formula = self.formula(rows.y)
        self.step_sizes = _step_sizes(rate, rows)
        self.moved = torch.empty(self.scores.shape)  # by how much a step lowers the scores
        self.gathered = torch.empty((len(rows) // 2, self.products.shape[1]))

    def _against(self, rows: Rows) -> tuple[Tensor, Array]:
        """Inner products of the train rows with some rows, plus 1, and these rows' scores at the start."""
        products = torch.ones((len(self.rows), len(rows)), dtype=torch.float64)
        scores = self.bias.double()[:, None].repeat(1, len(rows))
        for columns in _slices(rows.X.shape[1]):
            X = rows.X[:, columns].double()
            products += X[: len(self.rows)] @ X.T
            scores += self.weight[:, columns].double() @ X.T
        return products.float(), scores.numpy()

    def train_epoch(self) -> list[float]:
        if self.batches.count == 1:
            return _means(self._step_among_all(slice(None), self.step_sizes), self.rows)
        sums = np.zeros(len(self.measures))
        for index in self.batches.indices():
            batch = self.rows.chosen(index)
            if 2 * len(batch) < len(self.rows):
                sums += self._step_gathered(index, batch)
            else:  # gathering most of the rows costs more than multiplying all
                members = index.numpy()
                step_sizes = np.zeros(len(self.rows), np.float32)
                step_sizes[members] = _step_sizes(self.rate, batch)
                sums += self._step_among_all(members, step_sizes)
        return _means(sums, self.rows)

    def _step_among_all(self, members: Array | slice, step_sizes: Array) -> list[float]:
        """A step of all rows, those outside the batch by 0; the sum of each measure over the batch before it."""
        scores = self.scores[:, : len(self.rows)].astype(np.float32, order="C")
        shares = self.train_formula.measured(scores)
        step = self.train_formula.step(scores, step_sizes)
        self.steps += step
        self.scores -= torch.mm(torch.from_numpy(step), self.products, out=self.moved).numpy()
        return _sums([share[members] for share in shares])

    def _step_gathered(self, index: Tensor, batch: Rows) -> list[float]:
        """A step of a batch, its rows of the inner products gathered; the sum of each measure before it."""
        members, formula = index.numpy(), self.formula(batch.y)
        scores = self.scores[:, members].astype(np.float32, order="C")
        shares = formula.measured(scores)
        step = formula.step(scores, _step_sizes(self.rate, batch))
        self.steps[:, members] += step
        products = torch.index_select(self.products, 0, index, out=self.gathered[: len(members)])
        self.scores -= torch.mm(torch.from_numpy(step), products, out=self.moved).numpy()
        return _sums(shares)

    def validate(self) -> list[float] | None:
        if self.validation is None:
            return None
        return self._measures_of(self.scores[:, len(self.rows) :].astype(np.float32, order="C"), self.validation)

    def finish(self) -> None:
        """Turn the steps into weights."""
        steps = torch.from_numpy(self.steps)
        for columns in _slices(self.weight.shape[1]):
            self.weight[:, columns] -= steps @ self.rows.X[:, columns].double()
        self.bias -= steps.sum(1)


def both(rows: Rows, others: Rows) -> Rows:
    """Rows and others in one matrix."""
    return Rows(torch.cat([rows.X, others.X]), torch.cat([rows.y, others.y]))


def _slices(n_features: int) -> list[slice]:
    return [slice(start, start + FEATURES_AT_ONCE) for start in range(0, n_features, FEATURES_AT_ONCE)]


def _step_sizes(rate: float, rows: Rows) -> Array:
    """Learning rate times each row's share of the batch's mean loss."""
    if rows.weights is None:
        return np.full(len(rows), rate / len(rows), np.float32)
    weights: Array = rows.weights.numpy()
    return weights * np.float32(rate / weights.sum(dtype=np.float64))


def _sums(shares: list[Array]) -> list[float]:
    return [share.sum(dtype=np.float64) for share in shares]


def _means(sums: Array | list[float], rows: Rows) -> list[float]:
    return [float(total) / len(rows) for total in sums]
