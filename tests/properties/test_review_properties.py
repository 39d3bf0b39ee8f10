"""Laws of the review: parts close, shares add to one, and neither the order of rows nor the unit matters."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycarbon.core.tables import ActivityTable, EmissionTable
from citycarbon.core.totals import total
from citycarbon.data.library import warming_metric
from citycarbon.inventory.accounting.compare import compare
from citycarbon.inventory.accounting.review import key_categories, recalculation, uncertainty_table
from citycarbon.inventory.accounting.review.difference import PARTS, part_column

FIXED = {"place": "A", "unit": "t"}
size = st.floats(1e-3, 1e6)
source = st.tuples(
    st.sampled_from(["2010", "2020"]), st.sampled_from(["road", "rail", "waste"]), st.sampled_from(["diesel", "gas"]),
    st.sampled_from(["1", "3"]), st.sampled_from(["CO2", "CH4", "N2O", "CO2e"]),
)  # fmt: skip
NAMES = ["time", "sector", "activity", "scope", "gas"]
told = st.tuples(size, st.sampled_from(["m1", "m2", None]), st.sampled_from(["f1", "f2", None]))
inventory = st.dictionaries(source, told, min_size=1, max_size=10)
amounts = st.dictionaries(
    st.tuples(st.sampled_from(["2010", "2020"]), st.sampled_from(["road", "rail"]), st.sampled_from(["diesel", "gas"])),
    st.one_of(st.just(0.0), size),
    max_size=6,
)


def emissions(rows: dict) -> EmissionTable:
    """Rows by source; a CO2e row beside gases is left out, since it would count them twice."""
    double = {key[:4] for key in rows if key[4] != "CO2e"}
    cells = [(*key, *value) for key, value in rows.items() if key[4] != "CO2e" or key[:4] not in double]
    schema = {**dict.fromkeys(NAMES, pl.String), "value": pl.Float64, "method": pl.String, "factor_id": pl.String}
    return EmissionTable(pl.DataFrame(cells, schema=schema, orient="row"), fixed=FIXED)


def used(rows: dict) -> ActivityTable | None:
    """Amounts, in tonnes."""
    if not rows:
        return None
    schema = {**dict.fromkeys(NAMES[:3], pl.String), "value": pl.Float64}
    return ActivityTable(
        pl.DataFrame([(*key, value) for key, value in rows.items()], schema=schema, orient="row"), fixed=FIXED
    )


METRICS = st.sampled_from(["AR5-GWP100", "AR6-GWP100"])


@settings(max_examples=20, deadline=None)
@given(inventory, inventory, amounts, amounts, METRICS, METRICS)
def test_a_recalculation_closes(old, new, old_amounts, new_amounts, old_metric, metric):
    """The parts add to the difference, by category and in total, and the totals are those of the account."""
    before, after = emissions(old), emissions(new)
    rows = recalculation(
        before, after, used(old_amounts), used(new_amounts), old_metric=old_metric, metric=metric
    ).to_polars()
    for row in rows.iter_rows(named=True):
        parts = sum(row[part_column(part)] for part in PARTS)
        scale = max(abs(row["old_value"]), abs(row["new_value"]), 1e-12)
        assert abs(parts - row["difference"]) <= 1e-9 * scale
    whole = key_categories(before, metric=old_metric).to_polars().filter(pl.col("tier") == "1")["value"].sum()
    assert rows.filter(line="total")["old_value"].sum() == pytest.approx(whole, rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(inventory, inventory, amounts, amounts, METRICS, METRICS)
def test_a_comparison_closes_and_turns_round(first, second, first_amounts, second_amounts, metric, second_metric):
    """The waterfall ends at the second total; the other way round every step has the other sign."""
    one, two = emissions(first), emissions(second)
    sides = used(first_amounts), used(second_amounts)
    there = compare(one, two, *sides, metric=metric, second_metric=second_metric).to_polars()
    back = compare(two, one, *sides[::-1], metric=second_metric, second_metric=metric).to_polars()
    steps = pl.col("step").is_in(["first", "second"])
    for key, part in there.group_by("time"):
        scale = part["value"].abs().max() or 1.0
        ends = part.filter(steps)["value"].to_list()
        assert abs(part.filter(~steps)["value"].sum() - (ends[-1] - ends[0])) <= 1e-9 * scale
        assert abs(part["end"][-2] - ends[-1]) <= 1e-9 * scale
        other = back.filter(pl.col("time") == key[0])
        sums = [
            each.filter(~steps).group_by("step").agg(pl.col("value").sum()).sort("step")["value"]
            for each in (part, other)
        ]
        assert (sums[0] + sums[1]).abs().max() <= 1e-9 * scale


@settings(max_examples=20, deadline=None)
@given(inventory, st.lists(st.one_of(st.none(), st.floats(0, 1e3)), min_size=10, max_size=10), st.randoms())
def test_shares_add_to_one_and_order_and_unit_do_not_matter(rows, spreads, random):
    """Level shares and variance shares of a year add to one; shuffled and in kilotonnes the table is the same."""
    frame = emissions(rows).to_polars().select(*NAMES, "value")
    frame = frame.with_columns(pl.Series("sd", spreads[: frame.height], dtype=pl.Float64),
                               pl.Series("error_group", [random.choice(["g", "h", None]) for _ in range(frame.height)],
                                         dtype=pl.String))  # fmt: skip
    table = EmissionTable(frame, fixed=FIXED)
    keys = key_categories(table, metric="AR6-GWP100").to_polars().filter(tier="1")
    assert keys.group_by("time").agg(pl.col("share").sum())["share"].to_list() == pytest.approx(
        [1.0] * keys["time"].n_unique()
    )
    made = uncertainty_table(table, metric="AR6-GWP100").to_polars()
    shares = made.filter(line="category").group_by("time").agg(pl.col("variance_share").sum(), pl.col("sd").sum())
    for _, share, spread in shares.iter_rows():
        assert not spread or share == pytest.approx(1.0, rel=1e-9)
    order = list(range(frame.height))
    random.shuffle(order)
    shuffled = frame[order].with_columns(pl.col("value", "sd") / 1000)
    again = uncertainty_table(EmissionTable(shuffled, fixed={**FIXED, "unit": "kt"}), metric="AR6-GWP100").to_polars()
    for name in ("value", "sd", "percent", "variance_share"):
        assert again[name].is_null().equals(made[name].is_null())
        assert again[name].fill_null(0).to_list() == pytest.approx(
            made[name].fill_null(0).to_list(), rel=1e-9, abs=1e-9
        )


@settings(max_examples=20, deadline=None)
@given(inventory)
def test_the_lines_of_the_table_are_sums_of_the_account(rows):
    """Categories add to sectors and sectors to the total of core.totals."""
    table = emissions(rows)
    made = uncertainty_table(table, metric="AR6-GWP100").to_polars()
    by_line = {line[0]: part["value"].sum() for line, part in made.group_by("line")}
    assert by_line["category"] == pytest.approx(by_line["total"], rel=1e-9)
    assert by_line["sector"] == pytest.approx(by_line["total"], rel=1e-9)
    # Without methods: two gases of one source may have two, which a sum after the conversion could not tell from one gas twice.
    plain = EmissionTable(table.to_polars().drop("method"))
    account = total(plain.to_co2e(warming_metric("AR6-GWP100")), scopes="scope_1_2_3_sinks")["value"][0]
    assert by_line["total"] == pytest.approx(account, rel=1e-12)
