"""The bibliography: every source key of factors and methods, in ``references.bib``.

Comes in: the shipped BibTeX file. Goes out: one citation line a key. Not for: styles of journals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_ENTRY = re.compile(r"@(\w+)\s*\{\s*([^,\s]+)\s*,(.*?)\n\}", re.S)
_FIELD = re.compile(r"(\w+)\s*=\s*\{((?:[^{}]|\{[^{}]*\})*)\}")


@dataclass(frozen=True)
class Reference:
    """One entry of the bibliography."""

    key: str
    fields: dict[str, str]

    def citation(self) -> str:
        """Give author, title, year, publisher or address in one line."""
        get = self.fields.get
        where = (
            get("journal") or get("publisher") or get("institution") or get("organization") or get("howpublished") or ""
        )
        head = get("author") or get("institution") or ""
        parts = [
            head,
            get("title", ""),
            where if where != head else "",
            get("number", ""),
            get("year", ""),
            get("url", ""),
        ]
        return ". ".join(part.strip(". ") for part in parts if part) + "."


@cache
def references() -> dict[str, Reference]:
    """Give the bibliography by key."""
    text = files("citycarbon.data").joinpath("references.bib").read_text("utf-8")
    return {
        key: Reference(
            key,
            {
                name.lower(): " ".join(value.replace("{", "").replace("}", "").split())
                for name, value in _FIELD.findall(body)
            },
        )
        for _, key, body in _ENTRY.findall(text)
    }


@cache
def _entries() -> dict[str, str]:
    text = files("citycarbon.data").joinpath("references.bib").read_text("utf-8")
    return {match.group(2): match.group(0) for match in _ENTRY.finditer(text)}


def bibtex(key: str) -> str | None:
    """Give the BibTeX entry of a key as it stands in the bibliography, or nothing where it does not know it."""
    return _entries().get(key)


def citation(key: str) -> str:
    """Give the citation of a key, or the key itself where the bibliography does not know it."""
    entry = references().get(key)
    return entry.citation() if entry else key
