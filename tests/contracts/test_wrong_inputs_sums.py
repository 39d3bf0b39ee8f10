"""Years beside their months, and what else is no part of one whole, in studies and calls: no number comes of it."""

from __future__ import annotations

import pytest

from citycarbon.interfaces.command import main

HEAD = "place,time,sector,activity,value,unit\n"
MIXED = (
    HEAD
    + "d1,2022-01,homes,electricity,10,MWh\nd1,2022-02,homes,electricity,20,MWh\nd1,2022,homes,electricity,30,MWh\n"
)
MONTHS = HEAD + "d1,2022-01,homes,electricity,10,MWh\nd1,2022-02,homes,electricity,20,MWh\n"
STUDY = """citycarbon: 1
id: s
title: {en: "F", zh: "浮"}
gwp: AR6-GWP100
places: places.csv
steps:
  - id: el
    method: inventory.accounting.electricity
    tables: {activity: act.csv, factors: {editions: [mee-average-2022]}}
account: [el]
"""
PLACES = "place,parent,level,region,name_zh,name_en\ncity,,city,江苏,城,City\nd1,city,district,,甲,D1\n"
ROWS = "place,time,sector,activity,scope,gas,scenario,basis,value,unit,metric\n"
ROW = "d1,{time},homes,gas,1,CO2e,{scenario},{basis},{value},t,{metric}\n"
USUAL = {"time": "2022", "scenario": "observed", "basis": "all", "value": "10", "metric": "AR6-GWP100"}


@pytest.fixture
def said(capsys, tmp_path, monkeypatch):
    """Run a command in an empty folder; give its code and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITYCARBON_LANG", "en")

    def run(*words: str) -> tuple[int, str]:
        code = main(list(words))
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


def study(folder, rows: str):
    folder.mkdir()
    (folder / "study.yaml").write_text(STUDY, "utf-8")
    (folder / "places.csv").write_text(PLACES, "utf-8")
    (folder / "act.csv").write_text(rows, "utf-8")
    return str(folder)


def test_a_study_does_not_add_a_year_to_its_months(said, tmp_path):
    mixed = study(tmp_path / "mixed", MIXED)
    code, text = said("run", mixed, "--out", "r")
    assert (code, "sum_parent_child" in text, "CO2e" in text) == (2, True, False)
    assert "2022 ⊃ 2022-01" in text
    code, text = said("validate", mixed)
    assert (code, "sum_parent_child" in text) == (2, True)


def test_months_alone_stay_months(said, tmp_path):
    code, text = said("run", study(tmp_path / "months", MONTHS), "--out", "r")
    assert code == 0
    assert "2022-02" in text
    assert "17.9" in text, "5.978 and 11.96 t in all"


@pytest.mark.parametrize(
    "change",
    [{"time": "2022-01"}, {"scenario": "low"}, {"basis": "market"}, {"metric": "AR5-GWP100"}],
    ids=["month", "scenario", "basis", "metric"],
)
@pytest.mark.parametrize(
    "words",
    [
        ("inventory.accounting.time_series",),
        ("strategy.projection.stocks.inventory_paths", "--year", "2022"),
        ("inventory.accounting.gpc_totals",),
        ("inventory.accounting.completeness", "--expected", "wanted.csv"),
    ],
    ids=["time_series", "inventory_paths", "gpc_totals", "completeness"],
)
def test_a_call_adds_only_parts(said, tmp_path, words, change):
    first = USUAL | ({"basis": "location"} if "basis" in change else {})
    rows = ROWS + ROW.format(**first) + ROW.format(**USUAL | change | {"value": "4"})
    (tmp_path / "em.csv").write_text(rows, "utf-8")
    (tmp_path / "wanted.csv").write_text("code\nhomes\n", "utf-8")
    code, text = said("call", *words, "--emissions", "em.csv")
    kept_apart = {
        ("time_series", "scenario"),
        ("gpc_totals", "scenario"),
        ("inventory_paths", "basis"),
        ("completeness", "basis"),
    }
    name, what = words[0].rpartition(".")[2], next(iter(change))
    if (name, what) in kept_apart:
        assert "14.0" not in text
    else:
        assert code == 2, text
        assert "double_count" in text or "sum_" in text or "sector" in text
