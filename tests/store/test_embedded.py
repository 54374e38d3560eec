"""The bundled mongod: started on first need, on a unix socket only, stopped with its last user."""

from __future__ import annotations

import ctypes.util
import os
import stat
from pathlib import Path

import pymongo
import pytest

from crawler.store import binary
from crawler.store.connection import Store
from crawler.store.embedded import EmbeddedServer, socket_path
from crawler.store.errors import StoreError
from tests.servers import mongods


def sockets(pid: int) -> set[str]:
    """The inodes of a process's sockets."""
    targets = [os.readlink(handle) for handle in Path(f"/proc/{pid}/fd").iterdir()]
    return {target[8:-1] for target in targets if target.startswith("socket:[")}


def unix_paths(pid: int) -> set[str]:
    """The unix sockets that a process has by name."""
    lines = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    inodes = sockets(pid)
    return {line[7] for line in lines if len(line) > 7 and line[6] in inodes}


def listening(pid: int) -> list[str]:
    """The TCP sockets on which a process listens."""
    inodes = sockets(pid)
    lines = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
    ]
    return [line[1] for line in lines if line[3] == "0A" and line[9] in inodes]


def test_it_listens_on_a_private_unix_socket_and_on_no_port(tmp_path: Path) -> None:
    with Store.open(None, "test", tmp_path) as store:
        [pid] = mongods(tmp_path)
        assert listening(pid) == []
        socket = socket_path(tmp_path / "mongod")
        assert stat.S_ISSOCK(socket.stat().st_mode)
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        assert unix_paths(pid) == {str(socket)}
        assert store.client.admin.command("hello")["setName"] == "finews"
    assert mongods(tmp_path) == []
    assert not socket.exists()


def test_the_last_user_stops_it_and_the_data_stays(tmp_path: Path) -> None:
    first = Store.open(None, "test", tmp_path)
    second = Store.open(None, "test", tmp_path)
    first.collection("articles").insert_one({"_id": "a"})
    first.close()
    assert len(mongods(tmp_path)) == 1
    assert second.collection("articles").count_documents({}) == 1
    second.close()
    assert mongods(tmp_path) == []
    with Store.open(None, "test", tmp_path) as store:
        assert store.collection("articles").find_one() == {"_id": "a"}


def test_transactions_and_change_streams_work(store: Store) -> None:
    collection = store.collection("articles")
    with collection.watch() as changes:
        with store.client.start_session() as session, session.start_transaction():
            collection.insert_one({"_id": "a"}, session=session)
            assert collection.count_documents({}) == 0
        assert changes.next()["documentKey"] == {"_id": "a"}


def test_it_is_joined_after_a_user_was_killed_and_its_socket_moved(tmp_path: Path) -> None:
    before = tmp_path / "before"
    with Store.open(None, "test", before) as store:
        store.collection("articles").insert_one({"_id": "a"})
    after = tmp_path / "after"
    before.rename(after)
    with Store.open(None, "test", after) as store:
        store.collection("articles").insert_one({"_id": "b"})
        assert store.collection("articles").count_documents({}) == 2


def test_a_long_path_gets_a_short_socket_in_a_folder_of_mode_0700(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    with Store.open(None, "test", folder) as store:
        socket = socket_path(folder / "mongod")
        assert len(os.fsencode(socket)) < 100
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        store.collection("articles").insert_one({"_id": "a"})
    assert not socket.parent.exists()


def test_a_short_folder_that_is_a_link_or_open_to_others_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / ("y" * 120)
    place = socket_path(folder / "mongod").parent
    place.symlink_to(tmp_path)
    try:
        with pytest.raises(StoreError, match="set DATA_DIR"):
            EmbeddedServer(folder).start()
    finally:
        place.unlink()
    place.mkdir()
    place.chmod(0o777)
    with Store.open(None, "test", folder):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_it_takes_little_memory_and_disk(tmp_path: Path) -> None:
    with Store.open(None, "test", tmp_path) as store:
        options = store.client.admin.command("getCmdLineOpts")["parsed"]
        assert options["storage"]["wiredTiger"]["engineConfig"]["cacheSizeGB"] == 0.25
        assert options["replication"]["oplogSizeMB"] == 512


@pytest.mark.parametrize(
    ("platform", "machine"), [("darwin", "arm64"), ("linux", "aarch64"), ("win32", "AMD64")]
)
def test_another_platform_needs_mongodb_uri(
    monkeypatch: pytest.MonkeyPatch, platform: str, machine: str
) -> None:
    monkeypatch.setattr(binary.sys, "platform", platform)
    monkeypatch.setattr(binary.platform, "machine", lambda: machine)
    with pytest.raises(StoreError, match=f"not on {platform} {machine}; set MONGODB_URI"):
        binary.find_binary()


def test_a_missing_libcurl_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    with pytest.raises(StoreError, match="apt-get install libcurl4, or set MONGODB_URI"):
        binary.find_binary()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binary.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(StoreError, match=r"finews\[embedded\]"):
        binary.find_binary()


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="set DATA_DIR"):
        EmbeddedServer(tmp_path / "file" / "data").start()


def test_a_server_answers_only_through_its_socket(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    server.start()
    try:
        with pymongo.MongoClient(server.uri) as client:
            assert client.admin.command("ping")["ok"] == 1
    finally:
        server.stop()
