"""Each way in which the embedded server cannot start or go on, and the line that mends it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.store.connection import Store
from crawler.store.diagnosis import why
from crawler.store.embedded import EmbeddedServer, socket_path
from crawler.store.errors import StoreError, StoreFailure
from tests.servers import keepers, mongods, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a store with a document, which was closed in order."""
    folder = tmp_path_factory.mktemp("written")
    with Store.open(None, "test", folder) as store:
        store.collection("articles").insert_one({"_id": "a", "text": "x" * 100_000})
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(written, tmp_path / "copy"))


def refusal(folder: Path) -> str:
    """The one line with which a start fails; nothing is left running."""
    with pytest.raises(StoreError) as caught:
        Store.open(None, "test", folder)
    assert mongods(folder) == []
    wait_until(lambda: not keepers(folder))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def joined(folder: Path) -> None:
    """The store opens, and what was in it is there."""
    with Store.open(None, "test", folder) as store:
        assert store.collection("articles").count_documents({}) == 1


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mounts a small disk of so many megabytes and files."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(megabytes: int, files: int = 0) -> Path:
        options = f"size={megabytes}m,nr_inodes={files}"
        words = ["mount", "-t", "tmpfs", "-o", options, "none", str(place)]
        with suppress(FileNotFoundError):
            if subprocess.run(words, capture_output=True).returncode == 0:
                return place
        pytest.skip("a small disk can be mounted by root only")

    yield mount
    wait_until(lambda: not mongods(place) and not keepers(place))
    if place.is_mount():
        subprocess.run(["umount", str(place)], check=True)


def fill(folder: Path) -> Path:
    """A file that takes all the room there is."""
    file = folder / "filling"
    with file.open("wb", buffering=0) as out, suppress(OSError):
        while True:
            out.write(bytes(64 * 1024))
    return file


def test_a_disk_that_is_full_from_the_start(disk: Callable[..., Path]) -> None:
    place = disk(8)
    filling = fill(place)
    assert refusal(place) == (
        f"the disk of {place}/mongod is full (0 MB free): make room, "
        "or set DATA_DIR to a folder on another disk"
    )
    filling.unlink()


def test_a_disk_that_takes_no_more_files(disk: Callable[..., Path]) -> None:
    place = disk(64, files=1)
    assert refusal(place).startswith(
        f"the disk of {place}/mongod is full (64 MB, 0 files free): make room"
    )


def test_a_disk_that_was_too_full_for_a_word_of_the_server(disk: Callable[..., Path]) -> None:
    place = disk(8)
    fill(place)
    assert str(why(place)).startswith(f"the disk of {place} is full (0 MB free): make room")


def test_a_disk_that_has_no_room_for_the_servers_own_files(disk: Callable[..., Path]) -> None:
    place = disk(400, files=30)
    line = refusal(place)
    assert re.search(rf"the disk of {place}/mongod is full \(\d+ MB, \d files free\): make", line)


def test_a_disk_that_fills_up_while_it_writes(disk: Callable[..., Path]) -> None:
    place = disk(360)
    server = EmbeddedServer(place)
    with Store.open(None, "test", place) as store:
        store.collection("articles").insert_one({"_id": "a"})
        server.start()
        filling = fill(place)
        with pytest.raises(StoreFailure):
            write_on_and_on(store)
        wait_until(lambda: not mongods(place))
        with pytest.raises(StoreError, match=rf"the disk of {place}/mongod is full \("):
            server.revive()
        filling.unlink()
        server.revive()
        assert store.collection("articles").find_one() == {"_id": "a"}
        server.stop()


