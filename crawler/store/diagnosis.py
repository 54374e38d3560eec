"""Why the bundled mongod did not start or died, in one line that says what mends it."""

from __future__ import annotations

import errno
import json
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from crawler.store.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTE = 1024 * 1024
# With less a mongod stops itself in the middle of the next writes.
LEAST_FREE_MEGABYTES = 16
FULL = ("No space left on device", "Disk quota exceeded")
OTHER_VERSION = ("UPGRADE PROBLEM", "unsupported WiredTiger file version")
FEATURES = re.compile(r'featureCompatibilityVersion[^}]*version: \\*"(\d+)\.(\d+)')
# The bundled server, 6.0, reads what these and later ones up to itself have written.
OLDEST_READ = (5, 0)
REFUSED = re.compile(
    r"Permission denied|Operation not permitted|Read-only file system|read-only directory"
)
DAMAGED = re.compile(
    r"corrupt|--repair|WT_PANIC|WT_TRY_SALVAGE|No such file or directory|storage engine metadata"
)


def unusable(folder: Path, error: OSError) -> StoreError:
    """A folder that cannot be read or written, and what is to be done."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full(folder)
    where = f" ({error.filename})" if error.filename not in (None, str(folder)) else ""
    return StoreError(
        f"the embedded store cannot use {folder}{where}: {error.strerror}; "
        "give this user the right to it, or set DATA_DIR"
    )


def full(folder: Path) -> StoreError:
    """A disk without room."""
    free = free_megabytes(folder)
    room = f"{free} MB"
    if free >= LEAST_FREE_MEGABYTES:
        room += f", {_disk_of(folder).f_favail} files"
    return StoreError(
        f"the disk of {folder} is full ({room} free): make room, "
        "or set DATA_DIR to a folder on another disk"
    )


def free_megabytes(folder: Path) -> int:
    """What this user may still write on a folder's disk."""
    state = _disk_of(folder)
    return state.f_bavail * state.f_frsize // MEGABYTE


def _disk_of(folder: Path) -> os.statvfs_result:
    """The disk of a folder, which may not be there yet."""
    return os.statvfs(next(place for place in (folder, *folder.parents) if place.exists()))


def why(folder: Path, otherwise: str = "") -> StoreError:
    """Why the mongod of a folder failed, by its log; `otherwise` where that tells nothing."""
    errors = errors_of(folder)
    text = "\n".join(errors)
    if any(words in text for words in FULL) or free_megabytes(folder) < LEAST_FREE_MEGABYTES:
        return full(folder)
    if any(words in text for words in OTHER_VERSION):
        return _other_version(folder, text)
    if REFUSED.search(text):
        reason = "mongod may not read and write there"
        return unusable(folder, OSError(errno.EACCES, reason, str(folder / "data")))
    if DAMAGED.search(text):
        return damaged(folder)
    words = _words(errors[-1]) if errors else otherwise or "it says nothing"
    return StoreError(f"the embedded mongod did not start: {words}; see {folder}/mongod.log")


def is_damaged(folder: Path) -> bool:
    """Whether the last mongod of a folder died of damaged data, which another would too."""
    text = "\n".join(errors_of(folder))
    return not any(words in text for words in FULL) and bool(DAMAGED.search(text))


def damaged(folder: Path) -> StoreError:
    """Data that cannot be read."""
    return StoreError(
        f"the data in {folder} is damaged (see {folder}/mongod.log): take a backup into a new "
        "folder, finews db restore FILE -s DATA_DIR=…"
    )


def _other_version(folder: Path, text: str) -> StoreError:
    found = FEATURES.search(text)
    version = (int(found[1]), int(found[2])) if found else None
    age = "an older" if version and version < OLDEST_READ else "a newer"
    name = f" ({version[0]}.{version[1]})" if version else ""
    return StoreError(
        f"the data in {folder} was written by {age} MongoDB{name}, which the embedded one cannot "
        "read: run that MongoDB and set MONGODB_URI, or set DATA_DIR to another folder"
    )


def errors_of(folder: Path) -> list[str]:
    """The errors in the log of a folder's last mongod, as they stand there."""
    with suppress(OSError):
        lines = (folder / "mongod.log").read_text(errors="replace").splitlines()
        return [line for line in lines if '"s":"E"' in line or '"s":"F"' in line]
    return []


def _words(line: str) -> str:
    """An error of the log, for people."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    return " ".join(f"{entry.get('msg')}: {json.dumps(entry.get('attr'))}".split())
