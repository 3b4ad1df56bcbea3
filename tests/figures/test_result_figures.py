"""The figures of results: what they show, that nothing overlaps or is cut, and that their bytes do not change."""

import hashlib
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from figure_cases import CASES, KeptFigures, kept, make_scores, tables

from soak.errors import SoakError
from soak.figures.draw import RESULTS, draw_results
from soak.figures.output import FigureFolder
from soak.figures.settings import FigureSettings, FocusSettings, StyleSettings


def draw(case: str, folder: KeptFigures, names: tuple[str, ...] = RESULTS) -> None:
    draw_results(**tables(CASES[case]), folder=folder, focus=FocusSettings(), names=names)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], KeptFigures]:
    """All figures of a case, drawn and looked over once."""

    @cache
    def all_of(case: str) -> KeptFigures:
        folder = kept(tmp_path_factory.mktemp(case))
        draw(case, folder)
        return folder

    return all_of


@pytest.mark.parametrize("case", ["two_tasks", "long_names", "one_fold", "sizes"])
def test_no_text_is_cut_or_overlaps(case: str, drawn: Callable[[str], KeptFigures]) -> None:
    assert set(drawn(case).kept) == set(RESULTS)


MANY = RESULTS if os.environ.get("SOAK_STRESS") else ("overview", "test_error_mean_sd")


@pytest.mark.parametrize("name", MANY)
def test_twenty_tasks_fit(name: str, tmp_path: Path) -> None:
    folder = kept(tmp_path)
    draw("many_tasks", folder, (name,))
    assert name in folder.kept


def test_large_type_fits(tmp_path: Path) -> None:
    folder = kept(tmp_path, style=StyleSettings(font_size=14, scale=1.5))
    scores = make_scores(["Digits_font"], ["digits", "font_digits_rot"], sizes=(15,))
    draw_results(**tables(scores), folder=folder, focus=FocusSettings())
    assert set(folder.kept) == set(RESULTS)


def test_csv_holds_the_numbers_drawn(drawn: Callable[[str], KeptFigures]) -> None:
    folder = drawn("two_tasks")
    scores = CASES["two_tasks"]
    points = folder.kept["test_error"][1]
    assert len(points) == len(scores)
    errors = points[points["measure"] == "percent_error"]["value"]
    np.testing.assert_allclose(errors, 100 * scores["zero_one_loss"].dropna())
    assert set(points.loc[points["task_id"] == "diabetes", "measure"]) == {"mean_squared_error"}
    means = folder.kept["test_error_mean_sd"][1]
    assert len(means) == 2 * 2 * 3 * 3
    expected = scores.query(
        "task_id == 'Digits_font' and test_subset == 'digits' and train_subsets == 'other' and algorithm == 'linear_mlp'"
    )["zero_one_loss"]
    row = means.query(
        "task_id == 'Digits_font' and test_subset == 'digits' and train_subsets == 'other' and algorithm == 'linear_mlp'"
    )
    assert row["mean"].item() == pytest.approx(100 * expected.mean())
    assert row["sd"].item() == pytest.approx(100 * expected.std(ddof=1))
    assert folder.kept["pvalue"][1]["line"].tolist()[:5] == ["other", "other-same", "same", "all-same", "all"]


def test_points_lie_at_the_scores(drawn: Callable[[str], KeptFigures]) -> None:
    folder = drawn("one_fold")
    scores = CASES["one_fold"]
    figure = folder.kept["test_error"][0]
    places = sorted(x for axes in figure.axes for line in axes.lines for x in line.get_xdata())
    np.testing.assert_allclose(places, sorted(100 * scores["zero_one_loss"]))


def test_overview_is_the_log_fold_of_the_verdicts_algorithm(drawn: Callable[[str], KeptFigures]) -> None:
    folder = drawn("two_tasks")
    given = tables(CASES["two_tasks"])
    points = folder.kept["overview"][1]
    assert len(points) == 4
    first = points.iloc[0]
    row = given["pvalues"].merge(pd.DataFrame([first[["task_id", "test_subset", "algorithm", "measure"]]]))
    other = row[row["comparison"] == "other-same"].iloc[0]
    assert first["other_same"] == pytest.approx(np.log2(other["compare_mean"] / other["same_mean"]))


