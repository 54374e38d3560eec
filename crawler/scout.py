"""A process that finds work for others, which take it up while it is still looking."""

from __future__ import annotations

import os
import select
from typing import Self

# Tells a process the end of a pipe whose other end is the scout's alone.
VARIABLE = "FINEWS_SCOUT"


class Scout:
    """What a process can tell of the scout that it works for: whether that is still out.

    The pipe closes when the scout ends, however it ends, so nobody waits for one that was killed.
    """

    def __init__(self, pipe: int | None) -> None:
        self.pipe = pipe

    @classmethod
    def of_environment(cls) -> Self:
        """The scout that whoever started this process told of; if none, it is never out."""
        pipe = os.environ.get(VARIABLE)
        return cls(int(pipe) if pipe else None)

    def is_out(self, seconds: float = 0.0) -> bool:
        """Whether there may be more work to come; waits so long for the end of that."""
        if self.pipe is None:
            return False
        readable, _, _ = select.select([self.pipe], [], [], seconds)
        return not readable
