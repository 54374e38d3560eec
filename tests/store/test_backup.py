"""A backup is of one moment; a restore is of all of it or of nothing."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile

import bson
import pytest
from bson import json_util
from pymongo.errors import OperationFailure

from crawler import __version__
from crawler.article import SCHEMA_VERSION
from crawler.store.articles import Articles
from crawler.store.backup import (
    LARGEST_DOCUMENT,
    documents,
    open_backup,
    read_manifest,
    write_backup,
)
from crawler.store.connection import INDEXES, UNINDEXED, Store
from crawler.store.errors import StoreError
from crawler.store.migrations import version_of
from crawler.store.restore import restore_backup
from crawler.store.summary import summarise
from crawler.store.swap import PLAN, PREFIX, collections_of, staged
from tests.servers import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def other(data_dir: Path, database: str) -> Iterator[Store]:
    """A second store, empty."""
    with Store.open(None, f"{database}_other", data_dir) as store:
        yield store
        store.client.drop_database(store.database.name)


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with something of each kind in it."""
    store.collection("articles").insert_many([{"_id": str(n), "text": "文" * n} for n in range(50)])
    store.collection("links").insert_one({"_id": "a", "state": "new", "big": 2**40, "raw": b"\0x"})
    store.collection("of/another, kind").insert_one({"_id": bson.ObjectId()})
    return store


def backup_of(store: Store) -> io.BytesIO:
    file = io.BytesIO()
    write_backup(store, file)
    return file


