"""Accessibility by axe-core: nothing serious on any page, in light and in dark; and the keyboard alone reaches what matters."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from .test_workbench import drawn

STUDY = ["", "/map", "/inventory", "/drivers", "/projection", "/data", "/reports"]
PAGES = ["/", "/sign-in", *(f"/s/toy-city{each}" for each in STUDY), "/s/toy-future/drivers", "/methods",
         "/methods/inventory.accounting.combustion?example=1", 
         "/compare?first=toy-future&second=toy-future&second_time=2005",
         "/factors?search=diesel", "/account", "/people", "/log", "/new",
         "/nothing"]  # fmt: skip


@pytest.mark.parametrize(("theme", "lang"), [("light", "zh"), ("dark", "en")])
def test_nothing_serious_on_any_page(browser, server, signed_in, theme, lang):
    context = browser.new_context(storage_state=signed_in, viewport={"width": 1280, "height": 900})
    named = {"citycarbon_theme": theme, "citycarbon_lang": lang}
    context.add_cookies([{"name": name, "value": word, "url": server.address} for name, word in named.items()])
    page = context.new_page()
    found = []
    for address in PAGES:
        page.goto(server.address + address)
        drawn(page)
        result = Axe().run(page)
        found += [
            (address, each["id"], each["nodes"][0]["html"][:160])
            for each in result.response["violations"]
            if each["impact"] in ("serious", "critical")
        ]
    assert found == []
    context.close()


def test_the_keyboard_reaches_the_content_and_closes_the_panel(browser, server):
    page = browser.new_page()
    page.goto(f"{server.address}/s/toy-city/inventory?lang=en")
    drawn(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
    page.locator("#structure button.num").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel .trace")
    assert page.evaluate("document.activeElement.id") == "panel-close"
    page.keyboard.press("Escape")
    assert "num" in page.evaluate("document.activeElement.className")
    page.close()


@pytest.mark.parametrize(("asks", "scrolls"), [("reduce", "auto"), ("no-preference", "smooth")])
def test_motion_stops_where_the_system_asks(browser, server, asks, scrolls):
    context = browser.new_context(reduced_motion=asks)
    page = context.new_page()
    page.goto(f"{server.address}/s/toy-city?lang=en")
    drawn(page)
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == scrolls
    moves = page.evaluate(
        "echarts.getInstanceByDom(document.querySelector('[_echarts_instance_]')).getOption().animation"
    )
    assert moves == (asks == "no-preference")
    context.close()
