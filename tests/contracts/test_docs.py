"""The documentation is complete: whatever a person can name is in it, its links lead somewhere, both READMEs say the same."""

import math
import re
from pathlib import Path

import click
import pytest
import yaml

from citycarbon.core.dimensions import SCOPE_RULES
from citycarbon.core.messages import MESSAGES
from citycarbon.core.units.names import POWERS, UNITS
from citycarbon.data.datasets import register
from citycarbon.data.library import gwp_rows, shipped_library
from citycarbon.interfaces.cli import datasets
from citycarbon.interfaces.cli.texts import COMMANDS
from citycarbon.studies.catalogue import OWN
from citycarbon.studies.study_file import schema

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def page(name: str) -> str:
    """Text of a page of the documentation."""
    return (DOCS / name).read_text("utf-8")


def code_words(text: str) -> set[str]:
    """Words that stand in code type, and whole table rows' first cells among them."""
    return set(re.findall(r"`([^`\n]+)`", text))


def sh_lines(text: str) -> list[str]:
    """Lines of all sh blocks."""
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)).splitlines()


def prose(text: str) -> str:
    """A page without its fenced blocks, in which brackets are no links."""
    return re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)


def anchors(text: str) -> set[str]:
    """Anchors of the headings of a page."""
    heads = re.findall(r"^#+ (.+)$", prose(text), re.M)
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", head.lower()).strip()) for head in heads}


def test_every_command_is_documented():
    text = page("commands.md")
    for name in COMMANDS:
        assert f"`citycarbon {name}" in text, name
    for name in datasets.data.commands:
        assert f"`citycarbon data {name}" in text, name


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "data"])
def test_every_long_option_of_a_command_is_named_somewhere(name):
    from citycarbon.interfaces.cli.app import Commands

    command = Commands().get_command(click.Context(click.Command("x")), name)
    assert command is not None
    everything = "\n".join(path.read_text("utf-8") for path in PAGES)
    options = {word for item in command.params if isinstance(item, click.Option) for word in item.opts}
    for option in options - {"--help"}:
        assert option in everything, f"citycarbon {name} {option}"


@pytest.mark.parametrize("each", OWN, ids=[each.id for each in OWN])
def test_every_method_is_shown_with_a_call(each):
    text = page("call.md")
    assert f"`{each.id}`" in text
    assert any(line.startswith(f"citycarbon call {each.id} ") for line in sh_lines(text))


def test_every_edition_and_set_is_described():
    listed = set(re.findall(r"^\| `([^`]+)` \|", page("factors.md"), re.M))
    missing = set(shipped_library().editions) - listed
    assert not missing, f"docs/factors.md has no row for {sorted(missing)}"


def test_every_quality_mark_and_metric_is_explained():
    words = code_words(page("factors.md"))
    marks = {mark for mark in shipped_library().rows["quality"].unique() if not mark.startswith("recalled")}
    assert marks <= words
    assert set(gwp_rows()["metric"].unique()) <= words
    assert set(gwp_rows()["metric"].unique()) <= code_words(page("study-file.md"))


def test_every_key_of_the_study_file_is_documented_and_no_other():
    whole = schema()
    parts = {"Study": whole, **whole["$defs"]}
    sections = re.findall(r"<!-- schema: (\w+) -->\n\n(.*?)\n\n", page("study-file.md") + "\n\n", re.S)
    documented = {name: set(re.findall(r"^\| `(\w+)` \|", table, re.M)) for name, table in sections}
    wanted = {name: set(part["properties"]) for name, part in parts.items() if part.get("properties")}
    assert documented == wanted
    needed = {name: set(re.findall(r"^\| `(\w+)` \| yes \|", table, re.M)) for name, table in sections}
    assert needed == {name: set(parts[name].get("required", ())) for name in wanted}


def test_every_problem_code_is_listed_with_its_kind_and_words():
    text = page("errors.md")
    rows = [f"| `{code}` | {each.kind} | {each.title['en']} |" for code, each in MESSAGES.items()]
    missing = [row for row in rows if row not in text]
    assert not missing, "docs/errors.md lacks these rows:\n" + "\n".join(missing)
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.M)) == set(MESSAGES)


def test_units_scope_rules_and_data_sets_are_listed():
    text = page("tables.md")
    chinese = [*POWERS, *(word for *_, names in UNITS for word in names.split())]
    assert [word for word in chinese if word not in text] == []
    assert set(SCOPE_RULES) <= code_words(text)
    assert set(register()) <= code_words(page("data-sets.md"))


