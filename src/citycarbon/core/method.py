"""The method record: a plain function with what it takes, gives, says and rests on.

Comes in: a documented function. Goes out: a frozen :class:`Method` from which the command line, the API, web forms and the
catalogue are generated. Not for: running files, which the faces do.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from citycarbon.core.tables import EmissionTable, Table

Status = Literal["experimental", "reproduced", "validated"]
MISSING = inspect.Parameter.empty


@dataclass(frozen=True)
class Parameter:
    """One parameter of a method as the faces show it.

    ``table`` is the table class of a table parameter; ``unit`` the unit of a number (``1`` for none); ``choices`` the
    allowed words of a choice.
    """

    name: str
    kind: type
    table: type[Table] | None
    optional: bool
    default: Any
    unit: str
    choices: tuple[str, ...]
    meaning: str


@dataclass(frozen=True)
class Method:
    """A named computation: a plain function with its equation, source and status.

    Parameters
    ----------
    id
        Dotted name: package, topic, method.
    function
        The function itself; calling the method calls it.
    gives
        Class of the table it returns.
    equation
        The equation in one line, in the field's symbols.
    source
        Key in ``references.bib``.
    status
        ``experimental``, ``reproduced`` (a published example is met by a test) or ``validated``.
    title
        Short name (English, Chinese).
    version
        Raised by one when results change for the same input.
    methane
        Origin of the CH4 that it gives, ``fossil`` or ``non-fossil``, where its rows do not say; empty if it cannot know.
    """

    id: str
    function: Callable[..., Any]
    gives: type[Table]
    equation: str
    source: str
    status: Status
    title: tuple[str, str]
    version: int = 1
    methane: str = ""

    def __post_init__(self) -> None:
        for name in ("__doc__", "__name__", "__qualname__", "__module__"):
            object.__setattr__(self, name, getattr(self.function, name))
        object.__setattr__(self, "__wrapped__", self.function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        made = self.function(*args, **kwargs)
        # Here and not in each method: which potential methane takes is a property of the source that a method stands for.
        return made.with_methane_origin(self.methane) if self.methane and isinstance(made, EmissionTable) else made

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters in order, read from signature and docstring."""
        hints = typing.get_type_hints(self.function)
        documented = _documented(self.function)
        return tuple(
            _parameter(item, hints[item.name], documented.get(item.name, ("", "")))
            for item in inspect.signature(self.function).parameters.values()
        )

    @property
    def takes(self) -> tuple[type[Table], ...]:
        """Classes of the tables it needs."""
        return tuple(item.table for item in self.parameters if item.table is not None)

    @property
    def summary(self) -> str:
        """First sentence of the docstring."""
        return (inspect.getdoc(self.function) or "").split("\n\n")[0].replace("\n", " ")

    def label(self, lang: str = "en") -> str:
        """Short name in a language."""
        return self.title[1] if lang == "zh" else self.title[0]


def method(
    *,
    id: str,  # noqa: A002 - the field's word
    gives: type[Table],
    equation: str,
    source: str,
    status: Status,
    title: tuple[str, str],
    version: int = 1,
    methane: str = "",
) -> Callable[[Callable[..., Any]], Method]:
    """Make a :class:`Method` of the decorated function; nothing is registered anywhere."""

    def make(function: Callable[..., Any]) -> Method:
        return Method(id, function, gives, equation, source, status, title, version, methane)

    return make


def _documented(function: Callable[..., Any]) -> Mapping[str, tuple[str, str]]:
    """Read (unit, meaning) of each parameter from a numpydoc docstring; the unit stands in square brackets."""
    from docstring_parser import parse
    from docstring_parser.common import DocstringStyle

    found = {}
    for item in parse(inspect.getdoc(function) or "", DocstringStyle.NUMPYDOC).params:
        text = " ".join((item.description or "").split())
        unit = ""
        if text.startswith("["):
            unit, _, text = text[1:].partition("]")
        found[item.arg_name] = (unit.strip(), text.strip())
    return found


def _parameter(item: inspect.Parameter, hint: Any, documented: tuple[str, str]) -> Parameter:
    kinds = [hint]
    optional = False
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
        optional = len(kinds) < len(typing.get_args(hint))
    kind = kinds[0]
    choices: tuple[str, ...] = ()
    if typing.get_origin(kind) is Literal:
        choices, kind = tuple(map(str, typing.get_args(kind))), str
    if typing.get_origin(kind) is not None:
        kind = typing.get_origin(kind)
    table = kind if isinstance(kind, type) and issubclass(kind, Table) else None
    return Parameter(
        item.name,
        kind,
        table,
        optional or item.default is not MISSING,
        item.default,
        documented[0],
        choices,
        documented[1],
    )
