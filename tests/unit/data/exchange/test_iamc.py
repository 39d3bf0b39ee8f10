"""IAMC files: wide and long, csv and workbook, real scenario files; and the account of the toy city written and read back."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
import yaml
from openpyxl import load_workbook

from citycarbon.core.errors import InputError
from citycarbon.core.results import StudyResult
from citycarbon.data.datasets import find
from citycarbon.data.exchange.iamc.reader import read_iamc
from citycarbon.data.exchange.iamc.table import without_sums
from citycarbon.data.exchange.iamc.variables import UNSPECIFIED, iamc_rows
from citycarbon.data.exchange.iamc.writer import write_definitions, write_iamc
from citycarbon.studies import service

ROOT = Path(__file__).parents[4]
SET = "iamc_scenarios"
WIDE = """Model,Scenario,Region,Variable,Unit,2010,2020
M,S,World,Emissions|CO2,Mt CO2/yr,3,5
M,S,World,Emissions|CO2|A,Mt CO2/yr,1,
M,S,World,Emissions|CO2|B,Mt CO2/yr,2,-4.5e0
"""


def text_file(tmp_path: Path, text: str, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def codes_of(path: Path, **more: object) -> set[str]:
    with pytest.raises(InputError) as caught:
        read_iamc(path, **more)
    return {problem.code for problem in caught.value.problems}


def test_wide_file_becomes_long_and_an_empty_cell_is_no_zero(tmp_path: Path) -> None:
    table, origin = read_iamc(text_file(tmp_path, WIDE))
    rows = table.to_polars()
    assert rows.select("variable", "time", "value").rows() == [
        ("Emissions|CO2", "2010", 3.0),
        ("Emissions|CO2", "2020", 5.0),
        ("Emissions|CO2|A", "2010", 1.0),
        ("Emissions|CO2|B", "2010", 2.0),
        ("Emissions|CO2|B", "2020", -4.5),
    ]
    assert rows["provenance_id"].to_list() == ["a.csv:2", "a.csv:2", "a.csv:3", "a.csv:4", "a.csv:4"]
    assert (origin.rows, origin.encoding) == (3, "utf-8")


def test_long_file_says_the_same_as_the_wide_one(tmp_path: Path) -> None:
    wide = read_iamc(text_file(tmp_path, WIDE))[0].to_polars().drop("provenance_id")
    long = wide.rename({"time": "year"})
    long.write_csv(tmp_path / "long.csv")
    assert read_iamc(tmp_path / "long.csv")[0].to_polars().drop("provenance_id").equals(wide)


def test_parents_are_left_out_and_the_same_name_of_another_region_stays(tmp_path: Path) -> None:
    other = WIDE + "M,S,China,Emissions|CO2,Mt CO2/yr,7,8\n"
    left = without_sums(read_iamc(text_file(tmp_path, other))[0]).to_polars()
    assert set(left.select("region", "variable").unique().rows()) == {
        ("World", "Emissions|CO2|A"),
        ("World", "Emissions|CO2|B"),
        ("China", "Emissions|CO2"),
    }


def workbook(tmp_path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, cells in sheets.items():
            sheet = book.add_worksheet(name)
            for row, line in enumerate(cells):
                sheet.write_row(row, 0, line)
    return path


HEAD = ["model", "scenario", "region", "variable", "unit", 2020, 2030]


def test_every_sheet_that_begins_with_data_is_read(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        {
            "meta": [["model", "scenario"], ["M", "S"]],
            "data": [HEAD, ["M", "S", "R", "X", "t", 1.5, 2]],
            "data2": [HEAD, ["M", "S", "R", "Y", "t", 0.1, None]],
            "Data_more": [HEAD, ["M", "S", "Q", "X", "t", 1, 1], ["© someone"]],
        },
    )
    table, origin = read_iamc(path)
    rows = table.to_polars()
    assert rows.select("region", "variable", "time", "value").rows() == [
        ("Q", "X", "2020", 1.0), ("Q", "X", "2030", 1.0),
        ("R", "X", "2020", 1.5), ("R", "X", "2030", 2.0), ("R", "Y", "2020", 0.1),
    ]  # fmt: skip
    assert rows["provenance_id"][4] == "a.xlsx#data2:2"
    assert origin.sheet == "data, data2, Data_more"
    assert "© someone" in origin.note


def test_workbook_without_a_data_sheet(tmp_path: Path) -> None:
    two = {"one": [HEAD, ["M", "S", "R", "X", "t", 1, 2]], "two": [HEAD]}
    assert codes_of(workbook(tmp_path, two)) == {"sheet_missing"}
    two.pop("two")
    assert read_iamc(workbook(tmp_path, two))[0].to_polars().height == 2


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Model,Scenario,Region,Variable,2010\nM,S,R,V,1\n", {"column_missing"}),
        ("Model,Scenario,Region,Variable,Unit\nM,S,R,V,t\n", {"column_missing"}),
        ("Model,Scenario,Region,Variable,Unit,Remark,2010\nM,S,R,V,t,x,1\n", {"column_unknown"}),
        ("Model,Scenario,Region,Variable,Unit,2010\nM,S,R,V,,1\n", {"value_empty"}),
        ("Model,Scenario,Region,Variable,Unit,2010\nM,S,R,V,t,n/a\nM,S,,W,t,1\n", {"value_not_number", "value_empty"}),
        ("Model,Scenario,Region,Variable,Unit,2010\nM,S,R,V,t,1\nM,S,R,V,t,1\n", {"row_duplicate"}),
        ("Model,Scenario,Region,Variable,Unit,2010,value\nM,S,R,V,t,1,1\n", {"column_duplicate"}),
        ("Model,Scenario,Region,Variable,Unit,2010,2010.0\nM,S,R,V,t,1,1\n", {"column_duplicate"}),
        ("Model,Scenario,Region,Variable,Unit,year,value\nM,S,R,V,t,20x0,1\n", {"time_wrong"}),
        ("Model,Scenario,Region,Variable,Unit,2010\nM,S,R,V,t,1e999\n", {"value_not_finite"}),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, codes: set[str]) -> None:
    assert codes_of(text_file(tmp_path, text)) == codes


def test_rows_of_problems_are_those_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_iamc(text_file(tmp_path, WIDE + "M,S,World,Emissions|CO2|A,Mt CO2/yr,1,2\nM,S,R,V,t,one,2\n"))
    found = {problem.code: problem.where for problem in caught.value.problems}
    assert found["row_duplicate"].rows == (3, 5)
    assert (found["value_not_number"].rows, found["value_not_number"].column) == ((6,), "2010")


def test_an_empty_unit_may_be_stated_and_columns_ignored(tmp_path: Path) -> None:
    path = text_file(tmp_path, "Model,Scenario,Region,Variable,Unit,Remark,2010\nM,S,R,V,,x,1\n")
    rows = read_iamc(path, ignore=["remark"], empty_unit="dimensionless")[0].to_polars()
    assert rows["unit"].to_list() == ["dimensionless"]


@pytest.mark.parametrize(
    ("file", "series", "figures", "spot"),
    [
        ("pyam_tutorial_data.csv", 1026, 9940, ("R5ASIA", "Emissions|CO2", "2010", 11231.088)),
        ("ar6_IPs_emissions.csv", 198, 3338, ("World", "Emissions|BC", "2010", 7.841505093)),
        ("cmip6-ssps-workflow-emissions.csv", 530, 23850, ("World", "Emissions|BC", "1990", 7.508271532)),
        ("ex2.csv", 185, 2678, ("World", "Emissions|BC", "2010", 10.70016593)),
        ("history_ar6.csv", 27, 6916, None),
    ],
)
def test_real_scenario_files(file: str, series: int, figures: int, spot: tuple[str, str, str, float] | None) -> None:
    """Series as the data set's own list counts them; figures are the filled cells of years; the first cell is looked up."""
    path = find(SET, file)
    if path is None:
        pytest.skip(f"data set {SET} is not here (CITYCARBON_DATA)")
    table, origin = read_iamc(path)
    rows = table.to_polars()
    assert (origin.rows, rows.height) == (series, figures)
    if spot:
        first = rows.filter(pl.col("provenance_id") == f"{file}:2").filter(pl.col("time") == spot[2])
        assert first.select("region", "variable").row(0) == spot[:2]
        assert first["value"][0] == pytest.approx(spot[3], rel=1e-9)


