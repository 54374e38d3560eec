"""Files of a folder that is served: each whole, and touched only when its bytes change."""

from __future__ import annotations

import fcntl
import filecmp
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from crawler.exports.files import WholeFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

# What is ours alone: the manifest, the lock, and files on their way.
OWN = ".finews"


class FolderBusyError(Exception):
    """Another process writes into the folder; the message is one line."""


class Outlet:
    """Writes into a folder; counts the files that it wrote and removed.

    Use as a context manager, in one process at a time. Raises FolderBusyError and OSError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.own = folder / OWN
        self.waiting = self.own / "new"
        self.files_written = self.files_removed = 0

    def __enter__(self) -> Outlet:
        self.waiting.mkdir(parents=True, exist_ok=True)
        self.lock = (self.own / "lock").open("ab")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # What a killed process left.
            for file in self.waiting.iterdir():
                file.unlink()
        except BaseException as error:
            self.lock.close()
            if isinstance(error, BlockingIOError):
                raise FolderBusyError(f"{self.folder} is being written by another export") from None
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.lock.close()

    @contextmanager
    def file(self, path: str) -> Iterator[BinaryIO]:
        """Open a file for writing; one that has the same bytes already is left alone."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        whole = WholeFile(target, self.waiting)
        try:
            yield whole.file
            whole.file.flush()
            if target.is_file() and filecmp.cmp(whole.name, target, shallow=False):
                whole.discard()
                return
            whole.publish()
        except BaseException:
            whole.discard()
            raise
        if path.partition("/")[0] != OWN:
            self.files_written += 1

    def sizes(self, path: str, files: Iterable[str]) -> tuple[int | None, ...]:
        """The sizes of files of a folder, in bytes; None for one that is not there."""
        return tuple(_size(self.folder / path / name) for name in files)

    def remove(self, path: str, files: Iterable[str]) -> None:
        """Remove files of a folder inside this one, and folders that are empty then."""
        place = self.folder / path
        # A link on the way leads to what is not ours.
        if place.resolve() != self.folder.resolve() / path:
            return
        for name in files:
            with suppress(FileNotFoundError):
                (place / name).unlink()
                self.files_removed += 1
        for folder in (place, place.parent):
            with suppress(OSError):
                folder.rmdir()


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return None
