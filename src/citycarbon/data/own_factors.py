"""Rules of a factor file that a user gives: known quantities and regions, years that neither overlap nor run backwards.

Comes in: the typed rows of a factor table from a file, with ``provenance_id``. Goes out: the rows with region codes, quantities
by their names here, and every problem with its rows. Not for: units and bounds of quantities, which every factor table
keeps (:mod:`citycarbon.core.units.quantities`).
"""

from __future__ import annotations

import polars as pl

from citycarbon.core.errors import InputError, Problem, Where, problem
from citycarbon.core.trace import row_of
from citycarbon.core.units import quantities, same_dimension
from citycarbon.data.regions import region_code
from citycarbon.data.spelling import simple

_FIRST, _LAST = 1800, 2200
_FACTOR = "emission_factor"
QUANTITIES = {
    "排放因子": "emission_factor", "排放系数": "emission_factor", "ef": "emission_factor", "低位发热量": "net_calorific_value",
    "平均低位发热量": "net_calorific_value", "低位热值": "net_calorific_value", "ncv": "net_calorific_value",
    "含碳量": "carbon_content", "单位热值含碳量": "carbon_content", "氧化率": "oxidation_factor",
    "碳氧化率": "oxidation_factor", "折标系数": "standard_coal_coefficient", "折标准煤系数": "standard_coal_coefficient",
    "泄漏率": "leak_rate", "密度": "density",
}  # fmt: skip
"""Everyday spellings of quantities beside their names."""


def settle_factors(frame: pl.DataFrame, where: Where) -> tuple[pl.DataFrame, list[Problem]]:
    """Write region names as codes and check what only a whole factor file can tell.

    Parameters
    ----------
    frame
        Typed rows with ``provenance_id``; any column of a factor table may be absent.
    where
        File and sheet.

    Returns
    -------
    frame, problems
        Rows with region codes; problems name the rows of the file.
    """
    frame, unknown = _quantities(frame, where)
    problems = [*unknown, *_removals(frame, where), *_bad_years(frame, where)]
    if not _has(frame, pl.String, "region"):
        return frame, problems
    known = {name: region_code(name) for name in frame["region"].drop_nulls().unique().sort().to_list()}
    for name in (name for name, code in known.items() if code is None):
        rows = _rows(frame.filter(pl.col("region") == name))
        problems.append(problem("region_unknown", Where(where.file, where.sheet, rows, "region"), name))
    codes = {name: code for name, code in known.items() if code is not None and code != name}
    return frame.with_columns(pl.col("region").replace(codes)), problems


def _quantities(frame: pl.DataFrame, where: Where) -> tuple[pl.DataFrame, list[Problem]]:
    """Write quantities by their names; a word that no method asks for would leave its row unused without a word.

    A quantity of another distribution has a full stop in its name.
    """
    if not _has(frame, pl.String, "quantity"):
        return frame, []
    names = {simple(each.name): each.name for each in quantities.QUANTITIES} | {"equivalence": "equivalence"}
    names |= {simple(word): name for word, name in QUANTITIES.items()}
    words = frame["quantity"].drop_nulls().unique().sort().to_list()
    read = {word: word if quantities.of(word) or "." in word else names.get(simple(word)) for word in words}
    problems = []
    for word in (word for word, name in read.items() if name is None):
        rows = _rows(frame.filter(pl.col("quantity") == word))
        place = Where(where.file, where.sheet, rows, "quantity")
        problems.append(problem("factor_quantity_unknown", place, word, known=", ".join(sorted(set(names.values())))))
    return frame.with_columns(pl.col("quantity").replace({word: name for word, name in read.items() if name})), problems


def _has(frame: pl.DataFrame, kind: type[pl.DataType], *names: str) -> bool:
    """Tell whether columns are there with their right type; a parquet file may hold anything, which the table refuses."""
    return all(frame.schema.get(name) == kind for name in names)


def _removals(frame: pl.DataFrame, where: Where) -> list[Problem]:
    """What takes gas out of the air is a ``carbon_stock_flux``; an emission factor below zero in a file is a slip."""
    if not (_has(frame, pl.Float64, "value") and _has(frame, pl.String, "unit")):
        return []
    quantity = pl.col("quantity").fill_null(_FACTOR) if "quantity" in frame.columns else pl.lit(_FACTOR)
    below = frame.filter((quantity == _FACTOR) & (pl.col("value") < 0) & pl.col("unit").is_not_null())
    # All others are refused by the bounds of their quantity.
    bad = below.filter(pl.col("unit").map_elements(_per_area, return_dtype=pl.Boolean))
    shown = ", ".join(f"{value:g}" for value in bad["value"].head(5).to_list())
    return [problem("value_negative", Where(where.file, where.sheet, _rows(bad), "value"), shown)] if bad.height else []


def _per_area(unit: str) -> bool:
    try:
        return same_dimension(unit, "t/ha")
    except InputError:
        # A unit that nobody knows is named by the check of units.
        return False


def _bad_years(frame: pl.DataFrame, where: Where) -> list[Problem]:
    if not _has(frame, pl.Int64, "valid_from", "valid_to"):
        return []
    backwards = frame.filter(pl.col("valid_from") > pl.col("valid_to"))
    if backwards.height:
        first, last = backwards.select("valid_from", "valid_to").row(0)
        return [
            problem(
                "years_reversed", Where(where.file, where.sheet, _rows(backwards), "valid_from"), f"{first} > {last}"
            )
        ]
    names = ("quantity", "activity", "sector", "gas", "region", "edition", "unit")
    keys = [name for name in names if name in frame.columns]
    span = frame.with_columns(pl.col("valid_from").fill_null(_FIRST), pl.col("valid_to").fill_null(_LAST))
    span = span.sort(*keys, "valid_from", "valid_to", nulls_last=True, maintain_order=True)
    before = pl.col("valid_to").cum_max().shift(1).over(keys)
    clash = span.with_columns(before.alias("before")).filter(pl.col("valid_from") <= pl.col("before"))
    found = []
    for row in clash.head(20).iter_rows(named=True):
        same = pl.all_horizontal(pl.col(key).eq_missing(pl.lit(row[key])) for key in keys)
        place = Where(where.file, where.sheet, _rows(span.filter(same)), "valid_from")
        found.append(
            problem("years_overlap", place, f"{row.get('activity') or '—'}, {row['valid_from']}-{row['valid_to']}")
        )
    return found


def _rows(frame: pl.DataFrame) -> tuple[int, ...]:
    return tuple(sorted(number for item in frame["provenance_id"].head(5).to_list() if (number := row_of(item))))
