"""A file that appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterator


class WholeFile:
    """A file under a temporary name, beside the one whose place it takes when it is published.

    Or in another folder of the same file system, where those that a kill leaves are found.
    """

    def __init__(self, path: Path, folder: Path | None = None) -> None:
        """Raises OSError."""
        self.target = path.resolve()
        place = folder or self.target.parent
        prefix = f".{self.target.name.encode()[:100].decode('utf-8', 'ignore')}."
        try:
            handle = tempfile.NamedTemporaryFile(dir=place, prefix=prefix, delete=False)  # noqa: SIM115
        except OSError as error:
            error.filename = str(path)
            raise
        self.name = handle.name
        self.file = cast("BinaryIO", handle)

    def complete(self) -> None:
        """See to it that all that was written is on the disk. Raises OSError."""
        if not self.file.closed:
            self.file.flush()
            os.fsync(self.file.fileno())
            self.file.close()

    def publish(self) -> None:
        """Take the place of the target. Raises OSError."""
        self.complete()
        mode = self.target.stat().st_mode if self.target.exists() else 0o666 & ~_umask()
        os.chmod(self.name, mode)
        os.replace(self.name, self.target)
        _sync_folder(self.target.parent)

    def discard(self) -> None:
        """Leave the target as it was."""
        # On a full disk what is still to be written cannot be.
        with suppress(OSError):
            self.file.close()
        Path(self.name).unlink(missing_ok=True)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that takes the place of `path` only when the block ends well.

    A special file (a pipe, /dev/stdout) is written to directly. Raises OSError.
    """
    if is_special(path):
        with path.open("wb") as special:
            yield special
        return
    whole = WholeFile(path)
    try:
        yield whole.file
        whole.publish()
    except BaseException:
        whole.discard()
        raise


def is_special(path: Path) -> bool:
    """Whether a path is there and is no file that another could take the place of."""
    return path.exists() and not path.is_file()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
