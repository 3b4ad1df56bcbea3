"""Features completed and scaled by train rows alone."""

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from soak.learners.catalog import learner
from soak.tasks import preparation
from soak.tasks.preparation import Incomplete, Preparation
from soak.tasks.summary import scale_lines
from soak.tasks.task import Task, TaskRows

RANDOM = np.random.default_rng(0)
TRAIN = np.arange(0, 40, 2)


@pytest.fixture
def matrix():
    """Whole numbers, of which a third are missing but in the last column; the others have a value in each train row."""
    matrix = RANDOM.integers(0, 4, (40, 5)).astype(np.float64)
    matrix[:, :4][RANDOM.random((40, 4)) < 0.3] = np.nan
    return matrix


def prepared(matrix, fill="mean", *, levels=(), scale=False, divisor=1.0):
    incomplete = Incomplete(fill, tuple(np.flatnonzero(np.isnan(matrix).any(axis=0)).tolist()), levels)
    made = Preparation.of(matrix, TRAIN, divisor, incomplete, scale)
    return made, made.applied(matrix.copy(), divisor)


@pytest.mark.parametrize("at_once", [1, 50, 2**22])
@pytest.mark.parametrize("fill", ["mean", "median", "most_frequent"])
def test_filled_in_and_scaled_as_scikit_learn_does(matrix, fill, at_once, monkeypatch):
    monkeypatch.setattr(preparation, "_VALUES_AT_ONCE", at_once)
    monkeypatch.setattr("soak.matrix._BLOCK_BYTES", 8 * at_once)
    imputer = SimpleImputer(strategy=fill).fit(matrix[TRAIN])
    filled = imputer.transform(matrix)
    np.testing.assert_allclose(prepared(matrix, fill)[1], filled)
    scaler = StandardScaler().fit(filled[TRAIN])
    np.testing.assert_allclose(prepared(matrix, fill, scale=True)[1], scaler.transform(filled), atol=1e-12)


def test_a_feature_without_a_value_in_the_train_rows_is_zero_everywhere(matrix):
    matrix[TRAIN, 1] = np.nan
    matrix[1::2, 1] = 7
    made, values = prepared(matrix, scale=True)
    assert not values[:, 1].any()
    assert made.without_values("abcde") == ["b"]
    assert made.describe("abcde")["fill"]["b"] == 0


def test_levels_of_a_text_are_filled_in_together():
    codes = np.array([0, 1, 2, 1, 2, 2, -1, -1, 0, 0] * 4)
    matrix = (codes[:, None] == np.arange(3)).astype(np.float32)
    matrix[codes < 0] = np.nan
    _, values = prepared(matrix, "most_frequent", levels=((0, 3),))
    most = np.bincount(codes[TRAIN][codes[TRAIN] >= 0]).argmax()
    assert (values[codes < 0].argmax(axis=1) == most).all()
    assert (values.sum(axis=1) == 1).all()
    matrix[TRAIN] = np.nan
    assert not prepared(matrix, "most_frequent", levels=((0, 3),))[1].any()


def test_none_leaves_values_missing(matrix):
    _, values = prepared(matrix, "none", scale=True)
    assert (np.isnan(values) == np.isnan(matrix)).all()
    np.testing.assert_allclose(np.nanmean(values[TRAIN], axis=0), 0, atol=1e-12)


def test_features_far_from_zero_keep_their_deviation(monkeypatch):
    monkeypatch.setattr("soak.matrix._BLOCK_BYTES", 100)
    matrix = RANDOM.normal(np.array([1e9, 0, -1e6]), size=(40, 3))
    made = Preparation.of(matrix, TRAIN, 1.0, None, scale=True)
    np.testing.assert_allclose(made.sd, matrix[TRAIN].std(axis=0), rtol=1e-7)
    np.testing.assert_allclose(made.mean, matrix[TRAIN].mean(axis=0), rtol=1e-15, atol=1e-15)


def test_constant_features_stay_finite():
    _, values = prepared(np.tile([3.0, 0.1], (40, 1)), scale=True)
    np.testing.assert_allclose(values, 0, atol=1e-12)


def task_of(matrix, incomplete=None):
    names = tuple("abcdefgh"[: matrix.shape[1]])
    subset = np.repeat("A", len(matrix))
    return Task(
        "T", "regression", matrix, names, 1.0, np.arange(float(len(matrix))), (), subset, {}, incomplete=incomplete
    )


def test_without_missing_values_and_scale_nothing_is_done(matrix):
    whole = np.nan_to_num(matrix)
    assert TaskRows(task_of(whole), TRAIN).prepare(False) is None
    assert TaskRows(task_of(matrix, Incomplete("none", (0, 1, 2, 3))), TRAIN).prepare(False) is None


def test_rows_of_rows_keep_their_preparation(matrix, tmp_path):
    task = task_of(matrix, Incomplete("median", (0, 1, 2, 3)))
    task.write(tmp_path / "T.arrow")
    task = Task.open(tmp_path / "T.arrow")
    made = TaskRows(task, TRAIN).prepare(False)
    rows = TaskRows(task, np.arange(40), made)
    assert np.isfinite(rows.features(np.float32)).all()
    np.testing.assert_array_equal(rows.part(slice(3, 6)).features(), rows.features()[3:6])


def test_features_of_very_different_scales_are_said_before_the_fit():
    random = np.random.default_rng(1)
    matrix = random.normal(size=(40, 4)) * [1, 2000, 0, 5]
    matrix[3, 0] = np.nan
    assert scale_lines(task_of(matrix), []) == []
    (line,) = scale_lines(task_of(matrix), ["mlp", "graph"])
    assert line.startswith("T: the scales of features differ by orders of magnitude (standard deviation of a ")
    assert line.endswith("): set scale: standard for mlp, graph")
    assert scale_lines(task_of(matrix * [1, 0.001, 1, 1]), ["mlp"]) == []
    assert scale_lines(task_of(np.ones((40, 2))), ["mlp"]) == []


def test_which_learners_need_even_scales():
    for settings, needs in (
        ({"type": "torch_mlp"}, True),
        ({"type": "torch_mlp", "scale": "standard"}, False),
        ({"type": "torch_graph", "graph": ["batch_norm", "head"]}, False),
        ({"type": "torch_graph", "graph": ["head"]}, True),
        ({"type": "cv_glmnet"}, False),
    ):
        assert learner(settings).needs_even_scales == needs
