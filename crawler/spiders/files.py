"""Files of post sources, some at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# To have a thread read one costs as much as to read it.
FILES, FILES_BYTES = 50, 4_000_000


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was found: its bytes, and when it was last written, in whole milliseconds.

    `error`: why it could not be read.
    """

    path: Path
    raw: bytes = b""
    modified: datetime | None = None
    error: OSError | None = None


def files(paths: Iterable[Path]) -> Iterator[list[File]]:
    """What these files hold, some of them at a time, so that memory stays flat."""
    some: list[File] = []
    size = 0
    for path in paths:
        file = _read(path)
        some.append(file)
        size += len(file.raw)
        if len(some) >= FILES or size >= FILES_BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


def _read(path: Path) -> File:
    try:
        raw = path.read_bytes()
        milliseconds = path.stat().st_mtime_ns // 1_000_000
    except OSError as error:
        return File(path, error=error)
    return File(path, raw, datetime.fromtimestamp(milliseconds / 1000, UTC))
