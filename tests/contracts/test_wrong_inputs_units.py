"""Units and factors that were wrong without a word: each case as a person's files, and the right figure or refusal."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from citycarbon.core.errors import InputError, UnitError
from citycarbon.core.tables import ActivityTable, FactorTable, Table
from citycarbon.core.units import conversion, parse
from citycarbon.core.units.quantities import QUANTITIES, factor_problems, of, share_columns
from citycarbon.data.library import shipped_library, shipped_rows
from citycarbon.data.readers import read_table
from citycarbon.interfaces.command import main
from citycarbon.inventory.accounting.electricity import electricity
from citycarbon.inventory.accounting.reported.time_series import time_series
from citycarbon.inventory.sectors.standard_coal import standard_coal
from citycarbon.studies.catalogue import methods

OWN = "factor_id,quantity,activity,gas,region,value,unit,source\n"
DIESEL = "place,time,sector,activity,value,unit\nA,2022,industry,diesel,100,t\n"
CHAIN = OWN + "a,net_calorific_value,diesel,,CN,42652,kJ/kg,lab\nb,carbon_content,diesel,,CN,20.20,t/TJ,lab\n"


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Call a method on files that are written first; give the exit code and all that was said."""
    monkeypatch.chdir(tmp_path)

    def run(method: str, files: dict[str, str], *words: str) -> tuple[int, str]:
        for name, text in files.items():
            Path(name).write_text(text, "utf-8")
        code = main(["call", method, *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def combustion(call, own: str, activity: str = DIESEL) -> tuple[int, str]:
    words = ("--activity", "act.csv", "--user-factors", "own.csv", "--factors", "library:own", "--region", "CN")
    return call("inventory.accounting.combustion", {"act.csv": activity, "own.csv": own}, *words)


# Factors that are shares


@pytest.mark.parametrize(("value", "unit"), [("98", "%"), ("0.98", "1"), ("980", "‰"), ("98", "％")])
def test_an_oxidation_factor_in_per_cent_and_as_a_number_are_one_figure(call, value, unit):
    code, said = combustion(call, f"{CHAIN}c,oxidation_factor,diesel,,CN,{value},{unit},lab\n")
    assert code == 0
    assert "309.591 t CO2" in said


@pytest.mark.parametrize(("value", "unit"), [("98", "1"), ("1.2", "1"), ("120", "%"), ("-0.1", "1"), ("98", "kg/kg")])
def test_a_share_beyond_its_bounds_is_refused_in_the_users_file(call, value, unit):
    code, said = combustion(call, f"{CHAIN}c,oxidation_factor,diesel,,CN,{value},{unit},lab\n")
    assert code != 0
    assert "share_out_of_range" in said
    assert re.search(r"own\.csv, row 4", said)
    assert "98 with unit %" in said


def test_a_leak_rate_of_five_per_cent_of_600_kg_is_30_kg(call):
    cool = "place,time,sector,activity,charge,leak_rate,end_of_life,recovery,equipment\nCN,2022,b,HFC-134a,600,,,,chiller\n"
    files = {"cool.csv": cool, "leak.csv": OWN + "l,leak_rate,chiller,,CN,5,%,maker\n"}
    words = ("--charges", "cool.csv", "--user-factors", "leak.csv", "--factors", "library:leak")
    code, said = call("inventory.accounting.refrigerant", files, *words)
    assert (code, "0.03 t HFC-134a" in said) == (0, True)


def test_a_leak_rate_of_switchgear_of_2_6_per_cent_of_1000_kg_is_26_kg(call):
    head = "place,time,sector,activity,charge,leak_rate,end_of_life,recovery,filled,filling_loss\n"
    gear = head + "CN,2020,product_use.electrical_equipment,closed_pressure_equipment,1000,,,,,\n"
    files = {"sw.csv": gear, "sf6.csv": OWN + "l,leak_rate,closed_pressure_equipment,SF6,CN,2.6,%,maker\n"}
    words = ("--installations", "sw.csv", "--user-factors", "sf6.csv", "--factors", "library:sf6")
    code, said = call("inventory.accounting.electrical_equipment", files, *words)
    assert (code, "0.026 t SF6" in said) == (0, True)


def test_a_study_takes_the_same_file_by_the_same_rule(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "st").mkdir()
    (tmp_path / "st/act.csv").write_text(DIESEL, "utf-8")
    (tmp_path / "st/study.yaml").write_text(
        "citycarbon: 1\nid: s\ntitle: {en: F, zh: 浮}\ngwp: AR6-GWP100\nfactors: [{file: own.csv, edition: mine}]\n"
        "steps:\n  - id: f\n    method: inventory.accounting.combustion\n"
        "    tables: {activity: act.csv, factors: {editions: [mine]}}\naccount: [f]\n",
        "utf-8",
    )
    (tmp_path / "st/own.csv").write_text(CHAIN + "c,oxidation_factor,diesel,,CN,98,%,lab\n", "utf-8")
    assert main(["run", "st", "--out", "r"]) == 0
    assert "309.591" in capsys.readouterr().out
    (tmp_path / "st/own.csv").write_text(CHAIN + "c,oxidation_factor,diesel,,CN,98,1,lab\n", "utf-8")
    assert main(["validate", "st"]) != 0
    assert "share_out_of_range" in "".join(capsys.readouterr())


def row(quantity: str, value: float, unit: str, activity: str = "x") -> pl.DataFrame:
    frame = {"quantity": [quantity], "activity": [activity], "gas": ["CO2"], "value": [value], "unit": [unit]}
    return pl.DataFrame(frame)


@pytest.mark.parametrize("name", sorted({each.name for each in QUANTITIES if each.kind in ("share", "rate")}))
def test_every_share_is_read_in_per_cent_and_held_to_its_bounds(name):
    named = {"landfill_parameter": "food_waste_doc", "wastewater_parameter": "domestic_wastewater_mcf"}.get(name, "x")
    made = FactorTable(row(name, 40.0, "%", named)).to_polars()
    if name not in ("landfill_parameter", "wastewater_parameter", "incineration_parameter"):
        # These three turn into the unit of the formula where they are looked up.
        assert made["value"][0] == pytest.approx(0.4)
        assert conversion(made["unit"][0], of(name)[0].unit) == 1.0
    for value, unit in ((40.0, of(name)[0].unit), (101.0, "%"), (-0.1, "%"), (1.5, of(name)[0].unit)):
        with pytest.raises(InputError) as caught:
            FactorTable(row(name, value, unit, named))
        assert caught.value.problems[0].code == "share_out_of_range"


def test_a_standard_deviation_goes_with_its_figure():
    frame = row("leak_rate", 5.0, "%").with_columns(sd=pl.lit(2.0))
    assert FactorTable(frame).to_polars().select("value", "sd", "unit").row(0) == (0.05, 0.02, "1/a")


@pytest.mark.parametrize(
    ("quantity", "value", "unit", "activity"),
    [("kiln_dust_factor", 102.0, "%", "cement_clinker"), ("rice_scaling_factor", 1.9, "1", "x"),
     ("wastewater_parameter", 1.5, "1", "non_consumed_protein_factor"), ("residue_ratio", 1.3, "kg/kg", "wheat_crop"),
     ("wastewater_parameter", 125.0, "%", "co_discharged_protein_factor"), ("stoichiometric_ratio", 1.1, "t/t", "x"),
     ("carbon_content", 0.0, "t/TJ", "hydrogen"), ("carbon_stock_flux", -3.9, "t/(ha*a)", "forest_land"),
     ("net_calorific_value", 5000.0, "kcal/kg", "raw_coal"), ("net_calorific_value", 35.5, "MJ/l", "diesel"),
     ("a_quantity_of_another_package", 7e9, "t/t", "x")],
)  # fmt: skip
def test_a_figure_that_may_pass_one_or_go_below_zero_is_taken(quantity, value, unit, activity):
    FactorTable(row(quantity, value, unit, activity))


@pytest.mark.parametrize(
    ("quantity", "value", "unit", "code"),
    [
        # A slip of a thousand, a wrong denominator, a sign.
        ("net_calorific_value", 42.652, "kJ/kg", "factor_out_of_range"),
        ("net_calorific_value", 42652.0, "MJ/kg", "factor_out_of_range"),
        ("net_calorific_value", 0.0, "kJ/kg", "factor_out_of_range"),
        ("net_calorific_value", -42652.0, "kJ/kg", "factor_out_of_range"),
        ("net_calorific_value", 42652.0, "kg/kJ", "unit_dimension"),
        ("net_calorific_value", 42652.0, "kJ", "unit_dimension"),
        ("carbon_content", 20.2, "t/GJ", "factor_out_of_range"),
        ("carbon_content", 0.0202, "t/TJ", "factor_out_of_range"),
        ("carbon_content", 0.87, "t/t", "unit_dimension"),
        ("carbon_content", 20.2, "tC/TJ", "unit_ambiguous"),
        ("oxidation_factor", 0.98, "t/t·a", "unit_dimension"),
        ("oxidation_factor", 0.98, "kg", "unit_dimension"),
        ("leak_rate", 5.0, "kg", "unit_dimension"),
        ("emission_factor", 570.3, "t/MWh", "factor_out_of_range"),
        ("emission_factor", -2.0, "t/MWh", "value_negative"),
        ("emission_factor", 2.66, "GJ/t", "unit_dimension"),
        ("emission_factor", 2.66, "t", "factor_unit"),
        ("emission_factor", -2.0, "t/t", "value_negative"),
        ("operating_margin", 941.9, "t/MWh", "factor_out_of_range"),
        ("operating_margin", 0.94, "t/t", "unit_dimension"),
        ("stoichiometric_ratio", 4.4, "t/t", "factor_out_of_range"),
        ("kiln_dust_factor", 0.02, "1", "factor_out_of_range"),
        ("standard_coal_coefficient", 714.3, "kgce/kg", "factor_out_of_range"),
        ("density", 0.67, "t/m3@20C", "factor_out_of_range"),
        ("methane_volume", 12.0, "m3/t", "unit_dimension"),
        ("enteric_factor", 88.1, "t/(head*a)", "factor_out_of_range"),
    ],
)
def test_a_figure_that_cannot_be_is_refused_at_every_door(quantity, value, unit, code, tmp_path):
    with pytest.raises(InputError) as caught:
        FactorTable(row(quantity, value, unit))
    assert code in [item.code for item in caught.value.problems]
    file = tmp_path / "own.csv"
    file.write_text(OWN + f"ok,emission_factor,y,CO2,CN,1,t/t,s\nf,{quantity},x,CO2,CN,{value},{unit},s\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_table(file, FactorTable)
    assert (code, (3,)) in [(item.code, item.where.rows) for item in caught.value.problems]


def test_the_shipped_library_keeps_every_bound_and_every_quantity_is_declared():
    rows = shipped_library().rows
    assert FactorTable(rows).to_polars().height == rows.height
    unknown = [name for name in rows["quantity"].unique().to_list() if not of(name)]
    assert unknown == ["equivalence"]
    # A pattern that fits no parameter would hold nothing.
    for name in ("landfill_parameter", "incineration_parameter", "wastewater_parameter"):
        for activity in rows.filter(pl.col("quantity") == name)["activity"].unique().to_list():
            fitting = [each for each in of(name) if not each.activity or re.search(each.activity, activity)]
            assert len(fitting) == 1, activity


def test_columns_of_tables_that_are_named_as_a_share_have_its_bounds():
    methods()

    def tables(kind: type[Table]) -> set[type[Table]]:
        return {kind}.union(*(tables(each) for each in kind.__subclasses__()))

    found = [
        (table.__name__, each) for table in tables(Table) for each in table.columns if each.name in share_columns()
    ]
    assert {each.name for _, each in found} >= {"leak_rate", "filling_loss"}
    for name, each in found:
        # Records of other programs are kept as they were printed; nothing is computed with them.
        assert (each.low, each.high) == (0, 1) or name == "RecordTable", (name, each.name)


def test_a_unit_that_nobody_knows_is_named_once(tmp_path):
    file = tmp_path / "own.csv"
    file.write_text(OWN + "f,net_calorific_value,x,,CN,5,kJ/bucket,s\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_table(file, FactorTable)
    assert [item.code for item in caught.value.problems] == ["unit_unknown"]
    assert (
        factor_problems(FactorTable(row("emission_factor", 1.0, "t/t")).rows, {}, caught.value.problems[0].where) == []
    )


# Names of units that mean another thing in this field


@pytest.mark.parametrize("unit", ["bbl", "barrel", "barrels", "桶"])
def test_a_thousand_barrels_of_oil_are_158_987_litres(call, unit):
    crude = f"place,time,sector,activity,value,unit\nA,2022,industry,crude_oil,1000,{unit}\n"
    code, said = combustion(call, OWN + "f,emission_factor,crude_oil,CO2,CN,2.7,kg/l,s\n", crude)
    assert (code, "429.266 t CO2" in said) == (0, True)


@pytest.mark.parametrize(
    ("value", "unit"), [("7000000", "kcal"), ("7", "Gcal"), ("7000", "Mcal"), ("700", "万千卡"), ("7", "百万千卡")]
)
def test_seven_million_kilocalories_are_one_tonne_of_coal_equivalent(value, unit):
    rows = pl.DataFrame(
        {"place": "A", "time": "2022", "sector": "s", "activity": "raw_coal", "value": [float(value)], "unit": unit}
    )
    made = standard_coal(ActivityTable(rows), shipped_library().choose(["cn-2008"])).to_polars()
    assert made["value"][0] == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("unit", "write"), [("gallon", "us_gallon"), ("MBtu", "MMBtu"), ("Mcf", "kcf"), ("tC", "44/12")]
)
def test_a_unit_of_two_sizes_is_refused_in_the_file_with_what_to_write(call, unit, write):
    crude = f"place,time,sector,activity,value,unit\nA,2022,industry,crude_oil,1000,{unit}\n"
    code, said = combustion(call, OWN + "f,emission_factor,crude_oil,CO2,CN,2.7,kg/l,s\n", crude)
    assert code != 0
    assert write in said
    assert re.search(r"act\.csv, row 2", said)


# Powers before every Chinese unit


@pytest.mark.parametrize(
    ("unit", "said_as"),
    [
        ("千吨标准煤", "26600 t CO2"),
        ("百万吨标准煤", "2.66e+07 t CO2"),
        ("千吨标煤", "26600 t CO2"),
        ("kgce", "0.0266 t CO2"),
    ],
)
def test_powers_stand_before_coal_equivalent(call, unit, said_as):
    coal = f"place,time,sector,activity,value,unit\nA,2022,industry,coal,10,{unit}\n"
    code, said = combustion(call, OWN + "f,emission_factor,coal,CO2,CN,2.66,t/tce,s\n", coal)
    assert (code, said.splitlines()[0]) == (0, said_as)


@pytest.mark.parametrize(
    ("unit", "target", "size"),
    [("10^4 t", "t", 1e4), ("10⁴t", "t", 1e4), ("10⁸kWh", "kWh", 1e8), ("10^4tce", "tce", 1e4), ("10⁴ m³", "m^3", 1e4),
     ("GJ/10^4Nm3", "GJ/Nm3", 1e-4), ("tCO2/10⁴元", "t/CNY", 1e-4), ("10^3 ha", "ha", 1e3), ("10²t", "t", 1e2)],
)  # fmt: skip
def test_powers_of_ten_are_read_as_tables_print_them(unit, target, size):
    assert conversion(unit, target) == pytest.approx(size)


def test_units_of_the_list_of_elements_are_known():
    """room-night, person-km and person-trip stand in the shipped list of elements."""
    for unit in shipped_rows("library/elements.csv")["unit"].drop_nulls().unique().to_list():
        parse(unit)
    assert (conversion("person-km", "pkm"), conversion("kg/room-night", "kg/间夜")) == (1.0, 1.0)


@pytest.mark.parametrize("unit", ["104t", "108kWh", "103 tce", "GJ/104Nm3", "1010t"])
def test_an_exponent_that_lost_its_place_is_refused(unit):
    with pytest.raises(UnitError) as caught:
        conversion(unit, "t")
    assert caught.value.problems[0].code == "unit_ambiguous"
    assert "10^" in caught.value.problems[0].expected("en")
    assert conversion("l/100km", "l/km") == 0.01


@pytest.mark.parametrize(
    "header",
    [
        "用电量（万千瓦时）",
        "用电量(10^4kWh)",
        "用电量（单位：万kWh）",
        "用电量[单位: 万度]",
        "用电量/万kWh",
        "value (unit: 1e4 kWh)",
    ],
)
def test_a_header_states_its_unit_in_every_usual_way(tmp_path, header):
    (tmp_path / "a.csv").write_text(f"地点,年份,部门,能源品种,{header}\nA,2022,s,电,3\n", "utf-8")
    rows = read_table(tmp_path / "a.csv", ActivityTable)[0].to_polars()
    assert rows["value"][0] * conversion(rows["unit"][0], "kWh") == pytest.approx(3e4)


# Electricity in coal equivalent


def used(activity: str, unit: str) -> ActivityTable:
    return ActivityTable(
        pl.DataFrame({"place": "江苏", "time": "2022", "sector": "s", "activity": activity, "value": [100.0], "unit": unit,
                      "provenance_id": "act.csv:2"})
    )  # fmt: skip


@pytest.mark.parametrize("unit", ["tce", "万吨标准煤", "kgce", "吨标煤", "toe", "万吨标准油"])
@pytest.mark.parametrize("activity", ["electricity", "electricity_contracted"])
def test_electricity_in_coal_equivalent_is_asked_for(activity, unit):
    with pytest.raises(UnitError) as caught:
        electricity(used(activity, unit), shipped_library().choose(["mee-average-2022"]))
    found = caught.value.problems[0]
    assert (found.code, found.where.rows, found.where.column) == ("carrier_in_coal", (2,), "unit")
    assert "当量" in found.expected("zh")


def test_electricity_at_calorific_value_is_taken_at_0_1229():
    factors = shipped_library().choose(["mee-average-2022"])
    plain = electricity(used("electricity", "MWh"), factors).to_polars()["value"][0]
    stated = electricity(used("electricity", "吨标准煤（当量值）"), factors).to_polars()["value"][0]
    assert stated / plain == pytest.approx(29.3076 / 3.6)


@pytest.mark.parametrize("activity", ["electricity", "heat"])
def test_no_method_turns_coal_equivalent_of_a_carrier_by_itself(activity):
    for make in (
        lambda: time_series(activity=used(activity, "tce"), energy_unit="GJ"),
        lambda: standard_coal(used(activity, "tce"), shipped_library().choose(["cn-2020"])),
    ):
        with pytest.raises(UnitError) as caught:
            make()
        assert caught.value.problems[0].code == "carrier_in_coal"
    assert time_series(activity=used(activity, "tce"), energy_unit="tce").to_polars()["value"].to_list() == [100.0]
    assert time_series(activity=used(activity, "GJ"), energy_unit="MJ").to_polars()["value"].to_list() == [1e5]


def test_a_factor_per_tce_serves_electricity_in_tce_and_no_other():
    factor = {
        "quantity": "emission_factor",
        "activity": "electricity",
        "gas": "CO2",
        "region": "CN",
        "value": [2.0],
        "unit": "t/tce",
    }
    table = FactorTable(pl.DataFrame(factor))
    assert electricity(used("electricity", "tce"), table).to_polars()["value"][0] == 200.0
    with pytest.raises(UnitError) as caught:
        electricity(used("electricity", "MWh"), table)
    assert caught.value.problems[0].code == "carrier_in_coal"


def test_fuels_in_coal_equivalent_need_no_answer():
    rows = used("raw_coal", "tce")
    assert time_series(activity=rows, energy_unit="GJ").to_polars()["value"].to_list() == pytest.approx([2930.76])
