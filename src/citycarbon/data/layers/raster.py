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


@dataclass(frozen=True)
class Raster:
    """One band on a grid: from a file, or from an array of shape (rows, columns) in which nodata is NaN."""

    name: str
    grid: SquareGrid
    path: Path | None = None
    band: int = 1
    values: npt.NDArray[np.float64] | None = None

    @property
    def crs(self) -> str:
        """Coordinate system."""
        return self.grid.crs

    def blocks(self, size: int = BLOCK) -> Iterator[tuple[int, npt.NDArray[np.float64]]]:
        """Give first row and values [rows, columns] of each block; nodata is NaN, scale and offset are applied."""
        count = max(1, size // self.grid.columns)
        starts = range(0, self.grid.rows, count)
        if self.values is not None:
            for start in starts:
                yield start, self.values[start : start + count]
            return
        import rasterio
        from rasterio.windows import Window

        with rasterio.open(self.path) as source:
            scale, offset = source.scales[self.band - 1], source.offsets[self.band - 1]
            for start in starts:
                rows = min(count, self.grid.rows - start)
                block = source.read(self.band, window=Window(0, start, self.grid.columns, rows), masked=True)
                values = np.ma.filled(block.astype(np.float64), np.nan) * scale + offset
                yield start, np.where(np.isfinite(values), values, np.nan)


def read_raster(
    path: Path, *, crs: str | None = None, band: int = 1, shown: str | None = None
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

    Raises
    ------
    InputError
        If the file is broken, has no such band or no coordinate system, or its cells are turned.
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
            columns, rows, dtype = source.width, source.height, str(source.dtypes[0])
    except rasterio.errors.RasterioError as error:
        raise InputError(
            "file_broken", Where(file=shown), str(error).replace(f"{path.parent}/", ""), kind="raster"
        ) from error
    if not 1 <= band <= bands:
        raise InputError("parameter_wrong", Where(file=shown, item="band"), band, expected_value=f"1 … {bands}")
    if turn.b or turn.d or turn.a <= 0 or turn.e >= 0:
        raise InputError("raster_turned", Where(file=shown), str(tuple(turn)[:6]))
    system = agreed_crs(crs, own.to_wkt() if own else "", shown)
    grid = SquareGrid(turn.c, turn.f, turn.a, -turn.e, columns, rows, system)
    raster = Raster(Path(shown).stem, grid, path, band)
    return raster, Origin(
        shown, safety.sha256(path), path.stat().st_size, columns * rows, dtype, f"band {band}", system
    )


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