def test_every_environment_variable_is_explained():
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    for name in set(re.findall(r"\"(CITYCARBON_[A-Z]+)\"", source)):
        assert f"| `{name}` |" in page("commands.md"), name


def test_both_readmes_have_the_same_commands():
    english, chinese = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh.md"))
    assert sh_lines(english) == sh_lines(chinese)
    assert {"make demo", "make test"} <= set(sh_lines(english))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(path):
    for link in LINK.findall(prose(path.read_text("utf-8"))):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.is_file(), f"{link}: no such file"
        assert ROOT in target.parents, f"{link} leads out of the project"
        if anchor:
            assert anchor in anchors(target.read_text("utf-8")), f"{link}: no such heading"


def test_every_page_is_in_the_navigation():
    named = re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text("utf-8"))
    records = re.findall(r"\((\d{4}-[\w-]+\.md)\)", page("decisions/index.md"))
    reachable = {*named, *(f"decisions/{name}" for name in records)}
    assert {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")} == reachable


def test_the_site_needs_no_network():
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    assert settings["strict"] is True
    assert settings["theme"]["highlightjs"] is False
    assert settings["use_directory_urls"] is False


def test_decision_records_are_short_and_have_their_three_parts():
    for path in DOCS.glob("decisions/[0-9]*.md"):
        text = path.read_text("utf-8")
        assert 15 <= len(text.splitlines()) <= 40, path.name
        assert re.findall(r"^## (.+)$", text, re.M) == ["Context", "Choice", "Consequences"], path.name


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_reader_sees_the_name_of_each_file(path):
    for before, name in re.findall(r"([^\n]*)\n\n<!-- file: (.+?) -->\n", path.read_text("utf-8")):
        assert f"`{name}`" in before, f"{name} is not named on the line before its block"


def test_pictures_are_small():
    for path in (DOCS / "images").glob("*"):
        assert path.stat().st_size < 250_000, path.name


def test_make_targets_that_pages_name_exist():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    for path in PAGES:
        assert set(re.findall(r"\bmake ([a-z]+)`", path.read_text("utf-8"))) <= targets, path.name


NUMBER = r"\d[\d,]*(?:\.\d+)?"
PRINTED = r"(?:\s?%)?+(?:\s*+(?:[^\d×/+−=.;:,|()\s]|/[^\d\s(]))*+(?:\s*+\([^()=−+]*+\))*+\s*+"
WORKED = re.compile(rf"(?<![\w.,])(?<![×·/+−)\d] )({NUMBER}{PRINTED}(?:[×/]\s*{NUMBER}{PRINTED})+)=\s*({NUMBER})")
GIVES = re.compile(rf"\b(?:gives?|becomes?|comes? to)\s+({NUMBER})\s+(?:t|tce|kg|GJ|MWh|kWh|%)\b")


def reckoned(side: str) -> float:
    """What a product in words comes to: ``400,000 m³ × 2.16219 kg/m³``."""
    made = 1.0
    for sign, number, percent in re.findall(rf"(^|[×/](?=\s*\d))\s*({NUMBER})(\s?%)?", re.sub(r"\([^()]*\)", "", side)):
        factor = float(number.replace(",", "")) / (100 if percent else 1)
        made = made / factor if sign == "/" else made * factor
    return made


@pytest.mark.parametrize("name", ["call.md", "first-study.md"])
def test_sums_worked_by_hand_come_out(name):
    text = re.sub(r"\s+", " ", re.sub(r"`[^`\n]*`", "x", prose(page(name))))
    found = WORKED.findall(text)
    assert len(found) >= (10 if name == "call.md" else 2)
    for side, printed in found:
        figure = printed.replace(",", "")
        # Kilograms become tonnes on the way: a power of a thousand is no error, anything else is.
        power = 1000.0 ** round(math.log(reckoned(side) / float(figure), 1000))
        unit = 10.0 ** -len(figure.partition(".")[2])
        assert abs(reckoned(side) / power - float(figure)) <= unit, f"{side}= {printed}"


def test_every_figure_that_a_method_is_said_to_give_is_held_to_its_call():
    text = page("call.md")
    shown = "\n".join(re.findall(r"^```.*?^```", text, re.M | re.S)).replace(",", "")
    words = re.sub(r"\s+", " ", prose(text).replace("`", ""))
    for figure in GIVES.findall(words):
        bare = figure.replace(",", "")
        assert re.search(rf"(?<![\d.]){re.escape(bare)}0*(?!\d)", shown), f"{figure} stands in no answer of call.md"
