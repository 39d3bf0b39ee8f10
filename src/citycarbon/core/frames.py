"""The few frame operations that the tables need beyond narwhals itself, for eager and lazy engines alike.

Comes in: any frame that narwhals knows (Polars, pandas, DuckDB relation, Spark). Goes out: the same kind of frame, or, where
a result is small by nature, an eager Polars frame. Not for: formulas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import narwhals as nw
import polars as pl

Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]
TEXT_TYPES = (nw.String, nw.Categorical, nw.Enum)


def wrap(frame: Any) -> Frame:
    """Wrap a native frame; a narwhals frame passes through."""
    if isinstance(frame, (nw.DataFrame, nw.LazyFrame)):
        return frame
    return nw.from_native(frame)


def is_lazy(frame: Frame) -> bool:
    """Tell whether the frame is a plan and not yet data."""
    return isinstance(frame, nw.LazyFrame)


def small(frame: Frame) -> pl.DataFrame:
    """Collect a frame that is small by nature into Polars."""
    eager = frame.collect(backend="polars") if isinstance(frame, nw.LazyFrame) else frame
    return eager.to_polars()


def like(rows: pl.DataFrame, frame: Frame) -> Frame:
    """Turn a small Polars frame into the kind of frame that ``frame`` is, so that the two can be joined.

    DuckDB frames live on the connection and Spark frames on the session of ``frame``.
    """
    wrapped = nw.from_native(rows, eager_only=True)
    if isinstance(frame, nw.LazyFrame):
        native = frame.to_native()
        session = getattr(native, "sparkSession", None)
        if session is not None:
            return nw.from_native(session.createDataFrame(rows.to_dicts(), schema=_spark_schema(rows)))
        if frame.implementation.is_duckdb():
            # A query of a relation runs on that relation's own connection and finds a local frame by its name, which
            # no table of that connection must bear.
            citycarbon_small_rows = rows  # noqa: F841
            return nw.from_native(native.query("citycarbon_relation", "SELECT * FROM citycarbon_small_rows"))
        return wrapped.lazy(backend=frame.implementation)
    if frame.implementation is nw.Implementation.POLARS:
        return wrapped
    return nw.from_dict(rows.to_dict(as_series=False), backend=frame.implementation)


def _spark_schema(rows: pl.DataFrame) -> str:
    names = {pl.Float64: "double", pl.Int64: "bigint", pl.Int32: "bigint", pl.Boolean: "boolean"}
    return ", ".join(f"`{name}` {names.get(type(kind), 'string')}" for name, kind in rows.schema.items())


def text_type(kind: Any) -> bool:
    """Tell whether a narwhals dtype holds text."""
    return isinstance(kind, TEXT_TYPES) or kind in TEXT_TYPES


def distinct(frame: Frame, columns: Sequence[str]) -> pl.DataFrame:
    """Give the distinct rows of some columns, sorted, as a Polars frame."""
    rows = small(frame.select(*columns).unique()) if columns else pl.DataFrame()
    return rows.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String)).sort(columns) if columns else rows


def distinct_values(frame: Frame, column: str) -> list[Any]:
    """Give the distinct values of one column, nulls left out, in order."""
    return [value for value in distinct(frame, [column])[column].to_list() if value is not None]


def by_pairs(column: str, values: Mapping[str, float]) -> nw.Expr:
    """Give an expression that maps the few known texts of a column to numbers, on every engine."""
    items = list(values.items())
    if not items:
        return nw.lit(None).cast(nw.Float64)
    if len(items) == 1:
        return nw.lit(items[0][1])
    expression = nw.lit(items[-1][1])
    for text, number in reversed(items[:-1]):
        expression = nw.when(nw.col(column).cast(nw.String) == text).then(nw.lit(number)).otherwise(expression)
    return expression


def counts(frame: Frame, conditions: Mapping[str, nw.Expr]) -> dict[str, int]:
    """Count in one pass how many rows meet each condition (null counts as not)."""
    if not conditions:
        return {}
    expressions = [
        nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0)).sum().alias(f"c{index}")
        for index, condition in enumerate(conditions.values())
    ]
    row = small(frame.select(*expressions)).row(0)
    return {name: int(count or 0) for name, count in zip(conditions, row, strict=True)}


def grouped(
    frame: Frame,
    keys: Sequence[str],
    sums: Sequence[str],
    *,
    rows: str | None = None,
    counts: Mapping[str, str] | None = None,
) -> Frame:
    """Sum columns over groups, with the rows of a group added in their own order where the engine lets it be said.

    A sum of floating-point numbers depends on the order of its parts, and Polars adds the parts of a group in whatever order
    its threads finish, unless it is told to keep the order; DuckDB and Spark cannot be told.

    Parameters
    ----------
    frame
        Rows.
    keys
        Columns of the groups; none for one row over all.
    sums
        Columns to add; a group without a number gives zero or null, as the engine has it.
    rows
        Name of a column with the number of rows.
    counts
        Names of columns with the number of values that are not null, each with the column counted.
    """
    counted = counts or {}
    if frame.implementation.is_polars() and keys:
        plan = frame.to_native().group_by(list(keys), maintain_order=True)
        found = [pl.col(name).sum() for name in sums] + ([pl.len().alias(rows)] if rows else [])
        made = plan.agg(*found, *[pl.col(name).count().alias(alias) for alias, name in counted.items()])
        return cast(Frame, nw.from_native(made))
    kept = [nw.col(name).sum() for name in sums] + ([nw.len().alias(rows)] if rows else [])
    kept += [nw.col(name).count().alias(alias) for alias, name in counted.items()]
    return frame.group_by(list(keys)).agg(*kept) if keys else frame.select(*kept)


def extended(frame: Frame, columns: Sequence[nw.Expr]) -> Frame:
    """Add columns, of which there may be none."""
    return frame.with_columns(*columns) if columns else frame


def concat(frames: Iterable[Frame]) -> Frame:
    """Stack frames of one kind; a column that one lacks is filled with null, labels of different kinds become text."""
    parts = list(frames)
    if len(parts) == 1:
        return parts[0]
    columns: dict[str, Any] = {}
    for part in parts:
        for name, kind in part.collect_schema().items():
            columns[name] = kind if columns.get(name, kind) == kind else nw.String()
    aligned = []
    for part in parts:
        present = part.collect_schema()
        missing = [nw.lit(None).cast(kind).alias(name) for name, kind in columns.items() if name not in present]
        texts = [
            nw.col(name).cast(nw.String) for name, kind in present.items() if columns[name] != kind and text_type(kind)
        ]
        aligned.append(extended(part, [*missing, *texts]).select(*columns))
    return cast(Frame, nw.concat(cast(list[Any], aligned), how="vertical"))
