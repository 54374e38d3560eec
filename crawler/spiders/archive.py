"""What was kept of the site: its own post sources, and captures of earlier crawls."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from crawler.article import ArticleItem
from crawler.captures.framing import Damage
from crawler.captures.reading import capture_files
from crawler.clock import now
from crawler.merge import published_of
from crawler.parts import WHOLE
from crawler.spiders import arguments
from crawler.spiders.captured import Decoder, batches, link_of
from crawler.spiders.categories import Categories
from crawler.spiders.files import files
from crawler.spiders.kept import KeptSpider
from crawler.spiders.reading import Input, read_input
from crawler.store.rejects import Reject

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from crawler.addresses import Link
    from crawler.article import Observation
    from crawler.captures.reading import Capture
    from crawler.parts import Part
    from crawler.spiders.captured import Batch
    from crawler.spiders.reading import Reading

LISTS = ("home", "feed", "category")


class ArchiveSpider(KeptSpider):
    """Reads every *.md below a folder, or captured responses; asks nothing of the network."""

    name = "archive"
    arguments: ClassVar = {
        "path": arguments.folder,
        "warc": arguments.captures,
        "observed": arguments.observed,
        "category": arguments.words,
        "since": arguments.since,
        "until": arguments.until,
        "part": arguments.part,
    }
    required = ("path", "warc")

    def __init__(
        self,
        path: Path | None = None,
        warc: Path | None = None,
        observed: datetime | None = None,
        category: list[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        part: Part = WHOLE,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.path, self.warc = path, warc
        self.part = part
        # Whether this part has anything, and whether others have.
        self.has_own = self.has_others = False
        self.observed = observed
        self.categories = Categories(category or [])
        self.since, self.until = since, until
        self.seen: set[str] = set()
        # Articles whose page was read: a share answer without a body completes no other.
        self.with_page: set[str] = set()

    @classmethod
    def read_arguments(cls, given: dict[str, str]) -> dict[str, Any]:
        """The values of `-a` arguments. Raises ValueError, for a time of captures too."""
        values = super().read_arguments(given)
        if "observed" in values and "path" not in values:
            raise ValueError("-a observed goes with path only: captures know their own time")
        for name in {"category", "since", "until"} & values.keys():
            if "path" not in values:
                raise ValueError(f"-a {name} goes with path only")
        return values

    async def items(self) -> AsyncIterator[ArticleItem]:
        """Sources in the order of names, then captures in the order of their files."""
        for found in (self.sources(), self.captures()):
            async for item in found:
                yield item
        if self.has_others and not self.has_own:
            self.crawler.stats.set_value("finews/nothing_to_do", "nothing is in this part")

    def is_ours(self, key: str) -> bool:
        """Whether what has this key is in the part that is read here."""
        is_ours = self.part.holds(key)
        self.has_own = self.has_own or is_ours
        self.has_others = self.has_others or not is_ours
        return is_ours

    async def sources(self) -> AsyncIterator[ArticleItem]:
        """One article a file; one that cannot be read is kept in rejects."""
        if self.path is None:
            return
        # All files of one article are in one part: by the id, which is the end of the name.
        paths = sorted(self.path.rglob("*.md"))
        found = files(path for path in paths if self.is_ours(path.stem.rpartition("-")[2]))
        while some := await asyncio.to_thread(next, found, None):
            for file in some:
                self.count("posts_listed")
                place = file.path.relative_to(self.path).as_posix()
                at = self.observed or file.modified or datetime.now(UTC)
                given = Input("source_post", place, None, file.raw, at)
                try:
                    if file.error is not None:
                        raise file.error
                    [observation] = read_input(given, self.site).observations
                except Exception as error:
                    await self.keep(given, str(file.path), f"{type(error).__name__}: {error}")
                else:
                    if self.is_chosen(observation):
                        yield ArticleItem(observation.id, [observation])

    def is_chosen(self, observation: Observation) -> bool:
        """Whether a source is of a wanted category and in the wanted range."""
        if not self.categories.is_wanted((observation.category or "").casefold()):
            return False
        told = published_of(observation)
        if told is None:
            return True
        after = self.since is None or told.time >= self.since
        return after and (self.until is None or told.time <= self.until)

    async def captures(self) -> AsyncIterator[ArticleItem]:
        """What pages, feeds and answers said when they were fetched."""
        if self.warc is None:
            return
        self.follow_shares = self.settings.getbool("FOLLOW_SHARE_LINKS")
        self.categories.remember(await self.in_store(self.ledger.categories))
        self.decoder = Decoder(self.crawler)
        # Several parts have it done before they begin.
        if self.part == WHOLE:
            for file in await asyncio.to_thread(capture_files, self.warc):
                await self.in_store(self.rejects.void_capture, str(file))
        found = batches(self.warc, self.site, self.is_ours)
        while batch := await asyncio.to_thread(next, found, None):
            for item in await self.read_batch(batch):
                yield item

    async def read_batch(self, batch: Batch) -> list[ArticleItem]:
        """The items of some captures; whatever link they tell is in the ledger then."""
        items: list[ArticleItem] = []
        links: dict[str, Link] = {}
        lists: list[tuple[Link, datetime]] = []
        for capture in batch:
            if isinstance(capture, Damage):
                # What is between records each part meets.
                if self.part.is_first or capture.in_record:
                    await self.note_damage(capture)
                continue
            link = link_of(capture, self.site)
            if link is None or not self._is_wanted(link):
                continue
            links[link.url] = link
            self._see([link])
            reading = await self.read_capture(capture, link)
            if reading is not None:
                items += self.articles(link, reading)
                told = [link for link in reading.links if self._is_wanted(link)]
                links.update((link.url, link) for link in told)
                if link.kind in LISTS:
                    lists.append((link, capture.fetched_at))
        await self.in_store(self.ledger.discover, list(links.values()))
        for link, at in lists:
            await self.list_read(link, at)
        return items

    def _is_wanted(self, link: Link) -> bool:
        return self.follow_shares or link.kind != "share"

    async def read_capture(self, capture: Capture, link: Link) -> Reading | None:
        """What a captured response says; what cannot be read of it is kept in rejects."""
        at = capture.fetched_at
        given = Input(link.kind, link.url, link.article_id, capture.body, at)
        try:
            given = replace(given, raw=self.decoder.body_of(capture))
            reading = read_input(given, self.site)
        except Exception as error:
            await self.keep(given, link.url, f"{type(error).__name__}: {error}")
            return None
        if reading.problem is not None:
            await self.keep(given, link.url, reading.problem)
        return reading

    def articles(self, link: Link, reading: Reading) -> list[ArticleItem]:
        """The items of what was read, after what it tells of the site is learnt."""
        if reading.slug is not None:
            exact = link.kind == "category"
            (self.categories.answered if exact else self.categories.learn)(reading.slug)
        self._see(reading.links)
        if link.kind == "post" and link.article_id:
            self.with_page.add(link.article_id)
        items = []
        for observation in reading.observations:
            if reading.done or observation.id in self.with_page:
                self.categories.name(observation)
                done = [link.url] if reading.done and link.kind not in LISTS else []
                items.append(ArticleItem(observation.id, [observation], done))
        return items

    def _see(self, links: list[Link]) -> None:
        """Count articles, each once."""
        new = {link.article_id for link in links if link.article_id} - self.seen
        self.seen |= new
        self.count("posts_listed", len(new))

    async def note_damage(self, damage: Damage) -> None:
        """Tell where a file cannot be read; one that ends within a record lost no more."""
        where = f"{damage.file}, byte {damage.offset}"
        if damage.cut:
            self.logger.warning("%s: %s; it is passed over", where, damage.reason)
            return
        reject = Reject("capture", damage.reason, "capture", where, None, b"", now())
        await self.keep_reject(reject, where)

    async def finish(self, reason: str) -> None:
        """Give articles the exact slugs that only other pages told."""
        await self.name_categories(self.categories.exact.values())
