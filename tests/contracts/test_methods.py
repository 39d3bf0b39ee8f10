"""Every method of the catalogue is documented, sourced and deterministic, runs on a shipped study, adds only what are parts of
one whole, and keeps its status honest."""

import contextlib
import csv
import inspect
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import polars.testing
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.method import Method
from citycarbon.core.tables import Table
from citycarbon.data.library import shipped_library, shipped_rows
from citycarbon.data.readers import read_table
from citycarbon.data.references import references
from citycarbon.data.typed import activity_codes
from citycarbon.data.writers import write_table
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


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_what_a_method_wrote_the_next_one_reads_row_by_row(ending: str, tmp_path: Path, runs):
    taken = {each.table for method in ALL for each in method.parameters if each.table is not None}
    # Every kind of table and every method that gives one, as far as a file of it is read at once.
    tables = {(step.method, type(table)): table for run in runs.values() for step in run.study.steps
              if type(table := run.tables[step.id]) in taken and 0 < table.to_polars().height <= 2000}  # fmt: skip
    assert len({kind for _, kind in tables}) >= 8
    for (method, kind), table in tables.items():
        before, path = table.to_polars(), tmp_path / f"{method}.{ending}"
        write_table(before, path)
        after = read_table(path, kind)[0].to_polars()
        if "activity" in before.columns:
            # Names of the list of activities are read as its codes: Natural gas as natural_gas.
            before = before.with_columns(activity_codes(before["activity"]))
        pl.testing.assert_frame_equal(after.select(before.columns), before, check_exact=ending != "xlsx")


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


WORDS = {"scenario": "another", "basis": "market", "metric": "AR5-GWP100"}
FEW = {"draws": 100, "permutations": 19, "processes": 1, "folds": 2}
"""Parameters that only make a method slow."""


def again(table: Table, frame: pl.DataFrame) -> Table:
    """The table with other rows, under the same code lists."""
    made = type(table)(frame.select(column.name for column in table.columns))
    known = {name: codes for name, codes in table.codes.items() if set(made.words(name)) <= set(codes.parents)}
    return made.with_codes(**known) if known else made


def with_alternative(table: Table, column: str) -> Table | None:
    """Add every row a second time, three times as large, as the alternative that excludes it."""
    rows = table.to_polars()
    if not {column, "value"} <= set(rows.columns):
        return None
    if column == "basis":
        rows = rows.with_columns(pl.col("basis").replace("all", "location"))
    # A row that holds for all scenarios is none of them.
    mine = rows.filter(pl.col(column).is_not_null() & ((pl.col(column) != "all") | pl.lit(column != "scenario")))
    twice = mine.with_columns(pl.lit(WORDS[column]).alias(column), pl.col("value") * 3)
    return again(table, pl.concat([rows, twice])) if mine.height else None


def with_months(table: Table) -> Table | None:
    """Put twelve months beside every year."""
    rows = table.to_polars()
    if not {"time", "value"} <= set(rows.columns):
        return None
    years = rows.filter(pl.col("time").str.len_chars() == 4)
    months = [
        years.with_columns(pl.format("{}-{}", "time", pl.lit(f"{month:02d}")).alias("time"), pl.col("value") / 12)
        for month in range(1, 13)
    ]
    return again(table, pl.concat([rows, *months])) if years.height else None


MIXTURES: dict[str, Callable[[Table], Table | None]] = {
    **{column: lambda table, column=column: with_alternative(table, column) for column in WORDS},
    "months": with_months,
}


def figures(frame: pl.DataFrame) -> Counter[tuple[str, ...]]:
    """Rows by their numbers, to eight digits: what they are called may change with the alternative.

    Of findings only what was found counts: that all agrees may well give way to a finding that names the alternatives.
    """
    if "verdict" in frame.columns and "check" in frame.columns:
        frame = frame.filter(pl.col("verdict") != "agrees")
    numbers = [name for name, kind in frame.schema.items() if kind.is_float()]
    return Counter(
        tuple(f"{each:.8g}" if each is not None else "" for each in row) for row in frame.select(numbers).rows()
    )


@pytest.mark.parametrize("mixture", MIXTURES)
@pytest.mark.parametrize("each", ALL, ids=IDS)
def test_alternatives_and_parts_are_kept_apart_or_refused(each: Method, mixture: str, runs):
    """Beside scenarios, bases, metrics and months of the same rows every figure stays what it was, or there is none."""
    run, step = next((run, step) for run in runs.values() for step in run.study.steps if step.method == each.id)
    given = dict(run.inputs[step.id])
    known = {parameter.name for parameter in each.parameters}
    few = {name: least for name, least in FEW.items() if name in known}
    mixed = {}
    for name, table in given.items():
        if isinstance(table, Table):
            with contextlib.suppress(InputError):
                mixed[name] = MIXTURES[mixture](table)
    tables = {name: table for name, table in mixed.items() if table is not None}
    if not tables:
        return
    right = figures(each(**given | few).to_polars())
    for name, table in tables.items():
        try:
            found = figures(each(**given | few | {name: table}).to_polars())
        except InputError:
            continue
        assert not right - found, f"{name}: {mixture} changed figures"
