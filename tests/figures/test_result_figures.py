"""The figures of results: what they show, that nothing overlaps or is cut, and that their bytes do not change."""

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from figure_cases import ALGORITHMS, CASES, check_texts, checked, make_scores, names_of, results

from soak.errors import SoakError
from soak.figures import comparisons
from soak.figures.catalog import draw, draw_files
from soak.figures.facts import Facts
from soak.figures.page import Drawn, Page
from soak.figures.results import Results
from soak.figures.settings import FigureSettings, FocusSettings, StyleSettings
from soak.measures import column_measure
from soak.scores.sentences import difference_text

RESULTS = names_of("results")


@pytest.fixture(scope="module")
def drawn() -> Callable[[str, str], Drawn]:
    """A figure of a case, drawn and looked over once."""
    return cache(lambda name, case: checked(name, results(CASES[case])))


@pytest.mark.parametrize("case", ["two_tasks", "long_names", "one_fold", "sizes", "sizes_of_two_measures"])
@pytest.mark.parametrize("name", RESULTS)
def test_no_text_is_cut_or_overlaps(name: str, case: str, drawn: Callable[[str, str], Drawn]) -> None:
    assert len(drawn(name, case).data)


@pytest.mark.parametrize("name", RESULTS if os.environ.get("SOAK_STRESS") else ["overview", "differences"])
def test_twenty_tasks_fit(name: str) -> None:
    checked(name, results(CASES["many_tasks"]))


@pytest.mark.parametrize("name", RESULTS)
def test_large_type_fits(name: str) -> None:
    scores = make_scores(["Digits_font"], ["digits", "font_digits_rot"], sizes=(15,))
    checked(name, results(scores), font_size=14, scale=1.5)


def test_csv_holds_the_numbers_drawn(drawn: Callable[[str, str], Drawn]) -> None:
    scores = CASES["two_tasks"]
    points = drawn("test_error", "two_tasks").data
    assert len(points) == len(scores)
    errors = points[points["measure"] == "percent_error"]["value"]
    np.testing.assert_allclose(errors, 100 * scores["zero_one_loss"].dropna())
    assert set(points.loc[points["task_id"] == "diabetes", "measure"]) == {"mean_squared_error"}
    means = drawn("test_error_mean_sd", "two_tasks").data
    assert len(means) == 2 * 2 * 3 * 3
    one = "task_id == 'Digits_font' and test_subset == 'digits' and train_subsets == 'other' and algorithm == 'linear_mlp'"
    expected = scores.query(one)["zero_one_loss"]
    assert means.query(one)["mean"].item() == pytest.approx(100 * expected.mean())
    assert means.query(one)["sd"].item() == pytest.approx(100 * expected.std(ddof=1))
    lines = drawn("pvalue", "two_tasks").data["line"]
    assert lines.tolist()[:5] == ["same", "other", "other-same", "all", "all-same"]


def test_points_lie_at_the_scores(drawn: Callable[[str, str], Drawn]) -> None:
    figure = drawn("test_error", "one_fold").figure
    places = sorted(x for axes in figure.axes for line in axes.lines for x in line.get_xdata())
    np.testing.assert_allclose(places, sorted(100 * CASES["one_fold"]["zero_one_loss"]))