@pytest.fixture(scope="module")
def result() -> StudyResult:
    """The toy city, computed once."""
    return service.validate(ROOT / "examples" / "toy-city")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_round_trip(result: StudyResult, tmp_path: Path, ending: str) -> None:
    """A workbook keeps 16 digits of a number, a csv all of them."""
    path = tmp_path / f"a.{ending}"
    write_iamc(path, result, mass="t")
    back = read_iamc(path)[0].to_polars().drop("provenance_id")
    written = iamc_rows(result, mass="t").rows.select(back.columns).sort(back.columns[:6])
    assert back.drop("value").equals(written.drop("value"))
    assert back["value"].to_list() == pytest.approx(written["value"].to_list(), rel=1e-15)


def test_headline_is_the_total_of_the_study(result: StudyResult) -> None:
    rows = iamc_rows(result, mass="t").rows
    whole = rows.filter((pl.col("kind") == "total") & (pl.col("region") == "Toyville"))
    assert whole["variable"].to_list() == ["Inventory Total|Scope 1+2+3|Location-based|CO2e [AR6-GWP100]"]
    assert whole["value"][0] == pytest.approx(result.meta["totals"][0]["value"], rel=1e-12)


def test_every_parent_is_the_sum_of_the_level_below_it(result: StudyResult) -> None:
    rows = iamc_rows(result, mass="t").rows
    values = {(r["region"], r["variable"], r["time"]): r["value"] for r in rows.iter_rows(named=True)}
    sums = rows.filter(pl.col("kind") == "sum").select("region", "variable", "time").rows()
    assert len(sums) > 50
    for region, variable, time in sums:
        depth = variable.count("|") + 1
        mine = [(name, value) for (where, name, year), value in values.items() if where == region and year == time]
        below = [value for name, value in mine if name.startswith(variable + "|") and name.count("|") == depth]
        assert below, variable
        assert sum(below) == pytest.approx(values[region, variable, time], rel=1e-9), variable


