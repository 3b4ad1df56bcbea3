"""The files that the paper's author publishes, as they are: scores by all names, times, facts of data sets."""

import re
from pathlib import Path

import pandas as pd
import pytest

from soak.errors import SoakError
from soak.scores.datasets import printed, read_facts
from soak.scores.elsewhere import read_elsewhere
from soak.scores.published import read_scores
from soak.scores.training_times import of_fits, read_times
from soak.tables import TABLES

PAPER = Path(__file__).parents[1] / "reference/paper"
SPLIT = list(TABLES["scores"].columns)


def paper(name: str) -> Path:
    return PAPER / f"{name}.csv.gz"


@pytest.mark.parametrize(
    ("name", "rows", "measures", "algorithms"),
    [
        ("data_Classif_batchmark_registry", 1706, ["roc_auc", "zero_one_loss"], ["cv_glmnet", "featureless"]),
        ("NSCH_autism_reproduce_proj_results", 120, ["roc_auc", "accuracy"], ["cv_glmnet"]),
        ("SOAKED_STL10_waveform", 48, ["accuracy"], ["cv_glmnet", "featureless"]),
        (
            "conv_images_restart",
            60,
            ["accuracy"],
            ["featureless", "torch_linear", "cv_glmnet", "torch_dense_50", "torch_conv"],
        ),
        ("figure-SOAKED-seeds-data", 80, ["root_mean_squared_error"], ["rpart"]),
    ],
)
def test_scores_by_all_names_that_r_has_had(name: str, rows: int, measures: list[str], algorithms: list[str]) -> None:
    notes: list[str] = []
    scores = read_scores(paper(name), notes=notes)
    assert list(scores.columns) == [*SPLIT, *measures]
    assert len(scores) == rows
    assert set(scores["algorithm"]) == set(algorithms)
    assert set(scores["train_subsets"]) == {"same", "other", "all"}
    assert notes == []


def test_plain_k_fold_is_one_subset() -> None:
    scores = read_scores(paper("data_Classif_batchmark_algos_registries"))
    assert scores["test_subset"].unique().tolist() == ["full"]
    assert scores["train_subsets"].unique().tolist() == ["same"]
    assert sorted(scores["test_fold"].unique()) == list(range(1, 11))


def test_of_mlr3s_own_scores_the_iteration_is_the_fold(tmp_path: Path) -> None:
    (tmp_path / "bmr.csv").write_text(
        "nr,task_id,learner_id,resampling_id,iteration,classif.ce\n1,T,classif.rpart,cv,1,0.1\n1,T,classif.rpart,cv,2,0.3\n"
    )
    scores = read_scores(tmp_path / "bmr.csv")
    assert scores["test_fold"].tolist() == [1, 2]
    assert scores["zero_one_loss"].tolist() == [0.1, 0.3]


def test_error_and_accuracy_follow_from_each_other() -> None:
    asked = read_scores(paper("conv_images_10fold_test"), ["accuracy"])
    had = read_scores(paper("conv_images_10fold_test"))
    assert (asked["accuracy"] + had["zero_one_loss"]).to_numpy() == pytest.approx(1)
    both = read_elsewhere(
        [paper("conv_images_10fold_test"), paper("NSCH_autism_reproduce_proj_results")], measures=["zero_one_loss"]
    ).scores
    assert both["zero_one_loss"].notna().all()


def test_tasks_are_chosen_and_renamed() -> None:
    names = {"vowel": "vowel_cv", "EMNIST": "EMNIST"}
    scores = read_scores(paper("data_Classif_batchmark_algos_registries"), tasks=names)
    assert scores["task_id"].unique().tolist() == ["vowel_cv", "EMNIST"]
    with pytest.raises(SoakError, match="there is no task 'vowels'; did you mean 'vowel'"):
        read_scores(paper("data_Classif_batchmark_algos_registries"), tasks={"vowels": "v"})


def test_times_are_seconds_or_a_start_and_an_end() -> None:
    seconds = read_times(paper("data_Classif_batchmark_algos_registries_time"))
    hours = seconds.query("task_id == 'EMNIST' and learner == 'cv_glmnet'")["seconds"] / 3600
    assert f"{hours.mean():.1f}±{hours.std():.1f}" == "3.9±2.1"
    started = read_times(paper("data_Classif_batchmark_registry_times"))
    assert started.loc[0].tolist() == ["14cancer", "cv_glmnet", "same", pytest.approx(34.0769)]
    both = read_times(paper("conv_images_restart"))
    assert set(both["train_subsets"]) == {"same", "other", "all"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("task_id,learner_id,classif.ce\nT,rpart,1\n", "expected a column seconds, or start.time and end.time"),
        ("task_id,seconds\nT,1\n", "column algorithm is missing"),
        ("task_id,algorithm,seconds\nT,rpart,long\n", "row 1, column seconds: expected a finite number, got 'long'"),
        ("task_id,algorithm,started,done\nT,rpart,2024-02-08,soon\n", "row 1, column done: expected a date and time"),
    ],
)
def test_times_that_are_none_are_one_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "times.csv").write_text(text)
    with pytest.raises(SoakError, match=re.escape(said)):
        read_times(tmp_path / "times.csv")


TYPES = {"MNIST_EMNIST": "image pair", "aztrees3": "time/space", "vowel": "train/test"}


def test_facts_are_table_1() -> None:
    datasets, rows = read_facts(paper("data-meta"), TYPES)
    assert len(datasets) == 20
    assert datasets["task_id"].tolist()[:3] == ["MNIST_EMNIST", "aztrees3", "vowel"]
    assert rows.query("task_id == 'aztrees3'")["rows"].tolist() == [1464, 1563, 2929]
    shown = printed(datasets).set_index("data")
    assert shown.loc["NSCH_autism"].tolist() == ["", "46,010", "364", "2", "31.8", "2", "1.5"]
    assert shown.loc["CanadaFires_all"].tolist() == ["", "4,827", "46", "2", "2.0", "4", "7.0"]


def test_files_of_all_kinds_in_one_config() -> None:
    names = ["data_Classif_batchmark_algos_registries_time", "data-meta", "data_Classif_batchmark_algos_registries"]
    read = read_elsewhere([paper(name) for name in names], measures=["zero_one_loss"])
    assert (len(read.scores), len(read.datasets), len(read.times)) == (200, 20, 200)
    assert "training took 609 hours in 200 fits (cv_glmnet 39, " in read.notes[0]
    with pytest.raises(SoakError, match="expected a file of scores, got only times and facts"):
        read_elsewhere([paper(name) for name in names[:2]])
    with pytest.raises(SoakError, match="two files of facts"):
        read_elsewhere([paper(names[1]), paper(names[1]), paper(names[2])])


def test_a_train_set_is_of_what_it_is_for_most() -> None:
    splits = pd.DataFrame(
        {
            "task_id": "T",
            "train_set": ["a", "a", "all", "all", "a-small"],
            "train_subsets": ["other", "same", "all", "all", "same"],
            "groups": 9,
            "n_train_groups": [9, 9, 9, 9, 3],
        }
    )
    times = pd.DataFrame({"task_id": "T", "train_set": ["all", "a", "a-small"], "learner": "l", "seconds": [3.0, 2, 1]})
    assert of_fits(times, splits).to_numpy().tolist() == [["T", "l", "all", 3.0], ["T", "l", "same", 2.0]]
