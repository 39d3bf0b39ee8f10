"""Guards around hostile files: paths that leave the study, archives that explode, cells without end.

Comes in: a path or a file. Goes out: nothing, or one clear error. Not for: what the file says.
"""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

from citycarbon.core.errors import InputError, Where

LARGEST_FILE = 4 * 1024**3
LARGEST_UNPACKED = 1024**3
LARGEST_RATIO = 200
SMALL_ARCHIVE = 20 * 1024**2
LONGEST_CELL = 32_767
LONGEST_LINE = 4 * 1024**2
_CHUNK = 1024**2


def inside(folder: Path, name: str) -> Path:
    """Resolve a file name of a study and refuse one that leads outside its folder."""
    if not name or "\x00" in name:
        raise InputError("file_missing", Where(file=name or "''"), name)
    base = folder.resolve()
    path = (base / name).resolve()
    if not path.is_relative_to(base):
        raise InputError("path_outside", Where(file=name), name, folder=folder.name or str(folder))
    return path


def present(path: Path, shown: str) -> None:
    """Check that a file is there, is a file, is not empty and is not too large."""
    where = Where(file=shown)
    if not path.exists():
        raise InputError("file_missing", where, shown)
    if path.is_dir():
        raise InputError("file_is_folder", where, shown)
    size = path.stat().st_size
    if size == 0:
        raise InputError("file_empty", where, "0 B")
    if size > LARGEST_FILE:
        raise InputError("file_too_large", where, f"{size / 1024**3:.1f} GB", limit=f"{LARGEST_FILE // 1024**3} GB")


def archive(path: Path, shown: str, kind: str) -> bool:
    """Check a zip container by really unpacking it into nothing; tell whether a sheet holds an error cell.

    The sizes that an archive states about itself may lie, so bytes are counted as they come.
    """
    where = Where(file=shown)
    packed = max(path.stat().st_size, 1)
    errors = False
    try:
        with zipfile.ZipFile(path) as container:
            unpacked = 0
            for member in container.infolist():
                with container.open(member) as stream:
                    tail = b""
                    while chunk := stream.read(_CHUNK):
                        unpacked += len(chunk)
                        errors = errors or b't="e"' in tail + chunk
                        tail = chunk[-8:]
                        if unpacked > LARGEST_UNPACKED or (
                            unpacked > SMALL_ARCHIVE and unpacked / packed > LARGEST_RATIO
                        ):
                            raise InputError(
                                "archive_bomb",
                                where,
                                f"{packed / 1024:.0f} kB → > {unpacked / 1024**2:.0f} MB",
                                limit=f"{LARGEST_UNPACKED // 1024**3} GB",
                                ratio=LARGEST_RATIO,
                            )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise InputError("file_broken", where, str(error), kind=kind) from error
    return errors


def text_lines(path: Path, shown: str) -> None:
    """Refuse a text file with a line that no table has, before it is loaded as a whole."""
    run = row = longest = 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            pieces = chunk.split(b"\n")
            if len(pieces) == 1:
                run += len(chunk)
            else:
                longest = max(run + len(pieces[0]), max(map(len, pieces[1:-1]), default=0))
                row += len(pieces) - 1
                run = len(pieces[-1])
            if max(run, longest) > LONGEST_LINE:
                raise InputError(
                    "cell_too_long",
                    Where(file=shown, rows=(max(row, 1),)),
                    f"> {LONGEST_LINE // 1024**2} MB",
                    limit=LONGEST_CELL,
                )


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
