"""What all tables are: a frozen, checked wrapper around the user's own frame.

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

from citycarbon.core import frames
from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.core.frames import Frame
from citycarbon.core.names import NAMES, names_in_one_form, one_form, unknown
from citycarbon.core.schema import (
    Column,
    check_values,
    fill_defaults,
    fixed_problems,
    missing_columns,
    present_names,
    settle_types,
)


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
        wrapped = present_names(frames.wrap(frame), self.columns)
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
        if codes:
            self._set(wrapped, fixed, self.with_codes(**codes)._codes)

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
        if self.has(column):
            return nw.col(column)
        return nw.lit(self.constant(column)).cast(nw.String).alias(column)

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
            used = self.words(dimension)
            code = "place_unknown" if dimension == "place" else "sector_unknown"
            missing = [item for item in used if item not in listed]
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
        bad = frames.small(self._frame.filter(nw.col(column).cast(nw.String) == value).select("provenance_id").head(5))
        return Where.of(bad["provenance_id"].to_list(), column)

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
