"""The collection `counters`: the number of the last change, so that changes are in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymongo.client_session import ClientSession
    from pymongo.database import Database

COUNTERS, CHANGES = "counters", "articles"


class Counter:
    """Numbers the changes of articles, without gaps, in the order in which they become visible.

    Two transactions that take numbers at once conflict, and one of them is made again: the one
    that comes later, and before it has done much, if both hold the counter first.
    """

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self.collection = database[COUNTERS]

    def read(self, session: ClientSession | None = None) -> int:
        """The last number that was given out; 0 when there is none."""
        document = self.collection.find_one({"_id": CHANGES}, session=session)
        return int(document["seq"]) if document else 0

    def hold(self, session: ClientSession) -> int:
        """The same, and the transaction conflicts with all that take numbers from here on."""
        document = self.collection.find_one_and_update(
            {"_id": CHANGES},
            {"$inc": {"held": 1}, "$setOnInsert": {"seq": 0}},
            upsert=True,
            session=session,
        )
        return int(document["seq"]) if document else 0

    def advance(self, before: int, seq: int, session: ClientSession) -> None:
        """Note that the numbers after `before`, which was read in this transaction, are taken."""
        if seq > before:
            self.collection.update_one(
                {"_id": CHANGES}, {"$set": {"seq": seq}}, upsert=True, session=session
            )
