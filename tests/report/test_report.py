"""What the report holds, and what it must not hold."""

import base64
import hashlib
import json
import re
import shutil
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from report_cases import CONFIG, NETWORKS, make_figures, make_tables

from soak.errors import SoakError
from soak.figures.catalog import draw
from soak.figures.page import Page, save
from soak.figures.settings import FigureSettings
from soak.labels import Labels
from soak.report.content import fit_costs, fit_problems, shown_figures, table_data, without_paths
from soak.report.words import in_short, methods, rule
from soak.report.write import write_report
from soak.scores.printed import summary
from soak.scores.settings import VerdictSettings

sys.path.append(str(Path(__file__).parents[1] / "figures"))
from figure_cases import CASES, results


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    figures = make_figures(folder)
    path = folder / "report.html"
    write_report(
        path, tables=make_tables(), figures=figures, config=CONFIG, facts={"torch": "2.13.0"}, networks=NETWORKS
    )
    return path.read_text()


def visible(report: str) -> str:
    """The report without scripts and styles."""
    return re.sub(r"<(script|style)\b.*?</\1>", "", report, flags=re.S)


def test_verdicts_rule_and_caution_are_shown(report: str) -> None:
    text = visible(report)
    for row in make_tables()["verdicts"].itertuples():
        assert row.verdict in text
    assert "Holm-corrected" in text
    assert "corrected P value below 0.1" in text
    assert "share train data" in text
    assert "over 3 folds" in text


def test_figures_are_embedded_in_the_order_of_the_report(report: str) -> None:
    assert re.findall(r'<figure id="figure-(\w+)"', report) == ["overview", "test_error"]
    assert 'width="1600" height="700"' in report
    assert "Compare with the reference" in report


def test_nothing_is_asked_of_the_network(report: str) -> None:
    text = visible(report)
    assert not re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', text)
    assert "default-src 'none'" in report
    assert "url(" not in report.split("</style>")[0]


def test_no_names_of_users_or_absolute_paths(report: str) -> None:
    own = report
    assert "someone" not in own
    assert "/home" not in own
    assert "https://example.org/data/a.csv" in own
    assert "…/a.csv" in own
    assert "…/net.py: the loss is not finite after epoch 3" in own


def test_text_of_users_is_text(report: str) -> None:
    assert "<b>the north" not in report
    assert report.count("</script>") == report.count("<script")


def test_tables_are_those_given(report: str) -> None:
    tables = make_tables()
    for name, table in tables.items():
        found = re.search(rf'<script type="application/json" id="table-{name}">(.*?)</script>', report, re.S)
        assert found, name
        data = json.loads(found[1])
        assert [column["name"] for column in data["columns"]] == list(table.columns)
        assert data["rows"] == data["of"] == len(table)
    scores = json.loads(re.search(r'id="table-scores">(.*?)</script>', report, re.S)[1])
    place = list(tables["scores"].columns).index("zero_one_loss")
    expected = tables["scores"]["zero_one_loss"]
    np.testing.assert_allclose(np.array(scores["values"][place], dtype=float), expected, rtol=1e-7)


def test_fits_their_costs_and_remedies(report: str) -> None:
    text = visible(report)
    assert "1 of 108 fits failed" in text
    assert "Raise the learner&#39;s maxit" in text
    assert "results/logs/fit/Digits/linear_mlp/" in text
    tables = make_tables()
    costs = fit_costs(tables["times"], tables["fits"], tables["splits"])
    assert costs["made"] == 108
    assert costs["one_per_split"] == 48 * 3
    assert "which saved 36 fits" in text
    assert [learner["cpu_seconds"] for learner in costs["learners"]] == [45.0] * 3
    assert len(fit_problems(tables["fits"])) == 2


def test_networks_seeds_versions_and_citation(report: str) -> None:
    text = visible(report)
    assert "Linear(64, 10)\n650 parameters" in text
    assert "resampling 3, train 4" in text
    assert "2.13.0" in text
    assert "arXiv 2410.08643" in text


def test_same_arguments_same_bytes(tmp_path: Path) -> None:
    figures = make_figures(tmp_path)
    digests = set()
    for name in ("one.html", "two.html"):
        write_report(tmp_path / name, tables=make_tables(), figures=figures, config=CONFIG)
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_scores_from_elsewhere_need_no_fits(tmp_path: Path) -> None:
    tables = {name: table for name, table in make_tables().items() if name not in ("fits", "times", "splits")}
    write_report(tmp_path / "report.html", tables=tables)
    assert 'id="fits"' not in (tmp_path / "report.html").read_text()


def test_what_is_missing_is_said_in_its_place(tmp_path: Path) -> None:
    tables = make_tables()
    scores = tables["scores"].query("test_fold == 1")
    scores = scores.assign(zero_one_loss=np.nan)
    empty = {name: tables[name].iloc[:0] for name in ("stats", "pvalues", "verdicts")}
    write_report(tmp_path / "report.html", tables={"scores": scores, **empty})
    text = visible((tmp_path / "report.html").read_text())
    assert "Digits: no scores, since all fits failed" in text
    assert "diabetes: one fold only" in text
    assert "There is no verdict" in text


