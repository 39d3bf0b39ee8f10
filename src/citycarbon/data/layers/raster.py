"""Rasters: one band of cells in rows, read by blocks so that no file need fit into memory; written as cloud-optimised GeoTIFF.

Comes in: paths and what the study states, or arrays. Goes out: a :class:`Raster` and its origin, or a file. Not for: sums by
place, which :mod:`citycarbon.inventory.space` makes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from citycarbon.core.errors import InputError, Where
from citycarbon.core.results import Origin
from citycarbon.data import safety
from citycarbon.data.layers.datums import datum_of
from citycarbon.data.layers.grids import SquareGrid
from citycarbon.data.layers.vector import agreed_crs
from citycarbon.data.writers import whole_file

RASTER = (".tif", ".tiff", ".asc", ".vrt")
BLOCK = 4_000_000
"""Cells that are held at a time."""
NO_NODATA = "none"
"""What is stated of a raster whose every value is true."""
_HUGE = 1e30
"""No quantity of a city reaches this; programs write 3.4e38, 1e31 or 9.97e36 for a gap."""
_NINES = [-(10.0**digits - 1) for digits in range(3, 11)]
_CUSTOMARY = (
    *_NINES, *(nines - 0.9 for nines in _NINES[:4]), *(nines / 9 * 8 for nines in _NINES), -32768.0, -32767.0, -2147483648.0,
    -2147483647.0, -1e10, -1e15, -1e20, 1e15, 1e20,
)  # fmt: skip
"""Numbers that programs customarily write where they have no value."""
_LONE = (-1.0, -99.0, -200.0, -255.0)
"""Customary gaps that may be true: taken for gaps where no other number is below zero and they are more than a few."""
_ABOVE = (255.0, 9999.0, 32767.0, 65535.0, 99999.0, 999999.0, 9999999.0, 2147483647.0, 4294967295.0, 1e10)
"""Customary gaps that may be true: taken for gaps where they are ten times all others or more."""
_APART, _FEW = 10.0, 0.01
"""How many times others a gap above them is, and the share of cells up to which a number below zero may be a true one."""
_DRIVERS = {".tif": "GTiff", ".tiff": "GTiff", ".asc": "AAIGrid"}
"""The one form that a file of an ending may have: GDAL opens whatever it finds, also a text that names other files."""


@dataclass(frozen=True)
class Raster:
    """One band on a grid: from a file, or from an array of shape (rows, columns) in which nodata is NaN."""

    name: str
    grid: SquareGrid
    path: Path | None = None
    band: int = 1
    values: npt.NDArray[np.float64] | None = None
    nodata: float | str | None = None
    """What is stated about gaps: a value, or ``none``; if nothing, only what the file itself declares."""

    @property
    def crs(self) -> str:
        """Coordinate system."""
        return self.grid.crs

    def blocks(self, size: int = BLOCK) -> Iterator[tuple[int, npt.NDArray[np.float64]]]:
        """Give first row and values [rows, columns] of each block; nodata is NaN, scale and offset are applied.

        Raises
        ------
        InputError
            If cells cannot be read, or hold what looks like nodata and nobody says whether it is.
        """
        count = max(1, size // self.grid.columns)
        starts = range(0, self.grid.rows, count)
        if self.values is not None:
            for start in starts:
                yield start, self.values[start : start + count]
            return
        import rasterio
        from rasterio.windows import Window

        path, shown = Path(self.path or ""), self.path.name if self.path else self.name
        with safety.reading(shown, "raster", path):
            source = rasterio.open(path, driver=_DRIVERS[path.suffix.lower()])
        with source:
            scale, offset = source.scales[self.band - 1], source.offsets[self.band - 1]
            for start in starts:
                rows = min(count, self.grid.rows - start)
                with safety.reading(shown, "raster", path):
                    block = source.read(self.band, window=Window(0, start, self.grid.columns, rows), masked=True)
                _refuse_likely_gaps(block, start, shown, self.nodata)
                values = np.ma.filled(block.astype(np.float64), np.nan)
                if isinstance(self.nodata, float):
                    values = np.where(block.data == np.array(self.nodata).astype(block.dtype), np.nan, values)
                values = values * scale + offset
                yield start, np.where(np.isfinite(values), values, np.nan)


def _refuse_likely_gaps(block: Any, start: int, shown: str, stated: float | str | None) -> None:
    """Refuse a value that is nodata in all likelihood, as a gap would be counted as an amount.

    Beside a stated number only what no quantity can be is still looked for; ``none`` says that every value is true.
    """
    if stated == NO_NODATA:
        return
    raw, known = block.data, ~np.ma.getmaskarray(block)
    likely = _beyond(raw) if stated is not None else _beyond(raw) | _customary(raw, known)
    if isinstance(stated, float):
        likely &= raw != np.array(stated).astype(raw.dtype)
    found = np.flatnonzero(likely & known)
    if len(found):
        row, column = divmod(int(found[0]), raw.shape[1])
        where = Where(file=shown, rows=(start + row + 1,), column=str(column + 1))
        value = f"{raw[row, column]:.10g}" if raw.dtype.kind == "f" else str(raw[row, column])
        raise InputError("raster_nodata", where, f"{value} × {len(found)}", value=value)


def _beyond(raw: npt.NDArray[Any]) -> Any:
    """Tell numbers that no quantity can be."""
    if raw.dtype.kind == "f":
        return np.abs(raw) > _HUGE
    return np.zeros(raw.shape, dtype=bool)


def _customary(raw: npt.NDArray[Any], known: npt.NDArray[np.bool_]) -> Any:
    """Tell numbers that programs write for gaps: always, or where they stand apart from all others."""
    if raw.dtype.kind == "f":
        likely = np.isin(raw, np.array(_CUSTOMARY, dtype=raw.dtype))
    else:
        kind = np.iinfo(raw.dtype)
        likely = (raw == kind.max) | np.isin(raw, [each for each in _CUSTOMARY if kind.min <= each <= kind.max])
        likely |= (raw == kind.min) if kind.min < 0 else False
    others = raw[known & ~likely]
    if not len(others):
        return likely
    for lone in _LONE:
        if (
            (others == lone).sum() > _FEW * len(others)
            and not ((others < 0) & (others != lone)).any()
            and (others > 0).any()
        ):
            likely |= raw == lone
    top = others.max()
    if top in _ABOVE and (below := others[others < top]).size and top >= _APART * np.abs(below).max():
        likely |= raw == top
    return likely


@safety.netted
def read_raster(
    path: Path,
    *,
    crs: str | None = None,
    band: int | None = None,
    shown: str | None = None,
    nodata: float | str | None = None,
) -> tuple[Raster, Origin]:
    """Open a raster; its cells are read when they are needed.

    Parameters
    ----------
    path
        GeoTIFF, or an ASCII grid.
    crs
        Coordinate system, needed where the file states none; a contradiction to the file is refused.
    band
        Number of the band, from one; needed where the file has several.
    shown
        Name for messages.
    nodata
        Value of the cells without data, where the file does not declare it; ``none`` if every value is true, also one that looks
        like nodata. Without it such a value (-9999, the largest number of its type, more than 1e30 …) is refused when it is read.

    Raises
    ------
    InputError
        If the file is broken, of another form than its ending says, or lacks numbers; has no such band, or several and none is
        named; has no coordinate system or one with the offset of web maps; its cells are turned; or the stated nodata is none
        that its type can hold.
    """
    shown = shown or path.name
    safety.present(path, shown)
    if path.suffix.lower() not in RASTER[:3]:
        raise InputError("file_kind_unknown", Where(file=shown), path.suffix, kinds=", ".join(RASTER[:3]))
    try:
        import rasterio
    except ImportError as error:
        raise InputError("extra_missing", Where(file=shown), "rasterio", extra="geo") from error
    if path.suffix.lower() == ".asc":
        _whole_text(path, shown)
    if datum_of(crs) is not None:
        # Cells of a raster cannot be moved one by one, as the points of a layer are.
        raise InputError("raster_offset", Where(file=shown), crs)
    with safety.reading(shown, "raster", path), rasterio.open(path, driver=_DRIVERS[path.suffix.lower()]) as source:
        own, bands, turn = source.crs, source.count, source.transform
        columns, rows = source.width, source.height
        dtypes = [str(each) for each in source.dtypes]
        told = [text or f"{number}" for number, text in enumerate(source.descriptions, start=1)]
        true = [each for each, what in enumerate(source.colorinterp, start=1) if what.name != "alpha"]
    if band is None and len(true) > 1:
        listed = ", ".join(told[number - 1] for number in true[:12])
        raise InputError("bands_several", Where(file=shown), f"{len(true)}: {listed}")
    band = true[0] if band is None and true else band or 1
    if not 1 <= band <= bands:
        raise InputError("parameter_wrong", Where(file=shown, item="band"), band, expected_value=f"1 … {bands}")
    dtype = dtypes[band - 1]
    if dtype.startswith("complex"):
        raise InputError("parameter_wrong", Where(file=shown, item="band"), dtype, expected_value="real numbers")
    gap = _stated_gap(nodata, dtype, shown)
    if turn.b or turn.d or turn.a <= 0 or turn.e >= 0:
        raise InputError("raster_turned", Where(file=shown), str(tuple(turn)[:6]))
    system = agreed_crs(crs, own.to_wkt() if own else "", shown)
    grid = SquareGrid(turn.c, turn.f, turn.a, -turn.e, columns, rows, system)
    raster = Raster(Path(shown).stem, grid, path, band, nodata=gap)
    note = system if gap is None else f"{system}; nodata: {gap if isinstance(gap, str) else format(gap, '.10g')}"
    return raster, Origin(shown, safety.sha256(path), path.stat().st_size, columns * rows, dtype, f"band {band}", note)


def _whole_text(path: Path, shown: str) -> None:
    """Refuse an ASCII grid that lacks numbers, has too many, or holds words: GDAL takes nil for them and says nothing.

    Raises
    ------
    InputError
        ``grid_text``.
    """
    head: dict[str, float] = {}
    count, odd = 0, ""
    with path.open("rb") as stream:
        while True:
            at = stream.tell()
            words = stream.readline(_LONGEST_HEAD).split()
            if len(words) != 2 or (not words[0].isalpha() and words[0].lower() not in _HEAD_WORDS) or len(head) > 12:
                break
            try:
                head[words[0].decode("ascii", "replace").lower()] = float(words[1])
            except ValueError:
                break
        stream.seek(at)
        rest = b""
        while chunk := stream.read(1 << 20):
            block = rest + chunk
            cut = max(block.rfind(b" "), block.rfind(b"\n"), block.rfind(b"\t")) + 1
            block, rest = block[:cut], block[cut:]
            count, odd = count + len(block.split()), odd or _odd_word(block)
        count, odd = count + len(rest.split()), odd or _odd_word(rest)
    wanted = head.get("ncols", 0) * head.get("nrows", 0)
    if odd or count != wanted:
        raise InputError("grid_text", Where(file=shown), odd or f"{count}", wanted=f"{wanted:.0f}")


_LONGEST_HEAD = 200
_HEAD_WORDS = (b"nodata_value",)
_ODD_WORD = re.compile(
    rb"(?i)(?<!\S)(?![+-]?(?:(?:\d+\.?\d*|\.\d+|\d+,(?!\d{3}(?!\d))\d+)(?:e[+-]?\d+)?|nan|inf)(?!\S))\S+"
)
"""What is no number; also ``1,234``, which is a thousand to some and one to GDAL."""


def _odd_word(block: bytes) -> str:
    found = _ODD_WORD.search(block)
    return found.group()[:30].decode("utf-8", "replace") if found else ""


def _stated_gap(nodata: float | str | None, dtype: str, shown: str) -> float | str | None:
    """Check what is stated about gaps: a number that the type of the raster can hold, or ``none``."""
    if nodata is None or nodata == NO_NODATA:
        return nodata
    try:
        number = float(nodata)
    except ValueError as error:
        raise InputError(
            "parameter_wrong", Where(file=shown, item="nodata"), nodata, expected_value=f"-9999 … | {NO_NODATA}"
        ) from error
    kind = np.dtype(dtype)
    held = kind.kind == "f" or (number.is_integer() and np.iinfo(kind).min <= number <= np.iinfo(kind).max)
    if not held:
        raise InputError("parameter_wrong", Where(file=shown, item="nodata"), nodata, expected_value=dtype)
    return number


def write_cog(
    path: Path, raster: Raster, *, unit: str, title: str, descriptions: Mapping[str, str] | None = None
) -> None:
    """Write a raster as cloud-optimised GeoTIFF with overviews; the file appears whole or not at all.

    Parameters
    ----------
    path
        File to write.
    raster
        Values in memory; NaN becomes nodata.
    unit
        Unit of the values, stored with the band.
    title
        What the values are, stored with the band.
    descriptions
        Further tags of the file.
    """
    try:
        from rasterio.io import MemoryFile
        from rasterio.shutil import copy
        from rasterio.transform import from_origin
    except ImportError as error:
        raise InputError("extra_missing", Where(file=path.name), "rasterio", extra="geo") from error

    if raster.values is None:
        raise AssertionError("only values in memory are written")
    grid = raster.grid
    nodata = math.nan
    profile: dict[str, Any] = {
        "driver": "GTiff", "dtype": "float64", "count": 1, "width": grid.columns, "height": grid.rows, "crs": grid.crs,
        "transform": from_origin(grid.left, grid.top, grid.width, grid.height), "nodata": nodata,
    }  # fmt: skip
    with whole_file(path) as target, MemoryFile() as memory:
        with memory.open(**profile) as made:
            made.write(raster.values, 1)
            made.set_band_description(1, title)
            made.set_band_unit(1, unit)
            made.update_tags(TITLE=title, UNIT=unit, **(descriptions or {}))
        with memory.open() as source:
            copy(source, target, driver="COG", compress="DEFLATE", predictor="YES", overview_resampling="average")
