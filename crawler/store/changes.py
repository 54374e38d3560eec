"""Waiting for the next change of any article."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.store.counter import COUNTERS

if TYPE_CHECKING:
    from pymongo.change_stream import CollectionChangeStream

    from crawler.store.connection import Store

# An event that was missed costs so much: whoever waits looks for itself then.
LONGEST_WAIT_SECONDS = 1.0


class Changes:
    """A change stream on the number of the last change: one event for each transaction.

    It only wakes: what changed is read by numbers, so nothing is missed while it is broken.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.collection = store.collection(COUNTERS)
        self.stream: CollectionChangeStream[dict[str, object]] | None = None

    def listen(self) -> None:
        """Open the stream, if it is not open: whatever changes after this ends the next wait.

        A server that is away is waited for. Raises StoreError when it does not come back.
        """
        if self.stream is None or not self.stream.alive:
            self.stream = self.store.patiently(self._open)

    def wait(self) -> None:
        """Wait for an event, or for a while."""
        assert self.stream is not None
        self.stream.try_next()

    def close(self) -> None:
        """Listen no more."""
        if self.stream is not None:
            self.stream.close()
            self.stream = None

    def _open(self) -> CollectionChangeStream[dict[str, object]]:
        return self.collection.watch(max_await_time_ms=int(LONGEST_WAIT_SECONDS * 1000))
