"""Write the files that follow from declarations: the nomenclature and the list of problems.

Comes in: nothing. Goes out: files that a contract holds against what this writes. Not for: texts that need a thought.

    python tools/generate.py            write them
    python tools/generate.py --check    say which differ from what they should be
"""

from __future__ import annotations

import argparse
import csv
import importlib
import io
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import citycarbon
from citycarbon.core.messages import MESSAGES
from citycarbon.core.schema import Column
from citycarbon.core.tables import Table
from citycarbon.core.tables import columns as shared
from citycarbon.data.library import shipped_rows
from citycarbon.studies.catalogue import OWN, methods

ROOT = Path(__file__).parents[1]
NOMENCLATURE = ROOT / "src" / "citycarbon" / "data" / "nomenclature.csv"
PROBLEMS = ROOT / "docs" / "errors.md"
LIST = "| code | kind | problem |\n|---|---|---|\n"
FACES = "citycarbon.interfaces"


def table_classes() -> list[type[Table]]:
    """Every table class of the product, by module and name."""
    for module in pkgutil.walk_packages(citycarbon.__path__, "citycarbon."):
        if not module.name.startswith(FACES):
            importlib.import_module(module.name)

    def below(kind: type[Table]) -> Iterator[type[Table]]:
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    own = {each for each in below(Table) if each.__module__.startswith("citycarbon.")}
    return sorted(own, key=lambda each: (each.__module__, each.__name__))


def declared_columns() -> dict[str, Column]:
    """One declaration of each column: the one that tables share, else the first of the tables in the order of their names."""
    made = {each.name: each for each in vars(shared).values() if isinstance(each, Column)}
    for table in sorted(table_classes(), key=lambda each: each.__name__):
        for column in table.columns:
            if column.name not in made and column.meaning[0]:
                made[column.name] = column
    return made


def nomenclature() -> str:
    """Columns from their declarations and parameters from docstrings, with the symbols and sources of ``symbols.csv``."""
    chinese = dict(shipped_rows("docstrings_zh.csv").select("en", "zh").iter_rows())
    symbols = {name: (symbol, source) for name, symbol, source in shipped_rows("symbols.csv").iter_rows()}
    rows = {name: (each.unit, *each.meaning) for name, each in declared_columns().items()}
    for method in (*OWN, *methods().values()):
        for each in method.parameters:
            if each.name not in rows and each.meaning in chinese:
                rows[each.name] = (
                    each.unit,
                    _first(each.meaning, "[.;](?= )"),
                    _first(chinese[each.meaning], "[。；]"),
                )
    unused = sorted(set(symbols) - set(rows))
    if unused:
        raise SystemExit(f"symbols.csv names what no table and no method has: {', '.join(unused)}")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", "symbol", "unit", "meaning_en", "meaning_zh", "source"])
    for name, (unit, english, hanzi) in sorted(rows.items()):
        symbol, source = symbols.get(name, ("", ""))
        writer.writerow([name, symbol, unit, english, hanzi, source])
    return text.getvalue()


def _first(text: str, end: str) -> str:
    """The first sentence, without its stop."""
    return re.split(end, text)[0].rstrip(".。")


def problems() -> str:
    """The page of errors with the list of all codes."""
    head = PROBLEMS.read_text(encoding="utf-8").partition(LIST)[0]
    return (
        head + LIST + "".join(f"| `{code}` | {each.kind} | {each.title['en']} |\n" for code, each in MESSAGES.items())
    )


FILES = {NOMENCLATURE: nomenclature, PROBLEMS: problems}


def main() -> None:
    """Write or check."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    different = [path for path, make in FILES.items() if path.read_text(encoding="utf-8") != make()]
    if not asked.check:
        for path in different:
            path.write_text(FILES[path](), encoding="utf-8")
    for path in different:
        print(f"{'differs' if asked.check else 'written'}: {path.relative_to(ROOT)}")
    sys.exit(bool(asked.check and different))


if __name__ == "__main__":
    main()