def test_differences_are_those_of_the_folds_and_of_the_verdicts(drawn: Callable[[str, str], Drawn]) -> None:
    numbers = drawn("differences", "two_tasks").data
    inputs = results(CASES["two_tasks"])
    assert len(numbers) == 2 * 2 * 2 * 2 * (1 + 3)  # tasks, subsets, algorithms, comparisons; a mean and three folds
    keys = ["task_id", "test_subset", "algorithm", "comparison"]
    judged = numbers[numbers["verdict"].fillna("") != ""].merge(inputs.verdicts, on=keys)
    assert len(judged) == len(inputs.verdicts) == 8
    factor = np.where(judged["measure_x"] == "zero_one_loss", 100, 1)
    for name, column in (("value", "mean_diff"), ("ci_low_x", "ci_low_y"), ("ci_high_x", "ci_high_y")):
        np.testing.assert_allclose(judged[name].astype(float), factor * judged[column])
    np.testing.assert_allclose(judged["guessing"], factor * (judged["reference_mean"] - judged["same_mean"]))
    np.testing.assert_allclose(judged["margin"], 0.1 * judged["guessing"].abs())
    means = numbers[numbers["test_fold"].isna()].set_index(keys)["value"]
    folds = numbers[numbers["test_fold"].notna()].groupby(keys, sort=False)["value"].mean()
    np.testing.assert_allclose(means, folds[means.index], atol=1e-12)


def test_differences_of_seeds_are_those_of_one_seed() -> None:
    scores = make_scores(["T"], ["A", "B"])
    twice = pd.concat([scores, scores.assign(seed=2)], ignore_index=True)
    pd.testing.assert_frame_equal(
        draw("differences", results(scores), StyleSettings()).data,
        draw("differences", results(twice), StyleSettings()).data,
    )


def test_a_learner_that_failed_does_not_make_the_differences_unreadable() -> None:
    scores = make_scores(["T"], ["A", "B"], regressions=1)
    wild = (scores["algorithm"] == "linear_mlp") & (scores["train_subsets"] == "other")
    scores.loc[wild, "mean_squared_error"] *= 1e6
    low, high = checked("differences", results(scores)).figure.axes[0].get_xlim()
    assert high - low < 1e5


def test_no_difference_is_minus_nought() -> None:
    scores = make_scores(["T"], ["A", "B"])
    scores.loc[scores["train_subsets"] == "all", "zero_one_loss"] = (
        scores.loc[scores["train_subsets"] == "same", "zero_one_loss"].to_numpy() - 1e-6
    )
    texts = [text.get_text() for axes in checked("differences", results(scores)).figure.axes for text in axes.texts]
    assert any(text.startswith("+0.0") for text in texts)
    assert not any(text.startswith("-0.0") for text in texts)


def test_an_axis_beside_numbers_has_ticks_for_its_own_part() -> None:
    """The numbers beside the marks take their share of the panel, not the ticks' number."""
    for name in ("differences", "pvalue"):
        for axes in checked(name, results(make_scores(["T"], ["A", "B"]))).figure.axes:
            assert len(axes.get_xticks()) >= 3


def test_guessing_zero_and_margin_are_marked(drawn: Callable[[str, str], Drawn]) -> None:
    axes = drawn("differences", "one_fold").figure.axes[0]
    numbers = drawn("differences", "one_fold").data
    guessing = {
        round(float(line.get_xdata()[0]), 6) for line in axes.lines if line.get_linestyle() not in ("-", "None")
    }
    of_panel = numbers[(numbers["test_subset"] == "A") & numbers["guessing"].notna()]
    assert guessing == {round(float(value), 6) for value in of_panel["guessing"]}
    assert len(axes.collections) == of_panel["algorithm"].nunique()
    texts = [text.get_text() for text in axes.texts]
    assert sum("undecided" in text for text in texts) == 2


def test_overview_shows_the_skills_of_the_verdicts(drawn: Callable[[str, str], Drawn]) -> None:
    points = drawn("overview", "two_tasks").data
    verdicts = results(CASES["two_tasks"]).verdicts
    assert len(points) == len(verdicts) == 8
    np.testing.assert_allclose(points["same_skill"], verdicts["same_skill"])
    np.testing.assert_allclose(points["skill"], verdicts["compare_skill"])
    losses = verdicts["ci_low"] / verdicts["reference_mean"]
    np.testing.assert_allclose(points["high"], verdicts["same_skill"] - losses)
    axes = drawn("overview", "two_tasks").figure.axes[0]
    assert axes.get_xlim() == axes.get_ylim()
    low, high = axes.get_xlim()
    assert -1 <= low < 0
    assert high > 1


