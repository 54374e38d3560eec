"""What all spiders share: the open store, the ledger, and what becomes of what cannot be read."""

from __future__ import annotations

import asyncio
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from scrapy import Request, Spider, signals
from scrapy.exceptions import CloseSpider
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler.addresses import Link, Site, info_code_of
from crawler.article import ArticleItem
from crawler.fetched import Fetched
from crawler.pages.share import ShareAnswer
from crawler.spiders.together import SECONDS, Together
from crawler.store.articles import Articles
from crawler.store.connection import Store
from crawler.store.errors import StoreError, StoreFailure
from crawler.store.links import Ledger
from crawler.store.patience import line_of
from crawler.store.rejects import Reject, Rejects
from settings.options import nearest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence
    from datetime import date, datetime

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings

    from crawler.article import Observation

Answer = TypeVar("Answer")
GONE = frozenset({404, 410})
NOT_MODIFIED = 304
LONGEST_VALIDATOR = 1000


class LedgerSpider(Spider):
    """A spider whose every link is in the ledger before it is asked for."""

    # The spider's -a arguments by name, with what reads their text.
    arguments: ClassVar[dict[str, Callable[[str], Any]]] = {}

    # At least one of these has to be given.
    required: ClassVar[tuple[str, ...]] = ()

    store: Store
    _own_store: bool
    ledger: Ledger
    # Notes that links were seen.
    discover: Together
    # By again and by_name.
    _takers: dict[tuple[bool, bool], Together]
    rejects: Rejects
    site: Site

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, *args: Any, store: Store | None = None, **kwargs: Any
    ) -> Self:
        """A spider with an open store: the given one, or one of its own that it closes."""
        given = cls.read_arguments(kwargs)
        spider = super().from_crawler(crawler, *args, **given)
        settings = crawler.settings
        spider.site = Site(
            settings["FINEWS_BASE_URL"],
            settings["FINEWS_CANONICAL_URL"],
            settings["NEWSSHARE_BASE_URL"],
        )
        spider._own_store = store is None
        spider.store = store or Store.open(
            settings["MONGODB_URI"],
            settings["MONGODB_DATABASE"],
            settings["DATA_DIR"],
            settings.getfloat("STORE_PATIENCE_SECONDS"),
        )
        lease_seconds = settings.getfloat("LEASE_SECONDS")
        looks = looks_of(settings)
        spider.ledger = Ledger(spider.store, uuid.uuid4().hex, lease_seconds, looks)
        # Nobody waits for others here: what leads to many links notes one after the other.
        spider.discover = Together(partial(spider.in_store, spider.ledger.discover), 0)
        spider._takers = {}
        spider.rejects = Rejects(spider.store)
        crawler.signals.connect(spider._end, signals.spider_closed)
        return spider

    @classmethod
    def read_arguments(cls, given: dict[str, str]) -> dict[str, Any]:
        """The values of `-a` arguments. Raises ValueError naming the one that is wrong."""
        values: dict[str, Any] = {}
        for name, text in given.items():
            try:
                values[name] = cls.arguments[name](text)
            except KeyError:
                known = ", ".join(cls.arguments)
                hint = nearest(name, cls.arguments) or f" {cls.name} knows: {known}."
                raise ValueError(f"-a {name}: no such argument.{hint}") from None
            except ValueError as error:
                raise ValueError(f"-a {name}: {error}") from None
        if cls.required and not any(values.get(name) for name in cls.required):
            needed = " or ".join(f"-a {name}=…" for name in cls.required)
            raise ValueError(f"{cls.name} needs {needed}")
        return values

    def count(self, what: str, number: int = 1) -> None:
        """Add to the counter `finews/<what>`."""
        self.crawler.stats.inc_value(f"finews/{what}", number)

    async def in_store(self, call: Callable[..., Answer], *args: Any) -> Answer:
        """The answer of a call to the store, made in a thread.

        It waits for a store that is slow or away. Without a store the crawl ends: CloseSpider.
        """
        if self.has_lost_store:
            raise CloseSpider("store_failed")
        try:
            return await asyncio.to_thread(self.store.patiently, call, *args)
        except (StoreFailure, StoreError) as error:
            self.lose_store(error)
            raise CloseSpider("store_failed") from None

    @property
    def has_lost_store(self) -> bool:
        """Whether the store was away for too long; nothing more is asked of it then."""
        return "finews/store_error" in self.crawler.stats.get_stats()

    def lose_store(self, error: BaseException) -> None:
        """Note what is told at the end of a crawl whose store failed."""
        self.crawler.stats.set_value("finews/store_error", line_of(error)[:300])

    async def take(
        self, links: Sequence[Link], again: bool = False, by_name: bool = False
    ) -> list[Link]:
        """Write links into the ledger, and lease those that are to be asked for."""
        kind = (again, by_name)
        if kind not in self._takers:
            # What is taken by name is pulled in numbers, and waits for no others.
            seconds = 0 if by_name else SECONDS
            self._takers[kind] = Together(partial(self._take, *kind), seconds)
        return await self._takers[kind](links)

    async def claim(
        self, links: Sequence[Link], again: bool = False, by_name: bool = False
    ) -> list[Link]:
        """Lease those links of the ledger that are to be asked for; none is seen by that."""
        if not links:
            return []
        claim = partial(self.ledger.claim, claim=uuid.uuid4().hex, by_name=by_name)
        return await self.in_store(claim, links, again)

    async def _take(self, again: bool, by_name: bool, links: list[Link]) -> list[Link]:
        return await self.in_store(self.ledger.take, links, again, uuid.uuid4().hex, by_name)

    async def pages_of(
        self, read: Callable[..., list[Link]], *args: Any
    ) -> AsyncIterator[list[Link]]:
        """All that the ledger tells, some links at a time, so that memory stays flat."""
        after = ""
        while links := await self.in_store(read, *args, after):
            yield links
            after = links[-1].url

    def ask(
        self, link: Link, callback: Callable[..., Any], known: Fetched | None = None, **details: Any
    ) -> Request:
        """The request of a link; `details` go to the callback and on to `failed`.

        `known`: what is stored of it. The callback gets the answer that it has not changed too.
        """
        self.count(f"asked/{link.kind}")
        conditions = known.conditions if known else {}
        return Request(
            self.site.request_url(link),
            callback=callback,
            errback=details.pop("errback", self.failed),
            cb_kwargs={"link": link, **details.pop("cb_kwargs", {})},
            headers=conditions,
            meta={"handle_httpstatus_list": [NOT_MODIFIED]} if conditions else None,
            dont_filter=True,
            **details,
        )

    async def ask_now(self, request: Request) -> AsyncIterator[Any]:
        """What is told of the answer to a request that completes what is being read.

        It is asked for as politely as any other, but is not queued, nor is its answer: that would
        cost as much again. A crawl that was stopped asks for no more, and nothing is told then.
        """
        if not self.crawler.crawling:
            return
        callback: Any = request.callback
        errback: Any = request.errback
        try:
            response = await self.crawler.engine.download_async(request)
            if not 200 <= response.status < 300 and response.status not in answers_of(request):
                raise HttpError(response, f"HTTP {response.status}")
        except Exception as error:
            failure: Any = Failure(error)  # type: ignore[no-untyped-call]
            failure.request = request
            for told in await errback(failure) or ():
                yield told
        else:
            async for told in callback(response, **request.cb_kwargs):
                yield told

    async def failed(self, failure: Failure) -> Any:
        """Note why a link was not answered: gone, or owed and to be tried again."""
        link: Link = failure.request.cb_kwargs["link"]  # type: ignore[attr-defined]
        error = failure.value
        status = error.response.status if isinstance(error, HttpError) else None
        if status in GONE:
            await self.missing(link, status)
            return
        reason = f"HTTP {status}" if status else line_of(error) if error else "no answer"
        # A timeout tells the address, and reports group links by their reasons.
        reason = reason.replace(failure.request.url, "it")  # type: ignore[attr-defined]
        self.count(f"failed/{link.kind}")
        self.note_failure(link, reason)
        self.logger.warning("%s not answered: %s", failure.request.url, reason)  # type: ignore[attr-defined]
        pause: float | None = getattr(error, "seconds", None)
        if pause is None:
            await self.in_store(self.ledger.settle, [link.url], "owed", reason)
        else:
            # It was never asked for: that is no try.
            await self.in_store(self.ledger.postpone, link, pause, reason)

    def note_failure(self, link: Link, reason: str) -> None:
        """What the last line says when a crawl ends with nothing or with something missing."""
        address = self.site.request_url(link)
        self.crawler.stats.set_value("finews/last_failure", f"{address}: {reason}"[:300])

    async def missing(self, link: Link, status: int) -> None:
        """A link that answers 404 or 410."""
        self.count(f"missing/{link.kind}")
        self.note_failure(link, f"HTTP {status}")
        await self.in_store(self.ledger.settle, [link.url], "gone", f"HTTP {status}")

    def note_reject(self, where: str, reason: str) -> None:
        """Log and count an input that cannot be read."""
        self.logger.warning("%s cannot be read: %s", where, reason)
        self.count("rejected")
        self.crawler.stats.set_value("finews/last_reject", f"{where}: {reason}"[:300])

    async def keep_reject(self, reject: Reject, where: str) -> None:
        """Log, count and keep an input that cannot be read."""
        self.note_reject(where, reject.reason)
        self.count(f"rejected_at/{reject.stage}")
        await self.in_store(self.rejects.add, reject)

    async def list_read(
        self, link: Link, at: datetime, taken: Fetched | None = None, oldest: date | None = None
    ) -> None:
        """A page that lists posts could be read; what was rejected of it earlier is void.

        `taken`: given when all that it lists is in the ledger.
        """

        def note() -> None:
            self.ledger.list_read(link, taken, oldest)
            self.rejects.void_list(link.kind, link.url, at)

        await self.in_store(note)

    async def not_modified(self, link: Link) -> None:
        """A page is as it was when it was stored, or all that it lists taken into the ledger."""
        self.count("not_modified")
        await self.in_store(self.ledger.unchanged, link)

    async def reject(self, link: Link, response: Response, error: Exception) -> None:
        """Keep a page that cannot be read, with where, why and its raw input."""
        stage = f"page/{link.kind}"
        reason = f"{type(error).__name__}: {error}"
        reject = Reject(
            *(stage, reason, link.kind, link.url, link.article_id),
            *(response.body, fetched_at(response)),
        )
        await self.keep_reject(reject, response.url)
        await self.in_store(self.ledger.settle, [link.url], "rejected", f"{stage}: {reason}")

    async def read_share(
        self, response: Response, link: Link
    ) -> tuple[Observation, list[str]] | None:
        """What a share answer says, and the links that are done when it is stored.

        An answer without a body is still owed, whatever else it says. None, and the ledger knows
        why, when it says nothing.
        """
        assert link.article_id is not None
        try:
            answer = ShareAnswer(response.body, info_code_of(link.url) or "")
            observation = answer.observation(link.article_id, fetched_at(response))
        except Exception as error:
            await self.reject(link, response, error)
            return None
        observation.raw = response.body
        if answer.has_body:
            return observation, [link.url]
        self.count("empty_shares")
        self.logger.info("%s: the share answer is empty", link.article_id)
        await self.in_store(self.ledger.settle, [link.url], "owed", "the answer is empty")
        return (observation, []) if answer.says_anything else None

    async def parse_share_alone(self, response: Response, link: Link) -> AsyncIterator[ArticleItem]:
        """The article of an answer that no page is at hand for; one without a body is none."""
        read = await self.read_share(response, link)
        if read is not None and read[1]:
            share, done = read
            yield ArticleItem(share.id, [share], done)

    async def name_categories(self, slugs: Iterable[str]) -> None:
        """Give their slug to categories that articles know in lower case only.

        The address of a post without a footer tells no more.
        """
        named = {slug.casefold(): slug for slug in slugs if slug != slug.casefold()}
        articles = Articles(self.store)
        for article_id in await self.in_store(articles.with_categories, named):
            await self.in_store(articles.name_category, article_id, named)

    def give_up(self, message: str) -> CloseSpider:
        """To be raised: the arguments ask for something that is not there (exit code 2)."""
        self.crawler.stats.set_value("finews/usage_error", message)
        return CloseSpider("usage_error")

    async def finish(self, reason: str) -> None:
        """What is left to be written when the crawl is over; `reason` is Scrapy's own word."""

    async def _end(self, reason: str) -> None:
        try:
            try:
                await self.finish(reason)
            finally:
                await self.in_store(self.ledger.release)
        except CloseSpider:
            # The store failed, which is noted; the crawl is closing already.
            pass
        finally:
            if self._own_store:
                await asyncio.to_thread(self.store.close)


def fetched_at(response: Response) -> datetime:
    """When a response arrived, in UTC and whole milliseconds."""
    time: datetime = response.meta["fetched_at"]
    return time


def fetched_of(response: Response, digest: str | None = None) -> Fetched:
    """What is kept of a response, to ask later whether it has changed."""

    def header(name: str) -> str | None:
        value = response.headers.get(name)
        return value.decode("latin-1") if value and len(value) <= LONGEST_VALIDATOR else None

    return Fetched(header("ETag"), header("Last-Modified"), digest)


def answers_of(request: Request) -> Sequence[int]:
    """The statuses that a request's callback wants besides those of success."""
    statuses: Sequence[int] = request.meta.get("handle_httpstatus_list", ())
    return statuses


def is_unchanged(response: Response) -> bool:
    """Whether an answer says that nothing has changed."""
    return response.status == NOT_MODIFIED


def looks_of(settings: BaseSettings) -> list[float]:
    """Seconds after its first sight at which a post is looked at again."""
    return [float(hours) * 3600 for hours in settings.getlist("SECOND_LOOK_HOURS")]


def text_of(response: Response) -> str:
    """The text of a page; the site is UTF-8 throughout, whatever a header says."""
    return response.body.decode("utf-8", "replace")
