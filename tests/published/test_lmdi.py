"""Decomposition against printed figures: Ang (2005), the tests of the R package LMDIR, and its workbook of British energy.

Sources: the two-sector illustration of Ang (2005) as recalled in the project's specification, section 5, with outputs that it
computed; LMDIR 0.1 (MIT), file tests/testthat/test_lmdi.R, whose vectors are printed to ten digits; LMDI_testing.xlsx, sheet
"UK data -- fixed", with worked effects. Tolerances: half a unit of the last printed digit; 1e-9 relative for the workbook, whose
cells hold all digits.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from citycarbon.core.series import SeriesTable
from citycarbon.data import datasets
from citycarbon.strategy.drivers import kaya, lmdi
from citycarbon.strategy.drivers.logarithmic_mean import effects, logarithmic_mean


def by_factors(x: np.ndarray, times: list[str], place: str = "AB") -> SeriesTable:
    """Measures m1, m2, … whose quotients are the given factors, shape (times, sectors, factors)."""
    levels = np.cumprod(x, axis=2)
    rows = [
        (place, time, f"s{i}", f"m{k}", float(levels[t, i, k]), "J")
        for t, time in enumerate(times) for i in range(x.shape[1]) for k in range(x.shape[2])
    ]  # fmt: skip
    return SeriesTable(pl.DataFrame(rows, schema=["place", "time", "sector", "measure", "value", "unit"], orient="row"))


def chain(factors: int) -> str:
    return " > ".join(f"m{k} by sector" for k in range(factors))


ANG = pl.DataFrame(
    [("A", t, s, m, v, "u") for m, t, s, v in [
        ("output", "0", "1", 10), ("output", "0", "2", 40), ("output", "1", "1", 40), ("output", "1", "2", 40),
        ("energy", "0", "1", 30), ("energy", "0", "2", 20), ("energy", "1", "1", 80), ("energy", "1", "2", 16)]],
    schema=["place", "time", "sector", "measure", "value", "unit"], orient="row",
).with_columns(pl.col("time").replace({"0": "2000", "1": "2010"}))  # fmt: skip


def test_ang_two_sectors():
    made = lmdi(SeriesTable(ANG), chain="output > output by sector > energy by sector").to_polars()
    assert made["value"].to_list() == pytest.approx([32.384638, 38.284867, -24.669505, 46], abs=5e-7)
    assert made["ratio"].to_list() == pytest.approx([1.582880, 1.721020, 0.704802, 1.92], abs=5e-7)
    assert logarithmic_mean(np.array([80.0, 16.0, 96.0]), np.array([30.0, 20.0, 50.0])) == pytest.approx(
        [50.977272, 17.925680, 70.516977], abs=5e-7
    )


SIMPLE = np.array([
    [[1, 10, 2], [4, 5, 3]], [[4, 5, 3], [5, 6, 4]], [[8, 2, 4], [5, 7, 5]], [[10, 1, 5], [6, 8, 6]],
], dtype=float)  # fmt: skip
"""Factors of two sub-categories in 1971 to 1974, the package's own example."""


def test_vectors_of_lmdir():
    made = lmdi(by_factors(SIMPLE, ["1971", "1972", "1973", "1974"]), chain=chain(3)).to_polars()
    added = np.array(made["value"].to_list()).reshape(3, 4)
    ratios = np.array(made["ratio"].to_list()).reshape(3, 4)
    assert added == pytest.approx(np.array([
        [69.79006598, -9.455125793, 39.66505981, 100], [42.96021467, -34.31902656, 50.3588119, 59],
        [54.01064234, -9.021284671, 54.01064234, 99]]), abs=5e-9)  # fmt: skip
    assert ratios == pytest.approx(np.array([
        [1.761117821, 0.926191306, 1.379410116, 2.25], [1.229284572, 0.847970248, 1.273773912, 1.327777778],
        [1.208140223, 0.968911503, 1.208140223, 1.414225941]]), abs=5e-10)  # fmt: skip


def test_parts_of_lmdir():
    made = lmdi(by_factors(SIMPLE, ["1971", "1972", "1973", "1974"]), chain=chain(3), by="sector").to_polars()
    first = made.filter((pl.col("part_of") == "AB") & (pl.col("time") == "1972") & (pl.col("factor") != "total"))
    assert first["value"].to_list() == pytest.approx(
        [50.47438029, -25.23719014, 14.76280986, 19.31568569, 15.78206435, 24.90224996], abs=5e-9
    )


