"""Reading everything as it was at one moment, while others write."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pymongo.errors import OperationFailure

from crawler.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymongo.client_session import ClientSession

    from crawler.store.connection import Store

PATIENCE_SECONDS = 10.0
SNAPSHOT_TOO_OLD, SNAPSHOT_UNAVAILABLE = 239, 246


def snapshot(store: Store, collections: Iterable[str]) -> ClientSession:
    """A session that reads everything as it was at one moment; a context manager.

    A collection that was made just now is not in the newest such moment yet. Raises
    OperationFailure with SNAPSHOT_UNAVAILABLE when it stays so.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        session = store.client.start_session(snapshot=True)
        try:
            for name in collections:
                store.collection(name).find_one({}, {"_id": 1}, session=session)
        except OperationFailure as error:
            session.end_session()
            if error.code != SNAPSHOT_UNAVAILABLE or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return session


def why_lost(error: BaseException | None) -> StoreError | None:
    """Why a moment cannot be read any more, in one line; None for any other error."""
    if not isinstance(error, OperationFailure):
        return None
    if is_too_old(error):
        return StoreError(
            "the server does not keep its history for as long as the export takes; raise its "
            "parameter minSnapshotHistoryWindowInSeconds"
        )
    if error.code == SNAPSHOT_UNAVAILABLE:
        return StoreError("a collection was made anew while it was read; run it again")
    return None


def is_too_old(error: OperationFailure) -> bool:
    """Whether the server does not keep its history for as long as was read."""
    return error.code == SNAPSHOT_TOO_OLD
