"""Emissions and removals, as a table.

Comes in: masses of gases. Goes out: the checked table, in other units or as CO2e. Not for: totals (``citycarbon.core.totals``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import narwhals as nw
import polars as pl

from citycarbon.core import frames
from citycarbon.core.dimensions import FLOWS, NOTATION_KEYS, one_list_each
from citycarbon.core.errors import InputError, Where
from citycarbon.core.frames import Frame
from citycarbon.core.schema import Column, textual
from citycarbon.core.tables.columns import (
    ACTIVITY,
    BASIS,
    GAS,
    MASS,
    PLACE,
    PROVENANCE,
    SCENARIO,
    SCOPE,
    SECTOR,
    TIME,
    UNCERTAINTY,
    UNIT,
)  # fmt: skip
from citycarbon.core.tables.table import Table
from citycarbon.core.units import conversion
from citycarbon.core.warming import (
    BIOGENIC,
    EQUIVALENT,
    METHANE,
    ORIGIN,
    ORIGINS,
    WarmingMetric,
    gas_problems,
    potentials_of,
    told_unstated,
    with_origin,
)

MATCH = "__match__"
"""Hidden column of an emission table: number of the coefficient that a row was multiplied with."""


class EmissionTable(Table):
    """Emissions and removals: mass of one gas (or CO2e) by place, time, sector, activity, scope, scenario and basis.

    ``energy``, ``standard_coal``, ``sd_activity`` and ``sd_factor`` are working columns of single rows: they repeat for
    each gas of one activity and are never summed with it.
    """

    dimensions: ClassVar[tuple[str, ...]] = (
        "place", "time", "sector", "activity", "scope", "gas", "scenario", "basis",
    )  # fmt: skip
    columns = (
        PLACE,
        TIME,
        SECTOR,
        ACTIVITY,
        SCOPE,
        GAS,
        SCENARIO,
        BASIS,
        MASS,
        UNIT,
        *UNCERTAINTY,
        Column(
            "methane_origin",
            allowed=ORIGINS,
            meaning=("origin of CH4 that its potential goes by", "甲烷来源，决定其增温潜势"),
        ),
        Column("flow", default="emission", allowed=FLOWS, meaning=("emission or removal", "排放或清除")),
        Column("notation", allowed=NOTATION_KEYS, meaning=("NO, NE, IE or C instead of a value", "代替数值的标记")),
        Column("method", meaning=("method id", "方法标识")),
        PROVENANCE,
        Column("factor_id", meaning=("factor that was applied", "所用因子")),
        Column("rule", meaning=("how the factor was found", "因子匹配规则")),
        Column("metric", meaning=("warming metric of CO2e rows", "CO2e 行的增温潜势指标")),
        Column("energy", "number", unit="GJ", meaning=("heat content, working column", "热量，过程列")),
        Column("standard_coal", "number", unit="tce", meaning=("coal equivalent, working column", "标准煤，过程列")),
        Column("sd_activity", "number", low=0, meaning=("part of sd from the activity", "活动数据部分的标准差")),
        Column("sd_factor", "number", low=0, meaning=("part of sd from the factor", "因子部分的标准差")),
        Column("factor_errors", meaning=("shapes and sizes of the factors' errors", "各因子误差的分布与大小")),
        Column("activity_error_group", meaning=("shared error of activity data", "活动数据共享误差组")),
        Column("sd_placement", "number", low=0, meaning=("sd of where it is, nil in the sum", "落位的标准差")),
    )
    __slots__ = ("_matched",)
    _matched: pl.DataFrame | None

    @property
    def matched(self) -> pl.DataFrame | None:
        """Coefficient number to the key columns that it determines: summing by one number beats summing by five words."""
        return getattr(self, "_matched", None)

    def with_matched(self, matched: pl.DataFrame) -> EmissionTable:
        """Remember which keys each coefficient number stands for; the frame must hold the hidden column."""
        made = type(self).trusted(self._frame, fixed=self._fixed, codes=self._codes)
        object.__setattr__(made, "_matched", matched)
        return made

    def _own_rules(self, frame: Frame, fixed: Mapping[str, str], where: Where) -> Iterable[Any]:
        yield from gas_problems(frame, fixed, where)
        names = frame.collect_schema().names()
        notation = nw.col("notation") if "notation" in names else nw.lit(fixed.get("notation")).cast(nw.String)
        flow = nw.col("flow") if "flow" in names else nw.lit(fixed.get("flow", "emission"))
        empty, value = nw.col("value").is_null(), nw.col("value")
        rules = {
            "notation_wrong": (empty & notation.is_null()) | (~empty & ~notation.is_null()),
            "flow_sign": ((flow == "emission") & (value < 0)) | ((flow == "removal") & (value > 0)),
        }
        for code, count in frames.counts(frame, rules).items():
            if count:
                yield InputError(code, Where(where.file, where.sheet, (), "value"), f"{count} ×").problems[0]

    def with_unit(self, unit: str) -> EmissionTable:
        """Convert every mass to one unit (pint; for example ``t`` or ``kt``)."""
        if not self.has("unit"):
            scale = nw.lit(conversion(str(self.constant("unit")), unit))
        else:
            scale = frames.by_pairs("unit", {word: conversion(word, unit) for word in self.words("unit")})
        masses = [name for name in ("value", "sd", "sd_activity", "sd_factor", "sd_placement") if self.has(name)]
        frame = self.rows.with_columns(*[(nw.col(name) * scale).alias(name) for name in masses])
        if self.has("unit"):
            frame = frame.drop("unit")
        return type(self).trusted(frame, fixed={**self._fixed, "unit": unit}, codes=self._codes)

    def to_co2e(self, metric: WarmingMetric) -> EmissionTable:
        """Turn every gas into CO2 equivalent by a named metric; biogenic CO2 stays a memo row of its own gas.

        Raises
        ------
        CoverageError
            If the metric does not list a gas of the table.
        DoubleCountError
            If the table holds CO2e by another metric, which cannot be turned back.
        """
        gases = self.words("gas")
        metric.check(gases)
        self._refuse_other_metric(gases, metric)
        if not gases:
            return self
        scale = potentials_of(self, gases, metric)
        masses = [name for name in ("value", "sd", "sd_activity", "sd_factor", "sd_placement") if self.has(name)]
        changed = [(nw.col(name) * scale).alias(name) for name in masses]
        fixed = {key: text for key, text in self._fixed.items() if key not in ("gas", "metric", ORIGIN)}
        fixed["metric"] = metric.name
        unstated = METHANE in gases and metric.splits_methane
        frame = self.rows.with_columns(*changed, *([told_unstated(self, metric)] if unstated else []))
        if unstated:
            fixed.pop("rule", None)
        frame = frame.drop(ORIGIN) if self.has(ORIGIN) else frame
        if BIOGENIC in gases and self.has("gas"):
            memo = nw.col("gas").cast(nw.String) == BIOGENIC
            frame = frame.with_columns(nw.when(memo).then(nw.lit(BIOGENIC)).otherwise(nw.lit(EQUIVALENT)).alias("gas"))
        else:
            frame = frame.drop("gas") if self.has("gas") else frame
            fixed["gas"] = BIOGENIC if gases == [BIOGENIC] else EQUIVALENT
        frame = frame.drop("metric") if "metric" in frame.collect_schema().names() else frame
        return type(self).trusted(frame, fixed=fixed, codes=self._codes)

    def with_methane_origin(self, origin: str) -> EmissionTable:
        """State the origin of the methane rows that have none; other gases are left alone."""
        made = with_origin(self, origin)
        return made if made is self or self.matched is None else made.with_matched(self.matched)

    def _refuse_other_metric(self, gases: Sequence[str], metric: WarmingMetric) -> None:
        stated = self.filter(gas=EQUIVALENT).words("metric") if EQUIVALENT in gases else []
        other = [name for name in stated if name != metric.name]
        if other:
            shown = ", ".join([*other, metric.name])
            raise InputError("sum_alternatives", Where(column="metric"), shown, dimension="metric")

    def to_polars(self) -> pl.DataFrame:
        """Write the table out; a row with neither a number nor a notation key raises CoverageError (``Table.to_polars``)."""
        written = super().to_polars()
        bare = written.filter(pl.col("value").is_null() & pl.col("notation").is_null()).height
        if bare:
            raise InputError("number_missing", Where(column="value"), f"{bare} ×")
        return written

    @classmethod
    def stack(cls, tables: Sequence[EmissionTable]) -> EmissionTable:
        """Put tables under one another, constants written out; code lists must not contradict."""
        columns = {name for table in tables for name in (*table.rows.collect_schema().names(), *table.fixed)}
        columns |= {c.name for c in cls.columns if c.default is not None}
        ordered = [column.name for column in cls.columns if column.name in columns]
        texts = [name for name in ordered if textual(cls.columns, name)]
        parts = [
            frames.extended(table.rows, [table.text(name).alias(name) for name in texts if not table.has(name)])
            for table in tables
        ]
        codes = one_list_each([table.codes for table in tables])
        stacked = frames.concat(parts)
        return cls.trusted(stacked.select(*[c for c in ordered if c in stacked.collect_schema().names()]), codes=codes)
