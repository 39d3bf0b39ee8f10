"""Emissions put on other places by shares, and shares of polygons by area."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
import shapely

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, SchemaError
from citycarbon.core.tables import EmissionTable
from citycarbon.core.totals import total
from citycarbon.data.layers import Layer
from citycarbon.inventory.space.shares import area_shares, place_by_shares
from citycarbon.inventory.space.tables import RESIDUAL, ShareTable

Make = Callable[..., EmissionTable]


def shares(*rows: tuple[str, str, float]) -> ShareTable:
    return ShareTable(pl.DataFrame(rows, schema=["place", "target", "share"], orient="row"))


def by_place(table: EmissionTable) -> dict[str, float]:
    return dict(total(table, ["place"]).select("place", "value").iter_rows())


HALVES = (("a", "x", 0.25), ("a", "y", 0.75))


def test_parts_go_where_the_shares_say(emissions: Make) -> None:
    made = place_by_shares(emissions([8.0]), shares(*HALVES))
    assert by_place(made) == pytest.approx({"x": 2.0, "y": 6.0})


def test_places_add_in_a_common_target(emissions: Make) -> None:
    table = emissions([8.0, 10.0], place=["a", "b"])
    made = place_by_shares(table, shares(*HALVES, ("b", "y", 1.0)))
    assert by_place(made) == pytest.approx({"x": 2.0, "y": 16.0})
    assert made.to_polars().height == 2


def test_a_place_without_shares_stays_visible(emissions: Make) -> None:
    made = place_by_shares(emissions([8.0, 10.0], place=["a", "b"]), shares(*HALVES))
    assert by_place(made) == pytest.approx({"x": 2.0, "y": 6.0, RESIDUAL: 10.0})


def test_removals_stay_removals(emissions: Make) -> None:
    table = emissions([8.0, -4.0], flow=["emission", "removal"], scope=["1", "sink"])
    rows = place_by_shares(table, shares(*HALVES)).to_polars()
    assert rows.filter(pl.col("flow") == "removal").select("place", "value").rows() == [("x", -1.0), ("y", -3.0)]


def test_dimensions_are_not_mixed(emissions: Make) -> None:
    table = emissions([1.0, 2.0, 4.0], gas=["CO2", "CH4", "CO2"], time=["2020", "2020", "2021"])
    rows = place_by_shares(table, shares(("a", "x", 1.0))).to_polars()
    assert rows.select("time", "gas", "value").rows() == [
        ("2020", "CH4", 2.0),
        ("2020", "CO2", 1.0),
        ("2021", "CO2", 4.0),
    ]


def test_a_row_without_number_does_not_become_zero(emissions: Make) -> None:
    """NE in place a and 10 t in place b: the target shows the 10 t and still says that something is not estimated."""
    table = emissions([None, 10.0], place=["a", "b"], notation=["NE", None])
    rows = place_by_shares(table, shares(*HALVES, ("b", "x", 1.0))).to_polars()
    found = rows.select("place", "value", "notation").sort("place", "value", nulls_last=True).rows()
    assert found == [("x", 10.0, None), ("x", None, "NE"), ("y", None, "NE")]
    only = place_by_shares(emissions([None], notation="NE"), shares(*HALVES)).to_polars()
    assert only.select("place", "value", "notation").rows() == [("x", None, "NE"), ("y", None, "NE")]


@pytest.mark.parametrize(
    "rows", [(("a", "x", 0.5), ("a", "y", 0.4)), (("a", "x", 0.7), ("a", "y", 0.7)), (("a", "x", 0.999999),)]
)
def test_shares_that_do_not_add_to_one_are_refused(rows: tuple[tuple[str, str, float], ...], emissions: Make) -> None:
    with pytest.raises(SchemaError) as caught:
        place_by_shares(emissions([8.0]), shares(*rows))
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.item) == ("value_out_of_range", "a")


def test_every_bad_place_is_named(emissions: Make) -> None:
    with pytest.raises(SchemaError) as caught:
        place_by_shares(emissions([8.0]), shares(("a", "x", 0.5), ("b", "x", 0.5), ("c", "x", 1.0)))
    assert [problem.where.item for problem in caught.value.problems] == ["a", "b"]


def test_a_negative_share_is_refused_at_the_table() -> None:
    with pytest.raises(SchemaError):
        shares(("a", "x", -0.5), ("a", "y", 1.5))


def test_the_code_list_of_sectors_is_kept(emissions: Make) -> None:
    codes = {"sector": CodeList("sectors", {"industry": None}), "place": CodeList("places", {"a": None})}
    made = place_by_shares(emissions([8.0], codes=codes), shares(*HALVES))
    assert list(made.codes) == ["sector"]


# --- shares of polygons -------------------------------------------------------------------------------------------------


def layer(key: str, **boxes: tuple[float, float, float, float]) -> Layer:
    geometry = np.array([shapely.box(*corners) for corners in boxes.values()])
    return Layer("layer", pl.DataFrame({key: list(boxes)}), geometry, "EPSG:3857")


def found(table: ShareTable) -> dict[tuple[str, str], float]:
    return {(place, target): share for place, target, share in table.to_polars().drop("sd").iter_rows()}


def test_area_shares_and_the_uncovered_rest() -> None:
    """A square of 100, of which 30 lie in p and 50 in q: 0.3, 0.5 and 0.2 in no target."""
    made = area_shares(
        layer("place", s=(0, 0, 10, 10)), layer("use", p=(0, 0, 3, 10), q=(5, 0, 20, 10)), target_column="use"
    )
    assert found(made) == pytest.approx({("s", "p"): 0.3, ("s", "q"): 0.5, ("s", RESIDUAL): 0.2}, rel=1e-12)


def test_targets_that_overlap_share_the_covered_part() -> None:
    """p covers 60, q 60, together 100: each is scaled to 0.5 and nothing is counted twice."""
    made = area_shares(
        layer("place", s=(0, 0, 10, 10)), layer("use", p=(0, 0, 6, 10), q=(4, 0, 10, 10)), target_column="use"
    )
    assert found(made) == pytest.approx({("s", "p"): 0.5, ("s", "q"): 0.5}, rel=1e-12)


def test_a_source_outside_every_target_is_not_placed() -> None:
    made = area_shares(
        layer("place", s=(0, 0, 1, 1), far=(90, 90, 91, 91)), layer("use", p=(0, 0, 5, 5)), target_column="use"
    )
    assert found(made) == pytest.approx({("s", "p"): 1.0, ("far", RESIDUAL): 1.0})


def test_every_source_has_its_own_shares() -> None:
    """Three squares over two targets: each square's shares add to one, and each meets only what lies under it."""
    sources = layer("place", s=(0, 0, 10, 10), t=(10, 0, 20, 10), u=(20, 0, 30, 10))
    made = area_shares(sources, layer("use", p=(0, 0, 14, 10), q=(14, 0, 25, 10)), target_column="use")
    expected = {("s", "p"): 1.0, ("t", "p"): 0.4, ("t", "q"): 0.6, ("u", "q"): 0.5, ("u", RESIDUAL): 0.5}
    assert found(made) == pytest.approx(expected, rel=1e-12)


