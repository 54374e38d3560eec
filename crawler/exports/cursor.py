"""An export that goes on where the last one of its name ended."""

from __future__ import annotations

import os
import shlex
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from crawler.exports.destinations import publish
from crawler.exports.files import WholeFile
from crawler.store.cursors import LEASE_SECONDS, Cursors
from crawler.store.errors import StoreError, StoreFailure

if TYPE_CHECKING:
    from types import TracebackType

    from crawler.exports.destinations import Output
    from crawler.store.connection import Store


class OtherSelectionError(Exception):
    """The cursor selects something else; the message says what."""


class CursorExport:
    """Holds a cursor, as a context manager, and moves it when an export is in its place.

    Killed between the two, the next export finds out which it was: a file that was to be renamed is
    in its place or not, a file that was appended to is cut back. Elsewhere than in files the last
    export is made again then.
    """

    def __init__(self, store: Store, name: str, selection: dict[str, Any]) -> None:
        self.cursors = Cursors(store)
        self.name = name
        self.selection = selection
        self.seq = 0
        self.host = socket.gethostname()
        self.is_over = threading.Event()
        self.holding = threading.Thread(target=self._hold, daemon=True)

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
            told = {"seq": seq, "exported": number, "selection": self.selection}
            file = {"file": output.name, "target": str(output.target), "inode": _inode(output.name)}
            self.cursors.note_pending(self.name, {**told, **file})
            output.publish()
        except BaseException:
            # The file that is discarded must not be taken for one that is in its place.
            if Path(output.name).exists():
                self.cursors.drop_pending(self.name)
                output.discard()
            raise

    def note_appending(self, file: Path, size: int) -> None:
        """Note that a file of this size is about to grow. Raises StoreError."""
        self.cursors.note_pending(self.name, {"file": str(file), "size": size})

    def move(self, seq: int, number: int) -> None:
        """Note that all changes up to one were exported. Raises StoreError."""
        self.cursors.move(self.name, seq, self.selection, number)
        self.seq = seq

    def __enter__(self) -> Self:
        """Raises CursorTakenError or OtherSelectionError."""
        position = self.cursors.take(self.name)
        try:
            self.seq, selection = position.seq, position.selection
            if position.pending and self._is_in_place(position.pending):
                pending = position.pending
                self.seq, selection = pending["seq"], pending["selection"]
                self.cursors.move(self.name, self.seq, selection, pending["exported"])
            elif position.pending:
                self._undo(position.pending)
            if selection not in (None, self.selection):
                raise OtherSelectionError(
                    f"cursor {self.name} is of another selection: {told(selection)}; "
                    f"say that, another name, or finews cursors reset {self.name}"
                )
        except BaseException:
            self.cursors.release(self.name)
            raise
        self.holding.start()
        return self

    def _is_in_place(self, pending: dict[str, Any]) -> bool:
        """Whether the file of an export that was killed took its place."""
        is_here = pending["host"] == self.host and "inode" in pending
        return is_here and _inode(pending["target"]) == pending["inode"]

    def _undo(self, pending: dict[str, Any]) -> None:
        """Leave nothing of an export that was killed before it was in its place."""
        file = Path(pending["file"])
        if pending["host"] == self.host and "size" in pending:
            if file.is_file() and file.stat().st_size > pending["size"]:
                os.truncate(file, pending["size"])
        elif pending["host"] == self.host:
            file.unlink(missing_ok=True)
        self.cursors.drop_pending(self.name)

    def _hold(self) -> None:
        """Hold the cursor for longer, again and again; who lost it is told when it is moved."""
        while not self.is_over.wait(LEASE_SECONDS / 4):
            with suppress(StoreFailure, StoreError):
                self.cursors.renew(self.name)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.is_over.set()
        self.holding.join()
        with suppress(StoreFailure):
            self.cursors.release(self.name)


def told(selection: dict[str, Any] | None) -> str:
    """A selection in the words of the command line."""
    if selection is None:
        return "nothing yet"
    words = []
    for name, value in selection.items():
        option = f"--{name.replace('_', '-')}"
        text = " ".join(value) if isinstance(value, (list, tuple)) else str(value)
        words.append(option if value is True else f"{option} {shlex.quote(text)}")
    return " ".join(words) or "everything"


def _inode(path: str) -> int | None:
    """What stays of a file when it is renamed; None when it is not there."""
    try:
        return os.stat(path).st_ino
    except OSError:
        return None
