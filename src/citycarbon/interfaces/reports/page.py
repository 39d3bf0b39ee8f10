"""``report.html``: one file that opens offline, in Chinese and English, with charts, a map and a trace of every number.

Comes in: a study result. Goes out: a page with its data, styles and scripts inside. Not for: computing anything; what the
page shows stands in the tables of the result.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from citycarbon.core.results import StudyResult
from citycarbon.interfaces.reports.page_data import page_data

ASSETS = files("citycarbon.interfaces.reports").joinpath("assets")
SCRIPTS = ("report_views.js", "report_decide.js", "report.js")


def _asset(name: str) -> str:
    return ASSETS.joinpath(name).read_text("utf-8")


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


def render_page(result: StudyResult) -> str:
    """Give the text of ``report.html``."""
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    template = environment.from_string(_asset("report.html.j2"))
    # The scripts and styles are the package's own files.
    own = {
        "style": Markup(_asset("report.css")),  # noqa: S704
        "echarts": Markup(_asset("echarts.min.js")),  # noqa: S704
        "script": Markup("\n".join(_asset(name) for name in SCRIPTS)),  # noqa: S704
    }
    strings = json.loads(_asset("strings.json"))
    data = page_data(result)
    return template.render(title=result.meta["title"], data=embed(data), strings=embed(strings), **own)


def write_page(result: StudyResult, path: Path) -> None:
    """Write ``report.html``."""
    path.write_text(render_page(result), "utf-8")
