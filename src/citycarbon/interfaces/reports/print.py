"""``report.pdf``: the account to print and to hand in, in Chinese or English, with vector charts, tables and references.

Comes in: a study result. Goes out: a PDF made by Typst with the font that ships. Not for: computing; what it shows stands in the
tables of the result. Texts reach Typst as data and never as its code.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import polars as pl

from citycarbon.core.errors import InputError, Lang, Where
from citycarbon.core.results import StudyResult
from citycarbon.core.sums import added, whole
from citycarbon.data.references import citation
from citycarbon.interfaces.drawing.kit import words

ASSETS = files("citycarbon.interfaces.reports").joinpath("assets")
WHEEL = ("#4477aa", "#cc6677", "#ddaa33", "#228833", "#88ccee", "#aa4499", "#999933", "#66557a", "#ee8866", "#44aa99", "#7a5c3e",
         "#a3b18a")  # fmt: skip
SCOPES = {"1": "#1f5a7a", "2": "#5b9bc0", "3": "#b9cfdc", "biogenic": "#c9b98f", "sink": "#3f8f5b"}
"""Colours of scopes, the same as on pages."""
MOST_ROWS = 60
Part = dict[str, Any]


class Paper:
    """What a report says, gathered in one language."""

    def __init__(self, result: StudyResult, lang: Lang) -> None:
        self.result, self.lang = result, lang
        self.words = words()[lang]
        self.parts: list[Part] = []
        totals = result.tables["totals"]
        whole = totals.filter(pl.col("view") == "whole")
        order = {name: rank for rank, name in enumerate(result.meta.get("scenarios", []))}
        keys = whole.select("scenario", "basis").unique(maintain_order=True).rows()
        self.scenario, self.basis = min(keys, key=lambda key: (order.get(key[0], 99), key[1])) if keys else ("", "")
        mine = whole.filter(pl.col("scenario") == self.scenario, pl.col("basis") == self.basis)
        self.times = mine["time"].unique().sort().to_list()
        yearly = result.meta.get("yearly") and len(self.times) > 1
        self.time = self.times[-1] if yearly or len(self.times) == 1 else None

    def say(self, key: str, *values: object) -> str:
        """A word in the language."""
        text = self.words.get(key, key)
        for number, value in enumerate(values):
            text = text.replace(f"{{{number}}}", str(value))
        return text

    def word(self, prefix: str, code: str) -> str:
        """The word of a code, or the code."""
        return self.words.get(prefix + code, code)

    def label(self, code: object) -> str:
        """The name of a code."""
        return "—" if code is None else self.result.label(str(code), self.lang)

    def mine(self, table: str, view: str = "") -> pl.DataFrame:
        """Rows of the shown account and year; a basis ``all`` belongs to each."""
        rows = self.result.tables[table]
        tests = [pl.col("scenario") == self.scenario, pl.col("basis").is_in([self.basis, "all"])]
        tests += [pl.col("time") == self.time] if self.time is not None else []
        return rows.filter(*tests, *([pl.col("view") == view] if view else []))

    def scale(self, largest: float) -> tuple[float, str]:
        """Scale and unit of masses of this size."""
        size = abs(largest)
        zh = [(1e8, "亿吨"), (1e4, "万吨"), (1.0, "吨"), (1e-3, "千克")]
        en = [(1e6, "Mt"), (1e4, "kt"), (1.0, "t"), (1e-3, "kg")]
        known = zh if self.lang == "zh" else en
        step, unit = next((each for each in known if size >= each[0]), known[-1] if size else known[2])
        return (1e3, unit) if unit == "kt" else (step, unit)

    def caption(self) -> str:
        """Year, account, scopes and metric: what every figure needs beside it."""
        span = self.time or (f"{self.times[0]}–{self.times[-1]}" if self.times else "")
        parts = [span, self.word("scenario_", self.scenario), self.word("basis_", self.basis),
                 self.word("rule_", str(self.result.meta["scopes"])), str(self.result.meta["gwp"]).replace("-", " ")]  # fmt: skip
        return " · ".join(part for part in parts if part and part not in ("observed", "all"))

    def add(self, kind: str, **facts: Any) -> None:
        """Add a part."""
        self.parts.append({"kind": kind, **facts})

    def table(self, head: list[str], rows: list[list[str]], numeric: set[int]) -> None:
        """Add a table; one that is too long for paper says where the rest is."""
        shown = rows[:MOST_ROWS]
        columns = ["n" if place in numeric else "t" for place in range(len(head))]
        self.add("table", head=head, rows=shown, columns=columns)
        if len(rows) > len(shown):
            self.add("text", soft=True, text=self.say("more_in_xlsx", len(rows) - len(shown)))


def num(value: float | None, digits: int = 4) -> str:
    """A number with sensible digits."""
    if value is None or not math.isfinite(value):
        return "—"
    if value != 0 and (abs(value) >= 1e12 or abs(value) < 1e-4):
        return f"{value:.{digits - 1}e}"
    whole = int(math.log10(abs(value))) + 1 if abs(value) >= 1 else 0
    text = f"{value:z,.{max(0, min(8, digits - whole))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def gather(result: StudyResult, lang: Lang) -> dict[str, Any]:
    """Gather everything that the report says in a language, as plain values."""
    paper = Paper(result, lang)
    sections: tuple[Callable[[Paper], None], ...] = (
        _structure,
        _views,
        _places,
        _years,
        _projection,
        _checks,
        _factors,
        _inputs,
    )
    for section in sections:
        section(paper)
    return {
        "lang": "zh" if lang == "zh" else "en", "title": result.meta["title"][lang], "summary": result.meta["summary"][lang],
        "foot": f"citycarbon {result.meta['citycarbon']}", "figures": _figures(paper), "parts": paper.parts,
    }  # fmt: skip


def _figures(paper: Paper) -> list[Part]:
    """Headline: the total with its interval, and per person."""
    value = whole(paper.mine("totals", "whole"))
    scale, unit = paper.scale(value)
    lines = [paper.caption()]
    if "uncertainty" in paper.result.tables and paper.time is not None:
        drawn = paper.mine("uncertainty").filter(pl.col("sector") == "total")
        if drawn.height:
            low, high = drawn["p05"][0], drawn["p95"][0]
            lines.append(f"{paper.say('interval')}: {num(low / scale)} – {num(high / scale)} {unit}")
    made = [{"label": paper.say("total"), "value": num(value / scale), "unit": f"{unit} CO2e", "lines": lines}]
    people = paper.result.tables.get("denominators")
    if people is not None and paper.time is not None:
        places = paper.mine("totals", "place").select("place", "time", "value")
        for measure, key, name in (
            ("population", "per_person", ("t", "吨/人")),
            ("floor_area", "per_area", ("kg/m²", "千克/m²")),
        ):
            below = people.filter(pl.col("measure") == measure).select("place", "time", pl.col("value").alias("below"))
            both = (
                places.with_columns(pl.col("time").str.slice(0, 4))
                .join(below, on=["place", "time"])
                .drop_nulls("value")
            )
            if both.height and whole(both, "below") > 0:
                ratio = whole(both) / whole(both, "below") * (1 if measure == "population" else 1000)
                made.append({"label": paper.say(key), "value": num(ratio, 3), "unit": name[paper.lang == "zh"],
                             "lines": [f"{paper.time} · {both.height} / {places.height} {paper.say('places')}"]})  # fmt: skip
    return made


def _chart(
    paper: Paper, names: list[str], parts: list[tuple[str, str, list[float]]], bands: list[tuple[float, float] | None]
) -> None:
    """Stacked bars of masses in tonnes: names, (part, colour, values), interval of each."""
    totals = [sum(values[row] for _, _, values in parts) for row in range(len(names))]
    scale, unit = paper.scale(max([abs(each) for each in totals] + [0.0]))
    highs = [sum(max(0.0, values[row]) for _, _, values in parts) for row in range(len(names))]
    lows = [sum(min(0.0, values[row]) for _, _, values in parts) for row in range(len(names))]
    ends = [each for band in bands if band for each in band]
    bars = [
        {
            "name": name, "total": num(totals[row] / scale, 4),
            "parts": [{"value": values[row] / scale, "colour": colour} for _, colour, values in parts if values[row]],
            "low": band[0] / scale if band else None, "high": band[1] / scale if band else None,
        }
        for row, (name, band) in enumerate(zip(names, bands, strict=True))
    ]  # fmt: skip
    legend = [{"name": name, "colour": colour} for name, colour, _ in parts] if len(parts) > 1 else []
    low, high = min([0.0, *lows, *ends]) / scale, max([0.0, *highs, *ends]) / scale
    paper.add("bars", unit=f"{unit} CO2e · {paper.caption()}", legend=legend, bars=bars, low=low, high=high)


def _structure(paper: Paper) -> None:
    rows = paper.mine("totals", "sector_scope")
    # The total of a sector follows the study's rule of scopes; its cells show what stands outside it too.
    sums = added(paper.mine("totals", "sector").drop_nulls("value"), ["sector"]).sort("value", descending=True)
    if not sums.height:
        return
    names = sums["sector"].to_list()
    cells = {(sector, scope): value or 0.0 for sector, scope, value in added(rows, ["sector", "scope"]).iter_rows()}
    used = [scope for scope in SCOPES if any((name, scope) in cells for name in names)]
    paper.add("heading", text=paper.say("structure_title"))
    bands: list[tuple[float, float] | None] = [None] * len(names)
    if "uncertainty" in paper.result.tables and paper.time is not None:
        drawn = {row["sector"]: (row["p05"], row["p95"]) for row in paper.mine("uncertainty").to_dicts()}
        bands = [drawn[name] if name in drawn and drawn[name][1] > drawn[name][0] else None for name in names]
    parts = [
        (paper.say(f"scope_{scope}"), SCOPES[scope], [cells.get((name, scope), 0.0) for name in names])
        for scope in used
    ]
    _chart(paper, [paper.label(name) for name in names], parts, bands)
    every = whole(sums)
    body = [[paper.label(name), *[num(cells[name, scope], 8) if (name, scope) in cells else "" for scope in used],
             num(value, 8), f"{100 * value / every:z.1f} %" if every else "—"] for name, value in sums.iter_rows()]  # fmt: skip
    scope_sums = [num(sum(cells.get((name, scope), 0.0) for name in names), 8) for scope in used]
    body.append([paper.say("total"), *scope_sums, num(every, 8), "100 %"])
    head = [
        paper.say("sector") + " (t CO2e)",
        *[paper.say(f"scope_{scope}") for scope in used],
        paper.say("total"),
        paper.say("share"),
    ]
    paper.table(head, body, set(range(1, len(head))))


def _views(paper: Paper) -> None:
    """The account in each code list that the study asks for, main codes only."""
    tables = paper.result.tables
    if "views" not in tables:
        return
    codes = {(row["list"], row["code"]): row for row in tables["view_codes"].to_dicts()}
    rows = paper.mine("views").drop_nulls("value")
    for name in paper.result.meta.get("views", []):
        mine = rows.filter(pl.col("list") == name)
        sums: dict[str, float] = {}
        for code, value in mine.select("code", "value").iter_rows():
            while (name, code) in codes and codes[name, code]["parent"]:
                code = codes[name, code]["parent"]
            sums[code] = sums.get(code, 0.0) + value
        if not sums:
            continue
        paper.add("sub", text=paper.say(f"list_{name}"))
        shown = [
            [code, codes.get((name, code), {}).get(f"name_{paper.lang}") or code, num(value, 8)]
            for code, value in sums.items()
        ]
        shown.append(["", paper.say("total"), num(sum(sums.values()), 8)])
        paper.table([paper.say("code"), paper.say("name"), "t CO2e"], shown, {2})


def _places(paper: Paper) -> None:
    sums = added(paper.mine("totals", "place"), ["place"]).drop_nulls("value")
    if not 2 <= sums.height <= 40:
        return
    sums = sums.sort("value", descending=True)
    paper.add("heading", text=paper.say("places_title"))
    names = [paper.label(name) for name in sums["place"]]
    _chart(paper, names, [(paper.say("total"), WHEEL[0], sums["value"].to_list())], [None] * len(names))


def _years(paper: Paper) -> None:
    if len(paper.times) < 2:
        return
    rows = paper.result.tables["totals"].filter(
        pl.col("view") == "whole", pl.col("scenario") == paper.scenario, pl.col("basis") == paper.basis
    )
    rows = rows.drop_nulls("value").sort("time")
    paper.add("heading", text=paper.say("time_title"))
    paper.table(
        [paper.say("year"), "t CO2e"],
        [[time, num(value, 8)] for time, value in rows.select("time", "value").iter_rows()],
        {1},
    )


def _projection(paper: Paper) -> None:
    """Paths with bands, each of whole places, and what is said about them."""
    names = [name for name in paper.result.meta.get("show", []) if f"step_{name}" in paper.result.tables]
    drawn = [(name, paper.result.tables[f"step_{name}"]) for name in names]
    bands = [(name, frame) for name, frame in drawn if {"lower", "upper", "time"} <= set(frame.columns)]
    said = [(name, frame) for name, frame in drawn if {"item", "note_en"} <= set(frame.columns)]
    if not bands and not said:
        return
    paper.add("heading", text=paper.say("future_title"))
    for name, frame in bands:
        paper.add("sub", text=paper.label(f"step:{name}").removeprefix("step:"))
        _fans(paper, frame)
    for name, frame in said:
        paper.add("sub", text=paper.label(f"step:{name}").removeprefix("step:"))
        body = [[paper.label(row["place"]), paper.label(row["scenario"]), paper.word("measure_", row["measure"]),
                 _item(paper, row["item"]), _said(row, row["value"]), f"{_said(row, row['low'])} – {_said(row, row['high'])}"]
                for row in frame.to_dicts()]  # fmt: skip
        head = [paper.say("place"), paper.say("path_word"), "", "", paper.say("median_word"), paper.say("interval")]
        paper.table(head, body, {4, 5})


def _item(paper: Paper, item: str) -> str:
    for begun, key in (("peak_by_", "item_peak_by"), ("gap_", "item_gap")):
        if item.startswith(begun):
            return paper.say(key, item.removeprefix(begun))
    return paper.word("item_", item)


def _said(row: dict[str, Any], value: float | None) -> str:
    if value is None:
        return "—"
    if row["item"].endswith("_year"):
        return f"{value:z.0f}"
    return f"{100 * value:z.3g} %" if row["unit"] == "1" else f"{num(value)} {row['unit']}"


def _fans(paper: Paper, frame: pl.DataFrame) -> None:
    """One chart a scenario, of the sum of all places or the first place, of all sectors."""
    sector = pl.col("sector").fill_null("all") == "all" if "sector" in frame.columns else pl.lit(True)
    rows = frame.filter(sector)
    place = "all" if "all" in rows["place"] else rows["place"][0]
    measure = "gross" if "gross" in rows["measure"] else rows["measure"][0]
    rows = rows.filter(pl.col("place") == place, pl.col("measure") == measure).sort("time")
    paths = rows.drop_nulls("low")
    seen = rows.filter(pl.col("low").is_null())
    columns = [name for name in ("scenario", "model") if name in paths.columns]
    for _, path in paths.group_by(columns, maintain_order=True):
        times = [
            *seen["time"].to_list(),
            *[time for time in path["time"].to_list() if time not in set(seen["time"].to_list())],
        ]
        unit = path["unit"][0]
        mass = unit == "t"
        largest = max([abs(v) for v in [*path["high"].to_list(), *seen["value"].to_list()]] + [0.0])
        scale, shown = paper.scale(largest) if mass else (1.0, str(unit))
        low, high = min([0.0, *(path["low"] / scale).to_list()]), largest / scale
        start = times.index(path["time"][0])
        band = [{"low": (path[a] / scale).to_list(), "high": (path[b] / scale).to_list(), "start": start, "colour": colour}
                for a, b, colour in (("low", "high", "#d5e8e6"), ("lower", "upper", "#a9d0cd"))]  # fmt: skip
        lines = [{"values": (path["value"] / scale).to_list(), "start": start, "colour": "#0b6e69", "dash": None}]
        legend = [{"name": paper.say("median_word"), "colour": "#0b6e69"}]
        if seen.height > 1:
            lines.append({"values": (seen["value"] / scale).to_list(), "start": 0, "colour": "#1b2327", "dash": None})
            legend.append({"name": paper.say("seen_word"), "colour": "#1b2327"})
        step = max(1, len(times) // 8)
        ticks = [
            {"at": low + (high - low) * part / 4, "text": num(low + (high - low) * part / 4, 3)} for part in range(5)
        ]
        who = " · ".join([paper.label(place) if place != "all" else paper.say("all_word"), paper.word("measure_", measure),
                          *[paper.label(path[name][0]) for name in columns if path[name][0]]])  # fmt: skip
        labels = [{"at": at, "text": times[at]} for at in range(0, len(times), step)]
        paper.add("fan", unit=f"{shown} · {who} · 5–95 %", legend=legend, times=times, bands=band, lines=lines, low=low,
                  high=high, ticks=ticks, labels=labels)  # fmt: skip


def _checks(paper: Paper) -> None:
    order = {"misfit": 0, "caveat": 1, "note": 2}
    found = sorted((c for c in paper.result.checks if c.severity in order), key=lambda c: order[c.severity])
    if not found:
        return
    paper.add("heading", text=paper.say("checks"))
    kinds = {"note": paper.say("note_kind")}
    body = [
        [
            kinds.get(c.severity, paper.say(c.severity)),
            paper.label(c.place) if c.place else "",
            c.text[paper.lang == "zh"],
        ]
        for c in found
    ]
    paper.table([paper.say("severity"), paper.say("place"), paper.say("finding")], body, set())


def _factors(paper: Paper) -> None:
    rows = paper.result.tables["factors"].to_dicts()
    if not rows:
        return
    paper.add("heading", text=paper.say("factors"))
    sources = list(dict.fromkeys(row["source"] for row in rows if row["source"]))
    number = {source: place + 1 for place, source in enumerate(sources)}
    body = [[paper.label(row["activity"]), paper.word("quantity_", row["quantity"]), row["gas"] or "", row["region"] or "",
             f"{row['valid_from'] or '…'}–{row['valid_to'] or '…'}",
             f"{num(row['value'], 6)} {'' if row['unit'] == '1' else row['unit']}",
             row["quality"] or "", f"[{number[row['source']]}]" if row["source"] else ""] for row in rows]  # fmt: skip
    head = [
        paper.say(each) for each in ("activity", "quantity", "gas", "region", "valid", "factor", "quality", "source")
    ]
    paper.table(head, body, {5})
    paper.add("heading", text=paper.say("references_title"))
    for source in sources:
        paper.add("text", soft=True, text=f"[{number[source]}] {citation(source)}")


def _inputs(paper: Paper) -> None:
    paper.add("heading", text=paper.say("inputs"))
    body = [[o.name + (f" · {o.sheet}" if o.sheet else ""), f"{o.rows:,}", o.sha256[:16]] for o in paper.result.origins]
    paper.table([paper.say("file"), paper.say("rows"), "SHA-256"], body, {1})
    used = (
        paper.result.tables["provenance"]
        .select("method", "method_version", "equation")
        .unique()
        .drop_nulls("method")
        .sort("method")
    )
    paper.table(
        [paper.say("method"), paper.say("version"), paper.say("equation")],
        [[m, str(v), e or ""] for m, v, e in used.iter_rows()], {1},
    )  # fmt: skip


def write_print(result: StudyResult, path: Path, lang: Lang = "zh") -> None:
    """Write a PDF of a result.

    Raises
    ------
    InputError
        ``extra_missing`` if the package of the extra ``print`` is not installed.
    """
    try:
        import typst
    except ModuleNotFoundError as error:
        raise InputError("extra_missing", Where(item="report.pdf"), "typst", extra="print") from error
    data = json.dumps(gather(result, lang), ensure_ascii=False, allow_nan=False)
    with as_file(ASSETS) as folder:
        content: Any = typst.compile(
            str(folder / "report.typ"), root=str(folder), font_paths=[str(folder / "fonts")], ignore_system_fonts=True,
            sys_inputs={"data": data},
        )  # fmt: skip
    path.write_bytes(bytes(content))
