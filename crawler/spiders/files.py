"""Files of post sources, some at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.batching import in_batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


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
    """What these files hold, some at a time: a thread for each costs as much as its reading."""
    return in_batches(map(_read, paths), lambda file: len(file.raw))


def _read(path: Path) -> File:
    try:
        raw = path.read_bytes()
        milliseconds = path.stat().st_mtime_ns // 1_000_000
    except OSError as error:
        return File(path, error=error)
    return File(path, raw, datetime.fromtimestamp(milliseconds / 1000, UTC))
