"""What `finews backfill` runs: lists, the posts that they tell of, then share answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import signals

from crawler import clock
from crawler.addresses import is_info_code
from crawler.article import SHANGHAI
from crawler.scout import Scout
from crawler.spiders import arguments
from crawler.spiders.agenda import Agenda
from crawler.spiders.base import fetched_of
from crawler.spiders.categories import key_of
from crawler.spiders.finews import FinewsSpider
from crawler.spiders.posts import PostSpider
from crawler.spiders.retention import fate_of
from crawler.store.backlog import Backlog, Scope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import date, datetime

    from scrapy import Request
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.addresses import Link
    from crawler.fetched import Fetched
    from crawler.store.backlog import Answerable


# So long a process without work waits for more, while the lists are being read.
SCOUT_SECONDS = 0.2


class BackfillListsSpider(FinewsSpider):
    """Writes what category pages list into the ledger, for others to ask for."""

    name = "backfill_lists"

    async def start(self) -> AsyncIterator[Any]:
        """The pages of the wanted categories; without any, the home page and all of them."""
        await self.prepare()
        await self.read_agenda(everything=True)
        async for request in self.after_feed():
            yield request

    async def owed(self) -> AsyncIterator[Request]:
        """Nothing: that is what the next stage is for."""
        return
        yield

    async def choose(self, posts: Sequence[Link]) -> list[Link]:
        """One of each category whose exact slug only a footer tells; the others have their turn.

        What the site did not have earlier, and lists, is to be had again.
        """
        await self.discover(posts)
        await self.in_store(self.ledger.reopen, posts)
        known = self.categories
        first = {key_of(post): post for post in reversed(posts)}
        unknown = [key for key in first if key not in known.slugs and not known.telling[key]]
        return await self.take([first[key] for key in unknown])

    def request_post(self, post: Link, known: Fetched | None = None, **details: Any) -> Request:
        """The request of such a post; when it does not come, its turn is with the others still."""
        return super().request_post(post, known, errback=self.first_failed, **details)

    async def first_failed(self, failure: Failure) -> list[Request]:
        """What follows without such a post."""
        self.queued -= 1
        return [*self.next_requests(), *await self.footer_failed(failure)]


class BackfillSpider(PostSpider):
    """Asks for what the ledger still wants, some links at a time, as many processes as there are.

    What another holds is left to it; what a dead one held is taken over.
    """

    name = "backfill"
    arguments: ClassVar = {
        **PostSpider.arguments,
        "began": arguments.observed,
        "shares": arguments.flag,
        "oldest_first": arguments.flag,
    }

    def __init__(
        self,
        began: datetime | None = None,
        shares: bool = False,
        oldest_first: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.began = began
        self.shares = shares
        self.oldest_first = oldest_first
        self.taken = 0
        self.scout = Scout.of_environment()
        self.oldest_day: date | None = None

    async def start(self) -> AsyncIterator[Any]:
        """The requests of one stage; the next ones only when those before are on their way."""
        await self.prepare()
        began = self.began if self.began else await self.in_store(self.store.now)
        days = (time and time.astimezone(SHANGHAI).date() for time in (self.since, self.until))
        self.backlog = Backlog(
            self.store, Scope(tuple(self.categories.wanted.values()), *days), began
        )
        retention = self.settings.getfloat("SITE_RETENTION_DAYS")
        today = clock.now().astimezone(SHANGHAI).date()
        lists = await self.in_store(self.ledger.lists)
        self.oldest_day = Agenda(lists, 0, 0).oldest_listed({}, today, retention)
        async for requests in self.share_requests() if self.shares else self.post_requests():
            self.taken += len(requests)
            self.crawler.stats.set_value("finews/posts_listed", self.taken)
            for request in requests:
                yield request
            if requests:
                await self.crawler.signals.wait_for(signals.scheduler_empty)
        if not self.taken:
            self.crawler.stats.set_value("finews/nothing_to_do", "nothing is left to be asked for")

    async def post_requests(self) -> AsyncIterator[list[Request]]:
        """Those of the posts, in the order of their days, until there are no more."""
        before: list[Link] = []
        while True:
            # What is found after this look is looked for once more.
            is_out = self.scout.is_out()
            posts = await self.in_store(self.backlog.posts, self.oldest_first)
            taken = await self.claim(posts, by_name=True)
            if taken:
                yield [self.ask_post(post) for post in taken]
            elif is_out:
                await asyncio.to_thread(self.scout.is_out, SCOUT_SECONDS)
            elif posts == before:
                return
            before = posts

    async def share_requests(self) -> AsyncIterator[list[Request]]:
        """Those of the posts' share answers, whether a page told of them or the post's own id."""
        async for posts in self.pages_of(self.backlog.all_posts):
            found = await self.in_store(self.backlog.shares, posts)
            wanted = {link.url: (link, one) for one in found if (link := self.share_of(one))}
            taken = await self.take([link for link, _ in wanted.values()], by_name=True)
            yield [
                self.ask(link, self.parse_lost_share, cb_kwargs={"of": wanted[link.url][1]})
                for link in taken
            ]
        if self.categories.wanted or self.since or self.until:
            return
        async for shares in self.pages_of(self.backlog.shares_alone):
            taken = await self.claim(shares, by_name=True)
            yield [self.ask(link, self.parse_share_alone) for link in taken]

    def share_of(self, one: Answerable) -> Link | None:
        """The share link of a post; its id is an infoCode, unless it is a brief's."""
        code = one.post.article_id or ""
        if one.share is None and is_info_code(code):
            return self.site.share(code)
        return one.share

    async def parse_lost_share(
        self, response: Response, link: Link, of: Answerable
    ) -> AsyncIterator[Any]:
        """The article of an answer; where its page is lost, the post's address tells the rest."""
        read = await self.read_share(response, link)
        if read is None or not read[1]:
            return
        share, _ = read
        if not of.is_stored:
            share.url, share.category = of.post.url, of.post.category
        for item in await self.articles([share], {link.url: fetched_of(response)}):
            yield item

    async def missing(self, link: Link, status: int) -> None:
        """A post or share answer that is not there; the lists of a moment ago tell what that is."""
        if link.kind != "post":
            await super().missing(link, status)
            return
        fate = fate_of(link.day, self.oldest_day)
        self.count(f"{fate}/post")
        await self.in_store(self.ledger.settle, [link.url], fate, f"HTTP {status}")
