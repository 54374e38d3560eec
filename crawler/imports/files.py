"""The entries of an exported file, one after the other: JSON lines, compressed or not, Parquet."""

from __future__ import annotations

import gzip
import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import orjson
import zstandard

from crawler.columns import from_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import BufferedReader

ROWS = 200
# A line that is longer is no article, for MongoDB takes none of that size.
LONGEST_LINE = 64 * 1024 * 1024
# By these bytes formats are known.
PARQUET, GZIP, ZSTD = b"PAR1", b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
CHUNK = 1024 * 1024
# So many lines without one of JSON, and the rest is not read.
MOST_PROBLEMS = 20
BROKEN = (EOFError, zlib.error, zstandard.ZstdError, gzip.BadGzipFile)


class FileError(Exception):
    """A file cannot be read on; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line or row: its number from 1, as it stands there, and what it says, if it can be read.

    `problem` is why it cannot.
    """

    number: int
    raw: bytes
    record: Any = None
    problem: str | None = None


def entries_of(file: BufferedReader) -> Iterator[Entry]:
    """The entries of a file, whatever its name, by its first bytes.

    Raises FileError where it is damaged, or no export; what came before was told.
    """
    head = file.peek(4)[:4]
    if head == PARQUET:
        yield from _rows(file)
    elif head.startswith(GZIP):
        yield from _lines(cast("BinaryIO", gzip.GzipFile(fileobj=file)))
    elif head == ZSTD:
        yield from _lines(cast("BinaryIO", io.BufferedReader(_Frames(file))))
    else:
        yield from _lines(file)


class _Frames(io.RawIOBase):
    """The content of zstd frames, one after the other; EOFError where the last is not whole."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.frame: Any = None
        self.content = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.content and self._read_on():
            pass
        number = min(len(buffer), len(self.content))
        buffer[:number] = self.content[:number]
        self.content = self.content[number:]
        return number

    def _read_on(self) -> bool:
        """Whether there was something to be read."""
        data = self.frame.unused_data if self.frame and self.frame.eof else b""
        data = data or self.file.read(CHUNK)
        if not data:
            if self.frame and not self.frame.eof:
                raise EOFError("the end is missing")
            return False
        if self.frame is None or self.frame.eof:
            self.frame = zstandard.ZstdDecompressor().decompressobj()
        self.content = memoryview(self.frame.decompress(data))
        return True


def _lines(file: BinaryIO) -> Iterator[Entry]:
    """The lines of a file; empty ones are passed over."""
    number = problems = 0
    while line := _line(file.readline, number + 1):
        number += 1
        if not line.strip():
            continue
        if len(line) > LONGEST_LINE:
            raise FileError(f"line {number} is longer than {LONGEST_LINE:,} bytes")
        try:
            yield Entry(number, line, orjson.loads(line))
        except orjson.JSONDecodeError as error:
            yield Entry(number, line, problem=f"not JSON: {error}")
            problems += 1
            if problems == number == MOST_PROBLEMS:
                raise FileError(f"its first {number} lines are no JSON: is it an export?") from None


def _rows(file: BinaryIO) -> Iterator[Entry]:
    """The rows of a table."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise FileError("Parquet needs pyarrow: pip install 'finews[parquet]'") from None
    number = 0
    try:
        with pyarrow.parquet.ParquetFile(_seekable(file)) as table:
            for batch in table.iter_batches(ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield _row(number, row)
    except (pyarrow.ArrowException, OSError) as error:
        told = " ".join(str(error).split())
        raise FileError(f"it is no Parquet table that can be read: {told}") from None


def _seekable(file: BinaryIO) -> Any:
    """A table is read from its end; what comes through a pipe is read as a whole first."""
    return file if file.seekable() else io.BytesIO(file.read())


def _row(number: int, row: dict[str, Any]) -> Entry:
    raw = repr(row).encode("utf-8", "replace")
    try:
        return Entry(number, raw, from_row(row))
    except (KeyError, TypeError, AttributeError) as error:
        return Entry(number, raw, problem=f"no row of articles: {type(error).__name__}: {error}")


def _line(readline: Callable[[int], bytes], number: int) -> bytes:
    try:
        return readline(LONGEST_LINE + 1)
    except BROKEN as error:
        told = str(error) or type(error).__name__
        raise FileError(f"it is damaged at line {number}: {told}") from None
