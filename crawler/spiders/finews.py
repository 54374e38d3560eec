"""The site: home, feed, category pages, posts, share answers."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar

from crawler import clock
from crawler.article import SHANGHAI
from crawler.pages.category import read_category
from crawler.pages.errors import PageError
from crawler.pages.feed import read_feed
from crawler.pages.home import read_home
from crawler.pages.post import PostPage
from crawler.spiders import arguments
from crawler.spiders.agenda import Agenda, may_have_more
from crawler.spiders.base import fetched_at, fetched_of, is_unchanged, text_of
from crawler.spiders.categories import key_of
from crawler.spiders.posts import POST_PRIORITY, SHARE_PRIORITY, PostSpider
from crawler.spiders.retention import fate_of
from crawler.spiders.shown import Shown
from settings.options import nearest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator, Sequence
    from datetime import date

    from scrapy import Request
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.addresses import Link
    from crawler.fetched import Fetched
    from crawler.pages.home import TagList
    from crawler.store.link_changes import State


# A request takes several times the memory of a link, and lists tell of many posts at once.
MOST_QUEUED = 500
MOST_LISTS = 32


class FinewsSpider(PostSpider):
    """Crawls the site; without arguments all of it, asking only for what is not stored yet."""

    name = "finews"
    arguments: ClassVar = {**PostSpider.arguments, "full": arguments.flag}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.agenda = Agenda({}, 0, 0)
        self.shown = Shown()
        # By category page that this crawl asked for, the day of the oldest post that it lists.
        self.oldest: dict[str, date | None] = {}
        self.missing_posts: list[Link] = []
        # Posts that are taken, and have no request yet; and how many have one without an answer.
        self.later: deque[Link] = deque()
        self.queued = 0
        # The same of category pages.
        self.lists_later: deque[Link] = deque()
        self.lists_open = 0
        # Feed and home page as they were read, when all their posts are in the ledger.
        self.leading: dict[Link, Fetched | None] = {}

    async def start(self) -> AsyncIterator[Any]:
        """The feed first, so that its entries are at hand when the pages of their posts are read.

        But not when only some categories are wanted.
        """
        await self.prepare()
        is_narrowed = bool(self.categories.wanted or self.since or self.until)
        await self.read_agenda(everything=is_narrowed or self.full)
        if self.categories.wanted:
            async for request in self.after_feed():
                yield request
        else:
            await self.discover([self.site.feed])
            yield self.ask(self.site.feed, self.parse_feed, self.agenda.known(self.site.feed))

    async def read_agenda(self, everything: bool) -> None:
        """What the ledger knows of the lists; `everything`: all of them are to be asked for."""
        self.agenda = Agenda(
            await self.in_store(self.ledger.lists),
            self.settings.getfloat("HOME_EVERY_MINUTES") * 60,
            self.settings.getfloat("CATEGORIES_EVERY_HOURS") * 3600,
            everything,
            afresh=self.full,
        )

    async def after_feed(self) -> AsyncIterator[Request]:
        """What is asked for once the feed is read, is known not to come, or is not wanted."""
        known, home = self.categories, self.site.home
        if known.wanted and known.wanted.keys() <= known.slugs.keys():
            for key in known.wanted:
                async for request in self.category(known.slugs[key]):
                    yield request
        elif self.agenda.is_due(home):
            await self.discover([home])
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
            for post in await self.claim([post for post in links if self.is_wanted(post, None)]):
                yield self.ask_post(post)
        if self.since or self.until:
            return
        async for links in self.pages_of(self.ledger.to_be_looked_at):
            wanted = [post for post in links if self.is_wanted(post, None)]
            known = await self.in_store(self.ledger.fetched, wanted)
            for post in await self.claim(wanted, again=True):
                yield self.ask_post(post, known.get(post.url))
        if self.follow_shares and not self.categories.wanted:
            async for links in self.pages_of(self.ledger.to_be_tried, "share"):
                for share in await self.claim(links):
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
            await self.discover([link])
            self.lists_later.append(link)
            for request in self.next_requests():
                yield request

    async def parse_category(self, response: Response, link: Link) -> AsyncIterator[Any]:
        """All posts of a category, and the requests of what comes after it."""
        async for told in self.posts_of(response, link):
            yield told
        self.lists_open -= 1
        for request in self.next_requests():
            yield request

    async def posts_of(self, response: Response, link: Link) -> AsyncIterator[Any]:
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
        # What another list of this crawl showed before is in the ledger since then.
        fresh = [post for post in wanted if not self.shown.is_listed(post)]
        taken = await self.choose(fresh)
        self.shown.add(posts)
        self.shown.list(fresh)
        self.crawler.stats.set_value("finews/posts_seen", len(self.shown))
        self.crawler.stats.set_value("finews/posts_listed", self.shown.number_listed)
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
            self.categories.expect(key_of(post))
        self.later.extend(taken)
        for request in self.next_requests():
            yield request

    def next_requests(self) -> Iterator[Request]:
        """Of what has waited, as much as there is room for: posts, and lists once no post waits.

        Lists that are read before the posts of others have their turn would all be in memory.
        """
        while self.later and self.queued < MOST_QUEUED:
            yield self.request_post(self.later.popleft())
        while self.lists_later and self.lists_open < MOST_LISTS and not self.later:
            link = self.lists_later.popleft()
            self.lists_open += 1
            yield self.ask(link, self.parse_category, self.agenda.known(link))

    def request_post(self, post: Link, known: Fetched | None = None, **details: Any) -> Request:
        """The request of a post, which is in the queue from now on."""
        self.queued += 1
        return super().request_post(post, known, **details)

    async def parse_post(
        self, response: Response, link: Link, known: Fetched | None
    ) -> AsyncIterator[Any]:
        """What a post tells, and the requests of those that come after it."""
        self.queued -= 1
        for request in self.next_requests():
            yield request
        async for told in super().parse_post(response, link, known):
            yield told

    async def choose(self, posts: Sequence[Link]) -> list[Link]:
        """Write the posts of a list into the ledger; those that are to be asked for now."""
        return await self.take(posts, again=self.full)

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

    async def failed(self, failure: Failure) -> Any:
        """What did not come; without the feed the home page, without that the known categories."""
        told = await super().failed(failure)
        link: Link = failure.request.cb_kwargs["link"]  # type: ignore[attr-defined]
        if link.kind == "post":
            self.queued -= 1
            return [*told, *self.next_requests()]
        if link.kind == "category":
            self.lists_open -= 1
            return [*self.next_requests()]
        if link.kind == "feed":
            self.agenda.need([self.site.home])
            return [request async for request in self.after_feed()]
        if link.kind == "home":
            return [request async for request in self.without_home()]
        return told

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
        retention = self.settings.getfloat("SITE_RETENTION_DAYS")
        today = clock.now().astimezone(SHANGHAI).date()
        oldest = self.agenda.oldest_listed(self.oldest, today, retention)
        for link in self.missing_posts:
            reason = "HTTP 404 or 410"
            state: State = fate_of(link.day, oldest)
            if link in self.shown:
                state = "owed"
                self.count("failed/post")
                self.note_failure(link, reason)
            else:
                self.count(f"{state}/post")
            await self.in_store(self.ledger.settle, [link.url], state, reason)
