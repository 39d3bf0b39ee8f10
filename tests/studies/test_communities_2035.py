"""The five communities to 2035: the printed figures come out of the model, works and savings as the source has them.

Source: CCICED (2021), tables 3-1, 4-1, 4-3 and 4-4 and the text of chapter 4, part 1. Tonnes of works are exact; electricity
follows the printed kWh.
"""

from __future__ import annotations

import polars as pl
import pytest

from citycarbon.data.examples import examples_folder
from citycarbon.studies.service import validate

WORKS = {"hongyupo": 31692.41, "heyi": 38912.146, "dongtang": 30420.0}
KWH = {
    "jingjiang": (1700, 2300),
    "shibo": (1601, 2150),
    "hongyupo": (590, 1100),
    "heyi": (743, 1290),
    "dongtang": (525, 1300),
}
SAVED = {"hongyupo": 0.13, "heyi": 0.06, "dongtang": 0.19}


@pytest.fixture(scope="module")
def result():
    return validate(examples_folder() / "communities-2035")


@pytest.fixture(scope="module")
def demand(result) -> pl.DataFrame:
    return result.tables["step_demand"]


def part(demand: pl.DataFrame, **wanted: str) -> float:
    return float(demand.filter(*[pl.col(name) == word for name, word in wanted.items()])["value"].sum())


@pytest.mark.parametrize("place", WORKS)
def test_works_are_those_of_tables_4_3_and_4_4(demand, place):
    found = part(demand, place=place, sector="works", scenario="retrofit")
    assert found == pytest.approx(WORKS[place], abs=1e-4)
    assert part(demand, place=place, sector="works", scenario="no intervention") == 0


@pytest.mark.parametrize("place", KWH)
def test_electricity_grows_as_table_4_1_prints(demand, place):
    at = {
        year: part(demand, place=place, sector="energy.electricity", scenario="no intervention", time=year)
        for year in ("2020", "2035")
    }
    assert at["2035"] / at["2020"] == pytest.approx(KWH[place][1] / KWH[place][0], rel=1e-8)


@pytest.mark.parametrize("place", SAVED)
def test_retrofit_saves_what_the_text_says(demand, place):
    energy = [
        sum(
            part(demand, place=place, sector=s, scenario=name, time="2035")
            for s in ("energy.electricity", "energy.gas")
        )
        for name in ("no intervention", "retrofit")
    ]
    assert 1 - energy[1] / energy[0] == pytest.approx(SAVED[place], abs=1e-9)


def test_the_model_meets_table_3_1_in_2020(result):
    rows = result.tables["step_calibration"].filter(pl.col("inventory_value") != 0)
    assert rows.height == 33
    assert rows["multiplier"].to_list() == pytest.approx([1.0] * 33, rel=1e-6)


def test_what_the_source_does_not_print_is_a_caveat(result):
    texts = " ".join(check.text[0] for check in result.checks if check.severity == "caveat")
    assert "pictures without numbers" in texts
    assert "does not give" in texts
