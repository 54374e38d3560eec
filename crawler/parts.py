"""Parts of what is kept, each for a process of its own."""

from __future__ import annotations

import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One of so many parts; `number` counts from 1."""

    number: int
    of: int

    def holds(self, key: str) -> bool:
        """Whether what has this key belongs to the part: each key does to just one."""
        return zlib.crc32(key.encode("utf-8", "surrogatepass")) % self.of == self.number - 1

    @property
    def is_first(self) -> bool:
        """Whether it sees to what is to be done once for all parts."""
        return self.number == 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


WHOLE = Part(1, 1)
