"""Posts and their share answers: what makes an article, wherever its link was found."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from crawler.article import ArticleItem
from crawler.dates import ARTEFACT
from crawler.merge import published_of
from crawler.pages.post import PostPage
from crawler.spiders import arguments
from crawler.spiders.base import LedgerSpider, fetched_at, fetched_of, is_unchanged, text_of
from crawler.spiders.categories import Categories, key_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from datetime import datetime

    from scrapy import Request
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.addresses import Link
    from crawler.article import Observation
    from crawler.fetched import Fetched

# Shares before posts before lists.
SHARE_PRIORITY, POST_PRIORITY = 20, 10


class PostSpider(LedgerSpider):
    """A spider that asks for posts of some categories, or all, and of a range of time."""

    arguments: ClassVar = {
        "category": arguments.words,
        "since": arguments.since,
        "until": arguments.until,
    }

    def __init__(
        self,
        category: list[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        full: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.categories = Categories(category or [])
        self.since, self.until = since, until
        self.full = full
        self.follow_shares = True
        # What the feed says of posts whose page is not read yet, by id.
        self.entries: dict[str, Observation] = {}

    @classmethod
    def read_arguments(cls, given: dict[str, str]) -> dict[str, Any]:
        """The values of `-a` arguments. Raises ValueError, for an empty range too."""
        values = super().read_arguments(given)
        since, until = values.get("since"), values.get("until")
        if since and until and since > until:
            raise ValueError(f"-a since={given['since']} is after -a until={given['until']}")
        return values

    async def prepare(self) -> None:
        """What comes before anything is asked for."""
        await self.in_store(self.ledger.release_dead)
        self.categories.remember(await self.in_store(self.ledger.categories))
        self.follow_shares = self.settings.getbool("FOLLOW_SHARE_LINKS")

    def ask_post(self, post: Link, known: Fetched | None = None) -> Request:
        """The request of a post, whose footer may tell its category's exact slug."""
        self.categories.expect(key_of(post))
        return self.request_post(post, known)

    def request_post(self, post: Link, known: Fetched | None = None, **details: Any) -> Request:
        """The request of a post that is expected to tell that."""
        details |= {"priority": POST_PRIORITY, "cb_kwargs": {"known": known}}
        return self.ask(post, self.parse_post, known, **details)

    def is_wanted(self, post: Link, category: str | None) -> bool:
        """Whether a post is in a wanted category and, as far as its address tells, in the range.

        The page of a date without a zone can be a day late, so the day after is asked for too.
        """
        if not self.categories.is_wanted(category or key_of(post)):
            return False
        if post.day is None:
            return True
        if self.since is not None and post.day < self.since.date():
            return False
        return self.until is None or post.day <= self.until.date() + timedelta(days=1)

    async def parse_post(
        self, response: Response, link: Link, known: Fetched | None
    ) -> AsyncIterator[Any]:
        """An article, with the share answer that completes it.

        `known`: what is stored of the post, when it is looked at again.
        """
        if is_unchanged(response):
            await self.not_modified(link)
            for told in await self.without_page(link):
                yield told
            return
        try:
            page = PostPage(text_of(response), link)
            fetched = fetched_of(response, page.digest)
            observation = page.observation(fetched_at(response))
        except Exception as error:
            await self.reject(link, response, error)
            for told in await self.without_page(link):
                yield told
            return
        observation.raw = response.body
        async for request in self.resolve(link, page.slug):
            yield request
        if known and known.digest == fetched.digest:
            # The site is built again as a whole, so that headers tell little.
            await self.in_store(self.ledger.unchanged, link, fetched)
            for item in await self.by_feed(link):
                yield item
            return
        share = page.body.info_code
        if share and self.follow_shares and self.may_be_in_range(observation):
            links = [self.site.share(share, page.article_id)]
            again = self.full or known is not None
            stored = await self.in_store(self.ledger.fetched, links) if known else {}
            for share_link in await self.take(links, again=again):
                request = self.ask(
                    share_link,
                    self.parse_share,
                    stored.get(share_link.url),
                    cb_kwargs={"page": observation, "fetched": fetched},
                )
                async for told in self.ask_now(request):
                    yield told
                return
        for item in await self.articles([observation], {link.url: fetched}):
            yield item

    async def without_page(self, post: Link) -> list[Any]:
        """What follows from a post whose page tells nothing, or nothing new."""
        requests = [request async for request in self.resolve(post, None)]
        return [*requests, *await self.by_feed(post)]

    async def resolve(self, post: Link, slug: str | None) -> AsyncIterator[Request]:
        """What follows from the slug in a post's footer, or from there being none."""
        self.categories.told_by_footer(key_of(post), slug)
        return
        yield

    async def parse_share(
        self, response: Response, link: Link, page: Observation, fetched: Fetched
    ) -> AsyncIterator[Any]:
        """The share answer, joined to its post."""
        links = {page.address: fetched}
        observations = [page]
        if is_unchanged(response):
            await self.not_modified(link)
        elif read := await self.read_share(response, link):
            share, done = read
            observations.insert(0, share)
            links |= dict.fromkeys(done, fetched_of(response))
        for item in await self.articles(observations, links):
            yield item

    async def articles(
        self, observations: list[Observation], links: dict[str, Fetched]
    ) -> list[ArticleItem]:
        """The item of what was read of one article, the feed's entry of it included.

        `links`: what is done when it is stored, and how each was fetched. No item when it is
        outside the wanted range.
        """
        if entry := self.entries.pop(observations[0].id, None):
            observations = [*observations, entry]
        for observation in observations:
            self.categories.name(observation)
        if not self.has_range or self.is_in_range(time_of(observations)):
            return [ArticleItem(observations[0].id, observations, list(links), fetched=links)]
        self.count("out_of_range")
        await self.in_store(self.ledger.settle, list(links), "new", "outside the range")
        return []

    async def by_feed(self, post: Link) -> list[ArticleItem]:
        """The item of a post whose page could not be had or is not asked for, if the feed holds it.

        A page that is still owed joins when it comes.
        """
        entry = self.entries.pop(post.article_id or "", None)
        return await self.articles([entry], {}) if entry else []

    @property
    def has_range(self) -> bool:
        """Whether not every time is wanted."""
        return self.since is not None or self.until is not None

    def may_be_in_range(self, page: Observation) -> bool:
        """Whether a page's date, which may be eight hours late, leaves the article in the range."""
        told = published_of(page) if self.has_range else None
        return told is None or any(map(self.is_in_range, (told.time, told.time - ARTEFACT)))

    def is_in_range(self, time: datetime | None) -> bool:
        """Whether a time is in the wanted range, both ends included; one that is not known is."""
        if time is None:
            return True
        after = self.since is None or time >= self.since
        return after and (self.until is None or time <= self.until)

    async def failed(self, failure: Failure) -> Any:
        """A page or share answer that did not come; a post without its share answer is stored."""
        await super().failed(failure)
        request: Any = failure.request  # type: ignore[attr-defined]
        link: Link = request.cb_kwargs["link"]
        page: Observation | None = request.cb_kwargs.get("page")
        if page is not None:
            return await self.articles([page], {page.address: request.cb_kwargs["fetched"]})
        return await self.without_page(link) if link.kind == "post" else []


def time_of(observations: Iterable[Observation]) -> datetime | None:
    """The first time that one of them tells."""
    dates = map(published_of, observations)
    return next((date.time for date in dates if date), None)
