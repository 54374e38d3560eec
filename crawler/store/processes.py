"""Whether a process of this machine runs still."""

from __future__ import annotations

import os
from pathlib import Path

# Of /proc/<pid>/stat, counted from the field after the state.
STARTED_FIELD = 18


def is_running(pid: int, started: str | None) -> bool:
    """Whether the process that began at a time runs still: numbers are given out again."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return started == started_at(pid)


def started_at(pid: int) -> str | None:
    """When a process began, in the kernel's words; None where they cannot be read."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return None if state == "Z" else fields[STARTED_FIELD]
