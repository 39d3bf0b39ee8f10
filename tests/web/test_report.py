"""The report in a real browser: both languages, desktop and phone, offline, every number traceable, hostile text harmless."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from citycarbon.core.results import StudyResult
from citycarbon.interfaces.reports.page import render_page, write_page
from citycarbon.studies import service

ROOT = Path(__file__).parents[2]
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def pages(tmp_path_factory, served_results):
    """Reports of the studies that ship."""
    folder = tmp_path_factory.mktemp("reports")
    found = {}
    for name in ("toy-city", "five-communities", "toy-land", "toy-future"):
        found[name] = folder / f"{name}.html"
        ready = served_results / name
        write_page(service.load(ready) if ready.is_dir() else service.validate(ROOT / "examples" / name), found[name])
    return found


def open_page(browser, path, lang, size):
    """Open a report; give the page with lists of its errors and of every request that left the file."""
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height})
    errors, requests = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{path.as_uri()}?lang={lang}")
    page.wait_for_selector("#structure canvas")
    return page, errors, requests


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", ["toy-city", "five-communities", "toy-land", "toy-future"])
def test_opens_offline_without_errors_and_without_sideways_scrolling(browser, pages, name, lang, size):
    page, errors, requests = open_page(browser, pages[name], lang, size)
    assert errors == []
    assert {url.split(":")[0] for url in requests} <= {"file", "data", "blob"}
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert page.evaluate("document.documentElement.lang") == ("zh-CN" if lang == "zh" else "en")
    page.close()


def test_total_is_shown_with_unit_year_scope_and_metric(browser, pages):
    page, _, _ = open_page(browser, pages["toy-city"], "en", "desktop")
    text = page.inner_text("#headline")
    for part in ("26.88", "kt CO2e", "2022", "scopes 1, 2 and 3", "AR6 GWP100"):
        assert part in text
    page.close()


def test_language_switch_leaves_no_english_interface_word(browser, pages):
    page, _, _ = open_page(browser, pages["toy-city"], "en", "desktop")
    page.click("#language")
    headings = page.locator("h2").all_inner_texts()
    assert headings
    assert all(any("\u4e00" <= mark <= "\u9fff" for mark in heading) for heading in headings if heading)
    page.close()


def test_a_number_traces_to_row_factor_and_source(browser, pages):
    page, _, _ = open_page(browser, pages["toy-city"], "en", "desktop")
    page.locator("#structure tr", has_text="Non-metallic minerals").locator("button.num").first.click()
    panel = page.inner_text("#panel")
    for part in ("Bituminous coal", "1,500 t", "fuels.csv", "row 8", "GB/T 2589-2008", "combustion v3", "44/12"):
        assert part in panel, part
    page.keyboard.press("Escape")
    assert page.locator("#panel").is_hidden()
    page.close()


def test_charts_have_a_table_view(browser, pages):
    page, _, _ = open_page(browser, pages["toy-city"], "en", "desktop")
    page.locator("#places .card-tools button").first.click()
    assert page.locator("#places table").first.is_visible()
    page.close()


def test_map_draws_and_states_its_classes(browser, pages):
    page, _, _ = open_page(browser, pages["toy-city"], "en", "desktop")
    assert page.locator("#map canvas").count() == 1
    assert page.locator("#map .legend span").count() >= 4
    page.close()


def test_misfits_come_first_in_the_checks(browser, pages):
    page, _, _ = open_page(browser, pages["five-communities"], "en", "desktop")
    assert page.locator("#checks tbody tr").first.inner_text().startswith("misfit")
    page.close()


def test_a_statement_on_a_peak_stands_under_its_own_chart_alone(browser, pages):
    """Two steps of the study speak of gross emissions of all places: only one of them has the peak of 2011."""
    page, _, _ = open_page(browser, pages["toy-future"], "en", "desktop")
    notes = {}
    for block in page.locator("#future > div").all():
        if block.locator("h3").count() and block.locator("p.source").count():
            notes[block.locator("h3").first.inner_text()] = block.locator("p.source").first.inner_text()
    assert "Peak year 2011" in notes["Paths to 2060"]
    assert notes["Cars and cooling"] == "Bands hold 50 % and 90 % of the draws."
    page.close()


def test_elements_are_drawn_in_the_order_of_the_study(browser, pages):
    page, _, _ = open_page(browser, pages["toy-land"], "zh", "desktop")
    assert page.locator("#elements canvas").count() == 2
    assert page.locator("#elements h3").all_inner_texts()[0] == "空间要素模型检验"
    rows = page.locator("#elements table").first.locator("tbody tr").all_inner_texts()
    assert [row.split()[0] for row in rows] == ["按面积均摊", "线性强度", "梯度提升", "神经网络"]
    page.close()


def test_text_of_the_input_never_becomes_markup(browser, tmp_path, served_results):
    result = service.load(served_results / "toy-city")
    attack = "</script><img src=x onerror=\"document.title='broken'\">"
    meta = {**result.meta, "title": {"en": attack, "zh": attack}, "summary": {"en": attack, "zh": attack}}
    tables = {
        name: frame.with_columns(
            pl.when(pl.col(column) == "p1").then(pl.lit(attack)).otherwise(pl.col(column)).alias(column)
            for column in frame.columns
            if column in ("place", "quality", "note")
        )
        for name, frame in result.tables.items()
    }
    labels = {**result.labels, attack: (attack, attack)}
    hostile = StudyResult(meta, tables, result.layers, result.origins, result.checks, labels)
    path = tmp_path / "hostile.html"
    path.write_text(render_page(hostile), "utf-8")
    page, errors, _ = open_page(browser, path, "en", "desktop")
    assert errors == []
    assert page.locator("img").count() == 0
    page.locator("#structure button.num").first.click()
    page.keyboard.press("Escape")
    page.locator("#places button.num").first.click()
    assert page.locator("img").count() == 0
    page.close()


def test_a_map_whose_layer_is_too_large_leaves_the_rest_of_the_page(browser, tmp_path, served_results):
    """Layers above the limit are not in the result; the map's values are."""
    result = service.load(served_results / "toy-city")
    path = tmp_path / "x.html"
    write_page(replace(result, layers={}), path)
    page, errors, _ = open_page(browser, path, "en", "desktop")
    assert errors == []
    assert page.locator("#map").count() == 0
    assert page.locator("#tables").count() == 1
    page.close()
