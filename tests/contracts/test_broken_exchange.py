"""Contract of broken files of other tools: one clear error that names file, sheet, row and column, in both languages."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from citycarbon.core.errors import InputError
from citycarbon.data.exchange.citycatalyst import HEADERS
from citycarbon.data.exchange.records import ECRF_HEADERS
from citycarbon.studies import exchange

ROW = "u1,I.1.1,Homes,,7.45,t CO2e,Gas,10,TJ,,,,kg/TJ,2000,2800,2650,s1,Statistics"


def csv(*lines: str, name: str = "inventory-A-2022.csv", encoding: str = "utf-8") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes("\n".join([",".join(HEADERS), *lines]).encode(encoding))
        return folder / name

    return make


def book(change: Callable[[openpyxl.Workbook], object], name: str = "a.xlsx") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        made = openpyxl.Workbook()
        made.active.title = "eCRF_1"
        made["eCRF_1"].append([None, "Name of city", "A"])
        made["eCRF_1"].append([None, "Inventory year", 2022])
        made.create_sheet("eCRF_2").append(["Total", 1])
        sheet = made.create_sheet("eCRF_3")
        sheet.append(list(ECRF_HEADERS))
        sheet.append([2022, "I.1.1", *[None] * 25, 5.0, *[None] * 5])
        change(made)
        made.save(folder / name)
        return folder / name

    return make


def macros(folder: Path) -> Path:
    path = book(lambda _: None, "a.xlsm")(folder)
    with zipfile.ZipFile(path, "a") as container:
        container.writestr("xl/vbaProject.bin", b"\x00")
    return path


def cell(sheet: str, place: str, value: object) -> Callable[[openpyxl.Workbook], object]:
    return lambda made: made[sheet].__setitem__(place, value)


CASES = {
    "key": ("citycatalyst", csv("N/A,I.7.1,Coal,RN,,t CO2e,,,,,,,,,,,,"), "notation_unknown", (2,), "Notation Key"),
    "number": ("citycatalyst", csv(ROW, ROW.replace("I.1.1", "I.63")), "gpc_unknown", (3,), "GPC Reference Number"),
    "text in a number": ("citycatalyst", csv(ROW.replace("7.45", "7.4.5")), "value_not_number", (2,),
                         "Total Emissions"),
    "key beside a figure": ("citycatalyst", csv(ROW.replace("Homes,,", "Homes,NO,")), "notation_wrong", (2,), "Total Emissions"),
    "neither": ("citycatalyst", csv("N/A,I.7.1,Coal,,,t CO2e,,,,,,,,,,,,"), "number_missing", (2,), "Total Emissions"),
    "formula": ("citycatalyst", csv(ROW.replace("Statistics", "=1+1")), "formula_cell", (2,), "Data source name"),
    "ragged": ("citycatalyst", csv(ROW + ",more"), "row_ragged", (2,), None),
    "unit of the total": ("citycatalyst", csv(ROW.replace("t CO2e", "kt CO2e")), "value_not_listed", (2,),
                          "Total Emission Units"),
    "latin bytes": ("citycatalyst", csv(ROW.replace("Homes", "Résidences"), encoding="latin-1"), "encoding_unknown", (2,), None),
    "macros": ("ecrf", macros, "workbook_macros", (), None),
    "no sheet": ("ecrf", book(lambda made: made.remove(made["eCRF_2"])), "sheet_missing", (), None),
    "uncomputed": ("ecrf", book(cell("eCRF_3", "AB2", "=1+1")), "formula_uncomputed", (2,), "AB"),
    "error cell": ("ecrf", book(cell("eCRF_3", "AB2", "#DIV/0!")), "cell_error", (2,), "AB"),
    "year": ("ecrf", book(cell("eCRF_3", "A2", 22)), "value_out_of_range", (2,), "Inventory year"),
    "negative oxidation": ("ecrf", book(cell("eCRF_3", "S2", -1)), "value_out_of_range", (2,),
                           "Emission factor - Oxidation factor"),
    "figure without a number": ("ecrf", book(cell("eCRF_3", "B2", None)), "gpc_unknown", (2,), "GPC ref. no."),
    "no total column": ("ecrf", book(cell("eCRF_3", "AB1", "Sum")), "column_missing", (),
                        "GHGs (metric tonnes CO2e) - Total CO2e"),
    "no workbook": ("ecrf", csv(ROW, name="a.csv"), "file_kind_unknown", (), None),
    "unknown format": ("ciris", csv(ROW), "exchange_unknown", (), None),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_one_clear_problem(name: str, tmp_path: Path) -> None:
    form, make, code, rows, column = CASES[name]
    path = make(tmp_path)
    with pytest.raises(InputError) as caught:
        exchange.ingest(path, form).report.raise_refused()
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.rows, problem.where.column) == (code, rows, column)
    if code != "exchange_unknown":
        assert problem.where.file == path.name
    for lang in ("en", "zh"):
        text = problem.text(lang)
        assert "{" not in text


def test_a_broken_archive_and_an_absent_file(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(InputError, match="file_broken"):
        exchange.ingest(tmp_path / "a.xlsx", "ecrf")
    with pytest.raises(InputError, match="file_missing"):
        exchange.ingest(tmp_path / "b.csv", "citycatalyst")
