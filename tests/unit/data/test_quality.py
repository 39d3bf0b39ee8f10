"""The order of quality marks, demands on them, and the page that counts them."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.data.library import shipped_library
from citycarbon.data.library.quality import CLASSES, class_of, classes, counts, rank, required, weakest

DOCS = Path(__file__).parents[3] / "docs"
ORDER = ["verified", "secondary", "abstract", "recalled-97", "recalled-80", "recalled-65", "L", "a remark"]


def test_marks_stand_in_one_order() -> None:
    ranks = [rank(each) for each in ORDER]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ORDER)
    assert rank("computed") == rank("secondary") == rank("M") == rank("secondary (gbt51161_2016)")
    assert rank("seen") == rank("verified") == rank("H")
    assert rank("recalled 85 %") == rank("recalled-85") == rank("recalled 85 % (gbt51161_2016)")
    assert rank(None) == rank("") == rank("Hopeless") == rank("recall")


def test_the_weakest_of_several() -> None:
    assert weakest(["verified", "recalled-95", "recalled-80", "secondary"]) == "recalled-80"
    assert weakest(["verified", None]) is None


@pytest.mark.parametrize(
    ("demand", "passes", "fails"),
    [
        ("at least verified", "seen", "secondary"),
        ("at least secondary", "computed", "abstract"),
        ("secondary", "secondary", "recalled-99"),
        ("不低于 secondary", "secondary", "recalled-99"),
        ("at least abstract", "abstract", "recalled-97"),
        ("at least recalled-90", "recalled-90", "recalled-89"),
        ("at least recalled", "recalled-50", None),
    ],
)
def test_a_demand(demand: str, passes: str, fails: str | None) -> None:
    assert rank(passes) <= required(demand) < rank(fails)


@pytest.mark.parametrize("word", ["", "good", "at least", "at most secondary", "secondary or so", "recalled-9"])
def test_a_demand_that_says_nothing_is_refused(word: str) -> None:
    with pytest.raises(InputError) as caught:
        required(word)
    assert caught.value.problems[0].code == "parameter_wrong"


def test_every_shipped_figure_is_counted_once_and_has_a_mark() -> None:
    made = counts()
    sums = made.select(pl.sum_horizontal(CLASSES[:-1]) == pl.col("rows")).to_series()
    assert sums.all()
    assert made.filter(pl.col("kind") == "factors")["rows"].sum() == shipped_library().rows.height
    marked = shipped_library().rows.select(classes(pl.col("quality")).alias("class"))
    assert "unmarked" not in marked["class"]
    assert class_of(rank("recalled-50")) == "recalled"


@pytest.mark.parametrize("page", ["quality.md", "zh/quality.md"])
def test_the_page_counts_what_the_library_holds(page: str) -> None:
    """Where this fails, the rows of the page are to be those of ``citycarbon factors --quality``."""
    cells = re.findall(
        r"^\| `([^`]+)` \| (\d+) \| (\d*) \| (\d*) \| (\d*) \| (\d*) \|$", (DOCS / page).read_text("utf-8"), re.M
    )
    shown = [(name, *(int(cell or 0) for cell in rest)) for name, *rest in cells]
    assert shown == counts().select("edition", "rows", *CLASSES[:-1]).rows()


def test_what_public_evidence_settled() -> None:
    """Figures that copies confirm are secondary, never verified; of the default fuel set two stay recalled."""
    rows = shipped_library().rows
    named = rows.filter(
        pl.col("note").str.contains("efdb_export|public cop|ncsc_projection|gdnhec|autofacade|chinaxiv")
    )
    assert named.height > 1000
    assert "verified" not in named["quality"]
    default = shipped_library().choose(["cn-2008"]).to_polars()
    weak = set(default.filter(pl.col("quality").str.starts_with("recalled"))["factor_id"])
    assert weak == {
        "gbt2589-2008.ncv.coke_oven_gas", "provincial-guideline-2011.cc.raw_coal", "provincial-guideline-2011.of.raw_coal",
    }  # fmt: skip
    ipcc = rows.filter(
        (pl.col("edition") == "ipcc2006") & pl.col("quantity").is_in(["net_calorific_value", "emission_factor"])
    )
    assert ipcc.filter(pl.col("quality").str.starts_with("recalled")).height <= 6


def test_figures_that_evidence_replaced() -> None:
    values = dict(shipped_library().rows.select("factor_id", "value").iter_rows())
    assert values["provincial-guideline-2011.cc.coke_oven_gas"] == 0.01358
    assert values["ceads-2018.ncv.coke_oven_gas"] == 16100
    assert (values["ndrc-enterprise-guides.ncv.converter_gas"], values["ndrc-aviation-2013.ncv.converter_gas"]) == (
        7954,
        8400,
    )
    assert (values["poore-nemecek-style.lcf.beef.co2e"], values["poore-nemecek-2018.lcf.beef.co2e"]) == (60, 99.48)
    assert values["provincial-guideline-2011.ip.hazardous_waste_total_carbon"] == 0.01
    assert values["provincial-guideline-2025.ip.hazardous_waste_total_carbon"] == 0.5
    assert values["mee-average-2023.ef.electricity.co2.cn-js.2023"] == 0.5827
    assert values["electricity-footprint-2024.lcf.electricity.co2e.2024"] == 0.5777
