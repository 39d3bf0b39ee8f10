"""Plain tables of activity data, imported with a review: which header became which column, and what was left out.

Comes in: csv, xlsx or parquet in the field's usual columns. Goes out: the checked table and its report. Not for: formats of other
tools, which have readers of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from citycarbon.core.tables import ActivityTable
from citycarbon.data import safety
from citycarbon.data.exchange.import_report import ColumnUse, ImportReport
from citycarbon.data.readers import FileOptions, read_reviewed, split_sheet

FORMAT = "activity"
STAGES = ("reading", "typing", "checking", "writing")
"""Stages of an import, in order."""


@safety.netted
def read_activity(path: Path, options: Mapping[str, Any]) -> tuple[ActivityTable, ImportReport]:
    """Read a plain table of activity data.

    Parameters
    ----------
    path
        The file; ``book.xlsx#Sheet`` names a sheet.
    options
        ``encoding``, ``mapping`` (column to header), ``ignore`` (headers to leave out), ``given`` (columns with one text), and
        ``tell``, which is called with the name of each stage.

    Raises
    ------
    InputError
        Everything that is wrong with the file, at once.
    """
    name, sheet = split_sheet(str(path))
    chosen = FileOptions(
        sheet,
        options.get("encoding"),
        options.get("mapping") or {},
        options.get("ignore") or (),
        options.get("given") or {},
    )
    tell: Callable[[str], None] | None = options.get("tell")
    table, origin, headers = read_reviewed(Path(name), ActivityTable, chosen, tell=tell)
    rows = table.rows
    used = [ColumnUse(header, column, origin.rows - int(rows.get_column(column).null_count()))  # type: ignore[union-attr]
            for column, header in headers.items()]  # fmt: skip
    left = [ColumnUse(header, None, 0) for header in chosen.ignore]
    return table, ImportReport(FORMAT, origin.name, origin.sha256, origin.rows, origin.rows, (*used, *left))
