"""Contract of messages: each code is used and known, complete in both languages, and each place that raises fills its words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from citycarbon.core.errors import KINDS, problem
from citycarbon.core.messages import MESSAGES, PLACE_WORDS
from citycarbon.core.messages.message import Message

SOURCE = Path(__file__).parents[2] / "src" / "citycarbon"
MODULES = [path for path in sorted(SOURCE.rglob("*.py")) if path.parent.name != "messages"]
TEXTS = {path: path.read_text("utf-8") for path in MODULES}
PARTS = ("title", "expected", "fix")
MAKERS = {"InputError", "SchemaError", "UnitError", "CoverageError", "DoubleCountError", "problem", "add"}


def words(text: str) -> set[str]:
    """Names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def needed(message: Message) -> set[str]:
    """Names that a message needs beside what was found."""
    return set().union(*(words(getattr(message, part)[lang]) for part in PARTS for lang in ("en", "zh"))) - {"found"}


def makers() -> Iterator[tuple[Path, ast.Call, str]]:
    """Every call that makes a problem of a code that stands in it."""
    for path, text in TEXTS.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                code = node.args[0].value
                if name in MAKERS and isinstance(code, str) and re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", code):
                    yield path, node, code


def test_every_code_is_used() -> None:
    unused = [code for code in MESSAGES if not any(f'"{code}"' in text for text in TEXTS.values())]
    assert not unused


def test_every_used_code_exists() -> None:
    unknown = {f"{path.name}: {code}" for path, _, code in makers() if code not in MESSAGES}
    assert not unknown
    assert len({code for _, _, code in makers()}) > 80, "the search finds the places that raise"


def test_no_code_stands_in_two_rooms() -> None:
    defined: list[str] = []
    for path in (SOURCE / "core" / "messages").glob("*.py"):
        defined += re.findall(r'^    "([a-z_0-9]+)": message\(', path.read_text("utf-8"), re.M)
    assert sorted(defined) == sorted(MESSAGES)


@pytest.mark.parametrize("code", MESSAGES)
def test_complete_in_both_languages(code: str) -> None:
    message = MESSAGES[code]
    assert message.kind in KINDS
    for part in PARTS:
        texts = getattr(message, part)
        assert set(texts) == {"en", "zh"}
        assert all(text.strip() for text in texts.values()), part
        assert words(texts["en"]) == words(texts["zh"]), part
        plain = re.sub(r"\{[^}]*\}", "", texts["zh"])
        assert re.search("[\u4e00-\u9fff]", plain), f"the Chinese {part} has words of its own"
        assert not re.search("[\u4e00-\u9fff]", re.sub(r"e\.g\. .*|such as .*|\(.*\)", "", texts["en"])), part
        assert not texts["en"].endswith((".", "。")), "a phrase, no sentence"
    assert message.title["en"][0].isupper() or message.title["en"].startswith(("{", "valid_", "study.yaml"))


def test_every_place_that_raises_fills_the_message() -> None:
    """``…`` in place of a fact would be all that a user sees."""
    lacking = []
    for path, call, code in makers():
        given = {keyword.arg for keyword in call.keywords}
        if None in given:  # **facts, which the table-driven contract checks
            continue
        missing = needed(MESSAGES[code]) - given
        surplus = given - needed(MESSAGES[code]) - {"where", "found"}
        if missing or surplus:
            lacking.append(f"{path.name}:{call.lineno} {code}: lacks {sorted(missing)}, has too much {sorted(surplus)}")
    assert not lacking, "\n".join(lacking)


def test_place_words_are_complete() -> None:
    assert set(PLACE_WORDS["en"]) == set(PLACE_WORDS["zh"])


def test_unknown_code_is_a_mistake_of_the_programmer() -> None:
    with pytest.raises(KeyError):
        problem("no_such_code")
