"""The site: home, feed, category pages, posts, share answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from crawler.article import ArticleItem
from crawler.dates import ARTEFACT
from crawler.merge import published_of
from crawler.pages.category import read_category
from crawler.pages.errors import PageError
from crawler.pages.feed import read_feed
from crawler.pages.home import read_home
from crawler.pages.post import PostPage
from crawler.spiders import arguments
from crawler.spiders.base import LedgerSpider, fetched_at, text_of
from crawler.spiders.categories import Categories, key_of
from settings.options import nearest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from datetime import date, datetime

    from scrapy import Request
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.addresses import Link
    from crawler.article import Observation
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
        self.categories = Categories(category or [])
        self.since, self.until = since, until
        self.full = full
        self.seen: set[str] = set()
        self.listed: set[str] = set()
        self.oldest_day: date | None = None
        self.missing_posts: list[Link] = []
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

    async def start(self) -> AsyncIterator[Any]:
        """What is owed, and the home page; unless only some categories are wanted, the feed first.

        So the feed's entries are at hand when the pages of their posts are read.
        """
        await self.in_store(self.ledger.release_dead)
        self.categories.remember(await self.in_store(self.ledger.categories))
        self.follow_shares = self.settings.getbool("FOLLOW_SHARE_LINKS")
        if self.categories.wanted:
            async for request in self.home_and_owed():
                yield request
        else:
            await self.in_store(self.ledger.discover, [self.site.feed])
            yield self.ask(self.site.feed, self.parse_feed)

    async def home_and_owed(self) -> AsyncIterator[Request]:
        """What is asked for once the feed is read, is known not to come, or is not wanted."""
        await self.in_store(self.ledger.discover, [self.site.home])
        yield self.ask(self.site.home, self.parse_home)
        async for request in self.owed():
            yield request

    async def owed(self) -> AsyncIterator[Request]:
        """What earlier crawls did not get; the site may have dropped it from its lists since."""
        posts = await self.in_store(self.ledger.owed, "post")
        for post in await self.take([post for post in posts if self.is_wanted(post, None)]):
            yield self.ask_post(post)
        if self.follow_shares and not (self.categories.wanted or self.since or self.until):
            shares = await self.in_store(self.ledger.owed, "share")
            for share in await self.take(shares):
                yield self.ask(share, self.parse_share_alone, priority=SHARE_PRIORITY)

    async def parse_home(self, response: Response, link: Link) -> AsyncIterator[Any]:
        """Posts of every wanted tag, and the tags' category pages."""
        try:
            lists = read_home(text_of(response), self.site)
        except Exception as error:
            await self.reject(link, response, error)
            lists = []
        else:
            await self.list_read(link, fetched_at(response))
        posts = [post for tag in lists for post in tag.posts]
        examples = {key_of(post): post for post in posts}
        known = self.categories
        known.found.update(examples)
        async for request in self.posts(posts):
            yield request
        for key in known.wanted or examples:
            if key in known.slugs or key not in examples:
                async for request in self.category(known.slugs.get(key) or known.wanted[key]):
                    yield request
            elif not known.telling[key]:
                # Not one of its posts is asked for, but the exact slug stands in their footers.
                known.expect(key)
                details = {"errback": self.footer_failed, "priority": POST_PRIORITY}
                yield self.ask(examples[key], self.parse_footer, **details)

    async def parse_feed(self, response: Response, link: Link) -> AsyncIterator[Any]:
        """The newest posts, then all else."""
        try:
            entries = read_feed(response.body, self.site)
        except Exception as error:
            await self.reject(link, response, error)
            entries = []
        else:
            await self.list_read(link, fetched_at(response))
        for entry in entries:
            try:
                self.entries[entry.article_id] = entry.observation(fetched_at(response))
            except Exception as error:
                await self.reject(link, response, error)
        asked = set()
        async for request in self.posts(entry.link for entry in entries):
            asked.add(request.cb_kwargs["link"])
            yield request
        for entry in entries:
            if entry.link not in asked and self.is_wanted(entry.link, None):
                for item in await self.by_feed(entry.link):
                    yield item
        async for request in self.home_and_owed():
            yield request

    async def category(self, slug: str) -> AsyncIterator[Request]:
        """A category's page, once a run."""
        if self.categories.take(slug):
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
        if posts:
            self.categories.answered(link.category)
        await self.list_read(link, fetched_at(response))
        async for request in self.posts(posts, category=link.category.casefold()):
            yield request

    async def posts(
        self, posts: Iterable[Link], category: str | None = None
    ) -> AsyncIterator[Request]:
        """The requests of those posts that are wanted and not stored yet."""
        wanted = []
        for post in posts:
            self.seen.add(post.url)
            if post.day is not None:
                self.oldest_day = min(self.oldest_day or post.day, post.day)
            if self.is_wanted(post, category):
                self.listed.add(post.url)
                wanted.append(post)
        self.crawler.stats.set_value("finews/posts_seen", len(self.seen))
        self.crawler.stats.set_value("finews/posts_listed", len(self.listed))
        for post in await self.take(wanted, again=self.full):
            yield self.ask_post(post)

    def ask_post(self, post: Link) -> Request:
        """The request of a post, whose footer may tell its category's exact slug."""
        self.categories.expect(key_of(post))
        return self.ask(post, self.parse_post, priority=POST_PRIORITY)

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

    async def parse_post(self, response: Response, link: Link) -> AsyncIterator[Any]:
        """An article, or the request of the share answer that completes it."""
        try:
            page = PostPage(text_of(response), link)
            observation = page.observation(fetched_at(response))
        except Exception as error:
            await self.reject(link, response, error)
            async for request in self.resolve(link, None):
                yield request
            for item in await self.by_feed(link):
                yield item
            return
        observation.raw = response.body
        async for request in self.resolve(link, page.slug):
            yield request
        share = page.body.info_code
        if share and self.follow_shares and self.may_be_in_range(observation):
            taken = await self.take([self.site.share(share, page.article_id)], again=self.full)
            for share_link in taken:
                yield self.ask(
                    share_link,
                    self.parse_share,
                    priority=SHARE_PRIORITY,
                    cb_kwargs={"page": observation},
                )
                return
        for item in await self.articles([observation], [link.url]):
            yield item

    async def parse_footer(self, response: Response, link: Link) -> AsyncIterator[Any]:
        """The category page of a post that is not asked for itself."""
        try:
            slug = PostPage(text_of(response), link).slug
        except PageError:
            slug = None
        async for request in self.resolve(link, slug):
            yield request

    async def footer_failed(self, failure: Failure) -> list[Request]:
        """Without its footer a post tells the category's slug in lower case only."""
        link: Link = failure.request.cb_kwargs["link"]  # type: ignore[attr-defined]
        return [request async for request in self.resolve(link, None)]

    async def resolve(self, post: Link, slug: str | None) -> AsyncIterator[Request]:
        """The category page by the slug in a post's footer; failing all posts, in their address."""
        told = self.categories.told_by_footer(key_of(post), slug)
        if told is not None:
            async for request in self.category(told):
                yield request

    async def parse_share(
        self, response: Response, link: Link, page: Observation
    ) -> AsyncIterator[Any]:
        """The share answer, joined to its post."""
        read = await self.read_share(response, link)
        share, done = ([read[0]], read[1]) if read else ([], [])
        for item in await self.articles([*share, page], [page.address, *done]):
            yield item

    async def articles(
        self, observations: list[Observation], links: list[str]
    ) -> list[ArticleItem]:
        """The item of what was read of one article, the feed's entry of it included.

        No item when it is outside the wanted range.
        """
        if entry := self.entries.pop(observations[0].id, None):
            observations = [*observations, entry]
        for observation in observations:
            self.categories.name(observation)
        dates = [published_of(observation) for observation in observations]
        told = next((date.time for date in dates if date), None)
        if told is None or self.is_in_range(told):
            return [ArticleItem(observations[0].id, observations, links)]
        self.count("out_of_range")
        await self.in_store(self.ledger.settle, links, "new", "outside the range")
        return []

    async def by_feed(self, post: Link) -> list[ArticleItem]:
        """The item of a post whose page could not be had or is not asked for, if the feed holds it.

        A page that is still owed joins when it comes.
        """
        entry = self.entries.pop(post.article_id or "", None)
        return await self.articles([entry], []) if entry else []

    def may_be_in_range(self, page: Observation) -> bool:
        """Whether a page's date, which may be eight hours late, leaves the article in the range."""
        told = published_of(page)
        return told is None or any(map(self.is_in_range, (told.time, told.time - ARTEFACT)))

    def is_in_range(self, time: datetime) -> bool:
        """Whether a time is in the wanted range, both ends included."""
        after = self.since is None or time >= self.since
        return after and (self.until is None or time <= self.until)

    async def failed(self, failure: Failure) -> Any:
        """A page or share answer that did not come; a post without its share answer is stored."""
        await super().failed(failure)
        request: Any = failure.request  # type: ignore[attr-defined]
        link: Link = request.cb_kwargs["link"]
        page: Observation | None = request.cb_kwargs.get("page")
        if page is not None:
            return await self.articles([page], [page.address])
        if link.kind == "post":
            asked = [request async for request in self.resolve(link, None)]
            return [*asked, *await self.by_feed(link)]
        if link.kind == "feed":
            return [request async for request in self.home_and_owed()]
        if link.kind == "home" and self.categories.wanted:
            known = self.categories
            slugs = [known.slugs.get(key, slug) for key, slug in known.wanted.items()]
            return [asked for slug in slugs async for asked in self.category(slug)]
        return []

    async def missing(self, link: Link, status: int) -> None:
        """Posts are judged at the end, when it is known what the site still lists."""
        if link.kind == "post":
            self.missing_posts.append(link)
            return
        known = self.categories
        if link.category in known.guessed:
            self.count("guesses_missing")
            await self.in_store(self.ledger.settle, [link.url], "gone", f"HTTP {status}")
        else:
            await super().missing(link, status)
        key = key_of(link)
        if link.kind == "category" and known.wanted.get(key) and key not in known.found:
            others = {*known.slugs.values(), *known.found} - {link.category}
            raise self.give_up(f"no category {link.category}.{nearest(key, map(str, others))}")

    async def finish(self) -> None:
        """Write what only the end of a crawl knows: exact slugs, and which posts are gone."""
        await self.name_categories(self.categories.exact.values())
        await self.judge_missing()

    async def judge_missing(self) -> None:
        """What became of the posts that the site did not have.

        One that it lists is owed; any other is `expired` when older than all that it lists, and
        else `gone`.
        """
        for link in self.missing_posts:
            reason = "HTTP 404 or 410"
            state: State = "gone"
            if link.url in self.seen:
                state = "owed"
                self.count("failed/post")
                self.note_failure(link, reason)
            else:
                self.count("missing/post")
                if link.day and self.oldest_day and link.day < self.oldest_day:
                    state = "expired"
            await self.in_store(self.ledger.settle, [link.url], state, reason)
