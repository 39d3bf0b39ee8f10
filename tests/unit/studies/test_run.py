"""Running steps: their order, the cache key, parameters, and what a step complains of by its own name."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Where
from citycarbon.core.tables import ActivityTable, EmissionTable
from citycarbon.core.totals import total
from citycarbon.studies.cache import StepCache
from citycarbon.studies.catalogue import find_method, methods, nearest
from citycarbon.studies.run import checked_parameter, execute, step_key

FUELS = "place,time,sector,activity,value,unit\na,2022,s,diesel,5,t\nb,2022,s,gasoline,6,t\n"
STUDY: dict[str, Any] = {
    "citycarbon": 1, "id": "small", "title": {"en": "Small", "zh": "小"}, "gwp": "AR6-GWP100",
    "steps": [
        {"id": "fuels", "method": "inventory.accounting.combustion",
         "tables": {"activity": "fuels.csv", "factors": {"editions": ["cn-2008"]}}},
    ],
    "account": ["fuels"],
}  # fmt: skip


def study(folder: Path, *steps: dict[str, Any], **parts: Any) -> Path:
    """Write a small study of the given steps."""
    own = [STUDY["steps"][0], *steps]
    text = yaml.safe_dump({**STUDY, "steps": own, **parts}, allow_unicode=True)
    (folder / "study.yaml").write_text(text, "utf-8")
    (folder / "fuels.csv").write_text(FUELS, "utf-8")
    return folder


def codes(caught: pytest.ExceptionInfo[InputError]) -> list[tuple[str, str | None, str | None]]:
    return [(each.code, each.where.file, each.where.item) for each in caught.value.problems]


SHARE = {"id": "moved", "method": "inventory.space.place_by_shares",
         "tables": {"emissions": {"step": "fuels"}, "shares": "shares.csv"}}  # fmt: skip


def test_steps_wait_for_what_they_need(tmp_path: Path) -> None:
    """The order of the file does not matter."""
    study(tmp_path)
    content = yaml.safe_load((tmp_path / "study.yaml").read_text("utf-8"))
    content["steps"].insert(0, SHARE)
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    (tmp_path / "shares.csv").write_text("place,target,share\na,x,0.25\na,y,0.75\n", "utf-8")
    told: list[tuple[str, int, int]] = []
    run = execute(tmp_path, progress=lambda *words: told.append(words))
    assert told == [("fuels", 0, 2), ("moved", 1, 2)]
    moved = run.tables["moved"].to_polars().group_by("place").agg(pl.col("value").sum())
    assert set(moved["place"].to_list()) == {"x", "y", "not_placed"}
    before = run.tables["fuels"].to_polars()["value"].sum()
    assert moved["value"].sum() == pytest.approx(before, rel=1e-12)


def test_a_step_after_a_broken_one_keeps_silent(tmp_path: Path) -> None:
    study(tmp_path, SHARE)
    (tmp_path / "fuels.csv").unlink()
    with pytest.raises(InputError) as caught:
        execute(tmp_path)
    assert codes(caught) == [("file_missing", "fuels.csv", None)]


def test_a_circle(tmp_path: Path) -> None:
    one = {"id": "a", "method": "inventory.space.place_by_shares", "tables": {"emissions": {"step": "b"}}}
    two = {"id": "b", "method": "inventory.space.place_by_shares", "tables": {"emissions": {"step": "a"}}}
    with pytest.raises(InputError) as caught:
        execute(study(tmp_path, one, two))
    assert [code for code, _, _ in codes(caught)] == ["step_cycle"]
    assert "a → b" in caught.value.problems[0].found or "b → a" in caught.value.problems[0].found


def test_places_and_sectors_are_checked(tmp_path: Path) -> None:
    study(tmp_path, places="places.csv", sectors="sectors.csv")
    (tmp_path / "places.csv").write_text("place,region\na,CN-JS\n", "utf-8")
    (tmp_path / "sectors.csv").write_text("code\nt\n", "utf-8")
    with pytest.raises(InputError) as caught:
        execute(tmp_path)
    found = [(each.code, each.where.rows, each.where.column) for each in caught.value.problems]
    assert found == [("place_unknown", (3,), "place"), ("sector_unknown", (2, 3), "sector")]


@pytest.mark.parametrize(
    ("parameters", "code", "item"),
    [
        ({"year_rule": "soon"}, "parameter_wrong", "fuels.year_rule"),
        ({"region_fallback": "perhaps"}, "parameter_wrong", "fuels.region_fallback"),
        ({"colour": "red"}, "parameter_unknown", "fuels.colour"),
    ],
)
def test_parameters_of_a_step(parameters: dict[str, Any], code: str, item: str, tmp_path: Path) -> None:
    study(tmp_path)
    content = yaml.safe_load((tmp_path / "study.yaml").read_text("utf-8"))
    content["steps"][0]["parameters"] = parameters
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(InputError) as caught:
        execute(tmp_path)
    assert codes(caught) == [(code, "study.yaml", item)]


@pytest.mark.parametrize(
    ("name", "value", "checked"),
    [
        ("operating_margin_weight", 1, 1.0), ("operating_margin_weight", "0.5", 0.5), ("operating_margin_weight", 0.25, 0.25),
        ("region_fallback", True, True), ("region_fallback", "true", True), ("region_fallback", "False", False),
        ("basis", "both", "both"),
    ],
)  # fmt: skip
def test_parameter_values(name: str, value: Any, checked: Any) -> None:
    got = checked_parameter(_parameter(name), value, Where())
    assert got == checked
    assert type(got) is type(checked)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("operating_margin_weight", "half", "parameter_not_number"), ("operating_margin_weight", True, "parameter_not_number"),
        ("operating_margin_weight", float("nan"), "parameter_not_number"), ("operating_margin_weight", "inf",
         "parameter_not_number"), ("operating_margin_weight", "1,5", "parameter_not_number"),
        ("region_fallback", 1, "parameter_wrong"), ("region_fallback", "yes", "parameter_wrong"), ("basis", "Both",
         "parameter_wrong"), ("basis", 5, "parameter_wrong"),
    ],
)  # fmt: skip
def test_wrong_parameter_values(name: str, value: Any, code: str) -> None:
    with pytest.raises(InputError) as caught:
        checked_parameter(_parameter(name), value, Where(item=name))
    assert [each.code for each in caught.value.problems] == [code]


def _parameter(name: str) -> Any:
    return next(each for each in find_method("inventory.accounting.electricity").parameters if each.name == name)


def test_the_key_depends_on_everything_that_counts() -> None:
    method = find_method("inventory.accounting.combustion")
    rows = {"place": ["a"], "time": ["2022"], "sector": ["s"], "activity": ["diesel"], "value": [5.0], "unit": ["t"]}

    def key(other: dict[str, Any] | None = None, codes: dict[str, CodeList] | None = None, **parameters: Any) -> str:
        table = ActivityTable(pl.DataFrame({**rows, **(other or {})}), codes=codes)
        return step_key(method, {"activity": table, **parameters})

    tree = {"place": CodeList("places", {"a": "b", "b": None})}
    other_tree = {"place": CodeList("places", {"a": None, "b": None})}
    keys = [
        key(), key({"value": [5.000000001]}), key({"unit": ["kg"]}), key({"place": ["甲"]}), key(year_rule="latest"),
        key(year_rule="exact"), key(codes=tree), key(codes=other_tree),
        step_key(find_method("inventory.sectors.standard_coal"), {"activity": ActivityTable(pl.DataFrame(rows))}),
    ]  # fmt: skip
    assert len(set(keys)) == len(keys)
    assert key() == key()


def test_a_changed_parameter_runs_only_what_depends_on_it(tmp_path: Path) -> None:
    study(tmp_path, SHARE, {**copy.deepcopy(STUDY["steps"][0]), "id": "other"})
    (tmp_path / "shares.csv").write_text("place,target,share\na,x,1\n", "utf-8")
    store = StepCache(tmp_path / "cache")
    assert execute(tmp_path, step_cache=store).cached == ["other"], "the same step under another name is not run twice"
    (tmp_path / "shares.csv").write_text("place,target,share\na,y,1\n", "utf-8")
    run = execute(tmp_path, step_cache=store)
    assert sorted(run.cached) == ["fuels", "other"]
    assert "y" in run.tables["moved"].to_polars()["place"].to_list()


def test_catalogue() -> None:
    assert all(name == method.id for name, method in methods().items())
    with pytest.raises(InputError) as caught:
        find_method("inventory.accounting.electrcity")
    assert caught.value.problems[0].expected("en").startswith("one of inventory.accounting.electricity")


def test_nearest_names_come_first() -> None:
    known = ("cn-2008", "cn-2020", "ipcc2006", "mee-average-2022")
    assert set(nearest("cn-2002", known, 2)) == {"cn-2020", "cn-2008"}
    assert nearest("ipcc-2006", known)[0] == "ipcc2006"
    assert len(nearest("x", known)) == 4


def test_places_out_of_the_attributes_of_a_layer(tmp_path: Path) -> None:
    """A layer's attributes are a table as they stand; numbers among them stay numbers."""
    study(tmp_path, places={"file": "lots.geojson", "map": {"place": "名称", "region": "province"}})
    lots = [{"type": "Feature", "properties": {"名称": name, "province": "江苏"},
             "geometry": {"type": "Point", "coordinates": [120.3, 31.5]}} for name in ("a", "b")]  # fmt: skip
    (tmp_path / "lots.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": lots}), "utf-8")
    run = execute(tmp_path)
    assert run.desk.places is not None
    assert run.desk.places.to_polars().select("place", "region").rows() == [("a", "江苏"), ("b", "江苏")]


