"""Score tables from elsewhere, and what is wrong with some of them."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from soak.errors import SoakError
from soak.scores.notes import problems
from soak.scores.published import read_score_files, read_scores
from soak.scores.summaries import pvalues
from soak.tables import TABLES

REFERENCE = Path(__file__).parents[1] / "reference"
R_TABLE = """task_id,test.subset,train.subsets,test.fold,learner_id,classif.ce,percent_error
T,A,same,1,classif.cv_glmnet,0.1,10
T,A,other,1,classif.cv_glmnet,0.2,20
T,A,same,2,classif.cv_glmnet,0.3,30
T,A,other,2,classif.cv_glmnet,0.5,50
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "scores.csv"
    path.write_text(text)
    return path


def test_r_names_are_read(tmp_path: Path) -> None:
    scores = read_scores(write(tmp_path, R_TABLE))
    assert list(scores.columns) == [*TABLES["scores"].columns, "zero_one_loss"]
    assert scores["algorithm"].unique().tolist() == ["cv_glmnet"]
    assert scores["zero_one_loss"].tolist() == [0.1, 0.2, 0.3, 0.5]
    assert scores["iteration"].tolist() == [1, 2, 3, 4]
    assert pvalues(scores)["mean_diff"].iloc[0] == pytest.approx(0.15)


def test_percent_error_becomes_a_share(tmp_path: Path) -> None:
    table = R_TABLE.replace("classif.ce,", "something,")
    assert read_scores(write(tmp_path, table))["zero_one_loss"].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.5])


def test_one_column_under_two_names(tmp_path: Path) -> None:
    twice = [f"{line},{fold}" for line, fold in zip(R_TABLE.splitlines(), ["test_fold", 1, 1, 2, 2], strict=True)]
    assert read_scores(write(tmp_path, "\n".join(twice)))["test_fold"].tolist() == [1, 1, 2, 2]
    twice[3] = twice[3][:-1] + "3"
    with pytest.raises(
        SoakError, match=r"scores\.csv: columns test\.fold and test_fold mean the same and differ; keep one"
    ):
        read_scores(write(tmp_path, "\n".join(twice)))


def test_rows_are_by_task_iteration_algorithm() -> None:
    scores = read_scores(REFERENCE / "scores_digits.csv")
    assert len(scores) == 81
    assert scores["iteration"].is_monotonic_increasing
    assert scores["algorithm"].tolist()[:3] == ["cv_glmnet_min", "cv_glmnet_1se", "featureless"]


def test_own_table_survives_csv_and_parquet(tmp_path: Path) -> None:
    scores = read_scores(REFERENCE / "scores_threeeight.csv")
    scores.to_csv(tmp_path / "scores.csv", index=False)
    scores.to_parquet(tmp_path / "scores.parquet")
    pd.testing.assert_frame_equal(read_scores(tmp_path / "scores.csv"), scores)
    pd.testing.assert_frame_equal(read_scores(tmp_path / "scores.parquet"), scores)


def test_subset_names_that_look_like_numbers_or_na_stay(tmp_path: Path) -> None:
    scores = read_scores(write(tmp_path, R_TABLE.replace(",A,", ",NA,")))
    assert scores["test_subset"].unique().tolist() == ["NA"]
    assert read_scores(write(tmp_path, R_TABLE.replace(",A,", ",007,")))["test_subset"][0] == "007"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("test.subset", "region", "column test_subset is missing"),
        ("test.fold", "fold", "column test_fold is missing"),
        (
            "T,A,other,2",
            "T,A,other,1",
            "row 4 repeats row 2 with other scores: task_id T, test_subset A, train_subsets other, test_fold 1",
        ),
        ("0.3,30", "much,30", "row 3, column classif_ce: expected a finite number, got 'much'"),
        ("0.3,30", "30,30", r"row 3, column classif_ce: expected a score from 0 to 1, got '30'; is it in percent\?"),
        ("0.3,30", "-0.3,30", r"row 3, column classif_ce: expected a score from 0 to 1, got '-0.3'$"),
        ("A,same,2", "A,Same,2", "row 3, column train_subsets: expected same, other or all, got 'Same'"),
        ("A,same,2", "A,same,two", "row 3, column test_fold: expected a finite number, got 'two'"),
        ("A,same,2", "A,same,2.5", "row 3, column test_fold: expected a whole number, got '2.5'"),
        ("T,A,same,2", "T,,same,2", "row 3, column test_subset: the cell is empty"),
        ("classif.ce,percent_error", "gini,kappa", "no column is a known measure.*unknown here: gini, kappa"),
    ],
)
def test_one_clear_line_each(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in R_TABLE
    with pytest.raises(SoakError, match=said) as caught:
        read_scores(write(tmp_path, R_TABLE.replace(old, new)))
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "scores.csv") in str(caught.value)


