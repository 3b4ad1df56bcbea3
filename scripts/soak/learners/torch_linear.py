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

from soak.learners.torch_data import Rows
from soak.learners.torch_loop import Batches
from soak.learners.torch_objective import Objective

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
    """Whether `InnerProductTrainer` has less to multiply than `LinearTrainer`; a float64 counts as two float32."""
    once = 2 * n_rows * (n_rows + n_validation) * n_features
    epoch = 2 * n_rows * (n_rows + n_validation) * n_outputs
    epoch_of_weights = (2 * n_rows + n_validation) * n_features * n_outputs
    return once + epochs * epoch < epochs * epoch_of_weights


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
        As of `soak.learners.torch_loop.NetworkTrainer`: the batches are the same.
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
        return self._measures_of(self._scores(self.validation.X), self.validation)

    def finish(self) -> None:
        pass  # the weights are the layer's own

    def _measures_of(self, scores: Tensor, validation: Rows) -> list[float]:
        return _means(_sums(self.validation_formula.measured(scores.numpy())), validation)

    def _scores(self, X: Tensor) -> Tensor:
        return torch.addmm(self.bias[:, None], self.weight, X.T)


class InnerProductTrainer(LinearTrainer):
    """Full-batch gradient descent of a linear model with few rows beside features: one small product a step.

    A step subtracts a combination of the rows X from the weights, so that weight = start - A X, and the scores of
    rows Z are their scores at the start minus A (X Z' + 1), the 1 for the bias. The state is A, of shape
    (n_outputs, n); the inner products X Z' are computed once. In float64, as in float32 they would lose what
    distinguishes rows that are far from the origin.

    Parameters
    ----------
    See `LinearTrainer`; ``batch_size`` is at least the number of rows.
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
        self.steps = rows.X.new_zeros((len(self.bias), len(rows)), dtype=torch.float64)
        self.train_formula = self.formula(rows.y)
        self.products, self.start = self._against(rows)
        self.step_sizes = _step_sizes(rate, rows)
        if validation is not None:
            self.validation_products, self.validation_start = self._against(validation)

    def _against(self, rows: Rows) -> tuple[Tensor, Tensor]:
        """Inner products of the train rows with some rows, plus 1, and these rows' scores at the start."""
        products = self.steps.new_ones((len(self.rows), len(rows)))
        scores = self.bias.double()[:, None].repeat(1, len(rows))
        for columns in _slices(rows.X.shape[1]):
            X = rows.X[:, columns].double()
            products += self.rows.X[:, columns].double() @ X.T
            scores += self.weight[:, columns].double() @ X.T
        return products, scores

    def train_epoch(self) -> list[float]:
        scores = torch.addmm(self.start, self.steps, self.products, alpha=-1).numpy()
        sums = _sums(self.train_formula.measured(scores))
        self.steps += torch.from_numpy(self.train_formula.step(scores, self.step_sizes))
        return _means(sums, self.rows)

    def validate(self) -> list[float] | None:
        if self.validation is None:
            return None
        scores = torch.addmm(self.validation_start, self.steps, self.validation_products, alpha=-1)
        return self._measures_of(scores, self.validation)

    def finish(self) -> None:
        """Turn the state into weights."""
        for columns in _slices(self.weight.shape[1]):
            self.weight[:, columns] -= self.steps @ self.rows.X[:, columns].double()
        self.bias -= self.steps.sum(1)


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