def test_regions_add_to_the_region_above_them(result: StudyResult) -> None:
    content = iamc_rows(result, mass="t")
    assert dict(content.regions.select("region", "kind").rows())["Toyville"] == "sum"
    direct = content.rows.filter(pl.col("variable") == "Emissions|CO2")
    parts = content.regions.filter(pl.col("parent") == "Toyville")["region"].to_list()
    assert set(parts) == {"North", "South"}
    value = dict(direct.select("region", "value").rows())
    assert value["North"] + value["South"] == pytest.approx(value["Toyville"], rel=1e-12)


def test_direct_emissions_without_sums_are_scope_1(result: StudyResult, tmp_path: Path) -> None:
    write_iamc(tmp_path / "a.csv", result, mass="t")
    left = without_sums(read_iamc(tmp_path / "a.csv")[0]).to_polars()
    mine = left.filter(pl.col("variable").str.starts_with("Emissions|CO2e [") & (pl.col("region") == "Toyville"))
    account = result.tables["emissions_co2e"].filter((pl.col("scope") == "1") & (pl.col("gas") == "CO2e"))
    assert mine["value"].sum() == pytest.approx(account["value"].sum(), rel=1e-9)


def test_a_view_has_the_emissions_of_the_account(result: StudyResult) -> None:
    own, seen = (iamc_rows(result, mass="Mt", view=view).rows for view in (None, "ipcc2006"))
    names = ["Emissions|CO2", "Emissions|CO2e [AR6-GWP100]", "Indirect Emissions|Scope 3|CO2e [AR6-GWP100]"]
    for name in names:
        first = own.filter((pl.col("variable") == name) & (pl.col("region") == "Toyville"))["value"].to_list()
        second = seen.filter(pl.col("variable") == name)["value"].to_list()
        assert first
        assert first == pytest.approx(second, rel=1e-9)
    assert any(name.startswith("Emissions|CO2|Energy|Fuel Combustion") for name in seen["variable"].to_list())
    with pytest.raises(InputError, match="view_missing"):
        iamc_rows(result, view="nothing")


