"""The keeper of a data folder: ends its mongod once all users are gone, however they died.

`python -I -S keeper.py FOLDER` runs it, a process that waits for as long as there are users: it
imports nothing of this program, and little of Python.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from contextlib import suppress

STOP_SECONDS = 60.0


def main(folder: str) -> None:
    """Go into the background, wait until nobody holds users.lock, then end the folder's mongod.

    There is one keeper a folder: it holds keeper.lock, and gives it back before users.lock, so
    that whoever becomes a user then starts the next.
    """
    users_lock, keeper_lock = (os.path.join(folder, f"{name}.lock") for name in ("users", "keeper"))
    with open(users_lock, "ab") as users, open(keeper_lock, "ab") as own:
        try:
            fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        if os.fork():
            os._exit(0)
        fcntl.flock(users, fcntl.LOCK_EX)
        if is_current(users.fileno(), users_lock):
            end_servers(os.path.join(folder, "data"))


def is_current(handle: int, path: str) -> bool:
    """Whether an open file is the one at a path still; a folder may be removed and made anew."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except OSError:
        return False


def servers_of(data: str) -> list[int]:
    """The mongods of this user that have a data folder open, or are about to."""
    option = b"\0--dbpath\0" + os.fsencode(data) + b"\0"
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                line = file.read()
                owner = os.fstat(file.fileno()).st_uid
        except OSError:
            continue
        program = os.path.basename(line.partition(b"\0")[0])
        if owner == os.getuid() and program == b"mongod" and option in line:
            found.append(int(name))
    return found


def end_servers(data: str) -> list[int]:
    """End the mongods of a data folder in order, and wait; those that do not end in a minute."""
    asked: set[int] = set()
    deadline = time.monotonic() + STOP_SECONDS
    while running := servers_of(data):
        for server in {*running} - asked:
            _ask_to_end(server)
            asked.add(server)
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    return running


def _ask_to_end(server: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(server, signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1])
