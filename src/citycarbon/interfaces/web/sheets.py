"""The figures of one chart as a workbook, written here because browsers cannot.

Comes in: a table as json, from a page that has drawn it. Goes out: an xlsx file. Not for: whole results, whose workbook is
``report.xlsx``; nothing is kept.
"""

from __future__ import annotations

import io
import re
from typing import Annotated

import xlsxwriter
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from citycarbon.core.errors import Problems, Where

KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 20_000
Cell = int | float | bool | str | None


class Sheet(BaseModel):
    """What a page sends: a name for the file, a title, a note with unit and scope, headers, and rows."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: str = Field(max_length=200)
    title: str = Field("", max_length=300)
    note: str = Field("", max_length=1000)
    head: list[Annotated[str, Field(max_length=500)]] = Field(max_length=200)
    rows: list[list[Cell]] = Field(max_length=MOST_ROWS)


async def sheet(request: Request) -> Response:
    """Write a table as a workbook.

    Raises
    ------
    InputError
        ``request_wrong`` with every part that cannot be read.
    """
    body = await request.body()
    content, name = await run_in_threadpool(_written, body)
    headers = {"content-disposition": f'attachment; filename="{name}.xlsx"', "cache-control": "no-store"}
    return Response(content, media_type=KIND, headers=headers)


def _written(body: bytes) -> tuple[bytes, str]:
    try:
        given = Sheet.model_validate_json(body)
    except ValidationError as error:
        problems = Problems()
        for each in error.errors()[:20]:
            problems.add("request_wrong", Where(item=".".join(map(str, each["loc"]))), "", wanted=str(each["msg"]))
        problems.raise_all()
        raise
    return workbook(given), re.sub(r"[^A-Za-z0-9_.-]+", "-", given.name)[:100].strip("-.") or "table"


def workbook(given: Sheet) -> bytes:
    """Give the bytes of a workbook with one sheet; text stays text, whatever a spreadsheet could take it for."""
    stream = io.BytesIO()
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(stream, options) as book:
        page = book.add_worksheet("citycarbon")
        strong, soft = book.add_format({"bold": True}), book.add_format({"font_color": "#5b6b73"})
        page.write_string(0, 0, given.title, strong)
        page.write_string(1, 0, given.note, soft)
        for column, text in enumerate(given.head):
            page.write_string(3, column, text, strong)
        for number, row in enumerate(given.rows, start=4):
            for column, cell in enumerate(row[: len(given.head)]):
                if isinstance(cell, str):
                    page.write_string(number, column, cell[:32_767])
                elif cell is not None:
                    page.write(number, column, cell)
        page.set_column(0, 0, 30)
        page.set_column(1, max(1, len(given.head) - 1), 16)
        page.freeze_panes(4, 1)
    return stream.getvalue()
