"""Text that others wrote, on a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Text that a terminal shows and does not obey."""
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)


def one_line(text: str) -> str:
    """The same in one line."""
    return printable(" ".join(text.split()))
