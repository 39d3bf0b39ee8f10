"""Amounts of spatial elements from the parcels of a plan or of the present land use.

Comes in: parcels with land-use codes, floor area ratio, residents and jobs, and the translation of land use to elements. Goes
out: an element table. Not for: what the elements need (:mod:`citycarbon.inventory.sectors.spatial_elements.intensities`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.data.layers import Layer, same_system
from citycarbon.data.layers.amounts import amounts_on, require_one
from citycarbon.data.layers.ground import refuse_off_ground
from citycarbon.data.layers.naming import place_names
from citycarbon.data.library.elements import ElementTable, ProxyTable, TranslationTable, translation

HECTARE = 10_000.0
"""Square metres of a hectare."""


@method(
    id="inventory.sectors.spatial_elements.elements_of_parcels",
    gives=ElementTable,
    equation="floor area = land · floor area ratio; land area = land · share of the use",
    source="leng2022_spatial",
    status="experimental",
    title=("Spatial elements of parcels", "地块的空间要素"),
    version=2,
)
def elements_of_parcels(
    parcels: Layer,
    stations: Layer | None = None,
    rules: TranslationTable | None = None,
    floor: ProxyTable | None = None,
    *,
    time: str,
    ratio_column: str = "",
    floor_column: str = "",
    green_column: str = "",
    residents_column: str = "",
    jobs_column: str = "",
    age_column: str = "",
    climate_zone: str = "",
    walking_distance: float = 800.0,
    scenario: str = "observed",
) -> ElementTable:
    """Count floor area, land, green, residents and jobs of each parcel by the element that its land use holds.

    Parameters
    ----------
    parcels
        Polygons with columns ``place`` and ``land_use`` (national codes), in a projected system.
    stations
        Points of metro or rail stations: residents within walking distance of one are counted apart.
    rules
        Own translation of land use to elements instead of the shipped one.
    floor
        Floor area [m2] by parcel from another step; a parcel that it does not list has none.
    time
        Year of the parcels, or of the plan.
    ratio_column
        Column with the floor area ratio [1].
    floor_column
        Column with the floor area [m2]; stands before the ratio where both are stated.
    green_column
        Column with the share [1] of the parcel that is green; counted as element ``green`` beside its use.
    residents_column
        Column with residents [person].
    jobs_column
        Column with jobs [person].
    age_column
        Column with the age class of the buildings.
    climate_zone
        Climate zone of all buildings: severe_cold, cold, hot_summer_cold_winter, hot_summer_warm_winter or mild.
    walking_distance
        [m] Straight distance to a station that counts as near: residents spread evenly over the parcel.
    scenario
        Name of the plan or ``observed``.

    Returns
    -------
    elements
        Rows of place and element. ``land`` is the parcel's area, so that changes of use and of density can be told apart.

    Raises
    ------
    SchemaError
        If the parcels have no land-use code, stand in degrees, a column is missing or holds what it cannot, or a use that counts
        floor area has none stated, two parcels have one name, or the floor area is of a place that is no parcel.
    CoverageError
        If a land use stands for no element.

    References
    ----------
    The framework of energy activity, spatial activity and element of territorial space follows Leng et al. (2022).

    Examples
    --------
    >>> import shapely
    >>> rows = pl.DataFrame({"place": ["p", "q"], "land_use": ["070102", "1401"], "far": [2.0, 0.0]})
    >>> parcels = Layer("lots", rows, shapely.box([0, 100], [0, 0], [100, 200], [100, 100]), "EPSG:32650")
    >>> made = elements_of_parcels(parcels, time="2022", ratio_column="far").to_polars()
    >>> made.select("place", "element", "value", "unit").rows()
    [('p', 'residential_urban', 20000.0, 'm2'), ('q', 'green', 1.0, 'ha')]
    """
    import shapely

    _check(parcels, stations)
    area = np.asarray(shapely.area(parcels.geometry), dtype=float)
    names = place_names(parcels)
    rows = pl.DataFrame({"place": names, "land_use": parcels.rows["land_use"].cast(pl.String)}).with_row_index("i")
    kinds = (rules or translation()).to_polars().filter(pl.col("land_use").is_not_null() & (pl.col("land_use") != ""))
    found = rows.join(_by_code(rows["land_use"].unique().to_list(), kinds, parcels.name), on="land_use")
    space = _floor(parcels, ratio_column, floor_column, area, found, floor)
    share = _column(parcels, green_column, 0.0, 1.0) if green_column else np.zeros(len(area))
    number = found["i"].to_numpy()
    amount = np.where(found["amount"].to_numpy() == "floor_area", space[number], area[number] / HECTARE)
    made = [found.select("i", "element", "sector", "unit").with_columns(pl.Series("value", amount))]
    people = (rules or translation()).to_polars()
    made += _green(share, area, found, people)
    made += _people(parcels, stations, people, residents_column, jobs_column, walking_distance)
    table = pl.concat(made).sort("i", "element").filter(pl.col("value") > 0)
    ages = parcels.rows[age_column].cast(pl.String) if age_column and _there(parcels, age_column) else None
    frame = table.select(
        rows["place"].gather(table["i"]).alias("place"), "element", "value", "unit", "sector",
        pl.Series("land", area).gather(table["i"]).alias("land"),
    )  # fmt: skip
    if ages is not None:
        frame = frame.with_columns(ages.gather(table["i"]).alias("age"))
    zone = {"climate_zone": climate_zone} if climate_zone else {}
    return ElementTable(frame, fixed={"time": time, "scenario": scenario, **zone})


def _check(parcels: Layer, stations: Layer | None) -> None:
    problems = Problems()
    refuse_off_ground(parcels, problems)
    if stations is not None and not same_system(stations.crs, parcels.crs):
        problems.add("layer_crs_mixed", Where(item=stations.name), stations.crs, expected_crs=parcels.crs)
    if "land_use" not in parcels.rows.columns:
        problems.add("land_use_missing", Where(item=parcels.name), ", ".join(parcels.rows.columns))
    problems.raise_all()
    empty = parcels.rows["land_use"].is_null().arg_true()
    if len(empty):
        where = Where(item=parcels.name, column="land_use", rows=tuple(int(row) + 1 for row in empty.head(5)))
        problems.add("value_empty", where, "", column="land_use")
    problems.raise_all()


def _by_code(codes: list[str], kinds: pl.DataFrame, layer: str) -> pl.DataFrame:
    """Find the element of each land-use code: the longest head of it that the translation lists."""
    heads = {
        head: row
        for row in kinds.iter_rows(named=True)
        for head in str(row["land_use"]).split("|")
        if row["amount"] in ("floor_area", "land_area")
    }
    problems = Problems()
    found = []
    for code in sorted(code for code in codes if code):
        row = next((heads[code[:length]] for length in (6, 4, 2) if code[:length] in heads), None)
        if row is None:
            problems.add("element_unknown", Where(item=layer, column="land_use"), code)
        else:
            found.append((code, row["element"], row["sector"], row["amount"], row["unit"]))
    problems.raise_all()
    return pl.DataFrame(found, schema=["land_use", "element", "sector", "amount", "unit"], orient="row")


def _there(parcels: Layer, column: str) -> bool:
    if column not in parcels.rows.columns:
        known = ", ".join(parcels.rows.columns)
        raise InputError("parameter_wrong", Where(item=parcels.name), column, expected_value=known)
    return True


def _column(parcels: Layer, column: str, low: float, high: float) -> Any:
    """Numbers of a column within bounds; empty cells are NaN."""
    _there(parcels, column)
    numbers = parcels.rows[column].cast(pl.Float64, strict=False)
    bad = (numbers.is_null() & parcels.rows[column].is_not_null()).arg_true()
    if len(bad):
        where = Where(item=parcels.name, column=column, rows=tuple(int(row) + 1 for row in bad.head(5)))
        raise InputError("value_not_number", where, parcels.rows[column][int(bad[0])])
    outside = ((numbers < low) | (numbers > high)).fill_null(False).arg_true()
    if len(outside):
        where = Where(item=parcels.name, column=column, rows=tuple(int(row) + 1 for row in outside.head(5)))
        raise InputError("value_out_of_range", where, numbers[int(outside[0])], range=f"[{low:g}, {high:g}]")
    return numbers.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _floor(parcels: Layer, ratio: str, floor: str, area: Any, found: pl.DataFrame, listed: ProxyTable | None) -> Any:
    """Floor area of each parcel [m2]; a use that is counted by it needs one."""
    made = np.full(len(area), np.nan)
    if ratio:
        made = _column(parcels, ratio, 0.0, 50.0) * area
    if listed is not None:
        if listed.words("unit") != ["m2"]:
            raise InputError("unit_mixed", Where(item="floor"), ", ".join(listed.words("unit")))
        names, proxy = place_names(parcels), require_one(listed, "floor")
        made, _ = amounts_on(listed, names, parcels.name, "floor", missing_is_zero=True)[proxy]
    if floor:
        stated = _column(parcels, floor, 0.0, 1e9)
        made = np.where(np.isfinite(stated), stated, made)
    needed = found.filter(pl.col("amount") == "floor_area")["i"].to_numpy()
    lacking = needed[~np.isfinite(made[needed])]
    if len(lacking):
        where = Where(item=parcels.name, rows=tuple(int(row) + 1 for row in lacking[:5]))
        raise InputError("floor_area_missing", where, f"{len(lacking)} ×")
    return np.where(np.isfinite(made), made, 0.0)


def _green(share: Any, area: Any, found: pl.DataFrame, kinds: pl.DataFrame) -> list[pl.DataFrame]:
    """Green ground inside parcels of another use."""
    if not np.nansum(share):
        return []
    row = kinds.filter(pl.col("element") == "green").row(0, named=True)
    other = found.filter(~pl.col("sector").str.starts_with("green"))["i"].to_numpy()
    value = np.nan_to_num(share[other]) * area[other] / HECTARE
    frame = pl.DataFrame({"i": other, "value": value}).with_columns(
        pl.lit("green").alias("element"), pl.lit(row["sector"]).alias("sector"), pl.lit(row["unit"]).alias("unit")
    )
    return [frame.select(pl.col("i").cast(found["i"].dtype), "element", "sector", "unit", "value")]


def _people(
    parcels: Layer, stations: Layer | None, kinds: pl.DataFrame, residents: str, jobs: str, distance: float
) -> list[pl.DataFrame]:
    import shapely

    counted: dict[str, Any] = {}
    if residents:
        people = np.nan_to_num(_column(parcels, residents, 0.0, 1e9))
        near = np.zeros(len(people))
        if stations is not None and len(stations.geometry):
            ring = shapely.union_all(shapely.buffer(stations.geometry, distance, quad_segs=16))
            near = shapely.area(shapely.intersection(parcels.geometry, ring)) / shapely.area(parcels.geometry)
        counted["residents"] = people * (1 - near)
        counted["residents_near_transit"] = people * near
    if jobs:
        counted["jobs"] = np.nan_to_num(_column(parcels, jobs, 0.0, 1e9))
    made = []
    for amount, values in counted.items():
        for row in kinds.filter(pl.col("amount") == amount).iter_rows(named=True):
            frame = pl.DataFrame({"i": np.arange(len(values)), "value": values}).with_columns(
                pl.col("i").cast(pl.UInt32), pl.lit(row["element"]).alias("element"),
                pl.lit(row["sector"]).alias("sector"), pl.lit(row["unit"]).alias("unit"),
            )  # fmt: skip
            made.append(frame.select("i", "element", "sector", "unit", "value"))
    return made
