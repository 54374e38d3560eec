"""What is read from disk, some at a time, so that memory stays flat."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Entry = TypeVar("Entry")
MOST, MOST_BYTES = 50, 4_000_000


def in_batches(entries: Iterable[Entry], size_of: Callable[[Entry], int]) -> Iterator[list[Entry]]:
    """Entries in batches of so many, or of so many bytes."""
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        batch.append(entry)
        size += size_of(entry)
        if len(batch) >= MOST or size >= MOST_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
