"""Figures of a given width, without titles, and their colours: as journals want them."""

import re
import zlib
from pathlib import Path

import pytest
from figure_cases import CASES, check_texts, names_of, results
from test_prediction_figures import inputs_of, make_predictions

from soak.figures.catalog import draw, draw_files
from soak.figures.page import COLORS, Page
from soak.figures.settings import FigureSettings, StyleSettings, color_problem, hex_color

RESULTS = names_of("results")


def drawn(name: str, inputs: object, width: float, *, titles: bool = True) -> object:
    settings = FigureSettings(width=width, titles=titles)
    figure = draw(name, inputs, settings).figure
    with Page(settings=settings.style).applied():
        check_texts(figure, name)
    return figure


@pytest.mark.parametrize("width", [3.4, 7.0])
@pytest.mark.parametrize("name", RESULTS)
def test_a_figure_is_as_wide_as_asked_and_its_text_fits(name: str, width: float) -> None:
    for case in ("two_tasks", "sizes"):
        figure = drawn(name, results(CASES[case]), width)
        assert figure.get_figwidth() == pytest.approx(width)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "name", ["same_other_all", "differences", "pvalue", "test_error_mean_sd", "transfer", "overview"]
)
def test_long_names_fit_into_a_page(name: str) -> None:
    assert drawn(name, results(CASES["long_names"]), 7.0).get_figwidth() == pytest.approx(7)  # type: ignore[attr-defined]


def test_matrices_keep_their_shape() -> None:
    drawn("worst_images", inputs_of(make_predictions(), ["0", "1", "2"]), 3.4)
    figure = drawn("confusion", inputs_of(make_predictions(), ["0", "1", "2"]), 3.4)
    width, height = figure.get_size_inches()  # type: ignore[attr-defined]
    assert width == pytest.approx(3.4)
    box = figure.axes[0].get_position()  # type: ignore[attr-defined]
    assert box.width * width == pytest.approx(box.height * height)


def test_without_titles_a_figure_has_neither_heading_nor_caption() -> None:
    inputs = results(CASES["two_tasks"])
    with_titles, without = (drawn("test_error", inputs, 7.0, titles=titles) for titles in (True, False))
    assert len(with_titles.texts) == 2  # type: ignore[attr-defined]
    assert without.texts == []  # type: ignore[attr-defined]
    assert without.get_figheight() < with_titles.get_figheight()  # type: ignore[attr-defined]


def contrast(color: str) -> float:
    channels = [int(hex_color(color)[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


@pytest.mark.parametrize("name", COLORS)
@pytest.mark.parametrize("color", [None, "gold", "0.8", "tab:cyan"])
def test_text_can_be_read_on_white(name: str, color: str | None) -> None:
    settable = name in ("same", "other", "all", "subtrain", "validation")
    page = Page(settings=StyleSettings(colors={name: color} if color and settable else {}))
    assert contrast(page.text_color(name)) >= 4.5
    assert hex_color(page.color(name)) == hex_color(color if color and settable else COLORS[name])


def test_any_colour_of_matplotlib() -> None:
    assert all(
        color_problem(color) is None for color in ("#0072B2", "#07b", "navy", "tab:blue", "C1", "0.5", "xkcd:sky")
    )
    assert color_problem("nvy") == ("expected a colour such as \"#0072B2\" or navy, got 'nvy'; did you mean 'navy'?")


def test_fonts_of_a_pdf_are_truetype_and_have_what_a_reader_needs(tmp_path: Path) -> None:
    """Journals refuse fonts of type 3; tables for laying text out are of no use in a PDF."""
    settings = FigureSettings(formats=["pdf"])
    draw_files(["differences"], results(CASES["two_tasks"]), tmp_path, settings)
    data = (tmp_path / "differences.pdf").read_bytes()
    streams = [zlib.decompress(part) for part in re.findall(rb">>\r?\nstream\r?\n(.*?)\r?\nendstream", data, re.DOTALL)]
    fonts = [stream for stream in streams if stream.startswith(b"\0\1\0\0")]
    assert len(fonts) == data.count(b"/FontFile2 ") > 0
    assert b"/Type3" not in data
    for font in fonts:
        tables = {font[12 + 16 * number : 16 + 16 * number] for number in range(int.from_bytes(font[4:6], "big"))}
        assert {b"glyf", b"hmtx", b"loca"} <= tables
        assert not {b"GDEF", b"GPOS", b"GSUB"} & tables
