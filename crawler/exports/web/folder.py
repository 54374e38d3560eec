"""The folder: an index, and for each category and security feeds and all articles as JSON lines."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from crawler.article import SCHEMA_VERSION
from crawler.exports.formats.registry import FORMATS, Form
from crawler.exports.names import digest_of
from crawler.exports.progress import watched
from crawler.exports.web.index import MARK, NEWEST, index_page
from crawler.exports.web.manifest import Manifest, Written
from crawler.exports.web.outlet import OWN, Outlet
from crawler.exports.web.places import ATOM, FILES, JSON_FEED, LINES, places
from crawler.store.errors import StoreError
from crawler.store.groups import identity_of
from crawler.store.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from crawler.exports.formats.record import Record
    from crawler.exports.formats.registry import Format
    from crawler.exports.web.places import Place
    from crawler.store.connection import Store
    from crawler.store.selection import Selection

# To be raised when the same articles make other files: a test tells.
FORM = 1
INDEX, MANIFEST = "index.html", f"{OWN}/manifest.json"
LINES_FORM = Form(FORMATS["jsonl"])
FEEDS = {ATOM: FORMATS["atom"], JSON_FEED: FORMATS["jsonfeed"]}
# What stands at the top of the folder.
TOP = ("all", "category", "symbol")
# The mark is among the first characters of the index.
HEAD = 1000


class ForeignFolderError(Exception):
    """The folder is somebody else's web site; the message is one line."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What an update did, and how many files a web server finds there."""

    files_written: int
    files_removed: int
    files: int


class WebFolder:
    """Brings a folder up to date; whatever stops it, the next update completes it.

    `base_url`: where the folder is served, for the feeds' links to themselves.
    """

    def __init__(
        self, store: Store, selection: Selection, folder: Path, base_url: str | None = None
    ) -> None:
        self.store, self.selection, self.folder = store, selection, folder
        self.base = f"{base_url.rstrip('/')}/" if base_url else None

    def update(self) -> Changed:
        """Write what changed and remove what is no more.

        Raises ForeignFolderError, FolderBusyError, OSError and StoreError.
        """
        _check_free(self.folder)
        with Outlet(self.folder) as outlet:
            identity = identity_of(self.store)
            with Reader(self.store) as reader:
                return self._update(reader, outlet, identity)

    def _update(self, reader: Reader, outlet: Outlet, identity: str) -> Changed:
        found = places(reader.groups(self.selection))
        told = [identity, FORM, SCHEMA_VERSION, self.selection.told(), self.base]
        made_of = {place.path: _made_of(place, told) for place in found}
        before = Manifest.read(self.folder / MANIFEST).groups
        kept = {
            path: before[path]
            for path in before.keys() & made_of.keys()
            if before[path] == Written(made_of[path], outlet.sizes(path, FILES))
        }
        owed = [place for place in found if place.path not in kept]
        gone = before.keys() - made_of.keys()
        if owed or gone:
            # A kill leaves no file that no manifest names, and none that passes for what it is not.
            begun = dict.fromkeys((*gone, *(place.path for place in owed)), Written())
            _save(kept | begun, outlet)
        for place in watched(owed, "writing feeds", lambda: len(owed), every=1):
            self._write(place, reader, outlet)
            kept[place.path] = Written(made_of[place.path], outlet.sizes(place.path, FILES))
        if identity_of(self.store) != identity:
            raise StoreError("the store was restored while it was read; run it again")
        with outlet.file(INDEX) as file:
            file.write(index_page(found).encode())
        for path in sorted(gone):
            outlet.remove(path, FILES)
        _save(kept, outlet)
        return Changed(outlet.files_written, outlet.files_removed, len(FILES) * len(found) + 1)

    def _write(self, place: Place, reader: Reader, outlet: Outlet) -> None:
        """Write the files of a group; its articles are read once."""
        newest: deque[Record] = deque(maxlen=NEWEST)
        with outlet.file(f"{place.path}/{LINES}") as file:
            records = _noting(reader.records_of(self.selection, place.group), newest)
            if LINES_FORM.write(records, file) != place.group.articles:
                raise StoreError(
                    f"the store did not give all articles of {place.path}; run it again"
                )
        for name, feed in FEEDS.items():
            url = place.url(name, self.base) if self.base else None
            form = Form(feed, options=_options(feed, place, url))
            with outlet.file(f"{place.path}/{name}") as file:
                form.write(reversed(newest), file)


def _options(feed: Format, place: Place, url: str | None) -> dict[str, Any]:
    told = {"title": place.title, "feed_url": url}
    return {**told, "feed_id": place.feed_id} if feed is FORMATS["atom"] else told


def _noting(records: Iterable[Record], newest: deque[Record]) -> Iterator[Record]:
    for record in records:
        newest.append(record)
        yield record


def _made_of(place: Place, told: list[Any]) -> str:
    """What the files of a group follow from; its articles by their number and last change."""
    group = place.group
    return digest_of(orjson.dumps([told, group.name, group.articles, group.seq]).decode())


def _save(groups: dict[str, Written], outlet: Outlet) -> None:
    with outlet.file(MANIFEST) as file:
        file.write(Manifest(groups).as_bytes())


def _check_free(folder: Path) -> None:
    """Raises ForeignFolderError when something of another's would be lost."""
    taken = [] if (folder / OWN).is_dir() else [INDEX, *TOP]
    for path in map(folder.joinpath, taken):
        if path.exists():
            raise ForeignFolderError(
                f"{path} is not finews's own: remove it, or name another folder"
            )
    index = folder / INDEX
    if index.exists() and MARK not in index.read_text(encoding="utf-8", errors="replace")[:HEAD]:
        raise ForeignFolderError(f"{index} is not finews's own: remove it, or name another folder")
