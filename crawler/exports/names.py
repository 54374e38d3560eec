"""Names of files made of what others wrote: each inside its folder, and no two alike."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

# File systems take names of 255 bytes; the rest is room for endings.
LONGEST = 200
KEPT = "()[]!,=+@ "
# What has no value of the kind by which articles are told apart; no other name begins so.
NONE = "_none"


def safe_name(text: str | None) -> str:
    """A name for a value: letters of any language, digits, and some signs; the rest is encoded.

    `Wind(A)` stays as it is, `../../etc` becomes `%2E.%2F..%2Fetc`. None and the empty text are
    `_none`.
    """
    if not text:
        return NONE
    name = "".join(c if c.isalnum() or c in KEPT else quote(c, safe="") for c in text)
    # No name begins like a hidden one, an option or one of ours, or ends in what Windows drops.
    if name[0] in "._- ":
        name = f"%{ord(name[0]):02X}{name[1:]}"
    if name[-1] in ". ":
        name = f"{name[:-1]}%{ord(name[-1]):02X}"
    if len(name.encode()) > LONGEST:
        name = f"{name.encode()[:LONGEST].decode('utf-8', 'ignore')}~{digest_of(text)}"
    return name


def digest_of(text: str) -> str:
    """What tells apart names that would be alike."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def distinct_names(values: Iterable[str | None]) -> dict[str | None, str]:
    """Safe names by what they are for, no two alike where capitals do not count.

    Of such the first is free of the mark that tells the others apart, and keeps its name.
    """
    names: dict[str | None, str] = {}
    taken: set[str] = set()
    for value in values:
        name = safe_name(value)
        if name.casefold() in taken:
            name = f"{name}~{digest_of(value or '')}"
        taken.add(name.casefold())
        names[value] = name
    return names
