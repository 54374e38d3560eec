"""Text that others wrote, on a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Text that a terminal shows and does not obey."""
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)
