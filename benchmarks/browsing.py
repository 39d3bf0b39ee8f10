"""The workbench in a browser: first page, a map of a million parcels, tiles, levers, timed as a person meets them.

Comes in: nothing, or folders of results that were run before. Goes out: figures. Needs Chromium and the packages of development.

    python benchmarks/browsing.py
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import tempfile
import time
from math import asinh, pi, radians, tan
from pathlib import Path

import numpy as np
import polars as pl
from places import parcels
from playwright.sync_api import Browser, Page, sync_playwright
from serving import Served, prepare

from citycarbon.core.results import StudyResult
from citycarbon.data.results import open_result, write_result
from citycarbon.studies.tiles.shapes import shape_table

CHROMIUM = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
SECTORS = ("buildings", "industry", "transport")


def million(home: Path, count: int) -> None:
    """Write the result of a study with so many parcels: the toy city's account, on other shapes."""
    base = open_result(home / "toy-city")
    layer = parcels(count)
    rng = np.random.default_rng(2)
    values = rng.lognormal(3.0, 1.0, (count, len(SECTORS)))
    places = layer.rows["place"]
    same = {"layer": "parcels", "time": "2022", "scenario": "observed", "basis": "location"}
    words = [pl.lit(word).alias(name) for name, word in same.items()]
    tables = {name: table for name, table in base.tables.items() if not name.startswith(("map", "shape_"))}
    whole = pl.DataFrame({"place": places, "value": values.sum(1)}).with_columns(*words, pl.lit("t").alias("unit"))
    parts = [
        whole.select("place", *same, "unit", pl.Series("value", values[:, n]), pl.lit(name).alias("sector"))
        for n, name in enumerate(SECTORS)
    ]  # fmt: skip
    rows = layer.rows.with_columns(pl.Series("area_ha", np.full(count, 1.2)), pl.lit("land").alias("class"))
    tables |= {"maps": whole, "map_sectors": pl.concat(parts), "shape_parcels": shape_table(layer, rows)}
    meta = {**base.meta, "study": "million", "title": {"en": "A million parcels", "zh": "百万地块"}}
    (home / "million").mkdir()
    result = StudyResult(meta, tables, {}, tuple(base.origins), tuple(base.checks), dict(base.labels))
    write_result(result, home / "million")


def drawn(page: Page, seconds: float = 60) -> float:
    """Wait until a page has drawn what it draws; give the moment [s]."""
    end = time.perf_counter() + seconds
    while page.evaluate("document.body && document.body.dataset.drawn") is None:
        if time.perf_counter() > end:
            raise SystemExit(f"{page.url} did not draw")
        time.sleep(0.01)
    return time.perf_counter()


def visit(browser: Browser, address: str) -> tuple[float, float]:
    """Open a page in a browser that knows nothing yet; give seconds until it is drawn and the kB that came."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    page = context.new_page()
    # A blank page first: the start of the browser's process is not ours.
    page.goto("about:blank")
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    taken = drawn(page) - begun
    size = page.evaluate(
        "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
        ".reduce((sum, each) => sum + each.encodedBodySize, 0)"
    )
    context.close()
    return taken, size / 1000


def shown(values: list[float]) -> str:
    """Percentiles [ms]."""
    p50, p95 = np.quantile(np.array(values) * 1000, [0.5, 0.95])
    return f"p50 {p50:.1f}, p95 {p95:.1f}, max {1000 * max(values):.1f} ms of {len(values)}"


def tile_addresses(bounds: list[float], seed: int = 3) -> list[str]:
    """Tiles that a person would pass on the way in from the whole to the parcels, and around."""
    rng, made = random.Random(seed), []
    for z in range(8, 17):
        for _ in range(24):
            west = rng.uniform(bounds[0], bounds[2])
            north = radians(rng.uniform(bounds[1], bounds[3]))
            x, y = int((west + 180) / 360 * 2**z), int((1 - asinh(tan(north)) / pi) / 2 * 2**z)
            made.append(f"/api/v1/studies/million/tiles/parcels/{z}/{x}/{y}.mvt")
    return list(dict.fromkeys(made))


def start_drawing(browser: Browser) -> None:
    """Let the browser start what draws in three dimensions, here in software; whoever has looked at any map has it running."""
    page = browser.new_page()
    page.evaluate("document.createElement('canvas').getContext('webgl2').clear(16384)")
    page.close()


def timed(connection: http.client.HTTPConnection, address: str, body: bytes | None = None) -> float:
    """Seconds of one request."""
    begun = time.perf_counter()
    connection.request("POST" if body else "GET", address, body, {"content-type": "application/json"} if body else {})
    answer = connection.getresponse()
    answer.read()
    assert answer.status in (200, 204), (answer.status, address)
    return time.perf_counter() - begun


def levers(server: Served, connection: http.client.HTTPConnection) -> list[float]:
    """Answers to random moves of one to four drivers."""
    root = "/api/v1/studies/toy-city/projections"
    step = json.loads(server.get(root))[0]
    known = json.loads(server.get(f"{root}/{step}"))
    scenario, rng = known["scenarios"][0], random.Random(4)
    free = [each["driver"] for each in known["levers"][scenario] if not each["share_of"]]
    found = []
    for _ in range(300):
        moves = [{"driver": name, "change": round(rng.uniform(-0.5, 0.5), 2), "reached": known["years"][-1]}
                 for name in rng.sample(free, rng.randint(1, min(4, len(free))))]  # fmt: skip
        body = json.dumps({"scenario": scenario, "levers": moves}).encode()
        found.append(timed(connection, f"{root}/{step}/answer", body))
    return found


def lever_in_browser(browser: Browser, server: Served) -> list[float]:
    """Seconds from a key press on a lever until the page says the new answer, drawn curve included."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"http://{server.host}/s/toy-city/projection?lang=en")
    page.wait_for_selector("#lever-said span")
    page.locator("#lever-main input").first.focus()
    found = []
    for _ in range(40):
        before = page.inner_text("#lever-said")
        begun = time.perf_counter()
        page.keyboard.press("ArrowLeft")
        while page.evaluate("document.getElementById('lever-said').innerText") == before:
            assert time.perf_counter() < begun + 10
        found.append(time.perf_counter() - begun)
    page.close()
    return found


