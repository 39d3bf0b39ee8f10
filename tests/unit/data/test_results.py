"""Results folders: round trip, the same bytes for the same result, replaced whole and only if they are results."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.core.results import Check, Origin, StudyResult
from citycarbon.data.results import INDEX, read_result, replacing, write_result

LAYER = {"type": "FeatureCollection", "features": []}


def result() -> StudyResult:
    return StudyResult(
        {"study": "a", "citycarbon": "0", "title": {"en": "A", "zh": "甲"}, "totals": [{"value": 1 / 3}]},
        {
            "emissions": pl.DataFrame({"place": ["甲", None], "value": [1 / 3, None], "year": [2022, 2023]}),
            "activity": pl.DataFrame(schema={"place": pl.String, "value": pl.Float64}),
        },
        {"parcels": LAYER},
        (Origin("a.csv", "00", 5, 2, "gb18030", "表", "note"),),
        (Check("c", "misfit", ("en", "中文"), 1.5, 2.0, 0.1, "t", "甲"), Check("d", "note", ("x", "y"))),
        {"p": ("P", "坡")},
    )


def state(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_round_trip(tmp_path: Path) -> None:
    with replacing(tmp_path / "out") as fresh:
        write_result(result(), fresh)
    back, made = read_result(tmp_path / "out"), result()
    assert back.meta == made.meta
    assert back.layers == made.layers
    assert (back.origins, back.checks, back.labels) == (made.origins, made.checks, made.labels)
    assert set(back.tables) == set(made.tables)
    for name, frame in made.tables.items():
        assert back.tables[name].equals(frame)
        assert back.tables[name].schema == frame.schema


def test_same_result_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with replacing(tmp_path / name) as fresh:
            write_result(result(), fresh)
    assert state(tmp_path / "a") == state(tmp_path / "b")


def test_index_tells_the_hash_of_each_table(tmp_path: Path) -> None:
    with replacing(tmp_path / "out") as fresh:
        index = write_result(result(), fresh)
    assert index == json.loads((tmp_path / "out" / INDEX).read_text("utf-8"))
    for name, entry in index["tables"].items():
        data = (tmp_path / "out" / f"{name}.parquet").read_bytes()
        assert entry == {"rows": result().tables[name].height, "sha256": sha256(data).hexdigest()}
    assert index["format"] == 1
    assert "甲" in (tmp_path / "out" / INDEX).read_text("utf-8")


def test_an_earlier_result_is_replaced_whole(tmp_path: Path) -> None:
    for _ in range(2):
        with replacing(tmp_path / "out") as fresh:
            write_result(result(), fresh)
            (fresh / "extra").write_text("x")
    with replacing(tmp_path / "out") as fresh:
        write_result(result(), fresh)
    assert not (tmp_path / "out" / "extra").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with replacing(tmp_path / "out") as fresh:
        write_result(result(), fresh)
    assert (tmp_path / "out" / INDEX).exists()


@pytest.mark.parametrize(
    "content",
    [
        {"notes.txt": "mine"},
        {"result.json": "not json", "thesis.docx": "mine"},
        {"result.json": '{"of": "another program"}', "thesis.docx": "mine"},
        {"result.json": "[]", "thesis.docx": "mine"},
    ],
)
def test_a_foreign_folder_is_never_replaced(content: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name, text in content.items():
        (out / name).write_text(text)
    before = state(out)
    with pytest.raises(InputError) as caught, replacing(out):
        raise AssertionError("the block must not run")
    assert caught.value.problems[0].code == "output_exists"
    assert state(out) == before


def test_a_file_or_the_root_is_no_folder_for_results(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    for folder in (tmp_path / "out", Path(tmp_path.anchor)):
        with pytest.raises(InputError) as caught, replacing(folder):
            raise AssertionError("the block must not run")
        assert caught.value.problems[0].code == "output_exists"


def test_the_folder_of_the_shell_may_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with replacing(Path()) as fresh:
        write_result(result(), fresh)
    assert (tmp_path / "here" / INDEX).exists()


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk")
    with replacing(tmp_path / "out") as fresh:
        write_result(result(), fresh)
    assert (tmp_path / "out").is_symlink()
    assert (tmp_path / "disk" / INDEX).exists()
    assert {path.name for path in tmp_path.iterdir()} == {"disk", "out"}


def test_missing_results(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_result(tmp_path / "out")
    assert caught.value.problems[0].code == "result_missing"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("result.json", b"{"), ("result.json", b"[]"), ("result.json", b"{}"), ("result.json", b"\xff"),
        ("emissions.parquet", b"no parquet"), ("emissions.parquet", None), ("layer_parcels.geojson", b"{"),
    ],
)  # fmt: skip
def test_broken_results(name: str, content: bytes | None, tmp_path: Path) -> None:
    with replacing(tmp_path / "out") as fresh:
        write_result(result(), fresh)
    path = tmp_path / "out" / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_result(tmp_path / "out")
    assert caught.value.problems[0].code == "file_broken"
