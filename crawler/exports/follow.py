"""Writing each new or changed article the moment it is stored."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from crawler.spool import Spool
from crawler.store.changes import Changes
from crawler.store.errors import StoreError, StoreFailure
from crawler.store.patience import is_transient
from crawler.store.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from crawler.exports.formats.record import Record
    from crawler.store.connection import Store

    Write = Callable[[Iterable[Record]], None]


class Follower:
    """Reads on by numbers whenever something changed. Use as a context manager."""

    def __init__(self, store: Store, read: Callable[[Reader, int], Iterable[Record]]) -> None:
        """`read`: what a reader has to give of the changes after a number."""
        self.store = store
        self.read = read
        self.changes = Changes(store)

    def step(self, after: int, write: Write) -> int:
        """Write the changes after a number, then wait a while for others; the last number.

        A server that is away is waited for. Raises StoreError when it cannot come back.
        """
        with self.going_on():
            self.changes.listen()
            after = self._write_changes(after, write)
            self.changes.wait()
        return after

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Take a server that is away for a pause: what was to be done is to be done again."""
        try:
            yield
        except StoreFailure as error:
            self.changes.close()
            if not is_transient(error):
                raise

    def _write_changes(self, after: int, write: Write) -> int:
        with Reader(self.store) as reader:
            last = reader.last_change()
            if last > after:
                with Spool() as spool:
                    # Read to their end before any is written, or a server that goes away halfway
                    # would have the first half written twice.
                    for record in self.read(reader, after):
                        spool.add(record)
                    write(spool.read(spool.places))
            elif last < after:
                raise StoreError("the store was restored or made anew; begin to follow it again")
        return last

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(StoreFailure):
            self.changes.close()
