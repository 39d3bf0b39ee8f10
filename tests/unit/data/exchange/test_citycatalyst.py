"""CityCatalyst's csv: what is mapped, what is refused with its row, and a round trip."""

from __future__ import annotations

from pathlib import Path

import pytest

from citycarbon.core.errors import InputError
from citycarbon.data.exchange.citycatalyst import HEADERS, read_citycatalyst, write_citycatalyst

HEAD = ",".join(HEADERS)
FUEL = "u1,I.1.1,Residential buildings,,7.45,t CO2e,Gas,10,TJ,,,,kg/TJ,2000,2800,2650,s1,Statistics"
NONE = "N/A,I.7.1,Fugitive emissions,RN,,t CO2e,,,,,,,,,,,,"
SINK = "N/A,V.2,Land,,-12,t CO2e,,,,,,,,-12000,,,s2,Map"


def file(folder: Path, *lines: str, name: str = "inventory-XX_ABC-2022.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([HEAD, *lines]) + "\n", "utf-8")
    return path


def test_a_file_becomes_records(tmp_path: Path) -> None:
    records, report = read_citycatalyst(file(tmp_path, FUEL, NONE, SINK), notation={"RN": "NO"})
    first, second, third = records.to_polars().iter_rows(named=True)
    assert (first["place"], first["inventory_year"], first["gpc_number"]) == ("XX_ABC", 2022, "I.1.1")
    assert (first["emission_co2e"], first["emission_ch4"], first["gas_unit"]) == (7.45, 2800.0, "kg CO2e")
    assert (first["activity_value"], first["activity_unit"], first["source_id"]) == (10.0, "TJ", "s1")
    assert (second["notation"], second["emission_co2e"]) == ("NO", None)
    assert third["emission_co2e"] == -12.0
    assert [row["provenance_id"] for row in (first, second, third)] == [
        f"inventory-XX_ABC-2022.csv:{n}" for n in (2, 3, 4)
    ]
    assert (report.rows, report.records, report.refused) == (3, 3, ())
    assert {use.field for use in report.columns} == set(HEADERS.values())
    values = {(use.column, use.found): (use.became, use.count) for use in report.values}
    assert values["Notation Key", "RN"] == ("NO", 1)
    assert values["gas columns", "sum closes"] == ("kg CO2e", 2)
    assert values["GPC Reference Number", "V.2"] == ("V.2", 1)
    assert values["Data source name", "Statistics"] == ("Statistics", 1)


def test_refused_rows_are_named_and_left_out_and_by_default_raise(tmp_path: Path) -> None:
    path = file(
        tmp_path, FUEL, NONE, FUEL.replace("I.1.1", "I.63"), FUEL.replace(",7.45,", ",many,"),
        FUEL.replace("buildings,,", "buildings,NO,"), "N/A,I.8.1,Oil,,,t CO2e,,,,,,,,,,,,", FUEL.replace("t CO2e", "kt"),
    )  # fmt: skip
    records, report = read_citycatalyst(path, strict=False)
    assert records.to_polars()["provenance_id"].to_list() == [f"{path.name}:2"]
    found = {problem.code: problem.where.rows for problem in report.refused}
    assert found == {
        "notation_unknown": (3,), "gpc_unknown": (4,), "value_not_number": (5,), "notation_wrong": (6,), "number_missing": (7,),
        "value_not_listed": (8,),
    }  # fmt: skip
    with pytest.raises(InputError) as caught:
        read_citycatalyst(path)
    assert {each.code for each in caught.value.problems} == set(found)
    text = caught.value.text("en")
    assert "reason-NO | reason-NE" in text
    assert "I.6.3" in text


def test_an_unknown_number_without_figures_is_told_and_kept(tmp_path: Path) -> None:
    records, report = read_citycatalyst(file(tmp_path, FUEL, "N/A,II.5.3,Off-road,NE,,t CO2e,,,,,,,,,,,,"))
    assert records.to_polars()["gpc_number"].to_list() == ["I.1.1", "II.5.3"]
    assert [(note.id, note.rows) for note in report.notes if note.id == "outside_gpc"] == [("outside_gpc", (3,))]


def test_notes_name_open_gases_doubled_and_negative_rows(tmp_path: Path) -> None:
    odd = FUEL.replace("7.45", "100")
    _, report = read_citycatalyst(file(tmp_path, FUEL, FUEL, odd, SINK.replace("V.2", "I.3.1")))
    found = {note.id: note.rows for note in report.notes}
    assert found["gases_open"] == (4,)
    assert found["doubled"] == (2, 3)
    assert found["negative"] == (5,)


def test_a_meaning_that_is_no_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="value_not_listed"):
        read_citycatalyst(file(tmp_path, NONE), notation={"RN": "XX"})


def test_place_and_year_must_come_from_somewhere(tmp_path: Path) -> None:
    path = file(tmp_path, FUEL, name="my city.csv")
    with pytest.raises(InputError, match="value_empty"):
        read_citycatalyst(path)
    records, _ = read_citycatalyst(path, place="city", year=2020)
    assert records.to_polars().select("place", "inventory_year").row(0) == ("city", 2020)


def test_gbk_and_lacking_columns(tmp_path: Path) -> None:
    path = tmp_path / "inventory-城市-2022.csv"
    line = FUEL.replace("Residential buildings", "居住建筑能耗").replace("Statistics", "统计年鉴")
    path.write_bytes("\n".join([HEAD, line]).encode("gbk"))
    records, _ = read_citycatalyst(path)
    assert records.to_polars().select("place", "crf_subsector").row(0) == ("城市", "居住建筑能耗")
    short = tmp_path / "inventory-A-2022.csv"
    short.write_text("GPC Reference Number,Total Emissions\nI.1.1,5\n")
    with pytest.raises(InputError) as caught:
        read_citycatalyst(short)
    assert {problem.where.column for problem in caught.value.problems} == {
        "Subsector name",
        "Total Emission Units",
        "Notation Key",
    }


def test_written_and_read_again_the_records_are_equal(tmp_path: Path) -> None:
    records, _ = read_citycatalyst(file(tmp_path, FUEL, NONE, SINK), notation={"RN": "NO"})
    out = tmp_path / "inventory-XX_ABC-2022.csv"
    write_citycatalyst(out, records)
    again, report = read_citycatalyst(out)
    assert again.to_polars().equals(records.to_polars())
    assert report.refused == ()


def test_text_that_looks_like_a_formula_is_disarmed_in_csv(tmp_path: Path) -> None:
    records, _ = read_citycatalyst(file(tmp_path, FUEL.replace("Statistics", "'=1+1")))
    out = tmp_path / "out.csv"
    write_citycatalyst(out, type(records)(records.to_polars().with_columns(activity_source=None).with_columns(
        activity_source=records.to_polars()["activity_source"].str.replace("'", ""))))  # fmt: skip
    assert "'=1+1" in out.read_text("utf-8-sig")
