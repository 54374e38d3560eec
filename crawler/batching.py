"""What is read, some at a time, so that memory stays flat."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Entry = TypeVar("Entry")
MOST, MOST_BYTES = 50, 4_000_000


def in_batches(
    entries: Iterable[Entry],
    size_of: Callable[[Entry], int],
    most_bytes: int = MOST_BYTES,
    most: int | None = MOST,
) -> Iterator[list[Entry]]:
    """Entries in batches of so many bytes, or of so many entries when these come first."""
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        batch.append(entry)
        size += size_of(entry)
        if size >= most_bytes or len(batch) == most:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
