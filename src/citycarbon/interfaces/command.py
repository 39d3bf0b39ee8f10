"""The ``citycarbon`` command: puts the faces together, since they do not know one another.

Comes in: the command line. Goes out: an exit code. Not for: what the commands do.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citycarbon.interfaces.cli.app import Faces, build

if TYPE_CHECKING:
    from citycarbon.core.results import StudyResult


def write_page(result: StudyResult, path: Path) -> None:
    """Write ``report.html``; the reports face is loaded only when a report is made."""
    from citycarbon.interfaces.reports.page import write_page as write

    write(result, path)


def write_workbook(result: StudyResult, path: Path) -> None:
    """Write ``report.xlsx``; the reports face is loaded only when a report is made."""
    from citycarbon.interfaces.reports.workbook import write_workbook as write

    write(result, path)


def serve(*given: Any, **named: Any) -> None:
    """Run the server; the faces that speak HTTP are loaded only then.

    Raises
    ------
    InputError
        If the packages of the extra ``server`` are not installed.
    """
    try:
        from citycarbon.interfaces.serving import serve as run
    except ModuleNotFoundError as error:
        from citycarbon.core.errors import InputError, Where

        raise InputError("extra_missing", Where(item="serve"), str(error.name), extra="server") from error
    run(*given, factory="citycarbon.interfaces.command:served", **named)


def served() -> Any:
    """Make the application of one of several processes that serve together."""
    from citycarbon.interfaces.serving import served as make

    return make(PRINTS)


def write_print_zh(result: StudyResult, path: Path) -> None:
    """Write ``report-zh.pdf``."""
    from citycarbon.interfaces.reports.print import write_print

    write_print(result, path, "zh")


def write_print_en(result: StudyResult, path: Path) -> None:
    """Write ``report-en.pdf``."""
    from citycarbon.interfaces.reports.print import write_print

    write_print(result, path, "en")


PRINTS = {"report-zh.pdf": write_print_zh, "report-en.pdf": write_print_en}
REPORTS = {"report.html": write_page, "report.xlsx": write_workbook}


def work_off(arguments: list[str]) -> int:
    """Do a job of the workbench in this process, which is its own."""
    from citycarbon.interfaces.workbench.working import work as do

    return do(arguments, REPORTS)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and give its exit code: 0 done, 2 wrong input, 130 interrupted."""
    given = sys.argv[1:] if arguments is None else arguments
    faces = Faces(reports=REPORTS, prints=PRINTS, serve=serve)
    return build(given, faces)


def work(arguments: list[str]) -> int:
    """Do the work of a background job in its own process and note how it ended."""
    from citycarbon.interfaces.cli.jobs import note

    begun = time.monotonic()
    code = 1
    try:
        code = main(arguments)
    finally:
        note(state="done" if code == 0 else "failed", code=code, seconds=round(time.monotonic() - begun, 2))
    return code


if __name__ == "__main__":
    sys.exit(main())
