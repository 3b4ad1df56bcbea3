"""The catalogue of figures: what every record has, which figures a config has, and that a new one is one new file."""

import html
import subprocess
import sys
from pathlib import Path

import pytest
from docutils.core import publish_parts
from figure_cases import make_scores, results

import soak.figures
from soak.figures.catalog import Figure, FigureFacts, all_figures, draw_files, figures_of, find_figure
from soak.figures.page import Page
from soak.figures.settings import FigureSettings
from soak.report.write import write_report

NEW_FIGURE = '''
"""spread: how far apart the test errors of a run are."""

from soak.figures.catalog import Figure
from soak.figures.page import Drawn, Grid, Panel


def _spread(results, page):
    values = results.shown["value"]
    panel = Panel(lambda axes: axes.hist(values), 2.0, x_label="value", y_label="scores")
    return Drawn(page.figure([[panel]], Grid(4.0, tick_labels=page.number_width)), results.shown)


FIGURES = (
    Figure(
        name="spread",
        title="How far apart are the scores?",
        caption="A histogram of all scores.",
        group="results",
        draw=_spread,
        order=15,
    ),
)
'''


def names(facts: FigureFacts) -> set[str]:
    return {figure.name for figure in figures_of(facts)}


def test_a_config_has_the_figures_that_make_sense_for_it() -> None:
    of_tables = {
        "differences",
        "overview",
        "test_error",
        "test_error_mean_sd",
        "train_other",
        "same_other_all",
        "pvalue",
        "ladder",
        "volcano",
        "measures",
        "times",
        "datasets",
    }
    assert names(FigureFacts()) == of_tables
    assert names(FigureFacts(has_sizes=True)) - of_tables == {"pvalue_downsample", "sizes"}
    assert names(FigureFacts(has_seeds=True)) - of_tables == {"seeds"}
    images = {"images", "torch_loop", "glmnet_path"}
    assert names(FigureFacts(has_datasets=True)) - of_tables == images
    assert names(FigureFacts(has_image_tasks=True)) - of_tables == {"confusion", "worst_images", "weights"}
    assert names(FigureFacts(has_datasets=True, has_transposed=True)) - of_tables - images == {"images_rot"}
    assert names(FigureFacts(histories={"history_mlp"})) - of_tables == {"history_mlp", "history_selected"}
    assert names(FigureFacts(has_transfer=True)) - of_tables == {"transfer"}
    everything = FigureFacts(True, True, True, True, True, True, {"history_mlp", "history_graph"})
    assert names(everything) == set(all_figures())


def test_a_file_is_of_its_figure_and_task() -> None:
    assert find_figure("overview") == (all_figures()["overview"], "")
    assert find_figure("confusion_A_task") == (all_figures()["confusion"], "A_task")
    assert find_figure("my_own") is None
    assert all_figures()["confusion"].heading("A_task") == "What was confused: A_task"
    assert all_figures()["confusion"].file_name("A_task") == "confusion_A_task"


@pytest.mark.parametrize("figure", all_figures().values(), ids=lambda figure: figure.name)
def test_captions_are_plain_text_for_snakemake(figure: Figure) -> None:
    shown = publish_parts(figure.caption, writer="html", settings_overrides={"halt_level": 2})["body"]
    assert html.unescape(shown).strip() == f"<p>{figure.caption}</p>"
    assert figure.caption.endswith(".")
    assert figure.title


def test_a_group_that_no_rule_draws_is_refused() -> None:
    with pytest.raises(ValueError, match=r"figure x: expected group to be in .* got 'other'"):
        Figure("x", "X", "An x.", "other", lambda inputs, page: "", 1)


def test_the_catalogue_imports_no_drawing_library() -> None:
    code = (
        "import sys; from soak.figures.catalog import all_figures; all_figures(); "
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for name in ("matplotlib", "seaborn", "scipy", "sklearn", "torch", "numba", "glmnet"):
        assert f"'{name}'" not in loaded


def test_a_new_figure_is_one_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spread.py").write_text(NEW_FIGURE)
    monkeypatch.setattr(soak.figures, "__path__", [*soak.figures.__path__, str(tmp_path)])
    all_figures.cache_clear()
    try:
        assert [figure.name for figure in figures_of(FigureFacts(), "results")][:3] == [
            "differences",
            "overview",
            "spread",
        ]
        inputs = results(make_scores(["T"], ["A", "B"]))
        paths = draw_files(["spread"], inputs, tmp_path / "figures", FigureSettings())
        assert [path.name for path in paths] == ["spread.png", "spread.pdf", "spread.csv", "spread.rst"]
        assert paths[-1].read_text() == "A histogram of all scores.\n"
        tables = {"scores": inputs.scores, "pvalues": inputs.pvalues, "verdicts": inputs.verdicts}
        tables["stats"] = inputs.pvalues.iloc[:0]
        write_report(tmp_path / "report.html", tables=tables, figures=paths[:1])
        report = (tmp_path / "report.html").read_text()
        assert "<h4>How far apart are the scores?</h4>" in report
        assert "A histogram of all scores." in report
    finally:
        sys.modules.pop("soak.figures.spread", None)
        monkeypatch.undo()
        all_figures.cache_clear()


def test_a_name_that_fits_on_a_line_is_not_broken() -> None:
    page = Page()
    width = 1.01 * page.text_width("(linear_graph, font_digits_rot)")
    assert page.wrap("Curves (linear_graph, font_digits_rot)", width) == "Curves (linear_graph,\nfont_digits_rot)"
    assert page.wrap("font_digits_rot", page.text_width("font_digits_")) == "font_digits_\nrot"


@pytest.mark.parametrize(
    "text", ["one two three four five six", "a_very_long_name_without_any_space", "x" * 200, "a\nb"]
)
def test_wrapped_text_is_no_wider_than_asked_and_whole(text: str) -> None:
    page = Page()
    wrapped = page.wrap(text, 1.0)
    assert page.text_width(wrapped) <= 1.0
    assert wrapped.split() == text.split() or wrapped.replace("\n", "") == text
