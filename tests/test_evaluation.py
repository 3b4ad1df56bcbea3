"""soak.evaluate: the workflow's tables for estimators in Python."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import soak
from soak.errors import SoakError
from soak.fitting.record import write_pack
from soak.fitting.run import Job, fit_train_set
from soak.learners.estimator import Estimator
from soak.measures import MEASURES, Measure, measure
from soak.resampling.split_task import write_splits
from soak.resampling.store import StoredSplits
from soak.scores.scoring import score_task
from soak.scores.summaries import pvalues, stats
from soak.tables import TABLES
from soak.tasks.task import Task

RANDOM = np.random.default_rng(3)
N = 90
SUBSET = np.array(["north", "south", "island"] * (N // 3))
X = RANDOM.normal(size=(N, 3))
Y = np.where(X[:, 0] + 0.3 * RANDOM.normal(size=N) > 0, "oak", "beech")
QUIET = {"subset": SUBSET, "progress": False}


def test_tables_have_the_workflows_columns():
    result = soak.evaluate({"knn": KNeighborsClassifier()}, X, Y, cv=soak.SameOtherSizesCV(sizes=0), **QUIET)
    names = ("scores", "stats", "pvalues", "pvalues_downsample", "verdicts", "transfer", "splits", "fits", "times")
    for name in names:
        table = getattr(result, name)
        assert len(table), name
        assert TABLES[name].checked(table).equals(table), name
    assert list(result.predictions["knn"].columns[:4]) == ["iteration", "algorithm", "row", "response"]
    assert set(result.predictions["knn"]["response"]) == {"oak", "beech"}
    assert soak.evaluate(KNeighborsClassifier(), X, Y, **QUIET).pvalues_downsample is None


def test_scores_are_those_of_the_workflow(tmp_path):
    """The same estimator by its import path, through the functions that the workflow's rules call."""
    cv = soak.SameOtherSizesCV(folds=4, random_state=7)
    result = soak.evaluate({"forest": RandomForestClassifier(n_estimators=5)}, X, Y, cv=cv, name="Trees", **QUIET)
    classes, codes = np.unique(Y, return_inverse=True)
    task = Task("Trees", "classification", X, ("a", "b", "c"), 1.0, codes.astype(np.int32), tuple(classes), SUBSET, {})
    files = [tmp_path / name for name in ("folds.parquet", "splits.csv", "train_sets.csv", "rows.parquet")]
    write_splits(cv.instantiate(SUBSET), "Trees", *files)
    splits = StoredSplits.open(files[0], files[1], files[3])
    learner = {"type": "estimator", "class": "sklearn.ensemble.RandomForestClassifier", "params": {"n_estimators": 5}}
    job = Job(task, "forest", Estimator.model_validate(learner), seed=1, splits=splits)
    records = [fit_train_set(job, name) for name in splits.table["train_set"].drop_duplicates()]
    write_pack(tmp_path / "pack", records)
    names, measures = {"forest": ["forest"]}, [measure("zero_one_loss"), measure("log_loss")]
    done = score_task(task, splits, names, {"forest": [tmp_path / "pack"]}, measures, tmp_path / "out")
    pd.testing.assert_frame_equal(result.scores, done.scores)
    pd.testing.assert_frame_equal(result.stats, stats(done.scores))
    pd.testing.assert_frame_equal(result.pvalues, pvalues(done.scores))


def test_each_train_set_is_fitted_once():
    fitted = []

    class Counting(KNeighborsClassifier):
        def fit(self, X, y):
            fitted.append(len(y))
            return super().fit(X, y)

    result = soak.evaluate(Counting(), X, Y, **QUIET)
    assert len(result.splits) == 3 * 3 * 3
    assert len(fitted) == result.splits["train_set"].nunique() == (2 * 3 + 1) * 3
    assert list(result.scores["algorithm"].unique()) == ["Counting"]


