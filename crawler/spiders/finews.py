"""The site: home, feed, category pages, posts, share answers."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from crawler.addresses import Link, info_code_of
from crawler.article import ArticleItem, Observation
from crawler.clock import now
from crawler.dates import normalise_date
from crawler.pages.category import read_category
from crawler.pages.feed import read_feed
from crawler.pages.home import read_home
from crawler.pages.post import PostPage
from crawler.pages.share import ShareAnswer
from crawler.spiders import arguments
from crawler.spiders.base import LedgerSpider, text_of
from settings.options import nearest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from datetime import date, datetime

    from scrapy import Request
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.store.links import State

# Shares before posts before lists: an article is finished before the next is begun.
SHARE_PRIORITY, POST_PRIORITY = 20, 10


class FinewsSpider(LedgerSpider):
    """Crawls the site; without arguments all of it, asking only for what is not stored yet."""

    name = "finews"
    arguments: ClassVar = {
        "category": arguments.words,
        "since": arguments.since,
        "until": arguments.until,
        "full": arguments.flag,
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
        self.wanted = {slug.casefold(): slug for slug in category or []}
        self.since, self.until = since, until
        self.full = full
        self.slugs: dict[str, str] = {}
        self.asked_categories: set[str] = set()
        self.found_categories: set[str] = set()
        self.unresolved: Counter[str] = Counter()
        self.listed: set[str] = set()
        self.oldest_day: date | None = None
        self.missing_posts: list[Link] = []

    @classmethod
    def read_arguments(cls, given: dict[str, str]) -> dict[str, Any]:
        """The values of `-a` arguments. Raises ValueError, for an empty range too."""
        values = super().read_arguments(given)
        since, until = values.get("since"), values.get("until")
        if since and until and since > until:
            raise ValueError(f"-a since={given['since']} is after -a until={given['until']}")
        return values

    async def start(self) -> AsyncIterator[Any]:
        """What is owed, the home page, and unless only some categories are wanted, the feed."""
        await self.in_store(self.ledger.release_dead)
        for slug in await self.in_store(self.ledger.categories):
            self.slugs.setdefault(slug.casefold(), slug)
        self.follow_shares = self.settings.getbool("FOLLOW_SHARE_LINKS")
        home = Link(self.site.canonical_url, "home")
        feed = Link(f"{self.site.canonical_url}feed.xml", "feed")
        pages = [home] if self.wanted else [home, feed]
        await self.in_store(self.ledger.discover, pages)
        yield self.ask(home, self.parse_home)
        if not self.wanted:
            yield self.ask(feed, self.parse_feed)
        # The site may have dropped them from its lists meanwhile.
        owed = await self.in_store(self.ledger.owed, "post")
        for post in await self.take([post for post in owed if self.is_wanted(post, None)]):
            yield self.ask(post, self.parse_post, priority=POST_PRIORITY)

    async def parse_home(self, response: Response, link: Link) -> AsyncIterator[Any]:
        """Posts of every wanted tag, and the tags' category pages."""
        try:
            lists = read_home(text_of(response), self.site)
        except Exception as error:
            await self.reject(link, response, error)
            lists = []
        await self.in_store(self.ledger.settle, [link.url], "stored")
        posts = [post for tag in lists for post in tag.posts]
        self.found_categories.update(_key(post) for post in posts)
        async for request in self.posts(posts):
            yield request
        for key in self.wanted or dict.fromkeys(_key(post) for post in posts):
            if key in self.slugs or not self.unresolved[key]:
                slug = self.slugs.get(key) or self.wanted.get(key) or key
                async for request in self.category(slug):
                    yield request

    async def parse_feed(self, response: Response, link: Link) -> AsyncIterator[Any]:
        """The newest posts."""
        try:
            posts = read_feed(response.body, self.site)
        except Exception as error:
            await self.reject(link, response, error)
            return
        await self.in_store(self.ledger.settle, [link.url], "stored")
        async for request in self.posts(posts):
            yield request

    async def category(self, slug: str) -> AsyncIterator[Request]:
        """A category's page, once a run."""
        key = slug.casefold()
        if slug in self.asked_categories or (self.wanted and key not in self.wanted):
            return
        self.asked_categories.add(slug)
        link = self.site.category(slug)
        await self.in_store(self.ledger.discover, [link])
        yield self.ask(link, self.parse_category)

    async def parse_category(self, response: Response, link: Link) -> AsyncIterator[Any]:
        """All posts of a category."""
        try:
            posts = read_category(text_of(response), link, self.site)
        except Exception as error:
            await self.reject(link, response, error)
            return
        assert link.category is not None
        self.slugs[link.category.casefold()] = link.category
        self.found_categories.add(link.category.casefold())
        await self.in_store(self.ledger.settle, [link.url], "stored")
        async for request in self.posts(posts, category=link.category.casefold()):
            yield request

    async def posts(
        self, posts: Iterable[Link], category: str | None = None
    ) -> AsyncIterator[Request]:
        """The requests of those posts that are wanted and not stored yet."""
        wanted = [post for post in posts if self.is_wanted(post, category)]
        for post in wanted:
            self.listed.add(post.url)
            if post.day is not None:
                self.oldest_day = min(self.oldest_day or post.day, post.day)
        self.crawler.stats.set_value("finews/posts_listed", len(self.listed))
        for post in await self.take(wanted, again=self.full):
            if _key(post) not in self.slugs:
                self.unresolved[_key(post)] += 1
            yield self.ask(post, self.parse_post, priority=POST_PRIORITY)

    def is_wanted(self, post: Link, category: str | None) -> bool:
        """Whether a post is in a wanted category and, as far as its address tells, in the range.

        The page of a date without a zone can be a day late, so the day after is asked for too.
        """
        if self.wanted and (category or _key(post)) not in self.wanted:
            return False
        if post.day is None:
            return True
        if self.since is not None and post.day < self.since.date():
            return False
        return self.until is None or post.day <= self.until.date() + timedelta(days=1)

    async def parse_post(self, response: Response, link: Link) -> AsyncIterator[Any]:
        """An article, or the request of the share answer that completes it."""
        try:
            page = PostPage(text_of(response), link)
            observation = page.observation(now())
        except Exception as error:
            await self.reject(link, response, error)
            async for request in self.resolve(link, None):
                yield request
            return
        observation.raw = response.body
        async for request in self.resolve(link, page.body.category):
            yield request
        if not self.in_range(observation):
            self.count("out_of_range")
            await self.in_store(self.ledger.settle, [link.url], "new", "outside the range")
            return
        share = page.body.info_code
        if share and self.follow_shares:
            taken = await self.take([self.site.share(share, page.article_id)], again=self.full)
            for share_link in taken:
                yield self.ask(
                    share_link,
                    self.parse_share,
                    priority=SHARE_PRIORITY,
                    cb_kwargs={"page": observation},
                )
                return
        yield _item(observation)

    def in_range(self, observation: Observation) -> bool:
        """Whether the page's date is in the wanted range; one without a date is."""
        published = normalise_date(observation.published_raw)
        if published is None:
            return True
        after = self.since is None or published.time >= self.since
        return after and (self.until is None or published.time <= self.until)

    async def resolve(self, post: Link, slug: str | None) -> AsyncIterator[Request]:
        """A post's footer tells its category's exact address; failing all posts, theirs does."""
        key = _key(post)
        self.unresolved[key] -= 1
        if slug is None and self.unresolved[key] <= 0 and key not in self.slugs:
            slug = self.wanted.get(key) or key
        if slug:
            self.slugs.setdefault(slug.casefold(), slug)
            async for request in self.category(slug):
                yield request

    async def parse_share(
        self, response: Response, link: Link, page: Observation
    ) -> AsyncIterator[Any]:
        """The share answer, joined to its post."""
        try:
            answer = ShareAnswer(response.body, info_code_of(link.url) or "")
            observation = answer.observation(page.id, now())
        except Exception as error:
            await self.reject(link, response, error)
            yield _item(page)
            return
        if answer.html is None:
            self.count("empty_shares")
            await self.in_store(self.ledger.settle, [link.url], "owed", "the answer is empty")
            yield _item(page)
            return
        observation.raw = response.body
        yield ArticleItem(page.id, [page, observation], [page.address, link.url])

    async def failed(self, failure: Failure) -> Any:
        """A page or share answer that did not come; a post without its share answer is stored."""
        await super().failed(failure)
        request: Any = failure.request  # type: ignore[attr-defined]
        link: Link = request.cb_kwargs["link"]
        page: Observation | None = request.cb_kwargs.get("page")
        if page is not None:
            return [_item(page)]
        if link.kind == "post":
            return [asked async for asked in self.resolve(link, None)]
        if link.kind == "home" and self.wanted:
            slugs = [self.slugs.get(key, slug) for key, slug in self.wanted.items()]
            return [asked for slug in slugs async for asked in self.category(slug)]
        return []

    async def missing(self, link: Link, status: int) -> None:
        """Posts are judged at the end, when it is known how far back the site still lists."""
        if link.kind == "post":
            self.count("missing/post")
            self.missing_posts.append(link)
            return
        await super().missing(link, status)
        key = (link.category or "").casefold()
        if link.kind == "category" and self.wanted.get(key) and key not in self.found_categories:
            known = {*self.slugs.values(), *self.found_categories} - {link.category}
            raise self.give_up(f"no category {link.category}.{nearest(key, map(str, known))}")

    async def finish(self) -> None:
        """A post that the site no longer has is `expired` when older than all that it lists."""
        for link in self.missing_posts:
            old = link.day and self.oldest_day and link.day < self.oldest_day
            state: State = "expired" if old else "gone"
            await self.in_store(self.ledger.settle, [link.url], state, "HTTP 404 or 410")


def _key(post: Link) -> str:
    """A post's category as its address has it, whatever the case."""
    return (post.category or "").casefold()


def _item(page: Observation) -> ArticleItem:
    return ArticleItem(page.id, [page], [page.address])
