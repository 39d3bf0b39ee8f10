"""Folding of headers and names for comparison. Not for: deciding what a name means."""

from __future__ import annotations

import re
import unicodedata


def simple(text: str) -> str:
    """Fold a header or word: width, case, spaces, underscores, dots and hyphens do not matter."""
    return re.sub(r"[\s_\-·:：]+", "", unicodedata.normalize("NFKC", text)).casefold()
