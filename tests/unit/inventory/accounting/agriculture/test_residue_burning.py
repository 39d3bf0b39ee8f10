"""Straw burnt on the field: the chain from harvest to gas, and what is refused."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import InputError, SchemaError, UnitError
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.agriculture.residue_burning import METHOD_ID, HarvestTable, residue_burning

BOTH = ("ipcc2006", "provincial-guideline-2011")


def harvests(**cells: object) -> HarvestTable:
    base = {"place": "江苏", "time": "2020", "sector": "agriculture.residue_burning", "activity": "rice_crop",
            "value": 1000.0, "unit": "t", "burnt_share": 0.2}  # fmt: skip
    return HarvestTable(pl.DataFrame([{**base, **cells}]))


def made(**cells: object) -> dict[str, float]:
    frame = residue_burning(harvests(**cells), shipped_library().choose(BOTH)).to_polars()
    assert frame.select("scope", "unit", "method").unique().rows() == [("1", "t", METHOD_ID)]
    return dict(frame.select("gas", "value").iter_rows())


@pytest.mark.parametrize(
    ("crop", "economic", "dry", "burns"),
    [("rice_crop", 0.489, 0.855, 0.8), ("wheat_crop", 0.434, 0.87, 0.9), ("maize_crop", 0.438, 0.86, 0.8)],
)
def test_from_harvest_to_gas(crop: str, economic: float, dry: float, burns: float) -> None:
    """1000 t of grain, straw (1 − e)/e per grain, 20 % lit: 2.7 kg CH4 and 0.07 kg N2O per tonne of dry matter burnt."""
    burnt = 1000 * (1 - economic) / economic * dry * 0.2 * burns
    assert made(activity=crop) == pytest.approx({"CH4": burnt * 0.0027, "N2O": burnt * 0.00007}, rel=1e-5)


def test_nothing_burnt_is_nothing_and_all_burnt_is_five_times_a_fifth() -> None:
    assert set(made(burnt_share=0.0).values()) == {0.0}
    assert made(burnt_share=1.0) == pytest.approx({gas: 5 * value for gas, value in made().items()}, rel=1e-12)


def test_ten_thousand_tonnes_are_written_as_such() -> None:
    assert made(value=0.1, unit="万吨") == pytest.approx(made(), rel=1e-12)


def test_there_is_no_carbon_dioxide_of_straw() -> None:
    assert set(made()) == {"CH4", "N2O"}


def test_each_factor_of_the_chain_is_named() -> None:
    frame = residue_burning(harvests(), shipped_library().choose(BOTH)).to_polars()
    assert frame["factor_id"][0].split("*") == [
        "provincial-guideline-2011.rr.rice_crop", "provincial-guideline-2011.dm.rice_crop", "ipcc2006.cf.rice_crop",
        "ipcc2006.bf.crop_residue.ch4",
    ]  # fmt: skip


def test_what_is_refused() -> None:
    with pytest.raises(SchemaError):
        harvests(burnt_share=1.2)
    with pytest.raises(SchemaError):
        harvests(burnt_share=None)
    with pytest.raises(UnitError):
        made(unit="ha")
    with pytest.raises(InputError) as caught:
        made(activity="sorghum")
    assert {each.code for each in caught.value.problems} == {"factor_missing"}
