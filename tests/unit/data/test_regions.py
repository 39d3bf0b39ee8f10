"""Regions: names, the chain of regions that hold, and how fine a region is."""

from __future__ import annotations

import pytest

from citycarbon.core.errors import CoverageError, Where
from citycarbon.data.library import shipped_rows
from citycarbon.data.regions import chain, fineness, region_code, region_rows, require_region

NAMES = {
    "CN-JS": ("江苏", "江苏省", "Jiangsu", "jiangsu", "CN-JS", "cn_js", "ＣＮ－ＪＳ", "320000", "苏"),
    "CN-SN": ("陕西", "Shaanxi"),
    "CN-SX": ("山西", "Shanxi"),
    "CN-NM": ("内蒙古", "内蒙古自治区", "Inner Mongolia"),
    "CN-GD-440300": ("深圳市", "Shenzhen"),
    "CN": ("中国", "China", "全国"),
    "world": ("world", "全球"),
    "GB": ("GB", "United Kingdom"),
    "CN-GRID6-EAST": ("CN-GRID6-EAST",),
}


@pytest.mark.parametrize(("name", "code"), [(name, code) for code, names in NAMES.items() for name in names])
def test_names_and_codes(name: str, code: str) -> None:
    assert region_code(name) == code
    assert require_region(name) == code


@pytest.mark.parametrize("name", ["Atlantis", "华东", "华东电网", ""])
def test_what_is_no_region_is_refused(name: str) -> None:
    """East China is a grid of six, a region of seven or a geographic one: without saying which it is nothing."""
    assert region_code(name) is None
    with pytest.raises(CoverageError) as caught:
        require_region(name, Where(column="region"))
    (problem,) = caught.value.problems
    assert (problem.code, problem.found, problem.where.column) == ("region_unknown", name, "region")


def test_the_chain_goes_from_near_to_far() -> None:
    assert chain("CN-JS") == ("CN-JS", "CN-GRID6-EAST", "CN-GRID7-EAST", "CN-GEO7-EAST", "CN", "world")
    assert chain("CN-GD-440300") == (
        "CN-GD-440300", "CN-GD", "CN-GRID6-SOUTH", "CN-GRID7-SOUTH", "CN-GEO7-SOUTH", "CN", "world",
    )  # fmt: skip
    assert chain("CN-GRID7-EAST") == ("CN-GRID7-EAST", "CN", "world")
    assert chain("CN") == ("CN", "world")
    assert chain("GB") == ("GB", "world")
    assert chain("world") == ("world",)


def test_tibet_is_in_no_baseline_grid() -> None:
    assert chain("CN-XZ") == ("CN-XZ", "CN-GRID7-SOUTHWEST", "CN-GEO7-SOUTHWEST", "CN", "world")


def test_systems_of_grids_differ() -> None:
    """Sichuan is central in the six baseline grids and southwest in the seven regions; Inner Mongolia is north in both."""
    assert chain("CN-SC")[1:3] == ("CN-GRID6-CENTRAL", "CN-GRID7-SOUTHWEST")
    assert chain("CN-NM")[1:3] == ("CN-GRID6-NORTH", "CN-GRID7-NORTH")


def test_how_fine_regions_are() -> None:
    order = ("world", "CN", "CN-GRID6-EAST", "CN-JS", "CN-GD-440300")
    assert [fineness(region) for region in order] == [0, 1, 2, 3, 3]
    assert fineness("GB") == 1
    assert fineness("my-own-county") == 3


def test_the_region_list_is_a_tree_and_its_members_exist() -> None:
    rows = region_rows()
    assert rows["world"]["parent"] is None
    assert all(row["parent"] in rows for code, row in rows.items() if code != "world")
    members = shipped_rows("library/region_members.csv")
    assert set(members["region"]) | set(members["member"]) <= set(rows)


@pytest.mark.parametrize(("system", "missing"), [("baseline", {"CN-XZ"}), ("average", set()), ("geographic", set())])
def test_every_province_is_in_one_group_of_a_system(system: str, missing: set[str]) -> None:
    members = shipped_rows("library/region_members.csv").filter(system=system)["member"].to_list()
    provinces = {code for code, row in region_rows().items() if row["level"] == "province"}
    assert len(provinces) == 31
    assert sorted(members) == sorted(provinces - missing)


def test_no_spelling_means_two_regions() -> None:
    seen: dict[str, str] = {}
    for code, row in region_rows().items():
        if row["system"]:
            continue
        for name in filter(None, (row["name_zh"], row["name_en"], *(row["aliases"] or "").split(";"))):
            assert seen.setdefault(name, code) == code, name
