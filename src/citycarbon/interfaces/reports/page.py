"""``report.html``: one file that opens offline, in Chinese and English, with charts, a map and a trace of every number.

Comes in: a study result. Goes out: a page with its data, styles and scripts inside. Not for: computing anything; what the
page shows stands in the tables of the result.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from citycarbon.core.results import StudyResult
from citycarbon.interfaces.drawing.kit import CHARTS, asset, embed, words
from citycarbon.interfaces.drawing.page_data import page_data

TEMPLATE = files("citycarbon.interfaces.reports").joinpath("assets", "report.html.j2")
BEGIN = "citycarbonReport({});"


def render_page(result: StudyResult) -> str:
    """Give the text of ``report.html``."""
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    # The scripts and styles are the package's own files.
    own = {
        "style": Markup(asset("report.css")),  # noqa: S704
        "echarts": Markup(asset("echarts.min.js")),  # noqa: S704
        "script": Markup("\n".join([*(asset(name) for name in CHARTS), BEGIN])),  # noqa: S704
    }
    data = page_data(result)
    return template.render(title=result.meta["title"], data=embed(data), strings=embed(words()), **own)


def write_page(result: StudyResult, path: Path) -> None:
    """Write ``report.html``."""
    path.write_text(render_page(result), "utf-8")