def test_units_and_masses(result: StudyResult) -> None:
    tonnes, mega = (iamc_rows(result, mass=mass).rows for mass in ("t", "Mt"))
    assert (mega["value"] * 1e6).to_list() == pytest.approx(tonnes["value"].to_list(), rel=1e-12)
    assert {"t CO2/yr", "t CO2-equiv/yr", "t HFC134a/yr"} <= set(tonnes["unit"].to_list())
    assert "Emissions|HFC|HFC134a" in tonnes["variable"].to_list()
    with pytest.raises(InputError, match="value_not_listed"):
        iamc_rows(result, mass="kg")


def made(emissions: pl.DataFrame, codes: list[tuple[str, str, str | None, str]], **meta: object) -> StudyResult:
    """A result of a few rows."""
    tree = pl.DataFrame(
        [(dimension, code, parent, name, name) for dimension, code, parent, name in codes],
        schema=dict.fromkeys(("dimension", "code", "parent", "name_en", "name_zh"), pl.String), orient="row",
    )  # fmt: skip
    stated = {"citycarbon": "1", "study": "s", "title": {"en": "A city", "zh": "市"}, "gwp": "AR6-GWP100",
              "scopes": "scope_1_2", "scenarios": ["observed"], **meta}  # fmt: skip
    whole = emissions.filter(pl.col("gas") != "CO2-biogenic").with_columns(pl.lit("CO2e").alias("gas"))
    return StudyResult(stated, {"emissions": emissions, "emissions_co2e": whole, "codes": tree})


TREE = [
    ("place", "a", None, "=A"), ("place", "b", None, "B|b"),
    ("sector", "x", None, "same name"), ("sector", "x.1", "x", "first"), ("sector", "y", None, "same name"),
]  # fmt: skip


def frame(rows, **columns):  # type: ignore[no-untyped-def]
    named = {"basis": "all", "scenario": "observed", "notation": None, **columns}
    return rows(
        columns.pop("value"), **{key: cell for key, cell in named.items() if key not in ("value", "notation")}
    ).with_columns(pl.Series("notation", columns.get("notation") or [None] * len(named["place"]), dtype=pl.String))


def test_alternatives_stand_apart_and_own_rows_of_a_parent_are_unspecified(rows) -> None:  # type: ignore[no-untyped-def]
    account = frame(
        rows, value=[1.0, 2.0, 10.0, 20.0, 5.0], place=["a", "a", "a", "a", "a"], sector=["x", "x.1", "y", "y", "y"],
        scope=["1", "1", "2", "2", "2"], basis=["all", "all", "location", "market", "all"],
    )  # fmt: skip
    found = dict(iamc_rows(made(account, TREE), mass="t").rows.select("variable", "value").rows())
    stem = "Emissions|CO2|Same Name (x)"
    assert (found[stem], found[f"{stem}|First"], found[f"{stem}|{UNSPECIFIED}"]) == (3.0, 2.0, 1.0)
    assert found["Indirect Emissions|Scope 2|Location-based|CO2|Same Name (y)"] == 15.0
    assert found["Indirect Emissions|Scope 2|Market-based|CO2|Same Name (y)"] == 25.0
    total = "Inventory Total|Scope 1+2|{}|CO2e [AR6-GWP100]"
    assert (found[total.format("Location-based")], found[total.format("Market-based")]) == (18.0, 28.0)


