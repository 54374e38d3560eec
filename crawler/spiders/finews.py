"""The site: home, feed, category pages, posts, share answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from crawler import clock
from crawler.article import SHANGHAI, ArticleItem
from crawler.dates import ARTEFACT
from crawler.merge import published_of
from crawler.pages.category import read_category
from crawler.pages.errors import PageError
from crawler.pages.feed import read_feed
from crawler.pages.home import read_home
from crawler.pages.post import PostPage
from crawler.pages.section import digest_of
from crawler.spiders import arguments
from crawler.spiders.agenda import Agenda, may_have_more
from crawler.spiders.base import LedgerSpider, fetched_at, fetched_of, is_unchanged, text_of
from crawler.spiders.categories import Categories, key_of
from crawler.spiders.retention import fate_of, oldest_by_hearsay
from settings.options import nearest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence
    from datetime import date, datetime

    from scrapy import Request
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.addresses import Link
    from crawler.article import Observation
    from crawler.fetched import Fetched
    from crawler.pages.home import TagList
    from crawler.store.link_changes import State

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
        self.agenda = Agenda({}, 0, 0)
        self.seen: set[str] = set()
        self.listed: set[str] = set()
        # By category page that this crawl asked for, the day of the oldest post that it lists.
        self.oldest: dict[str, date | None] = {}
        self.missing_posts: list[Link] = []
        # What the feed says of posts whose page is not read yet, by id.
        self.entries: dict[str, Observation] = {}
        # Feed and home page as they were read, when all their posts are in the ledger.
        self.leading: dict[Link, Fetched | None] = {}

    @classmethod
    def read_arguments(cls, given: dict[str, str]) -> dict[str, Any]:
        """The values of `-a` arguments. Raises ValueError, for an empty range too."""
        values = super().read_arguments(given)
        since, until = values.get("since"), values.get("until")
        if since and until and since > until:
            raise ValueError(f"-a since={given['since']} is after -a until={given['until']}")
        return values

    async def start(self) -> AsyncIterator[Any]:
        """The feed first, so that its entries are at hand when the pages of their posts are read.

        But not when only some categories are wanted.
        """
        await self.in_store(self.ledger.release_dead)
        self.categories.remember(await self.in_store(self.ledger.categories))
        self.follow_shares = self.settings.getbool("FOLLOW_SHARE_LINKS")
        is_narrowed = bool(self.categories.wanted or self.since or self.until)
        self.agenda = Agenda(
            await self.in_store(self.ledger.lists),
            self.settings.getfloat("HOME_EVERY_MINUTES") * 60,
            self.settings.getfloat("CATEGORIES_EVERY_HOURS") * 3600,
            everything=is_narrowed or self.full,
            afresh=self.full,
        )
        if self.categories.wanted:
            async for request in self.after_feed():
                yield request
        else:
            await self.in_store(self.ledger.discover, [self.site.feed])
            yield self.ask(self.site.feed, self.parse_feed, self.agenda.known(self.site.feed))

    async def after_feed(self) -> AsyncIterator[Request]:
        """What is asked for once the feed is read, is known not to come, or is not wanted."""
        known, home = self.categories, self.site.home
        if known.wanted and known.wanted.keys() <= known.slugs.keys():
            for key in known.wanted:
                async for request in self.category(known.slugs[key]):
                    yield request
        elif self.agenda.is_due(home):
            await self.in_store(self.ledger.discover, [home])
            # That it has not changed would not tell what wanted categories are called.
            stored = None if known.wanted else self.agenda.known(home)
            yield self.ask(home, self.parse_home, stored)
        else:
            async for request in self.due_categories():
                yield request
        async for request in self.owed():
            yield request

    async def owed(self) -> AsyncIterator[Request]:
        """What earlier crawls did not get, whether the site lists it still or not.

        And the stored posts that may have been written again since.
        """
        async for links in self.pages_of(self.ledger.to_be_tried, "post"):
            for post in await self.take([post for post in links if self.is_wanted(post, None)]):
                yield self.ask_post(post)
        if self.since or self.until:
            return
        async for links in self.pages_of(self.ledger.to_be_looked_at):
            wanted = [post for post in links if self.is_wanted(post, None)]
            known = await self.in_store(self.ledger.fetched, wanted)
            for post in await self.take(wanted, again=True):
                yield self.ask_post(post, known.get(post.url))
        if self.follow_shares and not self.categories.wanted:
            async for links in self.pages_of(self.ledger.to_be_tried, "share"):
                for share in await self.take(links):
                    yield self.ask(share, self.parse_share_alone, priority=SHARE_PRIORITY)

    async def parse_home(self, response: Response, link: Link) -> AsyncIterator[Any]:
        """Posts of every wanted tag, and the tags' category pages where they are due."""
        if is_unchanged(response):
            await self.not_modified(link)
            async for request in self.due_categories():
                yield request
            return
        try:
            tags = read_home(text_of(response), self.site)
        except Exception as error:
            await self.reject(link, response, error)
            async for request in self.without_home():
                yield request
            return
        posts = [post for tag in tags for post in tag.posts]
        examples = {key_of(post): post for post in posts}
        known = self.categories
        known.found.update(examples)
        await self.list_read(link, fetched_at(response))
        await self.compare_categories(tags, examples)
        async for request in self.posts(posts, response, link):
            yield request
        for key in known.wanted or examples:
            if key in known.slugs or key not in examples:
                async for request in self.category(known.slugs.get(key) or known.wanted[key]):
                    yield request
            elif not known.telling[key]:
                # Not one of its posts is asked for, but the exact slug stands in their footers.
                known.expect(key)
                details: dict[str, Any] = {"errback": self.footer_failed, "priority": POST_PRIORITY}
                yield self.ask(examples[key], self.parse_footer, **details)

    async def without_home(self) -> AsyncIterator[Request]:
        """The category pages to be asked for when the home page does not tell which there are."""
        known = self.categories
        for key, slug in known.wanted.items():
            async for request in self.category(known.slugs.get(key, slug)):
                yield request
        if not known.wanted:
            async for request in self.due_categories():
                yield request

    async def new_among(self, posts: Sequence[Link]) -> set[Link]:
        """Those of the posts that the lists of earlier crawls did not lead to."""
        first_seen = await self.in_store(self.ledger.first_seen, posts)
        return self.agenda.new_among(posts, first_seen)

    async def compare_categories(self, tags: Sequence[TagList], shown: Collection[str]) -> None:
        """Note which category pages are due, though young, and which are there no more."""
        if self.agenda.everything:
            return
        new = await self.new_among([post for tag in tags for post in tag.posts])
        keys = [key_of(tag.posts[0]) for tag in tags if may_have_more(tag, new)]
        slugs = [self.categories.slugs[key] for key in keys if key in self.categories.slugs]
        self.agenda.need(map(self.site.category, slugs))
        hidden = [link.url for link in self.agenda.categories() if key_of(link) not in shown]
        if hidden:
            reason = "the home page shows it no more"
            await self.in_store(self.ledger.settle, hidden, "expired", reason)

    async def parse_feed(self, response: Response, link: Link) -> AsyncIterator[Any]:
        """The newest posts, then all else."""
        if is_unchanged(response):
            await self.not_modified(link)
            async for request in self.after_feed():
                yield request
            return
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
        links = [entry.link for entry in entries]
        if not links or await self.new_among(links[-1:]):
            self.agenda.need([self.site.home])
        asked = set()
        async for request in self.posts(links, response, link):
            asked.add(request.cb_kwargs["link"])
            yield request
        for post in links:
            if post not in asked and self.is_wanted(post, None):
                for item in await self.by_feed(post):
                    yield item
        async for request in self.after_feed():
            yield request

    async def due_categories(self) -> AsyncIterator[Request]:
        """The known categories that are due, when the home page does not tell what there is."""
        for link in self.agenda.due_categories():
            async for request in self.category(link.category or ""):
                yield request

    async def category(self, slug: str) -> AsyncIterator[Request]:
        """A category's page if it is due, once a run."""
        link = self.site.category(slug)
        if self.agenda.is_due(link) and self.categories.take(slug):
            await self.in_store(self.ledger.discover, [link])
            yield self.ask(link, self.parse_category, self.agenda.known(link))

    async def parse_category(self, response: Response, link: Link) -> AsyncIterator[Any]:
        """All posts of a category."""
        assert link.category is not None
        if is_unchanged(response):
            await self.not_modified(link)
            self.categories.answered(link.category)
            self.oldest[link.url] = self.agenda.seen[link.url].oldest
            return
        try:
            posts = read_category(text_of(response), link, self.site)
        except Exception as error:
            await self.reject(link, response, error)
            return
        if posts:
            self.categories.answered(link.category)
        async for request in self.posts(posts, response, link):
            yield request

    async def posts(
        self, posts: Sequence[Link], response: Response, page: Link
    ) -> AsyncIterator[Request]:
        """The requests of those posts of a page that are wanted and not stored yet."""
        key = page.category.casefold() if page.category else None
        wanted = [post for post in posts if self.is_wanted(post, key)]
        self.seen.update(post.url for post in posts)
        self.listed.update(post.url for post in wanted)
        self.crawler.stats.set_value("finews/posts_seen", len(self.seen))
        self.crawler.stats.set_value("finews/posts_listed", len(self.listed))
        taken = await self.take(wanted, again=self.full)
        oldest = min((post.day for post in posts if post.day), default=None)
        if page.kind == "category":
            self.oldest[page.url] = oldest
        whole = fetched_of(response) if len(wanted) == len(posts) else None
        if page.kind in ("feed", "home"):
            # They lead on to others: they are taken in when those are.
            self.leading[page] = whole
        else:
            await self.list_read(page, fetched_at(response), whole, oldest)
        for post in taken:
            yield self.ask_post(post)

    def ask_post(self, post: Link, known: Fetched | None = None) -> Request:
        """The request of a post, whose footer may tell its category's exact slug."""
        self.categories.expect(key_of(post))
        return self.ask(
            post, self.parse_post, known, priority=POST_PRIORITY, cb_kwargs={"known": known}
        )

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
        """An article, or the request of the share answer that completes it.

        `known`: what is stored of the post, when it is looked at again.
        """
        if is_unchanged(response):
            await self.not_modified(link)
            for told in await self.without_page(link):
                yield told
            return
        try:
            text = text_of(response)
            fetched = fetched_of(response, digest_of(text))
            page = PostPage(text, link)
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
                yield self.ask(
                    share_link,
                    self.parse_share,
                    stored.get(share_link.url),
                    priority=SHARE_PRIORITY,
                    cb_kwargs={"page": observation, "fetched": fetched},
                )
                return
        for item in await self.articles([observation], {link.url: fetched}):
            yield item

    async def without_page(self, post: Link) -> list[Any]:
        """What follows from a post whose page tells nothing, or nothing new."""
        requests = [request async for request in self.resolve(post, None)]
        return [*requests, *await self.by_feed(post)]

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
        dates = [published_of(observation) for observation in observations]
        told = next((date.time for date in dates if date), None)
        if told is None or self.is_in_range(told):
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
            return await self.articles([page], {page.address: request.cb_kwargs["fetched"]})
        if link.kind == "post":
            return await self.without_page(link)
        if link.kind == "feed":
            self.agenda.need([self.site.home])
            return [request async for request in self.after_feed()]
        if link.kind == "home":
            return [request async for request in self.without_home()]
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
        is_wanted = link.kind == "category" and key in known.wanted
        if is_wanted and key not in known.found | known.exact.keys():
            others = {*known.slugs.values(), *known.found} - {link.category}
            raise self.give_up(f"no category {link.category}.{nearest(key, map(str, others))}")

    async def finish(self, reason: str) -> None:
        """Write what only the end of a crawl knows.

        Exact slugs, which posts are gone, and how far the site is covered.
        """
        await self.name_categories(self.categories.exact.values())
        await self.judge_missing()
        home = self.site.home
        # Unasked requests of a crawl that was stopped, or a gap before the feed, are not covered.
        if reason == "finished" and (home in self.leading or home.url not in self.agenda.needed):
            for link, taken in self.leading.items():
                if taken and not (link.kind == "feed" and self.entries):
                    await self.in_store(self.ledger.list_read, link, taken)

    async def judge_missing(self) -> None:
        """What became of the posts that the site did not have; those that it lists are owed."""
        oldest = self.oldest_listed()
        for link in self.missing_posts:
            reason = "HTTP 404 or 410"
            state: State = fate_of(link.day, oldest)
            if link.url in self.seen:
                state = "owed"
                self.count("failed/post")
                self.note_failure(link, reason)
            else:
                self.count(f"{state}/post")
            await self.in_store(self.ledger.settle, [link.url], state, reason)

    def oldest_listed(self) -> date | None:
        """The day of the oldest post that the site lists, as far as is known."""
        days = [day for day in self.oldest.values() if day]
        others = [seen.oldest for seen in self.agenda.others(self.oldest)]
        if others or not self.oldest:
            told = min((day for day in others if day), default=None)
            retention = self.settings.getfloat("SITE_RETENTION_DAYS")
            days.append(oldest_by_hearsay(told, clock.now().astimezone(SHANGHAI).date(), retention))
        return min(days, default=None)
