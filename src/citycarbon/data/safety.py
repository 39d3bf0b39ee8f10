"""Guards around hostile files: paths that leave the study, archives that explode, cells without end.

Comes in: a path or a file. Goes out: nothing, or one clear error. Not for: what the file says.
"""

from __future__ import annotations

import hashlib
import lzma
import re
import zipfile
import zlib
from pathlib import Path

from citycarbon.core.errors import InputError, Where

LARGEST_FILE = 4 * 1024**3
LARGEST_UNPACKED = 1024**3
LARGEST_RATIO = 200
SMALL_ARCHIVE = 20 * 1024**2
LONGEST_CELL = 32_767
LONGEST_LINE = 4 * 1024**2
_CHUNK = 1024**2
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)
_ODD_CELL = re.compile(rb't="e"|(</f>|<f[^>]*/>)(<v></v>|<v ?/>)?</c>')
"""An error cell, or a formula without a stored value."""


def inside(folder: Path, name: str) -> Path:
    """Resolve a file name of a study and refuse one that leads outside its folder."""
    if not name or "\x00" in name:
        raise InputError("file_missing", Where(file=name.replace("\x00", "\\0") or "''"), name)
    base = folder.resolve()
    try:
        path = (base / name).resolve()
    except (OSError, RuntimeError) as error:
        # A name that the file system refuses, or links that lead in a circle.
        raise InputError("file_missing", Where(file=name), name) from error
    if not path.is_relative_to(base):
        raise InputError("path_outside", Where(file=name), name, folder=folder.name or str(folder))
    return path


def present(path: Path, shown: str) -> None:
    """Check that a file is there, is a file that may be read, is not empty and is not too large."""
    where = Where(file=shown)
    try:
        if not path.exists():
            raise InputError("file_missing", where, shown)
        if path.is_dir():
            raise InputError("file_is_folder", where, shown)
        if not path.is_file():
            raise InputError("file_unreadable", where, "not a regular file")
        size = path.stat().st_size
        path.open("rb").close()
    except OSError as error:
        raise InputError("file_unreadable", where, error.strerror or str(error)) from error
    if size == 0:
        raise InputError("file_empty", where, "0 B")
    if size > LARGEST_FILE:
        raise InputError("file_too_large", where, f"{size / 1024**3:.1f} GB", limit=f"{LARGEST_FILE // 1024**3} GB")


def archive(path: Path, shown: str, kind: str) -> bool:
    """Check a zip container by really unpacking it into nothing; tell whether a sheet holds an error cell or an empty formula.

    The sizes that an archive states about itself may lie, so bytes are counted as they come.
    """
    where = Where(file=shown)
    packed = max(path.stat().st_size, 1)
    odd, unpacked = False, 0
    try:
        with zipfile.ZipFile(path) as container:
            for member in container.infolist():
                # Reading stops at the stated size; other readers do not, so the true end is looked for.
                member.file_size = LARGEST_UNPACKED + _CHUNK
                with container.open(member) as stream:
                    tail = b""
                    while chunk := stream.read(_CHUNK):
                        unpacked += len(chunk)
                        odd = odd or _ODD_CELL.search(tail + chunk) is not None
                        tail = chunk[-32:]
                        _refuse_bomb(packed, unpacked, where)
    except _BROKEN as error:
        raise InputError("file_broken", where, str(error), kind=kind) from error
    return odd


def _refuse_bomb(packed: int, unpacked: int, where: Where) -> None:
    too_dense = unpacked > SMALL_ARCHIVE and unpacked / packed > LARGEST_RATIO
    if unpacked > LARGEST_UNPACKED or too_dense:
        found = f"{packed / 1024:.0f} kB → > {unpacked / 1024**2:.0f} MB"
        raise InputError("archive_bomb", where, found, limit=f"{LARGEST_UNPACKED // 1024**3} GB", ratio=LARGEST_RATIO)


def text_lines(path: Path, shown: str) -> None:
    """Refuse a text file with a line that no table has, before it is loaded as a whole."""
    run = row = 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            sizes = [len(piece) for piece in chunk.split(b"\n")]
            sizes[0] += run
            if max(sizes) > LONGEST_LINE:
                number = row + 1 + next(index for index, size in enumerate(sizes) if size > LONGEST_LINE)
                where = Where(file=shown, rows=(number,))
                raise InputError("cell_too_long", where, f"> {LONGEST_LINE // 1024**2} MB", limit=LONGEST_CELL)
            row += len(sizes) - 1
            run = sizes[-1]


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
