"""Pages of the method catalogue and the factor library.

Comes in: requests. Goes out: HTML. Not for: running a method.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import polars as pl
from starlette.requests import Request
from starlette.responses import Response

from citycarbon.core.errors import InputError, Lang
from citycarbon.core.method import Method
from citycarbon.data.library import shipped_library
from citycarbon.data.library.quality import CLASSES, class_of, counts, rank
from citycarbon.data.references import citation
from citycarbon.interfaces.web.frame import fragment, page
from citycarbon.interfaces.workbench.asking import language_of
from citycarbon.interfaces.workbench.problems import status_of
from citycarbon.studies.catalogue import methods, spoken

PARTS = ("inventory.sectors", "inventory.accounting", "inventory.space", "strategy.drivers", "strategy.projection")
PAGE_ROWS = 100


def catalogue(request: Request) -> Response:
    """All methods, by package, or those that hold a word."""
    word, lang = request.query_params.get("search", "").strip()[:100], language_of(request)
    listed = fragment(request, "method_list", word, lambda: _listed(word, lang))
    return page(request, "methods", listed=listed, search=word)


def _listed(word: str, lang: Lang) -> dict[str, Any]:
    found = [
        each
        for each in methods().values()
        if word.lower() in f"{each.id} {' '.join(each.title)} {each.equation}".lower()
    ]
    groups: dict[str, list[Method]] = {}
    for each in found:
        groups.setdefault(part_of(each.id), []).append(each)
    listed = [(name, sorted(groups[name], key=lambda each: each.label(lang))) for name in sorted(groups, key=_rank)]
    return {"groups": listed, "count": len(found)}


def part_of(method: str) -> str:
    """Package of a method, as the catalogue groups them."""
    return next((part for part in PARTS if method.startswith(part + ".")), ".".join(method.split(".")[:2]))


def _rank(part: str) -> tuple[int, str]:
    return (PARTS.index(part) if part in PARTS else len(PARTS), part)


def show_method(
    request: Request, method: Method, *, error: InputError | None = None, answer: Mapping[str, Any] | None = None,
    **shown: Any,
) -> Response:  # fmt: skip
    """Show a method: equation, source, the form that runs it with its answer, what it takes and gives."""
    lang = language_of(request)
    tables = [(each.name, _columns(each.table, lang)) for each in method.parameters if each.table is not None]
    return page(
        request, "method", method=method, label=method.label(lang), citation=citation(method.source), tables=tables,
        gives=_columns(method.gives, lang), call=_call(method), problems=error.problems if error else (), answer=answer,
        status=status_of(error) if error else 200, spoken=spoken, **shown,
    )  # fmt: skip


def _columns(table: Any, lang: str) -> list[dict[str, str]]:
    return [
        {"name": each.name, "needed": "*" if each.required else "", "meaning": each.meaning[lang == "zh"],
         "unit": each.unit or ""}
        for each in table.columns
    ]  # fmt: skip


def _call(method: Method) -> str:
    """The command line that runs a method on files."""
    words = [
        f"--{each.name} {each.name}.csv" for each in method.parameters if each.table is not None and not each.optional
    ]
    return " ".join(["citycarbon call", method.id, *words])


def factors(request: Request) -> Response:
    """Factors of the library that hold a word, with source, validity and quality."""
    word = request.query_params.get("search", "").strip()[:100]
    text = request.query_params.get("offset", "0")
    offset = int(text) if text.isdecimal() and len(text) < 7 else 0
    rows = fragment(request, "factor_rows", f"{offset} {word}", lambda: _factor_rows(word, offset))
    marks = fragment(request, "factor_quality", "", _marks)
    return page(request, "factors", rows=rows, search=word, marks=marks)


def _marks() -> dict[str, Any]:
    """Figures of each edition by the class of their mark."""
    found = counts().filter(pl.col("kind") == "factors")
    return {"rows": found.to_dicts(), "classes": [name for name in CLASSES if name in found.columns]}


def _factor_rows(word: str, offset: int) -> dict[str, Any]:
    rows = shipped_library().rows
    if word:
        texts = [pl.col(name).fill_null("") for name, kind in rows.schema.items() if kind == pl.String]
        rows = rows.filter(
            pl.concat_str(texts, separator=" ").str.to_lowercase().str.contains(word.lower(), literal=True)
        )
    shown = rows.slice(offset, PAGE_ROWS).to_dicts()
    for row in shown:
        sure = re.match(r"recalled-(\d+)", row["quality"] or "")
        row["mark"], row["sure"] = class_of(rank(row["quality"])), f" {sure[1]} %" if sure else ""
    sources = {row["source"]: citation(row["source"]) for row in shown if row["source"]}
    older = offset + PAGE_ROWS if offset + PAGE_ROWS < rows.height else None
    return {"rows": shown, "count": rows.height, "search": word, "older": older, "sources": sources}
