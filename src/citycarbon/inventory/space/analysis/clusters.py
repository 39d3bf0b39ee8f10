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

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.tables import EmissionTable
from citycarbon.data.layers import Layer
from citycarbon.inventory.space.form.shape import check_areas
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
)
def density(emissions: EmissionTable, places: Layer, amounts: ProxyTable | None = None) -> MeasureTable:
    """Divide the emissions of each place by its area, and by residents, jobs or other amounts.

    Parameters
    ----------
    emissions
        Emissions by place, of one gas and unit.
    places
        Polygons of the places, in a projected system. A place without emissions has density nil, if it is not in the table at
        all.
    amounts
        Residents, jobs, floor area by place.

    Returns
    -------
    measures
        ``per_hectare`` [unit/ha], and ``per_NAME`` [unit/unit] for each amount above zero.

    Raises
    ------
    InputError
        If the layer stands in degrees or has no areas, or the emissions have several units or gases.

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
    values, unit = values_on(emissions, places)
    names = places.rows["place"].cast(pl.String)
    base = pl.DataFrame({"place": names, "n": np.arange(len(values))})
    area = np.asarray(shapely.area(places.geometry)) / 1e4
    parts = [
        base.with_columns(pl.Series("value", values / area), measure=pl.lit("per_hectare"), unit=pl.lit(f"{unit}/ha"))
    ]
    listed = amounts.to_polars() if amounts is not None else pl.DataFrame()
    for proxy in amounts.words("proxy") if amounts is not None else []:
        rows = listed.filter(pl.col("proxy") == proxy)
        sums = rows.group_by("place", maintain_order=True).agg(pl.col("value").sum().alias("amount"))
        joined = base.with_columns(pl.Series("mass", values)).join(sums, on="place", how="inner", maintain_order="left")
        joined = joined.filter(pl.col("amount") > 0)
        parts.append(joined.select(
            "place", "n", (pl.col("mass") / pl.col("amount")).alias("value"), pl.lit(f"per_{proxy}").alias("measure"),
            pl.lit(f"{unit}/{rows['unit'][0]}").alias("unit"),
        ))  # fmt: skip
    return MeasureTable(pl.concat(parts).sort("n", "measure").select("place", "measure", "value", "unit"))


def values_on(emissions: EmissionTable, places: Layer) -> tuple[Numbers, str]:
    """Give the sum of emissions of each feature, nil where it has none, and their unit.

    Raises
    ------
    InputError
        If there are several units or gases, or no place of the layer has emissions.
    """
    problems = Problems()
    for column, code in (("unit", "unit_mixed"), ("gas", "sum_gas")):
        words = emissions.words(column)
        if len(words) > 1:
            problems.add(code, Where(column=column), ", ".join(words))
    problems.raise_all()
    sums = emissions.to_polars().group_by("place", maintain_order=True).agg(pl.col("value").sum())
    joined = places.rows.select(pl.col("place").cast(pl.String)).join(
        sums, on="place", how="left", maintain_order="left"
    )
    if joined["value"].is_null().all():
        raise InputError("too_few_places", Where(item=places.name), 0, needed=1)
    return joined["value"].fill_null(0.0).to_numpy(), emissions.words("unit")[0]


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
)
def autocorrelation(
    emissions: EmissionTable,
    places: Layer,
    *,
    neighbours: Neighbours = "queen",
    per_area: bool = True,
    permutations: int = 999,
    seed: int = 1,
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

    Returns
    -------
    measures
        ``moran`` [1] and ``geary`` [1] with the chance of a value as far out on a random map; ``islands`` [1]: places without
        neighbours.

    Raises
    ------
    CoverageError
        If fewer than four places are there, or all have the same value.

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
    values = _looked_at(emissions, places, per_area=per_area)
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


def _looked_at(emissions: EmissionTable, places: Layer, *, per_area: bool) -> Numbers:
    import shapely

    check_areas(places)
    values, _ = values_on(emissions, places)
    values = values / (np.asarray(shapely.area(places.geometry)) / 1e4) if per_area else values
    if len(values) < 4 or np.ptp(values) == 0:
        raise InputError("too_few_places", Where(item=places.name), len(values), needed=4)
    return values


@method(
    id="inventory.space.analysis.hot_spots",
    gives=MeasureTable,
    equation="G*_i = (Σ_j w_ij x_j - x̄ Σ w_ij) / (s √((n Σ w² - (Σ w)²)/(n - 1)))",
    source="ord_getis_1995",
    status="experimental",
    title=("Hot and cold spots", "冷热点"),
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

    Returns
    -------
    measures
        For each place ``getis_ord`` [1] (z of G*, its normal p, ``hot``, ``cold`` or ``none``) and ``local_moran`` [1]
        (``high-high``, ``low-low``, ``low-high``, ``high-low`` or ``none``).

    Raises
    ------
    CoverageError
        If fewer than four places are there, or all have the same value.

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
    values = _looked_at(emissions, places, per_area=per_area)
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
    names = places.rows["place"].cast(pl.String)
    order = pl.Series("n", np.arange(len(values)))
    columns = {"place": names, "n": order}
    first = pl.DataFrame({**columns, "measure": "getis_ord", "value": found.Zs, "p_value": chance, "verdict": hot})
    second = pl.DataFrame({**columns, "measure": "local_moran", "value": local.Is, "p_value": local.p_sim,
                           "verdict": np.where(sure, corner[local.q], "none")})  # fmt: skip
    frame = pl.concat([first, second]).with_columns(pl.lit("1").alias("unit"), pl.col("value").fill_nan(None))
    kept = frame.filter(pl.col("value").is_not_null()).sort("n", "measure")
    return MeasureTable(kept.select("place", "measure", "value", "unit", "p_value", "verdict"))
