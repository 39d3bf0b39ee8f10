"""What the faces call: one method on files, studies new and run, own factors before the library's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.data.examples import TEMPLATE, example_studies, examples_folder
from citycarbon.data.readers import FileOptions
from citycarbon.studies import service

FUELS = "place,time,sector,activity,value,unit\na,2022,s,diesel,1000,kg\n"
USED = "place,time,sector,activity,value,unit\n江苏,2022,s,electricity,1000,MWh\n"
COMBUSTION, ELECTRICITY = "inventory.accounting.combustion", "inventory.accounting.electricity"


def file(tmp_path: Path, name: str, text: str) -> str:
    (tmp_path / name).write_text(text, "utf-8")
    return str(tmp_path / name)


def called(method: str, tables: dict[str, str], **options: Any) -> pl.DataFrame:
    return service.call(method, tables, options.pop("parameters", {}), **options)[1].to_polars()


def codes(caught: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [each.code for each in caught.value.problems]


def test_defaults_are_used_and_told(tmp_path: Path) -> None:
    method, table, notes = service.call(COMBUSTION, {"activity": file(tmp_path, "a.csv", FUELS)}, {})
    # 42.652 GJ/t, 20.2 kg C/GJ, 98 per cent oxidised
    assert table.to_polars()["value"].to_list() == pytest.approx([42.652 * 20.2e-3 * 0.98 * 44 / 12], rel=1e-9)
    assert (method.id, notes) == (COMBUSTION, {"factors": "library:cn-2008"})


def test_named_editions(tmp_path: Path) -> None:
    path = file(tmp_path, "a.csv", FUELS)
    rows = called(COMBUSTION, {"activity": path, "factors": "library:ipcc-2006"})
    assert set(rows["gas"].to_list()) >= {"CO2", "CH4", "N2O"}
    with pytest.raises(InputError) as caught:
        called(COMBUSTION, {"activity": path, "factors": "library:cn-2007"})
    assert codes(caught) == ["edition_unknown"]
    assert "cn-2008" in caught.value.problems[0].expected("en")


def test_region_of_every_place(tmp_path: Path) -> None:
    path = file(tmp_path, "a.csv", USED.replace("江苏", "柳园小区"))
    rows = called(ELECTRICITY, {"activity": path}, region="江苏")
    assert rows["value"].to_list() == pytest.approx([597.8], rel=1e-9)
    with pytest.raises(InputError) as caught:
        called(ELECTRICITY, {"activity": path}, region="Atlantis")
    assert codes(caught) == ["region_unknown"]
    with pytest.raises(InputError) as caught:
        called("inventory.sectors.standard_coal", {"activity": file(tmp_path, "b.csv", FUELS)}, region="江苏")
    assert codes(caught) == ["parameter_unknown"]


def test_own_factors_come_before_the_library(tmp_path: Path) -> None:
    """Jiangsu has the user's factor; Shanghai, of which the user says nothing, is not given another edition in silence."""
    own = Path(file(tmp_path, "own.csv", "activity,gas,region,value,unit\n电力,CO2,江苏,0.5,t/MWh\n"))
    _, table, notes = service.call(ELECTRICITY, {"activity": file(tmp_path, "a.csv", USED)}, {}, user_factors=own)
    assert notes == {"factors": "library:own,mee-average-2022"}
    assert table.to_polars()["value"].to_list() == pytest.approx([500.0], rel=1e-9)
    two = file(tmp_path, "b.csv", USED + "上海,2022,s,electricity,1000,MWh\n")
    with pytest.raises(InputError) as caught:
        called(ELECTRICITY, {"activity": two}, user_factors=own)
    assert [(each.code, each.where.rows) for each in caught.value.problems] == [("factor_missing", (3,))]


def test_an_own_factor_of_the_world_comes_before_a_province(tmp_path: Path) -> None:
    own = Path(file(tmp_path, "own.csv", "activity,gas,value,unit\n电力,CO2,0.4,t/MWh\n"))
    assert called(ELECTRICITY, {"activity": file(tmp_path, "a.csv", USED)}, user_factors=own)["value"].to_list() == [
        400.0
    ]


def test_an_own_factor_of_other_years_leaves_the_library(tmp_path: Path) -> None:
    head = "activity,gas,region,valid_from,valid_to,value,unit\n"
    own = Path(file(tmp_path, "own.csv", head + "电力,CO2,CN-JS,2015,2021,0.7,t/MWh\n"))
    rows = called(ELECTRICITY, {"activity": file(tmp_path, "a.csv", USED)}, user_factors=own)
    assert rows["value"].to_list() == pytest.approx([597.8], rel=1e-9)


