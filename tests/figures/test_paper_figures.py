"""The figures of the paper's kinds: of its published scores with the numbers that it prints, and of any results."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from figure_cases import CASES, check_texts, make_scores, results
from scipy.stats import ttest_rel

from soak.errors import SoakError
from soak.figures.beside import places
from soak.figures.catalog import view_figures
from soak.figures.facts import Facts
from soak.figures.page import Drawn, DrawnPages, Page, save
from soak.figures.results import Results
from soak.figures.settings import FigureSettings, StyleSettings, ViewSettings
from soak.figures.views import draw_views, part_of
from soak.scores.elsewhere import read_elsewhere

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "tests/reference/paper"
CONFIG = yaml.safe_load((ROOT / "config/published.yaml").read_text())
FIGURES = FigureSettings.model_validate(CONFIG["figures"])
TYPES = {task: kind for kind, tasks in CONFIG["subset_types"].items() for task in tasks}


@pytest.fixture(scope="module")
def paper() -> Results:
    """The results that config/published.yaml has, of the excerpts."""
    files = [PAPER / f"{Path(one['file'][0]).name}.gz" for one in CONFIG["scores"].values()]
    tasks = [one.get("tasks") for one in CONFIG["scores"].values()]
    read = read_elsewhere(files, tasks, CONFIG["measures"], TYPES)
    return replace(results(read.scores), facts=Facts(read.times, read.datasets, read.subset_rows, TYPES))


def view(name: str, inputs: Results, settings: ViewSettings | None = None) -> Drawn:
    """A view, drawn and looked over."""
    settings = settings or FIGURES.views[name]
    page = Page("Title", "Caption.", StyleSettings())
    with page.applied():
        drawn = view_figures()[settings.figure].draw(part_of(inputs, settings, name), page)
        assert isinstance(drawn, Drawn), drawn
        check_texts(drawn.figure, name)
    return drawn


def test_figure_2_has_the_printed_times_and_errors(paper: Results) -> None:
    drawn = view("figure_2", paper).data.set_index(["task_id", "algorithm", "measure"])["label"]
    times, errors = (drawn.xs(name, level="measure") for name in ("minutes_to_train", "percent_error"))
    assert times["EMNIST"].to_dict() == {
        "xgboost": "1.9±0.0 days",
        "nearest_neighbors": "11.1±0.8 hours",
        "cv_glmnet": "3.9±2.1 hours",
        "rpart": "17.7±2.4 s",
        "featureless": "6.8±1.7 s",
    }
    assert times["aztrees3", "xgboost"] == "1.8±0.1 min"
    assert times["vowel", "featureless"] == "0 s"
    assert errors["vowel"].to_dict() == {
        "xgboost": "8.6±2.6",
        "nearest_neighbors": "0.9±0.8",
        "cv_glmnet": "33.5±4.7",
        "rpart": "39.4±5.2",
        "featureless": "91.6±2.3",
    }


def test_figure_3_has_rows_and_p_values(paper: Results) -> None:
    drawn = view("figure_3", paper)
    words = [text.get_text() for axes in drawn.figure.axes for text in axes.texts]
    assert {"8,000 rows", "P = 0.00056", "P < 0.0001"} <= set(words)
    lines = drawn.data.query("task_id == 'vowel' and test_subset == 'test' and algorithm == 'cv_glmnet'")
    assert lines.set_index("line")["mean"].round(1).to_dict() == {
        "all": 34.4, "other": 50.6, "same": 16.7, "all-same": 17.7, "other-same": 33.9,
    }  # fmt: skip


def test_figure_4_has_the_printed_label(paper: Results) -> None:
    drawn = view("figure_4", paper).data
    key = ["task_id", "test_subset", "train_subsets", "measure"]
    labels = drawn.set_index(key)["label"]
    assert labels["NSCH_autism", "2019", "other", "accuracy"] == "0.9747±0.0022"
    assert len(labels) == 2 * (4 + 2) * 3


def test_figure_5_has_the_49_printed_labels_in_their_order(paper: Results) -> None:
    drawn = view("figure_5", paper).data
    printed = pd.read_csv(PAPER / "figure5_labels.csv", dtype={"test_subset": str, "printed_p": str})
    assert len(printed) == len(drawn) == 49
    assert set(drawn["task_id"] + drawn["test_subset"]) == set(printed["task_id"] + printed["test_subset"])
    both = printed.merge(drawn, on=["task_id", "test_subset"])
    found = both["label"].str.extract(r"(same|all|equal) ?\w*, diff (-?\d+\.\d)%, p=?(<?[\d.]+)")
    assert found[1].astype(float).tolist() == printed["printed_diff_percent"].tolist()
    assert found[2].tolist() == printed["printed_p"].tolist()
    better = np.where(both["diff"].abs() < 1e-7, "equal", np.where(both["diff"] > 0, "same", "all"))
    assert found[0].tolist() == better.tolist()
    tasks = list(dict.fromkeys(printed["task_id"]))
    assert list(dict.fromkeys(drawn["task_id"])) == tasks
    assert [TYPES[task] for task in printed["task_id"]] == printed["subset_type"].tolist()


@pytest.mark.parametrize("width", [3.4, 5.0, 6.5])
@pytest.mark.parametrize("name", FIGURES.views)
def test_every_figure_fits_into_a_column_and_a_page_with_its_names_whole(
    paper: Results, name: str, width: float
) -> None:
    settings = FIGURES.views[name]
    page = Page("Title", "Caption.", StyleSettings(), width=width)
    with page.applied():
        drawn = view_figures()[settings.figure].draw(part_of(paper, settings, name), page)
        assert isinstance(drawn, Drawn)
        for figure in (drawn.figure, *getattr(drawn, "pages", ())):
            check_texts(figure, name)
            assert figure.get_figwidth() == pytest.approx(width)


@pytest.mark.parametrize(("name", "comparison"), [("figure_6", "all-same"), ("figure_7", "other-same")])
def test_figures_6_and_7_have_a_point_per_data_set(paper: Results, name: str, comparison: str) -> None:
    points = view(name, paper).data
    assert len(points) == 20
    assert points["comparison"].unique().tolist() == [comparison]
    vowel = points.set_index("task_id").loc["vowel"]
    assert vowel["n_test_subsets"] == 2
    if name == "figure_6":
        assert [round(vowel[column], 1) for column in ("diff", "diff_low", "diff_high")] == [9.8, 2.0, 17.7]
    assert (points["log10_p_low"] <= points["log10_p"]).all()


def test_figure_8_has_the_printed_means_and_sd(paper: Results) -> None:
    drawn = view("figure_8", paper)
    words = [text.get_text() for axes in drawn.figure.axes for text in axes.texts]
    table = pd.read_csv(PAPER / "conv_images_10fold_test.csv.gz")
    stats = table.groupby(["test.subset", "train.subsets", "algorithm"])["percent_error"].agg(["mean", "std"])
    printed = stats[stats.index.get_level_values("train.subsets") != "all"]
    for row in printed.itertuples():
        assert f"{row.mean:.1f}±{row.std:.1f}" in words
    assert "8.4±1.3" in words
    conv = table[table["algorithm"] == "torch_conv"].pivot(
        index=["test.subset", "test.fold"], columns="train.subsets", values="percent_error"
    )
    found = drawn.data.query("algorithm == 'torch_conv'").set_index(["test_subset", "line"])["p_paired"]
    for subset, folds in conv.groupby(level=0):
        for other in ("all", "other"):
            expected = ttest_rel(folds[other], folds["same"]).pvalue
            assert found[subset, f"{other}-same"] == pytest.approx(expected)


def test_table_1_has_its_20_rows(paper: Results) -> None:
    drawn = view("table_1", paper)
    meta = pd.read_csv(PAPER / "data-meta.csv.gz").set_index("data.name")
    table = drawn.data.set_index("task_id")
    assert len(table) == 20
    for name, row in table.iterrows():
        facts = meta.loc[name]
        assert row["rows"] == facts["rows"]
        assert row["features"] == facts["features"]
        assert row["classes"] == facts["classes"]
        assert row["subsets"] == facts["n.groups"]
        assert row["class_imbalance"] == facts["label.large.N"] / facts["label.small.N"]
        assert row["subset_imbalance"] == facts["group.large.N"] / facts["group.small.N"]
    order = {"image pair": 0, "time/space": 1, "train/test": 2}
    assert table["subset_type"].map(order).is_monotonic_increasing


@pytest.mark.parametrize("name", ["similarity", "algorithms"])
@pytest.mark.parametrize("case", ["two_tasks", "one_fold", "long_names"])
def test_views_of_any_results_have_no_text_that_is_cut_or_overlaps(name: str, case: str) -> None:
    view(name, results(CASES[case]), ViewSettings(figure=name))


def test_names_beside_points_never_overlap_while_there_is_room() -> None:
    random = np.random.default_rng(1)
    points = [tuple(point) for point in random.uniform((1, 1), (4, 3), (20, 2))]
    boxes, overlap = places(points, [(0.6, 0.12)] * 20, [], [], (5, 4))
    assert overlap == 0
    for first, (left, bottom, right, top) in enumerate(boxes):
        assert 0 <= left < right <= 5
        assert 0 <= bottom < top <= 4
        for other in boxes[first + 1 :]:
            assert min(right, other[2]) <= max(left, other[0]) or min(top, other[3]) <= max(bottom, other[1])


def test_a_ladder_of_more_than_100_test_subsets_has_pages(tmp_path: Path) -> None:
    scores = make_scores(["T"], [f"s{number}" for number in range(130)], algorithms=("featureless", "lm"))
    inputs, settings = results(scores), FigureSettings()
    with Page(settings=settings.style).applied():
        drawn = view_figures()["ladder"].draw(inputs, Page("Title", "Caption."))
        assert isinstance(drawn, DrawnPages)
        assert [len(figure.axes[0].get_yticks()) for figure in (drawn.figure, *drawn.pages)] == [100, 30]
        save(drawn, tmp_path, "ladder", settings)
    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert names == ["ladder.csv", "ladder.pdf", "ladder.png", "pages/ladder_2.png"]
    assert (tmp_path / "ladder.pdf").read_bytes().count(b"/Type /Page ") == 2
    assert len(pd.read_csv(tmp_path / "ladder.csv")) == 130


def test_a_measure_of_which_more_is_better_is_better_above() -> None:
    scores = make_scores(["T"], ["A", "B"], algorithms=("featureless", "lm"))
    scores = scores.assign(zero_one_loss=1 - scores["zero_one_loss"]).rename(columns={"zero_one_loss": "accuracy"})
    drawn = view("", results(scores), ViewSettings(figure="ladder")).data
    better = [label.split()[0] for label in drawn["label"]]
    assert better == ["all" if diff > 0 else "same" for diff in drawn["diff"]]


def test_a_view_of_what_is_not_there_is_one_line(tmp_path: Path) -> None:
    inputs = results(make_scores(["Trees"], ["A", "B"]))
    for key, value, said in [
        ("tasks", ["Tree"], "have no task 'Tree'; did you mean 'Trees'"),
        ("algorithms", ["linear_mpl"], "have no algorithm 'linear_mpl'; did you mean 'linear_mlp'"),
        ("measures", ["roc_auc"], "have no measure 'roc_auc'"),
    ]:
        views = {"mine": ViewSettings.model_validate({"figure": "ladder", key: value})}
        with pytest.raises(SoakError, match=said):
            draw_views(views, inputs, tmp_path, FigureSettings())


def test_a_view_has_its_files_and_caption(tmp_path: Path) -> None:
    inputs = results(make_scores(["Trees", "Fires"], ["A", "B"]))
    views = {"mine": ViewSettings(figure="ladder", tasks={"Fires": "Fires of 2015"}, caption="Mine.")}
    draw_views(views, inputs, tmp_path, FigureSettings(formats=["png"]))
    assert pd.read_csv(tmp_path / "mine.csv")["task_id"].unique().tolist() == ["Fires of 2015"]
    assert (tmp_path / "captions/mine.rst").read_text() == "Mine.\n"
    assert (tmp_path / "mine.png").is_file()


def test_errors_of_many_test_subsets_have_pages(tmp_path: Path) -> None:
    scores = make_scores([f"T{number}" for number in range(20)], ["A", "B", "C"], algorithms=("featureless", "lm"))
    inputs, settings = results(scores), FigureSettings(formats=["png"])
    with Page(settings=settings.style).applied():
        drawn = view_figures()["test_error_mean_sd"].draw(inputs, Page("Title", "Caption."))
        assert isinstance(drawn, DrawnPages)
        pages = (drawn.figure, *drawn.pages)
        assert len(pages) > 1
        assert all(figure.get_figheight() < 20 for figure in pages)
        assert sum(len(figure.axes) for figure in pages) == 20 * 3 * 3
        for figure in pages:
            check_texts(figure, "test_error_mean_sd")
        save(drawn, tmp_path, "test_error_mean_sd", settings, "pages_by_roc_auc")
    assert (tmp_path / "pages_by_roc_auc/test_error_mean_sd_2.png").is_file()
