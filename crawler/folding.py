"""Texts without what does not matter where they are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Ideographs stay as they are, whatever stands beside them.
OTHERS = re.compile(r"([^\u4e00-\u9fff]+)")
SHORT = 8


def fold(text: str) -> str:
    """A text without case and full width: in Unicode's form NFKC, its case folded."""
    # The same for what stands between ideographs only, which is several times as fast.
    parts = OTHERS.split(text)
    parts[1::2] = [_known(part) if len(part) <= SHORT else _folded(part) for part in parts[1::2]]
    return "".join(parts)


def _folded(part: str) -> str:
    return unicodedata.normalize("NFKC", part).casefold()


_known = lru_cache(4096)(_folded)
