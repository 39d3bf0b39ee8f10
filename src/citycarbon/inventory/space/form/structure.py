"""Structure of a city: centres and their weight, mixture of uses, balance of jobs and homes, density.

Comes in: amounts by place, and layers. Goes out: measures of the city and of its places. Not for: outlines and patches.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.data.layers import Layer, same_system
from citycarbon.data.layers.amounts import (
    RESIDUALS,
    amounts_on,
    checked_amounts,
    refuse_empty,
    refuse_missing,
    require_one,
)
from citycarbon.data.layers.naming import place_names
from citycarbon.inventory.space.form.shape import check_areas
from citycarbon.inventory.space.shares import overlay
from citycarbon.inventory.space.tables import MeasureTable, ProxyTable

Numbers = npt.NDArray[Any]


@method(
    id="inventory.space.form.polycentricity",
    gives=MeasureTable,
    equation="ln a = c - q ln rank; Σ s²; 1 - σ / σ_max",
    source="gabaix_ibragimov_2011",
    status="reproduced",
    title=("Centres by rank and size", "多中心度（位序—规模）"),
    version=2,
)
def polycentricity(amounts: ProxyTable) -> MeasureTable:
    """Measure how evenly people, jobs or emissions lie on the centres of a city.

    Parameters
    ----------
    amounts
        Amount of each centre, district or town; one proxy is measured after another. Places at zero and ``not_placed`` are left
        out.

    Returns
    -------
    measures
        For each proxy (``item``): ``rank_size_slope`` [1] of ln amount on ln rank (nearer to nil: more centres of one size) and
        ``rank_size_intercept`` [1]; ``rank_half_exponent`` [1] of ln(rank - 1/2) on ln amount; ``concentration`` [1]
        (Herfindahl, Σ of squared shares) and ``evenness`` [1] (1 less it); ``primacy`` [1] (share of the largest);
        ``green_polycentricity`` [1]
        (1 less the sd of the amounts over that of two places that hold nothing and the largest amount).

    Raises
    ------
    CoverageError
        If a proxy has fewer than two places above zero.
    InputError
        If a proxy has several units or lists a place twice.

    References
    ----------
    Gabaix, X. and Ibragimov, R. (2011), Rank - 1/2, JBES 29(1), 24-39; Green, N. (2007), Functional polycentricity, Urban
    Studies 44(11).

    Examples
    --------
    >>> people = pl.DataFrame({"place": list("abcde"), "proxy": "people", "value": [1000.0, 480, 340, 250, 205], "unit": "1"})
    >>> made = polycentricity(ProxyTable(people)).to_polars()
    >>> made.filter(pl.col("measure") == "rank_size_slope").select(pl.col("value").round(6)).item()
    -0.981625
    """
    rows = checked_amounts(amounts, "amounts")
    refuse_empty(rows, "amounts")
    rows = rows.filter((pl.col("value") > 0) & ~pl.col("place").is_in(RESIDUALS))
    made = []
    for proxy in amounts.words("proxy"):
        values = rows.filter(pl.col("proxy") == proxy)["value"].sort(descending=True).to_numpy()
        if len(values) < 2:
            raise InputError("too_few_places", Where(item=proxy), len(values), needed=2)
        made += [("city", name, value, "1", proxy) for name, value in _of_ranks(values).items() if math.isfinite(value)]
    return MeasureTable(pl.DataFrame(made, schema=["place", "measure", "value", "unit", "item"], orient="row"))


def _of_ranks(values: Numbers) -> dict[str, float]:
    rank = np.arange(1, len(values) + 1)
    size = np.log(values)
    slope, intercept = np.polyfit(np.log(rank), size, 1)
    corrected = np.polyfit(size, np.log(rank - 0.5), 1)[0] if np.ptp(size) > 0 else math.nan
    share = values / values.sum()
    concentration = float((share**2).sum())
    return {
        "rank_size_slope": float(slope),
        "rank_size_intercept": float(intercept),
        "rank_half_exponent": float(corrected),
        "concentration": concentration,
        "evenness": 1 - concentration,
        "primacy": float(share[0]),
        # Two places of nil and of the largest amount have a standard deviation of half of it.
        "green_polycentricity": 1 - float(values.std()) / (float(values[0]) / 2),
    }


@method(
    id="inventory.space.form.sub_centres",
    gives=MeasureTable,
    equation="density > mean + k·sd, neighbours joined",
    source="giuliano_small_1991",
    status="experimental",
    title=("Sub-centres by density", "次中心识别"),
    version=2,
)
def sub_centres(
    amounts: ProxyTable, cells: Layer, *, deviations: float = 2.0, missing_is_zero: bool = False
) -> MeasureTable:
    """Find the places whose density stands out, and join those that touch to centres.

    Parameters
    ----------
    amounts
        Jobs, people or emissions by place; one proxy.
    cells
        Polygons of these places, in a projected system.
    deviations
        [1] Number of standard deviations above the mean density.
    missing_is_zero
        Whether an absent row means zero; else a gap is an error.

    Returns
    -------
    measures
        For each place of a centre its ``density`` [unit/ha] with the centre as ``item`` (``centre 1`` holds most); for ``city``:
        ``centres`` [1], ``share_of_centres`` [1] and ``threshold`` [unit/ha].

    Raises
    ------
    InputError
        If the table holds several proxies, a place of it is not in the layer or a place of the layer has no amount, or the layer
        has no areas or stands in degrees.

    References
    ----------
    Giuliano, G. and Small, K. A. (1991), Subcenters in the Los Angeles region, for joined places above a density; mean plus two
    standard deviations as the threshold is the reading of methods in use in China.

    Examples
    --------
    >>> import shapely
    >>> cells = Layer("c", pl.DataFrame({"place": list("abcdefg")}), shapely.box(range(7), 0, range(1, 8), 1), "EPSG:32650")
    >>> jobs = pl.DataFrame({"place": list("abcdefg"), "proxy": "jobs", "value": [1.0, 1, 1, 50, 1, 1, 1], "unit": "job"})
    >>> made = sub_centres(ProxyTable(jobs), cells).to_polars()
    >>> made.filter(pl.col("measure") == "centres")["value"].item(), made.filter(pl.col("item") == "centre 1")["place"].to_list()
    (1.0, ['d'])
    """
    import shapely
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    check_areas(cells)
    names = place_names(cells)
    proxy = require_one(amounts, "amounts")
    values, unit = amounts_on(amounts, names, cells.name, "amounts", missing_is_zero=missing_is_zero)[proxy]
    refuse_missing([(proxy, values)], names, cells.name)
    density = values / (np.asarray(shapely.area(cells.geometry)) / 1e4)
    threshold = float(density.mean() + deviations * density.std())
    chosen = np.flatnonzero(density > threshold)
    shapes = cells.geometry[chosen]
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    graph = coo_matrix((np.ones(len(first)), (first, second)), shape=(len(chosen), len(chosen)))
    count, label = connected_components(graph, directed=False) if len(chosen) else (0, np.empty(0, int))
    mass = np.bincount(label, weights=values[chosen], minlength=count) if len(chosen) else np.empty(0)
    rank = np.empty(count, dtype=int)
    rank[np.argsort(-mass, kind="stable")] = np.arange(1, count + 1)
    share = float(mass.sum() / values.sum()) if values.sum() else 0.0
    rows: list[tuple[Any, ...]] = [("city", "centres", float(count), "1", None), ("city", "share_of_centres", share, "1", None),
            ("city", "threshold", threshold, f"{unit}/ha", None)]  # fmt: skip
    order = sorted(range(len(chosen)), key=lambda i: (rank[label[i]], i))
    rows += [
        (names[int(chosen[i])], "density", float(density[chosen[i]]), f"{unit}/ha", f"centre {rank[label[i]]}")
        for i in order
    ]
    schema = {"place": pl.String, "measure": pl.String, "value": pl.Float64, "unit": pl.String, "item": pl.String}
    return MeasureTable(pl.DataFrame(rows, schema=schema, orient="row"))


@method(
    id="inventory.space.form.mixed_use",
    gives=MeasureTable,
    equation="H = -Σ p ln p / ln n; D = 1 - Σ p²",
    source="shannon_1948",
    status="experimental",
    title=("Mixture of uses", "用地混合度"),
)
def mixed_use(parcels: Layer, places: Layer, *, class_column: str = "class") -> MeasureTable:
    """Measure how evenly the classes of land share the built ground of each place.

    Parameters
    ----------
    parcels
        Polygons with a class, in a projected system.
    places
        Polygons of the places that are measured.
    class_column
        Column of the class.

    Returns
    -------
    measures
        ``entropy`` [1] (0 one use, 1 all classes of the layer alike), ``diversity`` [1] (chance that two points have different
        uses) and ``covered`` [1] (part of the place that any parcel covers). A place without parcels has ``covered`` alone.

    Raises
    ------
    InputError
        If the layers do not fit together or the column is missing.

    References
    ----------
    Shannon, C. E. (1948), entropy divided by its largest value for the number of classes in the layer.

    Examples
    --------
    >>> import shapely
    >>> lots = Layer("lots", pl.DataFrame({"class": ["home", "work"]}), shapely.box([0, 5], 0, [5, 10], 10), "EPSG:32650")
    >>> cell = Layer("cell", pl.DataFrame({"place": ["c"]}), shapely.box([0], [0], [10], [10]), "EPSG:32650")
    >>> mixed_use(lots, cell).to_polars().select("measure", "value").rows()
    [('entropy', 1.0), ('diversity', 0.5), ('covered', 1.0)]
    """
    check_areas(parcels)
    problems = Problems()
    if not same_system(parcels.crs, places.crs):
        problems.add("layer_crs_mixed", Where(item=places.name), places.crs, expected_crs=parcels.crs)
    if class_column not in parcels.rows.columns:
        known = ", ".join(parcels.rows.columns)
        problems.add("parameter_wrong", Where(item="class_column"), class_column, expected_value=known)
    problems.raise_all()
    found = overlay(parcels, places)
    classes = parcels.rows[class_column].cast(pl.String)
    count = max(classes.n_unique(), 2)
    parts = pl.DataFrame({"n": found.target, "class": classes.gather(found.source), "area": found.amount})
    sums = (
        parts.group_by("n", "class", maintain_order=True)
        .agg(pl.col("area").sum())
        .with_columns(p=pl.col("area") / pl.col("area").sum().over("n"))
    )
    share = pl.col("p")
    made = sums.group_by("n", maintain_order=True).agg(
        (-(share * share.log()).sum() / math.log(count)).clip(0.0, 1.0).alias("entropy"),
        (1 - (share**2).sum()).clip(0.0, 1.0).alias("diversity"), pl.col("area").sum().alias("covered"),
    )  # fmt: skip
    import shapely

    whole = pl.DataFrame({"place": place_names(places), "whole": shapely.area(places.geometry)})
    joined = whole.with_row_index("n").join(made.with_columns(pl.col("n").cast(pl.UInt32)), on="n", how="left")
    joined = joined.with_columns((pl.col("covered").fill_null(0.0) / pl.col("whole")).clip(0.0, 1.0)).sort("n")
    names = ["entropy", "diversity", "covered"]
    long = joined.unpivot(names, index=["n", "place"], variable_name="measure").drop_nulls("value")
    order = pl.col("measure").replace_strict({name: i for i, name in enumerate(names)}, return_dtype=pl.Int64)
    frame = long.sort("n", order).select("place", "measure", "value", pl.lit("1").alias("unit"))
    return MeasureTable(frame)


@method(
    id="inventory.space.form.job_home_balance",
    gives=MeasureTable,
    equation="b = 1 - |J - a·R| / (J + a·R), a = ΣJ / ΣR",
    source="cervero_duncan2006",
    status="experimental",
    title=("Balance of jobs and homes", "职住平衡"),
    version=2,
)
def job_home_balance(
    amounts: ProxyTable, *, jobs: str = "jobs", residents: str = "residents", missing_is_zero: bool = False
) -> MeasureTable:
    """Compare jobs and residents place by place with the ratio of the whole city.

    Parameters
    ----------
    amounts
        Jobs and residents by place.
    jobs
        Name of the proxy that counts jobs.
    residents
        Name of the proxy that counts residents (or workers, or homes).
    missing_is_zero
        Whether an absent row means zero; else a gap is an error.

    Returns
    -------
    measures
        ``job_home_ratio`` [1] and ``job_home_balance`` [1] (1 as the city, 0 jobs or homes alone) of each place; for ``city``
        the ratio and the balance of places weighted by jobs and residents.

    Raises
    ------
    CoverageError
        If one of the two is nowhere, or not known of a place that has the other.

    References
    ----------
    Cervero, R. and Duncan, M. (2006), jobs-housing balance; the index is the common one of the field.

    Examples
    --------
    >>> rows = [("a", "jobs", 10.0), ("a", "residents", 20.0), ("b", "jobs", 30.0), ("b", "residents", 20.0)]
    >>> frame = pl.DataFrame(rows, schema=["place", "proxy", "value"], orient="row").with_columns(unit=pl.lit("person"))
    >>> made = job_home_balance(ProxyTable(frame)).to_polars()
    >>> made.filter(pl.col("measure") == "job_home_balance").select("place", pl.col("value").round(6)).rows()
    [('a', 0.666667), ('b', 0.8), ('city', 0.75)]
    """
    rows = checked_amounts(amounts, "amounts").filter(~pl.col("place").is_in(RESIDUALS))
    both = rows.filter(pl.col("proxy").is_in([jobs, residents])).select("place").unique(maintain_order=True)
    listed = amounts_on(amounts, both["place"], "amounts", "amounts", missing_is_zero=missing_is_zero, all_known=False)
    both = both.with_columns(pl.Series(name, listed[name][0]) for name in (jobs, residents) if name in listed)
    problems = Problems()
    for name in (jobs, residents):
        if name not in both.columns or not both[name].fill_nan(0.0).sum():
            problems.add("proxy_zero", Where(item=name), name)
    problems.raise_all()
    refuse_missing([(name, both[name].to_numpy()) for name in (jobs, residents)], both["place"], "amounts")
    both = both.sort("place")
    scale = float(both[jobs].to_numpy().sum() / both[residents].to_numpy().sum())
    fitted = scale * pl.col(residents)
    total = pl.col(jobs) + fitted
    both = both.filter(total > 0).with_columns(
        (pl.col(jobs) / pl.col(residents)).alias("ratio"), (1 - (pl.col(jobs) - fitted).abs() / total).alias("balance"),
        total.alias("weight"),
    )  # fmt: skip
    balance, weight = both["balance"].to_numpy(), both["weight"].to_numpy()
    whole = float((balance * weight).sum() / weight.sum())
    made = [(p, "job_home_ratio", r, "1") for p, r in both.select("place", "ratio").iter_rows() if math.isfinite(r)]
    made += [("city", "job_home_ratio", scale, "1")]
    made += [(p, "job_home_balance", b, "1") for p, b in both.select("place", "balance").iter_rows()]
    made += [("city", "job_home_balance", whole, "1")]
    return MeasureTable(pl.DataFrame(made, schema=["place", "measure", "value", "unit"], orient="row"))
