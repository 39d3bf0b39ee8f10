"""Frame operations beyond narwhals: stacking, mapping words to numbers, counting, and joining on the right connection."""

from __future__ import annotations

import gc

import narwhals as nw
import polars as pl
import pytest

from citycarbon.core import frames


def wrapped(**columns) -> frames.Frame:
    return frames.wrap(pl.DataFrame(columns))


def test_distinct_rows_come_sorted_and_as_text():
    frame = frames.wrap(
        pl.DataFrame({"a": ["y", "x", "y"], "b": [1, 2, 1]}).with_columns(pl.col("a").cast(pl.Categorical))
    )
    assert frames.distinct(frame, ["a", "b"]).rows() == [("x", 2), ("y", 1)]
    assert frames.distinct(frame, []).shape == (0, 0)


def test_distinct_values_leave_null_out():
    assert frames.distinct_values(wrapped(a=["y", None, "x", "y"]), "a") == ["x", "y"]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_words_become_their_numbers(count):
    pairs = {f"w{i}": float(10**i) for i in range(count)}
    frame = wrapped(word=[*pairs, *reversed(pairs)])
    made = frames.small(frame.with_columns(frames.by_pairs("word", pairs).alias("number")))
    assert made["number"].to_list() == [*pairs.values(), *reversed(pairs.values())]


def test_no_words_give_no_number():
    made = frames.small(wrapped(word=["a"]).with_columns(frames.by_pairs("word", {}).alias("number")))
    assert made["number"].to_list() == [None]


def test_counts_go_over_all_conditions_at_once_and_null_counts_as_not():
    frame = wrapped(v=[1.0, None, 3.0, -1.0])
    found = frames.counts(frame, {"positive": nw.col("v") > 0, "null": nw.col("v").is_null(), "big": nw.col("v") > 9})
    assert found == {"positive": 2, "null": 1, "big": 0}
    assert frames.counts(frame, {}) == {}
    assert frames.counts(frame.head(0), {"positive": nw.col("v") > 0}) == {"positive": 0}


def test_stacking_fills_an_absent_column_with_null_of_its_kind():
    stacked = frames.small(frames.concat([wrapped(a=[1.0]), wrapped(a=[2.0], b=["x"]), wrapped(b=["y"], a=[3.0])]))
    assert stacked.rows() == [(1.0, None), (2.0, "x"), (3.0, "y")]
    assert stacked.schema == {"a": pl.Float64, "b": pl.String}


def test_stacking_labels_of_three_kinds_makes_text():
    kinds = (pl.String, pl.Categorical, pl.Enum(["x"]))
    parts = [frames.wrap(pl.DataFrame({"a": ["x"]}, schema={"a": kind})) for kind in kinds]
    stacked = frames.small(frames.concat(parts))
    assert stacked["a"].to_list() == ["x"] * 3
    assert stacked.schema["a"] == pl.String


def test_a_small_frame_joins_on_the_relations_own_connection_and_lives_as_long(engine_module):
    duckdb = engine_module("duckdb")
    connection = duckdb.connect()
    # A table of the user's with the words of our code must not be taken for the small frame.
    connection.execute("CREATE TABLE rows AS SELECT 'a' AS place, 99.0::DOUBLE AS factor")
    relation = connection.sql("SELECT * FROM (VALUES ('a', 2.0::DOUBLE), ('b', 3.0::DOUBLE)) t(place, value)")
    frame = frames.wrap(relation)
    other = frames.like(pl.DataFrame({"place": ["a"], "factor": [0.1 + 0.2]}), frame)
    gc.collect()
    joined = frames.small(frame.join(other, on="place", how="left").sort("place"))
    assert joined["factor"].to_list() == [0.1 + 0.2, None]


def test_an_empty_small_frame_keeps_its_kinds_on_the_relations_connection(engine_module):
    relation = engine_module("duckdb").connect().sql("SELECT 'a' AS place")
    made = frames.like(pl.DataFrame(schema={"place": pl.String, "value": pl.Float64}), frames.wrap(relation))
    assert dict(made.collect_schema()) == {"place": nw.String, "value": nw.Float64}
