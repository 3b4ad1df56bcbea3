"""Rows as tensors, their weights and batches."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch_cases import fashion_task, regression_task

from soak.errors import SoakError
from soak.networks.rows import Batches, Rows, read_rows
from soak.tasks.task import TaskRows

CPU = torch.device("cpu")


def test_pixels_are_intensities_and_classes_are_codes():
    task = fashion_task(20)
    rows = read_rows(TaskRows(task, np.array([3, 1])), CPU, None)
    assert (rows.X.dtype, rows.y.dtype, rows.weights) == (torch.float32, torch.int64, None)
    np.testing.assert_array_equal(rows.X.numpy(), task.features[[3, 1]] / np.float32(255))
    assert rows.y.tolist() == task.target[[3, 1]].tolist()


def test_balanced_classes_weigh_alike_and_rows_one_on_average():
    task = fashion_task(200)
    weights = read_rows(TaskRows(task, np.arange(200)), CPU, "balanced").weights.numpy()
    np.testing.assert_allclose(np.bincount(task.target, weights), 20, rtol=1e-6)


def test_weights_of_rows_and_of_classes_are_multiplied():
    task = replace(fashion_task(50), weights=np.linspace(1, 2, 50))
    weights = read_rows(TaskRows(task, np.arange(50)), CPU, {"3": 5.0}).weights.numpy()
    np.testing.assert_allclose(weights, np.where(task.target == 3, 5, 1) * task.weights, rtol=1e-6)


def test_a_weight_of_an_unknown_class():
    with pytest.raises(SoakError, match="class_weights: there is no class '33'"):
        read_rows(TaskRows(fashion_task(50), np.arange(50)), CPU, {"33": 1.0})


@pytest.mark.parametrize(("size", "sizes"), [(40, [40, 40, 40]), (50, [50, 50, 20]), (119, [119, 1]), (120, [120])])
def test_an_epoch_has_each_row_once(size, sizes):
    rows = read_rows(TaskRows(regression_task(120), np.arange(120)), CPU, None)
    batches = Batches(rows, size, torch.Generator().manual_seed(1))
    epochs = [[(batch.X.clone(), batch.y) for batch in batches] for _ in range(2)]
    for epoch in epochs:
        assert [len(y) for _, y in epoch] == sizes
        assert sorted(torch.cat([y for _, y in epoch]).tolist()) == sorted(rows.y.tolist())
        in_order = torch.cat([X for X, _ in epoch])
        assert torch.equal(in_order, rows.X[[rows.y.tolist().index(y) for _, part in epoch for y in part.tolist()]])
    assert (batches.count, batches.last) == (len(sizes), sizes[-1])
    assert (len(sizes) == 1) == torch.equal(epochs[0][0][1], epochs[1][0][1])


def test_parts_are_views():
    rows = Rows(torch.zeros(5, 2), torch.arange(5.0), torch.ones(5))
    part = rows.part(1, 3)
    part.X[:] = 7
    assert rows.X[:, 0].tolist() == [0, 7, 7, 0, 0]
    assert (part.y.tolist(), part.weights.tolist()) == ([1, 2], [1, 1])
