"""Shapefiles: the encoding of their attributes, and field names that dBASE cuts at ten bytes.

Comes in: the path of a ``.shp``. Goes out: an encoding, and a shapefile whose field names any reader can read with the names that
they stand for. Not for: shapes.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from citycarbon.core.errors import InputError, Where
from citycarbon.data.sheets import looks_chinese

_CODE_PAGES = {
    "65001": "utf-8", "utf8": "utf-8", "936": "gbk", "54936": "gb18030", "gb2312": "gbk", "gbk": "gbk", "950": "big5",
    "88591": "ISO-8859-1", "8859-1": "ISO-8859-1", "iso88591": "ISO-8859-1", "big-5": "big5",
}  # fmt: skip
_NOTHING_SAID = ("", "ansi", "oem", "system", "default")
"""Notes that mean the code page of the machine that wrote the file, which nobody knows."""
_LANGUAGES = {
    0x4D: "gbk",
    0x7A: "gbk",
    0x4E: "cp949",
    0x79: "cp949",
    0x4F: "big5",
    0x78: "big5",
    0x13: "cp932",
    0x7B: "cp932",
}
"""Language drivers of dBASE files for scripts of more than one byte a character."""
_HEAD, _FIELD, _END = 32, 32, 0x0D
_SAMPLE = 4 * 1024**2


def shapefile_encoding(path: Path, shown: str, stated: str | None) -> str | None:
    """Find the encoding of the attributes: stated, else the .cpg file, else what the bytes prove, else the mark of the .dbf.

    Raises
    ------
    InputError
        If the bytes do not fit what is stated, or nothing tells.
    """
    table, note = beside(path, ".dbf"), beside(path, ".cpg")
    named = stated or _plain_note(note.read_text("utf-8-sig", "replace") if note else "")
    data = table.read_bytes()[:_SAMPLE] if table else b""
    body = data[int.from_bytes(data[8:10], "little") :].replace(b"\x00", b" ")
    names = b" ".join(_names(data))
    if named:
        name = _fitting_codec(named, body, shown, table)
        if stated is None and _contradicted(name, body):
            raise InputError("encoding_doubtful", Where(file=(note or path).name), named, encoding="GB18030")
        return name
    # A name may end in half a character, attributes of a field too.
    if _fits(body + b" " + names, "utf-8"):
        return "utf-8" if table else None
    marked = _LANGUAGES.get(data[29]) if len(data) > 29 else None
    if marked and _fits(body, marked):
        return "gb18030" if marked == "gbk" else marked
    text = (body + b" " + names).decode("gb18030", "replace")
    if looks_chinese(text.replace("\ufffd", "")):
        return "gb18030"
    raise InputError("encoding_unknown", Where(file=shown), text.strip()[:30])


def _contradicted(name: str, body: bytes) -> bool:
    """Tell whether a .cpg names a code page of single bytes, into which all bytes fit, and the bytes say Chinese.

    GDAL writes ISO-8859-1 where nobody says what the text is. Letters with accents stand alone among others; the bytes of
    Chinese come in pairs.
    """
    runs = re.findall(rb"[\x80-\xff]+", body)
    paired = sum(len(run) // 2 * 2 for run in runs)
    single = len((b"\xe9" * 2).decode(name, "replace")) == 2
    if not single or paired < 0.8 * sum(map(len, runs)) or not _fits(body, "gb18030"):
        return False
    return looks_chinese(body.decode("gb18030", "replace").replace("\ufffd", ""))


def _plain_note(note: str) -> str:
    """Give the code page that a .cpg file names; ``ANSI`` and ``OEM`` alone name none."""
    first = (note.strip().splitlines() or [""])[0].strip().strip("\x00")
    plain = re.sub(r"^(ansi|oem|windows|cp|ms)[ _-]*(?=\d)", "", first.lower())
    return "" if plain in _NOTHING_SAID else (plain if plain != first.lower() else first)


def beside(path: Path, suffix: str) -> Path | None:
    """Give the file of a shapefile that has another ending, in whatever mixture of small letters and capitals."""
    exact = path.with_suffix(suffix)
    if exact.exists():
        return exact
    wanted = exact.name.casefold()
    return next((each for each in sorted(path.parent.iterdir()) if each.name.casefold() == wanted), None)


def _fitting_codec(named: str, body: bytes, shown: str, table: Path | None) -> str:
    """Give a stated encoding in the spelling that GDAL knows, after a look at whether the attributes fit it."""
    plain = named.lower().replace("_", "-").removeprefix("cp").removeprefix("windows-").removeprefix("ms")
    plain = plain.replace("iso ", "iso").replace(" ", "")
    name = _CODE_PAGES.get(plain, f"cp{plain}" if plain.isdigit() else named)
    try:
        fits = _fits(body, name)
    except LookupError as error:
        raise InputError("encoding_unsupported", Where(file=shown), named, known="UTF-8, GB18030, GBK") from error
    if not fits:
        where = Where(file=table.name if table else shown)
        raise InputError("encoding_wrong", where, shown, encoding=named)
    return name


def _fits(body: bytes, codec: str) -> bool:
    """Tell whether attribute bytes are text of an encoding; a few characters may be cut in half by the width of a field."""
    broken = body.decode(codec, "replace").count("\ufffd")
    return broken * 10 <= sum(1 for mark in body if mark > 127)


def _names(data: bytes) -> list[bytes]:
    """Give the raw field names of a dBASE table."""
    end = min(int.from_bytes(data[8:10], "little"), len(data)) if len(data) >= _HEAD else 0
    starts = list(range(_HEAD, end - _FIELD + 1, _FIELD))
    cut = next((number for number, at in enumerate(starts) if data[at] == _END), len(starts))
    return [data[at : at + 11].split(b"\x00")[0] for at in starts[:cut]]


@contextmanager
def readable(path: Path, codec: str | None) -> Iterator[tuple[Path, dict[str, str]]]:
    """Give a shapefile that GDAL reads whole, and the true name of each field that had to be written anew.

    dBASE cuts a name after ten bytes, in the middle of a character: that half is left out. Names that are alike after the cut
    are told apart by a number, every one of them, so that none is taken for another. Side files whose names differ by capitals
    are found, and an index (.shx) that is not there is made anew.
    """
    table = beside(path, ".dbf")
    raw = _names(table.read_bytes()[:_SAMPLE]) if table else []
    texts = [name.decode(codec or "utf-8", "ignore").strip() for name in raw]
    whole = [name.decode(codec or "utf-8", "replace").strip() for name in raw]
    same = texts == whole and len({text.casefold() for text in texts}) == len(texts)
    parts = {suffix: beside(path, suffix) for suffix in (".shx", ".prj")}
    exact = {path.with_suffix(end) for small in (".dbf", ".shx", ".prj") for end in (small, small.upper())}
    if (table is None or same) and parts[".shx"] and {table, *parts.values()} - {None} <= exact:
        yield path, {}
        return
    with TemporaryDirectory() as folder:
        for suffix, part in {".shp": path, **parts, **({".dbf": table} if same else {})}.items():
            if part is not None:
                _linked(part, Path(folder) / f"layer{suffix}")
        if table is not None and not same:
            data = bytearray(table.read_bytes())
            for number in range(len(raw)):
                start = _HEAD + _FIELD * number
                data[start : start + 11] = f"F{number}".encode().ljust(11, b"\x00")
            (Path(folder) / "layer.dbf").write_bytes(bytes(data))
        with nullcontext() if parts[".shx"] else _index_made():
            yield (
                Path(folder) / "layer.shp",
                {} if same else {f"F{number}": name for number, name in enumerate(_apart(texts))},
            )


@contextmanager
def _index_made() -> Iterator[None]:
    """Let GDAL make the index of a shapefile that has none; it is written beside the link, never beside the file."""
    import pyogrio

    pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": "YES"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": None})


def _apart(names: list[str]) -> list[str]:
    """Number names that are alike."""
    folded = [name.casefold() for name in names]
    made: list[str] = []
    for name, plain in zip(names, folded, strict=True):
        number = 0
        shown = name
        while shown.casefold() in (each.casefold() for each in made) or (folded.count(plain) > 1 and shown == name):
            number += 1
            shown = f"{name}_{number}"
        made.append(shown)
    return made


def _linked(source: Path, target: Path) -> None:
    """Put a file at another place without copying it, where the file system can."""
    try:
        target.symlink_to(source.resolve())
    except OSError:
        shutil.copyfile(source, target)
