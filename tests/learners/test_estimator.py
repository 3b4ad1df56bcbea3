"""estimator: scikit-learn's own results, inner folds that respect groups, and clear words for mistakes."""

import textwrap
from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from soak.errors import SoakError
from soak.fitting.model import fit_model
from soak.learners.base import FitFailed, TrainData
from soak.learners.estimator import Estimator, tuning_folds
from soak.tasks.task import Task, TaskRows

RNG = np.random.default_rng(0)
N = 120
FEATURES = RNG.normal(size=(N, 3)) * [1, 10, 100]
CODES = (FEATURES[:, 0] > 0.4).astype(np.int32) + (FEATURES[:, 0] > -0.4)
LABELS = np.asarray(CODES, np.int32)


def task(**changed):
    whole = Task(
        "T",
        "classification",
        FEATURES,
        ("a", "b", "c"),
        1.0,
        LABELS,
        ("x", "y", "z"),
        np.repeat(["A", "B"], N // 2),
        {},
    )
    return replace(whole, **changed)


REGRESSION = task(type="regression", target=FEATURES[:, 0] * 2 + 1, classes=())


def settings(name="sklearn.neighbors.KNeighborsClassifier", **given):
    return Estimator(**{"type": "estimator", "class": name, **given})


def train(one, of=None, rows=None, seed=2**62 + 5):
    of = task() if of is None else of
    rows = np.arange(0, N, 2) if rows is None else rows
    return fit_model(one, "knn", TrainData(TaskRows(of, rows), 1, seed))


def predict(fit, of=None, name="knn"):
    return fit.predict[name](TaskRows(task() if of is None else of, np.arange(1, N, 2)))


def test_same_as_sklearn_alone():
    got = predict(train(settings(params={"n_neighbors": 3})))
    alone = KNeighborsClassifier(3).fit(FEATURES[::2], LABELS[::2])
    np.testing.assert_array_equal(got.probabilities, alone.predict_proba(FEATURES[1::2]))
    np.testing.assert_array_equal(got.response, alone.predict(FEATURES[1::2]))
    assert got.response.dtype == np.int32


def test_standard_scale_comes_from_the_train_rows():
    got = predict(train(settings(scale="standard")))
    scaler = StandardScaler().fit(FEATURES[::2])
    alone = KNeighborsClassifier().fit(scaler.transform(FEATURES[::2]), LABELS[::2])
    np.testing.assert_array_equal(got.probabilities, alone.predict_proba(scaler.transform(FEATURES[1::2])))
    assert (got.response == LABELS[1::2]).mean() > (predict(train(settings())).response == LABELS[1::2]).mean()


def test_pixels_stay_small():
    pixels = task(features=RNG.integers(0, 256, (N, 9)).astype(np.uint8), scale=255.0)
    fit = train(settings(), pixels)
    assert predict(fit, pixels).response.shape == (N // 2,)
    kept = fit.predict["knn"].args[0]._fit_X  # what scikit-learn keeps of the train rows
    assert kept.dtype == np.float32
    assert kept.max() <= 1


def test_random_state_comes_from_the_seed_and_the_user_may_set_it():
    name, params = "sklearn.ensemble.RandomForestClassifier", {"n_estimators": 5}
    seed = 2**62 + 5
    alone = RandomForestClassifier(5, random_state=seed % 2**32).fit(FEATURES[::2], LABELS[::2])
    ours = predict(train(settings(name, params=params), seed=seed))
    np.testing.assert_array_equal(ours.probabilities, alone.predict_proba(FEATURES[1::2]))
    own = [predict(train(settings(name, params=params | {"random_state": 3}), seed=s)).probabilities for s in (1, 2)]
    np.testing.assert_array_equal(*own)


def test_without_predict_proba_there_are_no_probabilities():
    got = predict(train(settings("sklearn.svm.LinearSVC")))
    assert got.probabilities is None
    assert set(got.response) <= {0, 1, 2}


def test_a_class_that_the_train_set_lacks_has_probability_zero():
    rows = np.flatnonzero(LABELS != 1)
    got = predict(train(settings(), rows=rows))
    assert got.probabilities.shape == (N // 2, 3)
    assert (got.probabilities[:, 1] == 0).all()
    np.testing.assert_allclose(got.probabilities.sum(axis=1), 1)
    assert set(got.response) == {0, 2}


def test_regression():
    got = predict(train(settings("sklearn.linear_model.LinearRegression"), REGRESSION), REGRESSION)
    np.testing.assert_allclose(got.response, REGRESSION.target[1::2])
    assert got.probabilities is None


def test_tune_takes_the_best():
    fit = train(settings(tune={"n_neighbors": [1, 20]}, scale="standard"))
    table = fit.tables["tuning"]
    assert list(table["candidate"]) == ['{"n_neighbors": 1}', '{"n_neighbors": 20}']
    assert table["chosen"].sum() == 1
    assert table.loc[table["chosen"], "mean"].item() == table["mean"].max()
    again = train(settings(tune={"n_neighbors": [1, 20]}, scale="standard"))
    assert again.tables["tuning"].equals(table)


def test_a_candidate_that_cannot_be_fitted_is_not_chosen():
    table = train(settings(tune={"n_neighbors": [70, 5]})).tables["tuning"]  # more neighbours than rows
    assert list(table["chosen"]) == [False, True]
    assert np.isnan(table["mean"][0])
    with pytest.raises(FitFailed, match=r"no candidate could be fitted; .*n_neighbors = 80"):
        train(settings(tune={"n_neighbors": [70, 80]}))
    with pytest.raises(FitFailed, match=r"no candidate could be fitted; .*[Hh]aversine"):
        train(settings(tune={"metric": ["haversine"]}))


def test_inner_folds_keep_groups_together_and_strata_proportional():
    group = np.arange(N) // 4
    stratum = (np.arange(N) // 8 % 3 == 0).astype(int)
    grouped = TaskRows(task(group=group, strata={"s": stratum}), np.arange(N))
    held_out = []
    for train_rows, test_rows in tuning_folds(grouped, 7):
        assert not set(group[train_rows]) & set(group[test_rows])
        assert abs(stratum[test_rows].mean() - stratum.mean()) < 0.1
        held_out.extend(test_rows)
    assert sorted(held_out) == list(range(N))


def test_strata_without_groups_and_few_rows_per_stratum():
    each = TaskRows(task(strata={"s": np.arange(N)}), np.arange(N))
    assert len(list(tuning_folds(each, 7))) == 5
    by_class = [LABELS[test].mean() for _, test in tuning_folds(TaskRows(task(), np.arange(N)), 7)]
    assert np.ptp(by_class) < 0.1


def test_one_group_cannot_be_tuned():
    with pytest.raises(FitFailed, match="one group only"):
        train(settings(tune={"n_neighbors": [1, 2]}), task(group=np.zeros(N)))


@pytest.mark.parametrize("scale", ["none", "standard"])
def test_weights_are_used_or_refused(scale):
    weights = np.where(LABELS == 0, 100.0, 1.0)
    logistic = settings("sklearn.linear_model.LogisticRegression", scale=scale, params={"max_iter": 10_000})
    got = predict(train(logistic, task(weights=weights)))
    plain = predict(train(logistic))
    assert got.probabilities[:, 0].mean() > plain.probabilities[:, 0].mean() + 0.01
    if scale == "none":
        alone = LogisticRegression(max_iter=10_000).fit(FEATURES[::2], LABELS[::2], weights[::2])
        np.testing.assert_allclose(got.probabilities, alone.predict_proba(FEATURES[1::2]), rtol=1e-6)
    with pytest.raises(FitFailed, match="KNeighborsClassifier takes no weights"):
        train(settings(), task(weights=weights))


def test_a_file_of_the_users_own(tmp_path, monkeypatch):
    (tmp_path / "my_models.py").write_text(
        textwrap.dedent("""
            import numpy as np
            class Nearest:
                def fit(self, X, y):
                    self.center = X[y == 0].mean(axis=0)
                def predict(self, X):
                    return np.zeros(len(X), int)
        """)
    )
    monkeypatch.chdir(tmp_path)
    assert (predict(train(settings("my_models.Nearest"))).response == 0).all()


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("xgboozt.XGBClassifier", {}, "the package 'xgboozt' is not installed.*pip install xgboozt"),
        ("sklearn.neighbours.KNeighborsClassifier", {}, "has no module 'neighbours'; did you mean 'neighbors'"),
        ("sklearn.svm.SVCC", {}, "has no class 'SVCC'; did you mean 'SVC'"),
        (
            "sklearn.RandomForestClassifier",
            {},
            "sklearn has no class 'RandomForestClassifier'; did you mean 'sklearn.ensemble.RandomForestClassifier'?",
        ),
        (
            None,
            {"tune": {"weights": ["uniform", "nonsense"]}},
            "^tune: KNeighborsClassifier: The 'weights' parameter of KNeighborsClassifier must be .*Got 'nonsense' instead",
        ),
        ("sklearn.preprocessing.StandardScaler", {}, "has no method predict"),
        (None, {"params": {"n_neighbor": 3}}, "no parameter 'n_neighbor'; did you mean 'n_neighbors'"),
        (None, {"tune": {"neighbours": [3]}}, "no parameter 'neighbours'"),
        (
            None,
            {"params": {"n_neighbors": "50"}},
            r"^params: KNeighborsClassifier: The 'n_neighbors' parameter of KNeighborsClassifier must be an int in the "
            r"range \[1, inf\) or None\. Got '50' instead\.$",
        ),
        (None, {"params": {"n_jobs": 1, "nonsense": 2}}, "no parameter 'nonsense'"),
        (None, {"params": {"p": 1}, "tune": {"p": [1, 2]}}, "'p' of KNeighborsClassifier is also in params"),
        (
            "sklearn.neighbors.KNeighborsRegressor",
            {},
            "cannot do classification: class: sklearn.neighbors.KNeighborsRegressor is for regression",
        ),
    ],
)
def test_mistakes_are_one_line(name, given, message):
    one = settings(**given) if name is None else settings(name, **given)
    with pytest.raises(SoakError, match=message) as error:
        one.check(task())
    assert "\n" not in str(error.value)