def test_skills_far_below_guessing_are_at_the_edge_of_the_overview() -> None:
    scores = make_scores(["T"], ["A", "B"], regressions=1)
    scores.loc[(scores["train_subsets"] == "other"), "mean_squared_error"] *= 1000
    drawn = checked("overview", results(scores))
    assert drawn.data["skill"].min() < -5
    assert drawn.figure.axes[0].get_xlim()[0] == -1
    assert any(line.get_marker() == "v" and len(line.get_xdata()) for line in drawn.figure.axes[0].lines)


def test_all_files_of_all_formats_are_the_same_twice(tmp_path: Path) -> None:
    inputs = results(make_scores(["T1"], ["East", "West"], sizes=(15,), algorithms=("featureless", "linear_mlp")))
    settings, names = FigureSettings(formats=["png", "pdf", "svg"]), ("overview", "pvalue", "sizes")
    digests = []
    for run in ("one", "two"):
        paths = draw_files(names, inputs, tmp_path / run, settings)
        assert set(paths) == {path for path in (tmp_path / run).rglob("*") if path.is_file()}
        assert len(paths) == 5 * len(names)
        digests.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths})
    assert digests[0] == digests[1]


@pytest.mark.parametrize("name", ["same_other_all", "pvalue", "differences", "test_error"])
def test_only_the_lowest_of_panels_with_one_x_axis_has_its_labels(
    name: str, drawn: Callable[[str, str], Drawn]
) -> None:
    """Of each column of a task, as facets have it; panels whose axes differ keep theirs."""
    one = drawn(name, "long_names")
    for figure in (one.figure, *getattr(one, "pages", ())):
        columns: dict[float, list[tuple[float, bool]]] = {}
        for axes in figure.axes:
            has_labels = axes.xaxis.get_tick_params()["labelbottom"]
            columns.setdefault(round(axes.get_position().x0, 4), []).append((axes.get_position().y0, has_labels))
        assert max(map(len, columns.values())) > 1
        for column in columns.values():
            assert [has_labels for _, has_labels in sorted(column)] == [True] + [False] * (len(column) - 1)
    labels = [axes.xaxis.get_tick_params()["labelbottom"] for axes in drawn(name, "two_tasks").figure.axes]
    assert sum(labels) == 4


def test_large_and_small_numbers_have_their_power_of_ten() -> None:
    """At each tick and in each number, and tasks with targets in other units have axes of their own."""
    scores = make_scores(["T", "Other"], ["A", "B"], regressions=2)
    scores["mean_squared_error"] *= np.where(scores["task_id"] == "T", 1e13, 1e-12)
    result = results(scores.assign(mean_absolute_error=scores["mean_squared_error"].pow(0.5)))
    for name in ("same_other_all", "measures", "ladder"):
        shown = checked(name, result).figure
        ticks = [label.get_text() for axes in shown.axes for label in axes.get_xticklabels()]
        for power in (r"e1[56]", r"e-(9|10)"):
            assert any(re.fullmatch(rf"[\d.]+{power}", tick) for tick in ticks), (name, ticks)
        assert not any(axes.xaxis.get_offset_text().get_text() for axes in shown.axes)
        assert not [text for axes in shown.axes for text in axes.texts if re.search(r"\d{8}", text.get_text())]
        assert len({axes.get_xlim() for axes in shown.axes}) == (4 if name == "measures" else 2)


def test_the_name_of_a_task_stands_once_above_several_rows() -> None:
    scores = make_scores(["Hospitals"], [f"ward {number}" for number in range(1, 6)], algorithms=ALGORITHMS[:2])
    drawn = checked("same_other_all", results(scores)).figure
    texts = [text.get_text() for axes in drawn.axes for text in axes.texts]
    assert [text for text in texts if "Hospitals" in text] == ["Hospitals"]
    assert "test: ward 5" in texts


