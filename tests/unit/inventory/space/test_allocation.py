"""Allocation by proxies, amounts by place, downscaling and skill, on numbers worked by hand; and every way to get them wrong."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
import shapely

from citycarbon.core.errors import InputError
from citycarbon.core.tables import EmissionTable, PlaceTable
from citycarbon.core.totals import total
from citycarbon.data.layers import Layer
from citycarbon.data.layers.grids import SquareGrid, square_layer
from citycarbon.data.layers.hexagons import hexagon_layer
from citycarbon.data.layers.raster import Raster
from citycarbon.inventory.space.allocation.aggregate import aggregate, layer_amounts, to_grid
from citycarbon.inventory.space.allocation.allocate import allocate, placement_check
from citycarbon.inventory.space.allocation.downscale import downscale, smoothness
from citycarbon.inventory.space.allocation.skill import proxy_skill, proxy_weights
from citycarbon.inventory.space.shares import area_shares, place_by_shares
from citycarbon.inventory.space.tables import PointTable, ProxyTable, RuleTable, ShareTable

Make = Callable[..., EmissionTable]
UTM = "EPSG:32650"


def proxies(*rows: tuple[str, str, float], **fixed: str) -> ProxyTable:
    frame = pl.DataFrame(rows, schema=["place", "proxy", "value"], orient="row")
    return ProxyTable(frame, fixed={"unit": "1", **fixed})


def rules(*rows: tuple[str, str, float | None]) -> RuleTable:
    schema = {"sector": pl.String, "proxy": pl.String, "weight": pl.Float64}
    return RuleTable(pl.DataFrame(rows, schema=schema, orient="row"))


def by_place(table: EmissionTable) -> dict[str, float]:
    return dict(total(table, ["place"]).select("place", "value").iter_rows())


def boxes(name: str, **bounds: tuple[float, float, float, float]) -> Layer:
    shapes = np.array([shapely.box(*each) for each in bounds.values()], dtype=object)
    return Layer(name, pl.DataFrame({"place": list(bounds)}), shapes, UTM)


def codes_of(call: Callable[[], object]) -> list[str]:
    with pytest.raises(InputError) as caught:
        call()
    return [problem.code for problem in caught.value.problems]


def test_two_proxies_with_weights(emissions: Make) -> None:
    amounts = proxies(("p", "floor", 3.0), ("q", "floor", 1.0), ("q", "people", 5.0))
    made = allocate(emissions([100.0]), amounts, rules(("*", "floor", 3.0), ("*", "people", 1.0)))
    # Three quarters by floor (3 : 1), one quarter by people (all in q).
    assert by_place(made) == pytest.approx({"p": 56.25, "q": 43.75})


def test_the_longest_head_of_a_sector_decides(emissions: Make) -> None:
    table = emissions([8.0, 4.0, 2.0], sector=["buildings.homes", "buildings", "industry"])
    amounts = proxies(("p", "a", 1.0), ("q", "b", 1.0), ("r", "c", 1.0))
    made = allocate(table, amounts, rules(("buildings.homes", "a", None), ("buildings", "b", None), ("*", "c", None)))
    assert by_place(made) == {"p": 8.0, "q": 4.0, "r": 2.0}


def test_a_head_is_a_whole_word(emissions: Make) -> None:
    made = allocate(emissions([8.0], sector="buildings2"), proxies(("p", "a", 1.0)), rules(("buildings", "a", None)))
    assert by_place(made) == {"not_placed": 8.0}


def test_points_keep_their_place(emissions: Make) -> None:
    table = emissions([8.0, 2.0], place=["stack-1", "city"], sector=["power", "homes"])
    made = allocate(table, proxies(("p", "a", 1.0)), rules(("power", "stay", None), ("homes", "a", None)))
    assert by_place(made) == {"stack-1": 8.0, "p": 2.0}


def test_a_proxy_that_is_zero_or_absent_leaves_a_residual(emissions: Make) -> None:
    amounts = proxies(("p", "a", 0.0), ("p", "b", 1.0))
    made = allocate(emissions([8.0]), amounts, rules(("*", "a", 1.0), ("*", "b", 3.0)))
    assert by_place(made) == {"not_placed": 2.0, "p": 6.0}
    checked = placement_check(emissions([8.0]), made).to_polars()
    assert checked.select("verdict", "value").rows() == [("agrees", 8.0), ("caveat", 2.0)]


def test_places_of_a_district_serve_that_district(emissions: Make) -> None:
    table = emissions([8.0, 4.0], place=["west", "east"])
    tree = PlaceTable(pl.DataFrame({"place": ["west", "east", "p", "q"], "parent": [None, None, "west", "east"]}))
    amounts = proxies(("p", "a", 1.0), ("q", "a", 3.0))
    assert by_place(allocate(table, amounts, rules(("*", "a", None)), tree)) == {"p": 8.0, "q": 4.0}
    assert by_place(allocate(table, amounts, rules(("*", "a", None)))) == {"p": 3.0, "q": 9.0}


def test_sd_of_a_proxy_becomes_sd_of_the_placement_and_not_of_the_total(emissions: Make) -> None:
    frame = pl.DataFrame({"place": ["p", "q"], "proxy": "a", "value": [3.0, 1.0], "unit": "1", "sd": [0.3, 0.4]})
    table = emissions([100.0], sd=[7.0])
    made = allocate(table, ProxyTable(frame), rules(("*", "a", None)))
    # w = 3/4: variance (0.09·(1 - 1.5) + 9/16·0.25)/16; both places are off by the same amount.
    expected = 100 * math.sqrt((0.09 * -0.5 + 0.5625 * 0.25) / 16)
    rows = made.to_polars().sort("place")
    assert rows["sd_placement"].to_list() == pytest.approx([expected, expected])
    assert total(made)["sd"].item() == pytest.approx(7.0)


def test_sd_of_shares_is_carried(emissions: Make) -> None:
    frame = pl.DataFrame({"place": "a", "target": ["x", "y"], "share": [0.25, 0.75], "sd": [0.1, 0.1]})
    rows = place_by_shares(emissions([40.0]), ShareTable(frame)).to_polars()
    assert rows["sd_placement"].to_list() == pytest.approx([4.0, 4.0])


def test_wrong_rules_and_amounts_are_named_together(emissions: Make) -> None:
    amounts = proxies(("p", "a", 1.0))
    wrong = rules(("*", "floor", None), ("s", "a", 0.0), ("s", "a", 0.0))
    assert codes_of(lambda: allocate(emissions([1.0]), amounts, wrong)) == [
        "proxy_unknown", "row_duplicate", "value_out_of_range",
    ]  # fmt: skip
    twice = proxies(("p", "a", 1.0), ("p", "a", 2.0))
    assert codes_of(lambda: allocate(emissions([1.0]), twice, rules(("*", "a", None)))) == ["row_duplicate"]


GRID = SquareGrid(0.0, 40.0, 10.0, 10.0, 4, 4, UTM)


def test_cells_count_by_the_part_that_lies_in_a_place() -> None:
    values = np.arange(16.0).reshape(4, 4)
    values[0, 0] = np.nan
    made = aggregate(Raster("r", GRID, values=values), boxes("b", a=(5, 25, 20, 40)), proxy="x", unit="1").to_polars()
    # Cells 0 (no data) and 4 by half, 1 and 5 whole in columns; rows 0 whole, row 1 by half.
    inside = 0 * 0.5 + 1 + 4 * 0.25 + 5 * 0.5
    assert made["value"].to_list() == pytest.approx([inside, 120 - inside])


def test_the_mean_leaves_cells_without_data_out() -> None:
    values = np.full((4, 4), 2.0)
    values[:, 2:] = np.nan
    made = aggregate(
        Raster("r", GRID, values=values), boxes("b", a=(0, 0, 40, 40)), proxy="light", unit="1", statistic="mean"
    )
    assert made.to_polars().select("place", "value").rows() == [("a", 2.0)]


def test_blocks_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(16.0).reshape(4, 4)
    places = boxes("b", a=(5, 5, 33, 37), c=(0, 0, 3, 3))
    whole = aggregate(Raster("r", GRID, values=values), places, proxy="x", unit="1").to_polars()
    monkeypatch.setattr(Raster.blocks, "__defaults__", (4,))
    assert aggregate(Raster("r", GRID, values=values), places, proxy="x", unit="1").to_polars()["value"].to_list() == (
        pytest.approx(whole["value"].to_list(), rel=1e-12)
    )


def test_places_that_overlap_share_the_cell() -> None:
    places = boxes("b", a=(0, 0, 40, 40), c=(0, 0, 40, 40))
    made = aggregate(Raster("r", GRID, values=np.ones((4, 4))), places, proxy="x", unit="1").to_polars()
    assert made["value"].to_list() == pytest.approx([8.0, 8.0, 0.0])


def test_wrong_rasters_and_layers_are_refused() -> None:
    raster = Raster("r", GRID, values=np.full((4, 4), -1.0))
    assert codes_of(lambda: aggregate(raster, boxes("b", a=(0, 0, 40, 40)), proxy="x", unit="1")) == ["value_negative"]
    degrees = Layer("d", pl.DataFrame({"place": ["a"]}), shapely.box([0], [0], [1], [1]), "EPSG:4326")
    assert codes_of(lambda: aggregate(raster, degrees, proxy="x", unit="1")) == ["layer_crs_mixed"]
    assert codes_of(lambda: layer_amounts(degrees, degrees, proxy="x", unit="1")) == ["layer_in_degrees"]


def test_lengths_numbers_and_columns_of_features() -> None:
    lots = boxes("lots", a=(0, 0, 10, 10), b=(10, 0, 20, 10))
    road = Layer(
        "road", pl.DataFrame({"kind": ["main"], "cars": [90.0]}), shapely.linestrings([[[5, 5], [35, 5]]]), UTM
    )
    made = layer_amounts(road, lots, proxy="cars", unit="1", column="cars", condition="kind=main").to_polars()
    assert made["value"].to_list() == pytest.approx([15.0, 30.0, 45.0])
    none = layer_amounts(road, lots, proxy="cars", unit="1", condition="kind=side").to_polars()
    assert none.select("place", "value").rows() == [("not_placed", 0.0)]
    points = Layer("trees", pl.DataFrame({"n": [1, 2]}), shapely.points([[5, 5], [50, 50]]), UTM)
    assert layer_amounts(points, lots, proxy="trees", unit="1").to_polars()["value"].to_list() == [1.0, 0.0, 1.0]


def test_wrong_columns_of_features_are_named() -> None:
    lots = Layer("lots", pl.DataFrame({"place": ["a"], "n": ["x"], "m": [-1.0]}), shapely.box([0], [0], [1], [1]), UTM)
    for options, code in (
        ({"column": "o"}, "parameter_wrong"), ({"column": "n"}, "value_not_number"), ({"column": "m"}, "value_negative"),
        ({"condition": "n"}, "parameter_wrong"), ({"condition": "o=1"}, "parameter_wrong"),
    ):  # fmt: skip
        assert codes_of(lambda options=options: layer_amounts(lots, lots, proxy="x", unit="1", **options)) == [code]


def test_a_target_within_another_counts_its_ground_once() -> None:
    # GEOS finds fault with the inner one alone.
    made = area_shares(boxes("s", a=(0, 0, 10, 10)), boxes("t", outer=(0, 0, 8, 10), inner=(2, 2, 6, 6))).to_polars()
    shares = dict(made.select("target", "share").iter_rows())
    assert shares["not_placed"] == pytest.approx(0.2)
    assert shares["outer"] + shares["inner"] == pytest.approx(0.8)


def test_a_line_of_no_length_cannot_be_shared() -> None:
    line = Layer("l", pl.DataFrame({"place": ["a"]}), shapely.linestrings([[[5, 5], [5, 5]]]), UTM)
    assert codes_of(lambda: area_shares(line, boxes("b", a=(0, 0, 9, 9)))) == ["feature_without_extent"]


def test_mixed_geometry_and_targets_without_area_are_refused() -> None:
    mixed = Layer(
        "m", pl.DataFrame({"place": ["a", "b"]}), np.array([shapely.Point(0, 0), shapely.box(0, 0, 1, 1)]), UTM
    )
    assert codes_of(lambda: area_shares(mixed, boxes("b", a=(0, 0, 9, 9)))) == ["layer_geometry_mixed"]
    points = Layer("p", pl.DataFrame({"place": ["a"]}), shapely.points([[5, 5]]), UTM)
    assert codes_of(lambda: area_shares(boxes("b", a=(0, 0, 9, 9)), points)) == ["layer_not_areas"]


def test_points_on_a_border_belong_to_the_right_and_lower_cell() -> None:
    cells = square_layer("cells", boxes("b", a=(0, 0, 20, 20)), 10.0)
    frame = pl.DataFrame(
        {"x": [10.0, 0.0, 20.0, 5.0], "y": [10.0, 20.0, 5.0, 0.0], "value": [1.0, 2.0, 4.0, 8.0], "unit": "t"}
    )
    made = to_grid(PointTable(frame), cells, proxy="x").to_polars()
    # y = 0 is the lower rim, which belongs to the row below, outside the grid; x = 20 is outside as well.
    assert made.select("place", "value").rows() == [("r1c1", 2.0), ("r2c2", 1.0), ("not_placed", 12.0)]


@pytest.mark.engines
@pytest.mark.parametrize("engine", ["lazy", "duckdb"])
def test_points_stay_on_their_engine(engine: str, engine_module: Callable[[str], object]) -> None:
    cells = square_layer("cells", boxes("b", a=(0, 0, 20, 20)), 10.0)
    frame = pl.DataFrame({"x": [1.0, 11.0, 12.0], "y": [1.0, 1.0, 1.0], "value": [1.0, 2.0, 4.0], "unit": "t"})
    native = frame.lazy() if engine == "lazy" else engine_module("duckdb").sql("select * from frame")  # type: ignore[attr-defined]
    made = to_grid(PointTable(native), cells, proxy="x").to_polars()
    assert made.select("place", "value").rows() == [("r2c1", 1.0), ("r2c2", 6.0), ("not_placed", 0.0)]


def test_a_grid_is_needed_for_points() -> None:
    frame = pl.DataFrame({"x": [1.0], "y": [1.0], "value": [1.0], "unit": "t"})
    assert codes_of(lambda: to_grid(PointTable(frame), boxes("b", a=(0, 0, 9, 9)), proxy="x")) == ["layer_no_grid"]


def test_limits_push_the_rest_to_other_cells(emissions: Make) -> None:
    zone, cells = boxes("z", a=(0, 0, 30, 10)), boxes("c", p=(0, 0, 10, 10), q=(10, 0, 20, 10), r=(20, 0, 30, 10))
    most = ProxyTable(pl.DataFrame({"place": ["p"], "value": [1.0]}), fixed={"proxy": "limit", "unit": "t"})
    made = downscale(emissions([9.0]), zone, cells, limits=most)
    assert by_place(made) == pytest.approx({"p": 1.0, "q": 4.0, "r": 4.0})
    all_of_them = ProxyTable(
        pl.DataFrame({"place": ["p", "q", "r"], "value": 2.0}), fixed={"proxy": "limit", "unit": "t"}
    )
    made = downscale(emissions([9.0]), zone, cells, limits=all_of_them)
    assert by_place(made) == pytest.approx({"p": 2.0, "q": 2.0, "r": 2.0, "not_placed": 3.0})


def test_smoothing_makes_borders_softer_and_keeps_totals(emissions: Make) -> None:
    zones = boxes("z", a=(0, 0, 50, 100), b=(50, 0, 100, 100))
    cells = square_layer("cells", zones, 10.0)
    table = emissions([100.0, 900.0], place=["a", "b"])
    rough = downscale(table, zones, cells).to_polars().sort("place")
    soft = downscale(table, zones, cells, smoothing=20).to_polars().sort("place")

    def surface(frame: pl.DataFrame) -> np.ndarray:
        listed = cells.rows.join(
            frame.group_by("place").agg(pl.col("value").sum()), on="place", how="left", maintain_order="left"
        )
        return listed["value"].to_numpy()

    assert smoothness(surface(soft), 10, 10) < 0.4 * smoothness(surface(rough), 10, 10)
    west = surface(soft).reshape(10, 10)[:, :5].sum()
    assert west == pytest.approx(100.0, rel=1e-9)


def test_wrong_downscaling_is_refused(emissions: Make) -> None:
    zone, cells = boxes("z", a=(0, 0, 30, 10)), boxes("c", p=(0, 0, 10, 10))
    several = proxies(("p", "a", 1.0), ("p", "b", 1.0))
    assert codes_of(lambda: downscale(emissions([9.0]), zone, cells, several, smoothing=-1)) == [
        "proxy_several", "row_duplicate", "parameter_wrong", "layer_no_grid",
    ]  # fmt: skip
    limits = proxies(("p", "a", 1.0))
    assert codes_of(lambda: downscale(emissions([9.0]), zone, cells, limits=limits)) == ["unit_mixed"]


def test_hexagons_cover_the_layer_and_keep_the_total(emissions: Make) -> None:
    lots = Layer(
        "lots", pl.DataFrame({"place": ["a"]}), shapely.box([260000], [3490000], [262000], [3491000]), "EPSG:32651"
    )
    cells = hexagon_layer("h", lots, 9)
    shares = area_shares(lots, cells).to_polars()
    assert "not_placed" not in shares["target"].to_list()
    assert cells.rows.height == shares.height > 15
    assert codes_of(lambda: hexagon_layer("h", lots, 16)) == ["parameter_wrong"]
    wide = Layer("w", lots.rows, shapely.box([200000], [3400000], [400000], [3600000]), "EPSG:32651")
    assert codes_of(lambda: hexagon_layer("h", wide, 15)) == ["grid_too_large"]


def test_grids_beyond_measure_are_refused() -> None:
    lots = boxes("b", a=(0, 0, 1e6, 1e6))
    assert codes_of(lambda: square_layer("g", lots, 1.0)) == ["grid_too_large"]
    assert codes_of(lambda: square_layer("g", lots, 0.0)) == ["grid_wrong"]
    degrees = Layer("d", lots.rows, shapely.box([0], [0], [1], [1]), "EPSG:4326")
    assert codes_of(lambda: square_layer("g", degrees, 10.0)) == ["layer_in_degrees"]


def test_weights_of_known_coefficients_come_back(emissions: Make) -> None:
    rng = np.random.default_rng(3)
    places = [f"p{i}" for i in range(200)]
    floor, people = rng.uniform(0, 10, 200), rng.uniform(0, 5, 200)
    table = emissions((2 * floor + 3 * people).tolist(), place=places)
    amounts = ProxyTable(pl.concat([
        pl.DataFrame({"place": places, "proxy": "floor", "value": floor, "unit": "m2"}),
        pl.DataFrame({"place": places, "proxy": "people", "value": people, "unit": "person"}),
    ]))  # fmt: skip
    made = proxy_weights(table, amounts).to_polars()
    assert made["value"].to_list() == pytest.approx([2.0, 3.0], rel=1e-9)
    assert made["share"].sum() == pytest.approx(1.0)
    assert made["inflation"].min() >= 1.0


def test_a_proxy_that_is_the_evidence_misplaces_nothing_and_noise_does_not_beat_it(emissions: Make) -> None:
    rng = np.random.default_rng(5)
    names = [f"c{i}" for i in range(400)]
    truth = rng.gamma(2.0, 5.0, 400)
    x, y = np.arange(400) % 20 * 10.0, np.arange(400) // 20 * 10.0
    cells = Layer("cells", pl.DataFrame({"place": names}), shapely.box(x, y, x + 10, y + 10), UTM)
    amounts = ProxyTable(pl.concat([
        pl.DataFrame({"place": names, "proxy": "right", "value": truth * 7, "unit": "1"}),
        pl.DataFrame({"place": names, "proxy": "noise", "value": rng.gamma(2.0, 5.0, 400), "unit": "1"}),
    ]))  # fmt: skip
    made = proxy_skill(emissions(truth.tolist(), place=names), amounts, cells, block=50.0, folds=4).to_polars()
    found = {row["proxy"]: row for row in made.iter_rows(named=True)}
    assert found["right"]["misplaced"] == pytest.approx(0.0, abs=1e-12)
    assert found["fitted combination"]["verdict"] == "not better"
    assert found["noise"]["r2"] < 0.2


def test_skill_needs_blocks_proxies_and_evidence(emissions: Make) -> None:
    cells = boxes("c", a=(0, 0, 10, 10), b=(10, 0, 20, 10))
    table = emissions([1.0], place="a")
    assert codes_of(lambda: proxy_skill(table, proxies(("a", "x", 0.0)), cells, block=10.0, folds=2)) == ["proxy_zero"]
    assert codes_of(lambda: proxy_skill(table, proxies(("a", "x", 1.0)), cells, block=100.0, folds=2)) == [
        "too_few_places"
    ]
    assert codes_of(lambda: proxy_skill(table, proxies(("a", "x", 1.0)), cells, block=0.0)) == ["parameter_wrong"]
    assert codes_of(lambda: proxy_weights(table, proxies(("a", "x", 1.0)))) == ["too_few_places"]
