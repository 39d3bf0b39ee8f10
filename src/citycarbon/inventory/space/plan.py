"""What a plan changes: emissions of the elements of two sets of parcels compared, and what drives the difference.

Comes in: elements of the present and of a plan, and what a unit of each element emits. Goes out: the difference by place,
element and sector, split into land, density and intensity. Not for: pathways in time (``strategy``).
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.method import method
from citycarbon.core.schema import Column
from citycarbon.core.sums import check_periods, number_sum
from citycarbon.core.tables import EmissionTable, Table
from citycarbon.core.tables.columns import PLACE, UNIT
from citycarbon.data.library.elements import ElementTable
from citycarbon.data.shaping.parts import EVERY_SCOPE, check_alike, one_whole, sums

_ID = "inventory.space.plan_effect"


class PlanEffectTable(Table):
    """Emissions of elements at present and in the plan, and three parts of the difference that add to it."""

    columns = (
        PLACE,
        Column("element", required=True, empty=False, meaning=("spatial element", "空间要素")),
        Column("sector", required=True, empty=False, meaning=("sector", "部门")),
        Column("current", "number", required=True, meaning=("at present, in unit", "现状排放")),
        Column("planned", "number", required=True, meaning=("in the plan, in unit", "规划排放")),
        Column("difference", "number", required=True, meaning=("plan less present", "差值")),
        Column("effect_land", "number", required=True, meaning=("part by land of the use", "用地面积效应")),
        Column("effect_density", "number", required=True, meaning=("part by amount per land", "强度（容积）效应")),
        Column("effect_intensity", "number", required=True, meaning=("part by emissions per amount", "单位排放效应")),
        UNIT,
        Column("driver", required=True, empty=False, meaning=("what changes most", "主要驱动")),
    )
    __slots__ = ()


@method(
    id=_ID,
    gives=PlanEffectTable,
    equation="E = land · (amount / land) · (E / amount); Shapley parts of three factors",
    source="shapley_1953",
    status="experimental",
    title=("Effect of a plan", "规划方案的碳效应"),
    version=2,
)
def plan_effect(
    current: ElementTable,
    plan: ElementTable,
    current_emissions: EmissionTable,
    plan_emissions: EmissionTable,
    *,
    scopes: str = EVERY_SCOPE,
    basis: str | None = None,
) -> PlanEffectTable:
    """Compare what the elements of the present and of a plan emit, place by place and element by element.

    Parameters
    ----------
    current
        Elements of the present by place.
    plan
        Elements of the plan; the same places, as far as they go on.
    current_emissions
        Emissions of the present elements.
    plan_emissions
        Emissions of the planned elements. Both are of one gas and unit: from ``element_activity`` and a method of accounting,
        or from ``element_emissions``. Their ``provenance_id`` names the element.
    scopes
        Named rule by which scopes are added.
    basis
        Which alternative of accounting, where the rows hold several.

    Returns
    -------
    effect
        ``effect_land``: more or less land of the use; ``effect_density``: more or less of the element on its land;
        ``effect_intensity``: another need or carrier for each unit. The three add to the difference to 1e-9. An element that is
        new or goes is all land.

    Raises
    ------
    CoverageError
        If emissions come from no element, or from one that its table does not have at that place.
    InputError
        If units, gases, bases or metrics differ, or a table holds several years or scenarios.

    References
    ----------
    Shapley, L. S. (1953), A value for n-person games; for three factors as in Sun (1998), the complete decomposition without
    rest.

    Examples
    --------
    >>> e = {"time": "2022", "element": "school", "unit": "m2", "sector": "s"}
    >>> now = ElementTable(pl.DataFrame([{"place": "p", "value": 100.0, "land": 50.0, **e}]))
    >>> then = ElementTable(pl.DataFrame([{"place": "p", "value": 300.0, "land": 50.0, **e}]))
    >>> row = {"place": "p", "time": "2022", "sector": "s", "activity": "electricity", "scope": "2", "gas": "CO2", "unit": "t",
    ...        "provenance_id": "elements:school:1"}
    >>> a = EmissionTable(pl.DataFrame([{**row, "value": 1.0}]))
    >>> b = EmissionTable(pl.DataFrame([{**row, "value": 3.0}]))
    >>> made = plan_effect(now, then, a, b).to_polars()
    >>> made.select("difference", "effect_density", "driver").rows()
    [(2.0, 2.0, 'density')]
    """
    chosen = [one_whole(each, basis=basis) for each in (current_emissions, plan_emissions)]
    check_alike(chosen, scopes=scopes)
    unit = next((word for table in chosen for word in table.words("unit")), "t")
    before, after = _joined(current, chosen[0], scopes), _joined(plan, chosen[1], scopes)
    keys = ["place", "element", "sector"]
    both = before.join(after, on=keys, how="full", coalesce=True, suffix="_plan").sort(keys)
    both = both.with_columns(pl.exclude(keys).fill_null(0.0))
    # Elements that are counted and emit nothing by themselves (people, jobs) have no effect of their own.
    both = both.filter((pl.col("mass") != 0) | (pl.col("mass_plan") != 0))
    old = _factors("mass", "amount", "land")
    new = _factors("mass_plan", "amount_plan", "land_plan")
    both = both.with_columns(
        **{f"a{i}": each for i, each in enumerate(old)}, **{f"b{i}": each for i, each in enumerate(new)}
    )
    # An element that is new or goes has no density or intensity on one side: it takes the other's, and all is land.
    gone, fresh = (pl.col("amount_plan") == 0), (pl.col("amount") == 0)
    for i in (1, 2):
        both = both.with_columns(
            pl.when(fresh).then(pl.col(f"b{i}")).otherwise(pl.col(f"a{i}")).alias(f"a{i}"),
            pl.when(gone).then(pl.col(f"a{i}")).otherwise(pl.col(f"b{i}")).alias(f"b{i}"),
        )
    effects = {
        "effect_land": _shapley(0, 1, 2), "effect_density": _shapley(1, 0, 2), "effect_intensity": _shapley(2, 0, 1)
    }  # fmt: skip
    made = both.with_columns(**effects).with_columns((pl.col("mass_plan") - pl.col("mass")).alias("difference"))
    made = made.with_columns(_driver().alias("driver"), pl.lit(unit).alias("unit"))
    order = [pl.col("difference").abs(), *keys]
    made = made.sort(order, descending=[True, False, False, False])
    return PlanEffectTable(
        made.rename({"mass": "current", "mass_plan": "planned"}).select([c.name for c in PlanEffectTable.columns])
    )


def _joined(elements: ElementTable, emissions: EmissionTable, scopes: str) -> pl.DataFrame:
    """Mass, amount and land of each place, element and sector."""
    keys = ["place", "element", "sector"]
    _one_state(elements)
    mass = _masses(emissions, scopes)
    known = elements.to_polars().group_by(keys, maintain_order=True).agg(
        number_sum().alias("amount"), pl.col("land").max().fill_null(0.0)
    )  # fmt: skip
    lost = mass.join(known, on=keys, how="anti")
    if lost.height:
        shown = "; ".join(", ".join(row) for row in lost.select(keys).head(5).iter_rows())
        raise InputError("element_unnamed", Where(item="elements", column="place, element, sector"), shown)
    # Elements without land of their own (people) stand for themselves.
    known = known.with_columns(
        pl.when(pl.col("land") > 0).then(pl.col("land")).otherwise(pl.col("amount")).alias("land")
    )
    return known.join(mass, on=keys, how="left").with_columns(pl.col("mass").fill_null(0.0))


def _one_state(elements: ElementTable) -> None:
    """Refuse elements of several times or scenarios: their amounts are no parts of one city."""
    problems = Problems()
    times = elements.words("time")
    if len(times) > 1:
        # A year beside its months is no less twice the city than two years are.
        check_periods(elements.to_polars())
        problems.add("sum_years", Where(column="time"), ", ".join(times))
    scenarios = elements.words("scenario")
    if len(scenarios) > 1:
        problems.add("sum_alternatives", Where(column="scenario"), ", ".join(scenarios), dimension="scenario")
    problems.raise_all()


def _masses(emissions: EmissionTable, scopes: str) -> pl.DataFrame:
    """Sum emissions by place, element and sector; the element stands in the trace, and takes the carrier's column here."""
    rows = emissions.to_polars().with_columns(
        pl.col("provenance_id").str.extract(r"^elements:(.+):\d+$").alias("activity")
    )
    stray = rows.filter(pl.col("activity").is_null())
    if stray.height:
        shown = ", ".join(stray["sector"].unique().sort().head(5).to_list())
        raise InputError("element_unnamed", Where(column="provenance_id"), shown)
    # An element may need electricity and heat: two methods for two carriers, which are one activity here.
    made = sums(EmissionTable(rows.drop("method", "sd")), ["place", "activity", "sector"], scopes=scopes)
    if made["value"].null_count():
        bare = made.filter(pl.col("value").is_null()).select("place", "activity", "sector")
        shown = "; ".join(", ".join(row) for row in bare.head(5).iter_rows())
        raise InputError("sum_without_number", Where(column="value"), shown)
    return made.select("place", pl.col("activity").alias("element"), "sector", pl.col("value").alias("mass"))