def content(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Every document of a store, but for its schema's version, which every store has."""
    names = {*store.database.list_collection_names()} - {"meta"}
    found = {name: list(store.collection(name).find().sort("_id")) for name in sorted(names)}
    return {name: documents for name, documents in found.items() if documents}


def test_what_is_restored_is_what_was_there(filled: Store, other: Store) -> None:
    manifest = restore_backup(other, backup_of(filled))
    assert content(other) == content(filled)
    assert manifest.documents == 53
    assert manifest.database == filled.database.name
    for name, indexes in INDEXES.items():
        made = {tuple(i["key"].items()) for i in other.collection(name).list_indexes()}
        assert {tuple(i.document["key"].items()) for i in indexes} < made


def test_a_backup_that_lacks_a_collection_leaves_none_out(filled: Store, other: Store) -> None:
    for name in UNINDEXED:
        filled.database.drop_collection(name)
    restore_backup(other, backup_of(filled))
    assert {*UNINDEXED} <= set(other.database.list_collection_names())


def test_other_programs_can_read_a_backup(filled: Store) -> None:
    with ZipFile(backup_of(filled)) as archive:
        told = json.loads(archive.read("backup.json"))
        assert told["format"] == "finews backup"
        assert told["program"] == __version__
        assert told["collections"]["articles"] == 50
        assert "of%2Fanother%2C%20kind.bson" in archive.namelist()
        with archive.open("articles.bson") as member:
            read = list(bson.decode_file_iter(member))
    assert sorted(read, key=lambda d: int(d["_id"])) == list(
        filled.collection("articles").find().sort("text")
    )


def test_an_empty_store_has_a_backup_too(store: Store, other: Store) -> None:
    assert restore_backup(other, backup_of(store)).documents == 1
    assert content(other) == {}


def test_a_backup_is_of_one_moment_while_others_write(store: Store) -> None:
    """Each transaction writes into both collections, so both hold the same at any moment."""
    first, second = store.collection("articles"), store.collection("links")
    first.insert_many([{"_id": -n, "data": os.urandom(100_000)} for n in range(1, 200)])
    done = threading.Event()
    written = 0

    def write() -> None:
        nonlocal written
        while not done.is_set():
            with store.client.start_session() as session, session.start_transaction():
                first.insert_one({"_id": written}, session=session)
                second.insert_one({"_id": written}, session=session)
            written += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wait_until(lambda: written > 20)
        before = written
        file = backup_of(store)
        wait_until(lambda: written > before)
    finally:
        done.set()
        writer.join()
    with ZipFile(file) as archive:
        ids = {
            name: {bson.decode(d)["_id"] for d in documents(archive.open(f"{name}.bson"))}
            for name in ("articles", "links")
        }
    assert {n for n in ids["articles"] if n >= 0} == ids["links"] >= set(range(before))
    assert len(ids["links"]) < written


def test_a_backup_that_takes_longer_than_the_servers_history_is_one_line(tmp_path: Path) -> None:
    with Store.open(None, "test", tmp_path) as store:
        store.collection("articles").insert_one({"_id": "a", "data": os.urandom(1_000_000)})
        store.collection("links").insert_one({"_id": "a"})
        store.client.admin.command("setParameter", 1, minSnapshotHistoryWindowInSeconds=0)
        with store.client.start_session(snapshot=True) as session:
            store.collection("articles").find_one({}, {"_id": 1}, session=session)
            with pytest.raises(StoreError, match="raise its parameter minSnapshotHistory"):
                write_backup(store, Slow(store, session))


class Slow(io.BytesIO):
    """A file that takes longer than a session's moment can be read."""

    def __init__(self, store: Store, session: Any) -> None:
        super().__init__()
        self.store, self.session = store, session

    def write(self, data: Any) -> int:
        if self.tell() > 1000:
            wait_until(self._is_over)
        return super().write(data)

    def _is_over(self) -> bool:
        links = self.store.collection("links")
        links.update_one({"_id": "a"}, {"$inc": {"n": 1}})
        try:
            links.find_one({}, session=self.session)
        except OperationFailure as error:
            return error.code == 239
        return False


@pytest.mark.parametrize("again", [False, True], ids=["dropped", "made anew"])
def test_a_collection_dropped_during_the_backup_is_one_line(store: Store, again: bool) -> None:
    store.collection("articles").insert_one({"_id": "a", "data": os.urandom(1_000_000)})
    store.collection("links").insert_one({"_id": "a"})

    class Meanwhile(io.BytesIO):
        def write(self, data: Any) -> int:
            store.collection("links").drop()
            if again:
                store.collection("links").insert_one({"_id": "b"})
            return super().write(data)

    with pytest.raises(StoreError, match="during the backup; run it again"):
        write_backup(store, Meanwhile())


def test_memory_stays_flat(store: Store, other: Store, tmp_path: Path) -> None:
    for _ in range(12):
        store.collection("articles").insert_many([{"d": os.urandom(20_000)} for _ in range(500)])
    with (tmp_path / "backup").open("w+b") as file:
        tracemalloc.start()
        try:
            write_backup(store, file)
            restore_backup(other, file)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert other.collection("articles").count_documents({}) == 6000
    assert peak < 40_000_000


def test_only_an_empty_store_is_restored_into(filled: Store, other: Store) -> None:
    other.collection("anything").insert_one({"_id": "mine"})
    before = content(other)

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert PREFIX not in " ".join(other.database.list_collection_names())
            return super().read(size)

    with pytest.raises(StoreError, match="not empty: there are documents in anything; --force"):
        restore_backup(other, Watched(backup_of(filled).getvalue()))
    assert content(other) == before


def test_what_comes_into_the_store_meanwhile_is_not_lost(filled: Store, other: Store) -> None:
    file = backup_of(filled)

    class Meanwhile(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if PREFIX in " ".join(other.database.list_collection_names()):
                other.collection("articles").update_one({"_id": 1}, {"$set": {}}, upsert=True)
            return super().read(size)

    with pytest.raises(StoreError, match="not empty: there are documents in articles"):
        restore_backup(other, Meanwhile(file.getvalue()))
    assert content(other) == {"articles": [{"_id": 1}]}


def test_indexes_are_there_before_the_restored_takes_over(filled: Store, other: Store) -> None:
    indexes: set[int] = set()

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if staged(other.database, "links").name in other.database.list_collection_names():
                made = staged(other.database, "articles").list_indexes()
                indexes.add(len(list(made)))
            return super().read(size)

    restore_backup(other, Watched(backup_of(filled).getvalue()))
    assert indexes == {len(INDEXES["articles"]) + 1}


def test_force_replaces_everything(filled: Store, other: Store) -> None:
    other.collection("articles").insert_one({"_id": "mine"})
    other.collection("anything").insert_one({"_id": "mine"})
    restore_backup(other, backup_of(filled), force=True)
    assert content(other) == content(filled)
    assert "anything" not in other.database.list_collection_names()


def test_a_damaged_backup_is_found_and_changes_nothing(filled: Store, other: Store) -> None:
    """Bytes changed, taken out, cut off: it is refused, or it still says the same."""
    whole = backup_of(filled).getvalue()
    manifest = read_manifest(open_backup(io.BytesIO(whole)))
    random.seed(1)
    refused = 0
    for number in range(1500):
        broken = bytearray(whole)
        at = random.randrange(len(whole))
        if number % 3 == 0:
            broken[at] ^= 1 << random.randrange(8)
        elif number % 3 == 1:
            del broken[at : at + random.randrange(1, 40)]
        else:
            broken[at:] = b""
        try:
            found = read_manifest(open_backup(io.BytesIO(broken))).collections
        except StoreError as error:
            refused += 1
            assert "\n" not in str(error)  # noqa: PT017
        else:
            assert found == manifest.collections
    assert refused > 1300
    assert content(other) == {}


def rewritten(file: io.BytesIO, members: dict[str, bytes | None]) -> io.BytesIO:
    """A backup with other members; None takes one out."""
    out = io.BytesIO()
    with ZipFile(file) as archive, ZipFile(out, "w", ZIP_DEFLATED) as new:
        old = {name: archive.read(name) for name in archive.namelist()}
        for name, data in {**old, **members}.items():
            if data is not None:
                new.writestr(name, data)
    return out


def with_manifest(file: io.BytesIO, **changes: Any) -> io.BytesIO:
    with ZipFile(file) as archive:
        told = json.loads(archive.read("backup.json"))
    return rewritten(file, {"backup.json": json.dumps({**told, **changes}).encode()})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: io.BytesIO(b""), "no backup of finews"),
        (lambda file: io.BytesIO(b"PK nonsense"), "no backup of finews"),
        (lambda file: rewritten(file, {"backup.json": None}), "no backup of finews"),
        (lambda file: rewritten(file, {"backup.json": b"{"}), "no backup of finews"),
        (lambda file: rewritten(file, {"backup.json": b"[]"}), "no backup of finews"),
        (lambda file: rewritten(file, {"backup.json": b"\xff"}), "no backup of finews"),
        (lambda file: with_manifest(file, format="zip"), "its format is 'zip'"),
        (lambda file: with_manifest(file, version=2, program="9.9"), "restore it with finews 9.9"),
        (lambda file: with_manifest(file, schema=99, program="9.9"), "schema 99, and this finews"),
        (lambda file: with_manifest(file, collections=None), "no backup of finews"),
        (lambda file: with_manifest(file, extra=1), "no backup of finews"),
        (lambda file: with_manifest(file, collections={"articles": "50"}), "does not count"),
        (lambda file: with_manifest(file, collections={"articles": 49}), "50 documents in place"),
        (lambda file: rewritten(file, {"links.bson": None}), "no item named 'links.bson'"),
        (lambda file: rewritten(file, {"links.bson": b"\5\0\0\0"}), "cut short"),
        (lambda file: rewritten(file, {"links.bson": b"\5\0"}), "cut short"),
        (lambda file: rewritten(file, {"links.bson": b"\xff\xff\xff\xff"}), "bytes); take another"),
        (lambda file: rewritten(file, {"links.bson": b"\0\0\0\0"}), "a document of 0 bytes"),
        (lambda file: rewritten(file, {"links.bson": b"\5\0\0\0\1"}), "cut short"),
    ],
)
def test_what_is_no_backup_is_refused(
    filled: Store, other: Store, change: Any, message: str
) -> None:
    with pytest.raises(StoreError) as caught:
        restore_backup(other, change(backup_of(filled)), force=True)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert content(other) == {}


