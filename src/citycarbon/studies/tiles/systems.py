"""Coordinate systems in which features of a layer may be asked for, by the addresses of OGC.

Comes in: an address, the bounds of a layer, shapes in longitude and latitude. Goes out: shapes and boxes in another system, with
its axes in the order of its authority, as OGC API - Features part 2 wants them. Not for: reading layers (``data.layers``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer

from citycarbon.core.errors import InputError, Where

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/{}"
_ZONES = range(75, 136, 3)
"""Central meridians [degree] of the three-degree zones of CGCS2000."""
Box = tuple[float, float, float, float]


def systems_at(bounds: Sequence[float]) -> dict[str, str]:
    """Give address and name of the systems offered for a layer: degrees, Web Mercator and, in China, its zone of CGCS2000.

    Parameters
    ----------
    bounds
        West, south, east and north [degree].
    """
    codes = [4326, 3857, 4490]
    middle = (bounds[0] + bounds[2]) / 2
    if math.isfinite(middle):
        meridian = round(middle / 3) * 3
        if meridian in _ZONES:
            # EPSG 4534 is the zone of 75° E without its number before the easting, 4554 that of 135° E.
            codes.append(4534 + (meridian - _ZONES.start) // 3)
    return {CRS84: "OGC:CRS84", **{_EPSG.format(code): f"EPSG:{code}" for code in codes}}


def known_system(address: str, listed: Mapping[str, str], item: str) -> str:
    """Give the name of a system by its address.

    Raises
    ------
    InputError
        ``query_wrong`` if it is not listed.
    """
    if address not in listed:
        raise InputError("query_wrong", Where(item=item), address, wanted=" | ".join(listed))
    return listed[address]


@lru_cache(32)
def _way(system: str) -> Transformer:
    return Transformer.from_crs("OGC:CRS84", system)


def moved(shape: Any, system: str) -> Any:
    """Give shapes in longitude and latitude in another system."""
    if system == "OGC:CRS84":
        return shape
    return shapely.transform(shape, lambda at: np.column_stack(_way(system).transform(at[:, 0], at[:, 1])))


def box_in(box: Box, system: str) -> Box:
    """Turn a box of another system into west, south, east and north [degree].

    Raises
    ------
    InputError
        ``query_wrong`` if it lies outside of where the system is defined.
    """
    if system == "OGC:CRS84":
        return box
    if system in ("EPSG:4326", "EPSG:4490"):
        # Degrees in the order of the authority: a box that goes over the date line keeps doing so.
        return box[1], box[0], box[3], box[2]
    left, low, right, high = _way(system).transform_bounds(*box, direction="INVERSE", densify_pts=21)
    if not all(map(math.isfinite, (left, low, right, high))):
        raise InputError("query_wrong", Where(item="bbox"), ",".join(map(str, box)), wanted=system)
    return left, low, right, high
