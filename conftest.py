"""The documentation is a test: every block of a page runs in order, in an empty folder of its own, as one test a page.

Comes in: the pages of ``docs`` and both READMEs. Goes out: one test a page that has something to run. A page speaks to this
file by the language of a block and by a comment on the line before it:

- ``python``: run in one namespace for the page.
- ``sh``: lines that begin with ``citycarbon`` are run; ``make TARGET`` must be a target of the Makefile; set-up lines
  (pip, cd, a comment …) are only read. ``<!-- exit: 2 -->`` states another exit code than 0, ``<!-- not run: WHY -->`` skips.
- any other language after ``<!-- file: NAME -->`` is written to that file.
- ``text`` after ``<!-- shows -->``: each line was printed by the block above; blanks do not matter, ``…`` stands for the rest.
- ``text`` without a comment is there to be read.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sybil import Document, Example, Region, Sybil
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

ROOT = Path(__file__).parent


def pytest_collection_finish() -> None:
    """Tell the garbage collector that what is loaded by now stays: it need not look through all of it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_sessionfinish() -> None:
    """Let it look at everything again: libraries count at the end what they have left behind."""
    gc.unfreeze()


NOTE = re.compile(r"<!-- (file|exit|shows|not run)(?:: (.+?))? -->\s*$")
STEPS = tempfile.TemporaryDirectory(prefix="steps")
SET_UP = ("#", "cd ", "python", "pip ", "uv ", ". ", "export ", "git ")


@dataclass(frozen=True)
class Block:
    """A fenced block: language, text, first line in the page, and the comment before it."""

    language: str
    text: str
    line: int
    note: str
    value: str


class BrokenError(AssertionError):
    """A block did not do what its page says."""


def blocks_of(document: Document) -> list[Block]:
    """Read the blocks of a page, each with the comment that stands on the line before it."""
    found = []
    for region in FencedCodeBlockLexer(r"\w+")(document):
        note = NOTE.search(document.text[: region.start])
        line = document.text.count("\n", 0, region.start) + 1
        name, value = (note.group(1), note.group(2) or "") if note else ("", "")
        found.append(Block(region.lexemes["language"], str(region.lexemes["source"]), line, name, value))
    return found


def one_test_a_page(document: Document) -> Iterator[Region]:
    """Give the whole page as one example, so that its blocks stay together when tests run side by side."""
    blocks = blocks_of(document)
    if any(block.language in ("sh", "python") or block.note for block in blocks):
        yield Region(0, len(document.text), blocks, run_page)


def run_page(example: Example) -> str | None:
    """Run every block of a page; say the line and the reason where one fails."""
    page = Path(example.path).relative_to(ROOT)
    chinese = page.name.endswith(".zh.md") or "zh" in page.parts
    shown, block = "", None
    with fresh_folder("zh" if chinese else "en"):
        try:
            for block in example.parsed:
                shown = run_block(block, shown, example)
        except BrokenError as error:
            return f"line {block.line}: {error}" if block else str(error)
    return None


@contextlib.contextmanager
def fresh_folder(lang: str) -> Iterator[None]:
    """Stand in an empty folder that has the shipped studies, with settings that do not depend on the machine."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        (Path(folder) / "examples").symlink_to(ROOT / "examples")
        patch.setenv("CITYCARBON_LANG", lang)
        # Pages run the same studies; a step that one has run is not run again for the next.
        patch.setenv("CITYCARBON_CACHE", STEPS.name)
        patch.delenv("CITYCARBON_DATA", raising=False)
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def run_block(block: Block, shown: str, example: Example) -> str:
    """Run, write or check one block; give what the last block that ran has printed."""
    if block.note == "not run":
        return ""
    if block.note == "file":
        path = Path(block.value)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, "utf-8")
    elif block.note == "shows":
        check_shown(block, shown)
    elif block.language == "sh":
        return run_lines(block)
    elif block.language == "python":
        return run_python(block, example)
    elif block.language != "text":
        raise BrokenError(f"a {block.language} block needs a comment that says what it is")
    return shown


def run_python(block: Block, example: Example) -> str:
    """Run Python in the namespace of the page."""
    code = compile("\n" * block.line + block.text, example.path, "exec")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, example.namespace)  # noqa: S102
    return printed.getvalue()


def run_lines(block: Block) -> str:
    """Run the ``citycarbon`` lines of a block and check exit codes and make targets."""
    from citycarbon.interfaces.command import main

    expected = int(block.value) if block.note == "exit" else 0
    printed = io.StringIO()
    for line in filter(None, block.text.replace("\\\n", " ").splitlines()):
        words = line.split()
        if words[0] == "make":
            if not re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text("utf-8"), re.M):
                raise BrokenError(f"the Makefile has no target {words[1]}")
        elif words[0] == "citycarbon":
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                code = main(shlex.split(line)[1:])
            if code != expected:
                raise BrokenError(f"{line!r} ended with {code}, not {expected}:\n{printed.getvalue()}")
        elif not line.startswith(SET_UP):
            raise BrokenError(f"nobody knows how to run {line!r}")
    return printed.getvalue()


def check_shown(block: Block, shown: str) -> None:
    """Check that each line of a block was printed, whatever the blanks and line breaks."""
    printed = " ".join(shown.split())
    for line in filter(str.strip, block.text.splitlines()):
        wanted = " ".join(line.split())
        if wanted != "…" and wanted not in printed:
            raise BrokenError(f"was not printed: {wanted!r}\nprinted was:\n{shown}")


pytest_collect_file = Sybil(
    parsers=[one_test_a_page],
    patterns=["docs/*.md", "docs/*/*.md", "README.md", "README.zh.md"],
    excludes=["examples/*/README.md"],
).pytest()
