"""Where a crawl's `-O FILE` goes: a file that appears whole, when the crawl has ended."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from scrapy.extensions.feedexport import FileFeedStorage

from crawler.exports.files import WholeFile, is_special

if TYPE_CHECKING:
    from scrapy import Spider


class _Noting:
    """A file that remembers what could not be written: Scrapy logs that, and goes on."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.failure: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            return self.file.write(data)
        except OSError as error:
            self.failure = error
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


class WholeFileStorage(FileFeedStorage):
    """Scrapy's storage of local files, but for files that are overwritten."""

    def __init__(self, uri: str, *, feed_options: dict[str, Any] | None = None) -> None:
        super().__init__(uri, feed_options=feed_options)
        self.whole: WholeFile | None = None
        self.noting: _Noting | None = None

    def open(self, spider: Spider) -> IO[bytes]:
        """A file under a temporary name; what is appended to (`-o`) is opened itself."""
        path = Path(self.path)
        if self.write_mode == "ab" or is_special(path):
            return super().open(spider)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.whole = WholeFile(path)
        self.noting = _Noting(self.whole.file)
        return cast("IO[bytes]", self.noting)

    def store(self, file: IO[bytes]) -> None:
        """Put the file in its place. Raises OSError, also for what could not be written earlier."""
        if self.whole is None or self.noting is None:
            super().store(file)
            return
        try:
            if self.noting.failure is not None:
                raise self.noting.failure
            self.whole.publish()
        except BaseException:
            self.whole.discard()
            raise
