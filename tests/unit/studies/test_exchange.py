"""Exporting results for another tool: sectors of the city's own list, alternatives, and nothing lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.results import StudyResult
from citycarbon.core.tables import ActivityTable, EmissionTable, FactorTable
from citycarbon.data.exchange.ecrf.reading import read_ecrf
from citycarbon.data.results import write_result
from citycarbon.studies import exchange

ROWS: list[dict[str, Any]] = [
    {"sector": "buildings.commercial", "scope": "1", "value": 10.0, "basis": "all", "provenance_id": "f.csv:2"},
    {"sector": "buildings.public", "scope": "1", "value": 4.0, "basis": "all", "provenance_id": "f.csv:3"},
    {"sector": "buildings.residential", "scope": "2", "value": 3.0, "basis": "location", "provenance_id": "f.csv:4"},
    {"sector": "buildings.residential", "scope": "2", "value": 7.0, "basis": "market", "provenance_id": "f.csv:4"},
    {
        "sector": "land.forest",
        "scope": "1",
        "value": -2.0,
        "basis": "all",
        "provenance_id": "f.csv:5",
        "flow": "removal",
    },
]


def results(folder: Path, rows: list[dict[str, Any]] | None = None, **columns: Any) -> Path:
    base = {
        "place": "A",
        "time": "2022",
        "activity": "energy",
        "gas": "CO2",
        "unit": "t",
        "flow": "emission",
        **columns,
    }
    frame = EmissionTable(pl.DataFrame([{**base, **row} for row in rows or ROWS])).to_polars()
    empty = {kind: kind.trusted(frame_of(kind)).to_polars() for kind in (ActivityTable, FactorTable)}
    tables = {"emissions": frame, "activity": empty[ActivityTable], "factors": empty[FactorTable]}
    meta = {"citycarbon": "0", "title": {"en": "Town", "zh": "镇"}, "gwp": "AR6-GWP100"}
    target = folder / "results"
    target.mkdir()
    write_result(StudyResult(meta, tables), target)
    return target


def frame_of(kind: Any) -> Any:
    import narwhals as nw

    kinds = {"number": pl.Float64, "year": pl.Int64}
    schema = {column.name: kinds.get(column.kind, pl.String) for column in kind.columns}
    return nw.from_native(pl.DataFrame(schema=schema))


def test_the_citys_own_list_is_regrouped_and_institutional_buildings_are_told_apart(tmp_path: Path) -> None:
    out = tmp_path / "a.xlsx"
    made = exchange.export(results(tmp_path), "ecrf", out)
    assert (made.records, made.total, made.without_number, made.scenario) == (4, 15.0, 0.0, "observed")
    metadata, records, summary, report = read_ecrf(out)
    assert metadata["Name of city"] == "Town"
    assert metadata["Inventory year"] == "2022"
    assert report.refused == ()
    rows = records.to_polars()
    assert rows.select("gpc_number", "emission_co2e").rows() == [
        ("I.1.2", 3.0),
        ("I.2.1", 10.0),
        ("I.2.1", 4.0),
        ("V.2", -2.0),
    ]
    direct = dict(summary.to_polars().select("summary_row", "direct").iter_rows())
    assert direct["Stationary energy > Commercial buildings & facilities"] == 10.0
    assert direct["Stationary energy > Institutional buildings & facilities"] == 4.0
    assert direct["Total AFOLU"] == -2.0


def test_the_other_basis_and_places(tmp_path: Path) -> None:
    rows = [{**row, "place": "B" if row["provenance_id"] == "f.csv:3" else "A"} for row in ROWS]
    made = exchange.export(results(tmp_path, rows), "citycatalyst", tmp_path / "a.csv", basis="market")
    assert made.total == 19.0
    _, records, _, _ = read_ecrf(_ecrf(tmp_path))
    assert sorted(set(records.to_polars()["activity_description"])) == ["A", "B"]


def _ecrf(folder: Path) -> Path:
    exchange.export(folder / "results", "ecrf", folder / "b.xlsx")
    return folder / "b.xlsx"


def test_alternatives_that_are_not_there_and_unknown_formats_are_refused(tmp_path: Path) -> None:
    folder = results(tmp_path)
    for words in ({"scenario": "plan"}, {"basis": "consumption"}):
        with pytest.raises(InputError, match="value_not_listed"):
            exchange.export(folder, "ecrf", tmp_path / "a.xlsx", **words)
    with pytest.raises(InputError, match="exchange_unknown"):
        exchange.export(folder, "ciris", tmp_path / "a.xlsx")
    with pytest.raises(InputError, match="sector_unknown"):
        exchange.export(folder, "ecrf", tmp_path / "a.xlsx", classification="gpc")
    assert not (tmp_path / "a.xlsx").exists()


def test_own_sectors_need_an_own_crosswalk_and_the_rest_stays_visible(tmp_path: Path) -> None:
    rows = [{**ROWS[0], "sector": "works"}, {**ROWS[1], "sector": "homes"}]
    crosswalk = tmp_path / "crosswalk.csv"
    crosswalk.write_text("code,target,share\nworks,I.3.1,1\n")
    made = exchange.export(results(tmp_path, rows), "ecrf", tmp_path / "a.xlsx", crosswalk=crosswalk)
    assert (made.total, made.without_number) == (14.0, 4.0)
    _, _, summary, _ = read_ecrf(tmp_path / "a.xlsx")
    direct = dict(summary.to_polars().select("summary_row", "direct").iter_rows())
    assert direct["Total Stationary Energy"] == 10.0
    assert direct["Not in the total > Without a GPC number"] == 4.0
