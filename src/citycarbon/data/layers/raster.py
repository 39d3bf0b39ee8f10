"""Rasters: one band of cells in rows, read by blocks so that no file need fit into memory; written as cloud-optimised GeoTIFF.

Comes in: paths and what the study states, or arrays. Goes out: a :class:`Raster` and its origin, or a file. Not for: sums by
place, which :mod:`citycarbon.inventory.space` makes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from citycarbon.core.errors import InputError, Where
from citycarbon.core.results import Origin
from citycarbon.data import safety
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
_CUSTOMARY = (-999.0, -9999.0, -99999.0, -999999.0, -32768.0, -32767.0, -2147483648.0, -2147483647.0)
"""Numbers that programs customarily write where they have no value."""


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
            source = rasterio.open(path)
        with source:
            scale, offset = source.scales[self.band - 1], source.offsets[self.band - 1]
            for start in starts:
                rows = min(count, self.grid.rows - start)
                with safety.reading(shown, "raster", path):
                    block = source.read(self.band, window=Window(0, start, self.grid.columns, rows), masked=True)
                self._refuse_likely_gaps(block, start, shown)
                values = np.ma.filled(block.astype(np.float64), np.nan)
                if isinstance(self.nodata, float):
                    values = np.where(block.data == np.array(self.nodata).astype(block.dtype), np.nan, values)
                values = values * scale + offset
                yield start, np.where(np.isfinite(values), values, np.nan)

    def _refuse_likely_gaps(self, block: Any, start: int, shown: str) -> None:
        """Refuse a value that is nodata in all likelihood, as a gap would be counted as an amount."""
        if self.nodata is not None:
            return
        raw, known = block.data, ~np.ma.getmaskarray(block)
        if raw.dtype.kind == "f":
            likely = (np.abs(raw) > _HUGE) | np.isin(raw, np.array(_CUSTOMARY, dtype=raw.dtype))
        else:
            kind = np.iinfo(raw.dtype)
            likely = (raw == kind.max) | np.isin(raw, [number for number in _CUSTOMARY if number >= kind.min])
            likely |= (raw == kind.min) if kind.min < 0 else False
        found = np.flatnonzero(likely & known)
        if len(found):
            row, column = divmod(int(found[0]), raw.shape[1])
            where = Where(file=shown, rows=(start + row + 1,), column=str(column + 1))
            value = f"{raw[row, column]:.10g}" if raw.dtype.kind == "f" else str(raw[row, column])
            raise InputError("raster_nodata", where, f"{value} × {len(found)}", value=value)


@safety.netted
def read_raster(
    path: Path, *, crs: str | None = None, band: int = 1, shown: str | None = None, nodata: float | str | None = None
) -> tuple[Raster, Origin]:
    """Open a raster; its cells are read when they are needed.

    Parameters
    ----------
    path
        GeoTIFF, or an ASCII grid.
    crs
        Coordinate system, needed where the file states none; a contradiction to the file is refused.
    band
        Number of the band, from one.
    shown
        Name for messages.
    nodata
        Value of the cells without data, where the file does not declare it; ``none`` if every value is true, also one that looks
        like nodata. Without it such a value (-9999, the largest number of its type, more than 1e30 …) is refused when it is read.

    Raises
    ------
    InputError
        If the file is broken, has no such band or no coordinate system, its cells are turned, or the stated nodata is none that
        its type can hold.
    """
    shown = shown or path.name
    safety.present(path, shown)
    if path.suffix.lower() not in RASTER[:3]:
        raise InputError("file_kind_unknown", Where(file=shown), path.suffix, kinds=", ".join(RASTER[:3]))
    try:
        import rasterio
    except ImportError as error:
        raise InputError("extra_missing", Where(file=shown), "rasterio", extra="geo") from error
    try:
        with rasterio.open(path) as source:
            own, bands, turn = source.crs, source.count, source.transform
            columns, rows = source.width, source.height
            dtypes = [str(each) for each in source.dtypes]
    except rasterio.errors.RasterioError as error:
        raise InputError(
            "file_broken", Where(file=shown), str(error).replace(f"{path.parent}/", ""), kind="raster"
        ) from error
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
