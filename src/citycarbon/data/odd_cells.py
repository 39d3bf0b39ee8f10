"""Workbook cells that a reader of values shows as empty: error cells, and formulas without a stored value.

Comes in: a checked workbook and the place of one sheet. Goes out: nothing, or one error that names the cells. Not for: values.
"""

from __future__ import annotations

import html
import posixpath
import re
import zipfile
from pathlib import Path

from citycarbon.core.errors import InputError, Problems, Where

MOST = 20
_ERROR = re.compile(r'<c r="([A-Z]+)(\d+)"[^>]*t="e"[^>]*>(?:<f[^>]*>[^<]*</f>|<f[^>]*/>)?<v>([^<]*)</v>')
_FORMULA = re.compile(
    r'<c r="([A-Z]+)(\d+)"((?:(?!t="str")[^>])*)>(?:<f[^>]*>([^<]*)</f>|<f[^>]*/>)(?:<v></v>|<v ?/>)?</c>'
)


def refuse_odd_cells(path: Path, where: Where) -> None:
    """Raise if the sheet holds error cells such as #DIV/0!, or formulas that no program has computed; at most 20 are named."""
    xml = _sheet_xml(path, str(where.sheet))
    problems = Problems()
    for column, row, text in _ERROR.findall(xml)[:MOST]:
        problems.add("cell_error", Where(where.file, where.sheet, (int(row),), column), html.unescape(text))
    for column, row, _, formula in _FORMULA.findall(xml)[:MOST]:
        place = Where(where.file, where.sheet, (int(row),), column)
        problems.add("formula_uncomputed", place, "=" + html.unescape(formula))
    problems.raise_all()


def _sheet_xml(path: Path, sheet: str) -> str:
    """Find the part of a workbook that holds a sheet: the order of parts says nothing once sheets were moved or deleted."""
    with zipfile.ZipFile(path) as container:
        names = {name.lstrip("/"): name for name in container.namelist()}
        try:
            book = container.read(names["xl/workbook.xml"]).decode("utf-8", "replace")
            links = container.read(names["xl/_rels/workbook.xml.rels"]).decode("utf-8", "replace")
            key = next(_attribute(tag, "r:id") for tag in _tags(book, "sheet") if _attribute(tag, "name") == sheet)
            target = next(
                _attribute(tag, "Target") for tag in _tags(links, "Relationship") if _attribute(tag, "Id") == key
            )
            part = names[posixpath.normpath(posixpath.join("xl", target)).lstrip("/")]
        except (KeyError, StopIteration) as error:
            raise InputError("file_broken", Where(path.name, sheet), str(error) or sheet, kind="xlsx") from error
        return container.read(part).decode("utf-8", "replace")


def _tags(xml: str, name: str) -> list[str]:
    return re.findall(rf"<(?:\w+:)?{name}\b[^>]*>", xml)


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found.group(1)) if found else ""
