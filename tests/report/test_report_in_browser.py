"""The report in a real browser: nothing goes wrong, nothing is fetched, and all of it can be used."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from report_cases import CONFIG, NETWORKS, make_figures, make_tables

from soak.report.write import write_report
from soak.scores.printed import summary

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
try:
    from playwright.sync_api import Page, expect, sync_playwright
except ImportError:
    Page, expect, sync_playwright = Any, None, None

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)"),
    pytest.mark.skipif(sync_playwright is None, reason="needs playwright (envs/dev.txt)"),
]


@dataclass
class Opened:
    """A page and what it said and asked for while it was used."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    figures = make_figures(folder)
    long = folder / "test_error_mean_sd_mean_absolute_error.png"  # the longest name that a figure of a measure has
    figures.append(Path(shutil.copy(figures[0], long)))
    write_report(
        folder / "report.html",
        tables=make_tables(),
        figures=figures,
        config=CONFIG,
        networks=NETWORKS,
        references=["featureless"],
    )
    return folder / "report.html"


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=["desk", "phone"])
def opened(browser: Any, file: Path, request: pytest.FixtureRequest) -> Iterator[Opened]:
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    seen = Opened(context.new_page())
    seen.page.on("console", lambda message: seen.said.append(message.text))
    seen.page.on("pageerror", lambda error: seen.said.append(str(error)))
    seen.page.on("request", lambda asked: seen.asked.append(asked.url))
    seen.page.goto(file.as_uri())
    seen.page.wait_for_selector("#chart svg")
    yield seen
    assert seen.said == []
    assert [url for url in seen.asked if not url.startswith(("data:", "blob:"))] == [file.as_uri()]
    context.close()


def rows(page: Page, name: str) -> list[list[str]]:
    script = "(name) => [...document.querySelectorAll(`details[data-table=${name}] tbody tr`)].map(row => [...row.cells].map(cell => cell.textContent))"
    return page.evaluate(script, name)


def column(page: Page, name: str, place: int) -> list[float]:
    return [float(row[place]) for row in rows(page, name)]


def test_the_page_is_no_wider_than_the_screen(opened: Opened) -> None:
    """Nor is anything cut off by its edge that cannot be scrolled to."""
    assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for controls in opened.page.locator("select:visible, input:visible").all():
        box = controls.bounding_box()
        assert box["x"] + box["width"] <= opened.page.viewport_size["width"]


def test_long_names_are_whole_in_the_chart(opened: Opened) -> None:
    labels = opened.page.locator("#chart svg .role-axis-label").all_text_contents()
    assert "a_convolutional_network_with_dropout" in "".join(labels)
    assert "…" not in "".join(labels)
    edge = opened.page.locator("#chart").bounding_box()["x"]
    for label in opened.page.locator("#chart svg .role-axis-label text").all():
        assert label.bounding_box()["x"] >= edge - 1


def test_a_table_sorts_up_and_down(opened: Opened) -> None:
    table = opened.page.locator("details[data-table=stats]")
    place = list(make_tables()["stats"].columns).index("mean")
    before = column(opened.page, "stats", place)
    head = table.get_by_role("button", name="mean", exact=True)
    head.click()
    assert column(opened.page, "stats", place) == sorted(before)
    assert table.locator("th").nth(place).get_attribute("aria-sort") == "ascending"
    head.click()
    assert column(opened.page, "stats", place) == sorted(before, reverse=True)


def test_a_table_sorts_by_keyboard_alone(opened: Opened) -> None:
    page = opened.page
    place = list(make_tables()["stats"].columns).index("sd")
    page.locator("details[data-table=stats]").get_by_role("button", name="sd", exact=True).focus()
    page.keyboard.press("Enter")
    values = column(page, "stats", place)
    assert values == sorted(values)
    page.locator("details[data-table=pvalues] summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("details[data-table=pvalues] tbody tr")).to_have_count(len(make_tables()["pvalues"]))


def test_a_table_filters_by_words_and_by_choice(opened: Opened) -> None:
    page = opened.page
    table = page.locator("details[data-table=stats]")
    stats = make_tables()["stats"]
    table.get_by_role("searchbox").fill("digits linear_mlp")
    expected = stats[(stats["task_id"] == "Digits") & (stats["algorithm"] == "linear_mlp")]
    assert len(rows(page, "stats")) == len(expected)
    table.get_by_label("train_subsets").select_option(label="same")
    assert len(rows(page, "stats")) == (expected["train_subsets"] == "same").sum()
    assert table.get_by_role("status").text_content() == f"2 of {len(stats)} rows"
    table.get_by_role("searchbox").fill("no such thing")
    assert rows(page, "stats") == []


def test_a_figure_enlarges_zooms_and_closes(opened: Opened) -> None:
    page = opened.page
    page.get_by_role("button", name="Enlarge: Test error of every fold").focus()
    page.keyboard.press("Enter")
    image = page.locator("#zoom img")
    image.wait_for(state="visible")
    expect(image).to_have_attribute("style", re.compile("width"))
    fitted = image.bounding_box()["width"]
    assert fitted <= page.viewport_size["width"]
    page.keyboard.press("1")
    assert image.bounding_box()["width"] == 1600
    page.keyboard.press("+")
    assert image.bounding_box()["width"] == 2240
    page.keyboard.press("Escape")
    assert not page.locator("#zoom").is_visible()


def test_the_chart_tells_values_and_changes_its_panel(opened: Opened) -> None:
    page = opened.page
    page.locator("#chart").scroll_into_view_if_needed()
    page.locator("#chart svg .mean").first.hover(force=True)
    tip = page.locator("#chart-value")
    expect(tip).to_contain_text("mean percent error")
    expect(tip).to_contain_text("trained on")
    page.get_by_label("Task and test subset").select_option(label="diabetes: south")
    expect(page.locator("#chart svg")).to_contain_text("mean squared error")
    stats = make_tables()["stats"]
    marks = page.locator("#chart svg .mean").count()
    assert marks == len(stats.query("task_id == 'diabetes' and test_subset == 'south' and train_subsets != 'all'")) + 3
    page.get_by_label("with featureless").uncheck()
    assert page.locator("#chart svg .mean").count() == marks - 3
    page.get_by_label("log scale").check()
    expect(page.locator("#chart svg")).to_contain_text("500")


def test_a_table_is_downloaded_as_it_is_filtered(opened: Opened, tmp_path: Path) -> None:
    table = opened.page.locator("details[data-table=stats]")
    table.get_by_role("searchbox").fill("digits linear_mlp")
    with opened.page.expect_download() as started:
        table.get_by_role("button", name="Download as CSV").click()
    started.value.save_as(tmp_path / "stats.csv")
    stats = make_tables()["stats"]
    expected = stats[(stats["task_id"] == "Digits") & (stats["algorithm"] == "linear_mlp")].reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "stats.csv"), expected, check_dtype=False, rtol=1e-7)


