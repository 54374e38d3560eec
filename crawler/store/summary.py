"""What is in a store, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.store.counter import COUNTERS, Counter
from crawler.store.links import Ledger
from crawler.store.migrations import META, version_of
from crawler.store.swap import collections_of

if TYPE_CHECKING:
    from crawler.store.connection import Store

TOLD_APART = frozenset({META, COUNTERS})


@dataclass(frozen=True, slots=True)
class Summary:
    """Sizes are bytes on disk; `free` is None where the server does not tell it.

    `changes`: the number of the last change of an article.
    """

    server: str
    place: str
    database: str
    schema: int
    changes: int
    data: int
    indexes: int
    free: int | None
    collections: dict[str, int]
    links: dict[str, int]


def summarise(store: Store) -> Summary:
    """Look at a store."""
    sizes = store.database.command("dbStats")
    free = sizes["fsTotalSize"] - sizes["fsUsedSize"] if "fsTotalSize" in sizes else None
    names = [name for name in collections_of(store.database) if name not in TOLD_APART]
    return Summary(
        server=store.client.server_info()["version"],
        place=store.place,
        database=store.database.name,
        schema=version_of(store.database),
        changes=Counter(store.database).read(),
        data=int(sizes["storageSize"]),
        indexes=int(sizes["indexSize"]),
        free=None if free is None else int(free),
        collections={name: store.collection(name).count_documents({}) for name in names},
        links=dict(sorted(Ledger(store, "summary").counts().items())),
    )