def write_on_and_on(store: Store) -> None:
    for _ in range(2000):
        store.collection("links").insert_one({"data": os.urandom(MEGABYTE // 2)})


def table(number: int) -> int:
    """A step of CRC-32C, with which WiredTiger checks its blocks."""
    for _ in range(8):
        number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)
    return number


TABLE = [table(number) for number in range(256)]


def crc(data: bytes) -> int:
    register = 0xFFFFFFFF
    for byte in data:
        register = register >> 8 ^ TABLE[(register ^ byte) & 255]
    return register


def ending(register: int, wanted: int) -> bytes:
    """The four bytes that lead from one state of the checksum to another."""
    for _ in range(4):
        [index] = [i for i in range(256) if TABLE[i] >> 24 == wanted >> 24]
        wanted = ((wanted ^ TABLE[index]) << 8 | index) & 0xFFFFFFFF
    return (wanted ^ register).to_bytes(4, "little")


def set_features(folder: Path, version: bytes) -> None:
    """Make the data say which MongoDB wrote it, as the data of another one would.

    The server lets nobody say so, hence in its file: a block of 4096 bytes with a checksum in
    bytes 32 to 35, which the unused bytes at its end keep right.
    """
    old, new = (b"\x02version\0\x04\0\0\0" + name + b"\0" for name in (b"6.0", version))
    for file in (folder / "mongod" / "data").glob("collection-*.wt"):
        raw = file.read_bytes()
        blocks = [raw[at : at + 4096] for at in range(0, len(raw), 4096)]
        for number, block in enumerate(blocks):
            if b"featureCompatibilityVersion\0" in block and old in block:
                plain = block[:32] + bytes(4) + block[36:]
                assert plain.endswith(bytes(4))
                changed = plain.replace(old, new)[:-4]
                changed += ending(crc(changed), crc(plain))
                blocks[number] = changed[:32] + block[32:36] + changed[36:]
                file.write_bytes(b"".join(blocks))
                return
    raise AssertionError("no featureCompatibilityVersion")


@pytest.mark.parametrize(
    ("version", "words"), [(b"7.0", "a newer MongoDB (7.0)"), (b"4.4", "an older MongoDB (4.4)")]
)
def test_data_of_another_version(folder: Path, version: bytes, words: str) -> None:
    set_features(folder, version)
    assert refusal(folder) == (
        f"the data in {folder}/mongod was written by {words}, which the embedded one cannot "
        "read: run that MongoDB and set MONGODB_URI, or set DATA_DIR to another folder"
    )


def test_files_of_a_newer_version(folder: Path) -> None:
    for file in (folder / "mongod" / "data" / "journal").glob("WiredTigerLog.*"):
        with file.open("r+b") as log:
            log.seek(20)
            log.write((9).to_bytes(2, "little"))
    assert "was written by a newer MongoDB, which" in refusal(folder)


def scramble(file: Path) -> None:
    """Keep a file's first block only."""
    raw = file.read_bytes()
    file.write_bytes(raw[:4096] + os.urandom(max(0, len(raw) - 4096)))


@pytest.mark.parametrize(
    ("pattern", "change"),
    [
        ("WiredTiger*", lambda file: file.write_bytes(b"broken")),
        ("WiredTiger.turtle", lambda file: file.write_bytes(b"")),
        ("WiredTiger*", Path.unlink),
        ("_mdb_catalog.wt", Path.unlink),
        ("_mdb_catalog.wt", lambda file: file.write_bytes(b"")),
        ("collection-*.wt", Path.unlink),
        ("collection-*.wt", scramble),
        ("index-*.wt", scramble),
        ("storage.bson", lambda file: file.write_bytes(b"")),
        ("journal/WiredTigerLog*", lambda file: file.write_bytes(os.urandom(100_000))),
    ],
)
def test_damaged_data(folder: Path, pattern: str, change: Callable[[Path], object]) -> None:
    for file in (folder / "mongod" / "data").glob(pattern):
        change(file)
    assert refusal(folder) == (
        f"the data in {folder}/mongod is damaged (see {folder}/mongod/mongod.log): take a backup "
        "into a new folder, finews db restore FILE -s DATA_DIR=…"
    )


def test_damage_that_is_found_while_reading_is_not_met_again_and_again(folder: Path) -> None:
    with Store.open(None, "test", folder) as store:
        [stats] = store.collection("articles").aggregate([{"$collStats": {"storageStats": {}}}])
        uri = stats["storageStats"]["wiredTiger"]["uri"]
    scramble(folder / "mongod" / "data" / f"{uri.rpartition(':')[2]}.wt")
    server = EmbeddedServer(folder)
    server.start()
    with Store.open(None, "test", folder) as store:
        with pytest.raises(StoreFailure):
            store.collection("articles").find_one()
        wait_until(lambda: not mongods(folder))
        with pytest.raises(StoreError, match="is damaged"):
            server.revive()
    server.stop()


def test_an_error_that_nobody_knows_is_told_in_mongods_words(folder: Path) -> None:
    (folder / "mongod" / "data" / "storage.bson").unlink()
    (folder / "mongod" / "data" / "storage.bson").mkdir()
    line = refusal(folder)
    assert line.startswith("the embedded mongod did not start: ")
    assert line.endswith(f"; see {folder}/mongod/mongod.log")


def test_stale_files_are_no_hindrance(folder: Path) -> None:
    place = folder / "mongod"
    # The number of a process that lives, and is no mongod.
    (place / "data" / "mongod.lock").write_text(f"{os.getpid()}\n")
    (place / "data" / "WiredTiger.lock").write_text("stale")
    for name in ("users.lock", "start.lock", "keeper.lock"):
        (place / name).write_text("1\n")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(socket_path(place)))
    joined(folder)


def test_a_plain_file_in_the_sockets_place_is_no_hindrance(folder: Path) -> None:
    socket_path(folder / "mongod").write_text("")
    joined(folder)


def test_a_killed_server_is_no_hindrance(folder: Path) -> None:
    with Store.open(None, "test", folder):
        os.kill(mongods(folder)[0], signal.SIGKILL)
        wait_until(lambda: not mongods(folder))
    joined(folder)


@pytest.mark.parametrize("name", ["mongod.sock", "mongod.log", "users.lock", "start.lock"])
def test_a_folder_where_a_file_should_be_is_named(folder: Path, name: str) -> None:
    place = folder / "mongod" / name
    place.unlink(missing_ok=True)
    place.mkdir()
    (place / "something").write_text("")
    line = refusal(folder)
    assert line.startswith(f"the embedded store cannot use {folder}/mongod ({place}): ")
    assert line.endswith("; give this user the right to it, or set DATA_DIR")


AS_NOBODY = """
import os, sys
from pathlib import Path
from crawler.store.connection import Store
from crawler.store.errors import StoreError
os.setgid(65534)
os.setuid(65534)
try:
    Store.open(None, "test", Path(sys.argv[1])).close()
except StoreError as error:
    print(error)
"""


def as_nobody(folder: Path) -> str:
    """What somebody without rights is told."""
    if os.getuid() != 0:
        pytest.skip("only root can be somebody else")
    # pytest's folders are closed to others.
    for parent in [*folder.parents][:-2]:
        parent.chmod(parent.stat().st_mode | 0o011)
    words = [sys.executable, "-c", AS_NOBODY, str(folder)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.stderr == ""
    assert mongods(folder) == []
    return done.stdout


def test_a_folder_of_somebody_else_is_named(folder: Path) -> None:
    folder.chmod(0o755)
    (folder / "mongod").chmod(0o755)
    assert as_nobody(folder).startswith(f"the embedded store cannot use {folder}/mongod: ")


def test_a_folder_that_cannot_be_entered_is_named(folder: Path) -> None:
    folder.chmod(0o700)
    assert "Permission denied; give this user the right" in as_nobody(folder)


def test_data_of_somebody_else_is_named(folder: Path) -> None:
    folder.chmod(0o755)
    os.chown(folder / "mongod", 65534, 65534)
    for name in ("users.lock", "start.lock", "keeper.lock", "data"):
        os.chown(folder / "mongod" / name, 65534, 65534)
    assert as_nobody(folder) == (
        f"the embedded store cannot use {folder}/mongod ({folder}/mongod/data): "
        "mongod may not read and write there; give this user the right to it, or set DATA_DIR\n"
    )


def test_a_disk_that_is_read_only_is_named(disk: Callable[..., Path]) -> None:
    place = disk(8)
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
    assert "Read-only file system; give this user" in refusal(place)
