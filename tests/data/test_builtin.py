"""Simulated tables that need no network."""

import numpy as np
import pytest

from soak.data.builtin import builtin_table


@pytest.mark.parametrize(
    ("name", "rows", "noise"),
    [
        ("soaked_different", {"large": 400, "small": 200}, {"large": 0.1, "small": 1.7}),
        ("soaked_iid_easy", {"large": 80, "small": 40}, {"large": 0.1, "small": 0.1}),
    ],
)
def test_simulated_subsets_have_one_curve_and_their_own_noise(name, rows, noise):
    table = builtin_table(name).to_pandas()
    assert table["Subset"].value_counts().to_dict() == rows
    residuals = table["y"] - np.sin(table["x"])
    spread = residuals.groupby(table["Subset"]).std()
    for subset, expected in noise.items():
        assert spread[subset] == pytest.approx(expected, rel=3 / np.sqrt(2 * rows[subset]))
    assert table["x"].abs().max() < 3 * np.pi
    assert table["x"].min() < -8 < 8 < table["x"].max()


def test_simulated_tables_are_always_the_same():
    first, again = builtin_table("soaked_different"), builtin_table("soaked_different")
    assert first.equals(again)