def test_an_own_emission_factor_replaces_the_chain_of_the_library(tmp_path: Path) -> None:
    own = Path(file(tmp_path, "own.csv", "activity,gas,value,unit\ndiesel,CO2,3.5,kg/kg\n"))
    path = file(tmp_path, "a.csv", FUELS + "a,2022,s,gasoline,1000,kg\n")
    rows = dict(called(COMBUSTION, {"activity": path}, user_factors=own).select("activity", "value").iter_rows())
    assert rows == pytest.approx({"diesel": 3.5, "gasoline": 43.070 * 18.9e-3 * 0.98 * 44 / 12}, rel=1e-9)


def test_constants_and_mapping_go_to_the_tables_that_have_the_column(tmp_path: Path) -> None:
    readings = file(tmp_path, "a.csv", "site,month,activity,value\nx,2020-08,electricity,120\n")
    profile = file(tmp_path, "p.csv", "activity,month,share\n" + "".join(
        f"electricity,{month},{0.12 if month == 8 else 0.08}\n" for month in range(1, 13)))  # fmt: skip
    options = FileOptions(mapping={"place": "site", "time": "month"}, given={"sector": "home", "unit": "kWh"})
    rows = called("inventory.sectors.peak_month", {"readings": readings, "profile": profile}, options=options)
    assert rows.select("place", "time", "sector", "value", "unit").row(0) == (
        "x",
        "2020",
        "home",
        pytest.approx(1000),
        "kWh",
    )


def test_a_constant_for_no_column_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        called(COMBUSTION, {"activity": file(tmp_path, "a.csv", FUELS)}, options=FileOptions(given={"plaze": "x"}))
    assert codes(caught) == ["column_unknown"]


@pytest.mark.parametrize(
    ("method", "tables", "parameters", "expected"),
    [
        ("inventory.accounting.fire", {}, {}, ["method_unknown"]),
        (COMBUSTION, {}, {}, ["parameter_missing"]),
        (COMBUSTION, {"activity": "none.csv"}, {}, ["file_missing"]),
        (COMBUSTION, {"activity": "none.csv", "colour": "x"}, {"year_rule": "soon"},
         ["parameter_unknown", "file_missing", "parameter_wrong"]),
        ("inventory.accounting.mass_balance", {}, {}, ["parameter_missing"]),
        ("inventory.space.area_shares", {"sources": "none.gpkg"}, {}, ["file_missing", "parameter_missing"]),
    ],
)  # fmt: skip
def test_wrong_calls_name_everything(
    method: str, tables: dict[str, str], parameters: dict[str, Any], expected: list[str],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        service.call(method, tables, parameters)
    assert codes(caught) == expected


def test_sheet_behind_a_file(tmp_path: Path) -> None:
    path = examples_folder() / TEMPLATE / "electricity.xlsx"
    rows = called(ELECTRICITY, {"activity": f"{path}#用电"}, region="CN-JS")
    assert rows["value"].sum() == pytest.approx(9750 * 0.5978, rel=1e-9)


def test_validate_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITYCARBON_CACHE", str(tmp_path / "cache"))
    assert service.validate(examples_folder() / TEMPLATE).meta["study"] == TEMPLATE
    assert not list(tmp_path.iterdir())


def test_run_writes_reports_from_the_result(tmp_path: Path) -> None:
    out = tmp_path / "results"
    made = service.run(
        examples_folder() / TEMPLATE, out, {"a.txt": lambda result, path: path.write_text(result.meta["study"])}
    )
    assert (out / "a.txt").read_text() == TEMPLATE
    back = service.load(out)
    assert back.meta == made.meta
    assert back.checks == made.checks
    for name, frame in made.tables.items():
        assert back.tables[name].equals(frame), name


def test_new_study(tmp_path: Path) -> None:
    template = examples_folder() / TEMPLATE
    files = service.new_study(tmp_path / "a" / "My City 一", template)
    assert {path.name for path in files} == {path.name for path in template.iterdir()} - {"README.md"}
    made = service.validate(tmp_path / "a" / "My City 一")
    assert made.meta["study"] == "my-city"
    assert made.meta["title"]["zh"] == "My City 一"
    assert made.meta["totals"] == service.validate(template).meta["totals"]


@pytest.mark.parametrize("kind", ["file", "full folder"])
def test_new_study_where_something_is(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "there"
    if kind == "file":
        target.write_text("x")
    else:
        target.mkdir()
        (target / "notes.txt").write_text("x")
    with pytest.raises(InputError) as caught:
        service.new_study(target, examples_folder() / TEMPLATE)
    assert codes(caught) == ["output_exists"]


def test_shipped_studies() -> None:
    assert next(folder.name for folder in example_studies()) == TEMPLATE
    assert all((folder / "README.md").exists() for folder in example_studies())


def test_default_editions_are_those_of_the_library() -> None:
    for name in service.catalogue():
        for edition in service.default_editions(name):
            service.choose_factors(service.shipped_library(), [edition])
