"""Which pages that list posts a crawl asks for, so that nothing is missed and little is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.spiders.retention import oldest_by_hearsay

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from crawler.addresses import Link
    from crawler.fetched import Fetched
    from crawler.pages.home import TagList
    from crawler.store.links import ListSeen

# The home page shows so many posts of a tag; it may have more when all of them are new.
HOME_POSTS = 5
# Within so many seconds a site drops hardly anything.
FRESH_SECONDS = 3600.0


class Agenda:
    """What is due of the lists that the ledger knows, and of those that turn out to be needed."""

    def __init__(
        self,
        seen: Mapping[str, ListSeen],
        home_every: float,
        categories_every: float,
        everything: bool = False,
        afresh: bool = False,
    ) -> None:
        """`seen`: the lists by address; how often home page and categories are due, in seconds.

        `everything`: all lists are due; `afresh`: whether they have changed or not.
        """
        self.seen = seen
        self.home_every, self.categories_every = home_every, categories_every
        self.everything, self.afresh = everything, afresh
        self.needed: set[str] = set()

    def need(self, links: Iterable[Link]) -> None:
        """Note lists that may hold more than was seen of them elsewhere."""
        self.needed.update(link.url for link in links)

    def is_due(self, link: Link) -> bool:
        """Whether a list is to be asked for."""
        seen = self.seen.get(link.url)
        if self.everything or seen is None or link.url in self.needed:
            return True
        return seen.is_due(self.home_every if link.kind == "home" else self.categories_every)

    @property
    def covered_until(self) -> datetime | None:
        """Until when all posts of the site are in the ledger, but for back-dated ones.

        That is when the home page, or a feed that joined what was known, was last taken in.
        """
        lists = (seen for seen in self.seen.values() if seen.link.kind in ("home", "feed"))
        times = [seen.read_at for seen in lists if seen.read_at and seen.state == "stored"]
        return max(times, default=None)

    def new_among(self, links: Sequence[Link], first_seen: Mapping[str, datetime]) -> set[Link]:
        """Those of the links that came since then, whatever this run has seen of them already."""
        until = self.covered_until
        return {
            link
            for link in links
            if until is None or link.url not in first_seen or first_seen[link.url] > until
        }

    def known(self, link: Link) -> Fetched | None:
        """What is stored of a list; None when it is to be had whatever it is."""
        seen = self.seen.get(link.url)
        return None if seen is None or self.afresh else seen.fetched

    def categories(self) -> Iterator[Link]:
        """The categories whose page is there, as far as is known."""
        for seen in self.seen.values():
            if seen.link.kind == "category" and seen.state in ("stored", "owed", "rejected"):
                yield seen.link

    def due_categories(self) -> Iterator[Link]:
        """Those of them that are due."""
        return filter(self.is_due, self.categories())

    def others(self, asked: Container[str]) -> list[ListSeen]:
        """What is known of the categories that were not asked for."""
        return [self.seen[link.url] for link in self.categories() if link.url not in asked]

    def oldest_listed(
        self, asked: Mapping[str, date | None], today: date, retention_days: float
    ) -> date | None:
        """The day of the oldest post that the site lists, as far as is known.

        `asked`: by category page that this run asked for, the day of the oldest post there.
        """
        others = self.others(asked)
        days = [*asked.values(), *(one.oldest for one in others if is_fresh(one))]
        stale = [one.oldest for one in others if not is_fresh(one)]
        if stale or not days:
            told = min(filter(None, stale), default=None)
            days.append(oldest_by_hearsay(told, today, retention_days))
        return min(filter(None, days), default=None)


def is_fresh(seen: ListSeen) -> bool:
    """Whether what a list said may still be taken for true."""
    return seen.age is not None and seen.age < FRESH_SECONDS


def may_have_more(tag: TagList, new: set[Link]) -> bool:
    """Whether a tag's category page may list new posts that the home page does not show."""
    return len(tag.posts) >= HOME_POSTS and new.issuperset(tag.posts)
