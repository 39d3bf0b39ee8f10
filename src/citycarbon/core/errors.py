"""The error tree: every problem of a user's input has one shape.

Comes in: a problem code, where it is and what was found. Goes out: an exception that carries every problem found, each
with what was expected and how to mend it, in English and Chinese (texts in :mod:`citycarbon.core.messages`).
Not for: programming mistakes, which stay ``TypeError`` or ``ValueError`` of the caller.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, cast

from citycarbon.core.messages import MESSAGES, PLACE_WORDS
from citycarbon.core.trace import file_of, row_of

Lang = Literal["en", "zh"]


_MOST_ROWS = 20
"""Rows that a place names at most."""


@dataclass(frozen=True, slots=True)
class Where:
    """Where in the input a problem stands; every part may be unknown.

    ``rows`` are 1-based line or row numbers as the user sees them in the file; ``item`` is a step, key or parameter.
    """

    file: str | None = None
    sheet: str | None = None
    rows: tuple[int, ...] = ()
    column: str | None = None
    item: str | None = None

    @classmethod
    def of(
        cls, facts: Mapping[str, object] | Iterable[object], column: str | None = None, item: str | None = None
    ) -> Where:
        """Place facts by what they say of where they came from.

        ``facts`` are a row that has a ``provenance_id``, or provenance ids such as ``fuels.csv:12``; the file is that of the
        first, and at most twenty rows are named.
        """
        ids = [facts.get("provenance_id")] if isinstance(facts, Mapping) else list(facts)
        known = [each for each in ids if each]
        rows = tuple(dict.fromkeys(number for each in known[:_MOST_ROWS] if (number := row_of(each))))
        return cls(file_of(known[0]) if known else None, None, rows, column, item)

    def text(self, lang: Lang = "en") -> str:
        """Say the place in one phrase."""
        words = PLACE_WORDS[lang]
        parts = []
        if self.file:
            parts.append(str(self.file))
        if self.sheet:
            parts.append(words["sheet"].format(self.sheet))
        if self.rows:
            shown = ", ".join(str(row) for row in self.rows[:5]) + (" …" if len(self.rows) > 5 else "")
            parts.append(words["rows" if len(self.rows) > 1 else "row"].format(shown))
        if self.column:
            parts.append(words["column"].format(self.column))
        if self.item:
            parts.append(words["item"].format(self.item))
        return words["join"].join(parts) or words["nowhere"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input: code, place, what was found, and facts that fill the message."""

    code: str
    where: Where = field(default_factory=Where)
    found: str = ""
    facts: tuple[tuple[str, str], ...] = ()

    def _fill(self, text: str) -> str:
        return text.format_map(_Facts(self.facts, found=self.found))

    def title(self, lang: Lang = "en") -> str:
        """Name the problem."""
        return self._fill(MESSAGES[self.code].title[lang])

    def expected(self, lang: Lang = "en") -> str:
        """Say what was expected."""
        return self._fill(MESSAGES[self.code].expected[lang])

    def fix(self, lang: Lang = "en") -> str:
        """Say how to mend it."""
        return self._fill(MESSAGES[self.code].fix[lang])

    def as_dict(self, lang: Lang = "en") -> dict[str, Any]:
        """Give the one shape that the command line (``--json``), the API and the web panel show."""
        where = {
            "file": self.where.file,
            "sheet": self.where.sheet,
            "rows": list(self.where.rows),
            "column": self.where.column,
            "item": self.where.item,
        }
        return {
            "code": self.code,
            "problem": self.title(lang),
            "where": where,
            "found": self.found,
            "expected": self.expected(lang),
            "fix": self.fix(lang),
        }

    def text(self, lang: Lang = "en") -> str:
        """Say the whole problem in a few lines of plain text."""
        words = PLACE_WORDS[lang]
        lines = [f"{self.title(lang)} [{self.code}]", f"  {words['where']}: {self.where.text(lang)}"]
        if self.found:
            lines.append(f"  {words['found']}: {self.found}")
        lines.append(f"  {words['expected']}: {self.expected(lang)}")
        lines.append(f"  {words['fix']}: {self.fix(lang)}")
        return "\n".join(lines)


class _Facts(dict[str, str]):
    """Facts for ``str.format_map``; a missing fact shows as an ellipsis instead of failing an error message."""

    def __init__(self, facts: Iterable[tuple[str, str]], *, found: str) -> None:
        super().__init__(facts)
        self["found"] = found

    def __missing__(self, key: str) -> str:
        return "…"


