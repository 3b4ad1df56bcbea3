"""Labels in the place of names, and back."""

import pandas as pd
import pytest
import yaml
from pydantic import ValidationError

from soak.config.check import load_config
from soak.errors import SoakError
from soak.experiment import Experiment
from soak.labels import Labels, LabelSettings
from soak.measures import column_measure
from soak.scores.settings import VerdictSettings
from soak.scores.verdicts import verdicts

CONFIG = """
tasks:
  T: {table: t.csv, target: y, subset: region, type: classification, label: Trees of Arizona}
learners:
  featureless: {type: featureless}
  cv_glmnet: {type: cv_glmnet, label: L1 linear model}
  linear_mlp: {type: torch_mlp, label: Network}
labels:
  subsets: {N: North, 2015: the year before}
  algorithms: {linear_mlp: Linear network}
  measures: {zero_one_loss: misclassified}
"""


def experiment(text: str = CONFIG) -> Experiment:
    return Experiment(load_config(yaml.safe_load(text)), "scripts")


def scores() -> pd.DataFrame:
    rows = [
        ("T", subset, train, fold, 1, 60, 60, 1, algorithm, 60, 30, 0.1 * fold + 0.3 * (train == "other") + 0.4 * place)
        for subset in ("N", "2015")
        for train in ("same", "other", "all")
        for fold in (1, 2, 3)
        for place, algorithm in enumerate(("cv_glmnet_min", "featureless"))
    ]
    names = "task_id test_subset train_subsets test_fold seed groups n_train_groups iteration algorithm n_train n_test"
    return pd.DataFrame(rows, columns=[*names.split(), "zero_one_loss"])


def test_labels_of_tasks_subsets_and_algorithms() -> None:
    labels = experiment().labels
    shown = labels.shown(scores())
    assert list(shown["task_id"].unique()) == ["Trees of Arizona"]
    assert list(shown["test_subset"].unique()) == ["North", "the year before"]
    assert list(shown["algorithm"].unique()) == ["L1 linear model (min)", "featureless"]
    pd.testing.assert_frame_equal(labels.stored(shown), scores())
    assert Labels(**labels.as_params()) == labels
    assert labels.algorithm("linear_mlp") == "Linear network"


def test_figures_of_learners_and_algorithms_speak_of_both_by_their_labels() -> None:
    """As figure times does, whose numbers hold learners beside algorithms in one column."""
    labels = experiment().labels
    assert [labels.learner(name) for name in ("featureless", "cv_glmnet", "linear_mlp")] == [
        "featureless", "L1 linear model", "Linear network",
    ]  # fmt: skip
    names = ["cv_glmnet_min", "linear_mlp", "cv_glmnet", "linear_mlp"]
    drawn = pd.DataFrame({"algorithm": [*map(labels.algorithm, names[:2]), *map(labels.learner, names[2:])]})
    assert list(labels.stored(drawn)["algorithm"]) == names


def test_a_measure_is_called_by_its_label_within_the_context() -> None:
    with experiment().labels.measured():
        assert column_measure("zero_one_loss").axis_label == "percent misclassified"
        assert column_measure("log_loss").label == "log loss"
    assert column_measure("zero_one_loss").axis_label == "percent error"


def test_sentences_speak_of_labels() -> None:
    labels = experiment().labels
    with labels.measured():
        table = verdicts(labels.shown(scores()), VerdictSettings(), references=["featureless"])
    assert table["text"].iloc[0].startswith("North: ")
    assert "the year before" in table["text"].iloc[0]
    assert "% misclassified" in table["text"].iloc[0]


def test_a_label_trains_nothing_again() -> None:
    one, two = experiment(), experiment(CONFIG.replace("L1 linear model", "Lasso"))
    assert one.learner_params("cv_glmnet") == two.learner_params("cv_glmnet")
    assert one.task_settings("T") == two.task_settings("T")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("linear_mlp: Linear network", "linear_ml: x", "labels.algorithms.linear_ml: there is no algorithm 'linear_ml'; did you mean 'linear_mlp'"),
        ("zero_one_loss: mis", "zero_loss: mis", "labels.measures.zero_loss: there is no measure 'zero_loss'; did you mean"),
        ("Linear network", "featureless", "labels.algorithms: expected labels that differ, got 'featureless' for featureless and linear_mlp"),
        ("label: Network", "label: ' '", "learners.linear_mlp.label: expected a label of 1 to 200 letters on one line, got ' '"),
    ],
)  # fmt: skip
def test_mistakes(old: str, new: str, message: str) -> None:
    with pytest.raises(SoakError) as caught:
        experiment(CONFIG.replace(old, new))
    assert message in str(caught.value)


def test_labels_of_subsets_are_of_subsets_that_there_are() -> None:
    labels = experiment().labels
    labels.check(scores())
    with pytest.raises(SoakError, match=r"labels\.subsets: there is no subset '2015'; subsets: N, S"):
        labels.check(pd.DataFrame({"task_id": "T", "test_subset": ["N", "S"]}))
    with pytest.raises(SoakError, match="expected labels that differ, got 'S' for N and S"):
        Labels(subsets={"N": "S"}).shown(pd.DataFrame({"test_subset": ["N", "S"]}))


def test_a_label_is_one_line() -> None:
    with pytest.raises(ValidationError, match="expected a label of 1 to 200 letters"):
        LabelSettings(subsets={"N": "a\nb"})
