"""Carbon mass balance of a process.

Source: net-zero carbon cities roadmap 2023, section 3.1.1, and IPCC 2006 Guidelines, volume 3, chapter 4 (balances of Tier 2):
E = (Σ M_in · w_C − Σ M_product · w_C − Σ M_residue · w_C) · 44/12.

Tolerance: the example is printed to 0.001 t, so half of that; the exact fraction is met to 1e-9 relative.
"""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.inventory.accounting.mass_balance import StreamTable, mass_balance


def balance(streams: list[tuple[str, str, float, float]]) -> pl.DataFrame:
    names, roles, masses, contents = zip(*streams, strict=True)
    base = {"place": "works", "time": "2020", "sector": "coking", "unit": "t"}
    frame = pl.DataFrame({"stream": names, "role": roles, "value": masses, "carbon_content": contents}).with_columns(
        pl.lit(text).alias(name) for name, text in base.items()
    )
    return mass_balance(StreamTable(frame)).to_polars()


@pytest.mark.parametrize("role", ["product", "residue"])
def test_coal_in_char_out(role: str) -> None:
    """100 t with 85 % carbon in, 20 t with 60 % out, as product or residue: (85 − 12) · 44/12 = 267.667 t CO2."""
    row = balance([("coal", "input", 100.0, 0.85), ("char", role, 20.0, 0.60)]).row(0, named=True)
    assert row["value"] == pytest.approx(267.667, abs=0.0005)
    assert row["value"] == pytest.approx(73 * 44 / 12, rel=1e-9)
    assert (row["scope"], row["gas"], row["unit"]) == ("1", "CO2", "t")


def test_a_negative_result_is_an_error() -> None:
    """More carbon out than in cannot be: the balance is refused, not set to zero."""
    with pytest.raises(InputError) as caught:
        balance([("char", "product", 100.0, 0.85), ("coal", "input", 20.0, 0.60)])
    (problem,) = caught.value.problems
    assert problem.code == "balance_negative"
    assert "-73" in problem.found
