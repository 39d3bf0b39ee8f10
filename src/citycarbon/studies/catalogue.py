"""The method catalogue: the packages' own methods and those that other distributions add.

Comes in: a method id. Goes out: the :class:`~citycarbon.core.method.Method`. Each package names its methods in an explicit
``METHODS`` tuple; others use the entry-point group ``citycarbon.methods``. Not for: running them.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache
from importlib.metadata import entry_points

from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import Method
from citycarbon.data.library import shipped_rows
from citycarbon.inventory import accounting, sectors, space
from citycarbon.strategy import drivers, projection

GROUP = "citycarbon.methods"
OWN = (*sectors.METHODS, *accounting.METHODS, *space.METHODS, *drivers.METHODS, *projection.METHODS)


@cache
def methods() -> dict[str, Method]:
    """Give every method by id, in catalogue order; a foreign method cannot replace one of ours."""
    found = {each.id: each for each in OWN}
    for point in entry_points(group=GROUP):
        for each in point.load():
            found.setdefault(each.id, each)
    return found


def find_method(name: str, where: Where | None = None) -> Method:
    """Give a method or raise with the ids that are most like the wanted one."""
    if name in methods():
        return methods()[name]
    raise InputError("method_unknown", where or Where(item=name), name, known=", ".join(nearest(name, methods())))


def nearest(name: str, known: Iterable[str], count: int = 4) -> list[str]:
    """Give the known names that are most like a wanted one, the most alike first; all of them if they are few."""
    names = list(known)
    last = name.rpartition(".")[2].casefold()
    alike = {each: SequenceMatcher(None, last, each.rpartition(".")[2].casefold()).ratio() for each in names}
    ranked = sorted(names, key=lambda each: (-alike[each], names.index(each)))
    return ranked[:count]


@cache
def _chinese() -> dict[str, str]:
    return dict(shipped_rows("docstrings_zh.csv").select("en", "zh").iter_rows())


def spoken(text: str, lang: str) -> tuple[str, str]:
    """Give what a docstring says (a summary, or the meaning of a parameter) in a language, and the language that it is in.

    Methods of other distributions stay English: only what this one ships is translated, text by text, so that a docstring
    that changes is never shown with the translation of what it said before.
    """
    if lang == "zh" and text in _chinese():
        return _chinese()[text], "zh"
    return text, "en"
