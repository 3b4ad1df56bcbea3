"""The tutorial's loop against the numbers that the blog post prints."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch_cases import read_fashion

from soak.networks.tutorial import torch_loop

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def loop():
    pixels, labels = read_fashion()
    return torch_loop(pixels / np.float32(255), labels.astype(np.int32), 10, (28, 28), seed=1)


def printed_numbers():
    table = pd.read_csv(TESTS / "reference/seed_tutorial.csv", dtype=str)
    return [tuple(row) for row in table[table.figure == "torch_loop"].drop(columns="figure").to_numpy()]


@pytest.mark.parametrize(("set_name", "measure", "at", "printed"), printed_numbers())
def test_meets_every_printed_digit(loop, set_name, measure, at, printed):
    curve = loop[(loop.set == set_name) & (loop.measure == measure)].set_index("epoch").value
    epoch = int(at.split()[-1])
    decimals = len(printed.partition(".")[2])
    assert f"{curve[epoch]:.{decimals}f}" == printed
    if "minimum" in at:
        assert curve.idxmin() == epoch


def test_has_one_row_per_epoch_set_and_measure(loop):
    assert list(loop.columns) == ["epoch", "set", "measure", "value"]
    assert len(loop) == 4000
    assert not loop.duplicated(["epoch", "set", "measure"]).any()


def test_leaves_the_global_random_numbers_and_threads_alone():
    pixels, labels = read_fashion()
    X, y = pixels / np.float32(255), labels.astype(np.int32)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    torch_loop(X[:20], y[:20], 10, None, seed=1, epochs=2)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
