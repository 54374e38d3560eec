"""Reading on while what was read is worked on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Entry = TypeVar("Entry")


def read_ahead(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Entries, each read by another thread while the one before is worked on."""
    source = iter(entries)
    with ThreadPoolExecutor(1) as thread:

        def read() -> list[Entry]:
            return list(islice(source, 1))

        coming = thread.submit(read)
        while read_one := coming.result():
            coming = thread.submit(read)
            yield from read_one
