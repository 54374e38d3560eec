"""Opening the store, and its collections."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import pymongo
from bson.codec_options import CodecOptions
from pymongo import ASCENDING, IndexModel
from pymongo.errors import (
    ConfigurationError,
    InvalidName,
    InvalidURI,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from crawler.store.counter import COUNTERS
from crawler.store.duplicates import IS_DUPLICATE
from crawler.store.embedded import EmbeddedServer
from crawler.store.errors import StoreError
from crawler.store.migrations import migrate
from crawler.store.patience import PATIENCE_SECONDS, Patience, line_of
from crawler.store.selection import IN_ORDER, PLACES
from crawler.store.swap import complete
from crawler.store.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType

    from pymongo.client_session import ClientSession
    from pymongo.collection import Collection

    Document = dict[str, Any]

Answer = TypeVar("Answer")
SELECTION_SECONDS = 5.0
GOODBYE_SECONDS = 2.0
LONGEST_NAME = 63
RESERVED_NAMES = frozenset({"admin", "config", "local"})
INDEXES = {
    "articles": [
        IndexModel([("published_at", ASCENDING), ("_id", ASCENDING)]),
        *(
            IndexModel([(place, ASCENDING), ("published_at", ASCENDING), ("_id", ASCENDING)])
            for place in PLACES.values()
        ),
        IndexModel([("updated_at", ASCENDING)]),
        IndexModel([("seq", ASCENDING)]),
        # Of those that are a duplicate of something.
        IndexModel([("duplicate_of", ASCENDING)], partialFilterExpression=IS_DUPLICATE),
    ],
    TEXTS: [
        IndexModel(IN_ORDER),
        IndexModel([("story", ASCENDING)]),
        IndexModel([("bands", ASCENDING)]),
    ],
    "revisions": [IndexModel([("article", ASCENDING), ("number", ASCENDING)])],
    "links": [
        # By day, as a backfill takes them.
        IndexModel([(name, ASCENDING) for name in ("kind", "state", "day", "_id")]),
        IndexModel([("kind", ASCENDING), ("category", ASCENDING), ("day", ASCENDING)]),
        IndexModel([("article", ASCENDING)], sparse=True),
        IndexModel([("next_look_at", ASCENDING)], sparse=True),
        IndexModel([("withdrawn_seq", ASCENDING)], sparse=True),
    ],
    "rejects": [
        IndexModel([("stage", ASCENDING), ("last_at", ASCENDING)]),
        IndexModel([("url", ASCENDING)]),
    ],
    "runs": [
        IndexModel([("started_at", ASCENDING)]),
        IndexModel([("crawl", ASCENDING), ("due_at", ASCENDING)]),
    ],
}
# Made before anything is in them: what is made later cannot be read in a moment before.
UNINDEXED = (COUNTERS, "tombstones")
# Indexes of earlier versions, by collection.
FORMER_INDEXES = {"links": "kind_1_state_1"}


class Store:
    """An open store. Use as a context manager, or call `close`."""

    def __init__(self, client: pymongo.MongoClient[Document], database: str) -> None:
        self.client = client
        try:
            self.database = client.get_database(
                database,
                codec_options=CodecOptions(tz_aware=True),
                write_concern=WriteConcern("majority", j=True),
            )
        except InvalidName as error:
            raise _no_name(database, error) from None
        if database in RESERVED_NAMES:
            raise _no_name(database, "it is MongoDB's own")
        if len(database.encode()) > LONGEST_NAME:
            raise _no_name(database, f"more than {LONGEST_NAME} bytes")
        self._server: EmbeddedServer | None = None
        self._patience = Patience(self._revive)

    @classmethod
    def open(
        cls,
        uri: str | None,
        database: str,
        data_dir: str | Path,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> Self:
        """Open the store at a MongoDB URI, or the embedded one of a data folder when it is None.

        Makes the indexes that are missing and brings older documents up to date. Raises StoreError
        with one line that says what to mend.
        """
        server = None
        if not uri:
            server = EmbeddedServer(Path(data_dir))
            server.start()
        try:
            client = _connect(server.uri if server else str(uri))
            try:
                store = cls(client, database)
                complete(store.database)
                store.make_collections()
                migrate(store.database)
            except BaseException:
                client.close()
                raise
        except BaseException:
            _stop(server)
            raise
        store._server = server
        store._patience.seconds = patience_seconds
        return store

    def collection(self, name: str) -> Collection[Document]:
        """A collection of this store."""
        return self.database[name]

    def transaction(self, work: Callable[[ClientSession], Answer]) -> Answer:
        """The answer of work that is done as a whole or not at all, on one view of the data.

        It may be made several times: what conflicts with another transaction is made again.
        """
        with self.client.start_session() as session:
            return session.with_transaction(work, read_concern=ReadConcern("snapshot"))

    def now(self) -> datetime:
        """The time by the server's clock, which all machines share; in UTC, with its zone."""
        options = self.database.codec_options
        time: datetime = self.database.command("hello", codec_options=options)["localTime"]
        return time

    def patiently(self, call: Callable[..., Answer], *args: Any) -> Answer:
        """The answer of a call that may be made twice, waiting for a store that is slow or away.

        An embedded server that died is started again. Raises StoreFailure, or StoreError with a
        line that says what to mend.
        """
        return self._patience.call(lambda: call(*args))

    def _revive(self) -> None:
        if self._server is not None:
            self._server.revive()

    @property
    def place(self) -> str:
        """Where the data is: the embedded server's folder, or the hosts of another."""
        if self._server is not None:
            return str(self._server.folder)
        nodes = [f"{host}:{port}" if port else host for host, port in self.client.nodes]
        return ", ".join(sorted(nodes))

    def close(self) -> None:
        """Close the connection; the last user of an embedded server stops it."""
        # A server that hangs would be told goodbye for half a minute.
        with pymongo.timeout(GOODBYE_SECONDS):
            self.client.close()
        _stop(self._server)

    def make_collections(self) -> None:
        """Make the collections and indexes that are missing. Raises StoreError."""
        try:
            for name in UNINDEXED:
                # Which every collection has.
                self.database[name].create_index("_id")
            for name, indexes in INDEXES.items():
                self.database[name].create_indexes(indexes)
            for name, former in FORMER_INDEXES.items():
                # To drop what is not there would wait for all that is being written.
                if former in self.database[name].index_information():
                    self.database[name].drop_index(former)
        except OperationFailure as error:
            raise StoreError(
                f"the store refuses to make collections and indexes: {line_of(error)}"
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _no_name(database: str, why: object) -> StoreError:
    return StoreError(f"MONGODB_DATABASE={database!r} is no database name: {why}")


def _stop(server: EmbeddedServer | None) -> None:
    if server is not None:
        server.stop()


def _connect(uri: str) -> pymongo.MongoClient[Document]:
    """A client whose server answers and can do transactions."""
    try:
        client: pymongo.MongoClient[Document] = pymongo.MongoClient(
            uri, serverSelectionTimeoutMS=int(SELECTION_SECONDS * 1000), appname="finews"
        )
    except (InvalidURI, ConfigurationError, ValueError, OSError) as error:
        raise StoreError(f"MONGODB_URI is not a usable MongoDB address: {line_of(error)}") from None
    try:
        hello = client.admin.command("hello")
    except ServerSelectionTimeoutError:
        client.close()
        raise StoreError(
            f"no MongoDB server answers at {_hosts(uri)} within {SELECTION_SECONDS:g} s; "
            "start it, or correct MONGODB_URI"
        ) from None
    except PyMongoError as error:
        client.close()
        raise StoreError(f"MongoDB at {_hosts(uri)} refuses: {line_of(error)}") from None
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        client.close()
        raise StoreError(
            f"MongoDB at {_hosts(uri)} is a standalone server without transactions; start it with "
            "--replSet rs0 and run once: mongosh --eval 'rs.initiate()'"
        )
    return client


def _hosts(uri: str) -> str:
    """The hosts of a URI, without its password."""
    return uri.partition("://")[2].rpartition("@")[2].partition("/")[0] or uri.partition("://")[0]
