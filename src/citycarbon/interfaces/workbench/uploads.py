"""Uploaded files on their way into a study: stored, described, reviewed, taken or thrown away.

Comes in: a stream of bytes and what a person says about it. Goes out: a place on disk and a record. Not for: reading the file.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from citycarbon.core.errors import InputError, Where
from citycarbon.interfaces.workbench.settings import Settings
from citycarbon.studies.intake.review import Said

FOLDER = "uploads"
OLDEST = 7 * 86400.0
_NAME = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Upload:
    """A file on its way: whose, for which input of which study, its own name, and what was said about it."""

    id: str
    study: str
    person: str
    key: str
    file: str
    at: float
    said: Said


def folder_of(settings: Settings, name: str) -> Path:
    """Folder of an upload.

    Raises
    ------
    InputError
        ``upload_unknown`` for a name that is none.
    """
    if not _NAME.fullmatch(name):
        raise InputError("upload_unknown", Where(item="upload"), name)
    return settings.state / FOLDER / name


def safe_name(text: str) -> str:
    """Give the last part of a file name without anything that leads elsewhere or steers a terminal; its ending stays."""
    last = text.replace("\\", "/").rpartition("/")[2]
    plain = "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*\x00').strip(". ")
    stem, dot, suffix = plain.rpartition(".")
    return f"{stem[-80:]}{dot}{suffix[:12]}" if dot else plain[-80:] or "file"


def begin(settings: Settings, study: str, person: str, key: str, file: str) -> tuple[Upload, Path]:
    """Make room for an upload; give its record and where its bytes go. Old ones that nobody took are thrown away."""
    home = settings.state / FOLDER
    home.mkdir(exist_ok=True)
    for old in home.iterdir():
        if time.time() - old.stat().st_mtime > OLDEST:
            shutil.rmtree(old, ignore_errors=True)
    upload = Upload(secrets.token_hex(16), study, person, key, safe_name(file), time.time(), Said())
    folder = home / upload.id
    folder.mkdir()
    write(settings, upload)
    return upload, folder / upload.file


def write(settings: Settings, upload: Upload) -> None:
    """Write the record of an upload."""
    path = folder_of(settings, upload.id) / ".record"
    path.write_text(json.dumps(asdict(upload), ensure_ascii=False), "utf-8")


def read(settings: Settings, name: str, study: str, person: str) -> tuple[Upload, Path]:
    """Give an upload of a person for a study, and where its bytes are.

    Raises
    ------
    InputError
        ``upload_unknown``, also for one of somebody else.
    """
    folder = folder_of(settings, name)
    try:
        kept: dict[str, Any] = json.loads((folder / ".record").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("upload_unknown", Where(item="upload"), name) from error
    said = kept.pop("said")
    edits = tuple((int(row), str(header), str(text)) for row, header, text in said["edits"])
    upload = Upload(**kept, said=Said(said["mapping"], tuple(said["ignore"]), said["sheet"], said["encoding"], edits))
    if (upload.study, upload.person) != (study, person):
        raise InputError("upload_unknown", Where(item="upload"), name)
    return upload, folder / upload.file


def say(settings: Settings, upload: Upload, said: Mapping[str, Any]) -> Upload:
    """Note what a person says about an upload; mended cells are added to those mended before."""
    edits = {(row, header): text for row, header, text in (*upload.said.edits, *said.get("edits", ()))}
    fresh = replace(
        upload.said,
        mapping=dict(said.get("mapping", upload.said.mapping)), ignore=tuple(said.get("ignore", upload.said.ignore)),
        sheet=said.get("sheet", upload.said.sheet), encoding=said.get("encoding", upload.said.encoding),
        edits=tuple((row, header, text) for (row, header), text in edits.items()),
    )  # fmt: skip
    changed = replace(upload, said=fresh)
    write(settings, changed)
    return changed


def throw_away(settings: Settings, name: str) -> None:
    """Throw an upload away."""
    shutil.rmtree(folder_of(settings, name), ignore_errors=True)
