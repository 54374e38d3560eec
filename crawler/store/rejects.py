"""The collection `rejects`: what could not be read or taken, with where, why and the raw input."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crawler.store.connection import Store

LARGEST_RAW = 1_000_000
# Worked out by the server; every other value is taken as it stands.
COMPUTED = frozenset({"last_at", "first_at", "times"})


@dataclass(frozen=True, slots=True)
class Reject:
    """One rejected input. `stage` is a stage's name or `page/<kind>`; `raw` is as received."""

    stage: str
    reason: str
    url: str
    article_id: str | None
    raw: bytes


class Rejects:
    """Keeps rejected inputs, one document for each address and stage."""

    def __init__(self, store: Store) -> None:
        self.collection = store.collection("rejects")

    def add(self, reject: Reject) -> None:
        """Keep a rejected input; the same again only counts once more."""
        name = f"{reject.stage} {reject.url}".encode("utf-8", "surrogateescape")
        key = hashlib.blake2b(name, digest_size=6).hexdigest()
        change = {
            "stage": reject.stage,
            "reason": _storable(reject.reason),
            "url": _storable(reject.url),
            "article": reject.article_id,
            "raw": zlib.compress(reject.raw[:LARGEST_RAW]),
            "raw_bytes": len(reject.raw),
            "raw_cut": len(reject.raw) > LARGEST_RAW,
            "last_at": "$$NOW",
            "first_at": {"$ifNull": ["$first_at", "$$NOW"]},
            "times": {"$add": [{"$ifNull": ["$times", 0]}, 1]},
        }
        literal = {k: v if k in COMPUTED else {"$literal": v} for k, v in change.items()}
        self.collection.update_one({"_id": key}, [{"$set": literal}], upsert=True)

    def all(self) -> list[dict[str, Any]]:
        """Every reject, oldest first, without its raw input."""
        return list(self.collection.find({}, {"raw": 0}).sort([("first_at", 1), ("_id", 1)]))

    def raw(self, key: str) -> bytes | None:
        """The raw input of a reject, as far as it was kept."""
        document = self.collection.find_one({"_id": key})
        return zlib.decompress(document["raw"]) if document else None


def _storable(text: str) -> str:
    """Without lone surrogates, which BSON cannot hold."""
    return text.encode("utf-8", "replace").decode()[:2000]
