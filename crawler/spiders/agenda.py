"""Which pages that list posts a crawl asks for, so that nothing is missed and little is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from crawler.addresses import Link
    from crawler.fetched import Fetched
    from crawler.pages.home import TagList
    from crawler.store.links import ListSeen

# The home page shows so many posts of a tag; it may have more when all of them are new.
HOME_POSTS = 5


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


def may_have_more(tag: TagList, new: set[Link]) -> bool:
    """Whether a tag's category page may list new posts that the home page does not show."""
    return len(tag.posts) >= HOME_POSTS and new.issuperset(tag.posts)
