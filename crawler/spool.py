"""Records that wait on the disk for their turn, so that memory stays flat, however many."""

from __future__ import annotations

import tempfile
from array import array
from typing import TYPE_CHECKING, Any, Self

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    Record = dict[str, Any]


class Spool:
    """A temporary file of records. Use as a context manager."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115
        self.places = array("Q")

    def add(self, record: Record) -> int:
        """Put a record aside; its place, by which it is found again."""
        place = self.file.tell()
        self.file.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
        self.places.append(place)
        return place

    def read(self, places: Iterable[int]) -> Iterator[Record]:
        """The records at these places; none is added meanwhile."""
        for place in places:
            self.file.seek(place)
            yield orjson.loads(self.file.readline())

    def sorted(self, key: Callable[[Record], Any]) -> Iterator[Record]:
        """All records, in the order of their keys."""
        keys = zip(map(key, self.read(self.places)), self.places, strict=True)
        return self.read([place for _, place in sorted(keys)])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.file.close()
