"""The splitter in scikit-learn's own functions."""

import subprocess
import sys

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score, cross_validate

from soak import SameOtherSizesCV


@pytest.fixture
def table():
    random = np.random.default_rng(0)
    subset = random.choice(["A", "B"], 120)
    group = random.integers(0, 40, 120)
    X = random.normal(size=(120, 3))
    y = (X[:, 0] + random.normal(size=120) > 0).astype(int)
    return X, y, subset, group


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def scores_by_hand(X, y, instance, model):
    return [clone(model).fit(X[train], y[train]).score(X[test], y[test]) for train, test in instance.split()]


def test_split_gives_the_instances_rows(table):
    X, y, subset, group = table
    cv = SameOtherSizesCV(folds=4, sizes=0)
    instance = cv.instantiate(subset, group, y)
    pairs = list(cv.split(X, y, group, subset=subset, stratum=y))
    assert cv.get_n_splits(X, y, group, subset=subset, stratum=y) == len(pairs) == len(instance.table)
    for iteration, (train, test) in enumerate(pairs, start=1):
        assert np.array_equal(train, instance.train(iteration))
        assert np.array_equal(test, instance.test(iteration))


def test_an_instance_is_a_cross_validator(table):
    X, y, subset, group = table
    instance = SameOtherSizesCV().instantiate(subset, group, y)
    model = LogisticRegression()
    scores = cross_val_score(model, X, y, cv=instance)
    assert len(scores) == instance.get_n_splits(X, y) == 18
    np.testing.assert_allclose(scores, scores_by_hand(X, y, instance, model))
    assert len(cross_validate(model, X, y, cv=instance, return_train_score=True)["train_score"]) == 18
    search = GridSearchCV(model, {"C": [0.1, 1]}, cv=instance).fit(X, y)
    assert search.n_splits_ == 18


def test_cross_val_score_routes_subset_groups_and_stratum(table, routing):
    X, y, subset, group = table
    cv = SameOtherSizesCV(random_state=7)
    model = LogisticRegression()
    given = {"subset": subset, "groups": group, "stratum": y}
    instance = cv.instantiate(subset, group, y)
    np.testing.assert_allclose(cross_val_score(model, X, y, cv=cv, params=given), scores_by_hand(X, y, instance, model))
    assert len(cross_validate(model, X, y, cv=cv, params={"subset": subset})["test_score"]) == 18


def test_grid_search_routes_subset(table, routing):
    X, y, subset, _ = table
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=SameOtherSizesCV(folds=2)).fit(X, y, subset=subset)
    assert search.n_splits_ == 12


def test_requests_can_be_renamed_and_refused(table, routing):
    X, y, subset, _ = table
    cv = SameOtherSizesCV(folds=2).set_split_request(subset="region", stratum=None)
    assert len(cross_val_score(DummyClassifier(), X, y, cv=cv, params={"region": subset})) == 12
    assert len(cross_val_score(DummyClassifier(), X, y, cv=clone(cv), params={"region": subset})) == 12
    with pytest.raises(ValueError, match="stratum"):
        cross_val_score(DummyClassifier(), X, y, cv=cv, params={"region": subset, "stratum": y})


def test_ignore_subset_needs_none(table):
    X, y, _, group = table
    cv = SameOtherSizesCV(ignore_subset=True)
    scores = cross_val_score(DummyClassifier(), X, y, groups=group, cv=cv)
    assert len(scores) == 3
    assert len(cross_val_predict(DummyClassifier(), X, y, groups=group, cv=cv)) == len(y)


def test_parameters_are_cloned_and_set():
    cv = SameOtherSizesCV(folds=5, sizes=2, ratio=0.25)
    copy = clone(cv)
    assert copy is not cv
    assert copy.get_params() == cv.get_params()
    assert copy.set_params(folds=2).folds == 2
    assert cv.folds == 5
    assert repr(cv) == (
        "SameOtherSizesCV(folds=5, seeds=1, sizes=2, ratio=0.25, subsets='SOA', ignore_subset=False, "
        "group_stratum_algo='RSS', random_state=1)"
    )


def test_parameters_are_set_by_name():
    cv = SameOtherSizesCV().set_params(folds=5, sizes=0)
    assert (cv.folds, cv.sizes) == (5, 0)
    subset = np.repeat(["A", "B"], 20)
    assert cv.get_n_splits(subset=subset, X=subset) == len(cv.instantiate(subset).table)


def test_parameters_are_checked_when_they_are_used():
    SameOtherSizesCV(folds="three")  # as in scikit-learn: stored untouched


def test_imports_are_cheap():
    code = (
        "import sys, soak; assert not {'numpy', 'pandas'} & set(sys.modules); from soak import SameOtherSizesCV;"
        "SameOtherSizesCV().instantiate(['A', 'B'] * 9); assert not {'numba', 'sklearn', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": "src"})


def test_unknown_names_of_the_package():
    import soak

    with pytest.raises(AttributeError, match="has no attribute 'Splitter'"):
        _ = soak.Splitter
