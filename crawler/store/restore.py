"""Restoring a backup: everything that it holds, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from bson.errors import InvalidBSON, InvalidDocument
from bson.raw_bson import RawBSONDocument
from pymongo.errors import BulkWriteError, OperationFailure

from crawler.batching import in_batches
from crawler.store import swap
from crawler.store.backup import Manifest, open_backup, read_documents, read_manifest
from crawler.store.connection import INDEXES
from crawler.store.errors import StoreError
from crawler.store.migrations import META, migrate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.store.connection import Store

BATCH_BYTES = 4 * 1024 * 1024


def restore_backup(store: Store, file: BinaryIO, force: bool = False) -> Manifest:
    """Load a backup into an empty store; with `force` it takes the place of what is there.

    The store stays as it was until all of the backup is loaded. Raises StoreError.
    """
    with open_backup(file) as archive:
        manifest = read_manifest(archive)
        swap.discard(store.database)
        try:
            _require_empty(store, force)
            for name, count in manifest.collections.items():
                _load(store, name, read_documents(archive, name), count)
            _require_empty(store, force)
        except BaseException:
            swap.discard(store.database)
            raise
    swap.swap(store.database, manifest.collections)
    store.make_collections()
    migrate(store.database)
    return manifest


def _require_empty(store: Store, force: bool) -> None:
    if force:
        return
    # Every store has its schema's version, from the moment it is opened.
    names = [name for name in swap.collections_of(store.database) if name != META]
    for name in names:
        if store.collection(name).find_one({}, {"_id": 1}) is not None:
            raise StoreError(
                f"the store is not empty: there are documents in {name}; --force replaces "
                "everything, another DATA_DIR or MONGODB_DATABASE keeps it"
            )


def _load(store: Store, name: str, documents: Iterable[bytes], count: int) -> None:
    """Load the documents of a collection beside the store."""
    collection = swap.staged(store.database, name)
    store.database.create_collection(collection.name)
    try:
        for batch in in_batches(documents, len, BATCH_BYTES, None):
            collection.insert_many([RawBSONDocument(raw) for raw in batch], ordered=False)
        if name in INDEXES:
            collection.create_indexes(INDEXES[name])
    except BulkWriteError as error:
        reason = error.details["writeErrors"][0]["errmsg"] if error.details else str(error)
        raise StoreError(f"the store refuses a document of {name}: {reason}") from None
    except (InvalidBSON, InvalidDocument, OperationFailure) as error:
        reason = " ".join(str(error).split()).partition(", full error")[0]
        raise StoreError(f"the store refuses a document of {name}: {reason}") from None
    if (loaded := collection.count_documents({})) != count:
        raise StoreError(f"{loaded} of {count} documents of {name} were loaded; another restore?")