def _factors(mass: str, amount: str, land: str) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    density = pl.when(pl.col(land) > 0).then(pl.col(amount) / pl.col(land)).otherwise(0.0)
    intensity = pl.when(pl.col(amount) > 0).then(pl.col(mass) / pl.col(amount)).otherwise(0.0)
    return pl.col(land), density, intensity


def _shapley(own: int, first: int, second: int) -> pl.Expr:
    """Part of one factor in the change of a product of three, alike in all of them."""
    a1, b1, a2, b2 = (pl.col(f"{side}{i}") for i in (first, second) for side in ("a", "b"))
    weight = (a1 * a2 + b1 * b2) / 3 + (a1 * b2 + b1 * a2) / 6
    return (pl.col(f"b{own}") - pl.col(f"a{own}")) * weight


def _driver() -> pl.Expr:
    land, density, intensity = (pl.col(name).abs() for name in ("effect_land", "effect_density", "effect_intensity"))
    small = pl.col("difference").abs() <= 1e-12 * (pl.col("mass").abs() + pl.col("mass_plan").abs())
    return (
        pl.when(small & (land + density + intensity <= 1e-12 * (pl.col("mass").abs() + pl.col("mass_plan").abs())))
        .then(pl.lit("unchanged"))
        .when(pl.col("amount") == 0).then(pl.lit("new element"))
        .when(pl.col("amount_plan") == 0).then(pl.lit("element gone"))
        .when((land >= density) & (land >= intensity)).then(pl.lit("land"))
        .when(density >= intensity).then(pl.lit("density"))
        .otherwise(pl.lit("intensity"))
    )  # fmt: skip
