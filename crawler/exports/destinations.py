"""Where exports go: a file that appears whole, standard output, or a storage of Scrapy's feeds."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, Self
from urllib.parse import urlsplit

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.misc import build_from_crawler, load_object
from w3lib.url import file_uri_to_path

from crawler.exports.files import WholeFile, is_special

if TYPE_CHECKING:
    from scrapy.settings import Settings

STDOUT = ("-", "stdout:")
CHUNK = 64 * 1024
# What a storage needs beyond Scrapy.
EXTRAS = {"s3": "s3", "gs": "gcs"}


class DestinationError(Exception):
    """An export cannot go where it should; the message is one line without secrets."""


class UnknownDestinationError(DestinationError):
    """There is no such destination, or not without a package."""


class Output(Protocol):
    """What an export is written to; it is there for others once it is published."""

    file: BinaryIO

    def publish(self) -> None:
        """Put what was written in its place. Raises DestinationError or OSError."""

    def discard(self) -> None:
        """Leave what is in that place as it is."""


class Destinations:
    """Opens outputs by their URI: a path, file:, - or stdout:, s3:, gs:, ftp:, ftps:."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def open(self, uri: str) -> Output:
        """Open an output. Raises DestinationError or OSError."""
        if uri in STDOUT:
            return _Direct(_standard_output())
        if (path := local_path(uri)) is not None:
            return _Direct(path.open("wb")) if is_special(path) else WholeFile(path)
        return self._remote(uri)

    def append(self, uri: str) -> Appended:
        """Open a local file, or standard output, to be written on. Raises OSError."""
        path = local_path(uri)
        if uri in STDOUT or path is None:
            return Appended(_standard_output(), None)
        if is_special(path):
            return Appended(path.open("ab"), None)
        _cut_torn_line(path)
        return Appended(path.open("ab"), path.resolve())

    def _remote(self, uri: str) -> _Stored:
        try:
            scheme = urlsplit(uri).scheme
        except ValueError as error:
            raise UnknownDestinationError(f"cannot write to {shown(uri)}: {error}") from None
        storages: dict[str, Any] = self.settings.getwithbase("FEED_STORAGES").copy_to_dict()
        if not storages.get(scheme):
            known = ", ".join(sorted(name for name, one in storages.items() if name and one))
            raise UnknownDestinationError(f"cannot write to {shown(uri)}: there are {known}")
        crawler = Crawler(Spider, self.settings)
        crawler.spider = Spider.from_crawler(crawler, "export")
        options = {"overwrite": True}
        try:
            kind = load_object(storages[scheme])
            storage = build_from_crawler(kind, crawler, uri, feed_options=options)
            file = storage.open(crawler.spider)
        except NotConfigured:
            extra = EXTRAS.get(scheme, scheme)
            needed = f"{scheme}: needs a package: pip install 'finews[{extra}]'"
            raise UnknownDestinationError(needed) from None
        except Exception as error:
            raise _failure(uri, error) from None
        return _Stored(uri, storage, file)


class _Direct:
    """Standard output or a special file: written to at once."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def publish(self) -> None:
        self.file.flush()

    def discard(self) -> None:
        """What is written is written."""


class Appended:
    """An output that grows, as a context manager; `path` is None for what has no size."""

    def __init__(self, file: BinaryIO, path: Path | None) -> None:
        self.file, self.path = file, path

    @property
    def size(self) -> int:
        """Bytes that are in the file."""
        return os.fstat(self.file.fileno()).st_size

    def flush(self) -> None:
        """See to it that all that was written is there for others. Raises OSError."""
        self.file.flush()
        if self.path:
            os.fsync(self.file.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self.path:
            with suppress(OSError):
                self.file.close()


class _Stored:
    """A temporary file that one of Scrapy's feed storages takes to its place."""

    def __init__(self, uri: str, storage: Any, file: BinaryIO) -> None:
        self.uri, self.storage, self.file = uri, storage, file

    def publish(self) -> None:
        try:
            # Its store() does just this in a thread of the reactor, and none runs here.
            self.storage._store_in_thread(self.file)
        except Exception as error:
            raise _failure(self.uri, error) from None

    def discard(self) -> None:
        self.file.close()


def publish(output: Output) -> None:
    """Put an output in its place, or leave what is there. Raises DestinationError or OSError."""
    try:
        output.publish()
    except BaseException:
        output.discard()
        raise


def local_path(uri: str) -> Path | None:
    """The file that a URI or path means; None for a URI of another kind."""
    if uri.startswith("file:"):
        return Path(file_uri_to_path(uri))
    # Of a user that is not there the path stays as it is.
    return None if "://" in uri else Path(os.path.expanduser(uri))


def shown(uri: str) -> str:
    """A URI without its user and password, which may hold a slash."""
    scheme, mark, rest = uri.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}" if mark else uri


def _standard_output() -> BinaryIO:
    if sys.stdout is None:
        raise UnknownDestinationError("standard output is closed; say -o FILE")
    return sys.stdout.buffer


def _cut_torn_line(path: Path) -> None:
    """Take away the end of a file that is no whole line, as a kill leaves it."""
    with suppress(FileNotFoundError), path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        at = end
        while at:
            begin = max(0, at - CHUNK)
            file.seek(begin)
            place = file.read(at - begin).rfind(b"\n")
            if place >= 0:
                file.truncate(begin + place + 1)
                return
            at = begin
        file.truncate(0)


def _failure(uri: str, error: Exception) -> DestinationError:
    told = " ".join(str(error).split()) or type(error).__name__
    return DestinationError(f"cannot write to {shown(uri)}: {told.replace(uri, shown(uri))}")
