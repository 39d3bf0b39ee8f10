"""Density, spatial autocorrelation and hot spots of emissions.

Comes in: emissions by place, the places as a layer, amounts such as residents. Goes out: measures of places and of the whole.
Not for: explaining them (:mod:`citycarbon.inventory.space.analysis.influence`). Statistics by PySAL (libpysal, esda).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import method
from citycarbon.core.tables import EmissionTable
from citycarbon.data.layers import Layer
from citycarbon.data.layers.amounts import amounts_on, refuse_missing
from citycarbon.data.shaping.parts import EVERY_SCOPE
from citycarbon.inventory.space.form.shape import check_areas
from citycarbon.inventory.space.on_places import NO_ROW, emissions_on
from citycarbon.inventory.space.tables import MeasureTable, ProxyTable

Numbers = npt.NDArray[Any]
Neighbours = Literal["queen", "rook", "knn"]
_NEAREST = 8


@method(
    id="inventory.space.analysis.density",
    gives=MeasureTable,
    equation="E / area; E / amount",
    source="gpc_2021",
    status="experimental",
    title=("Emissions per hectare, person or job", "地均、人均与岗均排放"),
    version=2,
)
def density(
    emissions: EmissionTable,
    places: Layer,
    amounts: ProxyTable | None = None,
    *,
    scopes: str = EVERY_SCOPE,
    time: str | None = None,
    scenario: str | None = None,
    basis: str | None = None,
    missing_is_zero: bool = False,
) -> MeasureTable:
    """Divide the emissions of each place by its area, and by residents, jobs or other amounts.

    Parameters
    ----------
    emissions
        Emissions by place, of one gas and unit.
    places
        Polygons of the places, in a projected system.
    amounts
        Residents, jobs, floor area by place.
    scopes
        Named rule by which scopes are added.
    time
        Year or other period that is wanted, where the rows hold several years.
    scenario
        Which scenario, where the rows hold several.
    basis
        Which alternative of accounting, where the rows hold several.
    missing_is_zero
        Whether an absent row means zero; else the place has no value.

    Returns
    -------
    measures
        ``per_hectare`` [unit/ha], and ``per_NAME`` [unit/unit] for each amount above zero. A place without a number has a row
        without a value whose ``verdict`` says why: ``no data`` (it has no row) or ``no number`` (a notation key, an empty
        cell). What lies at no place stands in rows ``not_placed`` with the measure ``emissions`` [unit].

    Raises
    ------
    InputError
        If the layer stands in degrees or has no areas, a place of a table is not in it, or the emissions are not parts of one
        whole: several units, gases, years, scenarios, bases or metrics, a year beside its months.

    References
    ----------
    GPC 2021, chapter 4: intensity as total over total.

    Examples
    --------
    >>> import shapely
    >>> e = pl.DataFrame({"place": ["p"], "time": "2022", "sector": "s", "activity": "x", "scope": "1", "gas": "CO2",
    ...                   "value": [3.0], "unit": "t"})
    >>> lots = Layer("lots", pl.DataFrame({"place": ["p"]}), shapely.box([0], [0], [100], [100]), "EPSG:32650")
    >>> density(EmissionTable(e), lots).to_polars().select("measure", "value", "unit").rows()
    [('per_hectare', 3.0, 't/ha')]
    """
    import shapely

    check_areas(places)
    found = emissions_on(
        emissions, places, scopes=scopes, time=time, scenario=scenario, basis=basis, missing_is_zero=missing_is_zero
    )
    base = pl.DataFrame({"place": found.names, "n": np.arange(len(found.values)), "verdict": found.why})
    area = np.asarray(shapely.area(places.geometry)) / 1e4
    parts = [_ratio(base, "per_hectare", found.values / area, f"{found.unit}/ha")]
    divided = (
        amounts_on(amounts, found.names, places.name, "amounts", missing_is_zero=missing_is_zero) if amounts else {}
    )
    for proxy, (listed, unit) in divided.items():
        # Nobody lives at a place of nil residents: it has no value per resident, and nothing is missing.
        there = ~(listed <= 0)
        unknown = pl.when(pl.lit(pl.Series(np.isnan(listed)))).then(pl.lit(NO_ROW)).otherwise(None)
        own = base.with_columns(pl.coalesce("verdict", unknown).alias("verdict")).filter(pl.Series(there))
        parts.append(_ratio(own, f"per_{proxy}", found.values[there] / listed[there], f"{found.unit}/{unit}"))
    rest = [(place, "emissions", value, found.unit, None) for place, value in sorted(found.rest.items())]
    left = pl.DataFrame(rest, schema=dict(zip(_COLUMNS, (pl.String, pl.String, pl.Float64, pl.String, pl.String), strict=True)),
                        orient="row")  # fmt: skip
    return MeasureTable(pl.concat([pl.concat(parts).sort("n", "measure").select(_COLUMNS), left]))


_COLUMNS = ["place", "measure", "value", "unit", "verdict"]


def _ratio(base: pl.DataFrame, name: str, values: Numbers, unit: str) -> pl.DataFrame:
    value = pl.Series("value", values, dtype=pl.Float64).fill_nan(None)
    return base.with_columns(value, measure=pl.lit(name), unit=pl.lit(unit))


def neighbours_of(places: Layer, kind: Neighbours) -> Any:
    """Give the row-standardised neighbours of the features (PySAL weights).

    Raises
    ------
    InputError
        If the extra ``geo`` is not installed.
    """
    try:
        import geopandas
        from libpysal.graph import Graph
    except ImportError as error:
        raise InputError("extra_missing", Where(item=places.name), "libpysal", extra="geo") from error
    frame = geopandas.GeoSeries(places.geometry, crs=places.crs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind == "knn":
            graph = Graph.build_knn(frame.centroid, k=min(_NEAREST, len(frame) - 1))
        else:
            graph = Graph.build_contiguity(frame, rook=kind == "rook")
        made = graph.to_W()
    made.transform = "r"
    made.silence_warnings = True
    return made


@method(
    id="inventory.space.analysis.autocorrelation",
    gives=MeasureTable,
    equation="I = n Σ w_ij z_i z_j / (S0 Σ z²)",
    source="moran_1950",
    status="experimental",
    title=("Spatial autocorrelation", "空间自相关"),
    version=2,
)
def autocorrelation(
    emissions: EmissionTable,
    places: Layer,
    *,
    neighbours: Neighbours = "queen",
    per_area: bool = True,
    permutations: int = 999,
    seed: int = 1,
    scopes: str = EVERY_SCOPE,
    time: str | None = None,
    scenario: str | None = None,
    basis: str | None = None,
    missing_is_zero: bool = False,
) -> MeasureTable:
    """Tell whether places of high emissions lie together: Moran's I and Geary's C.

    Parameters
    ----------
    emissions
        Emissions by place, of one gas and unit.
    places
        Polygons, in a projected system.
    neighbours
        ``queen`` (a common border or corner), ``rook`` (a border) or ``knn`` (the eight nearest).
    per_area
        Whether emissions per hectare are looked at, so that large places do not stand out by their size.
    permutations
        [1] Number of random maps that the result is held against.
    seed
        [1] Seed of them.
    scopes
        Named rule by which scopes are added.
    time
        Year or other period that is wanted, where the rows hold several years.
    scenario
        Which scenario, where the rows hold several.
    basis
        Which alternative of accounting, where the rows hold several.
    missing_is_zero
        Whether an absent row means zero; else a gap is an error.

    Returns
    -------
    measures
        ``moran`` [1] and ``geary`` [1] with the chance of a value as far out on a random map; ``islands`` [1]: places without
        neighbours.

    Raises
    ------
    CoverageError
        If fewer than four places are there, or all have the same value, or a place has no number.
    InputError
        If a place of the emissions is not in the layer, or they are not parts of one whole.

    References
    ----------
    Moran (1950); computed by PySAL esda.

    Examples
    --------
    >>> import shapely
    >>> names = [f"c{i}" for i in range(16)]
    >>> e = pl.DataFrame({"place": names, "time": "2022", "sector": "s", "activity": "x", "scope": "1", "gas": "CO2",
    ...                   "value": [1.0] * 8 + [9.0] * 8, "unit": "t"})
    >>> boxes = shapely.box([i % 4 for i in range(16)], [i // 4 for i in range(16)], [i % 4 + 1 for i in range(16)],
    ...                     [i // 4 + 1 for i in range(16)])
    >>> cells = Layer("cells", pl.DataFrame({"place": names}), boxes, "EPSG:32650")
    >>> made = autocorrelation(EmissionTable(e), cells, neighbours="rook").to_polars()
    >>> made.filter(pl.col("measure") == "moran").select(pl.col("value").round(3)).item() > 0.5
    True
    """
    chosen: dict[str, Any] = {
        "scopes": scopes,
        "time": time,
        "scenario": scenario,
        "basis": basis,
        "missing_is_zero": missing_is_zero,
    }
    _, values = _looked_at(emissions, places, chosen, per_area=per_area)
    from esda import Geary, Moran

    weights = neighbours_of(places, neighbours)
    made = []
    for name, kind, attribute in (("moran", Moran, "I"), ("geary", Geary, "C")):
        with _drawn_from(seed):
            found = kind(values, weights, permutations=permutations)
        made.append(("city", name, float(getattr(found, attribute)), "1", float(found.p_sim) if permutations else None))
    made.append(("city", "islands", float(len(weights.islands)), "1", None))
    return MeasureTable(pl.DataFrame(made, schema=["place", "measure", "value", "unit", "p_value"], orient="row"))


@contextmanager
def _drawn_from(seed: int) -> Iterator[None]:
    """Seed numpy's global generator, from which esda draws, and leave it as it was."""
    state = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(state)


def _looked_at(
    emissions: EmissionTable, places: Layer, chosen: dict[str, Any], *, per_area: bool
) -> tuple[pl.Series, Numbers]:
    """Names of the places and what they emit, each with a number: a statistic knows no gaps."""
    import shapely

    check_areas(places)
    found = emissions_on(emissions, places, **chosen)
    refuse_missing([("emissions", found.values)], found.names, places.name)
    values = found.values / (np.asarray(shapely.area(places.geometry)) / 1e4) if per_area else found.values
    if len(values) < 4 or np.ptp(values) == 0:
        raise InputError("too_few_places", Where(item=places.name), len(values), needed=4)
    return found.names, values


@method(
    id="inventory.space.analysis.hot_spots",
    gives=MeasureTable,
    equation="G*_i = (Σ_j w_ij x_j - x̄ Σ w_ij) / (s √((n Σ w² - (Σ w)²)/(n - 1)))",
    source="ord_getis_1995",
    status="experimental",
    title=("Hot and cold spots", "冷热点"),
    version=2,
)
def hot_spots(
    emissions: EmissionTable,
    places: Layer,
    *,
    neighbours: Neighbours = "queen",
    per_area: bool = True,
    level: float = 0.05,
    permutations: int = 999,
    seed: int = 1,
    scopes: str = EVERY_SCOPE,
    time: str | None = None,
    scenario: str | None = None,
    basis: str | None = None,
    missing_is_zero: bool = False,
) -> MeasureTable:
    """Find places in whose surroundings emissions are higher or lower than chance would have it.

    Parameters
    ----------
    emissions
        Emissions by place, of one gas and unit.
    places
        Polygons, in a projected system.
    neighbours
        ``queen``, ``rook`` or ``knn`` (the eight nearest).
    per_area
        Whether emissions per hectare are looked at.
    level
        [1] Share of false finds that is put up with among all finds (Benjamini-Hochberg over all places).
    permutations
        [1] Number of random maps for the local Moran.
    seed
        [1] Seed of them.
    scopes
        Named rule by which scopes are added.
    time
        Year or other period that is wanted, where the rows hold several years.
    scenario
        Which scenario, where the rows hold several.
    basis
        Which alternative of accounting, where the rows hold several.
    missing_is_zero
        Whether an absent row means zero; else a gap is an error.

    Returns
    -------
    measures
        For each place ``getis_ord`` [1] (z of G*, its normal p, ``hot``, ``cold`` or ``none``) and ``local_moran`` [1]
        (``high-high``, ``low-low``, ``low-high``, ``high-low`` or ``none``).

    Raises
    ------
    CoverageError
        If fewer than four places are there, or all have the same value, or a place has no number.
    InputError
        If a place of the emissions is not in the layer, or they are not parts of one whole.

    References
    ----------
    Ord and Getis (1995); Anselin (1995), LISA; computed by PySAL esda.

    Examples
    --------
    >>> import shapely
    >>> names = [f"c{i}" for i in range(49)]
    >>> value = [90.0 if i % 7 < 3 and i // 7 < 3 else 1.0 for i in range(49)]
    >>> e = pl.DataFrame({"place": names, "time": "2022", "sector": "s", "activity": "x", "scope": "1", "gas": "CO2",
    ...                   "value": value, "unit": "t"})
    >>> x, y = [i % 7 for i in range(49)], [i // 7 for i in range(49)]
    >>> boxes = shapely.box(x, y, [i + 1 for i in x], [i + 1 for i in y])
    >>> cells = Layer("cells", pl.DataFrame({"place": names}), boxes, "EPSG:32650")
    >>> made = hot_spots(EmissionTable(e), cells, permutations=99).to_polars()
    >>> made.filter((pl.col("verdict") == "hot") & (pl.col("place") == "c8")).height
    1
    """
    chosen: dict[str, Any] = {
        "scopes": scopes,
        "time": time,
        "scenario": scenario,
        "basis": basis,
        "missing_is_zero": missing_is_zero,
    }
    names, values = _looked_at(emissions, places, chosen, per_area=per_area)
    from esda import G_Local, Moran_Local, fdr

    weights = neighbours_of(places, neighbours)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = G_Local(values, weights, transform="B", permutations=0, star=True)
        local = Moran_Local(values, weights, permutations=permutations, seed=seed, n_jobs=1)
    # One-sided normal probability of esda, doubled: hot and cold alike.
    chance = np.nan_to_num(np.minimum(2 * found.p_norm, 1.0), nan=1.0)
    limit = fdr(chance, level)
    hot = np.where(chance <= limit, np.where(found.Zs > 0, "hot", "cold"), "none")
    corner = np.array(["none", "high-high", "low-high", "low-low", "high-low"])
    sure = local.p_sim <= fdr(local.p_sim, level)
    order = pl.Series("n", np.arange(len(values)))
    columns = {"place": names, "n": order}
    first = pl.DataFrame({**columns, "measure": "getis_ord", "value": found.Zs, "p_value": chance, "verdict": hot})
    second = pl.DataFrame({**columns, "measure": "local_moran", "value": local.Is, "p_value": local.p_sim,
                           "verdict": np.where(sure, corner[local.q], "none")})  # fmt: skip
    frame = pl.concat([first, second]).with_columns(pl.lit("1").alias("unit"), pl.col("value").fill_nan(None))
    kept = frame.filter(pl.col("value").is_not_null()).sort("n", "measure")
    return MeasureTable(kept.select("place", "measure", "value", "unit", "p_value", "verdict"))
