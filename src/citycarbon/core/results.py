"""The one result that every face receives: named tables, provenance, checks and findings of a study.

Comes in: what the steps of a study made. Goes out: a frozen :class:`StudyResult`. Not for: reading or writing it, which
``citycarbon.data.results`` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

Bilingual = tuple[str, str]
Severity = Literal["ok", "note", "caveat", "misfit"]


@dataclass(frozen=True)
class Check:
    """A check with its outcome: what was compared, by how much it missed, and what that means.

    ``severity``: ``ok`` holds; ``note`` informs; ``caveat`` limits the use of a figure; ``misfit`` is a documented
    disagreement of a source with itself or with a computation.
    """

    id: str
    severity: Severity
    text: Bilingual
    value: float | None = None
    expected: float | None = None
    tolerance: float | None = None
    unit: str = ""
    place: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give plain values for json and tables."""
        return {
            "id": self.id,
            "severity": self.severity,
            "place": self.place,
            "value": self.value,
            "expected": self.expected,
            "tolerance": self.tolerance,
            "unit": self.unit,
            "en": self.text[0],
            "zh": self.text[1],
        }


@dataclass(frozen=True)
class Origin:
    """A file that was read: name inside the study, SHA-256, encoding as detected or stated, rows."""

    name: str
    sha256: str
    size: int
    rows: int
    encoding: str = ""
    sheet: str = ""
    note: str = ""


@dataclass(frozen=True)
class StudyResult:
    """Everything a run of a study made.

    Parameters
    ----------
    meta
        Id, titles, versions, metric, editions, languages, input and result hashes: plain values for ``result.json``.
    tables
        Table name to rows; ``emissions`` and ``activity`` are always there.
    layers
        Name to GeoJSON feature collection in longitude and latitude (WGS 84), for maps.
    origins
        Files that were read.
    checks
        Checks and findings.
    labels
        Code to (English, Chinese) label for places, sectors and activities.
    """

    meta: Mapping[str, Any]
    tables: Mapping[str, pl.DataFrame]
    layers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    origins: tuple[Origin, ...] = ()
    checks: tuple[Check, ...] = ()
    labels: Mapping[str, Bilingual] = field(default_factory=dict)

    def label(self, code: str, lang: str = "en") -> str:
        """Label of a code in a language, or the code itself."""
        pair = self.labels.get(code)
        return code if pair is None else (pair[1] if lang == "zh" else pair[0]) or code
