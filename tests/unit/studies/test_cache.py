"""The step cache: the same table comes back, or none."""

from __future__ import annotations

import json
import os
from pathlib import Path

import polars as pl
import pytest

from citycarbon.core.dimensions import CodeList
from citycarbon.core.tables import ActivityTable, EmissionTable
from citycarbon.studies.cache import LARGEST_COUNT, VARIABLE, StepCache, default_folder

ROWS = pl.DataFrame({"place": ["甲", "b"], "time": "2022", "sector": "s", "activity": "diesel", "value": [1 / 3, 2.0],
                     "unit": "t"})  # fmt: skip


def table() -> ActivityTable:
    return ActivityTable(ROWS)


def test_round_trip(tmp_path: Path) -> None:
    store = StepCache(tmp_path / "a" / "b")
    assert store.get("k", ActivityTable) is None
    store.put("k", table())
    back = store.get("k", ActivityTable)
    assert isinstance(back, ActivityTable)
    assert back.to_polars().equals(table().to_polars())
    assert sorted(path.name for path in store.folder.iterdir()) == ["k.json", "k.parquet"]


def test_columns_that_are_fixed_come_back(tmp_path: Path) -> None:
    store = StepCache(tmp_path)
    made = EmissionTable(
        ROWS.with_columns(pl.lit("CO2").alias("gas")).drop("unit"),
        fixed={"unit": "t", "scope": "1", "method": "m", "basis": "location"},
    )
    store.put("k", made)
    back = store.get("k", EmissionTable)
    assert back is not None
    assert back.fixed == made.fixed
    assert back.to_polars().equals(made.to_polars())


def test_an_empty_table(tmp_path: Path) -> None:
    store = StepCache(tmp_path)
    store.put("k", ActivityTable(ROWS.clear()))
    back = store.get("k", ActivityTable)
    assert back is not None
    assert back.to_polars().height == 0


@pytest.mark.parametrize(
    "note", ["", "{", "[]", "5", "null", '{"fixed": {}}', '{"fixed": 5, "sha256": "0"}', '{"sha256": 1}']
)
def test_a_spoiled_note(note: str, tmp_path: Path) -> None:
    store = StepCache(tmp_path)
    store.put("k", table())
    (tmp_path / "k.json").write_text(note)
    assert store.get("k", ActivityTable) is None


def test_another_table_under_the_name(tmp_path: Path) -> None:
    """Sound parquet of other content is not what was stored."""
    store = StepCache(tmp_path)
    store.put("k", table())
    ROWS.with_columns(pl.lit(99.0).alias("value")).write_parquet(tmp_path / "k.parquet")
    assert store.get("k", ActivityTable) is None


def test_a_stored_table_may_be_replaced(tmp_path: Path) -> None:
    store = StepCache(tmp_path)
    store.put("k", table())
    store.put("k", ActivityTable(ROWS.head(1)))
    back = store.get("k", ActivityTable)
    assert back is not None
    assert back.to_polars().height == 1


def test_the_oldest_are_dropped(tmp_path: Path) -> None:
    store = StepCache(tmp_path)
    for number in range(LARGEST_COUNT):
        (tmp_path / f"old{number:03}.parquet").write_bytes(b"")
        (tmp_path / f"old{number:03}.json").write_text("{}")
        os.utime(tmp_path / f"old{number:03}.parquet", (number, number))
    store.put("new", table())
    left = {path.stem for path in tmp_path.glob("*.parquet")}
    assert len(left) == LARGEST_COUNT
    assert "new" in left
    assert "old000" not in left
    assert not (tmp_path / "old000.json").exists()


def test_a_table_in_use_is_not_the_oldest(tmp_path: Path) -> None:
    store = StepCache(tmp_path)
    store.put("k", table())
    os.utime(tmp_path / "k.parquet", (1, 1))
    assert store.get("k", ActivityTable) is not None
    assert (tmp_path / "k.parquet").stat().st_mtime > 1000


def test_no_folder_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    store = StepCache(tmp_path / "file" / "cache")
    store.put("k", table())
    assert store.get("k", ActivityTable) is None


def test_default_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "mine"))
    assert default_folder() == StepCache().folder == tmp_path / "mine"
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder().name == "steps"


def test_the_note_is_plain_json(tmp_path: Path) -> None:
    StepCache(tmp_path).put("k", table())
    note = json.loads((tmp_path / "k.json").read_text("utf-8"))
    assert set(note) == {"fixed", "codes", "sha256"}


def test_trees_of_codes_come_back(tmp_path: Path) -> None:
    """Without them a parent could be added to its child once the table comes from the cache."""
    places = CodeList("places", {"甲": None, "b": "甲"}, {"b": ("B", "乙")}, "places.csv")
    store = StepCache(tmp_path)
    store.put("k", table().with_codes(place=places))
    back = store.get("k", ActivityTable)
    assert back is not None
    assert back.codes == {"place": places}
    assert back.codes["place"].nested(["甲", "b"]) == [("甲", "b")]
    note = json.loads((tmp_path / "k.json").read_text("utf-8"))
    note["codes"]["place"]["parents"]["甲"] = "b"
    (tmp_path / "k.json").write_text(json.dumps(note))
    assert store.get("k", ActivityTable) is None, "a tree that is none is no tree"
