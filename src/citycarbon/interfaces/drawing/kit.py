"""The parts that every page shares: scripts and styles that ship, words in both languages, data as safe JSON.

Comes in: names of assets, plain values. Goes out: text. Not for: layout, which each face has its own.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup

ASSETS = files("citycarbon.interfaces.drawing").joinpath("assets")
CHARTS = ("report_views.js", "report_decide.js", "report.js")
"""Scripts that draw a result, in the order in which they are loaded."""


def asset(name: str) -> str:
    """Give the text of a shipped script, style or word list."""
    return ASSETS.joinpath(name).read_text("utf-8")


@cache
def words() -> dict[str, dict[str, str]]:
    """Give the words of charts and tables: language to key to text."""
    found: dict[str, dict[str, str]] = json.loads(asset("strings.json"))
    return found


def embed(data: Any) -> Markup:
    """Write data as JSON that no text inside it can break out of."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for mark, escape in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(mark, escape)
    # Every character that could end the script element is escaped above.
    return Markup(text)  # noqa: S704
