"""A small example for methods, as the page of calls shows it: tables as text, parameters, region.

Comes in: the page ``call.md``, whose every block is a test. Goes out: an example of a method whose tables are all files of that
page or of the shipped studies. Not for: methods whose example needs what another command has written, or map files.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from citycarbon.data.examples import examples_folder

PAGE = "call.md"
_FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", re.S)
_CALL = re.compile(r"^citycarbon call ((?:.*\\\n)*.*)$", re.M)
LARGEST = 60_000
TEXTS = (".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class MethodExample:
    """What a method is given in its example: tables as text of a csv file, plain words by parameter, a region or none."""

    tables: Mapping[str, str]
    words: Mapping[str, str]
    region: str = ""


def page_of_calls() -> str:
    """Give the page of calls: in the wheel beside the studies, in a checkout among the documentation."""
    folder = examples_folder()
    path = next(path for path in (folder / PAGE, folder.parent / "docs" / PAGE) if path.is_file())
    return path.read_text("utf-8")


@cache
def examples() -> dict[str, MethodExample]:
    """Give the first usable example of each method, by its id."""
    text = page_of_calls()
    files: dict[str, str] = {}
    found: dict[str, MethodExample] = {}
    # A file is what stood in it when the command ran: commands write files, too.
    for match in sorted((*_FILE.finditer(text), *_CALL.finditer(text)), key=lambda each: each.start()):
        if match.re is _FILE:
            files[match[1]] = match[2]
            continue
        words = shlex.split(match[1].replace("\\\n", " "))
        made = _example(words[1:], files)
        if made is not None:
            found.setdefault(words[0], made)
        if "--out" in words:
            files.pop(words[words.index("--out") + 1], None)
    return found


def _example(words: list[str], files: Mapping[str, str]) -> MethodExample | None:
    """Read the words of a command; None where it needs more than text and plain words."""
    tables: dict[str, str] = {}
    plain: dict[str, str] = {}
    region = ""
    for option, value in zip(words[::2], words[1::2], strict=False):
        name = option.removeprefix("--").replace("-", "_")
        if option == "--out":
            continue
        if option == "--region":
            region = value
        elif option in ("--map", "--set", "--user-factors"):
            return None
        elif value.startswith("library:") or ("/" not in value and "." not in value):
            plain[name] = value
        elif value.endswith(TEXTS) and (content := _text(value, files)) is not None:
            tables[name] = content
        elif re.search(r"[A-Za-z]", value):
            return None
        else:
            plain[name] = value
    return MethodExample(tables, plain, region)


def _text(name: str, files: Mapping[str, str]) -> str | None:
    """Text of a file that the page writes or that ships; None for one that another command writes."""
    if name in files:
        return files[name]
    path = examples_folder() / Path(name).relative_to("examples") if name.startswith("examples/") else None
    if path is None or not path.is_file() or path.stat().st_size > LARGEST:
        return None
    return path.read_text("utf-8-sig")
