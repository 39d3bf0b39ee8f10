"""Writing the account of a study in the IAMC format, with the definitions that tell sums from parts.

Comes in: a study result. Goes out: a csv or workbook in wide form with one column a year, and a code list of the variables.
Not for: choosing what the names are (:mod:`citycarbon.data.exchange.iamc.variables`).
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from citycarbon.core.errors import InputError, Where
from citycarbon.core.results import StudyResult
from citycarbon.data.exchange.iamc.table import INDEX
from citycarbon.data.exchange.iamc.variables import MASSES, IamcRows, iamc_rows
from citycarbon.data.writers import disarm, whole_file

KINDS = (".csv", ".xlsx")
CREATED = datetime(2000, 1, 1)
_MEANING = {
    "part": "A part: no level stands below it.",
    "sum": "The sum of the variables one level below it; never add it to them.",
    "total": "The headline of the study by its own rule of scopes; it repeats what stands under the other variables.",
}


def write_iamc(path: Path, result: StudyResult, *, mass: str = "Mt", view: str | None = None) -> None:
    """Write the account as an IAMC file: csv (UTF-8), or a workbook with sheets data, meta, variable, region and notes.

    Parameters
    ----------
    path
        File to write; its ending chooses the kind.
    result
        Result of a study.
    mass
        Unit of mass: ``t``, ``kt`` or ``Mt``.
    view
        Code list of a view whose sectors are wanted instead of the study's own.

    Raises
    ------
    InputError
        If the ending, unit or view is not known, a time is no year, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in KINDS:
        raise InputError("file_kind_unknown", Where(file=str(path)), path.suffix or "—", kinds=", ".join(KINDS))
    content = iamc_rows(result, mass=mass, view=view)
    wide = _wide(content.rows)
    with whole_file(path) as fresh:
        if path.suffix.lower() == ".csv":
            disarm(wide).write_csv(fresh)
        else:
            _write_book(fresh, wide, content, result)


def write_definitions(path: Path, result: StudyResult, *, mass: str = "Mt", view: str | None = None) -> None:
    """Write the code list of the variables as YAML, in the form that the nomenclature programs of the IAMC read.

    A variable that is the sum of its levels bears ``check-aggregate: true``. Parameters and errors are those of
    :func:`write_iamc`.
    """
    listed = variable_list(iamc_rows(result, mass=mass, view=view), mass)
    lines = []
    for variable, unit, kind, chinese, text in listed.select(
        "variable", "unit", "kind", "name_zh", "definition"
    ).iter_rows():
        # A json text is a YAML text too, whatever signs it holds.
        lines += [f"- {_yaml(variable)}:", f"    description: {_yaml(f'{text} {chinese}')}", f"    unit: {_yaml(unit)}"]
        lines += ["    check-aggregate: true"] if kind == "sum" else []
    with whole_file(Path(path)) as fresh:
        fresh.write_text("\n".join(lines) + "\n", "utf-8")


def variable_list(content: IamcRows, mass: str = "Mt") -> pl.DataFrame:
    """Give each variable with unit, kind, Chinese name and what its kind means."""
    if mass not in MASSES:
        raise InputError("value_not_listed", Where(item="mass"), mass, known=", ".join(MASSES))
    listed = content.rows.select("variable", "unit", "kind", "name_zh").unique(maintain_order=True)
    return listed.sort("variable").with_columns(pl.col("kind").replace_strict(_MEANING).alias("definition"))


def _yaml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _wide(rows: pl.DataFrame) -> pl.DataFrame:
    """One column a year; a year without a figure is an empty cell."""
    years = rows["time"].unique().sort().to_list()
    wide = rows.select(*INDEX, "time", "value").pivot(on="time", on_columns=years, index=list(INDEX), values="value")
    return wide.select(*INDEX, *years).rename({name: name.capitalize() for name in INDEX})


def _write_book(fresh: Path, wide: pl.DataFrame, content: IamcRows, result: StudyResult) -> None:
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    meta = result.meta
    scenarios = (
        wide.select("Model", "Scenario").unique(maintain_order=True).rename({"Model": "model", "Scenario": "scenario"})
    )
    stated = {"study": meta["study"], "title_en": meta["title"]["en"], "title_zh": meta["title"]["zh"],
              "metric": meta["gwp"], "scopes": meta["scopes"]}  # fmt: skip
    sheets = {
        "data": wide,
        "meta": scenarios.with_columns(pl.lit(str(text)).alias(name) for name, text in stated.items()),
        "variable": variable_list(content),
        "region": content.regions,
        "notes": content.unnumbered,
    }
    with fresh.open("wb") as stream, xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": str(meta["title"]["en"]), "comments": "citycarbon", "created": CREATED})
        head = book.add_format({"bold": True, "bottom": 1})
        for name, frame in sheets.items():
            if frame.height or name == "data":
                _write_sheet(book.add_worksheet(name), frame, head)


def _write_sheet(sheet: Any, frame: pl.DataFrame, head: Any) -> None:
    """Write typed cells; headings that are years are numbers, as the format's own programs write them."""
    for column, name in enumerate(frame.columns):
        if name.isdigit():
            sheet.write_number(0, column, int(name), head)
        else:
            sheet.write_string(0, column, name, head)
        write = sheet.write_number if frame[name].dtype.is_numeric() else sheet.write_string
        for row, cell in enumerate(frame[name].to_list(), start=1):
            if cell is not None:
                write(row, column, cell)
    sheet.set_column(0, 2, 18)
    sheet.set_column(3, 3, 56)
    sheet.freeze_panes(1, 0)
