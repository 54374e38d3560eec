"""The records of a WARC file one after the other, past those that cannot be read."""

from __future__ import annotations

import hashlib
import mmap
import zlib
from base64 import b32encode
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

if TYPE_CHECKING:
    from collections.abc import Iterator

GZIP = b"\x1f\x8b\x08"
RECORD = b"WARC/"
END = b"\r\n\r\n"
CHUNK = 64 * 1024
LONGEST_LINE = 64 * 1024
# Twice what a crawl takes from the wire.
LARGEST_BLOCK = 64 * 1024 * 1024
HEADERS = StatusAndHeadersParser(["WARC/1.1", "WARC/1.0", "WARC/0.18", "WARC/0.17"])


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it stands in a file: its own headers, and what they are of."""

    offset: int
    headers: Any
    block: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """Where a file cannot be read, in bytes from its begin.

    `cut`: it ends within a record. `in_record`: a record is whole, but not what it holds.
    """

    file: Path
    offset: int
    reason: str
    cut: bool = False
    in_record: bool = False


class UnreadableError(Exception):
    """What stands where a record should; the message says why it is none."""


class CutShortError(UnreadableError):
    """The file's end, within a record."""


def holds_records(path: Path) -> bool:
    """Whether a file begins as a WARC file does. Raises OSError."""
    with path.open("rb") as file:
        return _inflated_start(file.read(CHUNK)).startswith(RECORD)


def read_records(path: Path) -> Iterator[Record | Damage]:
    """The records of a file, gzipped or not, and what keeps others from being read.

    After damage it goes on with the next record that can be found. Raises OSError.
    """
    with path.open("rb") as file:
        kind = _Gzipped if file.read(len(GZIP)) == GZIP else _Plain
        stream = kind(file, 0)
        while True:
            try:
                record = _next_record(stream)
            except (UnreadableError, StatusAndHeadersParserException, zlib.error) as error:
                further = kind.find(file, stream.start + 1)
                cut = isinstance(error, CutShortError) and further is None
                yield Damage(path, stream.start, _line(error), cut)
                if further is None:
                    return
                stream = kind(file, further)
            else:
                if record is None:
                    return
                yield record


def _next_record(stream: _Stream) -> Record | None:
    """The record that begins where the stream stands; None at its end."""
    if not stream.begin():
        return None
    if len(stream.buffer) >= len(RECORD) and not stream.buffer.startswith(RECORD):
        raise UnreadableError("no record begins here")
    headers = HEADERS.parse(stream)
    length = headers.get_header("Content-Length") or ""
    if not length.isdecimal():
        raise UnreadableError(f"Content-Length is no number: {length!r}")
    if int(length) > LARGEST_BLOCK:
        raise UnreadableError(f"a record of {int(length):,} bytes, more than a crawl takes")
    block = stream.read(int(length))
    if stream.read(len(END)) != END:
        raise UnreadableError("the record does not end where its Content-Length says")
    stream.finish()
    if not _is_whole(headers.get_header("WARC-Block-Digest") or "", block):
        raise UnreadableError("the record is not what its digest says")
    return Record(stream.start, headers, block)


def _is_whole(digest: str, block: bytes) -> bool:
    """Whether a block is the one of its digest; one of an unknown kind is believed."""
    name, _, value = digest.partition(":")
    if name.lower() not in ("md5", "sha1", "sha256", "sha512"):
        return True
    told = hashlib.new(name.lower(), block, usedforsecurity=False).digest()
    return value.upper().rstrip("=") in (b32encode(told).decode().rstrip("="), told.hex().upper())


class _Stream:
    """The bytes of a file's records; `start` is where the present record begins in the file."""

    def __init__(self, file: IO[bytes], offset: int) -> None:
        file.seek(offset)
        self.file = file
        self.start = offset
        self.buffer = b""

    def begin(self) -> bool:
        """Go to the next record, past empty lines; False at the end of the file."""
        while not self.buffer.lstrip(b"\r\n"):
            self.buffer = b""
            try:
                if not self._fill():
                    return False
            finally:
                self.start = self._place()
        self.start = self._place()
        self.buffer = self.buffer.lstrip(b"\r\n")
        return True

    def readline(self) -> bytes:
        while b"\n" not in self.buffer:
            if len(self.buffer) > LONGEST_LINE:
                raise UnreadableError("a line without end")
            self._need()
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line + b"\n"

    def read(self, number: int) -> bytes:
        parts, missing = [self.buffer], number - len(self.buffer)
        while missing > 0:
            self.buffer = b""
            self._need()
            parts.append(self.buffer)
            missing -= len(self.buffer)
        whole = b"".join(parts)
        self.buffer = whole[number:]
        return whole[:number]

    def finish(self) -> None:
        """Check what stands behind a record."""

    def _need(self) -> None:
        if not self._fill():
            raise CutShortError("the file ends within this record")

    def _fill(self) -> bool:
        """Take more bytes into the buffer; False at the end of the file."""
        raise NotImplementedError

    def _place(self) -> int:
        """Where the buffer begins in the file."""
        raise NotImplementedError


class _Plain(_Stream):
    """A file that is not compressed."""

    def _fill(self) -> bool:
        more = self.file.read(CHUNK)
        self.buffer += more
        return bool(more)

    def _place(self) -> int:
        return self.file.tell() - len(self.buffer)

    @staticmethod
    def find(file: IO[bytes], offset: int) -> int | None:
        """Where the next record begins."""
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            found = content.find(b"\n" + RECORD, offset)
        return found + 1 if found >= 0 else None


class _Gzipped(_Stream):
    """A file of gzip members: one a record, though nothing here needs that."""

    def __init__(self, file: IO[bytes], offset: int) -> None:
        super().__init__(file, offset)
        self.member = offset
        self.inflater = zlib.decompressobj(zlib.MAX_WBITS + 16)
        self.given = b""

    def finish(self) -> None:
        """Come to the end of a member whose bytes are all read, where its checksum stands."""
        if not self.buffer:
            self.buffer = self._inflate()

    def _fill(self) -> bool:
        while not (more := self._inflate()):
            rest = self.inflater.unused_data or self.file.read(CHUNK)
            if not rest:
                return False
            self.member = self.file.tell() - len(rest)
            self.inflater = zlib.decompressobj(zlib.MAX_WBITS + 16)
            self.given = rest
        self.buffer += more
        return True

    def _inflate(self) -> bytes:
        """More bytes of the present member; none when it is over."""
        while not self.inflater.eof:
            given = self.given or self.inflater.unconsumed_tail or self.file.read(CHUNK)
            self.given = b""
            more = self.inflater.decompress(given, CHUNK)
            if more:
                return more
            if not given and not self.inflater.eof:
                raise CutShortError("the file ends within this record")
        return b""

    def _place(self) -> int:
        return self.member

    @staticmethod
    def find(file: IO[bytes], offset: int) -> int | None:
        """Where the next member begins that holds a record."""
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            while (offset := content.find(GZIP, offset)) >= 0:
                if _inflated_start(content[offset : offset + CHUNK]).startswith(RECORD):
                    return offset
                offset += 1
        return None


def _inflated_start(content: bytes) -> bytes:
    """The first bytes of a file or member, decompressed if they are compressed."""
    if not content.startswith(GZIP):
        return content
    try:
        return zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(content, len(RECORD))
    except zlib.error:
        return b""


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
