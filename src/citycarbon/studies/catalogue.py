"""The method catalogue: the packages' own methods and those that other distributions add.

Comes in: a method id. Goes out: the :class:`~citycarbon.core.method.Method`. Each package names its methods in an explicit
``METHODS`` tuple; others use the entry-point group ``citycarbon.methods``. Not for: running them.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from citycarbon.core.errors import InputError, Where
from citycarbon.core.method import Method
from citycarbon.inventory import accounting, sectors, space

GROUP = "citycarbon.methods"
OWN = (*sectors.METHODS, *accounting.METHODS, *space.METHODS)


@cache
def methods() -> dict[str, Method]:
    """Give every method by id, in catalogue order; a foreign method cannot replace one of ours."""
    found = {each.id: each for each in OWN}
    for point in entry_points(group=GROUP):
        for each in point.load():
            found.setdefault(each.id, each)
    return found


def find_method(name: str, where: Where | None = None) -> Method:
    """Give a method or raise with the nearest known ids."""
    if name in methods():
        return methods()[name]
    last = name.rpartition(".")[2]
    near = [key for key in methods() if last and last in key] or list(methods())
    raise InputError("method_unknown", where or Where(item=name), name, known=", ".join(near))
