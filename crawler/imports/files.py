"""The entries of an exported file, one after the other: JSON lines, compressed or not, Parquet."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import orjson
import zstandard

from crawler.columns import from_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ROWS = 200
# A line that is longer is no article, for MongoDB takes none of that size.
LONGEST_LINE = 64 * 1024 * 1024
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


def entries_of(path: Path | None) -> Iterator[Entry]:
    """The entries of a file, by the end of its name; of lines from standard input without one.

    Raises OSError, and FileError where it is damaged; what came before was told.
    """
    if path is not None and path.suffix == ".parquet":
        yield from _rows(path)
        return
    with _opened(path) as file:
        yield from _lines(file)


@contextmanager
def _opened(path: Path | None) -> Iterator[BinaryIO]:
    """A file's bytes, decompressed."""
    if path is None:
        yield sys.stdin.buffer
        return
    with path.open("rb") as file:
        if path.suffix == ".gz":
            yield cast("BinaryIO", gzip.GzipFile(fileobj=file))
        elif path.suffix == ".zst":
            reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
            yield cast("BinaryIO", io.BufferedReader(cast("Any", reader)))
        else:
            yield file


def _lines(file: BinaryIO) -> Iterator[Entry]:
    """The lines of a file; empty ones are passed over."""
    number = 0
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


def _rows(path: Path) -> Iterator[Entry]:
    """The rows of a table."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise FileError("Parquet needs pyarrow: pip install 'finews[parquet]'") from None
    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as table:
            for batch in table.iter_batches(ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield _row(number, row)
    except pyarrow.ArrowException as error:
        raise FileError(f"it is no Parquet table that can be read: {error}") from None


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