def test_the_cache_does_not_hide_a_parent_beside_its_child(tmp_path: Path) -> None:
    """The account of a place and of a place inside it is refused with the cache as without it."""
    study(tmp_path, places="places.csv")
    (tmp_path / "places.csv").write_text("place,parent\na,\nb,a\n", "utf-8")
    store = StepCache(tmp_path / "cache")
    first, second = execute(tmp_path, step_cache=store), execute(tmp_path, step_cache=store)
    assert second.cached == ["fuels"]
    for run in (first, second):
        table = run.tables["fuels"]
        assert isinstance(table, EmissionTable)
        with pytest.raises(InputError) as caught:
            total(table, ["gas"])
        assert [code for code, _, _ in codes(caught)] == ["sum_parent_child"]


def test_mistakes_of_one_step_come_out_together(tmp_path: Path) -> None:
    study(tmp_path)
    content = yaml.safe_load((tmp_path / "study.yaml").read_text("utf-8"))
    content["steps"][0] |= {"parameters": {"colour": "red", "factors": "x", "year_rule": "soon"},
                            "tables": {"activity": "none.csv"}}  # fmt: skip
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(InputError) as caught:
        execute(tmp_path)
    assert sorted(code for code, _, _ in codes(caught)) == [
        "file_missing", "parameter_section", "parameter_unknown", "parameter_wrong",
    ]  # fmt: skip
