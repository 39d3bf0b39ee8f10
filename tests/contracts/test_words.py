"""Contract of the pages' words: complete in both languages, none missing, none unused, no text in templates outside them."""

import json
import re
from pathlib import Path

import pytest

from citycarbon.interfaces.drawing.kit import words as kit_words
from citycarbon.interfaces.web.frame import shipped

WEB = Path(__file__).parents[2] / "src" / "citycarbon" / "interfaces" / "web"
WORDS = json.loads((WEB / "words.json").read_text("utf-8"))
TEMPLATES = sorted((WEB / "templates").glob("*.j2"))
SCRIPTS = [path for path in sorted((WEB / "assets").glob("*js")) if not path.name.startswith("maplibre")]
KIT = sorted((WEB.parent / "drawing" / "assets").glob("report*.js"))
SAME = {"report_pdf"}
PLAIN = {"citycarbon", "SHA-256", "kB", "CO2e", "UTC", "UTF-8", "GB18030 / GBK", "csv"}
"""What is written alike in both languages."""
USED = re.compile(r"""\bt\(\s*["'](\w+)["']""")
BEGUN = re.compile(r"""\bt\(\s*["'](\w+_)["']\s*~""")


def all_templates() -> str:
    return "\n".join(path.read_text("utf-8") for path in TEMPLATES)


def test_both_languages_have_the_same_words():
    assert set(WORDS) == {"en", "zh"}
    assert list(WORDS["en"]) == list(WORDS["zh"])
    for key, english in WORDS["en"].items():
        chinese = WORDS["zh"][key]
        assert english.strip(), key
        assert chinese.strip(), key
        assert set(re.findall(r"\{\d\}", english)) == set(re.findall(r"\{\d\}", chinese)), key
        if key == "other_language" or key in SAME:
            continue
        assert re.search("[\u4e00-\u9fff]", chinese), f"{key} is not Chinese"
        assert not re.search("[\u4e00-\u9fff]", english), f"{key} is not English"


def test_scripts_find_the_words_of_charts_unchanged():
    """Charts and pages have words of one name; in scripts those of charts count."""
    for lang in ("zh", "en"):
        given = json.loads(shipped()[f"kit-{lang}.json"].plain)[lang]
        assert {key: given[key] for key in kit_words()[lang]} == kit_words()[lang]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_text_of_its_own(path):
    text = path.read_text("utf-8")
    text = re.sub(r"\{%.*?%\}|\{#.*?#\}", "", re.sub(r"\{\{.*?\}\}", "", text, flags=re.S), flags=re.S)
    spoken = re.findall(r"""(?:aria-label|title|alt|placeholder)=["']([^"']*)["']""", text)
    spoken += re.split(r"<[^>]*>", re.sub(r"<(script|style)[^>]*>.*?</\1>", "", text, flags=re.S))
    for piece in spoken:
        rest = re.sub("|".join(map(re.escape, PLAIN)), "", piece)
        assert not re.search("[A-Za-z\u4e00-\u9fff]", rest), f"{path.name}: {piece.strip()!r} is in no list of words"


def test_every_word_that_templates_ask_for_is_there():
    text = all_templates()
    assert set(USED.findall(text)) - set(BEGUN.findall(text)) <= set(WORDS["en"])
    for begun in set(BEGUN.findall(text)):
        assert any(key.startswith(begun) for key in WORDS["en"]), begun


def test_every_word_that_scripts_ask_for_is_there():
    known = set(WORDS["en"]) | set(kit_words()["en"])
    for path in [*SCRIPTS, *KIT]:
        text = path.read_text("utf-8")
        asked = set(re.findall(r"""\btr\(\s*["'](\w+)["']\s*[,)]""", text))
        # The report has words of its own alone; pages have both lists.
        assert asked <= (set(kit_words()["en"]) if path in KIT else known), path.name


def test_no_word_is_left_over():
    text = all_templates() + "\n".join(path.read_text("utf-8") for path in [*SCRIPTS, *KIT])
    begun = set(BEGUN.findall(text)) | set(re.findall(r"""tr\(\s*["'](\w+_)["']\s*\+""", text))
    left = [
        key for key in WORDS["en"] if not re.search(rf"""["']{key}["']""", text) and not key.startswith(tuple(begun))
    ]
    assert left == []
