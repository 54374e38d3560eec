"""Where a crawl's `-O FILE` goes: a file that appears whole, when the crawl has ended."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from scrapy.extensions.feedexport import FileFeedStorage

from crawler.exports.files import WholeFile, is_special

if TYPE_CHECKING:
    from scrapy import Spider


class WholeFileStorage(FileFeedStorage):
    """Scrapy's storage of local files, but for files that are overwritten."""

    def __init__(self, uri: str, *, feed_options: dict[str, Any] | None = None) -> None:
        super().__init__(uri, feed_options=feed_options)
        self.whole: WholeFile | None = None

    def open(self, spider: Spider) -> IO[bytes]:
        """A file under a temporary name; what is appended to (`-o`) is opened itself."""
        path = Path(self.path)
        if self.write_mode == "ab" or is_special(path):
            return super().open(spider)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.whole = WholeFile(path)
        return self.whole.file

    def store(self, file: IO[bytes]) -> None:
        """Put the file in its place. Raises OSError."""
        if self.whole is None:
            super().store(file)
        else:
            self.whole.publish()