def test_parcels_of_one_class_are_added() -> None:
    targets = Layer(
        "t",
        pl.DataFrame({"use": ["home", "home"]}),
        np.array([shapely.box(0, 0, 3, 10), shapely.box(3, 0, 10, 10)]),
        "EPSG:3857",
    )
    assert found(area_shares(layer("place", s=(0, 0, 10, 10)), targets, target_column="use")) == pytest.approx(
        {("s", "home"): 1.0}
    )


def test_layers_of_two_systems_or_of_degrees_are_refused() -> None:
    metres, lots = layer("place", s=(0, 0, 10, 10)), layer("use", p=(0, 0, 3, 10))
    degrees = Layer("degrees", metres.rows, metres.geometry, "EPSG:4326")
    for sources, targets in ((metres, Layer("lots", lots.rows, lots.geometry, "EPSG:32650")), (degrees, degrees)):
        with pytest.raises(InputError) as caught:
            area_shares(sources, targets, target_column="use" if targets is not degrees else "place")
        expected = "layer_in_degrees" if targets is degrees else "layer_crs_mixed"
        assert [problem.code for problem in caught.value.problems] == [expected]


def test_a_column_that_the_targets_lack_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        area_shares(layer("place", s=(0, 0, 10, 10)), layer("use", p=(0, 0, 3, 10)), target_column="class")
    (problem,) = caught.value.problems
    assert (problem.code, problem.found) == ("parameter_wrong", "class")
    assert "use" in problem.expected()


def test_area_shares_can_be_placed(emissions: Make) -> None:
    made = area_shares(
        layer("place", a=(0, 0, 10, 10)), layer("use", p=(0, 0, 3, 10), q=(5, 0, 20, 10)), target_column="use"
    )
    assert by_place(place_by_shares(emissions([50.0]), made)) == pytest.approx({"p": 15.0, "q": 25.0, RESIDUAL: 10.0})
