"""Rows of a JSON file as raw cells: a list of objects, as the product itself writes them.

Comes in: a path. Goes out: a :class:`~citycarbon.data.sheets.RawSheet`, all text, rows counted from 1. Not for: GeoJSON, which
is a layer, and nested objects.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from citycarbon.core.errors import InputError, Problems, Where
from citycarbon.data import safety
from citycarbon.data.sheets import ROW, RawSheet, decode, tidy

ROWS = "rows"
"""Key of the rows where the file is an answer of the API."""


@safety.netted
def read_json(path: Path, shown: str, encoding: str | None = None) -> RawSheet:
    """Read a JSON file of rows.

    Raises
    ------
    InputError
        ``file_broken`` if it is no JSON, or no list of objects; ``column_nested`` for lists and objects inside a row;
        ``column_duplicate`` for a key that stands twice in a row.
    """
    text, used = decode(path.read_bytes(), shown, encoding)
    where = Where(file=shown)
    doubled: dict[str, None] = {}

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        doubled.update(
            {key: None for key, _ in pairs if len(made) < len(pairs) and [k for k, _ in pairs].count(key) > 1}
        )
        return made

    try:
        # Numbers stay the texts that they are, to be judged like every cell.
        found = json.loads(
            text.lstrip("\ufeff"), parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=once
        )
    except ValueError as error:
        raise InputError("file_broken", where, str(error), kind="json") from error
    rows = found.get(ROWS, found) if isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError("file_broken", where, "no list of rows", kind="json")
    if not rows:
        raise InputError("file_empty", where, "")
    header = tuple(dict.fromkeys(key for row in rows for key in row))
    problems = Problems()
    for key in doubled:
        problems.add("column_duplicate", Where(file=shown, column=key), key)
    for key in header:
        nested = [number for number, row in enumerate(rows, start=1) if isinstance(row.get(key), (list, dict))]
        if nested:
            problems.add(
                "column_nested", Where(shown, None, tuple(nested[:5]), key), json.dumps(rows[nested[0] - 1][key])[:60]
            )
    problems.raise_all()
    cells = {f"column_{index + 1}": [_text(row, key) for row in rows] for index, key in enumerate(header)}
    frame = pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String)).with_row_index(ROW, offset=1)
    return tidy(RawSheet(shown, "", header, frame, used, None, 1))


def _text(row: Mapping[str, Any], key: str) -> str | None:
    cell = row.get(key)
    if isinstance(cell, bool):
        return str(cell).lower()
    return cell
