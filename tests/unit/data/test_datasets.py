"""Named open data sets: where they are looked for, in which order, and that their bytes are the recorded ones."""

from __future__ import annotations

import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from citycarbon.core.errors import CoverageError, InputError
from citycarbon.data import datasets
from citycarbon.data.datasets import VARIABLE, content_hash, data_set, find, folders, locate, missing_files, register

NAME = "xinwu_wuxi_district"
FILE = "xinwu_subway_stations.gpkg"


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any data set."""
    work = tmp_path / "a" / "b" / "project"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path


def put(folder: Path, content: bytes = b"x", zipped: bool = False) -> Path:
    """Place a file of the data set."""
    folder = folder / NAME
    folder.mkdir(parents=True, exist_ok=True)
    if not zipped:
        (folder / FILE).write_bytes(content)
        return folder / FILE
    with zipfile.ZipFile(folder / f"{FILE}.zip", "w") as made:
        made.writestr(FILE, content)
    return folder / f"{FILE}.zip"


def test_register_is_whole() -> None:
    for each in register().values():
        assert all(each.title)
        assert each.licence
        for file in each.files:
            assert len(file.sha256) == 64
            assert len(file.commit) == 40
            assert file.size > 0
            assert file.url.startswith("https://raw.githubusercontent.com/")
            assert file.commit in file.url


def test_nothing_is_here(bare: Path) -> None:
    assert find(NAME, FILE) is None
    assert FILE in missing_files(NAME)
    with pytest.raises(CoverageError) as caught:
        locate(NAME, FILE)
    problem = caught.value.problems[0]
    assert problem.code == "dataset_missing"
    assert f"citycarbon data get {NAME}" in problem.fix("en")


def test_order_of_folders(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable first, then shared data beside the project, then what was fetched; a plain file before a zip."""
    fetched = put(bare / "home" / "citycarbon" / "datasets")
    assert find(NAME, FILE) == fetched
    shared = put(bare / "a" / "shared" / "data")
    assert find(NAME, FILE) == shared
    nearer = put(bare / "a" / "b" / "shared" / "data")
    assert find(NAME, FILE) == nearer
    stated = put(bare / "stated", zipped=True)
    monkeypatch.setenv(VARIABLE, str(bare / "stated"))
    assert find(NAME, FILE) == stated
    plain = put(bare / "stated")
    assert find(NAME, FILE) == plain
    assert folders()[0] == bare / "stated"
    assert FILE not in missing_files(NAME)


@pytest.mark.parametrize("zipped", [False, True])
def test_other_bytes_are_refused(zipped: bool, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(bare / "stated", b"other bytes", zipped)
    monkeypatch.setenv(VARIABLE, str(bare / "stated"))
    with pytest.raises(InputError) as caught:
        locate(NAME, FILE)
    problem = caught.value.problems[0]
    assert problem.code == "dataset_changed"
    assert problem.found == sha256(b"other bytes").hexdigest()
    recorded = next(each.sha256 for each in data_set(NAME).files if each.name == FILE)
    assert recorded in problem.expected("zh")


def test_a_zip_wraps_the_recorded_bytes(tmp_path: Path) -> None:
    plain, wrapped = put(tmp_path / "a", b"12345"), put(tmp_path / "b", b"12345", zipped=True)
    assert content_hash(plain) == content_hash(wrapped) == sha256(b"12345").hexdigest()


@pytest.mark.parametrize("content", [b"no zip", b""])
def test_a_broken_zip_is_refused(content: bytes, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(bare / "stated", zipped=True).write_bytes(content)
    monkeypatch.setenv(VARIABLE, str(bare / "stated"))
    with pytest.raises(InputError) as caught:
        locate(NAME, FILE)
    assert caught.value.problems[0].code == "dataset_changed"


def test_an_empty_zip_is_refused(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(put(bare / "stated", zipped=True), "w"):
        pass
    monkeypatch.setenv(VARIABLE, str(bare / "stated"))
    with pytest.raises(InputError) as caught:
        locate(NAME, FILE)
    assert caught.value.problems[0].code == "dataset_changed"


@pytest.mark.parametrize(("name", "file"), [("moon", FILE), (NAME, "moon.gpkg"), (NAME, "../../etc/hosts")])
def test_unknown_names(name: str, file: str, bare: Path) -> None:
    with pytest.raises(InputError) as caught:
        locate(name, file)
    assert caught.value.problems[0].code == "dataset_unknown"


def test_the_same_file_is_found_for_the_recorded_hash(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a register of its own the whole way is gone, from name to path."""
    content = b"the recorded bytes"
    mine = datasets.DataSet("mine", ("Mine", "我的"), "CC0", (
        datasets.DataFile(FILE, sha256(content).hexdigest(), len(content), "a/b", "0" * 40, "x"),))  # fmt: skip
    monkeypatch.setitem(register(), NAME, mine)
    path = put(bare / "stated", content, zipped=True)
    monkeypatch.setenv(VARIABLE, str(bare / "stated"))
    assert locate(NAME, FILE) == path