def test_names_of_many_subsets_are_on_pages_alike() -> None:
    many = checked("overview", results(make_scores(["T"], [f"S{n}" for n in range(25)], algorithms=ALGORITHMS[:2])))
    named = [sum("S" in text.get_text() for axes in page.axes for text in axes.texts) for page in many.pages]
    assert named == [13, 12]


def test_same_other_and_all_stand_in_this_order(drawn: Callable[[str, str], Drawn]) -> None:
    axes = checked("measures", results(make_scores(["T"], ["A", "B"]).assign(log_loss=1.0))).figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["same", "other", "all"]


@pytest.mark.parametrize("name", ["pvalue", "pvalue_downsample"])
def test_panels_of_a_task_have_one_x_axis(name: str, drawn: Callable[[str, str], Drawn]) -> None:
    limits: dict[str, set[tuple[float, float]]] = {}
    task = ""
    for axes in drawn(name, "sizes").figure.axes:  # the task is in the panel's title, or once above the panels
        lines = [line for text in axes.texts for line in text.get_text().split("\n")]
        task = next((line for line in lines if line in ("T1", "T2")), task)
        assert any("test: " in line for line in lines)
        limits.setdefault(task, set()).add(axes.get_xlim())
    assert sorted(limits) == ["T1", "T2"]
    assert all(len(found) == 1 for found in limits.values())
    assert limits["T1"] != limits["T2"]


LONG_TASK = "Flights of all airlines from New York City in 2013 that arrived more than a quarter of an hour late"


@pytest.mark.parametrize(
    "name", ["differences", "same_other_all", "train_other", "pvalue", "test_error", "test_error_mean_sd", "measures"]
)
def test_a_long_name_of_a_task_stands_once_above_the_panels_of_its_test_subsets(name: str) -> None:
    scores = make_scores([LONG_TASK, "Short"], [f"site {number}" for number in range(7)])
    figure = checked(name, results(scores.assign(mean_squared_error=scores["zero_one_loss"]))).figure
    words = [text.get_text().replace("\n", " ") for axes in figure.axes for text in axes.texts]
    assert [text for text in words if LONG_TASK in text or "Short" in text] == [LONG_TASK, "Short"]


@pytest.mark.parametrize("name", ["same_other_all", "test_error_mean_sd"])
def test_single_scores_beside_their_means_are_within_the_axes(name: str) -> None:
    scores = make_scores(["T"], ["A", "B"])
    scores.loc[scores["test_fold"] == 1, "zero_one_loss"] *= 3
    for axes in checked(name, results(scores)).figure.axes:
        low, high = axes.get_xlim()
        points = [x for line in axes.lines if line.get_markersize() < 3 for x in line.get_xdata()]
        assert points
        assert low < min(points) <= max(points) < high


def test_the_overview_names_a_task_with_a_long_name_once() -> None:
    scores = make_scores([LONG_TASK, "Short"], [f"site {number}" for number in range(7)])
    (axes,) = checked("overview", results(scores)).figure.axes
    names = [text.get_text().replace("\n", " ") for text in axes.texts]
    assert sum(LONG_TASK in name for name in names) == 1
    assert {f"{LONG_TASK}: 1  site 0", "2  site 1", "Short: 8  site 0", "14  site 6"} <= set(names)


@pytest.mark.parametrize(("seconds", "unit"), [(0.5, "seconds"), (600.0, "minutes")])
def test_times_are_in_a_unit_that_suits_them(seconds: float, unit: str) -> None:
    scores = make_scores(["T"], ["A", "B"])
    times = pd.DataFrame({"task_id": "T", "learner": ["featureless", "linear_mlp"], "train_subsets": "all"})
    facts = Facts(times=times.assign(seconds=[0.001, seconds]))
    drawn = checked("times", replace(results(scores), facts=facts))
    found = drawn.data.set_index(["measure", "algorithm"])["mean"]
    assert found[f"{unit}_to_train", "linear_mlp"] == pytest.approx(seconds / {"seconds": 1, "minutes": 60}[unit])
    assert any(text.get_text().startswith(f"{unit} to train") for axes in drawn.figure.axes for text in axes.texts)


