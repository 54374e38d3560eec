"""Opening the store at an address."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from crawler.store.connection import INDEXES, UNINDEXED, Store
from crawler.store.embedded import find_binary
from crawler.store.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path


def test_indexes_are_made_on_first_use(store: Store) -> None:
    for name, indexes in INDEXES.items():
        made = {tuple(i["key"].items()) for i in store.collection(name).list_indexes()}
        assert {tuple(i.document["key"].items()) for i in indexes} < made


def test_collections_that_another_process_made_meanwhile_are_there(store: Store) -> None:
    store.make_collections()
    assert {*UNINDEXED, *INDEXES} <= set(store.database.list_collection_names())


def test_the_articles_are_sorted_by_an_index(store: Store) -> None:
    query = store.collection("articles").find({}).sort([("published_at", 1), ("_id", 1)])
    plan = query.explain()["queryPlanner"]["winningPlan"]
    assert plan["inputStage"]["stage"] == "IXSCAN"


@pytest.mark.parametrize(
    "uri",
    [
        "mongo://127.0.0.1",
        "mongodb://",
        "mongodb://127.0.0.1:port",
        "mongodb://user:p@ss@127.0.0.1/",
    ],
)
def test_an_address_that_is_none_is_one_line(uri: str) -> None:
    with pytest.raises(StoreError, match="MONGODB_URI") as caught:
        Store.open(uri, "test", "")
    assert "\n" not in str(caught.value)


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(StoreError, match=r"no MongoDB server answers at 127\.0\.0\.1:9") as caught:
        Store.open("mongodb://user:secret@127.0.0.1:9/", "test", "")
    assert "secret" not in str(caught.value)


def test_a_standalone_server_is_told_how_to_become_a_replica_set(tmp_path: Path) -> None:
    socket = tmp_path / "s.sock"
    command = [find_binary(), "--dbpath", tmp_path, "--bind_ip", socket, "--port", "0"]
    command += ["--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        with pytest.raises(StoreError, match=r"--replSet rs0 .*rs\.initiate"):
            Store.open(f"mongodb://{quote(str(socket), safe='')}/", "test", "")
    finally:
        process.terminate()
        process.wait()


@pytest.mark.parametrize("name", ["a b", "a.b", "", "x" * 70, "a/b"])
def test_a_wrong_database_name_is_one_line(data_dir: Path, name: str) -> None:
    with pytest.raises(StoreError, match="MONGODB_DATABASE"):
        Store.open(None, name, data_dir)
