"""One export: what is selected, in which form, where to, and which of its changes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crawler.exports.cursor import CursorExport, told
from crawler.exports.destinations import publish
from crawler.exports.follow import Follower
from crawler.exports.formats.record import FEED_TITLE, feed_id
from crawler.exports.formats.registry import Form
from crawler.exports.progress import watched
from crawler.store.reader import Reader
from crawler.store.selection import Selection, why_nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from crawler.exports.destinations import Destinations, Output
    from crawler.exports.formats.record import Record
    from crawler.exports.split import Split
    from crawler.store.connection import Store


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. `at`: as it was then; `tombstones`: also ids of what was withdrawn."""

    output: str
    form: Form
    selection: Selection
    at: datetime | None = None
    tombstones: bool = False

    def told(self) -> dict[str, Any]:
        """What a cursor remembers of it."""
        return self.selection.told() | ({"tombstones": True} if self.tombstones else {})

    def titled(self) -> Form:
        """Its form, as a feed of its own."""
        words = told(self.told())
        if not self.told():
            return self.form
        return self.form.named(f"{FEED_TITLE}: {words}", feed_id("selection", words))

    @property
    def things(self) -> str:
        """What is counted."""
        return "lines" if self.tombstones else "articles"


class Export:
    """Carries out an order; each way tells what was done, in a line.

    Raises DestinationError, OSError, CursorTakenError, OtherSelectionError, StoreError, and
    NotConfigured for a package that is missing.
    """

    def __init__(self, store: Store, order: Order, places: Destinations) -> None:
        self.store, self.order, self.places = store, order, places

    def whole(self) -> str:
        """Everything that is selected, to one place."""
        with Reader(self.store) as reader:
            output, number = self._written(self.order.output, self._watched(reader))
        publish(output)
        return self._done(number)

    def split(self, split: Split, template: str) -> str:
        """Everything that is selected, to one place for each key."""
        files = number = 0
        with Reader(self.store) as reader:
            for name, records in split.files(self._watched(reader)):
                form = self.order.form.named(f"{name} - {FEED_TITLE}", feed_id(split.by, name))
                output, more = self._written(split.uri(template, name), records, form)
                publish(output)
                number += more
                files += 1
        return f"{number} articles exported into {files} files{self._why(number)}"

    def by_cursor(self, name: str) -> str:
        """What is new or changed since the last export by this cursor."""
        with CursorExport(self.store, name, self.order.told()) as cursor:
            with Reader(self.store) as reader:
                last = reader.last_change()
                records = self._watched(reader, cursor.seq)
                output, number = self._written(self.order.output, records)
            cursor.publish(output, last, number)
        return f"{number} {self.order.things} exported, new or changed since the last by {name}"

    def follow(self, name: str | None, is_over: Callable[[], bool]) -> str:
        """What is new or changed, as it comes; with a cursor since its last export."""
        if name:
            with CursorExport(self.store, name, self.order.told()) as cursor:
                return self._follow(cursor.seq, cursor, is_over)
        with Reader(self.store) as reader:
            after = reader.last_change()
        return self._follow(after, None, is_over)

    def _follow(self, after: int, cursor: CursorExport | None, is_over: Callable[[], bool]) -> str:
        output = self.places.append(self.order.output)
        lines = 0

        def write(records: Iterable[Record]) -> None:
            nonlocal lines
            if cursor and output.path:
                self.store.patiently(cursor.note_appending, output.path, output.size)
            lines += self.order.form.write(records, output.file)
            output.flush()

        with output, Follower(self.store, self._records) as follower:
            print("finews: following; stop it with Ctrl-C", file=sys.stderr)
            while not is_over():
                after = follower.step(after, write)
                if cursor and after > cursor.seq:
                    # What is written is not written again, should the store be away for long now.
                    with follower.going_on():
                        self.store.patiently(cursor.move, after, lines)
        return f"stopped: {lines} {self.order.things} exported"

    def _done(self, number: int) -> str:
        return f"{number} {self.order.things} exported{self._why(number)}"

    def _why(self, number: int) -> str:
        """Why there is nothing, if there is nothing and it is known."""
        why = None if number else why_nothing(self.store, self.order.selection)
        return f": {why}" if why else ""

    def _written(
        self, uri: str, records: Iterable[Record], form: Form | None = None
    ) -> tuple[Output, int]:
        """An output that holds the records, still to be published, and how many they are."""
        output = self.places.open(uri)
        try:
            return output, (form or self.order.titled()).write(records, output.file)
        except BaseException:
            output.discard()
            raise

    def _records(self, reader: Reader, after: int = 0) -> Iterator[Record]:
        if self.order.at:
            yield from reader.records_as_of(self.order.selection, self.order.at)
            return
        yield from reader.records(self.order.selection, after)
        if self.order.tombstones:
            yield from reader.withdrawn(after)

    def _watched(self, reader: Reader, after: int = 0) -> Iterator[Record]:
        records = self._records(reader, after)
        return watched(records, "exporting", lambda: reader.count(self.order.selection, after))