def test_a_long_name_in_the_volcano_is_in_lines() -> None:
    drawn = checked("volcano", results(make_scores([LONG_TASK, "Short"], ["A", "B"])))
    names = [text.get_text() for axes in drawn.figure.axes for text in axes.texts if "Flights" in text.get_text()]
    assert names
    assert all("\n" in name for name in names)


def test_words_in_the_names_at_the_side_of_measures_are_whole() -> None:
    scores = make_scores(["T"], ["Newark Liberty International", "B"]).assign(
        mean_squared_error=lambda t: t["zero_one_loss"]
    )
    names = [text.get_text() for axes in checked("measures", results(scores)).figure.axes for text in axes.texts]
    assert "Newark\nLiberty\nInternational" in names


def test_differences_in_figures_have_the_digits_of_the_tables() -> None:
    inputs = results(make_scores(["T"], ["A", "B"], regressions=1))
    shown = {text.get_text() for axes in checked("differences", inputs).figure.axes for text in axes.texts}
    for row in inputs.verdicts.itertuples():
        measure = column_measure(row.measure)
        assert f"{difference_text(measure, row.mean_diff, row.ci_low, row.ci_high)} {row.verdict}" in shown


def test_each_measure_of_sizes_is_named(drawn: Callable[[str, str], Drawn]) -> None:
    axes = drawn("sizes", "sizes_of_two_measures").figure.axes
    titles = [text.get_text() for panel in axes for text in panel.texts]
    assert "T1\ntest: East" in titles
    assert "T2\ntest: West" in titles
    assert {"mean squared error", "percent error"} <= {title.replace("\n", " ") for title in titles}


def test_the_map_has_a_cell_for_each_pair_of_subsets(drawn: Callable[[str, str], Drawn]) -> None:
    cells = drawn("transfer", "long_names").data
    assert len(cells) == 12 * 12
    assert set(cells["algorithm"]) == set(results(CASES["long_names"]).verdicts["algorithm"][:1])


def test_a_map_of_fifty_subsets_can_be_read() -> None:
    checked("transfer", results(make_scores(["T"], [f"site number {number}" for number in range(50)])))


def test_what_cannot_be_drawn_says_why() -> None:
    inputs = results(make_scores(["T"], ["A", "B"]).query("train_subsets == 'same' and test_subset == 'A'"))
    found = {name: checked(name, inputs).data for name in RESULTS}
    assert "after training on other" in found["train_other"]["nothing_to_draw"].item()
    assert "sizes: 0" in found["pvalue_downsample"]["nothing_to_draw"].item()
    assert "sizes: 1" in found["sizes"]["nothing_to_draw"].item()
    assert "no test subset has a verdict" in found["overview"]["nothing_to_draw"].item()
    assert "nothing to compare" in found["differences"]["nothing_to_draw"].item()
    assert "nothing_to_draw" not in found["test_error"]


@pytest.mark.parametrize("name", RESULTS)
def test_a_run_whose_fits_all_failed_still_has_its_figures(name: str) -> None:
    scores = make_scores(["T"], ["A", "B"])
    assert checked(name, results(scores.assign(zero_one_loss=np.nan))).data["nothing_to_draw"].item()