def answer(page: Page) -> list[tuple[str, str]]:
    """Task and test subset of the rows that the table at the top shows."""
    script = """() => [...document.querySelectorAll(".summary tbody tr:has(td)")].filter(row => row.checkVisibility())
        .map(row => [row.closest("tbody").querySelector("th.task").textContent, row.cells[0].textContent])"""
    return [tuple(row) for row in page.evaluate(script)]


def test_the_answer_sorts_filters_and_is_downloaded_as_the_other_tables(opened: Opened, tmp_path: Path) -> None:
    """By numbers, not by what is written of them, within each task."""
    page, table = opened.page, opened.page.locator(".summary")
    verdicts = make_tables()["verdicts"].query("comparison == 'other-same'")
    table.get_by_role("button", name="other - same").click()
    for _ in ("ascending", "descending"):
        ascending = table.locator("th[aria-sort=ascending]").count() == 1
        ordered = verdicts.sort_values("mean_diff", ascending=ascending)
        expected = [
            (task, subset)
            for task in verdicts["task_id"].unique()
            for subset in ordered.loc[ordered["task_id"] == task, "test_subset"]
        ]
        assert answer(page) == expected
        table.get_by_role("button", name="other - same").click()
    page.locator("#verdicts").get_by_role("searchbox").fill("diabetes south")
    assert answer(page) == [("diabetes", "south")]
    with page.expect_download() as started:
        page.locator("#verdicts").get_by_role("button", name="Download as CSV").click()
    started.value.save_as(tmp_path / "summary.csv")
    tables = make_tables()
    expected = summary(tables["verdicts"], tables["scores"]).query("task_id == 'diabetes' and test_subset == 'south'")
    written = pd.read_csv(tmp_path / "summary.csv", dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(written, expected.reset_index(drop=True).astype(str), check_dtype=False)


@pytest.mark.parametrize("width", [320, 1440])
def test_no_part_is_wider_than_a_narrow_screen(browser: Any, file: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(file.as_uri())
    page.wait_for_selector("#chart svg")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("h1").evaluate("title => { title.textContent = 'a_task_with_a_long_name_'.repeat(9) }")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


def test_the_answer_is_whole_on_a_screen(browser: Any, file: Path) -> None:
    """No row and no column of its table has to be scrolled to."""
    page = browser.new_page(viewport={"width": 1440, "height": 800})
    page.goto(file.as_uri())
    cut = "box => [box.scrollWidth - box.clientWidth, box.scrollHeight - box.clientHeight]"
    assert page.locator(".answer").evaluate(cut) == [0, 0]
    page.close()


def test_without_javascript_there_is_a_sentence_and_all_else(browser: Any, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    sentence = page.locator("#errors noscript p")
    assert "The chart needs JavaScript" in sentence.text_content()
    assert sentence.bounding_box()["height"] > 10
    assert not page.locator("#chart").is_visible()
    assert page.locator("#figure-test_error img").is_visible()
    assert page.locator(".summary").is_visible()
    context.close()


def test_every_part_of_the_menu_is_there(opened: Opened) -> None:
    page = opened.page
    for link in page.locator("nav a").all():
        assert page.locator(link.get_attribute("href")).count() == 1


def test_it_prints(browser: Any, file: Path, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("#chart svg")
    page.pdf(path=tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.locator("#figure-test_error img").is_visible()
    page.set_viewport_size({"width": 700, "height": 1000})  # about a sheet of A4 between its margins
    cut = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"
    assert page.locator("pre").evaluate_all(cut) == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1440])
def test_axe_finds_no_violation(browser: Any, file: Path, scheme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python", reason="needs axe-playwright-python (envs/dev.txt)")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("#chart svg")
    page.evaluate(Path(axe.__file__).with_name("axe.min.js").read_text())
    found = page.evaluate("axe.run()")
    assert found["passes"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    context.close()
