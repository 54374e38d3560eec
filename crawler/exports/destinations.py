"""Where exports go: a file that appears whole, standard output, or a storage of Scrapy's feeds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol
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
            return _Direct(sys.stdout.buffer)
        if (path := local_path(uri)) is not None:
            return _Direct(path.open("wb")) if is_special(path) else WholeFile(path)
        return self._remote(uri)

    def _remote(self, uri: str) -> _Stored:
        scheme = urlsplit(uri).scheme
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
    return None if "://" in uri else Path(uri).expanduser()


def shown(uri: str) -> str:
    """A URI without its user and password."""
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _failure(uri: str, error: Exception) -> DestinationError:
    told = " ".join(str(error).split()) or type(error).__name__
    return DestinationError(f"cannot write to {shown(uri)}: {told.replace(uri, shown(uri))}")