def test_undefined_p_values_have_their_reason() -> None:
    tests = make_tables()["pvalues"].assign(p_paired=np.nan, n=[1] * 24)
    data = table_data(tests)
    place = list(tests.columns).index("p_paired")
    assert set(data["values"][place]) == {"undefined: one fold only"}


def test_long_tables_are_cut_and_say_so() -> None:
    data = table_data(pd.DataFrame({"x": np.arange(30_000)}))
    assert data["rows"] == len(data["values"][0]) == 20_000
    assert data["of"] == 30_000


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("/home/joe/a.csv", "…/a.csv"),
        ("file '/srv/x/y.gz' is", "file '…/y.gz' is"),
        ("C:\\Users\\joe\\a.csv", "…/a.csv"),
        ("https://example.org/a/b.csv", "https://example.org/a/b.csv"),
        ("results/logs/fit/a.log", "results/logs/fit/a.log"),
        ("and/or 1/2", "and/or 1/2"),
        ("../data/a.csv", "../data/a.csv"),
        ("~/data/a.csv", "~/data/a.csv"),
    ],
)
def test_absolute_paths_are_cut(text: str, cut: str) -> None:
    assert without_paths(text) == cut


def test_a_table_that_is_needed_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SoakError, match=r"report: expected the tables .*, got none called stats, pvalues, verdicts"):
        write_report(tmp_path / "report.html", tables={"scores": make_tables()["scores"]})


def test_a_png_file_is_shown_without_the_heading_and_caption_that_the_page_has_as_text(tmp_path: Path) -> None:
    drawn = draw("test_error", results(CASES["one_fold"]), FigureSettings())
    with Page().applied():
        save(drawn, tmp_path, "test_error", FigureSettings(formats=["png"]))
    (figure,) = shown_figures([tmp_path / "test_error.png"])
    with (
        Image.open(tmp_path / "test_error.png") as whole,
        Image.open(BytesIO(base64.b64decode(figure["image"]))) as shown,
    ):
        assert shown.width == whole.width
        assert 0.5 * whole.height < shown.height < whole.height - 0.3 * 300
        top = round(float(whole.info["Frame"].split()[0]) * 300)
        assert top > 1.2 * Page().line * 300
        expected = np.asarray(whole.convert("RGB"))[top : top + shown.height]
        np.testing.assert_array_equal(np.asarray(shown.convert("RGB")), expected)
    assert figure["width"] == round(drawn.figure.get_figwidth() * 125)


def test_captions_say_what_the_run_shows(tmp_path: Path) -> None:
    figures = make_figures(tmp_path)
    (tmp_path / "captions").mkdir()
    (tmp_path / "captions/test_error.rst").write_text("Lowest at epoch 7.\n")
    assert [figure["caption"] for figure in shown_figures(figures) if figure["name"] == "test_error"] == [
        "Lowest at epoch 7."
    ]


def test_the_summary_is_the_table_of_that_name_and_leads_to_figures(report: str, tmp_path: Path) -> None:
    text = visible(report)
    tables = make_tables()
    assert text.count('<th scope="row">') >= 4
    for row in summary(tables["verdicts"], tables["scores"]).itertuples():
        assert row.same in text
        assert row.other_same in text
    drawn = make_figures(tmp_path)[0].rename(tmp_path / "differences.png")
    write_report(tmp_path / "report.html", tables=tables, figures=[drawn])
    assert 'href="#figure-differences"' in (tmp_path / "report.html").read_text()


def test_further_pages_of_a_figure_are_numbers_in_the_list(tmp_path: Path) -> None:
    first = make_figures(tmp_path)[0]
    (tmp_path / "pages").mkdir()
    for number in (2, 3):
        shutil.copy(first, tmp_path / f"pages/{first.stem}_{number}.png")
    write_report(tmp_path / "report.html", tables=make_tables(), figures=[first])
    listed = re.search(r'<ul class="list">(.*?)</ul>', (tmp_path / "report.html").read_text(), re.S)[1]
    assert re.findall(r">([^<>]+)</a>", listed) == ["Test error of every fold", "2", "3"]
    assert 'aria-label="Test error of every fold (page 3 of 3)"' in listed


def test_the_summary_names_each_task_once(report: str) -> None:
    table = re.search(r'<table class="plain-table summary">(.*?)</table>', report, re.S)[1]
    assert re.findall(r'<th scope="rowgroup"[^>]*><span>(.*?)</span></th>', table) == ["Digits", "diabetes"]
    assert table.count("Digits") == 1


def test_a_verdict_is_said_once(tmp_path: Path) -> None:
    tables = make_tables()
    judged = tables["verdicts"]
    judged = judged.assign(
        verdict="nothing learned", text=judged["test_subset"] + ": nothing learned: no model guesses."
    )
    write_report(tmp_path / "report.html", tables=tables | {"verdicts": judged})
    text = " ".join(visible((tmp_path / "report.html").read_text()).split())
    assert "nothing learned</span>: no model guesses." in text
    assert "nothing learned: no model" not in text