def test_the_numbers_do_not_depend_on_the_number_of_jobs():
    estimators = {"knn": KNeighborsClassifier(), "forest": RandomForestClassifier(5)}
    one, two = (soak.evaluate(estimators, X, Y, n_jobs=n, **QUIET) for n in (1, 2))
    for name in ("scores", "verdicts", "transfer", "fits"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


@pytest.mark.parametrize(
    "features", [X, pd.DataFrame(X, columns=list("abc")), X.tolist()], ids=["array", "frame", "list"]
)
def test_features_are_handed_over_as_they_are(features):
    scores = soak.evaluate(KNeighborsClassifier(), features, pd.Series(Y), **QUIET).scores
    expected = soak.evaluate(KNeighborsClassifier(), X, Y, **QUIET).scores
    pd.testing.assert_frame_equal(scores, expected)


def test_a_pipeline_of_columns_of_a_frame():
    from sklearn.compose import make_column_transformer
    from sklearn.preprocessing import OneHotEncoder

    frame = pd.DataFrame({"x": X[:, 0], "kind": np.where(X[:, 1] > 0, "a", "b")})
    encode = make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough")
    result = soak.evaluate({"model": make_pipeline(encode, StandardScaler(), LogisticRegression())}, frame, Y, **QUIET)
    assert result.scores[["zero_one_loss", "log_loss"]].notna().all(axis=None)
    assert result.stats.query("measure == 'zero_one_loss'")["mean"].max() < 0.35


def test_regression_and_lists_of_estimators():
    result = soak.evaluate([Ridge(), Ridge(alpha=10.0), KNeighborsRegressor()], X, X[:, 0] * 2, **QUIET)
    assert list(result.scores["algorithm"].unique()) == ["Ridge_1", "Ridge_2", "KNeighborsRegressor"]
    assert list(result.scores.columns[-2:]) == ["mean_squared_error", "mean_absolute_error"]
    assert (result.verdicts["same_skill"] > 0.9).all()


def test_labels_that_are_numbers_and_subsets_that_are_numbers():
    year = np.array([2009, 2010, 2023] * (N // 3))
    result = soak.evaluate(KNeighborsClassifier(), X, (X[:, 0] > 0).astype(int), subset=year, progress=False)
    assert list(result.verdicts["test_subset"].unique()) == ["2009", "2010", "2023"]
    assert set(result.predictions["KNeighborsClassifier"]["response"]) == {"0", "1"}


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (pd.to_datetime(["2020-01-31", "2020-02-01", "2020-03-01"]), ["2020-01-31", "2020-02-01", "2020-03-01"]),
        (pd.to_timedelta([12, 24, 36], unit="h"), ["0 days 12:00:00", "1 days 00:00:00", "1 days 12:00:00"]),
    ],
)
def test_subsets_that_are_times(values, names):
    subset = pd.Series(np.tile(values, N // 3))
    result = soak.evaluate(KNeighborsClassifier(), X, Y, subset=subset, progress=False)
    assert list(result.verdicts["test_subset"].unique()) == names
    text = soak.evaluate(KNeighborsClassifier(), X, Y, subset=np.tile(names, N // 3), progress=False)
    assert result.scores.equals(text.scores)


def test_without_probabilities_log_loss_is_empty():
    scores = soak.evaluate(SVC(), X, Y, **QUIET).scores
    assert scores["zero_one_loss"].notna().all()
    assert scores["log_loss"].isna().all()


def test_a_class_that_a_train_set_lacks_has_probability_0():
    y = np.where(SUBSET == "island", "palm", Y)
    result = soak.evaluate(KNeighborsClassifier(), X, y, **QUIET)
    predictions = result.predictions["KNeighborsClassifier"]
    same = result.splits.query("train_subsets == 'same' and test_subset == 'north'")["iteration"]
    assert (predictions.loc[predictions["iteration"].isin(same), "prob.palm"] == 0).all()


def test_a_dummy_is_a_reference():
    result = soak.evaluate({"guess": DummyClassifier(), "knn": KNeighborsClassifier()}, X, Y, **QUIET)
    assert result.references == ("guess",)
    assert set(result.verdicts["algorithm"]) == {"knn"}
    assert set(result.fits["learner"]) == {"guess", "knn"}


def test_a_failed_fit_is_a_warning_and_empty_scores():
    class Broken(BaseEstimator):
        def fit(self, X, y):
            raise RuntimeError("no room")

        def predict(self, X):
            return X

    with pytest.warns(
        UserWarning, match="21 of 42 fits failed; .* The first: broken, all.fold1: RuntimeError: no room"
    ):
        result = soak.evaluate({"broken": Broken(), "knn": KNeighborsClassifier()}, X, Y, **QUIET)
    assert set(result.scores.loc[result.scores["zero_one_loss"].isna(), "algorithm"]) == {"broken"}
    assert len(result.verdicts) == 6


def test_a_measure_of_ones_own():
    def compute(target, response, n_classes):
        return float((target == response).mean() - 0.5)

    own = Measure("own_gain", "classification", False, True, compute)
    try:
        result = soak.evaluate(KNeighborsClassifier(), X, Y, measures=[own, "zero_one_loss"], **QUIET)
        assert list(result.scores.columns[-2:]) == ["own_gain", "zero_one_loss"]
        np.testing.assert_allclose(result.scores["own_gain"], 0.5 - result.scores["zero_one_loss"])
        with pytest.raises(SoakError, match="measures: there is another measure called own_gain"):
            soak.evaluate(SVC(), X, Y, measures=[Measure("own_gain", "both", False, False, compute)], **QUIET)
    finally:
        MEASURES.pop("own_gain", None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"estimators": []}, "estimators: expected at least one, got none"),
        ({"estimators": SVC}, "estimators: .*got the class SVC"),
        ({"estimators": {"a/b": SVC()}}, "estimators: expected a name of letters"),
        ({"estimators": [SVC(), Ridge()]}, "estimators: expected all for classification or all for regression"),
        ({"y": Y[:5]}, "y: expected one value for each of the 90 rows of X, got 5 values"),
        ({"y": np.where(Y == "oak", None, Y)}, "y: expected no missing values, got one in row"),
        ({"y": Y.reshape(-1, 1)}, r"y: expected one value per row, got an array of shape \(90, 1\)"),
        ({"subset": SUBSET[:5]}, "subset: expected one value for each of the 90 rows of X, got 5 values"),
        ({"measures": ["r2"]}, "measures: r2 is for regression, and the estimators do classification"),
        ({"measures": ["zero_one_los"]}, "did you mean 'zero_one_loss'"),
        ({"estimators": Ridge()}, "y: expected numbers for regression, got"),
        ({"verdict": {"algorithm": "svm"}}, "verdict.algorithm: no score of 'svm'"),
        ({"name": "a b"}, "name: expected a name of letters"),
        ({"cv": 5}, "cv: expected a SameOtherSizesCV, as SameOtherSizesCV\\(folds=5\\), got 5"),
        ({"subset": iter(SUBSET)}, "subset: expected one value per row, got <"),
    ],
)
def test_mistakes_name_the_argument(change, message):
    arguments = {"estimators": SVC(), "X": X, "y": Y, **QUIET} | change
    with pytest.raises(SoakError, match=message):
        soak.evaluate(arguments.pop("estimators"), arguments.pop("X"), arguments.pop("y"), **arguments)


def test_random_states_are_set_and_the_estimators_stay_as_they_were():
    forest = make_pipeline(StandardScaler(), RandomForestClassifier(3))
    first, second = (soak.evaluate({"f": forest}, X, Y, **QUIET).scores for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert forest.get_params()["randomforestclassifier__random_state"] is None
    other = soak.evaluate({"f": forest}, X, Y, seed=2, **QUIET).scores
    assert not first.equals(other)


def test_progress_and_what_is_printed(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = soak.evaluate(KNeighborsClassifier(), X, Y, subset=SUBSET)
    shown = capsys.readouterr()
    assert shown.err.endswith("\rsoak: 21 of 21 fits\n")
    assert shown.out == ""
    assert "north" in str(result)
    assert "other" in repr(result)


@pytest.mark.parametrize(
    "name", ["differences", "overview", "transfer", "test_error", "test_error_mean_sd", "same_other_all", "pvalue"]
)
def test_the_workflows_figures(name, tmp_path):
    result = soak.evaluate({"knn": KNeighborsClassifier()}, X, Y, **QUIET)
    plot = getattr(soak.plot, name)(result, font_size=9)
    assert "nothing_to_draw" not in plot.data
    assert plot._repr_png_().startswith(b"\x89PNG")
    plot.save(tmp_path / "figure.pdf")
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")


def test_one_subset_in_focus():
    result = soak.evaluate({"knn": KNeighborsClassifier()}, X, Y, **QUIET)
    assert set(soak.plot.same_other_all(result, "island").data["test_subset"]) == {"island"}
    with pytest.raises(SoakError, match="there is no test subset 'islnd'; did you mean 'island'"):
        soak.plot.same_other_all(result, "islnd")
