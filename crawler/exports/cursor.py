"""An export that goes on where the last one of its name ended."""

from __future__ import annotations

import shlex
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from crawler.exports.destinations import publish
from crawler.exports.files import WholeFile
from crawler.store.cursors import LEASE_SECONDS, Cursors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from crawler.exports.destinations import Output
    from crawler.exports.formats.record import Record
    from crawler.store.connection import Store


class OtherSelectionError(Exception):
    """The cursor selects something else; the message says what."""


class CursorExport:
    """Holds a cursor, as a context manager, and moves it when an export is in its place.

    Killed between the two, the next export finds out by the temporary file which it was: a file is
    renamed or it is not. Elsewhere than in files the last export is made again then.
    """

    def __init__(self, store: Store, name: str, selection: dict[str, Any]) -> None:
        self.cursors = Cursors(store)
        self.name = name
        self.selection = selection
        self.seq = 0
        self.held_at = 0.0

    def publish(self, output: Output, seq: int, number: int) -> None:
        """Put an export of all changes up to `seq` in its place, and move the cursor there.

        Raises DestinationError, OSError or StoreError; the cursor stays where it was then.
        """
        if isinstance(output, WholeFile):
            self._publish_file(output, seq, number)
        else:
            publish(output)
        self.move(seq, number)

    def _publish_file(self, output: WholeFile, seq: int, number: int) -> None:
        try:
            output.complete()
            told = {"seq": seq, "file": output.name, "exported": number}
            self.cursors.note_pending(self.name, {**told, "selection": self.selection})
            output.publish()
        except BaseException:
            # The file that is discarded must not be taken for one that is in its place.
            if Path(output.name).exists():
                self.cursors.drop_pending(self.name)
                output.discard()
            raise

    def hold(self) -> None:
        """Hold the cursor for longer, when it is time. Raises StoreError when another has it."""
        if time.monotonic() - self.held_at > LEASE_SECONDS / 4:
            self.cursors.renew(self.name)
            self.held_at = time.monotonic()

    def kept(self, records: Iterable[Record]) -> Iterator[Record]:
        """The records, while the cursor is held for as long as they take."""
        for record in records:
            self.hold()
            yield record

    def move(self, seq: int, number: int) -> None:
        """Note that all changes up to one were exported. Raises StoreError."""
        self.cursors.move(self.name, seq, self.selection, number)
        self.seq = seq

    def __enter__(self) -> Self:
        """Raises CursorTakenError or OtherSelectionError."""
        position = self.cursors.take(self.name)
        self.held_at = time.monotonic()
        try:
            self.seq = position.seq
            if position.pending:
                self._settle(position.pending)
            selection = (position.pending or {}).get("selection") or position.selection
            if selection not in (None, self.selection):
                raise OtherSelectionError(
                    f"cursor {self.name} is of another selection: {told(selection)}; "
                    f"say that, another name, or finews cursors reset {self.name}"
                )
        except BaseException:
            self.cursors.release(self.name)
            raise
        return self

    def _settle(self, pending: dict[str, Any]) -> None:
        """Find out what became of an export that was killed while it was put in its place."""
        file = Path(pending["file"])
        is_here = pending["host"] == socket.gethostname()
        if is_here and not file.exists():
            self.cursors.move(self.name, pending["seq"], pending["selection"], pending["exported"])
            self.seq = pending["seq"]
            return
        self.cursors.drop_pending(self.name)
        if is_here:
            file.unlink()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cursors.release(self.name)


def told(selection: dict[str, Any] | None) -> str:
    """A selection in the words of the command line."""
    words = []
    for name, value in (selection or {}).items():
        option = f"--{name.replace('_', '-')}"
        text = " ".join(value) if isinstance(value, (list, tuple)) else str(value)
        words.append(option if value is True else f"{option} {shlex.quote(text)}")
    return " ".join(words) or "everything"
