"""cv_glmnet: R's scores and lambdas, and what it does where a path or a fold is impossible."""

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from soak.errors import SoakError
from soak.learners.base import FitFailed, FitSize, TrainData
from soak.learners.cv_glmnet import CvGlmnet
from soak.measures import measure
from soak.tasks.task import Task, TaskRows

STRESS = bool(os.environ.get("SOAK_STRESS"))
KINDS = {"same", "other", "all"}
MEASURES = {
    "classif_ce": ("zero_one_loss", 0),
    "classif_logloss": ("log_loss", 1e-6),
    "classif_auc": ("roc_auc", 1e-6),
    "regr_mse": ("mean_squared_error", 1e-6),
    "regr_mae": ("mean_absolute_error", 1e-6),
    "regr_rsq": ("r2", 1e-6),
}


def train(task, rows=None, seed=1, **settings):
    rows = np.arange(len(task.target)) if rows is None else rows
    return CvGlmnet(type="cv_glmnet", **settings).fit("lasso", TrainData(TaskRows(task, rows), seed, 0))


def make_task(n=90, n_classes=3, n_features=5, seed=0):
    """Noisy classes, or numbers with n_classes=0."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, n_features))
    if n_classes == 0:
        target = features[:, 0] * 3 - features[:, 1] + rng.normal(size=n)
    else:
        codes = np.arange(n_classes)
        target = np.abs(codes - (features[:, :1] * 1.5 + rng.normal(size=(n, 1)) + 1)).argmin(axis=1).astype(np.int32)
    names = tuple(f"x{column}" for column in range(n_features))
    labels = tuple(f"c{code}" for code in range(n_classes))
    kind = "classification" if n_classes else "regression"
    return Task("made", kind, features, names, 1.0, target, labels, np.repeat("A", n), {})


# R's own figures


@pytest.mark.parametrize(
    ("table", "folds", "subsets", "trained_on"),
    [
        ("threeeight", {1, 2, 3}, {"rest", "third"}, KINDS),
        ("diabetes", {1, 2, 3}, {"sex1", "sex2"}, KINDS),
        ("digits", {1}, {"A"}, {"same", "other"}),
        pytest.param(
            "digits",
            {1, 2, 3},
            {"A", "B", "C"},
            KINDS,
            marks=pytest.mark.skipif(not STRESS, reason="SOAK_STRESS=1 runs it (40 s)"),
        ),
    ],
)
def test_scores_and_lambdas_of_r(reference, table, folds, subsets, trained_on):
    """The zero-one loss exactly, other scores to 1e-6, lambda to 1e-9."""
    task, splits = reference(table)
    fits = {}
    seen = 0
    for split in splits:
        chosen = split.test_fold in folds and split.test_subset in subsets and split.train_subsets in trained_on
        if not chosen or split.algorithm == "featureless":
            continue
        s = split.algorithm.removeprefix("cv_glmnet_")
        fit = fits.setdefault(split.train.tobytes(), None) or train(task, split.train)
        fits[split.train.tobytes()] = fit
        assert fit.info["converged"]
        assert fit.info[f"lambda_{s}"] == pytest.approx(split.scores["lambda"], rel=1e-9)
        prediction = fit.predict[f"lasso_{s}"](TaskRows(task, split.test))
        for column, (name, tolerance) in MEASURES.items():
            if column in split.scores:
                value = measure(name)(task.target[split.test], prediction, task.classes)
                assert value == pytest.approx(split.scores[column], rel=tolerance, abs=0), column
        seen += 1
    assert seen == len(folds) * len(subsets) * len(trained_on) * 2  # min, 1se


# The learner


@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_tables_hold_the_curve_and_the_coefficients(n_classes):
    task = make_task(n_classes=n_classes)
    fit = train(task, s=["min", "1se", 0.05])
    assert list(fit.predict) == ["lasso_min", "lasso_1se", "lasso_0.05"]
    path = fit.tables["path"]
    assert list(path) == ["lambda", "cvm", "cvsd", "nzero"]
    assert path.loc[path["cvm"].idxmin(), "lambda"] == fit.info["lambda_min"]
    assert fit.info["lambda_1se"] >= fit.info["lambda_min"]
    assert len(path) == fit.info["n_lambda"]
    assert path["nzero"].iloc[0] == 0
    assert path["nzero"].iloc[-1] == {0: 5, 2: 5, 3: 3}[n_classes]  # of three classes the median
    table = fit.tables["coefficients"]
    assert list(table["s"].unique()) == ["min", "1se", "0.05"]
    assert (table.loc[table["feature"] != "(Intercept)", "value"] != 0).all()
    for s in ("min", "1se", "0.05"):
        link = link_of(task, table[table["s"] == s])
        prediction = fit.predict[f"lasso_{s}"](TaskRows(task, np.arange(90)))
        if n_classes == 0:
            np.testing.assert_allclose(prediction.response, link[:, 0])
        elif n_classes == 2:
            np.testing.assert_allclose(prediction.probabilities[:, 0], 1 / (1 + np.exp(-link[:, 0])))
        else:
            expected = np.exp(link) / np.exp(link).sum(axis=1, keepdims=True)
            np.testing.assert_allclose(prediction.probabilities, expected)


def link_of(task, table):
    """Linear predictors from a table of coefficients, classes in the order of the table."""
    columns = []
    for _, part in table.groupby("class", sort=False):
        values = part.set_index("feature")["value"]
        features = pd.DataFrame(task.features, columns=task.feature_names).assign(**{"(Intercept)": 1.0})
        columns.append(features[values.index] @ values)
    return np.column_stack(columns)


def test_a_tie_between_classes_is_drawn_after_the_inner_folds():
    task = replace(make_task(), target=(np.arange(90) % 3).astype(np.int32))
    prediction = train(task, maxit=1).predict["lasso_min"](TaskRows(task, np.arange(12)))  # class frequencies alone
    np.testing.assert_allclose(prediction.probabilities, 1 / 3)
    # R: set.seed(1); f <- sample(rep(1:10, length = 90)); max.col(matrix(1 / 3, 12, 3)) - 1
    assert list(prediction.response) == [1, 0, 0, 0, 0, 2, 0, 1, 1, 0, 1, 2]


def test_the_seed_decides_the_inner_folds():
    task = make_task()
    one, again, other = (train(task, seed=seed).tables["path"] for seed in (1, 1, 2))
    assert one.equals(again)
    assert not one["cvm"].equals(other["cvm"])


def test_settings_reach_the_solver():
    task = make_task(n_classes=2)
    ridge = train(task, alpha=0)
    assert (ridge.tables["path"]["nzero"].iloc[1:] == 5).all()
    assert len(train(task, nlambda=7).tables["path"]) == 7
    scaled = replace(task, features=task.features * [1, 1, 1, 1, 1000])
    free, fixed = train(scaled), train(scaled, standardize=False)
    assert free.info["lambda_min"] != fixed.info["lambda_min"]
    assert (
        train(task, type_logistic="modified.Newton").tables["path"]["cvm"].equals(train(task).tables["path"]["cvm"])
        is False
    )
    assert train(task, folds=3).info["lambda_min"] > 0


def test_parameters_name_columns():
    names = ("age", "color=red", "color=blue", "x3", "x4")
    task = replace(make_task(n_classes=2), feature_names=names)
    kept = train(task, exclude=["color"]).tables["coefficients"]["feature"]
    assert set(kept) <= {"(Intercept)", "age", "x3", "x4"}
    limited = train(task, s="min", lower_limits={"age": 0}, upper_limits={"age": 0}).tables["coefficients"]
    assert "age" not in set(limited["feature"])
    always = train(task, s=[1e9], penalty_factor={"color=red": 0}).tables["coefficients"]
    assert set(always["feature"]) == {"(Intercept)", "color=red"}


@pytest.mark.parametrize("key", ["penalty_factor", "lower_limits", "upper_limits", "exclude"])
def test_columns_that_a_task_does_not_have_are_found_before_the_first_fit(key):
    settings = CvGlmnet(type="cv_glmnet", **{key: ["x00"] if key == "exclude" else {"x00": 0}})
    assert settings.needs_check
    with pytest.raises(SoakError, match=rf"^{key}: there is no feature 'x00'; did you mean 'x0'\?$"):
        settings.check(make_task())
    assert not CvGlmnet(type="cv_glmnet", lower_limits=0).needs_check


def test_a_limit_of_features_ends_the_path():
    fit = train(make_task(n=60, n_features=40, n_classes=2, seed=3), dfmax=3)
    nonzero = fit.tables["path"]["nzero"]
    assert nonzero.iloc[:-1].max() <= 3 < nonzero.iloc[-1]  # the first point with more is the last, as in R
    assert fit.info["converged"]


def test_a_path_without_an_intercept_fits_a_constant():
    task = replace(make_task(n_classes=0), target=np.ones(90))
    coefficients = train(task, intercept=False).tables["coefficients"]
    assert (coefficients.loc[coefficients["feature"] == "(Intercept)", "value"] == 0).all()


def test_penalties_of_the_user_s_are_tried_from_large_to_small():
    fit = train(make_task(), **{"lambda": [0.01, 0.1, 0.03], "path": "checked"})
    assert fit.tables["path"]["lambda"].tolist() == [0.1, 0.03, 0.01]
    assert fit.info["lambda_min"] in (0.1, 0.03, 0.01)


@pytest.mark.parametrize("name", ["class", "auc", "mse", "mae"])
def test_other_measures_of_the_inner_folds(name):
    fit = train(make_task(n=150, n_classes=2), type_measure=name)
    curve = fit.tables["path"]
    best = curve["cvm"].max() if name == "auc" else curve["cvm"].min()
    assert curve.loc[curve["lambda"] == fit.info["lambda_min"], "cvm"].item() == best
    assert 0 <= best <= 1


def test_auc_of_too_few_rows_becomes_deviance_as_in_r():
    task = make_task(n=90, n_classes=2)
    assert train(task, type_measure="auc").tables["path"].equals(train(task).tables["path"])


def test_weights_are_used():
    task = make_task(n_classes=2)
    weighted = replace(task, weights=np.where(task.target == 0, 5.0, 1.0))
    rows = TaskRows(task, np.arange(90))
    plain, heavy = (train(one).predict["lasso_min"](rows).probabilities[:, 0].mean() for one in (task, weighted))
    assert heavy > plain + 0.1


def test_a_constant_feature_is_left_out():
    task = make_task()
    constant = replace(task, features=np.column_stack([task.features[:, :4], np.ones(90)]))
    fit = train(constant)
    assert "x4" not in set(fit.tables["coefficients"]["feature"])
    assert fit.info["converged"]


def few_of_class(n):
    """A task with n rows of its class c2."""
    task = make_task(n_classes=3)
    target = np.where(task.target == 2, 1, task.target)
    target[:n] = 2
    return replace(task, target=target.astype(np.int32))


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (replace(make_task(), features=np.ones((90, 5))), "all features are constant"),
        (replace(make_task(n_classes=0), target=np.ones(90)), "target is constant"),
        (replace(make_task(), features=np.full((90, 5), np.nan)), "missing or infinite"),
        (replace(make_task(n=12, n_classes=12), target=np.arange(12, dtype=np.int32)), "no class has two rows"),
    ],
)
def test_what_r_refuses_fails_with_a_reason(task, message):
    with pytest.raises(FitFailed, match=message):
        train(task)


def test_a_class_of_one_row_is_left_out():
    task = few_of_class(1)
    fit, rest = train(task), np.flatnonzero(task.target != 2)
    alone = train(replace(task, classes=("c0", "c1")), rows=rest)
    assert fit.info["note"] == "one train row of class c2, and glmnet needs two: left out, probability 0"
    assert fit.tables["coefficients"].equals(alone.tables["coefficients"])
    rows = TaskRows(task, np.arange(90))
    found = fit.predict["lasso_min"](rows)
    expected = alone.predict["lasso_min"](TaskRows(replace(task, classes=("c0", "c1")), np.arange(90)))
    np.testing.assert_array_equal(found.probabilities[:, :2], expected.probabilities)
    assert not found.probabilities[:, 2].any()


@pytest.mark.parametrize("path", ["full", "checked"])
def test_a_class_of_two_rows_is_absent_from_inner_folds(path):
    """Its rows lie in two inner folds: without either of them one row is left."""
    task = few_of_class(2)
    fit = train(task, path=path, folds=5)
    assert fit.info["note"].startswith("inner folds ")
    assert "fewer than 2 rows in the rest" in fit.info["note"]
    assert np.isfinite(fit.tables["path"]["cvm"]).all()
    assert fit.predict["lasso_min"](TaskRows(task, np.arange(90))).probabilities[:, 2].any()


def test_two_classes_of_which_an_inner_fold_lacks_one():
    task = make_task(n_classes=2)
    rows = np.r_[np.flatnonzero(task.target == 0), np.flatnonzero(task.target == 1)[:2]]
    for measure_name in ("deviance", "class", "auc", "mse", "mae"):
        fit = train(task, rows=rows, folds=3, type_measure=measure_name)
        assert "fewer than 2 rows in the rest" in fit.info["note"]
        assert np.isfinite(fit.tables["path"]["cvm"]).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"exclude": ["a", "b"]}, "exclude: expected columns that leave some for the model, got all of them"),
        (
            {"penalty_factor": {"a": 0, "b": 0}},
            "penalty_factor: expected a factor above 0 for some column, got 0 for all of them",
        ),
        ({"type_measure": "auc"}, "type_measure: auc needs two classes, and task T has 3"),
    ],
)
def test_settings_that_fail_in_every_fit_are_found_before_the_first(settings, message):
    task = replace(make_task(n_features=2), name="T", feature_names=("a", "b"))
    learner = CvGlmnet(type="cv_glmnet", **settings)
    assert learner.needs_check
    with pytest.raises(SoakError) as caught:
        learner.check(task)
    assert str(caught.value) == message
    two = replace(make_task(n_features=2, n_classes=2), feature_names=("a", "b"))
    CvGlmnet(type="cv_glmnet", type_measure="auc", exclude=["a"], penalty_factor={"a": 0}).check(two)


def test_a_column_of_numbers_is_itself_alone():
    names = ("dose", "dose=2", "sex=f", "sex=m")
    task = replace(make_task(n_features=4, n_classes=2), feature_names=names)
    learner = CvGlmnet(type="cv_glmnet", penalty_factor={"dose": 0, "sex": 0.5})
    assert learner._path_settings(task).penalty_factor == (0, 1, 0.5, 0.5)
    task = replace(task, feature_names=("caf\u00e9", "x", "y", "z"))
    for name in ("caf\u00e9", "cafe\u0301"):  # as a header of macOS and the config may have it
        assert CvGlmnet(type="cv_glmnet", exclude=[name])._path_settings(task).exclude == (0,)


def test_measures_that_do_not_suit():
    with pytest.raises(FitFailed, match="auc needs two classes"):
        train(make_task(), type_measure="auc")
    with pytest.raises(FitFailed, match="class is for classes"):
        train(make_task(n_classes=0), type_measure="class")


def test_too_few_passes_are_a_warning_and_the_path_so_far_is_used():
    task = make_task(n_features=40, n=60, n_classes=2, seed=3)
    fit = train(task, maxit=60)
    assert not fit.info["converged"]
    assert fit.info["n_lambda"] < len(train(task).tables["path"])
    assert "not converged at lambda" in fit.info["reason"]
    assert "maxit" in fit.info["reason"]
    assert np.isfinite(fit.predict["lasso_min"](TaskRows(task, np.arange(5))).probabilities).all()


def test_a_path_of_one_point_is_the_class_frequencies():
    task = make_task(n_classes=2)
    fit = train(task, maxit=1)
    assert fit.info["n_lambda"] == 1
    assert not fit.info["converged"]
    probability = fit.predict["lasso_1se"](TaskRows(task, np.arange(3))).probabilities[:, 0]
    np.testing.assert_allclose(probability, (task.target == 0).mean())


def test_pixels_are_read_as_intensities():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (90, 5)).astype(np.uint8)
    task = make_task(n_classes=0)
    target = pixels[:, 0] / 255 + rng.normal(size=90) / 10
    stored, shown = (
        train(replace(task, features=features, scale=scale, target=target)).tables["path"]
        for features, scale in ((pixels, 255.0), (pixels / 255, 1.0))
    )
    assert stored.equals(shown)


@pytest.mark.parametrize(
    ("n", "n_features", "n_outputs", "measured"),
    [
        (667, 784, 10, 2.4),  # whole cross-validations of Fashion-MNIST, benchmarks/bench_cv_glmnet.py
        (1333, 784, 10, 15.2),
        (3000, 784, 10, 71),
        (599, 64, 10, 11 * 0.066),  # digits
        (1797, 64, 10, 11 * 0.37),
        (1000, 196, 10, 11 * 1.0),  # the path on all rows, of images made smaller, times 11
        (20_000, 49, 10, 11 * 12.6),
        (1000, 784, 2, 11 * 0.48),
        (20_000, 49, 2, 11 * 1.0),
        (1000, 784, 1, 11 * 0.76),
        (4000, 196, 1, 11 * 0.035),
    ],
)
def test_estimated_seconds_are_about_those_measured(n, n_features, n_outputs, measured):
    estimate = CvGlmnet(type="cv_glmnet").seconds(FitSize(n, n, n_features, n_outputs))
    assert measured / 4 < estimate < 4 * measured
