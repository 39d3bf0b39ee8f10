"""Tables are composed of columns by name, one name is one quantity, and lists that follow from declarations are generated."""

import ast
import importlib.util
import json
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import polars as pl
import pytest

from citycarbon.core.tables import ActivityTable
from citycarbon.core.tables import columns as shared
from citycarbon.data.library.elements import PlanChangeTable
from citycarbon.data.readers import FileOptions, read_table

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "citycarbon"


def generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "tools" / "generate.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def tables():
    return generator().table_classes()


def test_no_two_tables_have_one_name(tables):
    assert [name for name, count in Counter(each.__name__ for each in tables).items() if count > 1] == []


def test_a_column_name_has_one_kind_and_at_most_one_unit(tables):
    kinds, units = defaultdict(set), defaultdict(set)
    for each in tables:
        for column in each.columns:
            kinds[column.name].add(column.kind)
            units[column.name].add(column.unit)
    assert {name: kind for name, kind in kinds.items() if len(kind) > 1} == {}
    # Where rows state their unit a column declares none.
    assert {name: unit for name, unit in units.items() if len(unit - {""}) > 1} == {}


def test_no_table_names_a_column_twice(tables):
    for each in tables:
        names = [column.name for column in each.columns]
        assert len(names) == len(set(names)), each.__name__


def test_columns_of_a_table_are_taken_by_name_and_not_by_position():
    found = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            taken = isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute)
            if taken and node.value.attr == "columns" and ast.unparse(node.value.value).endswith("Table"):
                found.append(f"{path.relative_to(SOURCE)}:{node.lineno}")
    assert found == []


LISTED = """
import json, sys
sys.path.insert(0, {tools!r})
from generate import table_classes
print(json.dumps({{each.__name__: [column.name for column in each.columns] for each in table_classes()}}))
"""


def listed(source: Path) -> dict[str, list[str]]:
    code = LISTED.format(tools=str(ROOT / "tools"))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(source), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_a_column_more_in_the_activity_table_is_in_no_other_table(tmp_path):
    """Done for real: one line in one file, and every module of the product is imported."""
    shutil.copytree(SOURCE, tmp_path / "citycarbon", ignore=shutil.ignore_patterns("__pycache__", "interfaces"))
    (tmp_path / "citycarbon" / "interfaces").mkdir()
    file = tmp_path / "citycarbon" / "core" / "tables" / "activity.py"
    text = file.read_text(encoding="utf-8")
    assert text.count("        SCENARIO,\n") == 1
    file.write_text(
        text.replace("        SCENARIO,\n", '        SCENARIO,\n        Column("vintage", meaning=("year of making", "年份")),\n')
        .replace("\n\n\nclass ", "\nfrom citycarbon.core.schema import Column\n\n\nclass ", 1),
        encoding="utf-8",
    )  # fmt: skip
    before, after = listed(SOURCE.parent), listed(tmp_path)
    assert after.pop("ActivityTable") == [
        *before["ActivityTable"][:5], "vintage", *before.pop("ActivityTable")[5:],
    ]  # fmt: skip
    assert after == before
    assert len(after) > 90


def test_shared_columns_are_those_of_the_activity_table():
    named = {each.name for each in vars(shared).values() if hasattr(each, "meaning")}
    assert {column.name for column in ActivityTable.columns} <= named


def test_lists_that_follow_from_declarations_are_as_they_follow():
    for path, made in generator().FILES.items():
        assert path.read_text(encoding="utf-8") == made(), f"{path.name} is generated: python tools/generate.py"


def test_frames_files_and_maps_with_a_former_name_are_read(tmp_path):
    old = pl.DataFrame({"change": ["denser"], "element": ["school"], "factor": [1.5]})
    assert PlanChangeTable(old).to_polars()["multiplier"].to_list() == [1.5]
    old.write_csv(tmp_path / "plan.csv")
    made, _ = read_table(tmp_path / "plan.csv", PlanChangeTable, FileOptions())
    assert made.to_polars().select("plan_change", "multiplier").rows() == [("denser", 1.5)]
    old.rename({"factor": "times"}).write_csv(tmp_path / "plan.csv")
    made, _ = read_table(tmp_path / "plan.csv", PlanChangeTable, FileOptions(mapping={"factor": "times"}))
    assert made.to_polars()["multiplier"].to_list() == [1.5]
