"""The provincial summary: sums by hand, live formulas that LibreOffice recomputes, no formula out of input text."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook

from citycarbon.core.errors import InputError
from citycarbon.core.results import StudyResult
from citycarbon.data.exchange.provincial.content import provincial_content
from citycarbon.data.exchange.provincial.writer import write_provincial
from citycarbon.studies import service

ROOT = Path(__file__).parents[4]
GAS_COLUMNS = {"CO2": 3, "CH4": 4, "N2O": 5, "HFC": 6, "PFC": 7, "SF6": 8, "OTHER": 9, "total": 10}


@pytest.fixture(scope="module")
def toy() -> StudyResult:
    """The toy city, computed once."""
    return service.validate(ROOT / "examples" / "toy-city")


def line(code: str, gas: str, value: float | None, scope: str = "1", **more: Any) -> dict[str, Any]:
    named = {"list": "provincial", "activity": "raw_coal", "time": "2020", "scenario": "observed", "basis": "all", "unit": "t",
             "energy": None, "notation": None, "rows": 1, "without_number": 0}  # fmt: skip
    return {**named, "code": code, "gas": gas, "value": value, "scope": scope, **more}


HAND = [
    line("1.1.3.1", "CO2", 20_000.0, energy=293_076.0),
    line("1.1.3.1", "CH4", 10.0),
    line("1.1.3", "CO2", 5_000.0, activity="diesel"),
    line("1.3", "CH4-fossil", 1_000.0, activity="coal_mining"),
    line("2.1", "CO2", 30_000.0, activity="clinker"),
    line("2.10", "CF4", 2.0, activity="cf4"),
    line("2.8", "SF6", 1.0, activity="sf6"),
    line("3.1", "CH4", None, activity="rice", notation="NE", without_number=1),
    line("4.1", "CO2", -8_000.0, "sink", activity="forest"),
    line("M.2", "CO2", 40_000.0, "2", activity="electricity", basis="location"),
    line("M.2", "CO2", 30_000.0, "2", activity="electricity", basis="market"),
    line("1.1.6", "CO2", 700.0, "3", activity="lpg"),
    line("not_mapped", "HFC-134a", 0.5, activity="r134a"),
    line("1.2", "CO2-biogenic", 900.0, activity="straw"),
]


@pytest.fixture
def hand(toy: StudyResult) -> StudyResult:
    """Few rows whose sums can be done by hand."""
    kinds = {"value": pl.Float64, "energy": pl.Float64, "notation": pl.String}
    rows = pl.DataFrame(HAND, schema_overrides=kinds, infer_schema_length=None)
    views = pl.DataFrame(
        {"list": ["provincial"], "code": ["1.1.3.1"], "scope": ["1"], "time": ["2020"], "scenario": ["observed"],
         "basis": ["location"], "value": [20_279.0], "unit": ["t"], "sd": [1_000.0], "sd_coverage": [1.0]}
    )  # fmt: skip
    activity = toy.tables["activity"].head(0)
    tables = {**toy.tables, "view_gases": rows, "views": views, "activity": activity}
    totals = [{"time": "2020", "scenario": "observed", "basis": "location", "value": 1.0, "unit": "t", "sd": None}]
    labels = {"raw_coal": ("Raw coal", "原煤"), "diesel": ("Diesel", "柴油")}
    return replace(toy, tables=tables, labels=labels, meta={**toy.meta, "totals": totals, "scopes": "territorial"})


def table_1(path: Path) -> dict[str, tuple[Any, ...]]:
    rows = load_workbook(path, data_only=True)["表1 总量"].iter_rows(values_only=True)
    return {row[0] or str(row[1]): row for row in rows if row[1]}


def test_sums_by_hand(hand: StudyResult, tmp_path: Path) -> None:
    """CO2e by AR6: CH4 27.9, fossil CH4 29.8, CF4 7380, SF6 25200, HFC-134a 1530."""
    path = tmp_path / "a.xlsx"
    write_provincial(path, hand, basis="location")
    rows = table_1(path)

    def cell(code: str, gas: str) -> Any:
        return rows[code][GAS_COLUMNS[gas]]

    assert cell("1.1.3", "CO2") == pytest.approx(2.5), "own rows of a parent and its parts"
    assert cell("1", "CH4") == pytest.approx(0.101), "fossil methane is methane"
    assert cell("1", "total") == pytest.approx((25_000 + 10 * 27.9 + 1_000 * 29.8) / 1e4)
    assert cell("2.1", "CO2") == pytest.approx(3.0)
    assert cell("2.10", "PFC") == pytest.approx(2 * 7380 / 1e4), "2.10 is not 2.1"
    assert cell("2.1", "PFC") is None
    assert cell("2", "SF6") == pytest.approx(2.52)
    assert cell("4", "CO2") == pytest.approx(-0.8)
    without = (25_000 + 279 + 29_800 + 30_000 + 14_760 + 25_200) / 1e4
    assert cell("总量（不包括土地利用变化和林业）", "total") == pytest.approx(without)
    assert cell("总量（包括土地利用变化和林业）", "total") == pytest.approx(without - 0.8)
    assert cell("M.2", "total") == pytest.approx(4.0), "location-based only"
    assert cell("S3", "CO2") == pytest.approx(0.07), "scope 3 stands apart"
    assert cell("N1", "HFC") == pytest.approx(0.5 * 1530 / 1e4)
    assert (cell("B", "CO2"), cell("B", "total")) == (pytest.approx(0.09), None)


def test_no_figure_is_empty_and_a_key_is_shown(hand: StudyResult, tmp_path: Path) -> None:
    write_provincial(tmp_path / "a.xlsx", hand, basis="location")
    rows = table_1(tmp_path / "a.xlsx")
    assert rows["3.1"][3:] == (*[None] * 8, "NE")
    assert rows["5"][3:] == (None,) * 9
    assert rows["总量（包括土地利用变化和林业）"][GAS_COLUMNS["N2O"]] is None


def test_table_2_counts_energy_only(hand: StudyResult, tmp_path: Path) -> None:
    write_provincial(tmp_path / "a.xlsx", hand, basis="location")
    sheet = load_workbook(tmp_path / "a.xlsx", data_only=True)["表2 能源活动"]
    rows = {row[2]: row for row in sheet.iter_rows(min_row=4, values_only=True)}
    assert set(rows) == {"Raw coal", "Diesel", "coal_mining", "Total"}
    assert rows["Raw coal"][5] == pytest.approx(293.076), "TJ"
    assert rows["Raw coal"][6] == pytest.approx(1.0), "10^4 tce at 29.3076 GJ/tce"
    assert rows["Total"][10] == pytest.approx((25_000 + 279 + 29_800) / 1e4)


def test_uncertainty_is_the_95_percent_interval(hand: StudyResult, tmp_path: Path) -> None:
    write_provincial(tmp_path / "a.xlsx", hand, basis="location")
    sheet = load_workbook(tmp_path / "a.xlsx", data_only=True)["表4 不确定性"]
    row = next(row for row in sheet.iter_rows(values_only=True) if row[0] == "1.1.3.1")
    assert row[6] == pytest.approx(1.96 * 1_000 / 20_279 * 100)


def outcomes(path: Path) -> dict[str, str]:
    sheet = load_workbook(path, data_only=True)["表5 核查"]
    return {row[0]: row[5] for row in sheet.iter_rows(min_row=4, max_row=7, values_only=True)}


def test_checks_between_the_tables(toy: StudyResult, hand: StudyResult, tmp_path: Path) -> None:
    write_provincial(tmp_path / "toy.xlsx", toy)
    assert set(outcomes(tmp_path / "toy.xlsx").values()) == {"一致 ok"}
    write_provincial(tmp_path / "hand.xlsx", hand, basis="location")
    found = outcomes(tmp_path / "hand.xlsx")
    assert found.pop("账户总量") == "不符 misfit", "the stated total of 1 t is not that of the rows"
    assert set(found.values()) == {"一致 ok"}


def test_toy_city_total_is_scope_1(toy: StudyResult, tmp_path: Path) -> None:
    write_provincial(tmp_path / "a.xlsx", toy)
    rows = table_1(tmp_path / "a.xlsx")
    apart = sum(row[10] or 0.0 for code, row in rows.items() if code in ("N1", "Nsink", "S1"))
    account = toy.tables["emissions_co2e"].filter(pl.col("scope").is_in(["1", "sink"]) & (pl.col("gas") == "CO2e"))
    assert rows["总量（包括土地利用变化和林业）"][10] + apart == pytest.approx(account["value"].sum() / 1e4, rel=1e-9)


def test_choices_are_asked_for_and_never_guessed(hand: StudyResult) -> None:
    with pytest.raises(InputError) as caught:
        provincial_content(hand)
    assert caught.value.problems[0].where.item == "basis"
    assert "location, market" in caught.value.problems[0].expected()
    with pytest.raises(InputError):
        provincial_content(hand, time="2019", basis="location")
    assert provincial_content(hand, basis="market").rows.filter(pl.col("line") == "M.2")["mass"].sum() == 30_000.0


def test_a_study_without_the_view_is_told_how_to_name_it(toy: StudyResult) -> None:
    tables = {name: frame for name, frame in toy.tables.items() if not name.startswith("view")}
    with pytest.raises(InputError, match="view_missing") as caught:
        provincial_content(replace(toy, tables=tables))
    assert "views: [{to: provincial}]" in caught.value.problems[0].fix()


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "@SUM(1)", '=HYPERLINK("http://x")', '"&A1&"', "*"])
def test_no_formula_comes_from_input_text(hand: StudyResult, tmp_path: Path, text: str) -> None:
    rows = hand.tables["view_gases"].with_columns(
        pl.when(pl.col("activity") == "diesel").then(pl.lit(text)).otherwise(pl.col("activity")).alias("activity")
    )
    path = tmp_path / "a.xlsx"
    write_provincial(path, replace(hand, tables={**hand.tables, "view_gases": rows}), basis="location")
    for sheet in load_workbook(path):
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert text == "*" or text not in cell.value
                    assert cell.value.startswith(("=SUM(", "=SUMIF(", "='", "=F", "=J", "=1.96", "=IF(ABS(", "=("))
    shown = load_workbook(path, data_only=True)["表2 能源活动"]
    mine = next(row for row in shown.iter_rows(min_row=4, values_only=True) if row[1] == text)
    assert mine[7] == pytest.approx(0.5), "a name of signs is found like any other"


def test_same_result_gives_the_same_bytes(toy: StudyResult, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_provincial(tmp_path / f"{name}.xlsx", toy)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_another_ending_is_refused(toy: StudyResult, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="file_kind_unknown"):
        write_provincial(tmp_path / "a.csv", toy)


def recomputed(path: Path, folder: Path) -> Path:
    """Let LibreOffice compute a workbook whose stored values are taken away first."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice is not here")
    bare = folder / "bare.xlsx"
    load_workbook(path).save(bare)
    out = folder / "out"
    command = [program, "--headless", f"-env:UserInstallation=file://{folder / 'profile'}", "--convert-to",
               "xlsx:Calc MS Excel 2007 XML", "--outdir", str(out), str(bare)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return out / "bare.xlsx"


def test_libreoffice_computes_every_stored_value(toy: StudyResult, hand: StudyResult, tmp_path: Path) -> None:
    """Formulas of the text ``#VALUE!`` or sums that miss rows would show here."""
    for name, result in (("toy", toy), ("hand", hand)):
        folder = tmp_path / name
        folder.mkdir()
        path = folder / "a.xlsx"
        write_provincial(path, result, basis="location")
        live, stored = load_workbook(path), load_workbook(path, data_only=True)
        computed = load_workbook(recomputed(path, folder), data_only=True)
        formulas = 0
        for sheet in live:
            for row in sheet.iter_rows():
                for cell in (cell for cell in row if cell.data_type == "f"):
                    formulas += 1
                    mine, theirs = (book[sheet.title][cell.coordinate].value for book in (stored, computed))
                    wanted = mine if isinstance(mine, str) else pytest.approx(mine, rel=1e-12, abs=1e-15)
                    assert theirs == wanted, f"{sheet.title} {cell.coordinate} {cell.value}"
        assert formulas > 60
        assert not [
            cell for sheet in computed for row in sheet.iter_rows() for cell in row if str(cell.value).startswith("#")
        ]
