"""Backups: all collections as they were at one moment, in one file.

A ZIP archive with `<collection>.bson` for each collection (its documents one after the other, as
mongodump writes them; names are percent-encoded), and `backup.json`, the manifest.
"""

from __future__ import annotations

import json
import struct
import time
import zlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import quote
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from pymongo.errors import OperationFailure

from crawler import __version__
from crawler.article import SCHEMA_VERSION
from crawler.clock import now
from crawler.store.errors import StoreError
from crawler.store.snapshot import SNAPSHOT_UNAVAILABLE, is_too_old, snapshot
from crawler.store.swap import identities_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from crawler.store.connection import Store

MANIFEST = "backup.json"
FORMAT = "finews backup"
VERSION = 1
CHANGED = "a collection was dropped or made anew during the backup; run it again"
BATCH_DOCUMENTS = 200
LEAST_DOCUMENT, LARGEST_DOCUMENT = 5, 16 * 1024 * 1024 + 16 * 1024
BROKEN = (
    *(BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError),
    *(ValueError, LookupError, TypeError, AttributeError, OverflowError),
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: how many documents of each collection; `at` is ISO 8601 in UTC."""

    format: str
    version: int
    schema: int
    program: str
    at: str
    database: str
    collections: dict[str, int]

    @property
    def documents(self) -> int:
        """How many documents there are in all."""
        return sum(self.collections.values())


def write_backup(store: Store, file: BinaryIO) -> Manifest:
    """Write a backup while others go on writing into the store. Raises StoreError."""
    counts: dict[str, int] = {}
    at = now().isoformat(timespec="seconds")
    try:
        collections = identities_of(store.database)
        with ZipFile(file, "w", ZIP_DEFLATED) as archive, snapshot(store, collections) as session:
            for name in collections:
                cursor = store.collection(name).find_raw_batches(
                    {}, session=session, batch_size=BATCH_DOCUMENTS
                )
                batches = cast("Iterable[bytes]", cursor)
                with archive.open(_entry(_member(name)), "w", force_zip64=True) as member:
                    counts[name] = sum(_write(batch, member) for batch in batches)
            # A dropped collection reads as an empty one.
            if not collections.items() <= identities_of(store.database).items():
                raise StoreError(CHANGED)
            manifest = Manifest(
                FORMAT, VERSION, SCHEMA_VERSION, __version__, at, store.database.name, counts
            )
            text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1)
            archive.writestr(_entry(MANIFEST), text)
    except OperationFailure as error:
        raise _no_snapshot(error) from None
    return manifest


def open_backup(file: BinaryIO) -> ZipFile:
    """The archive in a file. Raises StoreError."""
    try:
        return ZipFile(file)
    except BROKEN as error:
        raise StoreError(f"the file is no backup of finews ({_line(error)})") from None


def read_manifest(archive: ZipFile) -> Manifest:
    """What an archive holds, after all of it was read and found whole. Raises StoreError."""
    manifest = _told(archive)
    try:
        for name, count in manifest.collections.items():
            found = sum(1 for _ in read_documents(archive, name))
            if found != count:
                raise ValueError(f"{name} has {found} documents in place of {count}")
    except BROKEN as error:
        raise StoreError(f"the backup is damaged ({_line(error)}); take another one") from None
    return manifest


def _told(archive: ZipFile) -> Manifest:
    """The manifest as it stands there."""
    try:
        told = json.loads(archive.read(MANIFEST))
        if told["format"] != FORMAT:
            raise ValueError(f"its format is {told['format']!r}")
        if told["version"] != VERSION:
            raise StoreError(
                f"the backup is in version {told['version']} of its format, and this finews reads "
                f"{VERSION}; restore it with finews {told['program']}"
            )
        manifest = Manifest(**told)
        if manifest.schema > SCHEMA_VERSION:
            raise StoreError(
                f"the backup is of schema {manifest.schema}, and this finews knows "
                f"{SCHEMA_VERSION}; restore it with finews {manifest.program}"
            )
        if not all(isinstance(count, int) for count in manifest.collections.values()):
            raise ValueError(f"{MANIFEST} does not count its documents")
    except BROKEN as error:
        raise StoreError(f"the file is no backup of finews ({_line(error)})") from None
    return manifest


def read_documents(archive: ZipFile, name: str) -> Iterator[bytes]:
    """The documents of a collection, as BSON."""
    with archive.open(_member(name)) as member:
        yield from documents(member)


def documents(stream: IO[bytes]) -> Iterator[bytes]:
    """BSON documents that stand one after the other. Raises ValueError where one cannot be."""
    while head := stream.read(4):
        size = int.from_bytes(head, "little")
        if not LEAST_DOCUMENT <= size <= LARGEST_DOCUMENT:
            raise ValueError(f"a document of {size} bytes")
        document = head + stream.read(size - 4)
        if len(document) != size or document[-1]:
            raise ValueError("a document that is cut short")
        yield document


def _write(batch: bytes, member: IO[bytes]) -> int:
    """Write a batch of documents; how many they are."""
    member.write(batch)
    count = at = 0
    while at < len(batch):
        at += int.from_bytes(batch[at : at + 4], "little")
        count += 1
    return count


def _member(name: str) -> str:
    return f"{quote(name, safe='')}.bson"


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, time.localtime()[:6])
    entry.compress_type = ZIP_DEFLATED
    return entry


def _no_snapshot(error: OperationFailure) -> StoreError:
    if is_too_old(error):
        return StoreError(
            "the server does not keep its history for as long as the backup takes; raise its "
            "parameter minSnapshotHistoryWindowInSeconds"
        )
    if error.code == SNAPSHOT_UNAVAILABLE:
        return StoreError(CHANGED)
    return StoreError(f"the store refuses to be read: {_line(error)}")


def _line(error: Exception) -> str:
    text = " ".join(str(error).split()).partition(", full error")[0]
    return text or type(error).__name__
