"""Land-use codes of plans and maps brought to the national classification of land and sea use.

Comes in: codes of older national standards, EULUC classes or OpenStreetMap tags. Goes out: codes of the classification of
2023, with how well each fits. Not for: sectors of emissions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.data.classifications import classification_rows
from citycarbon.data.library import shipped_rows

NATIONAL = "gb_2023"
LEVELS = (2, 4, 6)
"""Length of a code by its level."""


@dataclass(frozen=True)
class LandUse:
    """One scheme of land-use codes: national code and fit (exact, broader, narrower, approximate) of each of its codes."""

    name: str
    targets: Mapping[str, str]
    fits: Mapping[str, str]

    @property
    def known(self) -> list[str]:
        """Its codes."""
        return list(self.targets)

    def codes(self, values: pl.Series) -> pl.Series:
        """Give the national code of each value, null where the scheme has none."""
        return values.cast(pl.String).replace_strict(self.targets, default=None, return_dtype=pl.String)

    def fit(self, values: pl.Series) -> pl.Series:
        """Give how well the national code of each value fits: whether it is the same, wider, a part, or only near."""
        return values.cast(pl.String).replace_strict(self.fits, default=None, return_dtype=pl.String)


@cache
def land_use_schemes() -> pl.DataFrame:
    """Give the schemes: scheme, title_en, title_zh, source, note."""
    return shipped_rows("classifications/land_use_schemes/schemes.csv")


@cache
def land_use(name: str) -> LandUse:
    """Give a scheme of land-use codes by its name.

    Raises
    ------
    InputError
        If no scheme has this name.

    Examples
    --------
    >>> land_use("gb50137_2011").targets["R21"], land_use("osm").targets["leisure=park"]
    ('070102', '1401')
    """
    known = land_use_schemes()["scheme"].to_list()
    if name not in known:
        raise InputError("land_use_scheme_unknown", Where(item=name), name, known=", ".join(known))
    if name == NATIONAL:
        codes = classification_rows("land_use")["code"].to_list()
        return LandUse(name, {code: code for code in codes}, dict.fromkeys(codes, "exact"))
    rows = shipped_rows(f"classifications/land_use_schemes/{name}.csv")
    codes, targets, fits = (rows[column].to_list() for column in ("code", "to", "kind"))
    return LandUse(name, dict(zip(codes, targets, strict=True)), dict(zip(codes, fits, strict=True)))


def at_level(codes: pl.Series, level: int) -> pl.Series:
    """Shorten national codes to a level; a code that is coarser stays as it is.

    Parameters
    ----------
    codes
        National codes.
    level
        Level [1]: 1, 2 or 3.

    Raises
    ------
    InputError
        If the level is none of the three.

    Examples
    --------
    >>> at_level(pl.Series(["070102", "1401"]), 1).to_list()
    ['07', '14']
    """
    if level not in (1, 2, 3):
        raise InputError("parameter_wrong", Where(item="level"), level, expected_value="1, 2, 3")
    return codes.str.slice(0, LEVELS[level - 1])
