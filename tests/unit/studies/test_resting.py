"""What a total rests on, and the refusal of figures that are too weak: in a result, in a study and in a single call."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, InputError
from citycarbon.core.tables import ActivityTable, EmissionTable
from citycarbon.studies import service
from citycarbon.studies.assemble import run_to_result
from citycarbon.studies.checks.resting import recalled_share, refuse_weak, resting
from citycarbon.studies.run import execute

STUDY = """citycarbon: 1
id: tiny
title: {en: Tiny, zh: 小}
gwp: AR6-GWP100
steps:
  - id: fuels
    method: inventory.accounting.combustion
    tables: {activity: fuels.csv, factors: {editions: [cn-2008]}}
account: [fuels]
"""
FUELS = """place,time,sector,activity,value,unit
江苏,2022,homes,natural_gas,100000,m3
江苏,2022,homes,raw_coal,10,t
江苏,2022,industry,raw_coal,20,t
江苏,2022,industry,diesel,30,t
"""
MARKS = {"a": "verified", "b": "secondary", "c": "recalled-80", "d": "remark"}


def emissions(*rows: tuple[str | None, float], **more: object) -> pl.DataFrame:
    """Rows of one place and year: factor id and tonnes."""
    frame = pl.DataFrame(rows, schema={"factor_id": pl.String, "value": pl.Float64}, orient="row")
    fixed = {"place": "A", "time": "2020", "sector": "s", "activity": "x", "scope": "1", "gas": "CO2e", "unit": "t"}
    signs = pl.when(pl.col("value") < 0).then(pl.lit("removal")).otherwise(pl.lit("emission")).alias("flow")
    given = {name: pl.lit(value).alias(name) for name, value in {**fixed, **more}.items()}
    return EmissionTable(frame.with_columns(signs, *given.values())).to_polars()


def factors() -> pl.DataFrame:
    rows = [(name, mark, "mine") for name, mark in MARKS.items()]
    return pl.DataFrame(rows, schema=["factor_id", "quality", "edition"], orient="row")


NOTHING = ActivityTable(
    pl.DataFrame({"place": ["A"], "time": "2020", "sector": "s", "activity": "y", "value": 1.0, "unit": "t"})
).to_polars()


def shares(rows: pl.DataFrame, activity: pl.DataFrame = NOTHING, scopes: str = "scope_1_2_3") -> dict[str, float]:
    return dict(resting(rows, factors(), activity, scopes).select("class", "share").iter_rows())


def test_a_row_counts_by_the_weakest_of_its_figures() -> None:
    """a verified, b secondary, c recalled, d without a mark; 10 t of each chain and 10 t without a factor."""
    rows = emissions(("a", 10), ("a*b", 10), ("b*c*a", 10), ("a*d@0.25", 10), (None, 10))
    assert shares(rows) == pytest.approx(
        {"verified": 0.2, "secondary": 0.2, "recalled": 0.2, "unmarked": 0.2, "no factor": 0.2}
    )


def test_a_sink_counts_with_its_size() -> None:
    rows = pl.concat([emissions(("a", 30)), emissions(("c", -10), scope="sink")])
    assert shares(rows, scopes="scope_1_2_3_sinks") == pytest.approx({"verified": 0.75, "recalled": 0.25})
    assert shares(rows) == pytest.approx({"verified": 1.0})


def test_rows_of_every_basis_count_in_each_and_the_memo_in_none() -> None:
    """Location 10 recalled beside 30 on the spot, market 70 secondary: 25 % and none; biogenic CO2 is no part of the total."""
    rows = pl.concat([
        emissions(("a", 30)), emissions(("c", 10), basis="location", scope="2"),
        emissions(("b", 70), basis="market", scope="2"), emissions(("c", 500), gas="CO2-biogenic"),
    ])  # fmt: skip
    made = resting(rows, factors(), NOTHING, "scope_1_2_3")
    recalled = made.filter(pl.col("class") == "recalled").select("basis", "share").rows()
    assert recalled == [("location", pytest.approx(0.25))]
    check = recalled_share(made)
    assert check is not None
    assert (check.id, check.severity, check.value) == ("factor.recalled_share", "caveat", pytest.approx(25.0))
    assert "0.0–25.0 %" in check.text[0]
    assert "0.0–25.0%" in check.text[1]


def test_a_recalled_intensity_behind_the_activity_makes_the_row_weak() -> None:
    """Floor by an intensity from memory, then a verified factor: the emission rests on the memory."""
    made_with = NOTHING.with_columns(
        pl.lit("x").alias("activity"), pl.lit("recalled 85 % (gbt51161_2016)").alias("quality")
    )
    assert shares(emissions(("a", 10)), made_with) == pytest.approx({"recalled": 1.0})
    own = made_with.with_columns(pl.lit("M estimate").alias("quality"))
    assert shares(emissions(("a", 10)), own) == pytest.approx({"verified": 1.0})


def test_nothing_recalled_is_no_caveat() -> None:
    assert recalled_share(resting(emissions(("a", 1)), factors(), NOTHING, "scope_1_2_3")) is None
    tiny = recalled_share(resting(emissions(("a", 1e6), ("c", 1)), factors(), NOTHING, "scope_1_2_3"))
    assert tiny is not None
    assert tiny.text[0].startswith("<0.1 %")


def test_every_weak_figure_is_refused_at_once_with_its_rows() -> None:
    rows = emissions(("a*b", 1), ("b*c", 1), ("d", 1), (None, 1), ("gone", 1))
    rows = rows.with_columns(pl.Series("provenance_id", [f"fuel.csv:{n}" for n in (2, 3, 4, 5, 6)]))
    with pytest.raises(CoverageError) as caught:
        refuse_weak(rows, factors(), NOTHING, "at least secondary", "study.yaml")
    found = [
        (each.code, each.where.item, each.where.file, each.where.rows, each.found) for each in caught.value.problems
    ]
    assert found == [
        ("figure_weak", "c", "fuel.csv", (3,), "recalled-80"), ("figure_weak", "d", "fuel.csv", (4,), "remark"),
        ("figure_weak", "gone", "fuel.csv", (6,), "—"),
    ]  # fmt: skip
    refuse_weak(rows.head(2), factors(), NOTHING, "at least recalled-80", None)
    with pytest.raises(CoverageError):
        refuse_weak(rows.head(2), factors(), NOTHING, "at least recalled-81", None)


def test_a_weak_intensity_is_refused_too() -> None:
    weak = NOTHING.with_columns(
        pl.lit("recalled 80 % (thuberc2022)").alias("quality"), pl.lit("area.csv:7").alias("provenance_id")
    )
    with pytest.raises(CoverageError) as caught:
        refuse_weak(emissions(("a", 1)), factors(), weak, "at least secondary", None)
    (problem,) = caught.value.problems
    assert (problem.where.file, problem.where.rows, problem.where.column) == ("area.csv", (7,), "quality")


def study(folder: Path, demand: str = "") -> Path:
    (folder / "study.yaml").write_text(STUDY + demand, "utf-8")
    (folder / "fuels.csv").write_text(FUELS, "utf-8")
    return folder


def test_a_study_says_how_much_rests_on_memory(tmp_path: Path) -> None:
    """By hand: of 37.4 t of raw coal, diesel and gas only coal has recalled figures (26.37 t C/TJ and 0.94)."""
    result = run_to_result(execute(study(tmp_path)))
    coal = 30 * 20.908 * 26.37e-3 * 0.94 * 44 / 12
    whole = sum(row["value"] for row in result.meta["totals"])
    (check,) = [each for each in result.checks if each.id == "factor.recalled_share"]
    assert check.value == pytest.approx(100 * coal / whole, rel=1e-9)
    assert f"{100 * coal / whole:.1f} %" in check.text[0]
    table = result.tables["quality"]
    assert table.columns == ["time", "scenario", "basis", "class", "value", "unit", "share", "rows"]
    assert dict(table.select("class", "rows").iter_rows()) == {"secondary": 2, "recalled": 2}


def test_a_study_can_refuse_what_is_too_weak(tmp_path: Path) -> None:
    with pytest.raises(CoverageError) as caught:
        service.validate(study(tmp_path, "quality: at least secondary\n"))
    found = [(each.code, each.where.file, each.where.rows, each.where.item) for each in caught.value.problems]
    assert found == [
        ("figure_weak", "fuels.csv", (3, 4), "provincial-guideline-2011.cc.raw_coal"),
        ("figure_weak", "fuels.csv", (3, 4), "provincial-guideline-2011.of.raw_coal"),
    ]  # fmt: skip
    for lang in ("en", "zh"):
        text = caught.value.problems[0].text(lang)
        assert "provincial-guideline-2011.cc.raw_coal" in text
        assert "at least secondary" in text
    service.validate(study(tmp_path, "quality: at least recalled-50\n"))


def test_a_demand_that_is_no_mark_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        service.validate(study(tmp_path, "quality: good\n"))
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.item, problem.where.rows) == ("parameter_wrong", "quality", (10,))


def test_a_single_call_refuses_and_tells(tmp_path: Path) -> None:
    (tmp_path / "fuels.csv").write_text(FUELS, "utf-8")
    tables = {"activity": str(tmp_path / "fuels.csv")}
    with pytest.raises(CoverageError) as caught:
        service.call("inventory.accounting.combustion", tables, {}, quality="at least secondary")
    assert {each.code for each in caught.value.problems} == {"figure_weak"}
    _, made, _ = service.call("inventory.accounting.combustion", tables, {}, quality="at least recalled-50")
    assert isinstance(made, EmissionTable)
    coal, whole = 30 * 20.908 * 26.37e-3 * 0.94 * 44 / 12, made.to_polars()["value"].sum()
    assert service.recalled_shares(made) == {"CO2": f"{100 * coal / whole:.1f}"}
    with pytest.raises(InputError):
        service.call("inventory.accounting.combustion", tables, {}, quality="fine")