def test_sinks_are_positive_removals_and_biogenic_carbon_is_apart(rows) -> None:  # type: ignore[no-untyped-def]
    account = frame(
        rows, value=[-4.0, 3.0], place=["a", "a"], sector=["y", "y"], scope=["sink", "1"], gas=["CO2", "CO2-biogenic"]
    )
    found = dict(iamc_rows(made(account, TREE), mass="t").rows.select("variable", "value").rows())
    assert found["Carbon Removal|CO2"] == 4.0
    assert found["Biogenic Emissions|CO2"] == 3.0
    assert not any(name.startswith("Emissions") for name in found)


def test_two_places_without_a_common_one_make_the_study_a_region(rows) -> None:  # type: ignore[no-untyped-def]
    account = frame(rows, value=[1.0, 2.0], place=["a", "b"], sector=["y", "y"], scope=["1", "1"])
    content = iamc_rows(made(account, TREE), mass="t")
    mine = dict(content.rows.filter(pl.col("variable") == "Emissions|CO2").select("region", "value").rows())
    assert mine == {"=A": 1.0, "B/b": 2.0, "A City": 3.0}


def test_keys_instead_of_numbers_are_listed_and_in_no_sum(rows, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    account = frame(
        rows, value=[1.0, None], place=["b", "b"], sector=["y", "x"], scope=["1", "1"], notation=[None, "NE"]
    )
    path = tmp_path / "a.xlsx"
    write_iamc(path, made(account, TREE), mass="t")
    notes = list(load_workbook(path)["notes"].iter_rows(values_only=True))
    assert notes[1] == ("b", "x", "1", "CO2", "observed", "2020", "NE")
    assert "Emissions|CO2|Same Name (x)" not in read_iamc(path)[0].to_polars()["variable"].to_list()


def test_parts_of_years_are_refused(rows) -> None:  # type: ignore[no-untyped-def]
    account = frame(rows, value=[1.0], place=["a"], sector=["y"], scope=["1"], time=["2020-03"])
    with pytest.raises(InputError, match="export_not_yearly"):
        iamc_rows(made(account, TREE))


def test_text_never_becomes_a_formula(rows, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    account = frame(rows, value=[1.0], place=["a"], sector=["y"], scope=["1"], scenario=["@SUM(1)"])
    hostile = made(account, TREE, citycarbon="1")
    write_iamc(tmp_path / "a.csv", hostile)
    line = (tmp_path / "a.csv").read_text("utf-8").splitlines()[1]
    assert ",'@SUM(1),'=A," in line
    write_iamc(tmp_path / "a.xlsx", hostile)
    cells = [cell for sheet in load_workbook(tmp_path / "a.xlsx") for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert "=A" in [cell.value for cell in cells]


def test_same_result_gives_the_same_bytes(result: StudyResult, tmp_path: Path) -> None:
    for ending in ("csv", "xlsx"):
        for name in ("a", "b"):
            write_iamc(tmp_path / f"{name}.{ending}", result)
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_definitions_mark_sums(result: StudyResult, tmp_path: Path) -> None:
    write_definitions(tmp_path / "a.yaml", result, mass="t")
    listed = {
        name: about
        for entry in yaml.safe_load((tmp_path / "a.yaml").read_text("utf-8"))
        for name, about in entry.items()
    }
    content = iamc_rows(result, mass="t").rows
    assert set(listed) == set(content["variable"].to_list())
    sums = set(content.filter(pl.col("kind") == "sum")["variable"].to_list())
    assert {name for name, about in listed.items() if about.get("check-aggregate")} == sums
    assert listed["Emissions|CO2"]["unit"] == "t CO2/yr"


def test_another_ending_is_refused(result: StudyResult, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="file_kind_unknown"):
        write_iamc(tmp_path / "a.json", result)
    with pytest.raises(InputError, match="file_kind_unknown"):
        read_iamc(text_file(tmp_path, "{}", "a.json"))
