"""Offsets of web maps against the control points that the open implementations print, and there and back again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycarbon.core.errors import InputError
from citycarbon.data.layers.datums import DATUMS, change_datum, datum_of, is_shifted

SAME = 1e-12  # degrees; the printed figures end at the last digits of a double

# coordtransform, README and tests (WGS 84 → GCJ-02, GCJ-02 → BD-09, and both); pg-coordtransform issue 10 (a point in Hunan).
PRINTED = [
    ("WGS 84", "GCJ-02", (116.404, 39.915), (116.41024449916938, 39.91640428150164)),
    ("GCJ-02", "BD-09", (116.404, 39.915), (116.41036949371029, 39.92133699351021)),
    ("WGS 84", "BD-09", (116.404, 39.915), (116.41662724378733, 39.922699552216216)),
    ("WGS 84", "GCJ-02", (111.43877780268987, 27.223905373786593), (111.44439660708835, 27.220718937598154)),
]

ELSEWHERE = {
    "Tokyo": (139.69, 35.69), "Seoul": (126.98, 37.57), "Pyongyang": (125.75, 39.03), "Ulaanbaatar": (106.91, 47.92),
    "Hanoi": (105.85, 21.03), "Kathmandu": (85.32, 27.71), "Almaty": (76.9, 43.24), "Vladivostok": (131.89, 43.12),
    "London": (-0.13, 51.51), "São Paulo": (-46.63, -23.55), "South Pole": (0.0, -90.0), "Null Island": (0.0, 0.0),
}  # fmt: skip
CHINA = {
    "Shanghai": (121.47, 31.23), "Kashgar": (75.99, 39.47), "Lhasa": (91.13, 29.65), "Mohe": (122.54, 53.0),
    "Heihe": (127.5, 50.25), "Fuyuan": (134.29, 48.36), "Sanya": (109.51, 18.25), "Jinghong": (100.8, 22.0),
}  # fmt: skip


@pytest.mark.parametrize(("source", "target", "point", "expected"), PRINTED)
def test_printed_control_points(source, target, point, expected):
    x, y = change_datum([point[0]], [point[1]], source=source, target=target)
    assert (float(x[0]), float(y[0])) == pytest.approx(expected, rel=0, abs=5e-13 if "111" in str(point) else SAME)
    back = change_datum(x, y, source=target, target=source)
    assert np.hypot(back[0] - point[0], back[1] - point[1])[0] < 1e-9


@pytest.mark.parametrize("name", ELSEWHERE)
@pytest.mark.parametrize("source", DATUMS)
@pytest.mark.parametrize("target", DATUMS)
def test_places_outside_stay(name, source, target):
    x, y = ELSEWHERE[name]
    assert change_datum([x], [y], source=source, target=target) == ([x], [y])


@pytest.mark.parametrize("name", CHINA)
def test_places_inside_move_by_the_size_of_the_offset(name):
    x, y = CHINA[name]
    moved_x, moved_y = change_datum([x], [y], source="WGS 84", target="GCJ-02")
    metres = np.hypot((moved_x - x) * 111_320 * np.cos(np.radians(y)), (moved_y - y) * 111_320)
    assert 100 < metres[0] < 800


@given(st.lists(st.tuples(st.floats(70, 140), st.floats(15, 56)), min_size=1, max_size=50), st.sampled_from(DATUMS[1:]))
def test_there_and_back_within_a_tenth_of_a_metre(points, datum):
    x, y = np.array(points).T
    inside = is_shifted(x, y)
    there = change_datum(x, y, source="WGS 84", target=datum)
    back = change_datum(*there, source=datum, target="WGS 84")
    metres = np.hypot((back[0] - x) * 111_320, (back[1] - y) * 111_320)
    assert (metres[inside] < 0.1).all()
    assert np.array_equal(there[0][~inside], x[~inside])
    assert np.array_equal(there[1][~inside], y[~inside])


@pytest.mark.parametrize(
    "point", [(96.33, 43.0), (104.0, 22.2840000001)], ids=["rim of an area", "rim of a part left out"]
)
def test_points_on_a_rim_come_back(point):
    assert is_shifted(*point)
    for datum in DATUMS[1:]:
        there = change_datum([point[0]], [point[1]], source="WGS 84", target=datum)
        back = change_datum(*there, source=datum, target="WGS 84")
        assert (float(back[0][0]), float(back[1][0])) == pytest.approx(point, rel=0, abs=1e-8)


def test_the_same_datum_changes_nothing():
    for datum in DATUMS:
        assert change_datum([121.47], [31.23], source=datum, target=datum) == ([121.47], [31.23])


def test_no_points():
    x, y = change_datum([], [], source="BD-09", target="WGS 84")
    assert (x.size, y.size) == (0, 0)


@pytest.mark.parametrize(
    ("x", "y", "source"),
    [([121.0], [31.0], "GCJ02"),
     ([np.nan], [31.0], "GCJ-02"), ([5e5], [34e5], "GCJ-02"), ([121.0, 122.0], [31.0], "GCJ-02")],
)  # fmt: skip
def test_what_is_no_degree_is_refused(x, y, source):
    with pytest.raises(InputError) as caught:
        change_datum(x, y, source=source, target="WGS 84")
    assert caught.value.problems[0].code == "parameter_wrong"


@pytest.mark.parametrize(
    ("stated", "meant"),
    [("GCJ-02", "GCJ-02"),
     ("gcj02", "GCJ-02"), ("Bd_09", "BD-09"), ("bd09ll", "BD-09"), ("EPSG:4326", None), ("", None), (None, None)],
)  # fmt: skip
def test_spellings(stated, meant):
    assert datum_of(stated) == meant
