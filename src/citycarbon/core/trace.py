"""Where a fact came from: ``fuels.csv:12`` is row 12 of ``fuels.csv``.

Comes in: provenance ids. Goes out: file and row. Not for: the trace of a result, which joins facts, factors and methods.
"""

from __future__ import annotations

import re

_ROW = re.compile(r":(\d+)$")


def row_of(provenance_id: object) -> int:
    """Read the row number at the end of a provenance id such as ``fuels.csv:12``; 0 if there is none."""
    match = _ROW.search(str(provenance_id or ""))
    return int(match.group(1)) if match else 0


def file_of(provenance_id: object) -> str | None:
    """Read the file of a provenance id such as ``fuels.csv:12``; None if there is none."""
    return str(provenance_id or "").rpartition(":")[0] or None