def main() -> None:
    """Run it and print what was seen."""
    given = argparse.ArgumentParser()
    given.add_argument(
        "--results", type=Path, help="folder with results of the shipped studies; they are run if left out"
    )
    given.add_argument("--xinwu", type=Path, help="results folder of the Xinwu study, which needs its data set")
    given.add_argument("--parcels", type=int, default=1_000_000)
    words = given.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        prepare(home, words.results)
        million(home, words.parcels)
        if words.xinwu:
            (home / "xinwu").symlink_to(words.xinwu.resolve())
        server = Served(home, 1)
        print(f"the server answers after {server.began:.2f} s")
        try:
            look(server, with_xinwu=words.xinwu is not None)
        finally:
            server.stop()


def look(server: Served, *, with_xinwu: bool) -> None:
    """Visit what is asked about."""
    root = f"http://{server.host}"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        start_drawing(browser)
        for name, address in {
            "first page of a server that has just begun": "/s/toy-city?lang=zh",
            "first page, cold browser": "/s/toy-city?lang=zh",
            "inventory, cold browser": "/s/toy-city/inventory?lang=zh", "studies, cold browser": "/?lang=zh",
        }.items():  # fmt: skip
            if address.startswith("/?"):
                context = browser.new_context()
                page = context.new_page()
                begun = time.perf_counter()
                page.goto(root + address)
                print(f"{name}: {time.perf_counter() - begun:.2f} s")
                context.close()
                continue
            taken, size = visit(browser, root + address)
            print(f"{name}: {taken:.2f} s, {size:.0f} kB")
            if "just begun" in name:
                # It makes maps ready meanwhile.
                time.sleep(20)
        for name in ("map of a million parcels, first visit", "map of a million parcels, another browser"):
            taken, size = visit(browser, f"{root}/s/million/map?lang=zh")
            print(f"{name}: {taken:.2f} s, {size:.0f} kB")
        if with_xinwu:
            for name in ("map of Xinwu, first visit", "map of Xinwu, another browser"):
                print(f"{name}: {visit(browser, f'{root}/s/xinwu/map?lang=zh')[0]:.2f} s")
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        bounds = json.loads(server.get("/api/v1/studies/million/tiles/parcels.json"))["bounds"]
        addresses = tile_addresses(bounds)
        print("tiles, made now:", shown([timed(connection, each) for each in addresses]))
        print(
            "tiles, warm:",
            shown([timed(connection, each) for each in random.Random(5).sample(addresses, len(addresses))]),
        )
        print("levers over HTTP:", shown(levers(server, connection)))
        print("levers in the browser:", shown(lever_in_browser(browser, server)))
        print(f"memory of the server: {server.memory():.0f} MB")
        browser.close()


if __name__ == "__main__":
    main()
