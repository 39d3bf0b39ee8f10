"""Named open data sets: where they are on this machine, and how to fetch them from their recorded public source.

Comes in: a name and the register ``datasets.csv`` (repository, commit, path, SHA-256, licence). Goes out: paths. Nothing is
fetched unless a person asks for it. Not for: reading the files.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from hashlib import sha256 as new_hash
from pathlib import Path
from urllib.parse import quote

from citycarbon.core.errors import InputError, Where
from citycarbon.data.library import shipped_rows

VARIABLE = "CITYCARBON_DATA"


@dataclass(frozen=True)
class DataFile:
    """One file of a data set: name, size, SHA-256 and public source."""

    name: str
    sha256: str
    size: int
    repository: str
    commit: str
    path: str

    @property
    def url(self) -> str:
        """Address of exactly this version of the file."""
        return f"https://raw.githubusercontent.com/{self.repository}/{self.commit}/{quote(self.path)}"


@dataclass(frozen=True)
class DataSet:
    """A named set with its licence and files."""

    name: str
    title: tuple[str, str]
    licence: str
    files: tuple[DataFile, ...]


@cache
def register() -> dict[str, DataSet]:
    """Give the known data sets by name."""
    found: dict[str, DataSet] = {}
    for row in shipped_rows("datasets.csv").iter_rows(named=True):
        name = row["dataset"]
        known = found.get(name)
        each = DataFile(row["file"], row["sha256"], int(row["size"]), row["repository"], row["commit"], row["path"])
        title = (row["title_en"] or "", row["title_zh"] or "")
        files = (*known.files, each) if known else (each,)
        found[name] = DataSet(name, known.title if known else title, known.licence if known else row["licence"], files)
    return found


def data_set(name: str) -> DataSet:
    """Give a data set or raise with the known names."""
    if name not in register():
        raise InputError("dataset_unknown", Where(item=name), name, known=", ".join(register()))
    return register()[name]


def own_folder() -> Path:
    """Folder that fetched data sets are kept in."""
    from platformdirs import user_data_path

    return user_data_path("citycarbon", appauthor=False) / "datasets"


def folders() -> list[Path]:
    """Folders that are searched, in order: CITYCARBON_DATA, a shared data folder beside the project, fetched sets."""
    found = [Path(os.environ[VARIABLE])] if os.environ.get(VARIABLE) else []
    here = Path.cwd().resolve()
    found += [base / "shared" / "data" for base in (here, *list(here.parents)[:3])]
    return [*found, own_folder()]


def find(name: str, file: str) -> Path | None:
    """Give the path of a data set's file, plain or zipped, or None."""
    for base in folders():
        for candidate in (base / name / file, base / name / f"{file}.zip"):
            if candidate.is_file():
                return candidate
    return None


def locate(name: str, file: str) -> Path:
    """Give the path of a data set's file and check that it is the recorded one.

    Raises
    ------
    CoverageError
        If it is not on this machine.
    InputError
        If its bytes are not the recorded ones.
    """
    known = {each.name: each for each in data_set(name).files}
    if file not in known:
        raise InputError("dataset_unknown", Where(item=f"{name}/{file}"), file, known=", ".join(known))
    path = find(name, file)
    if path is None:
        raise InputError("dataset_missing", Where(item=f"{name}/{file}"), "—", name=name)
    where = Where(file=f"{name}/{path.name}")
    try:
        found = content_hash(path)
    except (zipfile.BadZipFile, zlib.error, IndexError, RuntimeError, OSError) as error:
        raise InputError("dataset_changed", where, str(error), sha256=known[file].sha256) from error
    if found != known[file].sha256:
        raise InputError("dataset_changed", where, found, sha256=known[file].sha256)
    return path


def content_hash(path: Path) -> str:
    """Give the SHA-256 of a file, or of the one member of a zip that wraps it."""
    digest = new_hash()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as container, container.open(container.namelist()[0]) as stream:
            while chunk := stream.read(1024**2):
                digest.update(chunk)
    else:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def missing_files(name: str) -> list[str]:
    """Give the files of a data set that are not on this machine."""
    return [each.name for each in data_set(name).files if find(name, each.name) is None]


def fetch(name: str) -> list[Path]:
    """Fetch a data set from its recorded public source; only ever on a person's request.

    Raises
    ------
    CoverageError
        If the source cannot be reached or does not give the recorded bytes.
    """
    import pooch

    paths = []
    for each in data_set(name).files:
        target = own_folder() / name
        try:
            got = pooch.retrieve(each.url, known_hash=f"sha256:{each.sha256}", fname=each.name, path=target)
        except Exception as error:
            origin = f"github.com/{each.repository} @ {each.commit[:12]} {each.path}"
            raise InputError(
                "dataset_not_fetchable", Where(item=f"{name}/{each.name}"), error, origin=origin
            ) from error
        paths.append(Path(got))
    return paths
