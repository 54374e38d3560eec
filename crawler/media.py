"""The list of media whose name in a brief's last bracket is its source."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def known_media() -> frozenset[str]:
    """The names in media.txt."""
    text = resources.files("crawler").joinpath("media.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
