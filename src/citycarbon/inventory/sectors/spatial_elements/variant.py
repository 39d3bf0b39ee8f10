"""A plan written as a list of changes to the present: denser near stations, a works turned to park.

Comes in: elements of the present, changes in the order of the plan, parcels and stations. Goes out: elements of the plan. Not
for: a plan that is drawn as parcels of its own, which ``elements_of_parcels`` reads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.data.layers import Layer, same_system
from citycarbon.data.layers.amounts import refuse_unknown
from citycarbon.data.layers.ground import require_ground
from citycarbon.data.layers.naming import place_names
from citycarbon.data.library.elements import ElementTable, PlanChangeTable, TranslationTable, translation
from citycarbon.inventory.sectors.spatial_elements.of_parcels import HECTARE


@method(
    id="inventory.sectors.spatial_elements.plan_variant",
    gives=ElementTable,
    equation="a' = a · (1 + (f - 1) · share near a station)",
    source="leng2022_spatial",
    status="experimental",
    title=("A plan as a list of changes", "以变更清单表示的规划方案"),
    version=2,
)
def plan_variant(
    elements: ElementTable,
    changes: PlanChangeTable,
    parcels: Layer,
    stations: Layer | None = None,
    rules: TranslationTable | None = None,
    *,
    scenario: str = "plan",
) -> ElementTable:
    """Apply the changes of a plan to the elements of the present.

    Parameters
    ----------
    elements
        Elements of the present.
    changes
        One change a row, in order: which places and elements, how near to a station, and either a factor on the amount or a new
        element that takes the whole land of the place (with a floor area ratio where it counts floor area).
    parcels
        Parcels with a column ``place``, in a projected system.
    stations
        Stations, needed where a change says how near. Of a parcel that lies partly within the distance, that part changes.
    rules
        Own translation, in which new elements must stand.
    scenario
        Name of the plan.

    Returns
    -------
    elements
        Elements of the plan, with the same ``land``.

    Raises
    ------
    CoverageError
        If a place, element or station that a change names is not there, or an element's place is no parcel.
    InputError
        If the elements are of several scenarios, a change has neither a factor nor a new element, or both, or a new element needs
        a ratio.

    References
    ----------
    Leng et al. (2022): elements that a territorial plan controls.

    Examples
    --------
    >>> import shapely
    >>> e = pl.DataFrame({"place": ["p"], "time": "2022", "element": "school", "value": [100.0], "unit": "m2", "sector": "s",
    ...                   "land": [50.0]})
    >>> c = pl.DataFrame({"plan_change": ["denser"], "element": ["school"], "multiplier": [1.5]})
    >>> lots = Layer("lots", pl.DataFrame({"place": ["p"]}), shapely.box([0], [0], [10], [5]), "EPSG:32650")
    >>> plan_variant(ElementTable(e), PlanChangeTable(c), lots).to_polars()["value"].to_list()
    [150.0]
    """
    kinds = {row["element"]: row for row in (rules or translation()).to_polars().iter_rows(named=True)}
    rows = elements.to_polars()
    listed = changes.to_polars()
    scenarios = elements.words("scenario")
    if len(scenarios) > 1:
        raise InputError("sum_alternatives", Where(column="scenario"), ", ".join(scenarios), dimension="scenario")
    _check(listed, rows, kinds, stations)
    for change in listed.iter_rows(named=True):
        part = _near(rows, parcels, stations, change["near"])
        chosen = _listed(rows["place"], change["place"]) & _listed(rows["element"], change["element"]) & (part > 0)
        if change["multiplier"] is not None:
            scale = np.where(chosen, 1 + (change["multiplier"] - 1) * part, 1.0)
            rows = rows.with_columns(pl.col("value") * pl.Series(scale))
        else:
            rows = _turned(rows, chosen, part, kinds[change["new_element"]], change["new_ratio"])
    return ElementTable(rows.filter(pl.col("value") > 0).with_columns(pl.lit(scenario).alias("scenario")))


def _check(changes: pl.DataFrame, rows: pl.DataFrame, kinds: dict[str, Any], stations: Layer | None) -> None:
    problems = Problems()
    places, elements = set(rows["place"]), set(rows["element"])
    for number, change in enumerate(changes.iter_rows(named=True), start=2):
        where = Where(item=change["plan_change"], rows=(number,))
        for name, known in (("place", places), ("element", elements)):
            missing = [word for word in _words(change[name]) if word not in known]
            if missing:
                listed = ", ".join(sorted(known)[:12])
                problems.add("plan_unknown", where, ", ".join(missing[:5]), column=name, known=listed)
        if change["near"] is not None and stations is None:
            problems.add("parameter_missing", where, "stations", column="stations")
        if (change["multiplier"] is None) == (change["new_element"] is None):
            problems.add("plan_change_wrong", where, f"{change['multiplier']}, {change['new_element']}")
        elif change["new_element"] is not None and change["new_element"] not in kinds:
            problems.add("plan_unknown", where, change["new_element"], column="new_element", known=", ".join(kinds))
        elif (
            change["new_element"]
            and change["new_ratio"] is None
            and kinds[change["new_element"]]["amount"] == "floor_area"
        ):
            problems.add("plan_change_wrong", where, f"{change['new_element']}, new_ratio = —")
    problems.raise_all()


def _words(cell: str | None) -> list[str]:
    return [word.strip() for word in cell.split("|") if word.strip()] if cell else []


def _listed(values: pl.Series, cell: str | None) -> Any:
    words = _words(cell)
    return np.ones(len(values), dtype=bool) if not words else values.is_in(words).to_numpy()


def _near(rows: pl.DataFrame, parcels: Layer, stations: Layer | None, distance: float | None) -> Any:
    """Part of the place of each row that lies within a distance of a station."""
    import shapely

    if distance is None or stations is None:
        return np.ones(rows.height)
    if not same_system(stations.crs, parcels.crs):
        raise InputError("layer_crs_mixed", Where(item=stations.name), stations.crs, expected_crs=parcels.crs)
    require_ground(parcels)
    ring = shapely.union_all(shapely.buffer(stations.geometry, distance, quad_segs=16))
    area = shapely.area(parcels.geometry)
    inside = shapely.area(shapely.intersection(parcels.geometry, ring)) / area
    names = place_names(parcels)
    refuse_unknown(rows["place"].unique(maintain_order=True), names, parcels.name, "elements")
    table = pl.DataFrame({"place": names, "part": inside})
    joined = rows.select("place").join(table, on="place", how="left", maintain_order="left")
    return joined["part"].to_numpy()


def _turned(rows: pl.DataFrame, chosen: Any, part: Any, kind: dict[str, Any], ratio: float | None) -> pl.DataFrame:
    """Give the land of chosen places to a new element; what else stood there goes."""
    marked = rows.with_columns(pl.Series("gone", np.where(chosen, part, 0.0)))
    fresh = marked.filter(pl.col("gone") > 0).group_by("place", "time", maintain_order=True).agg(
        pl.col("land").max(), pl.col("gone").max(), pl.col("climate_zone").first(), pl.col("age").first()
    )  # fmt: skip
    share = pl.col("land") * pl.col("gone")
    amount = share / HECTARE if kind["amount"] == "land_area" else share * (ratio or 0.0)
    fresh = fresh.with_columns(
        pl.lit(kind["element"]).alias("element"), amount.alias("value"), pl.lit(kind["unit"]).alias("unit"),
        pl.lit(kind["sector"]).alias("sector"), pl.lit("plan").alias("scenario"),
    )  # fmt: skip
    kept = marked.with_columns(pl.col("value") * (1 - pl.col("gone"))).drop("gone")
    return pl.concat([kept, fresh.select(kept.columns)])