@pytest.mark.parametrize(("zero", "expected"), [
    # First factor of the first sub-category from zero: it takes all of 60; third of the second to zero: it takes all of -60.
    ((0, 0, 0), [[60, 0, 0], [19.31568569, 15.78206435, 24.90224996]]),
    ((1, 1, 2), [[50.47438029, -25.23719014, 14.76280986], [0, 0, -60]]),
])  # fmt: skip
def test_zeros_of_lmdir(zero, expected):
    x = SIMPLE[:2].copy()
    x[zero] = 0
    ends = [[np.cumprod(x, axis=2)[t, :, k] for k in range(3)] for t in range(2)]
    made = np.array(effects(*ends)[0]).T
    assert made == pytest.approx(np.array(expected), abs=5e-9)


EIGHT = [  # v0, vT, x0, xT, effect: the eight limits of Ang, Zhang and Choi (1998), as in the tests of LMDIR
    (0, 42, 0, 1, 42), (42, 0, 1, 0, -42), (0, 1, 1, 1, 0), (1, 0, 1, 1, 0), (0, 0, 1, 1, 0), (0, 0, 0, 0, 0), (0, 0, 1, 0, 0),
    (0, 0, 0, 1, 0),
]  # fmt: skip


@pytest.mark.parametrize(("v0", "v1", "x0", "x1", "expected"), EIGHT)
def test_eight_limits(v0, v1, x0, x1, expected):
    """A second factor makes v what it is; where x is zero v must be, so the other factor is v / x there."""
    first = [np.array([float(x0)]), np.array([float(v0)])]
    last = [np.array([float(x1)]), np.array([float(v1)])]
    assert effects(first, last)[0][0][0] == pytest.approx(expected, abs=1e-12)


@pytest.fixture(scope="module")
def workbook() -> Path:
    if datasets.missing_files("lmdi_ang_examples") and not os.environ.get("CI"):
        pytest.skip("data set lmdi_ang_examples is not at hand")
    return datasets.locate("lmdi_ang_examples", "LMDI_testing.xlsx")


def test_british_energy(workbook):
    """Twenty-two final uses of 1972 and 1973: energy, efficiency, share of stage and share of use."""
    import openpyxl

    sheet = openpyxl.load_workbook(workbook, data_only=True)["UK data -- fixed"]
    x = np.array([
        [[float(sheet.cell(row, column).value) for column in range(4, 8)] for row in rows]
        for rows in (range(3, 25), range(31, 53))
    ])  # fmt: skip
    made = lmdi(by_factors(x, ["1972", "1973"], "UK"), chain=chain(4), by="sector").to_polars()
    whole = made.filter(pl.col("part_of").is_null())
    expected = [float(sheet.cell(54, column).value) for column in range(22, 26)]
    assert whole["value"].to_list()[:4] == pytest.approx(expected, rel=1e-9)
    assert whole["value"].to_list()[4] == pytest.approx(float(sheet["J31"].value), rel=1e-9)
    ratios = [float(sheet.cell(54, column).value) for column in (28, 29, 30, 31, 32)]
    assert whole["ratio"].to_list() == pytest.approx(ratios, rel=1e-9)
    parts = made.filter(pl.col("part_of").is_not_null() & (pl.col("factor") != "total"))
    effects_of_uses = np.array([[float(sheet.cell(r, c).value) for c in range(22, 26)] for r in range(31, 53)])
    order = sorted(range(22), key=lambda i: f"s{i}")
    assert np.array(parts["value"].to_list()).reshape(22, 4) == pytest.approx(
        effects_of_uses[order], rel=1e-8, abs=1e-9
    )


def test_kaya_closes():
    """Specification, section 5, test C: 1.4e9 people x 7e4 CNY x 5.5e-5 tce/CNY x 2.1 t/tce; closes to 1e-12."""
    p, g, e, c = 1.4e9, 1.4e9 * 7e4, 1.4e9 * 7e4 * 5.5e-5, 1.4e9 * 7e4 * 5.5e-5 * 2.1
    rows = [("A", "2020", m, v, u) for m, v, u in (
        ("population", p, "person"), ("gdp", g, "CNY"), ("energy", e, "tce"), ("co2", c, "t"))]  # fmt: skip
    frame = pl.DataFrame(rows, schema=["place", "time", "measure", "value", "unit"], orient="row")
    made = kaya(SeriesTable(frame)).to_polars()
    assert made["value"].to_list() == pytest.approx([1.4e9, 7e4, 5.5e-5, 2.1, 1.1319e10], rel=1e-12)
    assert abs(made["residual"].to_list()[-1]) < 1e-12
    assert made["unit"].to_list() == ["person", "CNY/person", "tce/CNY", "t/tce", "t"]
