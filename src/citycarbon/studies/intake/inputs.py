"""The files that a study reads as tables: which step wants them, as what, and how they are stated.

Comes in: a study folder. Goes out: a list of inputs. Not for: reading the files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from citycarbon.core.dimensions import CodeList
from citycarbon.core.errors import InputError, Where
from citycarbon.core.tables import DenominatorTable, FactorTable, PlaceTable, Table
from citycarbon.data.readers import split_sheet
from citycarbon.studies.catalogue import methods
from citycarbon.studies.sources import Desk, SectorTable
from citycarbon.studies.study_file import Study, TableSource, read_study


@dataclass(frozen=True)
class Input:
    """A file of a study: ``key`` is ``step.table`` or the key of the study file; ``source`` how the study states it.

    ``plain`` tells that nothing is stated beyond the name, so that headers may be mapped and cells mended while it is taken in.
    """

    key: str
    file: str
    table: type[Table]
    source: TableSource
    plain: bool

    @property
    def suffix(self) -> str:
        """Ending of the file."""
        return Path(self.file).suffix.lower()


def inputs_of(folder: Path) -> list[Input]:
    """Give the files that a study reads as tables, in the order of the study; a file that two steps read is there twice.

    Raises
    ------
    InputError
        What is wrong with the study file.
    """
    return list(_inputs(read_study(folder)))


def input_of(folder: Path, key: str) -> Input:
    """Give one input by its key.

    Raises
    ------
    InputError
        ``table_unknown``.
    """
    known = {each.key: each for each in inputs_of(folder)}
    if key not in known:
        raise InputError("table_unknown", Where(item=key), key, known=", ".join(known))
    return known[key]


def codes_of(folder: Path) -> dict[str, CodeList]:
    """Places and sectors that a study knows, as far as its own lists can be read; what is wrong with them is told elsewhere."""
    desk = Desk(folder, read_study(folder))
    with suppress(InputError):
        desk.open()
    known = {"place": desk.place_codes, "sector": desk.sector_codes}
    return {name: codes for name, codes in known.items() if codes is not None}


def _inputs(study: Study) -> Iterator[Input]:
    own: list[tuple[str, TableSource | None, type[Table]]] = [
        ("places", study.places, PlaceTable), ("sectors", study.sectors, SectorTable),
        ("denominators", study.denominators, DenominatorTable),
    ]  # fmt: skip
    for key, source, table in own:
        if source is not None:
            yield from _of(key, source, table)
    for factors in study.factors:
        stated = factors.model_dump(include={"file", "sheet", "encoding", "map"})
        yield from _of(f"factors.{factors.edition}", TableSource.model_validate(stated), FactorTable)
    for step in study.steps:
        method = methods().get(step.method)
        kinds = {each.name: each.table for each in method.parameters} if method else {}
        for name, source in step.tables.items():
            kind = kinds.get(name)
            if kind is not None:
                yield from _of(f"{step.id}.{name}", source, kind)


def _of(key: str, source: TableSource, table: type[Table]) -> Iterator[Input]:
    """The files of a source; those of data sets belong to nobody's study."""
    for number, part in enumerate(source.parts or ()):
        yield from _of(f"{key}.{number + 1}", part, table)
    if source.file is None or source.dataset is not None:
        return
    name, sheet = split_sheet(source.file)
    stated = source.model_dump(exclude={"file"}, exclude_defaults=True)
    yield Input(key, name, table, source, not stated and sheet is None)
