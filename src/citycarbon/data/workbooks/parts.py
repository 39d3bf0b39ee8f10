"""The XML parts of a workbook: found by their links, walked by a parser that knows namespaces and takes no document type.

Comes in: a checked zip container. Goes out: parts by what they are for, and calls for each element. Not for: values of cells.

Why expat of the standard library: it is kept with Python, streams, and knows namespaces. Entities, of which bombs are made,
can only be declared in a document type, which no part of a workbook may have; the first one ends the walk.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers import expat

from citycarbon.core.errors import InputError, Where

MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
"""Namespace of SpreadsheetML: transitional, and strict."""
Start = Callable[[str, Mapping[str, str]], None]
Named = Callable[[str], None]


class _Refused(Exception):  # noqa: N818 - it ends a walk and never leaves this module
    """A part holds a document type."""


@dataclass
class Parts:
    """The parts of one workbook, by what they are for."""

    container: zipfile.ZipFile
    shown: str
    names: Mapping[str, str]

    @classmethod
    def of(cls, container: zipfile.ZipFile, shown: str) -> Parts:
        """Open the parts of a container that was checked by :func:`citycarbon.data.safety.archive`."""
        return cls(container, shown, {name.lstrip("/").casefold(): name for name in container.namelist()})

    def read(self, part: str) -> bytes:
        """Give the bytes of a part; empty if the workbook has none of that name."""
        name = self.names.get(part.casefold())
        return self.container.read(name) if name is not None else b""

    def walk(self, part: str, start: Start, end: Named | None = None, text: Named | None = None) -> None:
        """Walk a part: ``start`` gets the name of each element and its attributes, ``end`` the name, ``text`` what lies between.

        Names of SpreadsheetML come bare; others with their namespace before a blank.

        Raises
        ------
        InputError
            ``file_broken`` if the part is no sound XML, or has a document type.
        """
        walk(self.read(part), start, end, text, Where(file=self.shown, item=part))

    def linked(self, of: str = "xl/workbook.xml") -> dict[str, tuple[str, str]]:
        """Give the links of a part: id to the last word of their type and the part that they lead to."""
        folder, name = posixpath.split(of)
        found: dict[str, tuple[str, str]] = {}

        def start(element: str, attributes: Mapping[str, str]) -> None:
            if element.endswith(" Relationship") and attributes.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
                found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], target.lstrip("/"))

        rels = f"{folder}/_rels/{name}.rels"
        if self.read(rels):
            self.walk(rels, start)
        return found


def walk(data: bytes, start: Start, end: Named | None, text: Named | None, where: Where) -> None:
    """Walk XML as :meth:`Parts.walk` does."""
    bare = {f"{namespace} ": "" for namespace in MAIN}
    names: dict[str, str] = {}

    def named(name: str) -> str:
        known = names.get(name)
        if known is None:
            space, mark, local = name.rpartition(" ")
            known = names[name] = local if f"{space}{mark}" in bare else name
        return known

    def refuse(*_: Any) -> None:
        raise _Refused

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: start(named(name), attributes)
    if end is not None:
        parser.EndElementHandler = lambda name: end(named(name))
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        parser.Parse(data, True)
    except _Refused as error:
        raise InputError("file_broken", where, "<!DOCTYPE", kind="xlsx") from error
    except (expat.ExpatError, ValueError) as error:
        raise InputError("file_broken", where, str(error), kind="xlsx") from error


def opened(path: Path, shown: str) -> zipfile.ZipFile:
    """Open a container; its sizes were checked before."""
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError("file_broken", Where(file=shown), str(error), kind="xlsx") from error
