"""The embedded server ends after its users, however these die, and never under one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.store import keeper
from crawler.store.connection import Store
from crawler.store.embedded import EmbeddedServer
from crawler.store.errors import StoreError
from tests.servers import keepers, mongods, user, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


def clean_end(folder: Path) -> bool:
    """Whether the last mongod of a folder ended in order: it empties its lock file then."""
    return (folder / "mongod" / "data" / "mongod.lock").read_text() == ""


def test_a_server_ends_in_order_after_its_last_user_was_killed(tmp_path: Path) -> None:
    with user(tmp_path) as process:
        assert len(mongods(tmp_path)) == 1
        assert len(keepers(tmp_path)) == 1
        process.send_signal(signal.SIGKILL)
        wait_until(lambda: not mongods(tmp_path))
        wait_until(lambda: not keepers(tmp_path))
    assert clean_end(tmp_path)


def test_it_stays_while_one_of_its_users_lives(tmp_path: Path) -> None:
    with ExitStack() as stack:
        users = [stack.enter_context(user(tmp_path)) for _ in range(3)]
        [server] = mongods(tmp_path)
        for process in users[:2]:
            process.kill()
            process.wait()
        with Store.open(None, "test", tmp_path) as store:
            assert store.client.admin.command("serverStatus")["pid"] == server
        assert mongods(tmp_path) == [server]
        assert len(keepers(tmp_path)) == 1
        users[2].kill()
        wait_until(lambda: not mongods(tmp_path))


def test_the_last_user_that_leaves_waits_for_the_end_of_server_and_keeper(tmp_path: Path) -> None:
    with Store.open(None, "test", tmp_path):
        [keeper_process] = keepers(tmp_path)
        assert os.getsid(keeper_process) != os.getsid(0)
        for handle in range(3):
            assert os.readlink(f"/proc/{keeper_process}/fd/{handle}") == "/dev/null"
    assert mongods(tmp_path) == []
    assert clean_end(tmp_path)
    wait_until(lambda: not keepers(tmp_path))


def test_a_keeper_is_small(tmp_path: Path) -> None:
    with Store.open(None, "test", tmp_path):
        [process] = keepers(tmp_path)
        status = Path(f"/proc/{process}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmRSS")]
        assert int(line.split()[1]) < 16 * 1024


def test_a_user_that_comes_while_the_keeper_ends_the_server_gets_the_next(tmp_path: Path) -> None:
    with user(tmp_path) as process:
        [server] = mongods(tmp_path)
        # The keeper asks it to end, which it cannot hear yet.
        os.kill(server, signal.SIGSTOP)
        process.kill()
        wait_until(lambda: "users.lock" in held_alone(tmp_path))
        threading.Timer(0.3, os.kill, (server, signal.SIGCONT)).start()
        with Store.open(None, "test", tmp_path) as store:
            assert store.client.admin.command("serverStatus")["pid"] != server
            assert len(mongods(tmp_path)) == 1
            assert len(keepers(tmp_path)) == 1
    assert mongods(tmp_path) == []


def held_alone(folder: Path) -> set[str]:
    """The lock files of a folder that somebody holds exclusively."""
    files = {file.stat().st_ino: file.name for file in (folder / "mongod").glob("*.lock")}
    words = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    inodes = {int(w[5].rpartition(":")[2]) for w in words if w[1] == "FLOCK" and w[3] == "WRITE"}
    return {name for inode, name in files.items() if inode in inodes}


def test_a_keeper_that_was_killed_is_replaced_by_the_next_user(tmp_path: Path) -> None:
    with user(tmp_path) as process:
        [first] = keepers(tmp_path)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: not keepers(tmp_path))
        with Store.open(None, "test", tmp_path):
            assert len(keepers(tmp_path)) == 1
        process.kill()
        wait_until(lambda: not mongods(tmp_path))


def test_many_users_that_come_and_are_killed_have_one_server_at_a_time(tmp_path: Path) -> None:
    """Some leave and some are killed; nobody is left without a server, and none is left over."""
    most, done = [0], threading.Event()

    def watch() -> None:
        while not done.is_set():
            most[0] = max(most[0], len(running(tmp_path)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with ExitStack() as stack:
            for number in range(8):
                process = stack.enter_context(user(tmp_path))
                if number % 2:
                    process.kill()
                else:
                    assert process.stdin is not None
                    process.stdin.close()
                if number % 3 == 2:
                    process.wait()
    finally:
        done.set()
        watcher.join()
    wait_until(lambda: not mongods(tmp_path) and not keepers(tmp_path))
    assert most[0] == 1
    assert clean_end(tmp_path)


def running(folder: Path) -> list[int]:
    """The mongods of a folder that hold its data; one that is starting is two for a moment."""
    return [server for server in mongods(folder) if holds_data(server)]


def holds_data(server: int) -> bool:
    try:
        handles = list(Path(f"/proc/{server}/fd").iterdir())
        return any(os.readlink(handle).endswith("/WiredTiger.wt") for handle in handles)
    except OSError:
        return False


def test_a_server_that_dies_under_its_users_is_revived_once_for_all(tmp_path: Path) -> None:
    servers = [EmbeddedServer(tmp_path) for _ in range(3)]
    for server in servers:
        server.start()
    try:
        [first] = mongods(tmp_path)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: not mongods(tmp_path))
        threads = [threading.Thread(target=server.revive) for server in servers * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        [second] = mongods(tmp_path)
        with Store.open(None, "test", tmp_path) as store:
            store.collection("articles").insert_one({"_id": "a"})
        assert mongods(tmp_path) == [second]
        assert len(keepers(tmp_path)) == 1
    finally:
        for server in servers:
            server.stop()
    assert mongods(tmp_path) == []


def test_revive_leaves_a_server_alone_that_answers(tmp_path: Path) -> None:
    with Store.open(None, "test", tmp_path) as store:
        before = mongods(tmp_path)
        assert store._server is not None
        began = time.process_time()
        store._server.revive()
        assert time.process_time() - began < 1
        assert mongods(tmp_path) == before


def test_revive_does_nothing_for_one_that_has_left(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    server.start()
    server.stop()
    server.revive()
    assert mongods(tmp_path) == []


def test_a_server_that_ends_of_itself_while_a_user_joins_is_replaced(tmp_path: Path) -> None:
    with user(tmp_path):
        [first] = mongods(tmp_path)
        os.kill(first, signal.SIGTERM)
        with Store.open(None, "test", tmp_path) as store:
            store.collection("articles").insert_one({"_id": "a"})
            assert mongods(tmp_path) != [first]


def test_what_a_user_killed_in_the_start_had_launched_is_no_hindrance(tmp_path: Path) -> None:
    """A mongod that holds the data and does not listen where it should."""
    with Store.open(None, "test", tmp_path):
        pass
    left = EmbeddedServer(tmp_path)
    left.socket = tmp_path / "other.sock"
    left.start()
    [first] = mongods(tmp_path)
    with Store.open(None, "test", tmp_path) as store:
        assert store.client.admin.command("serverStatus")["pid"] != first
        assert len(mongods(tmp_path)) == 1
    left.stop()


@contextmanager
def killer(folder: Path, most: int) -> Iterator[set[int]]:
    """Kills so many mongods of a folder as soon as they run."""
    killed: set[int] = set()
    done = threading.Event()

    def kill() -> None:
        while not done.is_set() and len(killed) < most:
            for server in mongods(folder):
                with suppress(ProcessLookupError):
                    os.kill(server, signal.SIGKILL)
                    killed.add(server)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        done.set()
        thread.join()


def test_one_that_is_killed_while_it_starts_is_started_again(tmp_path: Path) -> None:
    with killer(tmp_path, 1) as killed, Store.open(None, "test", tmp_path) as store:
        assert killed
        assert store.client.admin.command("serverStatus")["pid"] not in killed


def test_one_that_is_killed_whenever_it_starts_is_one_line(tmp_path: Path) -> None:
    with (
        killer(tmp_path, 1000),
        pytest.raises(StoreError, match=r"did not start: .*; see ") as caught,
    ):
        Store.open(None, "test", tmp_path)
    assert "\n" not in str(caught.value)
    assert mongods(tmp_path) == []


def test_one_that_neither_answers_nor_ends_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "STOP_SECONDS", 0.2)
    with user(tmp_path):
        [server] = mongods(tmp_path)
        os.kill(server, signal.SIGSTOP)
        try:
            (tmp_path / "mongod" / "mongod.sock").unlink()
            with pytest.raises(StoreError, match=rf"nor ends; end it: kill -9 {server}$"):
                EmbeddedServer(tmp_path).start()
        finally:
            os.kill(server, signal.SIGCONT)


def test_a_process_of_another_kind_with_the_same_words_is_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "mongod" / "data"
    command = [sys.executable, "-c", "import time; time.sleep(600)", "--dbpath", str(data)]
    with subprocess.Popen(command) as process:
        try:
            (tmp_path / "mongod").mkdir()
            data.mkdir()
            (data / "mongod.lock").write_text(f"{process.pid}\n")
            with Store.open(None, "test", tmp_path):
                pass
            assert process.poll() is None
        finally:
            process.kill()


def test_a_folder_made_anew_under_a_user_keeps_its_new_server(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    old = EmbeddedServer(folder)
    old.start()
    [first] = mongods(folder)
    os.kill(first, signal.SIGKILL)
    (folder / "mongod").rename(tmp_path / "gone")
    with Store.open(None, "test", folder):
        [second] = mongods(folder)
        old.stop()
        wait_until(lambda: len(keepers(folder)) == 1)
        assert mongods(folder) == [second]
