"""The site's own post sources, from a folder of Jekyll files."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import signals

from crawler.article import ArticleItem
from crawler.pages.source_post import SourcePost
from crawler.spiders import arguments
from crawler.spiders.base import LedgerSpider
from crawler.store.rejects import Reject

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

# Scrapy takes items from start() without end; more than this are not in process at once.
MOST_IN_PROCESS = 200


class ArchiveSpider(LedgerSpider):
    """Reads every *.md below a folder; asks nothing of the network."""

    name = "archive"
    arguments: ClassVar = {"path": arguments.folder, "observed": arguments.observed}
    required = ("path",)

    def __init__(self, path: Path, observed: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.path = path
        self.observed = observed
        self.room = asyncio.Semaphore(MOST_IN_PROCESS)

    async def start(self) -> AsyncIterator[Any]:
        """One article a file, in the order of names."""
        for signal in (signals.item_scraped, signals.item_dropped, signals.item_error):
            self.crawler.signals.connect(self._make_room, signal)
        for path in sorted(self.path.rglob("*.md")):
            self.count("posts_listed")
            item = await self.read(path)
            if item is not None:
                await self.room.acquire()
                yield item
        # The engine looks for the end when start() ends, and then only every five seconds.
        for _ in range(MOST_IN_PROCESS):
            await self.room.acquire()

    def _make_room(self, **_: Any) -> None:
        self.room.release()

    async def read(self, path: Path) -> ArticleItem | None:
        """The article of a file; one that cannot be read is kept in rejects."""
        raw = b""
        try:
            raw = await asyncio.to_thread(path.read_bytes)
            place = path.relative_to(self.path).as_posix()
            post = SourcePost(raw.decode("utf-8"), place, self.site)
            observation = post.observation(self.observed or _modified(path))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            self.note_reject(str(path), reason)
            reject = Reject("page/source_post", reason, str(path), None, raw)
            await self.in_store(self.rejects.add, reject)
            return None
        observation.raw = raw
        return ArticleItem(observation.id, [observation])


def _modified(path: Path) -> datetime:
    """When the file was last written, in whole milliseconds."""
    return datetime.fromtimestamp(path.stat().st_mtime_ns // 1_000_000 / 1000, UTC)