@pytest.mark.parametrize(("n_subsets", "folded"), [(2, False), (7, True)])
def test_the_sentences_of_many_test_subsets_are_folded(tmp_path: Path, n_subsets: int, folded: bool) -> None:
    tables = make_tables()
    parts = [
        {
            name: tables[name].assign(test_subset=tables[name]["test_subset"] + f" {number}")
            for name in ("scores", "verdicts")
        }
        for number in range(n_subsets // 2 + 1)
    ]
    many = {name: pd.concat([part[name] for part in parts]) for name in ("scores", "verdicts")}
    write_report(tmp_path / "report.html", tables=tables | many)
    assert ('<details class="words">' in (tmp_path / "report.html").read_text()) == folded


def test_labels_are_read_and_tables_keep_names(tmp_path: Path) -> None:
    labels = Labels(tasks={"diabetes": "Diabetes of 442 patients"}, algorithms={"linear_mlp": "Linear network"})
    write_report(tmp_path / "report.html", tables=make_tables(), labels=labels)
    report = (tmp_path / "report.html").read_text()
    assert "<strong>Diabetes of 442 patients</strong>" in report
    assert "Linear network" in visible(report)
    scores = json.loads(re.search(r'id="table-scores">(.*?)</script>', report, re.S)[1])
    assert set(scores["values"][0]) == {"Digits", "diabetes"}


def test_methods_name_folds_algorithms_and_measures(report: str) -> None:
    text = re.search(r'<blockquote id="methods">(.*?)</blockquote>', report, re.S)[1]
    assert "3-fold cross-validation" in text
    assert "featureless, a_convolutional_network_with_dropout and linear_mlp" in text
    assert "error and mean squared error" in text
    assert "the same subset, the other subsets and all subsets" in text
    assert "90 % paired t intervals" in text
    assert "at the level 0.1" in text
    assert "train sets of equal size" in text
    assert "seeds 3 (folds) and 4 (training)" in text
    assert ">seeds</th>" in report


def test_scores_from_elsewhere_have_no_seeds_and_were_not_made_here(tmp_path: Path) -> None:
    tables = {name: table for name, table in make_tables().items() if name not in ("fits", "times", "splits")}
    write_report(tmp_path / "report.html", tables=tables, config={"scores": {"published": {"file": "scores.csv"}}})
    assert ">seeds</th>" not in (tmp_path / "report.html").read_text()
    text = methods(tables, VerdictSettings(), {"soak": "1.0", "Python": "3.12"}, {"train": 4})
    assert text.endswith("Tests and figures were made from these scores with soak 1.0 (Python 3.12).")
    assert "seeds" not in text


def test_methods_say_what_this_run_did_and_no_more() -> None:
    tables = make_tables()
    scores = tables["scores"]
    kept = (scores["train_subsets"] != "all") & (scores["algorithm"] == "linear_mlp") & (scores["task_id"] == "Digits")
    tables["scores"] = scores[kept & (scores["n_train_groups"] == scores["groups"])]
    text = methods(tables, VerdictSettings(algorithm="Linear", measure="log_loss", margin=0.2), {}, None)
    assert "trained on the other folds of the same subset and the other subsets." in text
    assert "The algorithm was linear_mlp." in text
    assert "We report Linear, by log loss." in text
    assert "within 20 % of" in text
    assert "equal size" not in text
    without = methods(tables | {"verdicts": tables["verdicts"].iloc[:0]}, VerdictSettings(), {}, None)
    assert "paired" not in without


def test_the_rule_is_that_of_the_settings() -> None:
    assert "best mean, by the task's first measure, over same" in rule(VerdictSettings(), "3 folds")
    named = rule(VerdictSettings(algorithm="Linear", measure="log_loss", alpha=0.01), "3 folds")
    assert named.startswith("Linear speaks for every test subset, by log loss. ")
    assert "99 %" in named
    assert "below 0.01" in named


def test_one_of_a_kind_is_no_plural() -> None:
    scores = make_tables()["scores"].iloc[:1]
    assert in_short(scores).startswith("1 task, 1 algorithm, 1 fold, 1 score. ")


def test_a_label_of_the_algorithm_that_speaks_is_no_missing_score(tmp_path: Path) -> None:
    labels = Labels(algorithms={"linear_mlp": "Linear network"})
    config = {"verdict": {"algorithm": "linear_mlp"}}
    write_report(tmp_path / "report.html", tables=make_tables(), labels=labels, config=config)
    text = visible((tmp_path / "report.html").read_text())
    assert "which verdict.algorithm names" not in text
    assert "Linear network speaks for every test subset" in text


def test_a_figure_that_is_longer_than_a_webp_image_can_be_is_shown_smaller(tmp_path: Path) -> None:
    Image.new("RGB", (200, 20_000), "white").save(tmp_path / "pvalue.png", dpi=(250, 250))
    (figure,) = shown_figures([tmp_path / "pvalue.png"])
    with Image.open(BytesIO(base64.b64decode(figure["image"]))) as image:
        assert image.height == 16_383
    assert (figure["width"], figure["height"]) == (100, 10_000)
