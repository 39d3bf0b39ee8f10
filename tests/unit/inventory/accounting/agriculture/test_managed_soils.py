"""Nitrous oxide of soils: direct and indirect ways, both editions, and what is refused."""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import InputError, UnitError
from citycarbon.core.tables import ActivityTable, FactorTable
from citycarbon.core.totals import total
from citycarbon.data.library import shipped_library
from citycarbon.inventory.accounting.agriculture.managed_soils import METHOD_ID, managed_soils

GUIDE = "provincial-guideline-2011"


def nitrogen(*rows: dict[str, object]) -> ActivityTable:
    base = {"place": "江苏", "time": "2020", "sector": "agriculture.soils", "activity": "fertiliser_nitrogen",
            "value": 1000.0, "unit": "t"}  # fmt: skip
    return ActivityTable(pl.DataFrame([{**base, **row} for row in rows]))


def made(*rows: dict[str, object], edition: str = GUIDE) -> dict[str, float]:
    frame = managed_soils(nitrogen(*rows), shipped_library().choose([edition])).to_polars()
    assert frame.select("scope", "gas", "unit", "method").unique().rows() == [("1", "N2O", "t", METHOD_ID)]
    sums = frame.group_by("activity").agg(pl.col("value").sum())
    return dict(sums.iter_rows())


def test_the_guideline_in_jiangsu() -> None:
    """1000 t N in zone IV: 1000 · 0.0109; 10 % drifts, of it 1 %; 20 % washes out, of it 0.75 %; each × 44/28."""
    assert made({}) == pytest.approx(
        {
            "fertiliser_nitrogen": 10.9 * 44 / 28,
            "nitrogen_deposition": 1000 * 0.1 * 0.01 * 44 / 28,
            "nitrogen_leaching": 1000 * 0.2 * 0.0075 * 44 / 28,
        },
        rel=1e-12,
    )


@pytest.mark.parametrize(
    ("place", "factor"),
    [("西藏", 0.0056), ("吉林", 0.0114), ("山东", 0.0057), ("重庆", 0.0109), ("福建", 0.0178), ("云南", 0.0106)],
)
def test_the_six_zones_of_the_guideline(place: str, factor: float) -> None:
    assert made({"place": place})["fertiliser_nitrogen"] == pytest.approx(1000 * factor * 44 / 28)


def test_every_province_has_a_zone() -> None:
    rows = shipped_library().choose([GUIDE], ["direct_nitrogen_factor"]).to_polars()
    assert rows.filter(pl.col("activity") == "fertiliser_nitrogen")["region"].n_unique() == 31


def test_excreted_nitrogen_drifts_and_nothing_else() -> None:
    found = made({"activity": "excreted_nitrogen"})
    assert found == pytest.approx(
        {"excreted_nitrogen": 0.0, "nitrogen_deposition": 1000 * 0.2 * 0.01 * 44 / 28, "nitrogen_leaching": 0.0}
    )


@pytest.mark.parametrize(
    ("kind", "direct", "drift"),
    [
        ("fertiliser_nitrogen", 0.01, 0.1),
        ("manure_nitrogen", 0.01, 0.2),
        ("residue_nitrogen", 0.01, 0.0),
        ("rice_field_nitrogen", 0.003, 0.1),
        ("pasture_nitrogen_cattle", 0.02, 0.2),
        ("pasture_nitrogen_sheep", 0.01, 0.2),
    ],
)
def test_ipcc_by_kind_of_nitrogen(kind: str, direct: float, drift: float) -> None:
    found = made({"activity": kind}, edition="ipcc2006")
    per_nitrogen = 1000 * 44 / 28
    assert found == pytest.approx(
        {
            kind: direct * per_nitrogen,
            "nitrogen_deposition": drift * 0.01 * per_nitrogen,
            "nitrogen_leaching": 0.3 * 0.0075 * per_nitrogen,
        }
    )


def test_the_unit_of_the_nitrogen_does_not_matter() -> None:
    assert made({"value": 0.1, "unit": "万吨"}) == pytest.approx(made({}), rel=1e-12)


def test_indirect_rows_name_both_factors() -> None:
    frame = managed_soils(nitrogen({}), shipped_library().choose(["ipcc2006"])).to_polars()
    ids = dict(frame.select("activity", "factor_id").iter_rows())
    assert ids["nitrogen_leaching"] == "ipcc2006.lf.fertiliser_nitrogen.n2o*ipcc2006.nf.nitrogen_leaching.n2o"


def test_a_dry_region_gives_its_own_leaching_of_zero() -> None:
    shipped = shipped_library().choose(["ipcc2006"]).to_polars()
    dry = shipped.with_columns(
        pl.when(pl.col("quantity") == "leached_fraction").then(0.0).otherwise(pl.col("value")).alias("value")
    )
    found = managed_soils(nitrogen({}), FactorTable(dry)).to_polars()
    assert dict(found.select("activity", "value").iter_rows())["nitrogen_leaching"] == 0.0


def test_errors_of_share_and_factor_add_in_quadrature_and_the_count_in_full() -> None:
    """Leached 30 % ± 10 % and 0.0075 ± 0.00075: both 1/3 and 1/10 of the value, so sqrt(1/9 + 1/100) of it."""
    shipped = shipped_library().choose(["ipcc2006"]).to_polars()
    sd = {"leached_fraction": 0.1, "leaching_factor": 0.00075}
    known = shipped.with_columns(
        pl.col("quantity").replace_strict(sd, default=None, return_dtype=pl.Float64).alias("sd")
    )
    frame = (
        managed_soils(nitrogen({}), FactorTable(known)).to_polars().filter(pl.col("activity") == "nitrogen_leaching")
    )
    assert frame["sd"][0] == pytest.approx(frame["value"][0] * (1 / 9 + 1 / 100) ** 0.5)
    counted = managed_soils(nitrogen({"sd": 50.0, "provenance_id": "n.csv:2"}), shipped_library().choose(["ipcc2006"]))
    whole = total(counted)
    assert whole["sd"][0] == pytest.approx(0.05 * whole["value"][0])


def test_what_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        made({"activity": "rice_field_nitrogen"})
    assert {each.code for each in caught.value.problems} == {"factor_missing"}
    with pytest.raises(UnitError):
        made({"unit": "ha"})
    with pytest.raises(InputError) as caught:
        managed_soils(nitrogen({}), shipped_library().choose([GUIDE, "ipcc2006"]))
    assert {each.code for each in caught.value.problems} == {"editions_mixed"}