def test_scores_beyond_the_perfect_one(tmp_path: Path) -> None:
    for name, bad, allowed in (("classif.auc", "1.2", "of at most 1"), ("regr.mse", "-0.1", "from 0 on")):
        text = R_TABLE.replace("classif.ce,percent_error", f"{name},other").replace("0.3,30", f"{bad},30")
        with pytest.raises(SoakError, match=f"row 3, column .*: expected a score {allowed}, got '{bad}'$"):
            read_scores(write(tmp_path, text))
    text = R_TABLE.replace("classif.ce,percent_error", "regr.rsq,other").replace("0.3,30", "-7,30")
    assert -7 in read_scores(write(tmp_path, text))["r2"].to_list()


def test_a_row_that_only_repeats_another_is_left_out_with_a_note(tmp_path: Path) -> None:
    lines = R_TABLE.splitlines()
    expected = read_scores(write(tmp_path, R_TABLE))
    path, notes = write(tmp_path, "\n".join([*lines, lines[2], lines[1]]) + "\n"), []
    pd.testing.assert_frame_equal(read_scores(path, notes=notes), expected)
    assert notes == [f"{path}: 2 rows that repeat another (first: row 5) left out."]


def test_columns_whose_names_are_no_measures_are_left_out_with_a_note(tmp_path: Path) -> None:
    path, notes = write(tmp_path, R_TABLE.replace("percent_error", "gini")), []
    assert list(read_scores(path, notes=notes).columns) == [*TABLES["scores"].columns, "zero_one_loss"]
    assert len(notes) == 1
    assert "columns left out, since no measure has their name: gini" in notes[0]


def test_unknown_measure_that_was_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, R_TABLE)
    assert list(read_scores(path, ["zero_one_loss"]).columns)[-1] == "zero_one_loss"
    with pytest.raises(SoakError, match=re.escape("no column for the measure 'zero_one_los'")):
        read_scores(path, ["zero_one_los"])


def test_empty_file_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(SoakError, match="cannot be read as a table"):
        read_scores(write(tmp_path, ""))
    with pytest.raises(SoakError, match="no rows"):
        read_scores(write(tmp_path, R_TABLE.splitlines()[0] + "\n"))
    with pytest.raises(SoakError, match="no such file"):
        read_scores(tmp_path / "nowhere.csv")


@pytest.mark.parametrize("cell", ["", "NA", "NaN", "Inf", "-inf"])
def test_scores_that_are_no_finite_number_are_left_out_with_a_note(tmp_path: Path, cell: str) -> None:
    scores = read_scores(write(tmp_path, R_TABLE.replace("0.3,30", f"{cell},30")))
    assert np.isnan(scores["zero_one_loss"].iloc[2])
    assert pvalues(scores)["n"].tolist() == [1]
    assert any("1 of 4 scores of zero_one_loss are empty (cv_glmnet)" in text for text in problems(scores))


def test_files_become_one_table() -> None:
    files = [REFERENCE / f"scores_{task}.csv" for task in ("digits", "diabetes")]
    scores = read_score_files(files)
    assert scores["task_id"].unique().tolist() == ["digits", "diabetes"]
    assert scores.loc[scores["task_id"] == "digits", "r2"].isna().all()
    assert not problems(scores)
    asked = read_score_files(files, ["r2", "zero_one_loss"])
    assert list(asked.columns) == [*TABLES["scores"].columns, "r2", "zero_one_loss"]
    with pytest.raises(SoakError, match="no column for the measure 'r3'"):
        read_score_files(files, ["r3"])
    with pytest.raises(SoakError, match="the task 'digits' is in"):
        read_score_files([files[0], files[0]])


HEAD = "task_id,test_subset,train_subsets,test_fold,seed,algorithm,zero_one_loss"
SIZES = [
    ("T", "A", "same", 4),
    ("T", "A", "same", 8),
    ("T", "B", "same", 2),
    ("T", "A", "all", 12),
    ("T", "B", "all", 6),
]


def test_without_full_sizes_the_largest_of_each_subset_and_kind_is_taken(tmp_path):
    file = tmp_path / "scores.csv"
    rows = [f"{task},{subset},{kind},1,1,a,0.5,{size}" for task, subset, kind, size in SIZES]
    file.write_text("\n".join([f"{HEAD},n_train_groups", *rows]) + "\n")
    scores = read_scores(file)
    assert scores["n_train_groups"].tolist() == [4, 8, 2, 12, 6]
    assert scores["groups"].tolist() == [8, 8, 2, 12, 6]


def test_full_sizes_alone_say_that_nothing_is_down_sampled(tmp_path):
    file = tmp_path / "scores.csv"
    file.write_text(f"{HEAD},groups\nT,A,same,1,1,a,0.5,8\n")
    scores = read_scores(file)
    assert scores[["groups", "n_train_groups"]].to_numpy().tolist() == [[8, 8]]


def test_an_iteration_of_the_file_is_kept(tmp_path):
    file = tmp_path / "scores.csv"
    file.write_text(f"{HEAD},iteration\nT,A,same,1,1,a,0.5,7\nT,A,all,1,1,a,0.5,9\n")
    assert read_scores(file)["iteration"].tolist() == [7, 9]
