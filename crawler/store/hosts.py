"""The collection `hosts`: what hosts asked of us, remembered from one run to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bson.binary import Binary

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.store.connection import Store

# So much of a robots.txt is read (RFC 9309 asks for no less).
LONGEST_ROBOTS = 512 * 1024


class Hosts:
    """Reads and writes by a host's name and port; times are by the server's clock."""

    def __init__(self, store: Store) -> None:
        self.collection = store.collection("hosts")
        self.now = store.now

    def remember_robots(self, host: str, body: bytes) -> None:
        """Keep a host's robots.txt."""
        told = {"robots": Binary(body[:LONGEST_ROBOTS]), "robots_at": "$$NOW"}
        self.collection.update_one({"_id": host}, [{"$set": told}], upsert=True)

    def robots(self, host: str, seconds: float) -> bytes | None:
        """A host's robots.txt, if it was read no longer than so many seconds ago."""
        known = self.collection.find_one({"_id": host, "robots_at": {"$exists": True}})
        if known is None or (self.now() - known["robots_at"]).total_seconds() >= seconds:
            return None
        return bytes(known["robots"])

    def leave_alone(self, host: str, seconds: float, why: str) -> None:
        """Ask a host for nothing for so many seconds; longer, if that was agreed on earlier."""
        until = {"$add": ["$$NOW", int(seconds * 1000)]}
        told = {
            "left_alone_until": {"$max": ["$left_alone_until", until]},
            "why": {"$literal": why},
        }
        self.collection.update_one({"_id": host}, [{"$set": told}], upsert=True)

    def left_alone(self, host: str) -> tuple[float, str] | None:
        """For how many more seconds a host is left alone, and why; None if it is not."""
        known = self.collection.find_one({"_id": host}) or {}
        until: datetime | None = known.get("left_alone_until")
        if until is None or (seconds := (until - self.now()).total_seconds()) <= 0:
            return None
        return seconds, known["why"]
