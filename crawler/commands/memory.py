"""How the process of a crawl keeps its memory: of many small objects, for long."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

# Of glibc's mallopt.
M_ARENA_MAX = -8


def tune() -> None:
    """To be called before any thread is started; it is for the process as a whole.

    What lives already lives to the end, so that it is never looked at. The threads take their
    memory from one place, where glibc would give each its own, to keep what is free of it.
    """
    gc.freeze()
    # Other systems have no mallopt, nor its arenas.
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
