"""The workbench in a real browser: every page, both languages, three widths, nothing from outside; and what people do there."""

import subprocess
import time

import pytest

SIZES = {"phone": (390, 844), "desk": (1280, 900), "wall": (2560, 1440)}
PAGES = ["", "/map", "/inventory", "/drivers", "/projection", "/data", "/reports"]


def watch(page, server):
    """Note errors of a page and every request that leaves the server."""
    errors, outside = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on(
        "request", lambda r: outside.append(r.url) if not r.url.startswith((server.address, "data:", "blob:")) else None
    )
    return errors, outside


def until(page, expression, argument=None, seconds=30):
    """Wait for something on a page; the content policy forbids the browser to do it by evaluating text."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression, argument):
        assert time.monotonic() < end, f"{expression} at {page.url}"
        time.sleep(0.05)


def drawn(page):
    """Wait until a page has drawn what it draws."""
    until(page, "() => !document.getElementById('page') || document.body.dataset.drawn !== undefined")
    assert page.evaluate("document.body.dataset.drawn") != "failed", page.url


@pytest.mark.parametrize(
    ("study", "size"), [*(("toy-city", size) for size in SIZES), ("toy-future", "phone"), ("toy-future", "desk")]
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_of_a_study(browser, server, study, lang, size):
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    errors, outside = watch(page, server)
    for each in PAGES:
        page.goto(f"{server.address}/s/{study}{each}?lang={lang}")
        drawn(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, each
        assert page.evaluate("document.documentElement.lang") == ("zh-CN" if lang == "zh" else "en")
        heading = page.inner_text("h1")
        assert any("\u4e00" <= sign <= "\u9fff" for sign in heading) == (lang == "zh"), heading
        assert page.locator(".problems").count() == 0, each
    assert errors == []
    assert outside == []
    context.close()


def test_levers_answer_while_one_moves_them(browser, server):
    page = browser.new_page()
    page.goto(f"{server.address}/s/toy-city/projection?lang=en")
    page.wait_for_selector("#lever-main input")
    page.wait_for_selector("#lever-said span")
    before = page.inner_text("#lever-said")
    lever = page.locator("#lever-main input").first
    lever.focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    until(page, "() => document.body.dataset.levers === '1'")
    until(page, "text => document.getElementById('lever-said').innerText !== text", before)
    assert "less in all to 2060" in page.inner_text("#lever-said")
    until(page, "() => decodeURIComponent(location.search).includes('~-0.2')")
    # The address shows another person the same.
    other = browser.new_page()
    other.goto(page.url)
    until(other, "() => document.body.dataset.levers === '1'")
    assert other.inner_text("#lever-said") == page.inner_text("#lever-said")
    other.close()
    page.click("#lever-reset")
    until(page, "() => document.body.dataset.levers === '0'")
    page.close()


def test_a_number_is_traced_to_its_factor(browser, server):
    page = browser.new_page()
    page.goto(f"{server.address}/s/toy-city/inventory?lang=en")
    drawn(page)
    page.locator("#structure tr", has_text="Non-metallic minerals").locator("button.num").first.click()
    page.wait_for_selector("#panel .trace")
    panel = page.inner_text("#panel")
    for part in ("Bituminous coal", "1,500 t", "fuels.csv", "row 8", "GB/T 2589-2008", "combustion v3", "44/12"):
        assert part in panel, part
    page.keyboard.press("Escape")
    assert page.locator("#panel").is_hidden()
    page.close()


def test_a_shape_of_the_map_opens_its_sectors_and_their_rows(browser, server):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{server.address}/s/toy-city/map?lang=en")
    drawn(page)
    assert page.locator("#map-legend i").count() >= 3
    assert "26.88 kt" in page.inner_text("#map-legend")
    box = page.locator("#map-box").bounding_box()
    # The middle parcel of the upper row.
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.38)
    page.wait_for_selector("#panel table")
    assert "t CO2e" in page.inner_text("#panel")
    page.click("#panel .press")
    page.wait_for_selector("#panel .trace")
    page.close()


def test_the_last_choice_on_the_map_counts_and_a_failure_is_said(browser, server):
    """Answers may come in another order than they were asked for; and a server may not answer at all."""
    page = browser.new_page()
    page.goto(f"{server.address}/s/toy-city/map?lang=en")
    drawn(page)
    sector = page.locator("#map-choices select").first
    first, second = [each for each in sector.evaluate("e => [...e.options].map((o) => o.value)") if each][:2]
    held = []
    page.route(f"**/values?*sector={first}*", lambda route: held.append(route))
    sector.select_option(first)
    page.locator("#map-choices select").first.select_option(second)
    until(page, f"() => location.search.includes('sector={second}')")
    said = page.inner_text("#map-legend")
    held[0].continue_()
    page.wait_for_timeout(500)
    assert page.inner_text("#map-legend") == said
    assert f"sector={second}" in page.url
    page.unroute_all()
    page.route("**/values?*", lambda route: route.fulfill(status=503, json={"errors": [{"problem": "no room"}]}))
    page.locator("#map-choices select").first.select_option(first)
    page.wait_for_selector("#sections .problems")
    assert "no room" in page.inner_text("#sections .problems")
    page.unroute_all()
    page.locator("#map-choices select").first.select_option("")
    until(page, "() => !document.querySelector('#sections .problems')")
    assert "26.88 kt" in page.inner_text("#map-legend")
    page.close()


def test_compare_two_choices_on_the_map(browser, server):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    errors, _ = watch(page, server)
    page.goto(f"{server.address}/s/toy-city/map?lang=en")
    drawn(page)
    page.check("#map-choices input[type=checkbox]")
    page.wait_for_selector("#map-second canvas")
    page.locator("#map-divide").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#map-divide", "aria-valuenow") == "55"
    assert errors == []
    page.close()


def test_a_study_from_an_upload_with_mistakes(browser, server, signed_in, tmp_path):
    """Make a study, bring in figures with wrong cells, mend them on the page, run it, put the old file back."""
    context = browser.new_context(storage_state=signed_in, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{server.address}/new?lang=en")
    page.fill("input[name=name]", "my-city")
    page.fill("input[name=title_en]", "My <b>city</b>")
    page.click("button.press")
    page.wait_for_url("**/s/my-city/data")
    given = tmp_path / "煤.csv"
    given.write_bytes(
        "地点,年份,部门,活动,本年用量(吨),备忘\np3,2022,industry.energy,bituminous_coal,15x0,a\np3,20222,industry.magic,diesel,20,b\n".encode(
            "gb18030"
        )
    )
    page.select_option("select[name=key]", "fuels.activity")
    page.set_input_files("input[type=file]", str(given))
    page.click("text=Upload and review")
    page.wait_for_url("**/data/review/*")
    assert "GB18030" in page.content().upper()
    assert page.locator("#problems tbody tr").count() >= 1
    # Two headers mean nothing to the study: one is the value, one is left out.
    page.select_option("select[name='column.4']", "value")
    page.select_option("select[name='column.5']", "ignore")
    page.click("text=Check again")
    page.wait_for_selector("input[name='cell.2.4']")
    problems = page.inner_text("#problems")
    assert "15x0" in problems
    assert "20222" in problems
    assert "industry.magic" in problems
    page.fill("input[name='cell.3.2']", "industry.energy")
    page.fill("input[name='cell.2.4']", "1500")
    page.fill("input[name='cell.3.1']", "2022")
    page.click("text=Check again")
    page.wait_for_selector("text=No problem found")
    page.click("button:has-text('Take over')")
    page.wait_for_url("**/s/my-city/data#main")
    written = (server.home / "studies" / "my-city" / "fuels.csv").read_text("utf-8")
    assert written.splitlines()[0] == "place,time,sector,activity,value (吨)"
    assert "1500" in written
    page.click("button:has-text('Run')")
    page.wait_for_url("**/jobs/*")
    page.wait_for_selector("text=See the results", timeout=120_000)
    page.click("text=See the results")
    drawn(page)
    assert page.locator("#structure canvas").count() == 1
    assert "My <b>city</b>" in page.inner_text(".where")
    page.goto(f"{server.address}/s/my-city/data")
    page.click("button:has-text('Put back')")
    page.wait_for_load_state()
    assert (server.home / "studies" / "my-city" / "fuels.csv").read_text("utf-8") != written
    context.close()


def test_a_run_that_fails_says_why_and_keeps_the_results(browser, server, signed_in):
    context = browser.new_context(storage_state=signed_in)
    page = context.new_page()
    page.goto(f"{server.address}/new?lang=en")
    page.fill("input[name=name]", "broken-city")
    page.click("button.press")
    page.wait_for_url("**/s/broken-city/data")
    folder = server.home / "studies" / "broken-city"
    (folder / "water.csv").write_text(
        "place,time,sector,activity,value,unit\np1,2022,nowhere,tap_water,ten,m3\n", "utf-8"
    )
    page.click("button:has-text('Run')")
    page.wait_for_selector("text=failed", timeout=60_000)
    text = page.inner_text("main")
    assert "water.csv" in text
    assert "ten" in text
    assert not (server.home / "results" / "broken-city").exists()
    context.close()


def test_changes_are_saved_and_compared(browser, server, signed_in):
    context = browser.new_context(storage_state=signed_in)
    page = context.new_page()
    page.goto(f"{server.address}/s/toy-city/projection?lang=en")
    page.wait_for_selector("#lever-saved input")
    for name, presses in (("less", 10), ("least", 30)):
        lever = page.locator("#lever-main input").first
        lever.focus()
        for _ in range(presses):
            page.keyboard.press("ArrowLeft")
        until(page, "() => document.body.dataset.levers === '1'")
        page.fill("#lever-saved input", name)
        page.press("#lever-saved input", "Enter")
        page.wait_for_selector(f"#lever-saved strong:has-text('{name}')")
        until(page, "() => document.querySelector('#lever-saved input').value === ''")
    page.locator("#lever-saved li").first.locator("button:has-text('Compare')").click()
    page.wait_for_selector("#lever-saved button[aria-pressed=true]")
    page.locator("#lever-fan button").first.click()
    assert "less" in page.inner_text("#lever-fan thead")
    context.close()


def test_signing_in_and_out(browser, server, signed_in):
    page = browser.new_page()
    page.goto(f"{server.address}/people?lang=en")
    assert "Sign in to see this" in page.inner_text("h1")
    page.click("main .press")
    page.fill("input[name=name]", "ada")
    page.fill("input[name=password]", "wrong wrong wrong")
    page.click("button.press")
    assert "Name or password is wrong" in page.inner_text(".problems")
    page.fill("input[name=password]", "four words are long enough")
    page.click("button.press")
    page.wait_for_url("**/people")
    page.click("summary")
    page.click("text=Sign out")
    page.wait_for_url(server.address + "/")
    assert page.locator("text=Sign in").count() == 1
    page.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_pages_outside_a_study(browser, server, signed_in, lang, size):
    width, height = SIZES[size]
    context = browser.new_context(storage_state=signed_in, viewport={"width": width, "height": height})
    page = context.new_page()
    errors, outside = watch(page, server)
    for each in ("/", "/compare", "/methods", "/methods/inventory.accounting.combustion?example=1", "/factors?search=diesel",
                 "/account", "/people", "/log", "/new"):  # fmt: skip
        page.goto(f"{server.address}{each}{'&' if '?' in each else '?'}lang={lang}")
        drawn(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, each
        assert any("\u4e00" <= sign <= "\u9fff" for sign in page.inner_text("h1")) == (lang == "zh"), each
        assert page.locator(".problems").count() == 0, each
    assert errors == []
    assert outside == []
    context.close()


def test_two_inventories_side_by_side(browser, server):
    page = browser.new_page()
    errors, _ = watch(page, server)
    page.goto(f"{server.address}/s/toy-future/inventory?lang=en")
    drawn(page)
    page.click("text=Compare inventories")
    drawn(page)
    page.locator("#compare-choices select").nth(2).select_option("toy-future")
    until(page, "() => document.querySelectorAll('#compare-choices select').length === 4")
    page.locator("#compare-choices select").nth(3).select_option(label="2005 · observed")
    until(page, "() => document.getElementById('compare-head').innerText.includes('+18.2 %')")
    page.wait_for_selector("#reasons canvas")
    head = page.inner_text("#compare-head")
    assert "28.42Mt CO2e" in head
    assert "33.58Mt CO2e" in head
    # The address shows another person the same.
    other = browser.new_page()
    other.goto(page.url)
    drawn(other)
    assert other.inner_text("#compare-head") == head
    other.close()
    assert errors == []
    page.close()


def test_a_method_is_run_from_its_page(browser, server, signed_in):
    context = browser.new_context(storage_state=signed_in)
    page = context.new_page()
    page.goto(f"{server.address}/methods/inventory.accounting.combustion?lang=en")
    page.click("text=Fill in the example")
    page.wait_for_url("**example=1*")
    field = page.locator("textarea[name='table.activity']")
    field.fill(field.input_value().replace("1000", "1o00"))
    page.click("button[value=run]")
    page.wait_for_selector("#answer .problems", timeout=60_000)
    assert "1o00" in page.inner_text("#answer")
    assert "1o00" in field.input_value(), "what was typed is still there"
    field.fill(field.input_value().replace("1o00", "1000"))
    page.click("button[value=run]")
    page.wait_for_selector("#answer table", timeout=60_000)
    assert "CO2" in page.inner_text("#answer table")
    with page.expect_download() as found:
        page.click("button[value=csv]")
    assert found.value.suggested_filename == "inventory.accounting.combustion.csv"
    context.close()


def test_a_study_is_printed(browser, server, tmp_path):
    page = browser.new_page()
    page.goto(f"{server.address}/s/toy-city/reports?lang=zh")
    for name, words in (("report-zh.pdf", ("玩具城", "温室气体")), ("report-en.pdf", ("Toy city",))):
        with page.expect_download(timeout=60_000) as found:
            page.click(f"a[href$='{name}']")
        path = tmp_path / name
        found.value.save_as(path)
        text = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout.decode()
        assert all(word in text for word in words), text[:500]
    page.close()


def test_every_chart_can_be_saved_as_numbers_and_as_a_picture(browser, server, tmp_path):
    page = browser.new_page()
    page.goto(f"{server.address}/s/toy-city?lang=en")
    drawn(page)
    card = page.locator("#structure")
    for kind, begins in (("CSV", b"\xef\xbb\xbf"), ("Excel", b"PK"), ("Picture", b"\x89PNG"), ("SVG", b"<svg")):
        with page.expect_download() as found:
            card.locator(f".card-tools >> text={kind}").first.click()
        found.value.save_as(tmp_path / kind)
        assert (tmp_path / kind).read_bytes().startswith(begins), kind
    page.close()