class InputError(Exception):
    """What a user gave us cannot be used; ``problems`` holds every problem found, not only the first.

    ``InputError(code)`` makes the subclass that belongs to the code, so that ``except CoverageError`` finds it.

    Parameters
    ----------
    code
        Key of :data:`citycarbon.core.messages.MESSAGES`.
    where
        Place of the problem.
    found
        What was found there, as text.
    facts
        Words that fill the message, for example ``expected_unit="t"``.
    """

    def __new__(cls, code: str = "", *_: object, **__: object) -> Self:
        """Choose the subclass by the kind of the problem."""
        kind = KINDS.get(MESSAGES[code].kind, cls) if cls is InputError and code in MESSAGES else cls
        return cast(Self, super().__new__(kind))

    def __init__(self, code: str, where: Where | None = None, found: object = "", **facts: object) -> None:
        self.problems: tuple[Problem, ...] = (problem(code, where, found, **facts),)
        super().__init__(self.problems[0].text())

    @classmethod
    def several(cls, problems: Iterable[Problem]) -> InputError:
        """Make one error of all problems; the class follows from the first problem's kind."""
        found = tuple(problems)
        if not found:
            raise ValueError("an InputError needs at least one problem")
        kind = KINDS.get(MESSAGES[found[0].code].kind, InputError)
        error = kind.__new__(kind)
        error.problems = found
        Exception.__init__(error, "\n".join(item.text() for item in found))
        return error

    def text(self, lang: Lang = "en") -> str:
        """Say all problems as plain text."""
        return "\n".join(item.text(lang) for item in self.problems)

    def __str__(self) -> str:
        return self.text("en")

    def __reduce__(self) -> tuple[Callable[..., InputError], tuple[tuple[Problem, ...]]]:
        """Travel between processes with all problems."""
        return InputError.several, (self.problems,)


class SchemaError(InputError):
    """A table, file or study does not have the shape that it must have."""


class UnitError(InputError):
    """A unit is unknown, has the wrong dimension or its reference state is not stated."""


class CoverageError(InputError):
    """Something is needed and not there: a factor, a year, a place, a proxy."""


class DoubleCountError(InputError):
    """Parts were about to be added that are not parts of one whole."""


class ConvergenceError(Exception):
    """An iteration did not converge; says what, after how many steps and with which residual."""

    def __init__(self, what: str, steps: int, residual: float) -> None:
        self.what, self.steps, self.residual = what, steps, residual
        super().__init__(f"{what} did not converge after {steps} steps (residual {residual:.3g})")

    def __reduce__(self) -> tuple[type[ConvergenceError], tuple[str, int, float]]:
        """Travel between processes."""
        return ConvergenceError, (self.what, self.steps, self.residual)


KINDS: dict[str, type[InputError]] = {
    "input": InputError,
    "schema": SchemaError,
    "unit": UnitError,
    "coverage": CoverageError,
    "double_count": DoubleCountError,
}


def problem(code: str, where: Where | None = None, found: object = "", **facts: object) -> Problem:
    """Make a :class:`Problem`; long findings are cut to 200 characters."""
    if code not in MESSAGES:
        raise KeyError(f"no message for problem code {code!r}")
    return Problem(code, where or Where(), _short(found), tuple((key, _short(fact)) for key, fact in facts.items()))


def _short(value: object, limit: int = 200) -> str:
    """Cut a finding to size; control characters, which could steer a terminal, are written as escapes."""
    text = str(value).replace("\r", "\\r").replace("\n", "\\n").replace("\x00", "\\0")
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", lambda sign: f"\\x{ord(sign.group()):02x}", text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


class Problems:
    """Collect problems, then raise all of them once."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, code: str, where: Where | None = None, found: object = "", **facts: object) -> None:
        """Note one problem."""
        self._found.append(problem(code, where, found, **facts))

    def extend(self, problems: Iterable[Problem]) -> None:
        """Note problems that another check found."""
        self._found.extend(problems)

    def absorb(self, error: InputError) -> None:
        """Take over the problems of a caught error."""
        self._found.extend(error.problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def raise_all(self) -> None:
        """Raise one error with every problem, or return if there is none."""
        if self._found:
            raise InputError.several(dict.fromkeys(self._found))
