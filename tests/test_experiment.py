"""Which learners and measures a task has."""

import pytest
import yaml

from soak.config.check import load_config
from soak.experiment import learners_of, measures_of, unsuited

CONFIG = """
datasets: {Digits: {builtin: digits}}
tasks:
  Images: {datasets: [Digits]}
  Trees: {table: a.csv, target: y, type: regression, learners: [featureless], measures: [r2]}
  Own: {table: a.csv, target: y}
learners:
  featureless: {type: featureless}
  forest: {type: estimator, class: sklearn.ensemble.RandomForestRegressor}
  knn: {type: estimator, class: sklearn.neighbors.KNeighborsClassifier}
"""


def config(text=""):
    return load_config(yaml.safe_load(CONFIG + text))


def test_a_task_has_the_learners_that_suit_it_or_those_that_it_names():
    assert list(learners_of(config(), "Images", "classification")) == ["featureless", "knn"]
    assert list(learners_of(config(), "Own", "regression")) == ["featureless", "forest"]
    assert list(learners_of(config(), "Trees", "regression")) == ["featureless"]


def test_measures_default_by_type_and_a_task_may_name_its_own():
    assert measures_of(config(), "Images", "classification") == ["zero_one_loss", "log_loss"]
    assert measures_of(config(), "Own", "regression") == ["mean_squared_error", "mean_absolute_error"]
    assert measures_of(config(), "Trees", "regression") == ["r2"]
    both = config("measures: [accuracy, r2]")
    assert measures_of(both, "Images", "classification") == ["accuracy"]
    assert measures_of(both, "Own", "regression") == ["r2"]


@pytest.mark.parametrize(
    ("types", "told"),
    [
        ({"Images": "classification", "Trees": "regression", "Own": "regression"}, []),
        (
            {"Images": "classification", "Trees": "regression", "Own": "classification"},
            [
                "learners.forest: suits no task of this config (classification and regression): "
                "class: sklearn.ensemble.RandomForestRegressor is for regression; change it, or remove the learner"
            ],
        ),
    ],
)
def test_a_learner_that_suits_no_task_is_told(types, told):
    assert unsuited(config(), types) == told
