"""The bundled mongod: a one-member replica set behind a unix socket, shared by all commands.

Its users hold a shared lock; the last one to leave gets it exclusively and stops the server. Where
users are killed, its keeper does.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

from crawler.store import diagnosis, keeper
from crawler.store.binary import find_binary
from crawler.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

REPLICA_SET = "finews"
# mongod exits when a socket's path is longer than the kernel's 107 bytes.
LONGEST_SOCKET_PATH = 100
START_SECONDS = 60.0
LAUNCHES = 3
ANSWER_SECONDS = 2.0
OPTIONS = (
    *("--port", "0", "--nounixsocket", "--replSet", REPLICA_SET),
    # By default mongod takes half of the memory and gigabytes for its log of operations.
    *("--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "512"),
    *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
    # What a killed user had begun to write holds up all others for so long.
    *("--setParameter", "transactionLifetimeLimitSeconds=10"),
    # A backup reads all of it as it was at one moment, and may take so long.
    *("--setParameter", "minSnapshotHistoryWindowInSeconds=3600"),
)
NOT_INITIALISED = 94


class EmbeddedServer:
    """One user of the bundled mongod of a data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = (data_dir / "mongod").resolve()
        self.socket = socket_path(self.folder)
        self._data = self.folder / "data"
        self._users: IO[bytes] | None = None
        self._binary: Path | None = None
        self._one_at_a_time = threading.Lock()

    @property
    def uri(self) -> str:
        """The connection string; pymongo would lower-case a discovered host, so it is direct."""
        return f"mongodb://{quote(str(self.socket), safe='')}/?directConnection=true"

    def start(self) -> None:
        """Join the server's users, starting it when it is not running. Raises StoreError."""
        self._binary = find_binary()
        try:
            _make_private(self.folder)
            self._users = (self.folder / "users.lock").open("ab")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            self._serve()
        except BaseException as error:
            self.stop()
            if isinstance(error, OSError):
                raise diagnosis.unusable(self.folder, error) from None
            raise

    def revive(self) -> None:
        """Start the server again where it has died under its users. Raises StoreError.

        Safe from any number of threads and processes; after `stop` it does nothing.
        """
        with self._one_at_a_time:
            if self._users is None:
                return
            try:
                self._serve(died=True)
            except OSError as error:
                raise diagnosis.unusable(self.folder, error) from None

    def stop(self) -> None:
        """Leave the server's users, stopping it when nobody is left."""
        with self._one_at_a_time:
            if self._users is None:
                return
            users, self._users = self._users, None
            with users:
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                if keeper.is_current(users.fileno(), users.name):
                    self._shut_down()

    def _serve(self, died: bool = False) -> None:
        """Have a server that is primary, launching it where none answers."""
        deadline = time.monotonic() + START_SECONDS
        launches, words = 0, ""
        with self._starting():
            self._start_keeper()
            while True:
                if not self._answers():
                    if died and not launches and diagnosis.is_damaged(self.folder):
                        raise diagnosis.damaged(self.folder)
                    # One that was killed as it started tells no reason, and is started again.
                    if launches and (launches == LAUNCHES or diagnosis.errors_of(self.folder)):
                        raise diagnosis.why(self.folder, words)
                    words = self._launch()
                    launches += 1
                    continue
                try:
                    return self._make_primary(deadline)
                except PyMongoError as error:
                    # One that is just ending still listens for a moment.
                    if time.monotonic() > deadline:
                        raise StoreError(
                            f"the embedded mongod of {self.folder} does not answer ({error}); "
                            f"end it: kill -9 {self._processes()}"
                        ) from None
                time.sleep(0.02)

    @contextmanager
    def _starting(self) -> Iterator[None]:
        """Only one process at a time starts a server."""
        with (self.folder / "start.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _start_keeper(self) -> None:
        """Have a keeper, before there is anything to be left behind."""
        with (self.folder / "keeper.lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
        # Without one the store works too.
        with suppress(OSError):
            subprocess.run(
                [sys.executable, "-I", "-S", keeper.__file__, self.folder],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def _answers(self) -> bool:
        """Whether a server listens; one that is busy does, and its socket must not be taken."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.setblocking(False)
            try:
                connection.connect(str(self.socket))
            except BlockingIOError:
                return True
            except OSError:
                return False
        return True

    def _launch(self) -> str:
        """Start a server; what it last said where it did not start."""
        assert self._binary is not None
        # What a killed user had started, or what is ending, has the data still open.
        if keeper.end_servers(str(self._data)):
            raise StoreError(
                f"the embedded mongod of {self.folder} neither answers nor ends; "
                f"end it: kill -9 {self._processes()}"
            )
        try:
            _make_private(self.socket.parent)
        except OSError as error:
            raise diagnosis.unusable(self.socket.parent, error) from None
        self.socket.unlink(missing_ok=True)
        log = self.folder / "mongod.log"
        self._data.mkdir(exist_ok=True)
        log.unlink(missing_ok=True)
        if diagnosis.free_megabytes(self._data) < diagnosis.LEAST_FREE_MEGABYTES:
            raise diagnosis.full(self.folder)
        places = ("--dbpath", self._data, "--bind_ip", self.socket, "--logpath", log)
        # It forks a daemon and ends when that is ready; in a session of its own, because Ctrl-C in
        # a terminal is for the command, which stops the server in order.
        try:
            done = subprocess.run(
                [self._binary, "--fork", *places, *OPTIONS],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=START_SECONDS,
                start_new_session=True,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StoreError(f"the embedded mongod did not start: {error}") from None
        return _last_line(done.stderr) or _last_line(done.stdout)

    def _make_primary(self, deadline: float) -> None:
        """Initiate the one-member set, or correct its address after the data folder has moved."""
        milliseconds = int(ANSWER_SECONDS * 1000)
        client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(
            self.uri, serverSelectionTimeoutMS=milliseconds, socketTimeoutMS=milliseconds
        )
        with client:
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
            while not client.admin.command("hello")["isWritablePrimary"]:
                if time.monotonic() > deadline:
                    raise StoreError(
                        f"the embedded mongod does not become primary; see {self.folder}/mongod.log"
                    )
                time.sleep(0.02)

    def _processes(self) -> str:
        return " ".join(map(str, keeper.servers_of(str(self._data))))

    def _shut_down(self) -> None:
        if keeper.end_servers(str(self._data)):
            return
        with suppress(OSError):
            self.socket.unlink(missing_ok=True)
            if self.socket.parent != self.folder:
                self.socket.parent.rmdir()


def socket_path(folder: Path) -> Path:
    """Where a data folder's socket is: inside it, or in a short folder of the user's own."""
    inside = folder.resolve() / "mongod.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
    return Path("/tmp") / f"finews-{os.getuid()}-{name}" / "mongod.sock"


def _make_private(folder: Path) -> None:
    """A folder that only this user can enter. Raises OSError where somebody else's stands."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid():
        raise PermissionError(errno.EPERM, f"{folder} belongs to somebody else")
    folder.chmod(0o700)


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