def test_references_are_drawn_last_and_never_tested_whatever_their_name() -> None:
    names = ("base", "linear_mlp")
    inputs = results(make_scores(["T"], ["A", "B"], algorithms=names), references={"base"})
    assert inputs.algorithms(inputs.shown) == ["linear_mlp", "base"]
    labels = [
        label.get_text() for label in draw("test_error", inputs, StyleSettings()).figure.axes[0].get_yticklabels()
    ]
    assert labels == ["linear_mlp", "base"]
    assert set(draw("pvalue", inputs, StyleSettings()).data["algorithm"]) == {"linear_mlp"}
    inputs = results(make_scores(["T"], ["A", "B"], algorithms=("base",)), references={"base"})
    assert "references" in draw("pvalue", inputs, StyleSettings()).data["nothing_to_draw"].item()
    assert set(draw("test_error", inputs, StyleSettings()).data["algorithm"]) == {"base"}


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


def test_unknown_font_is_an_error() -> None:
    with pytest.raises(SoakError, match=r"figures\.style\.font: expected an installed font, got 'Helvetika'"):
        checked("test_error", results(CASES["one_fold"]), font="Helvetika")


@pytest.mark.parametrize("name", ["overview", "test_error"])
def test_a_dollar_in_a_name_is_a_dollar(name: str) -> None:
    checked(name, results(make_scores(["T"], ["US$", "$x^2$"])))


@pytest.fixture(scope="module")
def many() -> Results:
    """120 test subsets in tasks of 2 to 30."""
    sizes = {f"Task_{size:02d}": size for size in (2, 5, 8, 13, 17, 20, 25, 30)}
    parts = [make_scores([task], [f"subset_{k}" for k in range(size)]) for task, size in sizes.items()]
    return results(pd.concat(parts, ignore_index=True))


PAGED = ["overview", "test_error", "differences", "test_error_mean_sd", "pvalue", "train_other"]


@pytest.mark.parametrize("name", PAGED if os.environ.get("SOAK_STRESS") else PAGED[:3])
def test_many_test_subsets_fold_into_pages_that_can_be_read(many: Results, name: str) -> None:
    drawn = checked(name, many)
    figures = [drawn.figure, *drawn.pages]  # type: ignore[attr-defined]
    assert len(figures) >= 3
    for figure in figures:
        with Page().applied():
            check_texts(figure, name)
        assert figure.get_figheight() <= 18
        assert figure.get_figwidth() <= 13


def test_the_overview_names_each_of_many_test_subsets_on_one_page_with_the_same_axes(many: Results) -> None:
    drawn = checked("overview", many)
    glance, *parts = [figure.axes[0] for figure in (drawn.figure, *drawn.pages)]  # type: ignore[attr-defined]
    assert not any(":" in text.get_text() for text in glance.texts)
    names = [text.get_text().replace("\n", " ") for axes in parts for text in axes.texts if ":" in text.get_text()]
    pairs = many.scores[["task_id", "test_subset"]].drop_duplicates()
    assert names == [
        f"{number}  {task}: {subset}" for number, (task, subset) in enumerate(pairs.itertuples(index=False), start=1)
    ]
    assert {(axes.get_xlim(), axes.get_ylim()) for axes in (glance, *parts)} == {(glance.get_xlim(), glance.get_xlim())}
    of_page = [{text.get_text().split()[1] for text in axes.texts if ":" in text.get_text()} for axes in parts]
    split = [task for task in pairs["task_id"].unique() if sum(f"{task}:" in tasks for tasks in of_page) > 1]
    assert split == ["Task_25", "Task_30"]  # more than a page has


@pytest.mark.parametrize(
    ("paired", "holm", "text"),
    [
        (0.02, 0.04, "P = 0.02, Holm 0.04"),
        (1e-6, 4e-6, "P < 0.0001, Holm < 0.0001"),
        (np.nan, np.nan, "P undefined"),
        (0.3, np.nan, "P = 0.3"),
    ],
)
def test_the_corrected_p_value_stands_beside_r_s(paired, holm, text):
    """Two blanks stood before "< 0.0001"."""
    assert comparisons._p_text(SimpleNamespace(p_paired=paired, p_holm=holm)) == text
