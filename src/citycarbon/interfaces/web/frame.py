"""The frame of every page: templates, words in both languages, shipped files with names that change when they do.

Comes in: a request and what a page shows. Goes out: HTML. Not for: what stands on a page.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

import citycarbon
from citycarbon.core.errors import InputError, Lang, Where
from citycarbon.interfaces.drawing.kit import asset, embed, words
from citycarbon.interfaces.workbench.asking import LANGUAGE, THEME, bench_of, language_of, who
from citycarbon.interfaces.workbench.people import Person
from citycarbon.studies.shelf import Entry

OWN = files("citycarbon.interfaces.web")
KINDS = {
    "js": "text/javascript",
    "mjs": "text/javascript",
    "css": "text/css",
    "json": "application/json",
    "svg": "image/svg+xml",
}
KIT = ("echarts.min.js", "report_views.js", "report_decide.js", "report.js", "report.css")
UNTOUCHED = ("maplibre-gl.mjs", "maplibre-gl-worker.mjs")
_IMPORT = re.compile(rb'from "\./([\w.-]+\.mjs)"')
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Tab:
    """A page of a study: its name in the address and among the words, and the drawing parts and data that it wants."""

    name: str
    parts: tuple[str, ...] = ()
    data: tuple[str, ...] = ()


TABS = (
    Tab("cockpit", ("trend", "structure", "checks"), ("checks", "shown")),
    Tab("map"),
    Tab("inventory", ("views", "flows", "structure", "places", "per", "time", "compare", "checks", "factors", "inputs", "tables"),
        ("views", "checks", "factors", "shown")),
    Tab("drivers", ("drivers", "elements"), ("shown",)),
    Tab("projection", ("future", "backtest"), ("shown",)),
    Tab("data"),
    Tab("reports"),
)  # fmt: skip
"""Pages of a study, in the order of the loop; a new page is one more line, a template of its name, and words."""


@dataclass(frozen=True)
class Shipped:
    """A shipped file: bytes, the same bytes compressed, media type and hash."""

    plain: bytes
    packed: bytes
    kind: str
    hash: str


@cache
def shipped() -> dict[str, Shipped]:
    """Give every script, style and word list that pages load, by name."""
    found: dict[str, bytes] = {name: asset(name).encode() for name in KIT}
    for item in OWN.joinpath("assets").iterdir():
        if item.name.rsplit(".", 1)[-1] in KINDS:
            found[item.name] = item.read_bytes()
    for lang in ("zh", "en"):
        found[f"kit-{lang}.json"] = json.dumps(
            {lang: {**page_words()[lang], **words()[lang]}}, ensure_ascii=False
        ).encode()
    made: dict[str, Shipped] = {}
    # Modules that import others come after them, and import them by their full address.
    for name in sorted(
        found, key=lambda each: (len(_IMPORT.findall(found[each])) if each.endswith(".mjs") else 0, each)
    ):
        content = found[name]
        if name.endswith(".mjs") and name not in UNTOUCHED:
            content = _IMPORT.sub(
                lambda match: b'from "/static/' + made[match[1].decode()].hash.encode() + b"/" + match[1] + b'"',
                content,
            )
        kind = KINDS[name.rsplit(".", 1)[-1]]
        text = kind if kind.startswith("image") else f"{kind}; charset=utf-8"
        made[name] = Shipped(
            content, gzip.compress(content, 9, mtime=0), text, hashlib.sha256(content).hexdigest()[:12]
        )
    return made


@cache
def page_words() -> dict[str, dict[str, str]]:
    """Give the words of pages: language to key to text."""
    found: dict[str, dict[str, str]] = json.loads(OWN.joinpath("words.json").read_text("utf-8"))
    return found


def address(name: str) -> str:
    """Address of a shipped file; it changes with its content, so that browsers may keep it for ever."""
    return f"/static/{shipped()[name].hash}/{name}"


def static(request: Request) -> Response:
    """Serve a shipped file, compressed where the browser takes it."""
    name = request.path_params["name"]
    if name not in shipped():
        raise InputError("address_unknown", Where(item=request.url.path), name)
    file = shipped()[name]
    known = request.path_params["hash"] == file.hash
    packed = "gzip" in request.headers.get("accept-encoding", "")
    headers = {"cache-control": FOREVER if known else "no-cache", "vary": "accept-encoding", "etag": f'"{file.hash}"'}
    if packed:
        headers["content-encoding"] = "gzip"
    return Response(file.packed if packed else file.plain, media_type=file.kind, headers=headers)


@cache
def environment() -> Environment:
    """The templates; every value is escaped, and a name that is not given is an error."""
    made = Environment(
        loader=PackageLoader("citycarbon.interfaces.web"), autoescape=True, undefined=StrictUndefined, auto_reload=False
    )
    made.globals.update(address=address, embed=embed, version=citycarbon.__version__, tabs=TABS)
    return made


def mass(value: float, lang: Lang) -> str:
    """Say a mass given in tonnes as the language says it."""
    scales = [(1e8, "亿吨"), (1e4, "万吨"), (1.0, "吨")] if lang == "zh" else [(1e6, "Mt"), (1e3, "kt"), (1.0, "t")]
    scale, unit = next((each for each in scales if abs(value) >= each[0]), scales[-1])
    shown = value / scale
    digits = max(0, 3 - len(str(int(abs(shown)))))
    return f"{shown:,.{digits}f} {unit}"


def say(lang: Lang, key: str, *values: object) -> str:
    """Give a text of the pages."""
    text = page_words()[lang][key]
    for number, value in enumerate(values):
        text = text.replace(f"{{{number}}}", str(value))
    return text


def fragment(request: Request, template: str, key: str, make: Callable[[], Mapping[str, Any]]) -> Markup:
    """Render a part of a page that depends on its key and the language alone; it is kept, and made only where it is needed.

    Parameters
    ----------
    request
        What is asked.
    template
        Name of the template.
    key
        Names the content wholly, with the version of what it is made of.
    make
        Gives what the template shows.
    """
    lang, answers = language_of(request), bench_of(request).answers
    name = f"fragment {template} {lang} {citycarbon.__version__} {key}"
    found = answers.get(name)
    if found is None:
        given = {"lang": lang, "words": page_words()[lang], "t": lambda word, *values: say(lang, word, *values)}
        text = environment().get_template(f"{template}.html.j2").render({**given, **make()})
        found = (text.encode(), {})
        answers.put(name, *found)
    # The template has escaped every value.
    return Markup(found[0].decode())  # noqa: S704


def page(
    request: Request,
    template: str,
    *,
    person: Person | None = None,
    study: Entry | None = None,
    status: int = 200,
    **shown: Any,
) -> HTMLResponse:
    """Render a page in the language of the request."""
    lang = language_of(request)
    bench = bench_of(request)
    person = person if person is not None else who(request)
    query = {**request.query_params, "lang": "en" if lang == "zh" else "zh"}
    given = {
        "lang": lang, "words": page_words()[lang],
        "t": lambda key, *values: say(lang, key, *values), "person": person, "study": study,
        "path": request.url.path, "mass": lambda value: mass(value, lang), "other": f"{request.url.path}?{urlencode(query)}",
        "theme": request.cookies.get(THEME, ""), "tab": "", "public": study is not None and bench.is_public(study.id),
        "role": person.role(study.id) if study else person.role(),
        "role_somewhere": any(person.may("analyst", each) for each in person.grants), **shown,
    }  # fmt: skip
    text = environment().get_template(f"{template}.html.j2").render(given)
    answer = HTMLResponse(
        text, status_code=status, headers={"cache-control": "no-store", "vary": "cookie, accept-language"}
    )
    if request.query_params.get("lang") in ("zh", "en"):
        answer.set_cookie(LANGUAGE, lang, max_age=31536000, httponly=True, samesite="lax", secure=bench.settings.secure)
    return answer
