"""Compression of what is exported, as plugins of Scrapy's feeds."""

from __future__ import annotations

from typing import Any, BinaryIO

import zstandard
from scrapy.extensions.postprocessing import GzipPlugin

# By the end of a name.
PLUGINS = {".gz": "crawler.exports.compression.Gzip", ".zst": "crawler.exports.compression.Zstd"}


class Gzip(GzipPlugin):
    """Scrapy's own, without a time in it: the same articles give the same bytes."""

    def __init__(self, file: BinaryIO, feed_options: dict[str, Any]) -> None:
        plain = {"gzip_mtime": 0, "gzip_filename": "", "gzip_compresslevel": 6}
        super().__init__(file, {**plain, **feed_options})


class Zstd:
    """Zstandard (RFC 8878); `zstd_level` among the feed's options is its level, else 3."""

    def __init__(self, file: BinaryIO, feed_options: dict[str, Any]) -> None:
        compressor: Any = zstandard.ZstdCompressor(level=feed_options.get("zstd_level", 3))
        self.writer = compressor.stream_writer(file, closefd=False)

    def write(self, data: bytes) -> int:
        """How many bytes of the data were taken: all."""
        written: int = self.writer.write(data)
        return written

    def close(self) -> None:
        """Write the end of the frame; the file stays open."""
        self.writer.close()
