"""Measures agree with scikit-learn, or with mlr3 where the two differ."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from soak.config.check import load_config
from soak.config.document import readme
from soak.errors import SoakError
from soak.learners.base import Prediction
from soak.measures import MEASURES, Measure, column_measure, measure
from soak.scores.published import read_scores
from soak.scores.summaries import stats
from soak.tables import TABLES, read_table, write_table

NOT_OF_PREDICTIONS = {  # clusters, rankings, multi-label, curves, or with arguments of their own
    "adjusted_mutual_info_score", "adjusted_rand_score", "calinski_harabasz_score", "completeness_score",
    "consensus_score", "coverage_error", "davies_bouldin_score", "dcg_score", "fbeta_score", "fowlkes_mallows_score",
    "hinge_loss", "homogeneity_score", "label_ranking_average_precision_score", "label_ranking_loss",
    "mutual_info_score", "ndcg_score", "normalized_mutual_info_score", "rand_score", "silhouette_score",
    "v_measure_score",
}  # fmt: skip


def predictions(n_classes, n=60, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    target = np.r_[np.arange(n_classes), rng.integers(n_classes, size=n - n_classes)].astype(np.int32)
    probabilities = rng.dirichlet(np.ones(n_classes), size=n).round(2)
    probabilities[:, -1] = 1 - probabilities[:, :-1].sum(axis=1)
    classes = tuple(f"c{code}" for code in range(n_classes))
    response = probabilities.argmax(axis=1).astype(np.int32)
    return target, Prediction(response, np.abs(probabilities).astype(dtype)), classes


@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_usual_classification_measures_are_those_of_sklearn(n_classes):
    target, prediction, classes = predictions(n_classes)
    proba = prediction.probabilities
    auc_of = proba[:, 1] if n_classes == 2 else proba
    expected = {
        "zero_one_loss": sklearn.metrics.zero_one_loss(target, prediction.response),
        "accuracy": sklearn.metrics.accuracy_score(target, prediction.response),
        "log_loss": sklearn.metrics.log_loss(target, np.clip(proba, 1e-15, 1 - 1e-15), labels=range(n_classes)),
        "roc_auc": sklearn.metrics.roc_auc_score(target, auc_of, multi_class="ovr"),
    }
    got = {name: measure(name)(target, prediction, classes) for name in expected}
    assert got == pytest.approx(expected, rel=1e-9)


def test_usual_regression_measures_are_those_of_sklearn():
    rng = np.random.default_rng(0)
    target, response = rng.normal(size=40), rng.normal(size=40)
    for name, function in {
        "mean_squared_error": "mean_squared_error",
        "mean_absolute_error": "mean_absolute_error",
        "r2": "r2_score",
    }.items():
        expected = getattr(sklearn.metrics, function)(target, response)
        assert measure(name)(target, Prediction(response), ()) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_gives_a_number_and_the_direction_is_right(name):
    """Perfect predictions are better than those of shuffled rows."""
    found = measure(name)
    rng = np.random.default_rng(1)
    for n_classes in (2, 4):
        if found.task_type == "classification":
            target, _, classes = predictions(n_classes)
            shuffled = rng.permutation(target)
            near = 0.9 * np.eye(n_classes) + 0.1 / n_classes
            right, wrong = Prediction(target, near[target]), Prediction(shuffled, near[shuffled])
        else:
            target, classes = rng.gamma(2, size=60) + 0.1, ()
            right, wrong = Prediction(target + 1e-3), Prediction(rng.permutation(target))
        if name == "top_k_accuracy_score" and n_classes == 2:
            continue
        good, bad = found(target, right, classes), found(target, wrong, classes)
        assert np.isfinite([good, bad]).all()
        assert (good > bad) == found.greater_is_better


def test_names_are_all_of_sklearn_that_score_predictions():
    endings = ("_score", "_loss", "_error", "_deviance")
    theirs = {name for name in dir(sklearn.metrics) if name.endswith(endings)}
    assert theirs - set(MEASURES) == NOT_OF_PREDICTIONS


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30).filter(
        lambda rows: len({positive for positive, _ in rows}) == 2
    )
)
def test_auc_with_ties(rows):
    positive = np.array([row[0] for row in rows])
    score = np.array([row[1] for row in rows]) / 10
    target = np.where(positive, 0, 1).astype(np.int32)
    prediction = Prediction(target, np.column_stack([score, 1 - score]))
    expected = sklearn.metrics.roc_auc_score(positive, score)
    assert measure("roc_auc")(target, prediction, ("a", "b")) == pytest.approx(expected, abs=1e-12)


def test_log_loss_of_a_certain_mistake_is_clipped_as_in_mlr3():
    prediction = Prediction(np.array([1], np.int32), np.array([[0.0, 1.0]]))
    assert measure("log_loss")(np.array([0]), prediction, ("a", "b")) == pytest.approx(-np.log(1e-15))
    assert measure("log_loss")(np.array([1]), prediction, ("a", "b")) == pytest.approx(1e-15, rel=0.2)


def test_float32_probabilities_are_scored_in_float64():
    target, prediction, classes = predictions(5, dtype=np.float32)
    exact = Prediction(prediction.response, prediction.probabilities.astype(np.float64))
    for name in ("log_loss", "roc_auc", "brier_score_loss", "d2_log_loss_score"):
        value = measure(name)(target, prediction, classes)
        assert value == pytest.approx(measure(name)(target, exact, classes), rel=1e-6)


def test_what_cannot_be_had_is_nan():
    target, prediction, classes = predictions(3)
    assert np.isnan(measure("log_loss")(target, Prediction(prediction.response), classes))
    one_class = np.zeros(len(target), np.int32)
    assert np.isnan(measure("roc_auc")(one_class, prediction, classes))
    assert np.isnan(measure("mean_squared_log_error")(np.array([-1.5]), Prediction(np.array([2.0])), ()))
    assert np.isnan(measure("r2")(np.ones(4), Prediction(np.zeros(4)), ()))
    assert np.isnan(measure("zero_one_loss")(target[:0], Prediction(target[:0]), classes))


def test_unknown_name_is_told_with_the_nearest():
    with pytest.raises(SoakError, match="no measure 'log_los'; did you mean 'log_loss'"):
        measure("log_los")


def test_names_are_checked_without_sklearn():
    code = "import sys, soak.measures as m; m.measure('f1_score'); print('sklearn' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src")}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert ran.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("name", "label"),
    [("r2", "R²"), ("roc_auc", "area under the ROC curve"), ("log_loss", "log loss"), ("f1_score", "f1 score")],
)
def test_labels_of_measures(name, label):
    assert column_measure(name).label == label


def test_measures_have_labels_and_units():
    assert column_measure("zero_one_loss").format(0.412) == "41.2 %"
    assert column_measure("zero_one_loss").axis_label == "percent error"
    assert column_measure("mean_squared_error").format(3256.4) == "3256"
    assert column_measure("max_error").axis_label == "max error"


def test_mean_and_sd_have_equal_decimals():
    assert column_measure("mean_squared_error").mean_sd(545.2, 11.23) == "545 ± 11"
    assert column_measure("mean_squared_error").mean_sd(5.149e8, 3.1e7) == "(5.15 ± 0.31)e8"
    assert column_measure("mean_squared_error").number(514911623.0) == "5.15e8"
    assert column_measure("log_loss").mean_sd(0.1234, 0.01) == "0.123 ± 0.010"
    assert column_measure("zero_one_loss").mean_sd(0.1, 0.01) == "10.0 ± 1.0"
    assert column_measure("zero_one_loss").mean_sd(0.1, np.nan) == "10.0"
    assert column_measure("r2").mean_sd(0.0, 0.1) == "0.00 ± 0.10"
    assert column_measure("mean_squared_error").mean_sd(1.08e-11, 2.3e-12) == "(1.08 ± 0.23)e-11"
    assert column_measure("mean_squared_error").number(1.08e-11) == "1.08e-11"
    assert column_measure("log_loss").number(0.00012) == "0.000120"
    assert column_measure("r2").mean_sd(3e-5, 0.1) == "0.000 ± 0.100"
    assert column_measure("log_loss").number(2e-17) == "0.00"
    assert column_measure("zero_one_loss").number(1e-7) == "0.0"


def test_what_is_better_is_known_of_all_measures():
    assert column_measure("f1_score").greater_is_better
    assert not column_measure("zero_one_loss").greater_is_better
    assert not column_measure("regret_of_my_own").greater_is_better


def test_a_measure_of_ones_own_has_a_label_and_no_known_perfect_value():
    own = Measure("cost_of_errors", "both", False, False, lambda target, response, n_classes: 0.0)
    assert (own.label, own.percent, own.perfect) == ("cost of errors", False, None)


@pytest.mark.parametrize("name", MEASURES)
def test_perfect_predictions_have_the_value_that_is_called_perfect(name):
    found = MEASURES[name]
    if found.task_type == "classification":
        target, _, classes = predictions(4)
        perfect = Prediction(target, np.eye(4)[target])
    else:
        target, classes = np.random.default_rng(1).gamma(2, size=60) + 0.1, ()
        perfect = Prediction(target)
    assert found(target, perfect, classes) == pytest.approx(found.perfect, abs=1e-12)


def test_to_add_a_measure_is_to_add_one_record(monkeypatch, tmp_path):
    """It is known in a config, in config/README.md, in tables of scores from elsewhere, and has its label in figures."""
    record = Measure(
        "half_error", "classification", False, False, lambda *_: 0.5, label="half an error", aliases={"half_ce": 2.0}
    )
    monkeypatch.setitem(MEASURES, "half_error", record)
    task = {"table": "t.csv", "target": "y", "subset": "s"}
    raw = {"tasks": {"T": task}, "learners": {"featureless": {"type": "featureless"}}, "measures": ["half_error"]}
    assert load_config(raw).measures == ["half_error"]
    assert "half_error" in readme()
    (tmp_path / "scores.csv").write_text(
        "task_id,test_subset,train_subsets,test_fold,algorithm,half.ce\nT,A,same,1,m,0.25\nT,A,other,1,m,0.3\n"
    )
    scores = read_scores(tmp_path / "scores.csv")
    assert scores["half_error"].tolist() == [0.5, 0.6]
    write_table(TABLES["scores"], scores, tmp_path / "made.csv")
    assert stats(read_table(tmp_path / "made.csv"))["measure"].unique().tolist() == ["half_error"]
    assert column_measure("half_error").axis_label == "half an error"


def raising(*_):
    raise ValueError("no\x1b[31m\nclass")


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (raising, r"measure own: ValueError: no\x1b[31m class"),
        (lambda *_: None, "measure own: expected a number, got another value (float() argument must be"),
        (lambda *_: np.zeros(2), "measure own: expected a number, got another value ("),
        (lambda *_: "x", "measure own: expected a number, got another value (could not convert string to float: 'x')"),
        (lambda *_: sys.exit(3), "measure own: SystemExit: 3"),
    ],
)
def test_a_measure_of_the_users_own_that_gives_no_number_is_one_line(compute, message):
    own = Measure("own", "classification", False, False, compute, by_row=raising)
    prediction = Prediction(np.array([0, 1]), None)
    with pytest.raises(SoakError) as caught:
        own(np.array([0, 1]), prediction, "ab")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    with pytest.raises(SoakError, match="measure own: ValueError"):
        own.row_values(np.array([0, 1]), prediction, "ab")


def test_a_measure_of_the_users_own_changes_nothing_that_others_need():
    target, prediction = np.array([1, 0, 1]), Prediction(np.array([1, 1, 0]), None)
    own = Measure(
        "own", "classification", False, False, lambda target, response, _: target.sort() or response.sort() or 1
    )
    assert own(target, prediction, "ab") == 1
    assert (target.tolist(), prediction.response.tolist()) == ([1, 0, 1], [1, 1, 0])


def test_the_positive_class_is_the_first_or_the_one_that_is_chosen():
    random = np.random.default_rng(0)
    target = random.integers(0, 2, 40)
    share = np.clip(target * 0.3 + random.random(40) * 0.7, 0.01, 0.99)
    prediction = Prediction((share > 0.5).astype(np.int32), np.column_stack([1 - share, share]))
    for name, function in (
        ("f1_score", sklearn.metrics.f1_score),
        ("jaccard_score", sklearn.metrics.jaccard_score),
        ("precision_score", sklearn.metrics.precision_score),
        ("recall_score", sklearn.metrics.recall_score),
    ):
        for code in (0, 1):
            expected = function(target, prediction.response, pos_label=code)
            assert measure(name).of_positive(code)(target, prediction, ("no", "yes")) == pytest.approx(expected)
    average = measure("average_precision_score")
    for code in (0, 1):
        expected = sklearn.metrics.average_precision_score(target == code, prediction.probabilities[:, code])
        assert average.of_positive(code)(target, prediction, ("no", "yes")) == pytest.approx(expected)


@pytest.mark.parametrize("name", ["zero_one_loss", "log_loss", "roc_auc", "brier_score_loss", "balanced_accuracy"])
def test_other_measures_have_no_positive_class(name):
    """They are the same with the classes in reverse."""
    target = np.array([0, 1, 1, 0, 1, 0])
    share = np.array([0.2, 0.9, 0.4, 0.3, 0.6, 0.6])
    there = Prediction((share > 0.5).astype(np.int32), np.column_stack([1 - share, share]))
    back = Prediction(1 - there.response, there.probabilities[:, ::-1])
    assert not measure(name).is_of_positive_class
    assert measure(name)(target, there, "ab") == pytest.approx(measure(name)(1 - target, back, "ab"))
