"""Texts without what does not matter where they are compared."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """A text without case and full width: in Unicode's form NFKC, its case folded."""
    return unicodedata.normalize("NFKC", text).casefold()