@pytest.mark.parametrize(
    "document",
    [
        b"\x0d\0\0\0\x99abcdefg\0",
        bson.encode({"_id": [1]}),
        bson.encode({"_id": "0", "text": ""}) * 2,
    ],
    ids=["no BSON", "an _id that cannot be", "the same twice"],
)
def test_what_the_server_refuses_changes_nothing(
    filled: Store, other: Store, document: bytes
) -> None:
    file = with_manifest(
        rewritten(backup_of(filled), {"links.bson": document}),
        collections={"links": len(list(documents(io.BytesIO(document)))), "articles": 50},
    )
    other.collection("articles").insert_one({"_id": "mine"})
    with pytest.raises(StoreError, match="refuses a document of links") as caught:
        restore_backup(other, file, force=True)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
    assert content(other) == {"articles": [{"_id": "mine"}]}


def test_the_largest_document_is_taken(store: Store, other: Store) -> None:
    room = 16 * 1024 * 1024 - len(bson.encode({"_id": "a", "d": b""}))
    store.collection("articles").insert_one({"_id": "a", "d": bytes(room)})
    restore_backup(other, backup_of(store))
    assert content(other) == content(store)
    with pytest.raises(ValueError, match="a document of"):
        list(documents(io.BytesIO((LARGEST_DOCUMENT + 1).to_bytes(4, "little"))))