def test_all_files_of_all_formats_are_the_same_twice(tmp_path: Path) -> None:
    given = tables(make_scores(["T1"], ["East", "West"], sizes=(15,), algorithms=("featureless", "linear_mlp")))
    digests = []
    for run in ("one", "two"):
        folder = FigureFolder(tmp_path / run, FigureSettings(formats=["png", "pdf", "svg"]))
        names = ("overview", "pvalue", "sizes")
        paths = draw_results(**given, folder=folder, focus=FocusSettings(), names=names)
        assert {path.name for path in (tmp_path / run).iterdir()} == {path.name for path in paths}
        assert len(paths) == 4 * len(names)
        digests.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths})
    assert digests[0] == digests[1]


@pytest.mark.parametrize("name", ["pvalue", "pvalue_downsample"])
def test_panels_of_a_task_have_one_x_axis(name: str, drawn: Callable[[str], KeptFigures]) -> None:
    limits: dict[str, set[tuple[float, float]]] = {}
    for axes in drawn("sizes").kept[name][0].axes:
        heading = next(text.get_text() for text in axes.texts if "test: " in text.get_text())
        limits.setdefault(heading.split("\n")[0], set()).add(axes.get_xlim())
    assert sorted(limits) == ["T1", "T2"]
    assert all(len(found) == 1 for found in limits.values())
    assert limits["T1"] != limits["T2"]


def test_what_cannot_be_drawn_says_why(tmp_path: Path) -> None:
    scores = make_scores(["T"], ["A", "B"]).query("train_subsets == 'same' and test_subset == 'A'")
    folder = kept(tmp_path)
    draw_results(**tables(scores), folder=folder, focus=FocusSettings())
    assert set(folder.kept) == set(RESULTS)
    assert "after training on other" in folder.kept["train_other"][1]["nothing_to_draw"].item()
    assert "sizes: 0" in folder.kept["pvalue_downsample"][1]["nothing_to_draw"].item()
    assert "nothing_to_draw" not in folder.kept["test_error"][1]


def test_a_run_whose_fits_all_failed_still_has_its_figures(tmp_path: Path) -> None:
    scores = make_scores(["T"], ["A", "B"])
    given = tables(scores) | {"scores": scores.assign(zero_one_loss=np.nan)}
    folder = kept(tmp_path)
    draw_results(**given, folder=folder, focus=FocusSettings(), names=("test_error", "pvalue"))
    assert folder.kept["test_error"][1]["nothing_to_draw"].item() == "no score could be had."


def test_focus_is_the_subset_that_most_tasks_have_or_the_one_named() -> None:
    scores = pd.concat([make_scores(["T1"], ["A", "B"]), make_scores(["T2"], ["B", "C"])])
    assert FocusSettings().choose(scores) == ("T1", "B")
    assert FocusSettings(task="T2").choose(scores) == ("T2", "B")
    assert FocusSettings(test_subset="C").choose(scores) == ("T2", "C")
    assert FocusSettings(task="T1", test_subset="C").choose(scores) is None  # all its fits failed


@pytest.mark.parametrize(
    ("focus", "message"),
    [
        ({"task": "t2"}, "focus.task: there is no task 't2'; did you mean 'T2'?"),
        ({"test_subset": "D"}, "focus.test_subset: there is no test subset 'D'; test subsets: A, B, C"),
        (
            {"task": "T1", "test_subset": "C"},
            "focus.test_subset: task 'T1' has no test subset 'C'; its test subsets: A, B",
        ),
    ],
)
def test_a_focus_that_there_is_not(focus, message) -> None:
    scores = pd.concat([make_scores(["T1"], ["A", "B"]), make_scores(["T2"], ["B", "C"])])
    with pytest.raises(SoakError, match=f"^{re.escape(message)}$"):
        FocusSettings(**focus).check(scores)


def test_unknown_font_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SoakError, match=r"figures\.style\.font: expected an installed font, got 'Helvetika'"):
        draw("one_fold", kept(tmp_path, style=StyleSettings(font="Helvetika")), ("test_error",))


def test_a_dollar_in_a_name_is_a_dollar(tmp_path: Path) -> None:
    scores = make_scores(["T"], ["US$", "$x^2$"])
    draw_results(**tables(scores), folder=kept(tmp_path), focus=FocusSettings(), names=("overview", "test_error"))
