"""The citable package: whole, checked, the same bytes for the same result, and honest about what nobody stated."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import yaml

from citycarbon.core.errors import InputError
from citycarbon.core.results import Check, StudyResult
from citycarbon.data.exchange.package.descriptions import Stated
from citycarbon.data.exchange.package.writer import write_package
from citycarbon.data.results import write_result
from citycarbon.studies import service

ROOT = Path(__file__).parents[4]
STATED = Stated(("张三", "Li, Si"), "CC-BY-4.0", "2024-05-01", "1.2", "https://example.org/x")


@pytest.fixture(scope="module")
def result() -> StudyResult:
    """The toy city, computed once."""
    return service.validate(ROOT / "examples" / "toy-city")


@pytest.fixture(scope="module")
def folder(result: StudyResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its results folder."""
    made = tmp_path_factory.mktemp("results")
    write_result(result, made)
    return made


@pytest.fixture(scope="module")
def package(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Its package, with everything stated."""
    path = tmp_path_factory.mktemp("package") / "a.zip"
    write_package(path, folder, STATED)
    return zipfile.ZipFile(path)


def described(package: zipfile.ZipFile) -> dict[str, dict]:
    return {each["path"]: each for each in json.loads(package.read("datapackage.json"))["resources"]}


def test_same_result_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_package(tmp_path / f"{name}.zip", folder)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    write_package(tmp_path / "c.zip", folder, STATED)
    assert (tmp_path / "a.zip").read_bytes() != (tmp_path / "c.zip").read_bytes()


def test_every_file_but_the_sums_is_summed_and_intact(package: zipfile.ZipFile) -> None:
    assert package.testzip() is None
    sums = dict(reversed(line.split("  ")) for line in package.read("SHA256SUMS").decode().splitlines())
    assert set(sums) == set(package.namelist()) - {"SHA256SUMS"}
    assert all(hashlib.sha256(package.read(name)).hexdigest() == digest for name, digest in sums.items())


def test_members_have_one_date_and_stay_in_the_folder(package: zipfile.ZipFile) -> None:
    assert {each.date_time for each in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert all(not name.startswith(("/", "..")) and ".." not in name for name in package.namelist())
    assert len(set(package.namelist())) == len(package.namelist())


def test_every_table_is_there_twice_and_says_the_same(package: zipfile.ZipFile, result: StudyResult) -> None:
    for name, frame in result.tables.items():
        if pl.Binary in frame.schema.values():
            # Shapes as bytes stay out: the layers are there as GeoJSON.
            assert f"data/{name}.parquet" not in package.namelist()
            continue
        exact = pl.read_parquet(io.BytesIO(package.read(f"data/{name}.parquet")))
        assert exact.equals(frame)
        text = package.read(f"data/{name}.csv")
        assert text.startswith(b"\xef\xbb\xbf")
        rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
        assert len(rows) == frame.height
        for column in ("value", "place", "provenance_id"):
            if column in frame.columns:
                found = [row[column] for row in rows]
                wanted = ["" if cell is None else cell for cell in frame[column].to_list()]
                assert [
                    float(cell) if cell and isinstance(like, float) else cell
                    for cell, like in zip(found, wanted, strict=True)
                ] == wanted


def test_description_fits_the_files(package: zipfile.ZipFile) -> None:
    resources = described(package)
    assert {path for path in package.namelist() if path.startswith("data/")} <= set(resources)
    names = [each["name"] for each in resources.values()]
    assert len(names) == len(set(names))
    for path, each in resources.items():
        content = package.read(path)
        assert each["bytes"] == len(content)
        assert each["hash"] == "sha256:" + hashlib.sha256(content).hexdigest()
        if each["format"] == "csv":
            head = next(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
            assert [field["name"] for field in each["schema"]["fields"]] == head


def test_columns_are_explained_in_both_languages(package: zipfile.ZipFile) -> None:
    fields = {field["name"]: field for field in described(package)["data/emissions.csv"]["schema"]["fields"]}
    assert (fields["value"]["type"], fields["place"]["type"]) == ("number", "string")
    assert all(field["description"] and field["description_zh"] for field in fields.values())
    assert fields["energy"]["unit"] == "GJ"
    assert "NE" in fields["notation"]["constraints"]["enum"]


def test_factors_and_their_sources_come_along(package: zipfile.ZipFile, result: StudyResult) -> None:
    bib = package.read("references.bib").decode()
    for key in result.tables["factors"]["source"].drop_nulls().unique().to_list():
        assert f"{{{key}," in bib
    assert "globalwarmingpotentials" in bib, "the source of the potentials"
    assert "iapws" not in bib, "only what is used"
    rows = list(csv.DictReader(io.StringIO(package.read("data/factors.csv").decode("utf-8-sig"))))
    assert all(row["source"] and row["licence"] for row in rows)


def test_citation_says_what_was_stated(package: zipfile.ZipFile) -> None:
    cited = yaml.safe_load(package.read("CITATION.cff"))
    assert (cited["cff-version"], cited["type"], cited["title"]) == ("1.2.0", "dataset", "Toy city")
    assert cited["authors"] == [{"name": "张三"}, {"name": "Li, Si"}]
    assert (cited["license"], cited["date-released"], cited["version"]) == ("CC-BY-4.0", "2024-05-01", "1.2")
    index = json.loads(package.read("datapackage.json"))
    assert index["licenses"] == [{"name": "CC-BY-4.0"}]


def test_what_nobody_stated_is_said_to_be_so(folder: Path, tmp_path: Path) -> None:
    write_package(tmp_path / "a.zip", folder)
    made = zipfile.ZipFile(tmp_path / "a.zip")
    cited = yaml.safe_load(made.read("CITATION.cff"))
    assert cited["authors"] == [{"name": "authors not stated"}]
    assert not {"license", "date-released"} & set(cited)
    assert cited["version"].startswith("0.")
    assert "licenses" not in json.loads(made.read("datapackage.json"))
    text = made.read("README.md").decode()
    assert "not stated: ask the authors" in text
    assert "未注明" in text


def test_readme_has_totals_and_known_gaps_in_both_languages(package: zipfile.ZipFile, result: StudyResult) -> None:
    text = package.read("README.md").decode()
    assert f"{result.meta['totals'][0]['value']:,.3f}" in text
    for check in result.checks:
        if check.severity in ("caveat", "misfit"):
            assert check.text[0] in text
            assert check.text[1] in text


def test_checks_are_a_table(package: zipfile.ZipFile, result: StudyResult) -> None:
    rows = list(csv.DictReader(io.StringIO(package.read("checks.csv").decode("utf-8-sig"))))
    assert [row["id"] for row in rows] == [check.id for check in result.checks]


def test_text_that_looks_like_a_formula_is_disarmed_in_csv_and_whole_in_parquet(
    result: StudyResult, tmp_path: Path
) -> None:
    hostile = result.tables["emissions"].with_columns(pl.lit("=1+1").alias("place"))
    checks = (Check("x", "note", ("@en", "+zh")),)
    changed = replace(result, tables={**result.tables, "emissions": hostile}, checks=checks)
    (tmp_path / "r").mkdir()
    write_result(changed, tmp_path / "r")
    write_package(tmp_path / "a.zip", tmp_path / "r")
    made = zipfile.ZipFile(tmp_path / "a.zip")
    assert b"\n'=1+1," in made.read("data/emissions.csv")
    assert b",'@en,'+zh" in made.read("checks.csv")
    assert pl.read_parquet(io.BytesIO(made.read("data/emissions.parquet")))["place"][0] == "=1+1"


def test_a_table_that_was_changed_is_not_packed(result: StudyResult, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    write_result(result, tmp_path / "r")
    doubled = result.tables["emissions"].with_columns(pl.col("value") * 2)
    doubled.write_parquet(tmp_path / "r" / "emissions.parquet")
    with pytest.raises(InputError, match="table_changed") as caught:
        write_package(tmp_path / "a.zip", tmp_path / "r")
    assert [problem.where.file for problem in caught.value.problems] == ["emissions.parquet"]
    assert not (tmp_path / "a.zip").exists()


def test_a_name_that_leads_out_of_the_archive_is_refused(result: StudyResult, tmp_path: Path) -> None:
    inner = tmp_path / "r" / "s"
    inner.mkdir(parents=True)
    write_result(result, inner)
    (inner / "codes.parquet").rename(tmp_path / "r" / "codes.parquet")
    index = json.loads((inner / "result.json").read_text("utf-8"))
    index["tables"]["../codes"] = index["tables"].pop("codes")
    (inner / "result.json").write_text(json.dumps(index), "utf-8")
    with pytest.raises(InputError, match="file_broken"):
        write_package(tmp_path / "a.zip", inner)


def test_no_result_and_another_ending(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="result_missing"):
        write_package(tmp_path / "a.zip", tmp_path)
    with pytest.raises(InputError, match="file_kind_unknown"):
        write_package(tmp_path / "a.tar", tmp_path)
