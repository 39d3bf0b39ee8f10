"""Warming metrics: the factor that turns the mass of a gas into CO2 equivalent.

Comes in: a metric name such as ``AR6-GWP100`` and rows (gas, metric, value). Goes out: gas to factor. The table itself is
data; this module holds the rules: biogenic CO2 is a memo item that never enters CO2e, a gas that the metric does not
list is an error, never a one, and methane weighs by its origin where the metric tells origins apart.

The sixth assessment report prints fossil methane (29.8 over 100 years) with the CO2 that it turns into, and other methane
(27.0) without (ipcc_ar6_wg1_ch7, table 7.15). Fossil is methane whose carbon no row of CO2 counts: of mines, wells, processes.
Methane from burning is not, because the CO2 of a fuel is worked out from all its carbon (ghg_protocol_gwp_2024).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import polars as pl

from citycarbon.core import frames
from citycarbon.core.errors import InputError, Problem, Problems, Where, problem
from citycarbon.core.trace import row_of
from citycarbon.core.units import gas_clashes, gas_of

METHANE = "CH4"
FOSSIL = "fossil"
NON_FOSSIL = "non-fossil"
ORIGINS = (FOSSIL, NON_FOSSIL)
"""Origins of methane that a metric may tell apart; a row without one is methane of unstated origin."""
ORIGIN = "methane_origin"
"""Column of an emission table that says which methane a row is."""
BIOGENIC = "CO2-biogenic"
EQUIVALENT = "CO2e"


@dataclass(frozen=True)
class WarmingMetric:
    """One named metric: gas to kg CO2e per kg, with the key of its source.

    ``CH4-fossil`` and ``CH4-non-fossil`` are methane of one origin, ``CH4`` is methane whose origin nobody stated. Metrics that
    print one figure for methane give it to all three.
    """

    name: str
    factors: Mapping[str, float]
    source: str
    sources: tuple[str, ...] = ()

    @property
    def splits_methane(self) -> bool:
        """Whether methane weighs by its origin."""
        return len({self.potential(METHANE, origin) for origin in ORIGINS} - {None}) > 1

    def potential(self, gas: str, origin: str | None = None) -> float | None:
        """Give the potential of a gas, of methane by its origin where the metric knows it; None if it is not listed."""
        named = self.factors.get(methane_key(gas, origin))
        return self.factors.get(gas) if named is None else named

    def check(self, gases: Iterable[str]) -> None:
        """Raise if a gas has no factor in this metric."""
        problems = Problems()
        for gas in sorted(set(gases) - {BIOGENIC, EQUIVALENT}):
            if gas not in self.factors:
                problems.add("gas_unknown", found=gas, metric=self.name)
        problems.raise_all()


def methane_key(gas: str, origin: str | None) -> str:
    """Give the name under which a metric lists a gas: ``CH4-fossil`` for fossil methane, else the gas."""
    return f"{gas}-{origin}" if gas == METHANE and origin in ORIGINS else gas


def methane_gas(gas: nw.Expr, origin: nw.Expr) -> nw.Expr:
    """Give the column of gases with methane named by its origin, as :func:`methane_key` does for one gas."""
    gas = gas.cast(nw.String)
    made = gas
    for word in ORIGINS:
        made = (
            nw.when((gas == METHANE) & (origin.cast(nw.String) == word))
            .then(nw.lit(f"{METHANE}-{word}"))
            .otherwise(made)
        )
    return made


def gas_problems(frame: frames.Frame, fixed: Mapping[str, str], where: Where) -> Iterator[Problem]:
    """Name the rows whose unit speaks of another gas: 28 tCO2e are not 28 t of methane."""
    present = [name for name in ("gas", "unit") if name in frame.collect_schema().names()]
    units = frames.distinct_values(frame, "unit") if "unit" in present else [fixed.get("unit", "")]
    if not any(gas_of(str(unit)) for unit in units):
        return
    given = [pl.lit(fixed.get(name)).alias(name) for name in ("gas", "unit") if name not in present]
    traced = ["provenance_id"] if "provenance_id" in frame.collect_schema().names() else []
    rows = frames.small(frame.select(*present, *traced)).with_columns(*given).cast(pl.String)
    for (gas, unit), group in rows.drop_nulls(["gas", "unit"]).group_by("gas", "unit", maintain_order=True):
        if gas_clashes(str(gas), str(unit)):
            numbers = tuple(map(row_of, group["provenance_id"].head(5).to_list())) if traced else ()
            place = Where(where.file, where.sheet, numbers, "unit")
            yield problem("gas_of_unit", place, f"{unit} ({gas})", gas=gas, write="t")


def choose_metric(name: str, rows: Iterable[tuple[str, str, float, str]]) -> WarmingMetric:
    """Pick one metric out of rows (gas, metric, value, source)."""
    rows = list(rows)
    factors = {gas: value for gas, metric, value, _ in rows if metric == name}
    if not factors:
        raise InputError("metric_unknown", found=name, known=", ".join(sorted({metric for _, metric, _, _ in rows})))
    if METHANE in factors:
        factors = {f"{METHANE}-{origin}": factors[METHANE] for origin in ORIGINS} | factors
    sources = dict.fromkeys(source for _, metric, _, source in rows if metric == name)
    return WarmingMetric(name, factors, next(iter(sources)), tuple(sources))


def potentials_of(table: Any, gases: Sequence[str], metric: WarmingMetric) -> nw.Expr:
    """Give the potential of each row of a table that holds some gases; methane goes by its origin."""
    keys = {gas: 1.0 if gas in (EQUIVALENT, BIOGENIC) else metric.factors[gas] for gas in gases}
    if METHANE not in gases or not metric.splits_methane:
        return frames.by_pairs("gas", keys) if table.has("gas") else nw.lit(keys[gases[0]])
    named = {methane_key(METHANE, word): metric.potential(METHANE, word) or 0.0 for word in ORIGINS}
    key = methane_gas(table.text("gas"), table.text(ORIGIN))
    scale = nw.lit(None).cast(nw.Float64)
    for name, value in (keys | named).items():
        scale = nw.when(key == name).then(nw.lit(value)).otherwise(scale)
    return scale


def told_unstated(table: Any, metric: WarmingMetric) -> nw.Expr:
    """Say in the rule of methane whose origin nobody stated by what it was weighed."""
    said = nw.lit(f"{METHANE} of unstated origin × {metric.factors[METHANE]:g}")
    before = table.text("rule").cast(nw.String)
    own = (table.text("gas").cast(nw.String) == METHANE) & table.text(ORIGIN).cast(nw.String).is_null()
    both = nw.concat_str([before, said], separator="; ", ignore_nulls=True)
    return nw.when(own).then(both).otherwise(before).alias("rule")


def with_origin(table: Any, origin: str) -> Any:
    """State the origin of the methane rows that have none; other gases are left alone."""
    if not table.has("gas"):
        if table.constant("gas") != METHANE or table.has(ORIGIN) or table.constant(ORIGIN) is not None:
            return table
        return type(table).trusted(table.rows, fixed={**table.fixed, ORIGIN: origin}, codes=table.codes)
    known = table.matched["gas"].to_list() if table.matched is not None else None
    if known is None and not frames.is_lazy(table.rows):
        known = table.words("gas")
    if known is not None and METHANE not in known:
        return table
    before = table.text(ORIGIN).cast(nw.String)
    bare = (nw.col("gas").cast(nw.String) == METHANE) & before.is_null()
    stated = nw.when(bare).then(nw.lit(origin)).otherwise(before).alias(ORIGIN)
    fixed = {key: text for key, text in table.fixed.items() if key != ORIGIN}
    return type(table).trusted(table.rows.with_columns(stated), fixed=fixed, codes=table.codes)
