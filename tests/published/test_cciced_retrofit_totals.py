"""CCICED 2021, text after table 4-4: retrofit totals of three communities, to the printed two decimals of 万t."""

from pathlib import Path

import pytest

from citycarbon.core.tables import EmissionTable
from citycarbon.inventory.accounting import building_life_cycle, reconcile_totals
from citycarbon.studies.run import execute

STUDY = Path(__file__).parents[2] / "examples" / "five-communities"
# Exact tonnes follow from the printed areas and unit figures; 1e-6 t is far below their last digit.
TONNES = {"hongyupo": 31_692.41, "heyi": 38_912.146, "dongtang": 30_420.0}


@pytest.fixture(scope="module")
def run():
    """The shipped study, executed once."""
    return execute(STUDY)


def test_totals_by_community(run):
    made = building_life_cycle(**run.inputs["works"])
    assert isinstance(made, EmissionTable)
    rows = made.to_polars()
    assert set(rows["place"].to_list()) == set(TONNES)
    for place, tonnes in TONNES.items():
        assert rows.filter(rows["place"] == place)["value"].sum() == pytest.approx(tonnes, abs=1e-6)


def test_printed_totals_agree_to_their_rounding(run):
    findings = reconcile_totals(**run.inputs["works-check"]).to_polars()
    # Printed with two decimals of 万t, so half a hundredth is the tolerance.
    assert findings["tolerance"].to_list() == [0.005] * 3
    assert findings["verdict"].to_list() == ["agrees"] * 3
