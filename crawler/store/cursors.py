"""The collection `cursors`: how far each named export has come, and what it selects."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pymongo.errors import DuplicateKeyError

from crawler.store.errors import StoreError
from crawler.store.processes import is_running, started_at

if TYPE_CHECKING:
    from crawler.store.connection import Store

# A holder that does not say anything for so long has lost the cursor.
LEASE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Position:
    """A cursor as it is: the number of the last change that was exported, and what it selects.

    `selection` is None before its first export. `pending`: a file that was written, but is not
    known to be in its place: `seq`, `selection`, `exported`, its `host`, its temporary `file`.
    """

    name: str
    seq: int
    selection: dict[str, Any] | None
    moved_at: datetime | None
    exported: int
    pending: dict[str, Any] | None


class CursorTakenError(Exception):
    """Another export holds the cursor; the message says which."""


class Cursors:
    """The cursors of a store; an export holds its own while it runs."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.collection = store.collection("cursors")
        pid = os.getpid()
        self.holder = {"host": socket.gethostname(), "pid": pid, "started": started_at(pid)}

    def take(self, name: str) -> Position:
        """Hold a cursor until it is released, made anew if there is none of this name.

        Raises CursorTakenError while another export, which lives, holds it.
        """
        try:
            fresh = {"seq": 0, "selection": None, "moved_at": None, "exported": 0, "pending": None}
            new = {"$setOnInsert": {**fresh, "holder": None, "until": None}}
            self.collection.update_one({"_id": name}, new, upsert=True)
        except DuplicateKeyError:
            # Another made it at the same moment.
            pass
        document = self.collection.find_one({"_id": name})
        holder = document["holder"] if document else None
        free: list[dict[str, Any]] = [{"holder": None}, {"holder": self.holder}]
        if holder and holder["host"] == self.holder["host"]:
            # Of this machine's processes it is known which live; those of others have their lease.
            free += [] if _lives(holder) else [{"holder": holder}]
        else:
            free.append({"$expr": {"$lte": ["$until", "$$NOW"]}})
        held = [{"$set": {"holder": {"$literal": self.holder}, "until": _lease_end()}}]
        if not self.collection.update_one({"_id": name, "$or": free}, held).matched_count:
            who = f"process {holder['pid']} on {holder['host']}" if holder else "another process"
            raise CursorTakenError(f"cursor {name} is held by the export of {who}")
        found = self.collection.find_one({"_id": name})
        assert found is not None
        return _position(found)

    def renew(self, name: str) -> None:
        """Hold a cursor for longer. Raises StoreError when it is another export's meanwhile."""
        self._change(name, {"until": _lease_end()})

    def note_pending(self, name: str, told: dict[str, Any]) -> None:
        """Note a file, under its temporary name, which the next step puts in place.

        Raises StoreError when the cursor is another export's meanwhile.
        """
        pending = {"$literal": {**told, "host": self.holder["host"]}}
        self._change(name, {"pending": pending, "until": _lease_end()})

    def drop_pending(self, name: str) -> None:
        """Note that the file which was written is not in place, and will not be."""
        self._change(name, {"pending": None})

    def move(self, name: str, seq: int, selection: dict[str, Any], exported: int) -> None:
        """Note that everything up to a change was exported.

        Raises StoreError when the cursor is another export's meanwhile.
        """
        told = {"$literal": selection}
        change = {"seq": seq, "selection": told, "exported": exported, "pending": None}
        self._change(name, {**change, "moved_at": "$$NOW", "until": _lease_end()})

    def release(self, name: str) -> None:
        """Let another export have the cursor, if this one holds it."""
        own = {"_id": name, "holder": self.holder}
        self.collection.update_one(own, {"$set": {"holder": None, "until": None}})

    def select(self) -> list[Position]:
        """All cursors, by name."""
        return [_position(document) for document in self.collection.find().sort("_id")]

    def reset(self, name: str) -> bool:
        """Forget a cursor: the next export of this name begins at the first change.

        Whether there was one. Raises CursorTakenError while an export holds it.
        """
        if self.collection.find_one({"_id": name}, {"_id": 1}) is None:
            return False
        self.take(name)
        self.collection.delete_one({"_id": name, "holder": self.holder})
        return True

    def _change(self, name: str, change: dict[str, Any]) -> None:
        own = {"_id": name, "holder": self.holder}
        if not self.collection.update_one(own, [{"$set": change}]).matched_count:
            raise StoreError(
                f"cursor {name} went to another export, for this one did not move for "
                f"{LEASE_SECONDS:g} s; run it again"
            )


def _lives(holder: dict[str, Any]) -> bool:
    return is_running(holder["pid"], holder["started"])


def _lease_end() -> dict[str, Any]:
    return {"$add": ["$$NOW", int(LEASE_SECONDS * 1000)]}


def _position(document: dict[str, Any]) -> Position:
    names = ("seq", "selection", "moved_at", "exported", "pending")
    return Position(document["_id"], *(document[name] for name in names))
