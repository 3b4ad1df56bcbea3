"""The tutorial's glmnet path meets the numbers that the blog post prints."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from soak.glmnet.cross_validation import halves_curve

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def curves():
    def read(name, offset):
        content = gzip.decompress((TESTS / f"files/fashion-train-1000-{name}-ubyte.gz").read_bytes())
        return np.frombuffer(content, np.uint8, offset=offset)

    images, labels = read("images-idx3", 16).reshape(-1, 784), read("labels-idx1", 8)
    return halves_curve(images / 255, labels.astype(np.int32), 10)


def test_minima_are_the_published_ones(curves):
    published = pd.read_csv(TESTS / "reference/seed_tutorial.csv").query("figure == 'glmnet_path'")
    assert len(published) == 2
    for row in published.itertuples():
        curve = curves[curves["set"] == row.set]
        best = curve.loc[curve["error_percent"].idxmin()]
        assert f"minimum at lambda {best['penalty']:.9f}" == row.at
        assert round(best["error_percent"], 1) == row.value


def test_penalties_descend_and_complexity_is_their_logarithm(curves):
    for _, curve in curves.groupby("set"):
        assert (np.diff(curve["penalty"]) < 0).all()
    np.testing.assert_allclose(10 ** -curves["complexity"], curves["penalty"])


def test_two_classes():
    rng = np.random.default_rng(1)
    features = rng.normal(size=(80, 4))
    target = (features[:, 0] + 0.1 * rng.normal(size=80) > 0).astype(np.int32)
    curve = halves_curve(features, target, 2)
    assert curve["error_percent"].min() < 10
