"""The collection `rejects`: what could not be read or taken, with where, why and the raw input."""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crawler.store.connection import Store

LARGEST_RAW = 1_000_000
# Worked out by the server; every other value is taken as it stands.
COMPUTED = frozenset({"last_at", "first_at", "times"})


@dataclass(frozen=True, slots=True)
class Reject:
    """One rejected input.

    `stage` is a stage's name or `page/<kind>`; `kind` that of a link, or `source_post`, `capture`,
    `import`; `raw` is as received at `observed_at`.
    """

    stage: str
    reason: str
    kind: str
    url: str
    article_id: str | None
    raw: bytes
    observed_at: datetime

    @property
    def key(self) -> str:
        """Its id: the same input that fails the same stage again is the same reject."""
        name = " ".join((self.stage, self.url, self.article_id or ""))
        return hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """A reject as it is kept: `raw` is its first `LARGEST_RAW` bytes of `raw_bytes`."""

    id: str
    stage: str
    reason: str
    kind: str
    url: str
    article_id: str | None
    raw: bytes
    raw_bytes: int
    observed_at: datetime
    first_at: datetime
    last_at: datetime
    times: int

    @property
    def is_cut(self) -> bool:
        """Whether its raw input was too large to be kept as a whole."""
        return self.raw_bytes > LARGEST_RAW


class Rejects:
    """Keeps rejected inputs, one document for each input and stage."""

    def __init__(self, store: Store) -> None:
        self.collection = store.collection("rejects")
        self.tombstones = store.collection("tombstones")

    def add(self, reject: Reject) -> None:
        """Keep a rejected input; the same again only counts once more, the newer is kept.

        Nothing is kept of an article that was forgotten.
        """
        change = {
            "stage": reject.stage,
            "reason": _storable(reject.reason),
            "kind": reject.kind,
            "url": _storable(reject.url),
            "article": reject.article_id,
            "raw": zlib.compress(reject.raw[:LARGEST_RAW]),
            "raw_bytes": len(reject.raw),
            "observed_at": reject.observed_at,
            "last_at": "$$NOW",
            "first_at": {"$ifNull": ["$first_at", "$$NOW"]},
            "times": {"$add": [{"$ifNull": ["$times", 0]}, 1]},
        }
        newer = {"$gt": ["$observed_at", reject.observed_at]}
        literal = {
            name: value if name in COMPUTED else {"$cond": [newer, f"${name}", {"$literal": value}]}
            for name, value in change.items()
        }
        if self.tombstones.find_one({"_id": reject.article_id}) is not None:
            return
        self.collection.update_one({"_id": reject.key}, [{"$set": literal}], upsert=True)

    def select(self, stage: str | None = None, ids: Iterable[str] = ()) -> Iterator[Kept]:
        """Rejects without their raw inputs, the oldest first; of a stage or these ids only."""
        chosen: dict[str, Any] = {"stage": stage} if stage else {}
        if wanted := list(ids):
            chosen["_id"] = {"$in": wanted}
        found = self.collection.find(chosen, {"raw": 0}).sort([("first_at", 1), ("_id", 1)])
        with found:
            yield from map(_kept, found)

    def get(self, key: str) -> Kept | None:
        """A reject with its raw input, as far as it was kept."""
        document = self.collection.find_one({"_id": key})
        return _kept(document) if document else None

    def counts(self) -> list[tuple[str, str, int]]:
        """How many rejects there are by stage and reason, the most first."""
        by = {"_id": {"stage": "$stage", "reason": "$reason"}, "n": {"$sum": 1}}
        groups = self.collection.aggregate(
            [{"$group": by}, {"$sort": {"n": -1, "_id": 1}}], allowDiskUse=True
        )
        return [(group["_id"]["stage"], group["_id"]["reason"], group["n"]) for group in groups]

    def count(self) -> int:
        """How many rejects there are."""
        return self.collection.count_documents({})

    def remove(self, key: str) -> None:
        """Forget a reject that is mended."""
        self.collection.delete_one({"_id": key})

    def void_list(self, kind: str, url: str, read_at: datetime) -> None:
        """Forget that a page of links could not be read, once it was."""
        one = {"stage": f"page/{kind}", "url": url, "article": None}
        self.collection.delete_many({**one, "observed_at": {"$lte": read_at}})

    def void_import(self, file: str) -> None:
        """Forget what could not be imported of a file, which is read once more."""
        place = {"$regex": f"^{re.escape(file)}, line "}
        self.collection.delete_many({"kind": "import", "url": place})

    def void_capture(self, file: str) -> None:
        """Forget the damage of a file of captures, which is read once more."""
        place = {"$regex": f"^{re.escape(file)}, byte "}
        self.collection.delete_many({"kind": "capture", "url": place})


def _kept(document: dict[str, Any]) -> Kept:
    return Kept(
        id=document["_id"],
        stage=document["stage"],
        reason=document["reason"],
        kind=document["kind"],
        url=document["url"],
        article_id=document["article"],
        raw=zlib.decompress(document["raw"]) if "raw" in document else b"",
        raw_bytes=document["raw_bytes"],
        observed_at=document["observed_at"],
        first_at=document["first_at"],
        last_at=document["last_at"],
        times=document["times"],
    )


def _storable(text: str) -> str:
    """Without lone surrogates, which BSON cannot hold."""
    return text.encode("utf-8", "replace").decode()[:2000]
