"""Guards around hostile files: paths that leave the study, archives that explode, cells without end, libraries that give up.

Comes in: a path or a file. Goes out: nothing, or one clear error. Not for: what the file says.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

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
Given = ParamSpec("Given")
Made = TypeVar("Made")


@contextmanager
def reading(shown: str, kind: str, path: Path | None = None) -> Iterator[None]:
    """Turn whatever a library raises while a file is read into one error: the file, the library's own words, what to do.

    What is no fault of the file passes: an interrupt, want of memory, a library that is not installed, and errors that say
    already what is wrong.

    Parameters
    ----------
    shown
        Name of the file for messages.
    kind
        What the file is read as.
    path
        Where it lies, so that its folder does not stand in the message.

    Raises
    ------
    InputError
        ``file_broken``.
    """
    try:
        yield
    except (InputError, MemoryError, ImportError):
        raise
    except BaseException as error:
        # Libraries written in Rust panic beside the tree of exceptions.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        words = str(error).strip()
        if path is not None:
            words = words.replace(str(path), shown).replace(f"{path.parent}/", "")
        found = f"{type(error).__name__}: {words}" if words else type(error).__name__
        raise InputError("file_broken", Where(file=shown), found, kind=kind) from error


def netted(reader: Callable[Given, Made]) -> Callable[Given, Made]:
    """Put a reader of files into the net of :func:`reading`: its file is the argument ``path``, the name to show is ``shown``.

    Examples
    --------
    >>> @netted
    ... def read_lines(path: Path) -> int:
    ...     raise KeyError("line")
    >>> read_lines(Path("a.csv"))
    Traceback (most recent call last):
        ...
    citycarbon.core.errors.InputError: The file cannot be read as csv [file_broken]
      where: a.csv
      found: KeyError: 'line'
      expected: an intact csv file
      fix: open it in the program that made it and save it again, or save it in another of the formats that are read
    """
    signature = inspect.signature(reader)

    @functools.wraps(reader)
    def held(*args: Given.args, **kwargs: Given.kwargs) -> Made:
        try:
            given: dict[str, Any] = dict(signature.bind(*args, **kwargs).arguments)
        except TypeError:
            return reader(*args, **kwargs)
        path = Path(given["path"])
        shown = str(given.get("shown") or path.name)
        with reading(shown, path.suffix.partition("#")[0].lstrip(".").lower() or "file", path):
            return reader(*args, **kwargs)

    held.is_netted = True  # type: ignore[attr-defined]
    return held


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


def archive(path: Path, shown: str, kind: str) -> None:
    """Check a zip container by really unpacking it into nothing.

    The sizes that an archive states about itself may lie, so bytes are counted as they come.
    """
    where = Where(file=shown)
    packed = max(path.stat().st_size, 1)
    unpacked = 0
    try:
        with zipfile.ZipFile(path) as container:
            for member in container.infolist():
                # Reading stops at the stated size; other readers do not, so the true end is looked for.
                member.file_size = LARGEST_UNPACKED + _CHUNK
                with container.open(member) as stream:
                    while chunk := stream.read(_CHUNK):
                        unpacked += len(chunk)
                        _refuse_bomb(packed, unpacked, where)
    except _BROKEN as error:
        raise InputError("file_broken", where, str(error), kind=kind) from error


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
