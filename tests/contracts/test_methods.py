"""Every method of the catalogue is documented, sourced, deterministic, runs on the toy city, and keeps its status honest."""

import csv
import inspect
import re
from pathlib import Path

import pytest

from citycarbon.core.method import Method
from citycarbon.core.tables import Table
from citycarbon.data.library import shipped_library, shipped_rows
from citycarbon.data.references import references
from citycarbon.studies.catalogue import OWN, methods
from citycarbon.studies.run import execute

ROOT = Path(__file__).parents[2]
ALL = list(methods().values())
IDS = [each.id for each in ALL]
EXAMPLES = ("toy-city", "five-communities", "toy-land", "toy-future")


@pytest.fixture(scope="module")
def runs():
    """The shipped studies, executed once."""
    return {name: execute(ROOT / "examples" / name) for name in EXAMPLES}


@pytest.mark.parametrize("each", ALL, ids=IDS)
def test_docstring_names_parameters_returns_errors_reference_and_example(each: Method):
    text = inspect.getdoc(each.function)
    for part in ("Parameters\n", "Returns\n", "Examples\n"):
        assert part in text, f"{each.id} lacks {part.strip()}"
    assert each.title[0]
    assert re.search("[\u4e00-\u9fff]", each.title[1])
    assert each.equation
    for parameter in each.parameters:
        assert parameter.meaning, f"{each.id}: {parameter.name} is not documented"
        if parameter.kind in (int, float):
            assert parameter.unit, f"{each.id}: the number {parameter.name} has no unit"


@pytest.mark.parametrize("each", ALL, ids=IDS)
def test_source_is_in_the_bibliography(each: Method):
    assert each.source in references()


def test_every_factor_source_is_in_the_bibliography():
    assert set(shipped_library().rows["source"].unique().to_list()) <= set(references())


@pytest.mark.parametrize("each", ALL, ids=IDS)
def test_id_says_the_package(each: Method):
    package, name = each.id.rsplit(".", 1)
    assert each.function.__module__.startswith(f"citycarbon.{package}")
    assert each.function.__name__ == name


@pytest.mark.parametrize("each", ALL, ids=IDS)
def test_numbers_of_tables_have_units(each: Method):
    for table in each.takes:
        for column in table.columns:
            assert all(column.meaning), f"{table.__name__}.{column.name}"
            if column.kind == "number" and "unit" not in {c.name for c in table.columns}:
                assert column.unit or column.name in ("month", "tolerance", "scale"), f"{table.__name__}.{column.name}"


@pytest.mark.parametrize("each", ALL, ids=IDS)
def test_runs_on_a_shipped_study_and_gives_the_same_twice(each: Method, runs):
    found = [(run, step) for run in runs.values() for step in run.study.steps if step.method == each.id]
    assert found, "no shipped study uses it"
    run, step = found[0]
    first, second = each(**run.inputs[step.id]), each(**run.inputs[step.id])
    assert isinstance(first, Table)
    assert first.to_polars().equals(second.to_polars())


@pytest.mark.parametrize("each", [m for m in ALL if m.status in ("reproduced", "validated")], ids=lambda m: m.id)
def test_reproduced_methods_have_a_published_test(each: Method):
    name = each.function.__name__
    texts = [path.read_text("utf-8") for path in (ROOT / "tests" / "published").glob("test_*.py")]
    assert any(re.search(rf"\b{name}\b", text) for text in texts), f"no published test calls {name}"


def test_nomenclature_lists_every_public_argument_and_column():
    with (ROOT / "docs" / "nomenclature.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["name", "symbol", "unit", "meaning_en", "meaning_zh", "source"]
    names = [row["name"] for row in rows]
    assert len(names) == len(set(names)), "a name stands once"
    used = {parameter.name for each in ALL for parameter in each.parameters}
    used |= {column.name for each in ALL for table in (*each.takes, each.gives) for column in table.columns}
    assert used <= set(names), sorted(used - set(names))
    assert all(row["meaning_en"] and row["meaning_zh"] for row in rows)


def test_what_docstrings_say_is_there_in_chinese():
    """Each summary and each meaning of a parameter, by its very text; codes and figures are the same in both."""
    said = {each.summary for each in OWN} | {item.meaning for each in OWN for item in each.parameters}
    rows = dict(shipped_rows("docstrings_zh.csv").select("en", "zh").iter_rows())
    assert sorted(said - set(rows)) == [], "not translated"
    assert sorted(set(rows) - said) == [], "translated, but no docstring says it"
    scopes = str.maketrans("一二三", "123")
    for english, chinese in rows.items():
        assert re.search("[\u4e00-\u9fff]", chinese), english
        for kind in (r"``(.+?)``", r"\b[a-z]+_\w+"):
            assert set(re.findall(kind, english, re.A)) == set(re.findall(kind, chinese, re.A)), english
        figures = set(re.findall(r"\d+(?:\.\d+)?", english))
        assert figures <= set(re.findall(r"\d+(?:\.\d+)?", chinese.translate(scopes))), english
