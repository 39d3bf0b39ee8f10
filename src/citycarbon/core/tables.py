"""The long tables: one row a fact, a frozen wrapper around the user's own frame.

Comes in: a frame of any engine that narwhals knows. Goes out: a checked table; every operation returns a new one. A column
that is absent stands for one constant (its default), so that two million rows need not repeat a word.
Not for: joining tables, which methods do, and reading files, which ``citycarbon.data`` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import narwhals as nw
import polars as pl

from citycarbon.core import frames, quantities
from citycarbon.core.dimensions import BASES, DISTRIBUTIONS, FLOWS, NOTATION_KEYS, SCOPES, CodeList, one_list_each
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.frames import Frame
from citycarbon.core.names import NAMES, names_in_one_form, one_form, unknown
from citycarbon.core.schema import (
    Column,
    check_values,
    fill_defaults,
    fixed_problems,
    missing_columns,
    settle_types,
    textual,
)
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

OBSERVED = "observed"


class Table:
    """A frozen, checked wrapper of a frame.

    Parameters
    ----------
    frame
        Polars, pandas, DuckDB or Spark frame, or a narwhals frame.
    fixed
        Column to the one text that it has in every row; for columns that the frame does not hold.
    codes
        Dimension name to its code list, where one is known.
    where
        File and sheet that the rows came from, for error messages.

    Raises
    ------
    SchemaError
        If a column is missing, unknown, of the wrong type, or a value breaks its rule; all problems at once.
    """

    columns: ClassVar[tuple[Column, ...]] = ()
    named: ClassVar[tuple[str, ...]] = NAMES
    """Columns whose words are brought to one form (:mod:`citycarbon.core.names`)."""
    holds_totals: ClassVar[bool] = False
    """Whether printed totals may stand among the rows: nothing adds them up, or the table says of each row what it is."""
    __slots__ = ("_codes", "_fixed", "_frame", "_names")
    _frame: Frame
    _fixed: Mapping[str, str]
    _codes: Mapping[str, CodeList]
    _names: frozenset[str] | None

    def __init__(
        self,
        frame: Any,
        *,
        fixed: Mapping[str, str] | None = None,
        codes: Mapping[str, CodeList] | None = None,
        where: Where | None = None,
    ) -> None:
        where = where or Where()
        wrapped = frames.wrap(frame)
        present = [*wrapped.collect_schema().names(), *(fixed or {})]
        problems = Problems()
        problems.extend(missing_columns(present, self.columns, where))
        problems.extend(fixed_problems(fixed or {}, wrapped.collect_schema().names(), self.columns, where))
        problems.raise_all()
        fixed = {name: one_form(word) if name in self.named else word for name, word in (fixed or {}).items()}
        wrapped = fill_defaults(settle_types(wrapped, self.columns, where), self.columns)
        wrapped, unclear = names_in_one_form(wrapped, self.named, where)
        problems.extend(unclear)
        problems.extend(check_values(wrapped, self.columns, where))
        problems.extend(self._own_rules(wrapped, fixed, where))
        problems.raise_all()
        wrapped = self._settled(wrapped, fixed)
        self._set(wrapped, fixed, {})
        self._set(wrapped, fixed, self.with_codes(**codes)._codes if codes else {})

    def _set(self, frame: Frame, fixed: Mapping[str, str], codes: Mapping[str, CodeList]) -> None:
        object.__setattr__(self, "_frame", frame)
        object.__setattr__(self, "_fixed", dict(fixed))
        object.__setattr__(self, "_codes", dict(codes))
        object.__setattr__(self, "_names", None)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def _own_rules(self, frame: Frame, fixed: Mapping[str, str], where: Where) -> Iterable[Any]:  # noqa: ARG002
        return ()

    def _settled(self, frame: Frame, fixed: Mapping[str, str]) -> Frame:  # noqa: ARG002
        return frame

    @classmethod
    def trusted(
        cls, frame: Frame, *, fixed: Mapping[str, str] | None = None, codes: Mapping[str, CodeList] | None = None
    ) -> Self:
        """Wrap a frame that a method derived from checked tables, without checking it again."""
        made = cls.__new__(cls)
        made._set(frame, fixed or {}, codes or {})
        return made

    @property
    def rows(self) -> Frame:
        """The rows as a narwhals frame, constants not written out."""
        return self._frame

    @property
    def fixed(self) -> Mapping[str, str]:
        """Columns that have one text in every row and are not stored."""
        return dict(self._fixed)

    @property
    def codes(self) -> Mapping[str, CodeList]:
        """Code lists by dimension."""
        return dict(self._codes)

    def has(self, column: str) -> bool:
        """Tell whether the frame itself holds a column."""
        if self._names is None:
            # A frozen table never changes its columns, and asking an engine for them takes a tenth of a millisecond.
            object.__setattr__(self, "_names", frozenset(self._frame.collect_schema().names()))
        return column in (self._names or ())

    def text(self, column: str) -> nw.Expr:
        """Give the expression of a column: the column itself, its constant, or its default."""
        return nw.col(column) if self.has(column) else nw.lit(self.constant(column)).cast(nw.String).alias(column)

    def constant(self, column: str) -> str | None:
        """Give the text of a column that the frame does not hold."""
        if column in self._fixed:
            return self._fixed[column]
        known = {item.name: item.default for item in self.columns}
        if column not in known:
            raise InputError("column_unknown", Where(column=column), column, known=", ".join(sorted(known)))
        return known[column]

    def with_codes(self, **codes: CodeList) -> Self:
        """Attach code lists and check that every code of the table is in them."""
        problems = Problems()
        for dimension, listed in codes.items():
            code = "place_unknown" if dimension == "place" else "sector_unknown"
            missing = [item for item in self.words(dimension) if item not in listed]
            for value, each in zip(missing, unknown(missing, listed.parents, Where(), code=code), strict=False):
                problems.extend([replace(each, where=self._where(dimension, value))])
        problems.raise_all()
        return self.under(**codes)

    def under(self, **codes: CodeList) -> Self:
        """Attach code lists that may lack some of its codes: what they know is kept from being added to what contains it."""
        return type(self).trusted(self._frame, fixed=self._fixed, codes={**self._codes, **codes})

    def _where(self, column: str, value: str) -> Where:
        if not (self.has("provenance_id") and self.has(column)):
            return Where(column=column)
        bad = self._frame.filter(nw.col(column).cast(nw.String) == value).select("provenance_id").head(5)
        found = [str(item).rpartition(":") for item in frames.small(bad)["provenance_id"].to_list()]
        rows = tuple(int(row) for _, _, row in found if row.isdigit())
        return Where(file=found[0][0] or None if found else None, rows=rows, column=column)

    def words(self, column: str) -> list[str]:
        """Give the distinct texts of a column in order, whether stored or constant; null is left out."""
        if self.has(column):
            return [str(word) for word in frames.distinct_values(self._frame, column)]
        constant = self.constant(column)
        return [] if constant is None else [constant]

    def filter(self, **wanted: str | Sequence[str]) -> Self:
        """Keep the rows whose text columns equal the given word or one of the given words.

        A row that lacks a label which it must have (a lazy row without a match) is kept, so that the total can refuse it.
        """
        frame = self._frame
        never_empty = {column.name for column in self.columns if not column.empty}
        for column, value in wanted.items():
            words = [value] if isinstance(value, str) else list(value)
            if self.has(column):
                label = nw.col(column).cast(nw.String)
                wanted_row = label.is_in(words)
                frame = frame.filter(wanted_row | label.is_null() if column in never_empty else wanted_row)
            elif self.constant(column) not in words:
                frame = frame.head(0)
        return type(self).trusted(frame, fixed=self._fixed, codes=self._codes)

    def to_polars(self) -> pl.DataFrame:
        """Write the table out as an eager Polars frame with every declared column, in declared order."""
        present = set(self._frame.collect_schema().names())
        frame = frames.small(self._frame)
        kinds = {"number": pl.Float64, "year": pl.Int64}
        fill = [
            pl.lit(self.constant(column.name) if column.kind in ("text", "period") else None)
            .cast(kinds.get(column.kind, pl.String))
            .alias(column.name)
            for column in self.columns
            if column.name not in present
        ]
        text = [pl.col(column.name).cast(pl.String) for column in self.columns if column.kind in ("text", "period")]
        return frame.with_columns(fill).with_columns(text).select(column.name for column in self.columns)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {', '.join(self._frame.collect_schema().names())}>"


_PLACE = Column("place", required=True, empty=False, meaning=("where it happens", "地点"))
_TIME = Column("time", "period", required=True, empty=False, meaning=("year, month or day", "时期：年、月或日"))
_SECTOR = Column("sector", required=True, empty=False, meaning=("sector of one code list", "部门（单一代码表）"))
_ACTIVITY = Column(
    "activity", required=True, empty=False, meaning=("carrier, process or service", "能源品种、过程或服务")
)
_SCENARIO = Column(
    "scenario", default=OBSERVED, meaning=("scenario; observed if not stated", "情景；未注明为 observed")
)
_UNIT = Column("unit", required=True, empty=False, meaning=("unit of value and sd", "value 与 sd 的单位"))
_UNCERTAINTY = (
    Column("sd", "number", low=0, meaning=("standard deviation, in unit", "标准差，单位同 unit")),
    Column("distribution", allowed=DISTRIBUTIONS, meaning=("shape of the uncertainty", "不确定性分布")),
    Column("error_group", meaning=("rows with one name share their error", "同名的行共享误差")),
)
_QUALITY = Column("quality", meaning=("data quality: H, M, L or a remark", "数据质量：H、M、L 或说明"))
_PROVENANCE = Column("provenance_id", meaning=("file and row that it came from", "来源文件与行号"))


class ActivityTable(Table):
    """What people do: fuel burnt, electricity used, waste treated. One row is one fact; values are zero or more."""

    columns = (
        _PLACE,
        _TIME,
        _SECTOR,
        _ACTIVITY,
        _SCENARIO,
        Column("value", "number", required=True, empty=False, low=0, meaning=("amount, in unit", "数量，单位见 unit")),
        _UNIT,
        *_UNCERTAINTY,
        _QUALITY,
        _PROVENANCE,
    )
    __slots__ = ()


class FactorTable(Table):
    """Emission factors and properties: value per activity unit, with source, region and years of validity."""

    holds_totals = True
    columns = (
        Column("factor_id", meaning=("identifier in the library", "因子标识")),
        Column("quantity", default="emission_factor", meaning=("what the figure is", "数值含义")),
        _ACTIVITY,
        Column("sector", meaning=("only if it depends on the use", "仅当与用途有关时填写")),
        Column("gas", meaning=("gas that is emitted", "排放的气体")),
        Column("region", default="world", meaning=("region of validity", "适用区域")),
        Column("valid_from", "year", low=1800, high=2200, meaning=("first year", "起始年份")),
        Column("valid_to", "year", low=1800, high=2200, meaning=("last year", "终止年份")),
        Column("value", "number", required=True, empty=False, meaning=("figure, in unit", "数值，单位见 unit")),
        _UNIT,
        *_UNCERTAINTY,
        Column("factor_errors", meaning=("errors of its parts, if it was combined", "合成因子各部分的误差")),
        Column("edition", meaning=("named set that it belongs to", "所属版本")),
        Column("source", meaning=("key in references.bib", "参考文献键")),
        Column("licence", meaning=("licence of the figure", "许可")),
        _QUALITY,
        Column("note", meaning=("remark", "说明")),
    )
    __slots__ = ()

    def _own_rules(self, frame: Frame, fixed: Mapping[str, str], where: Where) -> Iterable[Any]:
        yield from quantities.factor_problems(frame, fixed, where)
        names = frame.collect_schema().names()
        if "valid_from" not in names or "valid_to" not in names:
            return
        bad = frames.small(frame.filter(nw.col("valid_from") > nw.col("valid_to")).select("activity").head(3))
        for activity in bad["activity"].to_list():
            yield InputError("years_reversed", Where(where.file, where.sheet, (), "valid_from", activity)).problems[0]

    def _settled(self, frame: Frame, fixed: Mapping[str, str]) -> Frame:
        return quantities.settled(frame, fixed)


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
        _PLACE,
        _TIME,
        _SECTOR,
        _ACTIVITY,
        Column("scope", required=True, empty=False, allowed=SCOPES, meaning=("GHG Protocol scope", "范围")),
        Column("gas", required=True, empty=False, meaning=("gas, or CO2e", "气体，或 CO2e")),
        _SCENARIO,
        Column("basis", default="all", allowed=BASES, meaning=("alternative of accounting", "核算口径")),
        Column("value", "number", required=True, meaning=("mass of the gas, in unit", "气体质量，单位见 unit")),
        _UNIT,
        *_UNCERTAINTY,
        Column(
            "methane_origin",
            allowed=ORIGINS,
            meaning=("origin of CH4 that its potential goes by", "甲烷来源，决定其增温潜势"),
        ),
        Column("flow", default="emission", allowed=FLOWS, meaning=("emission or removal", "排放或清除")),
        Column("notation", allowed=NOTATION_KEYS, meaning=("NO, NE, IE or C instead of a value", "代替数值的标记")),
        Column("method", meaning=("method id", "方法标识")),
        _PROVENANCE,
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


class PlaceTable(Table):
    """Places of a study: a tree, each place with a level, a region whose factors hold for it, and names."""

    columns = (
        _PLACE,
        Column("parent", meaning=("place that contains it", "上级地点")),
        Column("level", meaning=("city, district, street, community, parcel, building, cell", "层级")),
        Column("region", meaning=("region code or name whose factors hold", "适用因子的区域")),
        Column("name_zh", meaning=("Chinese name", "中文名")),
        Column("name_en", meaning=("English name", "英文名")),
    )
    __slots__ = ()

    def code_list(self, file: str | None = None) -> CodeList:
        """Give the tree of places as a code list; refuses cycles and unknown parents."""
        rows = self.to_polars()
        doubled = rows.filter(pl.col("place").is_duplicated())["place"].unique().sort().to_list()
        if doubled:
            where = Where(file=file, column="place")
            raise InputError.several(
                InputError("row_duplicate", where, place, key="place").problems[0] for place in doubled[:5]
            )
        parents = dict(rows.select("place", "parent").iter_rows())
        labels = {p: (en or p, zh or p) for p, en, zh in rows.select("place", "name_en", "name_zh").iter_rows()}
        return CodeList("places", parents, labels, file)


class DenominatorTable(Table):
    """Population, households, floor area, jobs or output of places: what an intensity is divided by."""

    columns = (
        _PLACE,
        _TIME,
        Column("measure", required=True, empty=False, meaning=("what is counted", "指标")),
        Column("value", "number", required=True, empty=False, low=0, meaning=("amount, in unit", "数量")),
        _UNIT,
        Column("source", meaning=("source", "来源")),
        _PROVENANCE,
    )
    __slots__ = ()