RESTORE = """
import sys
from crawler.store.connection import Store
from crawler.store.migrations import version_of
from crawler.store.restore import restore_backup
with Store.open(None, sys.argv[2], sys.argv[1]) as store, open(sys.argv[3], "rb") as file:
    restore_backup(store, file, force=True)
"""


def test_a_killed_restore_leaves_the_store_as_it_was(
    store: Store, other: Store, data_dir: Path, tmp_path: Path
) -> None:
    for _ in range(8):
        store.collection("articles").insert_many([{"d": os.urandom(20_000)} for _ in range(200)])
    store.collection("links").insert_one({"_id": "a"})
    path = tmp_path / "backup.zip"
    path.write_bytes(backup_of(store).getvalue())
    other.collection("articles").insert_one({"_id": "mine"})
    other.collection("anything").insert_one({"_id": "mine"})
    before = content(other)
    loading = staged(other.database, "articles")
    words = [sys.executable, "-c", RESTORE, str(data_dir), other.database.name, str(path)]
    with subprocess.Popen(words) as process:
        wait_until(lambda: loading.estimated_document_count() > 0)
        process.send_signal(signal.SIGKILL)
    assert loading.count_documents({}) < 1600
    with Store.open(None, other.database.name, data_dir) as again:
        assert {n: d for n, d in content(again).items() if not n.startswith(PREFIX)} == before
        counts = summarise(again).collections
        assert {name: number for name, number in counts.items() if number} == {
            "anything": 1,
            "articles": 1,
        }
        with ZipFile(backup_of(again)) as archive:
            assert not any(PREFIX in name for name in archive.namelist())
        with path.open("rb") as file:
            restore_backup(again, file, force=True)
        assert content(again) == content(store)


def test_a_restore_that_dies_while_it_takes_over_is_completed_by_the_next(
    store: Store, data_dir: Path
) -> None:
    """All is loaded and one of the collections has taken its place when the process ends."""
    store.collection("articles").insert_one({"_id": "restored"})
    store.collection("anything").insert_one({"_id": "old"})
    store.collection("links").insert_one({"_id": "old"})
    staged(store.database, "links").insert_one({"_id": "restored"})
    plan = {"_id": "swap", "taken": ["articles", "links"], "dropped": ["anything"]}
    store.database[PLAN].insert_one(plan)
    with Store.open(None, store.database.name, data_dir) as next_one:
        restored = [{"_id": "restored"}]
        assert content(next_one) == {"articles": restored, "links": restored}
        assert not [n for n in next_one.database.list_collection_names() if n.startswith(PREFIX)]
        assert "anything" not in collections_of(next_one.database)


def test_a_restore_that_is_stopped_leaves_nothing_behind(filled: Store, other: Store) -> None:
    class Stopped(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if PREFIX in " ".join(other.database.list_collection_names()):
                raise KeyboardInterrupt
            return super().read(size)

    with suppress(KeyboardInterrupt):
        restore_backup(other, Stopped(backup_of(filled).getvalue()))
        raise AssertionError("it was not stopped")
    assert content(other) == {}
    assert not [n for n in other.database.list_collection_names() if n.startswith(PREFIX)]


def test_a_backup_of_an_older_schema_is_brought_up_to_date(store: Store, other: Store) -> None:
    text = (Path(__file__).parent / "schemas" / "0.json").read_text(encoding="utf-8")
    for name, kept in json_util.loads(text).items():
        store.collection(name).insert_many(kept)
    store.collection("meta").delete_many({})
    restore_backup(other, with_manifest(backup_of(store), schema=0))
    assert version_of(other.database) == SCHEMA_VERSION
    assert Articles(other).get("NW202112310000000001") is not None
