"""Products in use, hand-worked: the chain of carbon, solvents, N2O, and fuels that are only burnt."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import CoverageError, DoubleCountError, InputError
from citycarbon.core.tables import ActivityTable, FactorTable
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.industry.product_use import METHOD_ID, product_use


def used(activity: str, value: float, unit: str = "t") -> ActivityTable:
    row = {
        "place": "A",
        "time": "2020",
        "sector": "product_use.other",
        "activity": activity,
        "value": value,
        "unit": unit,
    }
    return ActivityTable(pl.DataFrame([row]))


def account(activity: str, value: float, unit: str = "t") -> dict[str, object]:
    return (
        product_use(used(activity, value, unit), shipped_library().choose(["ipcc2006"])).to_polars().row(0, named=True)
    )


@pytest.mark.parametrize(
    ("activity", "value", "unit", "gas", "tonnes"),
    [
        ("lubricants", 1.0, "TJ", "CO2", 20.0 * 0.2 * 44 / 12),  # 14.667 t/TJ
        ("lubricants", 100.0, "t", "CO2", 4.02 * 20.0 * 0.2 * 44 / 12),  # 100 t are 4.02 TJ
        ("grease", 100.0, "t", "CO2", 4.02 * 20.0 * 0.05 * 44 / 12),
        ("paraffin_wax", 100.0, "t", "CO2", 4.02 * 20.0 * 0.2 * 44 / 12),
        ("solvent_nmvoc", 10.0, "t", "CO2", 22.0),  # 10 · 0.60 · 44/12
        ("n2o_medical", 500.0, "kg", "N2O", 0.5),
    ],
)
def test_products(activity: str, value: float, unit: str, gas: str, tonnes: float) -> None:
    row = account(activity, value, unit)
    assert row["value"] == pytest.approx(tonnes, rel=1e-12)
    assert (row["gas"], row["scope"], row["method"]) == (gas, "1", METHOD_ID)
    assert "ipcc2006." in str(row["factor_id"])


@pytest.mark.parametrize("activity", ["diesel", "coke", "cement_clinker"])
def test_fuels_and_processes_are_refused(activity: str) -> None:
    with pytest.raises(DoubleCountError) as caught:
        account(activity, 1.0, "t")
    assert caught.value.problems[0].found == activity


def test_a_factor_of_burning_lubricants_is_not_one_of_using_them() -> None:
    """An edition that burns lubricants whole must not give its factor to those that are only used."""
    burning = pl.DataFrame(
        {"activity": ["lubricants"], "gas": ["CO2"], "value": [2.9], "unit": ["t/t"], "edition": "ipcc2006"}
    )
    both = pl.concat([shipped_library().choose(["ipcc2006"]).to_polars(), FactorTable(burning).to_polars()])
    rows = product_use(used("lubricants", 100.0), FactorTable(both)).to_polars()
    assert rows["value"].to_list() == pytest.approx([58.96])


def test_a_solvent_without_the_share_that_oxidises_is_told() -> None:
    rows = shipped_library().choose(["ipcc2006"]).to_polars().filter(pl.col("quantity") != "oxidised_during_use")
    with pytest.raises(InputError) as caught:
        product_use(used("solvent_nmvoc", 1.0), FactorTable(rows))
    assert caught.value.problems[0].code == "parameter_missing"


def test_a_product_that_the_edition_does_not_know() -> None:
    with pytest.raises(CoverageError):
        product_use(used("lubricants", 1.0), shipped_library().choose(["wbcsd-csi"]))
