"""The record of one message. Not for: the texts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """Texts of one problem code; ``kind`` chooses the error class."""

    kind: str
    title: dict[str, str]
    expected: dict[str, str]
    fix: dict[str, str]


def message(kind: str, title: tuple[str, str], expected: tuple[str, str], fix: tuple[str, str]) -> Message:
    """Make a message of (English, Chinese) pairs."""
    return Message(
        kind,
        {"en": title[0], "zh": title[1]},
        {"en": expected[0], "zh": expected[1]},
        {"en": fix[0], "zh": fix[1]},
    )
